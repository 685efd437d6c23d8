"""Make therapy ledgers, and write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from hipkg.api.arguments import asked
from hipkg.api.door import warned
from hipkg.api.result import Result, Results
from hipkg.base.vocabulary import curie
from hipkg.defence import ledger as keeping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True, repr=False)
class Ledger(Result, keeping.Ledger):
    """The therapy ledger of one patient, with the knowledge that it was made with and is written with."""

    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        "treatment": str,
        "intervention": str,
        "sites": str,
        "status": str,
        "start": str,
        "end": str,
        "outcome": str,
        "statement": str,
        "verdict": str,
    }

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:
        from hipkg.render.ledger import render_ledgers

        return render_ledgers(found, form, knowledge)

    def _rows(self) -> Iterator[Row]:
        for one in self.treatments:
            days = tuple(it.recorded if it else "" for it in (one.start, one.end))
            about = (one.label, curie(one.intervention), ", ".join(one.sites), one.status, *days, one.outcome)
            for judged in one.judgements or (None,):
                verdict = (judged.statement, judged.verdict) if judged else ("", "")
                yield (self.patient, self.as_of, *about, *verdict)

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        return self.patient, self.as_of, f"{len(self.treatments)} treatments", f"{len(self.waiting)} actions wait"


def ledger(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[Ledger]:
    """Make the therapy ledger of each patient of a source; the parameters and errors are those of `hipkg.plans`."""
    wanted = asked(
        format=format, as_of=as_of, engine=engine, documents=documents, allow_invalid=allow_invalid, codes=codes
    )
    made = warned(lambda: wanted.planned(source))
    return Results.of((Ledger.of(keeping.ledger(one), wanted.knowledge) for one in made), Ledger, wanted.knowledge)
