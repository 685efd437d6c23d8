"""Tell what has changed in plans since earlier records or an earlier date."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from hipkg.api import changes
from hipkg.api.arguments import asked, day
from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.api.result import Result, Results
from hipkg.defence import since as comparing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True, repr=False)
class Since(Result, comparing.Since):
    """Two plans of a patient, the earlier one first."""

    before: Plan
    after: Plan
    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "since": date,
        "as_of": date,
        **changes.COLUMNS,
    }

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:  # noqa: ARG003 - as others
        from hipkg.render.since import render_since

        return render_since(found, form)

    def _rows(self) -> Iterator[Row]:
        return changes.rows(self.moved, self.after.patient, self.before.as_of, self.after.as_of)

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        return self.after.patient, f"{self.before.as_of} to {self.after.as_of}", f"{len(self.moved)} actions moved"


def since(
    old: Source,
    new: Source | None = None,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    before: Day | None = None,
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[Since]:
    """Compare the earlier plan of each patient with the later one.

    Parameters: ``old`` and ``new`` are the earlier and the later records, the same one by default; ``before`` is the
    date of the earlier plan, by default that of the later one; the others are those of `hipkg.plans`.

    Raises `UsageError` for a patient whom only one of the two has, and what `hipkg.plans` raises.
    """
    later = asked(
        format=format, as_of=as_of, engine=engine, documents=documents, allow_invalid=allow_invalid, codes=codes
    )
    earlier = later._replace(request=later.request._replace(as_of=day("before", before) or later.request.as_of))
    first = warned(lambda: earlier.planned(old))
    second = warned(lambda: later.planned(old if new is None else new))
    found = (comparing.since(*one) for one in comparing.paired(first, second))
    known = later.knowledge
    return Results.of((Since.of(one, known, **Plan.pair(one.before, one.after, known)) for one in found), Since, known)
