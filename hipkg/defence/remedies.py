"""Say what would have to become true for a statement to hold, or for an action to be indicated.

The smallest changes of the record that `hipkg.defence.search` finds are tried: what decides on the statement, or the
action, is derived again with each, and only those are told after which it stands as was asked.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.defence.bench import Bench
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import PURSUED, ClaimKind
from hipkg.knowledge.relevance import on_action, on_statement
from hipkg.record.change import OWNS, Change
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hipkg.defence.search import Abducer
    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.pipeline.process import Planned

TOLD = 3
"""How many remedies are told."""
_TRIED = 6
"""The statuses of actions that are carried out or could be."""
_ADVISED = (ClaimKind.INDICATED, ClaimKind.FULFILLED)
_OBJECTING = (ClaimKind.REFUSED, ClaimKind.HELD_BACK, ClaimKind.DISCOURAGED)


class Remedy(NamedTuple):
    """A smallest change of the record after which something stands as was asked.

    ``facts`` say it in words, one for each node that changes; ``snippet`` is the Turtle that records it; ``outcome`` is
    the state or the status that was derived with it.
    """

    facts: tuple[str, ...]
    snippet: str
    outcome: str
    change: Change


class _Wish(NamedTuple):
    """What a change is to bring about: an outcome of a derivation among some, which these statements decide alone.

    ``mended`` goes on from a change after which something else stands in the way.
    """

    outcome: Callable[[Derivation], str]
    wanted: frozenset[str]
    deciding: frozenset[str]
    mended: Callable[[Change, Derivation], Iterable[Change]] | None = None


def diagnoses_in(change: Change, knowledge: Knowledge) -> tuple[str, ...]:
    """Name the conditions that a change takes for granted; a qualifier of one that is recorded is none."""
    new = {text_of(value) for _, prop, value in change.added if prop in OWNS}
    types = [(node, text_of(value)) for node, prop, value in change.added if prop == RDF_TYPE]
    found = {one for node, one in types if knowledge.is_a(one, hip.Condition)}
    qualifiers = {one for node, one in types if one in knowledge.qualified and node not in new}
    return tuple(sorted(map(knowledge.label, found - qualifiers)))


class Remedies:
    """Find remedies for one patient.

    Parameters: ``diagnoses`` asks for remedies that take a new condition for granted, of which there are none
    otherwise.
    """

    def __init__(self, planned: Planned, *, diagnoses: bool = False) -> None:
        self._graph = planned.record
        self._derivation = planned.derivation
        self._knowledge = planned.knowledge
        self._diagnoses = diagnoses
        self._bench = Bench(planned, diagnoses=diagnoses)
        self._abducer = self._bench.abducer
        self._evaluations = {one.iri: one for one in planned.derivation.evaluations}

    def of_statement(self, evaluation: Evaluation) -> tuple[Remedy, ...]:
        """Say what would make a statement hold whose context holds, or lift one that speaks against an action."""
        info = self._knowledge.statements[evaluation.statement]
        holding = self._knowledge.holding[info.effect]
        deciding = on_statement(info.iri, self._knowledge)

        def state(derived: Derivation) -> str:
            return self._state(derived, evaluation.iri)

        if evaluation.state == State.LATER:
            return self._tried(self._requirements(evaluation), _Wish(state, frozenset({holding}), deciding))
        if evaluation.state == State.MUST_NOT and evaluation.may_be_lifted_by:
            lifts = self._lifts(evaluation, self._abducer)
            return self._tried(lifts, _Wish(state, frozenset({State.RULED_OUT}), deciding))
        return ()

    def of_context(self, info: StatementInfo) -> tuple[Remedy, ...]:
        """Say what would bring a patient into the context of a statement, and let it hold, without a new diagnosis."""
        nodes = (self._graph.iri, *self._problems())
        sites = sorted({one.site for one in self._derivation.evaluations if one.site})
        found = self._abducer.merge(
            [
                [
                    way
                    for cls in info.applies_to
                    for way in (*self._abducer.ways([cls], nodes), *self._abducer.anew(cls, sites))
                ],
                *[self._abducer.ways([cls], nodes) for cls in info.requires],
                *[[self._abducer.companion(one, "")] for one in info.accompanies],
            ]
        )
        holding = self._knowledge.holding[info.effect]

        def state(derived: Derivation) -> str:
            return self._best_state(derived, info.iri, holding)

        return self._tried(found, _Wish(state, frozenset({holding}), on_statement(info.iri, self._knowledge)))

    def of_action(self, action: DerivedAction) -> tuple[Remedy, ...]:
        """Say what would make an action indicated: what one statement that advises it asks, with every gate lifted."""
        objecting = action.by(*_OBJECTING)
        if action.status in PURSUED:
            return ()
        lifts = [self._lifts(self._evaluations[one], self._abducer) for one in objecting]
        advising = [self._evaluations[one] for one in sorted(action.by(*_ADVISED, ClaimKind.AWAITED))]
        if not advising or not all(lifts):
            return ()
        advised = action.by(*_ADVISED)
        wanted = [] if advised else [[way for one in advising for way in self._requirements(one)]]

        def status(derived: Derivation) -> str:
            return self._status(derived, action.iri)

        def mended(change: Change, derived: Derivation) -> Iterable[Change]:
            return self._mended(change, derived, action.iri)

        wish = _Wish(status, PURSUED, on_action(action.intervention, self._knowledge), mended)
        return self._tried(self._abducer.merge([*wanted, *lifts]), wish)

    def _mended(self, change: Change, derived: Derivation, iri: str) -> Iterable[Change]:
        """Add to a change, after which something objects to an action that is advised, what lifts the objections."""
        evaluations = {one.iri: one for one in derived.evaluations}
        action = next((one for one in derived.actions if one.iri == iri), None)
        if action is None or not action.by(*_ADVISED):
            return ()
        abducer = self._bench.abducer_for(derived.facts, self._bench.changed(change))
        further = abducer.merge([self._lifts(evaluations[one], abducer) for one in action.by(*_OBJECTING)])
        return [change | one for one in further if one.removed.isdisjoint(change.added)]

    def _requirements(self, evaluation: Evaluation) -> tuple[Change, ...]:
        """List the changes after which all that a waiting statement asks for would be there."""
        if evaluation.state != State.LATER:
            return ()
        ways = self._abducer.ways(evaluation.awaits, self._nodes(evaluation))
        planned = [[self._abducer.companion(one, evaluation.site)] for one in evaluation.lacks]
        return self._abducer.merge([ways, *planned])

    def _lifts(self, evaluation: Evaluation, abducer: Abducer) -> tuple[Change, ...]:
        """List the changes after which an exception to a statement would hold, but not that its advice is ignored."""
        nodes = self._nodes(evaluation)
        ways = (way for cls in evaluation.may_be_lifted_by for way in abducer.ways([cls], nodes))
        refused = self._knowledge.statements[evaluation.statement].intervention
        return tuple(way for way in ways if evaluation.state != State.MUST_NOT or not self._is_running(refused, way))

    def _is_running(self, intervention: str, change: Change) -> bool:
        """Tell whether a change takes for granted that an intervention is under way."""
        running = {subject for subject, prop, value in change.added if (prop, value) == (hip.hasStatus, hip.ongoing)}
        done = (text_of(value) for node, prop, value in change.added if node in running and prop == hip.ofIntervention)
        return any(self._knowledge.is_a(one, intervention) for one in done)

    def _tried(self, changes: Iterable[Change], wish: _Wish) -> tuple[Remedy, ...]:
        """Find the changes that work: plain ones, or those mended where something else then objects, or variants."""
        plain, variants = self._ordered(changes)
        failed: list[tuple[Change, Derivation]] = []
        found = self._working(plain, wish, failed)
        if not found and wish.mended:
            mended = [further for change, sketched in failed for further in wish.mended(change, sketched)]
            found = self._working(self._ordered(mended)[0], wish, [])
        return found or self._working(variants, wish, [])

    def _working(
        self, changes: Iterable[Change], wish: _Wish, failed: list[tuple[Change, Derivation]]
    ) -> tuple[Remedy, ...]:
        """Derive again with each change, the smallest first, and keep those of the smallest size that work."""
        found: list[Remedy] = []
        in_words: dict[tuple[str, ...], Change] = {}
        for change in islice(changes, _TRIED):
            in_words.setdefault(self._bench.describer.facts(change), change)
        for facts, change in in_words.items():
            if len(found) == TOLD or (found and change.size[0] > found[0].change.size[0]):
                break
            sketched = self._bench.sketch(change, wish.deciding)
            outcome = self._verified(change, sketched, wish) if sketched else ""
            if outcome:
                found.append(Remedy(facts, self._bench.describer.snippet(change), outcome, change))
            elif sketched:
                failed.append((change, sketched))
        return tuple(found)

    def _ordered(self, changes: Iterable[Change]) -> tuple[list[Change], list[Change]]:
        """Sort changes by size, and set those apart that differ from a smaller one in coded values alone."""
        fitting = [one for one in dict.fromkeys(changes) if self._diagnoses == bool(diagnoses_in(one, self._knowledge))]
        plain: dict[object, Change] = {}
        for one in sorted(fitting, key=lambda one: one.size):
            plain.setdefault(one.outline(self._knowledge.single_valued), one)
        first = set(plain.values())
        return list(plain.values()), sorted((one for one in fitting if one not in first), key=lambda one: one.size)

    def _verified(self, change: Change, sketched: Derivation, wish: _Wish) -> str:
        """Return the outcome of a change if it is as wished, and the record still consistent and valid."""
        outcome = wish.outcome(sketched)
        return outcome if outcome in wish.wanted and self._bench.is_sound(change) else ""

    def _nodes(self, evaluation: Evaluation) -> Sequence[str]:
        return (*evaluation.subjects, self._graph.iri)

    def _problems(self) -> list[str]:
        return sorted(self._derivation.facts.members.get(hip.Problem, ()))

    @staticmethod
    def _state(derived: Derivation, iri: str) -> str:
        return next((one.state for one in derived.evaluations if one.iri == iri), "")

    @staticmethod
    def _best_state(derived: Derivation, statement: str, holding: str) -> str:
        states = {one.state for one in derived.evaluations if one.statement == statement}
        return holding if holding in states else ""

    @staticmethod
    def _status(derived: Derivation, iri: str) -> str:
        return next((one.status for one in derived.actions if one.iri == iri), "")
