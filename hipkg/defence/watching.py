"""List for each action that a plan indicates the single facts that would speak against it or end its indication.

Statements that object to an action or guard it, and the exceptions to those that advise it, are asked which one fact,
new or changed, would let them hold. The plan is derived again with each; what makes a difference is on the watch list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.vocabulary import OBJECTING
from hipkg.defence.bench import Bench
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.derivation.records import DerivedAction, Evaluation, Outlook
    from hipkg.knowledge.records import StatementInfo
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action, Plan
    from hipkg.record.change import Change

_UNTOUCHED = {Status.INDICATED, Status.SATISFIED}


class Threat(NamedTuple):
    """One fact, in words and as Turtle, that would give an indicated action another status.

    ``after`` is empty where the action would leave the plan; ``statements`` are those whose state would change.
    """

    fact: str
    snippet: str
    after: str
    statements: tuple[str, ...]
    change: Change


class Watched(NamedTuple):
    """An indicated action with what to watch for."""

    action: Action
    threats: tuple[Threat, ...]


class WatchList(NamedTuple):
    """What to watch for while the plan of one patient is followed."""

    plan: Plan
    actions: tuple[Watched, ...]


def watch_list(planned: Planned) -> WatchList:
    """Make the watch list of a patient."""
    watcher = _Watcher(planned)
    indicated = (one for one in planned.plan.actions if one.status == Status.INDICATED)
    return WatchList(planned.plan, tuple(Watched(one, watcher.threats(one)) for one in indicated))


class _Watcher:
    def __init__(self, planned: Planned) -> None:
        record, derivation, _, request, knowledge = planned
        self._graph = record
        self._derivation = derivation
        self._knowledge = knowledge
        self._left_out = request.selection.left_out(knowledge)
        self._bench = Bench(planned)
        self._abducer = self._bench.abducer
        self._evaluations = {one.iri: one for one in derivation.evaluations}
        self._actions = {(one.intervention, one.site): one for one in derivation.actions}
        self._states = {one.iri: one.state for one in derivation.evaluations}

    def threats(self, action: Action) -> tuple[Threat, ...]:
        """Try each single fact that could let a statement speak against an action, or end what advises it."""
        derived = self._actions[action.intervention, action.place]
        changes = dict.fromkeys(one for one in self._changes(derived) if one.size[0] == 1)
        found = (self._threat(derived, one) for one in sorted(changes, key=lambda one: one.size))
        distinct = {one.fact: one for one in found if one is not None}
        return tuple(sorted(distinct.values(), key=lambda one: (one.after != "contraindicated", one.after, one.fact)))

    def _changes(self, derived: DerivedAction) -> Iterator[Change]:
        for info in self._knowledge.statements.values():
            if info.iri not in self._left_out and self._can_object(info, derived.intervention):
                yield from self._lets_hold(info, derived.site)
        for iri in derived.based_on:
            evaluation = self._evaluations[iri]
            nodes = (*evaluation.subjects, self._graph.iri)
            for cls in evaluation.may_be_lifted_by:
                yield from self._abducer.ways([cls], nodes)

    def _can_object(self, info: StatementInfo, intervention: str) -> bool:
        """Tell whether a statement would object to an intervention, or guard it, if it held."""
        if info.effect in OBJECTING:
            return self._knowledge.is_a(intervention, info.intervention)
        guarded = any(self._knowledge.is_a(intervention, one) for one in info.accompanies)
        return info.effect == hip.safeguardsWith and guarded and info.intervention != intervention

    def _lets_hold(self, info: StatementInfo, place: str) -> Iterator[Change]:
        """List the changes after which a statement would hold at a place."""
        here = [one for one in self._derivation.evaluations if one.statement == info.iri and one.site in {"", place}]
        for evaluation in here:
            wanted = (*evaluation.awaits, *evaluation.refutes)
            if evaluation.state == State.LATER or self._is_absent(evaluation):
                yield from self._abducer.ways(wanted, self._nodes(evaluation))
        if not here:
            nodes = (*self._problems(place), self._graph.iri)
            for cls in info.applies_to:
                into = (*self._abducer.ways([cls], nodes), *self._abducer.anew(cls, [place] if place else []))
                yield from self._abducer.merge([into, *(self._abducer.ways([one], nodes) for one in info.requires)])

    def _is_absent(self, evaluation: Evaluation) -> bool:
        """Tell whether a statement is ruled out by nothing but what is absent now, and may come."""
        denied_by, facts = self._knowledge.denied_by, self._derivation.facts
        denials = [denied_by.get(one, "") for one in evaluation.refutes]
        nodes = self._nodes(evaluation)
        absent = bool(denials) and all(facts.any_is_a(nodes, one) for one in denials)
        return absent and evaluation.state == State.RULED_OUT

    def _nodes(self, evaluation: Evaluation) -> tuple[str, ...]:
        return (*evaluation.subjects, self._graph.iri)

    def _problems(self, place: str) -> list[str]:
        """List the problems at a place, of which statements are judged."""
        found = {node for one in self._derivation.evaluations if one.site == place for node in one.subjects}
        return sorted(found - {self._graph.iri})

    def _threat(self, action: DerivedAction, change: Change) -> Threat | None:
        after = self._bench.outlook(change)
        if after is None:
            return None
        status = next((one.status for one in after.actions if one.iri == action.iri), "")
        if status in _UNTOUCHED:
            return None
        describer = self._bench.describer
        fact = "; ".join(describer.facts(change))
        return Threat(
            fact=fact,
            snippet=describer.snippet(change),
            after=status,
            statements=self._responsible(action, after),
            change=change,
        )

    def _responsible(self, action: DerivedAction, after: Outlook) -> tuple[str, ...]:
        """Name the statements about the action whose state changes."""
        concerned = {self._evaluations[one].statement for one in action.based_on} | {
            info.iri for info in self._knowledge.statements.values() if self._can_object(info, action.intervention)
        }
        states = {one.iri: one for one in after.evaluations}
        changed = [
            one.statement
            for one in (*self._derivation.evaluations, *after.evaluations)
            if one.statement in concerned
            and one.site in {"", action.site}
            and self._states.get(one.iri) != (states[one.iri].state if one.iri in states else None)
        ]
        return tuple(sorted({self._knowledge.statements[one].id for one in changed}))
