"""Explain a statement at a place: how its context and each class that it names stand, and by what proof."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import local_name
from hipkg.defence.alternatives import Reasons
from hipkg.defence.explanations import NOT_APPLICABLE, SlotExplanation, StatementExplanation
from hipkg.defence.prover import Prover
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.wording import English, quoted
from hipkg.planning.gaps import Measurer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.defence.explanations import Slot
    from hipkg.defence.prover import Proof
    from hipkg.derivation.records import Evaluation
    from hipkg.knowledge.records import StatementInfo
    from hipkg.pipeline.process import Planned

_EFFECT_TO_ROLE = {
    "indicates": "advises",
    "contraindicates": "forbids",
    "discourages": "advises against",
    "holdsBack": "not before",
    "safeguardsWith": "asks for the precaution",
    "specifies": "specifies",
    "informsOn": "informs on",
}


class StatementExplainer:
    """Explain how the statements of one plan stand.

    Parameters: ``thorough`` says whether to leave needless facts out of proofs, and to look for further reasons.
    """

    def __init__(self, planned: Planned, *, thorough: bool) -> None:
        record, derivation, plan, _, knowledge = planned
        self._graph = record
        self._derivation = derivation
        self._knowledge = knowledge
        self._thorough = thorough
        self._english = English(knowledge, record.normalised, record.iri)
        self._prover = Prover(record.triples, derivation.facts.triples(knowledge.terms), knowledge, self._english)
        self._measurer = Measurer(derivation.facts, knowledge, record.as_of)
        self._places = {one.place: one.site for one in plan.statements}
        self._told_minimal: dict[tuple[str, str], Proof] = {}
        self._told_further: dict[tuple[str, tuple[str, ...]], tuple[Proof, ...]] = {}
        self._checks = {(one.id, one.subjects): one.checks for one in plan.statements}

    def evaluated(self, evaluation: Evaluation) -> StatementExplanation:
        """Explain a statement whose context holds."""
        info = self._knowledge.statements[evaluation.statement]
        nodes = (*evaluation.subjects, self._graph.iri)
        slots = (
            self._context(info, evaluation),
            *(self._requirement(one, evaluation, nodes) for one in info.requires),
            *(self._other("exception", one, evaluation, nodes) for one in info.except_for),
            *(self._other("exception", one, evaluation, nodes) for one in info.ended_by if one in evaluation.meets),
            *(self._other("fulfilment", one, evaluation, nodes) for one in info.satisfied_by),
            *(self._companion(one, evaluation) for one in info.accompanies),
        )
        subjects = tuple(self._english.name(one) for one in evaluation.subjects)
        found = self._statement(info, evaluation.state, self._places.get(evaluation.site, ""), subjects, slots)
        return replace(found, checks=self._checks.get((info.id, evaluation.subjects), ()))

    def unevaluated(self, info: StatementInfo) -> StatementExplanation:
        """Explain a statement whose context does not hold: what of it fails, for the problem that comes nearest."""
        slots = tuple(self._failed_context(one, self._world(one)) for one in info.applies_to)
        return self._statement(info, NOT_APPLICABLE, "", (), slots)

    def _statement(
        self, info: StatementInfo, state: str, site: str, subjects: tuple[str, ...], slots: tuple[SlotExplanation, ...]
    ) -> StatementExplanation:
        document = self._knowledge.documents[info.document]
        return StatementExplanation(
            id=info.id,
            iri=info.iri,
            kind=info.kind,
            role=_EFFECT_TO_ROLE.get(local_name(info.effect), self._knowledge.label(info.effect)),
            intervention=self._knowledge.label(info.intervention),
            state=state,
            site=site,
            text=info.text,
            document=document.id,
            document_title=document.title,
            section=info.section,
            strength=info.strength if info.strength_rank else "",
            strength_wording=info.strength_wording,
            evidence=info.quality if info.quality_rank else "",
            evidence_wording=info.evidence_wording,
            references=info.references,
            timing=info.timing,
            inferred=info.inferred,
            subjects=subjects,
            slots=slots,
            effect=info.effect,
        )

    def _context(self, info: StatementInfo, evaluation: Evaluation) -> SlotExplanation:
        """Prove the context of a statement for the subject that needs the fewest steps."""
        if evaluation.lacks_fact:
            (failed,) = (self._failed_context(one, evaluation.subjects) for one in info.applies_to)
            return replace(failed, note=f"lacks {' and '.join(map(self._knowledge.label, evaluation.lacks_fact))}")
        cls, proof = self.shortest(info.applies_to, evaluation.subjects)
        also = self._further(proof, cls, evaluation.subjects)
        return SlotExplanation(
            slot="context", iri=cls, label=self._knowledge.label(cls), answer=Answer.HOLDS, proof=proof, also=also
        )

    def _further(self, proof: Proof | None, cls: str, nodes: Sequence[str]) -> tuple[Proof, ...]:
        """List further reasons for what was proved, once for each claim."""
        if proof is None or not self._thorough:
            return ()
        key = (cls, tuple(nodes))
        if key not in self._told_further:
            self._told_further[key] = self._reasons.further(proof, cls, nodes)
        return self._told_further[key]

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self._graph, self._knowledge)

    def shortest(self, classes: Iterable[str], nodes: Sequence[str]) -> tuple[str, Proof | None]:
        """Prove one of some classes of one of some nodes, in the fewest steps."""
        found = [(cls, node, self._prover.prove(node, cls)) for cls in classes for node in nodes]
        proven = [one for one in found if one[2] is not None]
        cls, node, proof = min(
            proven, key=lambda one: (self._prover.size(one[1], one[0]), one[0], one[1]), default=("", "", None)
        )
        return cls, self._minimal(cls, node, proof)

    def _minimal(self, cls: str, node: str, proof: Proof | None) -> Proof | None:
        """Leave needless facts out of a proof."""
        if proof is None or not self._thorough:
            return proof
        if (cls, node) not in self._told_minimal:
            self._told_minimal[cls, node] = self._reasons.minimal(proof, cls)
        return self._told_minimal[cls, node]

    def _failed_context(self, cls: str, nodes: Sequence[str]) -> SlotExplanation:
        proof = self._prover.nearest(cls, nodes)
        return SlotExplanation(
            slot="context", iri=cls, label=self._knowledge.label(cls), answer=Answer.UNKNOWN, proof=proof
        )

    def _world(self, cls: str, nodes: Sequence[str] = ()) -> tuple[str, ...]:
        """List the nodes that a class can be about: the patient, or problems, of the given ones if there are any."""
        if self._knowledge.is_a(cls, hip.Patient):
            return (self._graph.iri,)
        problems = self._prover.members(hip.Problem)
        return tuple(one for one in nodes if one in problems) or problems

    def _requirement(self, cls: str, evaluation: Evaluation, nodes: Sequence[str]) -> SlotExplanation:
        if cls not in evaluation.refutes:
            return self._other("requirement", cls, evaluation, nodes)
        by, proof = self.shortest(self._opposites(cls), nodes)
        denied = by == self._knowledge.denied_by.get(cls) and self._derivation.facts.has(hip.isWithout)
        note = "it is recorded as absent" if denied else "the two exclude each other"
        return SlotExplanation(
            slot="requirement",
            iri=cls,
            label=self._knowledge.label(cls),
            answer=Answer.REFUTED,
            proof=proof,
            gaps=(),
            note=note,
        )

    def _opposites(self, cls: str) -> list[str]:
        return sorted(self._knowledge.refuting(cls))

    def _other(self, slot: Slot, cls: str, evaluation: Evaluation, nodes: Sequence[str]) -> SlotExplanation:
        """Prove a class that a slot names, or show how far the nearest of the nodes is from it."""
        label = self._knowledge.label(cls)
        if cls in evaluation.meets:
            proof = self.shortest([cls], nodes)[1]
            return SlotExplanation(
                slot=slot, iri=cls, label=label, answer=Answer.HOLDS, proof=proof, also=self._further(proof, cls, nodes)
            )
        gaps = self._measurer.gaps(cls, nodes)
        answer = Answer.UNMET if any(gap.answer == Answer.UNMET for gap in gaps) else Answer.UNKNOWN
        return SlotExplanation(
            slot=slot,
            iri=cls,
            label=label,
            answer=answer,
            proof=self._prover.nearest(cls, self._world(cls, nodes)),
            gaps=gaps,
            note=self._defeat(cls, nodes),
        )

    def _defeat(self, cls: str, nodes: Sequence[str]) -> str:
        """Say what keeps a class from counting that something is entailed to be in."""
        other = self._measurer.defeater(cls, nodes)
        return f"what is recorded would do, but for {quoted(self._knowledge.label(other))}" if other else ""

    def _companion(self, intervention: str, evaluation: Evaluation) -> SlotExplanation:
        label = self._knowledge.label(intervention)
        if intervention in evaluation.lacks:
            return SlotExplanation(
                "companion", intervention, label, Answer.UNMET, note="neither running nor in this plan"
            )
        return SlotExplanation(
            "companion", intervention, label, Answer.HOLDS, note=self._given(intervention, evaluation)
        )

    def _given(self, intervention: str, evaluation: Evaluation) -> str:
        """Say how a patient has an intervention, or which statements put it into the plan."""
        running = self._derivation.running
        if any(intervention in running.get(one, ()) for one in (evaluation.site, self._graph.iri)):
            return "running or planned"
        ids = [
            info.id
            for other in self._derivation.evaluations
            for info in (self._knowledge.statements[other.statement],)
            if other.state == State.NOW and other.site in {"", evaluation.site} and info.effect == hip.indicates
            and self._knowledge.is_a(info.intervention, intervention)
        ]  # fmt: skip
        return f"in this plan by {', '.join(sorted(set(ids)))}" if ids else "in this plan"
