"""List for each action that a plan indicates the facts that would speak against it or end its indication.

Statements that object to an action or guard it, and the exceptions to those that advise it, are asked which one fact,
new or changed, would let them hold; what treatment that runs may bring is tried, and the questions of the plan are
answered as `hipkg.defence.asking` answers them. The plan is derived again with each; what makes a difference is on the
watch list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.vocabulary import OBJECTING
from hipkg.defence.asking import Asker
from hipkg.defence.bench import Bench
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.selection import URGENT
from hipkg.record.change import OWNS, Change
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.derivation.records import DerivedAction, Evaluation, Outlook
    from hipkg.knowledge.records import StatementInfo
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action, Plan

_UNTOUCHED = {Status.INDICATED, Status.SATISFIED}
_PLACED = {*OWNS, hip.hasSite, hip.targets}


@shown_by("fact", "after")
class Threat(NamedTuple):
    """A fact, or an answer to a question, in words and as Turtle, that would give an indicated action another status.

    ``after`` is empty where the action would leave the plan; ``statements`` are those whose state would change: those
    about the action, or all if it changes because of another one.
    """

    fact: str
    snippet: str
    after: str
    statements: tuple[str, ...]
    change: Change

    @property
    def is_event(self) -> bool:
        """Tell whether the fact is something that is carried out, and no finding."""
        added = {(prop, value) for _, prop, value in self.change.added}
        found = any(prop == hip.hasProblem for prop, _ in added)
        return (hip.hasStatus, hip.completed) in added and not found

    def implies(self, other: Threat) -> bool:
        """Tell whether the fact says of new nodes all that another says, and more."""
        own, others = self._said, other._said
        return others < own or (others == own and other.change.size < self.change.size)

    @property
    def _said(self) -> frozenset[tuple[str, str]]:
        new = {subject for subject, _, _ in self.change.added}
        values = {(prop, text_of(value)) for _, prop, value in self.change.added}
        return frozenset(one for one in values if one[1] not in new and one[0] not in _PLACED)


@shown_by("action.label", "action.site")
class Watched(NamedTuple):
    """An indicated action with what to watch for."""

    action: Action
    threats: tuple[Threat, ...]


class Sign(NamedTuple):
    """What is not on record and would call for urgent action, with what it calls for."""

    fact: str
    site: str
    action: str
    statement: str


@dataclass(frozen=True)
class WatchList:
    """What to watch for while the plan of one patient is followed."""

    plan: Plan
    actions: tuple[Watched, ...]
    signs: tuple[Sign, ...]


def watch_list(planned: Planned, asker: Asker | None = None) -> WatchList:
    """Make the watch list of a patient.

    Parameters: ``asker`` is one who has perhaps tried some answers to the questions about the patient.
    """
    return WatchList(planned.plan, tuple(_Watcher(planned, asker or Asker(planned)).watched()), tuple(_signs(planned)))


def _signs(planned: Planned) -> Iterator[Sign]:
    """List the signs that urgent statements wait for, where the patient is one of those they are about."""
    knowledge = planned.knowledge
    for one in planned.plan.statements:
        info = knowledge.by_id[one.id]
        if info.kind in URGENT and one.state == State.LATER:
            for requirement in dict.fromkeys(gap.requirement for gap in one.unmet):
                yield Sign(knowledge.brief(requirement), one.site, knowledge.brief(info.intervention), one.id)


def _answers(asker: Asker) -> Iterator[Change]:
    """List the answers to questions after which an action that is indicated would be neither indicated nor done."""
    for text, site in asker.open:
        for answer in asker.question(text, site).answers:
            if any(one.before == Status.INDICATED and one.after not in _UNTOUCHED for one in answer.effects):
                yield answer.change


class _Watcher:
    def __init__(self, planned: Planned, asker: Asker) -> None:
        record, derivation, plan, request, knowledge = planned
        self._asker = asker
        self._indicated = [one for one in plan.actions if one.status == Status.INDICATED]
        self._graph = record
        self._derivation = derivation
        self._knowledge = knowledge
        self._left_out = request.selection.left_out(knowledge)
        self._bench = Bench(planned)
        self._abducer = self._bench.abducer
        self._evaluations = {one.iri: one for one in derivation.evaluations}
        self._actions = {(one.intervention, one.site): one for one in derivation.actions}
        self._states = {one.iri: one.state for one in derivation.evaluations}

    def watched(self) -> Iterator[Watched]:
        """Try each change once, and tell of each indicated action what would become of it."""
        derived = [self._actions[one.intervention, one.place] for one in self._indicated]
        tried: dict[Change, Sequence[DerivedAction]] = {}
        for one in derived:
            for change in sorted(dict.fromkeys(self._changes(one)), key=lambda it: it.size):
                if change.size[0] == 1:
                    tried[change] = (*tried.get(change, ()), one)
        tried |= dict.fromkeys((*self._outcomes(), *_answers(self._asker)), derived)
        found: dict[str, dict[str, Threat]] = {one.iri: {} for one in derived}
        for change, actions in tried.items():
            for action, threat in self._threats(change, actions):
                found[action.iri].setdefault(threat.fact, threat)
        for shown, threats in zip(self._indicated, found.values(), strict=True):
            yield Watched(shown, tuple(sorted(threats.values(), key=_weight)))

    def _outcomes(self) -> Iterator[Change]:
        """List what treatment that runs may bring."""
        facts, properties = self._derivation.facts, self._knowledge.value_properties
        outcomes = sorted(value for value, prop in properties.items() if prop == hip.hasOutcome)
        courses = (one for one in facts.members.get(hip.CurrentActivity, ()) if facts.is_a(one, hip.TreatmentCourse))
        for course in sorted(courses):
            recorded = facts.values(course, hip.hasOutcome)
            removed = frozenset((course, hip.hasOutcome, one) for one in recorded)
            yield from (
                Change(frozenset({(course, hip.hasOutcome, one)}), removed) for one in outcomes if one not in recorded
            )

    def _changes(self, derived: DerivedAction) -> Iterator[Change]:
        for info in self._knowledge.statements.values():
            if info.iri not in self._left_out and self._can_object(info, derived.intervention):
                yield from self._lets_hold(info, derived.site)
        for iri in derived.based_on:
            evaluation = self._evaluations[iri]
            nodes = (*evaluation.subjects, self._graph.iri)
            ending = self._knowledge.statements[evaluation.statement].ended_by
            for cls in dict.fromkeys((*evaluation.may_be_lifted_by, *ending)):
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

    def _threats(self, change: Change, actions: Iterable[DerivedAction]) -> Iterator[tuple[DerivedAction, Threat]]:
        """Derive again with a change, and tell of which actions the status would be another one."""
        after = self._bench.outlook(change)
        if after is None:
            return
        describer = self._bench.describer
        fact, snippet = "; ".join(describer.facts(change)), describer.snippet(change)
        statuses = {one.iri: one.status for one in after.actions}
        for action in actions:
            status = statuses.get(action.iri, "")
            if status not in _UNTOUCHED:
                yield action, Threat(fact, snippet, status, self._responsible(action, after), change)

    def _responsible(self, action: DerivedAction, after: Outlook) -> tuple[str, ...]:
        """Name the statements about the action whose state changes, or all of which it does if there is none."""
        concerned = {self._evaluations[one].statement for one in action.based_on} | {
            info.iri for info in self._knowledge.statements.values() if self._can_object(info, action.intervention)
        }
        states = {one.iri: one.state for one in after.evaluations}
        changed = {
            one.statement
            for one in (*self._derivation.evaluations, *after.evaluations)
            if one.site in {"", action.site} and self._states.get(one.iri) != states.get(one.iri)
        }
        return tuple(sorted(self._knowledge.statements[one].id for one in changed & concerned or changed))


def _weight(threat: Threat) -> tuple[bool, str, str]:
    return threat.after != Status.CONTRAINDICATED, threat.after, threat.fact
