"""Tell how plans would change if the records were others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from hipkg.api import changes
from hipkg.api.arguments import asked, texts
from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.api.result import Result, Results
from hipkg.defence import what_if as comparing
from hipkg.pipeline.process import each_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True, repr=False)
class WhatIf(Result, comparing.WhatIf):
    """Two plans of a patient, without and with a change of the record."""

    before: Plan
    after: Plan
    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        **changes.COLUMNS,
    }

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:  # noqa: ARG003 - as others
        from hipkg.render.what_if import render_what_if

        return render_what_if(found, form)

    def _rows(self) -> Iterator[Row]:
        return changes.rows(self.difference.actions, self.after.patient, self.after.as_of)

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        return self.before.patient, "; ".join(self.facts), f"{len(self.difference.actions)} actions change"


def what_if(
    source: Source,
    *,
    add: Texts = (),
    remove: Texts = (),
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[WhatIf]:
    """Compare the plan of each patient with the plan after a change of the record.

    Parameters: ``add`` and ``remove``, one or several, are short assertions, Turtle, or ``@`` with the name of a file,
    as `hipkg.reading.assertions` reads them; the others are those of `hipkg.plans`.

    Raises `UsageError` for an assertion that is not understood or without any, and what `hipkg.plans` raises, also
    where the change makes the record invalid or contradictory; of several imported patients, the others are then
    compared.
    """
    added, removed = texts("add", add), texts("remove", remove)
    comparing.check_changes(added, removed)
    wanted = asked(
        format=format, as_of=as_of, engine=engine, documents=documents, allow_invalid=allow_invalid, codes=codes
    )
    made = warned(lambda: each_alone(wanted.planned(source), lambda one: comparing.what_if(one, added, removed)))
    known = wanted.knowledge
    return Results.of((WhatIf.of(one, known, **Plan.pair(one.before, one.after, known)) for one in made), WhatIf, known)
