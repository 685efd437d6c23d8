"""Ask for what is unknown and matters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from hipkg.api.arguments import asked
from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.api.result import Result, Results
from hipkg.base.vocabulary import curie
from hipkg.defence import asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge


@dataclass(frozen=True, repr=False)
class Interview(Result, asking.Interview):
    """What there is to ask about one patient, what matters most first."""

    plan: Plan
    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        "question": str,
        "site": str,
        "requirements": str,
        "urgent": bool,
        "actions": int,
        "answers": int,
        "statements": str,
    }

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:  # noqa: ARG003 - as others
        from hipkg.render.asking import render_interviews

        return render_interviews(found, form)

    def _rows(self) -> Iterator[Row]:
        for one in self.questions:
            yield (
                self.plan.patient,
                self.plan.as_of,
                one.text,
                one.site,
                tuple(map(curie, one.requirements)),
                one.urgent,
                one.actions,
                len(one.answers),
                one.asked_by,
            )

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        first = self.questions[0].text if self.questions else ""
        return self.plan.patient, f"{len(self.questions)} questions", first


def ask(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    documents: Texts = (),
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[Interview]:
    """Try answers to what is asked about each patient; parameters and errors are those of `hipkg.plans`."""
    wanted = asked(format=format, as_of=as_of, documents=documents, allow_invalid=allow_invalid, codes=codes)
    made = warned(lambda: wanted.planned(source).each(asking.interview))
    known = wanted.knowledge
    return Results.of((Interview.of(one, known, plan=Plan.of(one.plan, known)) for one in made), Interview, known)
