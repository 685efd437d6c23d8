"""Explain why an action or a statement stands as it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from hipkg.api.arguments import asked, text
from hipkg.api.door import warned
from hipkg.api.result import Result, Results
from hipkg.base.vocabulary import curie
from hipkg.defence import explanations
from hipkg.defence.explainer import Explainer
from hipkg.defence.targets import find_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True, repr=False)
class Explanation(Result, explanations.Explanation):
    """Why an action or a statement stands as it does at one place of one patient."""

    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        "asked": str,
        "site": str,
        "status": str,
        "statement": str,
        "state": str,
        "slot": str,
        "requirement": str,
        "label": str,
        "answer": str,
    }

    def to_text(self, *, proof: bool = False) -> str:
        """Write the answer, or with ``proof`` every step down to the record, as plain text of 80 columns."""
        from hipkg.render.explanation import render_explanations

        return render_explanations((self,), "text", proof=proof)

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:  # noqa: ARG003 - as others
        from hipkg.render.explanation import render_explanations

        return render_explanations(found, form)

    @classmethod
    def _graph(cls, found: Sequence[Self], knowledge: Knowledge) -> str:
        return cls._render(found, "turtle", knowledge)

    def _rows(self) -> Iterator[Row]:
        about = (self.patient, self.as_of, self.label, self.site, self.status)
        for statement in self.statements:
            for slot in statement.slots:
                yield (*about, statement.id, statement.state, slot.slot, curie(slot.iri), slot.label, slot.answer)

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        return self.patient, self.label, self.site, self.status


def explain(
    source: Source,
    target: str,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[Explanation]:
    """Explain an action or a statement, once for each place of each patient of a source.

    Parameters: ``target`` is the id of a statement, or an intervention by label, part of a label, local name or CURIE;
    the others are those of `hipkg.plans`.

    Raises `UsageError` for an unknown or ambiguous target, and what `hipkg.plans` raises.
    """
    wanted = asked(
        format=format, as_of=as_of, engine=engine, documents=documents, allow_invalid=allow_invalid, codes=codes
    )
    known = wanted.knowledge
    iri = find_target(text("target", target), known)
    made = warned(lambda: wanted.planned(source).gathered(lambda one: Explainer(one).explain(iri)))
    return Results.of((Explanation.of(one, known) for one in made), Explanation, known)
