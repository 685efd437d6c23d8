"""Check patients against the shapes and the vocabulary of the ontology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.arguments import asked
from hipkg.api.door import warned
from hipkg.api.result import Several
from hipkg.validation.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.api.arguments import Day, Tables
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source

_COLUMNS: Mapping[str, type] = dict.fromkeys(Finding._fields, str)


class Findings(Several[Finding]):
    """What is wrong with the records of patients, or missing from them."""

    @property
    def valid(self) -> bool:
        """Tell whether no finding is a violation."""
        return all(one.severity != "violation" for one in self)

    def _written(self, form: Form) -> str:
        if form in {"html", "markdown"}:
            from hipkg.render.tables import write_table

            return write_table(*self._table(), form, repr(self))
        from hipkg.render.findings import report

        return report(tuple(self), "table" if form == "text" else form)

    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]:
        return _COLUMNS, iter(self)

    def __repr__(self) -> str:
        counts = {one.severity: 0 for one in self}
        for one in self:
            counts[one.severity] += 1
        told = ", ".join(f"{number} {severity}" for severity, number in counts.items()) or "nothing found"
        return f"<{type(self).__name__} {told}>"


def validate(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    codes: Tables = (),
) -> Findings:
    """Check every patient of a source against the shapes; the parameters and errors are those of `hipkg.plans`."""
    wanted = asked(format=format, as_of=as_of, allow_invalid=True, codes=codes)
    return Findings(warned(lambda: wanted.checked(source).gathered(lambda one: one.findings)))
