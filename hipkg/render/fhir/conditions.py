"""How an action is proposed: to be done or not, ready or not, and under which conditions.

A condition is written as a class expression in OWL 2 Manchester syntax: it holds where the problem at the site of the
request is a member. Classes of patients are reached from the problem, and what a statement wants in the plan beside the
action is an intervention that the problem has in the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.vocabulary import curie
from hipkg.knowledge.frame.claims import ADVISING, WAITING, ClaimKind, Status
from hipkg.owl.expression import And, Expression, Named, Or, Some
from hipkg.render.words import describe_gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, StatementState
    from hipkg.render.fhir.build import Export

_ADVICE_AWAITED = ADVISING & WAITING
_OBJECTIONS_AWAITED = WAITING - ADVISING


class Condition(NamedTuple):
    """When a proposal applies: in words and as a class expression.

    It cannot hold before the interventions of ``after`` have begun, nor without those of ``beside`` in the plan.
    """

    text: str
    expression: str
    after: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()


class Stance(NamedTuple):
    """How an action is proposed.

    ``refused`` asks not to do it; a proposal that is not ``ready`` waits for its conditions, of which each has to hold.
    """

    ready: bool
    refused: bool
    conditions: tuple[Condition, ...] = ()


def stance_of(action: Action, export: Export) -> Stance:
    """Tell how an action is proposed; one that is satisfied because it is planned is proposed as it was."""
    teller = _Teller(action, export)
    match action.status:
        case Status.CONTRAINDICATED:
            return Stance(True, True, teller.unless(ClaimKind.REFUSED))
        case Status.AVOID:
            return Stance(True, True, teller.unless(ClaimKind.DISCOURAGED))
        case Status.CONDITIONAL if action.by(*ADVISING):
            return Stance(False, False, teller.waits())
        case Status.CONDITIONAL:
            return Stance(True, True, teller.unless(ClaimKind.HELD_BACK))
        case Status.CAUTION:
            return _cautious(action, teller)
        case status:
            return Stance(status in {Status.INDICATED, Status.SATISFIED}, False)


def _cautious(action: Action, teller: _Teller) -> Stance:
    """Tell how a precaution or a reservation is proposed.

    What is advised while a check that goes with it is still to be made is not ready; the check itself is. What only
    would be refused is a refusal that waits.
    """
    if action.by(ClaimKind.INDICATED):
        return Stance(False, False)
    if action.by(ClaimKind.GUARDING):
        return Stance(True, False)
    if action.by(ClaimKind.HELD_BACK):
        return Stance(True, True, teller.unless(ClaimKind.HELD_BACK))
    waiting = action.by(*_ADVICE_AWAITED)
    if waiting:
        return Stance(False, False, teller.any_of(waiting))
    return Stance(False, True, teller.any_of(action.by(*_OBJECTIONS_AWAITED)))


class _Teller:
    """Write the conditions of one action."""

    def __init__(self, action: Action, export: Export) -> None:
        self._action = action
        self._export = export

    def unless(self, kind: ClaimKind) -> tuple[Condition, ...]:
        """Say what would lift every refusal; if one of them stands whatever happens, nothing would."""
        refusing = self._action.by(kind)
        if not refusing or not all(one.lifted_by for one in refusing):
            return ()
        texts = [f"unless {self._lifting_words(one)}" for one in refusing]
        refusals = [f"not {_nested(self._lifted(one))}" for one in refusing]
        return (Condition(_either(texts, "; and "), _either(refusals)),)

    def waits(self) -> tuple[Condition, ...]:
        """Say what an action waits for: every gate, and what one statement that advises it requires."""
        gates = self._action.by(ClaimKind.HELD_BACK)
        found = [self._gate(one) for one in gates if one.lifted_by]
        if not self._action.by(ClaimKind.INDICATED):
            found += self.any_of(self._action.by(*_ADVICE_AWAITED))
        return tuple(dict.fromkeys(found))

    def any_of(self, waiting: Sequence[StatementState]) -> tuple[Condition, ...]:
        """Say that what one of some waiting statements requires is enough."""
        if not waiting:
            return ()
        texts = [" and ".join(dict.fromkeys(map(describe_gap, one.unmet))) for one in waiting]
        needed = [self._needed(one) for one in waiting]
        alternatives = [_all_of(parts, alone=len(needed) == 1) for parts in needed]
        after = [self._necessary(one.unmet) for one in waiting]
        beside = [self._interventions(gap.requirement for gap in one.unmet) for one in waiting]
        return (Condition(_either(texts, "; or "), _either(alternatives), _common(after), _common(beside)),)

    def _gate(self, state: StatementState) -> Condition:
        each = [self._necessary([gap]) for gap in state.lifted_by]
        after = _common(each) if self._has_alternatives(state) else frozenset().union(*each)
        return Condition(self._lifting_words(state), self._lifted(state), after)

    def _lifting_words(self, state: StatementState) -> str:
        joint = " or " if self._has_alternatives(state) else " and "
        return joint.join(dict.fromkeys(map(describe_gap, state.lifted_by)))

    def _has_alternatives(self, state: StatementState) -> bool:
        """Tell whether one of several exceptions is enough."""
        return len(self._export.infos[state.id].except_for) > 1

    def _lifted(self, state: StatementState) -> str:
        return _either([self._seen_from(one, state) for one in self._export.infos[state.id].except_for])

    def _needed(self, state: StatementState) -> list[str]:
        lacking = self._interventions(gap.requirement for gap in state.unmet)
        return [
            *(self._seen_from(one, state) for one in self._export.infos[state.id].requires),
            *(f"({curie(hip.hasInPlan)} some {curie(one)})" for one in sorted(lacking)),
        ]

    def _seen_from(self, cls: str, state: StatementState) -> str:
        """Name a class as the subject of a statement sees it: one of patients through the patient of a problem."""
        subjects = set(state.subjects) - {self._export.plan.patient}
        if subjects and self._export.knowledge.is_a(cls, hip.Patient):
            return f"({curie(hip.problemOf)} some {curie(cls)})"
        return curie(cls)

    def _interventions(self, terms: Iterable[str]) -> frozenset[str]:
        return frozenset(one for one in terms if one in self._export.knowledge.interventions)

    def _necessary(self, gaps: Iterable[Gap]) -> frozenset[str]:
        """Collect the interventions without which some gaps of the record do not close."""
        knowledge = self._export.knowledge
        recorded = [one.requirement for one in gaps if one.requirement not in knowledge.interventions]
        found = (_indispensable(Named(one), knowledge, frozenset()) for one in recorded)
        return self._interventions(one for terms in found for one in terms)


def _indispensable(expression: Expression, knowledge: Knowledge, seen: frozenset[str]) -> frozenset[str]:
    """Collect the classes without a definition that each way of fulfilling an expression needs."""
    match expression:
        case Named(iri) if iri in seen:
            return frozenset()
        case Named(iri):
            definition = knowledge.definition(iri)
            return _indispensable(definition, knowledge, seen | {iri}) if definition else frozenset({iri})
        case And(operands):
            return frozenset().union(*(_indispensable(one, knowledge, seen) for one in operands))
        case Or(operands):
            return _common([_indispensable(one, knowledge, seen) for one in operands])
        case Some(_, filler):
            return _indispensable(filler, knowledge, seen)
        case _:
            return frozenset()


def _common(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """Keep what all of some sets have."""
    return frozenset.intersection(*sets) if sets else frozenset()


def _either(parts: Sequence[str], joint: str = " or ") -> str:
    return joint.join(dict.fromkeys(one for one in parts if one))


def _all_of(parts: Sequence[str], *, alone: bool) -> str:
    text = " and ".join(parts)
    return text if alone or len(parts) == 1 else f"({text})"


def _nested(expression: str) -> str:
    return f"({expression})" if " or " in expression else expression
