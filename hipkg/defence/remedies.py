"""Say what would have to become true for a statement to hold, or for an action to be indicated.

The smallest changes of the record that `hipkg.defence.search` finds are tried: what decides on the statement, or the
action, is derived again with each, and only those are told after which it stands as was asked.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.defence.bench import Bench
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import PURSUED, ClaimKind, Status
from hipkg.knowledge.relevance import on_action, on_statement
from hipkg.record.change import NO_CHANGE, OWNS, Change
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hipkg.defence.search import Abducer
    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.pipeline.process import Planned

TOLD = 3
"""How many remedies are told."""
NOT_IN_PLAN = "not in the plan"
"""What stands for the status of an action that a plan does not have."""
_TRIED = 6
_TO_HOLD, _TO_LIFT, _TO_PURSUE = "let it hold", "lift it", "let it be pursued"
_UNOPPOSED = frozenset({NOT_IN_PLAN, Status.CONDITIONAL, *PURSUED})
_ADVISED = (ClaimKind.INDICATED, ClaimKind.FULFILLED)
_OBJECTING = (ClaimKind.REFUSED, ClaimKind.HELD_BACK, ClaimKind.DISCOURAGED)


@shown_by("facts", "outcome")
class Remedy(NamedTuple):
    """A smallest change of the record after which something stands as was asked.

    ``facts`` say it in words, one for each node that changes; ``snippet`` is the Turtle that records it; ``outcome`` is
    the state or the status that was derived with it, and ``modality`` how firmly an action is then asked for.
    """

    facts: tuple[str, ...]
    snippet: str
    outcome: str
    change: Change
    modality: str = ""


class Search(NamedTuple):
    """What was found when remedies were looked for, and how much was tried.

    ``goal`` says what they were to bring about; ``tried`` counts the changes that were derived; ``final`` names the
    statements that speak against an action without exception, because of which none was tried, and ``exempt`` those
    that only what runs already is exempt from.
    """

    remedies: tuple[Remedy, ...]
    goal: str = ""
    tried: int = 0
    final: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()


class _Outcome(NamedTuple):
    """The state of a statement, or the status of an action with its modality."""

    standing: str
    modality: str = ""


class _Wish(NamedTuple):
    """What a change is to bring about: an outcome of a derivation among some, which these statements decide alone.

    ``mended`` goes on from a change after which something else stands in the way.
    """

    outcome: Callable[[Derivation], _Outcome]
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
        self._left_out = planned.request.selection.left_out(planned.knowledge)
        self._diagnoses = diagnoses
        self._bench = Bench(planned, diagnoses=diagnoses)
        self._abducer = self._bench.abducer
        self._evaluations = {one.iri: one for one in planned.derivation.evaluations}

    def of_statement(self, evaluation: Evaluation) -> Search:
        """Say what would make a statement hold where it is judged, or lift one that speaks against an action."""
        info = self._knowledge.statements[evaluation.statement]
        holding = self._knowledge.holding[info.effect]
        deciding = on_statement(info.iri, self._knowledge)

        def state(derived: Derivation) -> _Outcome:
            return self._state(derived, evaluation.iri)

        def mended(change: Change, derived: Derivation) -> Iterable[Change]:
            return self._onward(change, derived, evaluation.site, info)

        if evaluation.state == State.MAY_APPLY:
            contexts = self._contexts(info, self._nodes(evaluation), [evaluation.site] if evaluation.site else [])
            return self._tried(_TO_HOLD, contexts, _Wish(state, frozenset({holding}), deciding, mended))
        if evaluation.state == State.LATER:
            requirements = self._requirements(evaluation, self._abducer)
            return self._tried(_TO_HOLD, requirements, _Wish(state, frozenset({holding}), deciding))
        if evaluation.state == State.MUST_NOT and evaluation.may_be_lifted_by:
            lifts = self._lifts(evaluation, self._abducer)
            return self._tried(_TO_LIFT, lifts, _Wish(state, frozenset({State.RULED_OUT}), deciding))
        return Search(())

    def of_context(self, info: StatementInfo) -> Search:
        """Say what would bring a patient into the context of a statement, and let it hold, without a new diagnosis."""
        holding = self._knowledge.holding[info.effect]

        def state(derived: Derivation) -> _Outcome:
            return self._best_state(derived, info.iri, holding)

        def mended(change: Change, derived: Derivation) -> Iterable[Change]:
            return self._onward(change, derived, None, info)

        deciding = on_statement(info.iri, self._knowledge)
        wish = _Wish(state, frozenset({holding}), deciding, mended)
        nodes = (self._graph.iri, *self._problems())
        return self._tried(_TO_HOLD, self._contexts(info, nodes, self._places), wish)

    def _contexts(self, info: StatementInfo, nodes: Sequence[str], sites: Sequence[str]) -> tuple[Change, ...]:
        """List the changes after which the context of a statement would hold, with what it requires if that is found.

        A problem may be a new one at any of some sites, or at the one that the context asks for.
        """
        into = [
            way
            for cls in info.applies_to
            for way in (
                *self._abducer.ways([cls], nodes),
                *self._abducer.anew(cls, sites),
                *(self._abducer.anew(cls, ()) if sites else ()),
            )
        ]
        required = [self._abducer.ways([cls], nodes) for cls in info.requires]
        companions = [[self._abducer.companion(one, "")] for one in info.accompanies]
        return self._abducer.merge([into, *required, *companions]) or self._abducer.merge([into])

    def of_action(self, action: DerivedAction) -> Search:
        """Say what would make an action pursued, or else no longer speak against it.

        That is what a statement asks that advises it, or could, with every objection lifted that can be.
        """
        if action.status in PURSUED:
            return Search(())
        objecting = [self._evaluations[one] for one in action.by(*_OBJECTING)]
        if final := self._final(action.by(ClaimKind.REFUSED)):
            return Search((), final=final)
        lifts = [some for one in objecting if (some := self._lifts(one, self._abducer))]
        if objecting and not lifts and (exempt := self._exempting(objecting)):
            return Search((), exempt=exempt)
        changes = self._abducer.merge([*self._advice(action), *lifts])
        if not changes and (final := self._final(action.by(*_OBJECTING))):
            return Search((), final=final)

        def status(derived: Derivation) -> _Outcome:
            return self._status(derived, action.iri)

        def mended(change: Change, derived: Derivation) -> Iterable[Change]:
            return self._mended(change, derived, action.iri)

        deciding = on_action(action.intervention, self._knowledge)
        pursued = self._tried(_TO_PURSUE, changes, _Wish(status, PURSUED, deciding, mended))
        if pursued.remedies or not objecting:
            return pursued
        wish = _Wish(status, _UNOPPOSED - {action.status}, deciding)
        lifted = self._tried(_TO_PURSUE, self._abducer.merge(lifts), wish)
        return lifted._replace(tried=pursued.tried + lifted.tried)

    def _final(self, evaluations: Iterable[str]) -> tuple[str, ...]:
        """Name the statements of those of some evaluations that have no exception which could come to hold."""
        found = (self._evaluations[one] for one in evaluations)
        return tuple(
            sorted({self._knowledge.statements[one.statement].id for one in found if not one.may_be_lifted_by})
        )

    def _exempting(self, objecting: Iterable[Evaluation]) -> tuple[str, ...]:
        """Name the statements that speak against beginning something, from which only what runs already is exempt."""
        infos = [(one, self._knowledge.statements[one.statement]) for one in objecting]
        found = {
            info.id
            for one, info in infos
            for cls in one.may_be_lifted_by
            for way in self._abducer.ways([cls], self._nodes(one))
            if self._is_running(info.intervention, way)
        }
        return tuple(sorted(found))

    def _advice(self, action: DerivedAction) -> list[Sequence[Change]]:
        """List the changes after which a statement would advise an action, none if one does."""
        if action.by(*_ADVISED):
            return []
        awaited = [self._evaluations[one] for one in action.by(ClaimKind.AWAITED)]
        if awaited:
            return [[way for one in awaited for way in self._requirements(one, self._abducer)]]
        evaluated = {one.statement for one in self._derivation.evaluations if one.site in {"", action.site}}
        able = [
            self._knowledge.statements[one]
            for one in sorted(on_action(action.intervention, self._knowledge) - evaluated - self._left_out)
        ]
        nodes, sites = (self._graph.iri, *self._problems()), [action.site] if action.site else []
        return [
            [
                way
                for info in able
                if info.effect == hip.indicates and info.intervention == action.intervention
                for way in self._contexts(info, nodes, sites)
            ]
        ]

    def _mended(self, change: Change, derived: Derivation, iri: str) -> Iterable[Change]:
        """Add to a change, after which something objects to an action that is advised, what lifts the objections."""
        evaluations = {one.iri: one for one in derived.evaluations}
        action = next((one for one in derived.actions if one.iri == iri), None)
        if action is None or not action.by(*_ADVISED):
            return ()
        abducer = self._bench.abducer_for(derived.facts, self._bench.changed(change))
        further = abducer.merge([self._lifts(evaluations[one], abducer) for one in action.by(*_OBJECTING)])
        return [change | one for one in further if one.removed.isdisjoint(change.added)]

    def _onward(self, change: Change, derived: Derivation, place: str | None, info: StatementInfo) -> Iterable[Change]:
        """Add to a change, after which a statement waits at a place or at any, what it asks for."""
        abducer = self._bench.abducer_for(derived.facts, self._bench.changed(change))
        waiting = [one for one in derived.evaluations if one.statement == info.iri and place in {None, one.site}]
        further = (way for one in waiting for way in self._requirements(one, abducer))
        return [change | one for one in further if one.removed.isdisjoint(change.added)]

    def _requirements(self, evaluation: Evaluation, abducer: Abducer) -> tuple[Change, ...]:
        """List the changes after which all that a waiting statement asks for would be there."""
        if evaluation.state != State.LATER:
            return ()
        ways = abducer.ways(evaluation.awaits, self._nodes(evaluation))
        planned = [[abducer.companion(one, evaluation.site)] for one in evaluation.lacks]
        return abducer.merge([ways, *planned])

    def _lifts(self, evaluation: Evaluation, abducer: Abducer) -> tuple[Change, ...]:
        """List the changes after which an exception to a statement would hold, but not that its advice is ignored."""
        nodes = self._nodes(evaluation)
        ways = (way for cls in evaluation.may_be_lifted_by for way in abducer.ways([cls], nodes))
        refused = self._knowledge.statements[evaluation.statement].intervention
        return tuple(way for way in ways if evaluation.state != State.MUST_NOT or not self._is_running(refused, way))

    def _is_running(self, intervention: str, change: Change) -> bool:
        """Tell whether a change takes for granted that an intervention, or what it is a kind of, is under way."""
        running = {subject for subject, prop, value in change.added if (prop, value) == (hip.hasStatus, hip.ongoing)}
        done = (text_of(value) for node, prop, value in change.added if node in running and prop == hip.ofIntervention)
        is_a = self._knowledge.is_a
        return any(is_a(one, intervention) or is_a(intervention, one) for one in done)

    def _tried(self, goal: str, changes: Iterable[Change], wish: _Wish) -> Search:
        """Find the changes that work: plain ones, or those mended where something else then objects, or variants."""
        plain, variants = self._ordered(changes)
        failed: list[tuple[Change, Derivation]] = []
        found, tried = self._working(plain, wish, failed)
        if not found and wish.mended:
            mended = [further for change, sketched in failed for further in wish.mended(change, sketched)]
            found, more = self._working(self._ordered(mended)[0], wish, [])
            tried += more
        if not found:
            found, more = self._working(variants, wish, [])
            tried += more
        return Search(found, goal, tried)

    def _working(
        self, changes: Iterable[Change], wish: _Wish, failed: list[tuple[Change, Derivation]]
    ) -> tuple[tuple[Remedy, ...], int]:
        """Derive again with each change, the smallest first; keep the smallest that work, and count what was tried."""
        found: list[Remedy] = []
        tried = 0
        in_words: dict[tuple[str, ...], Change] = {}
        for change in islice(changes, _TRIED):
            in_words.setdefault(self._bench.describer.facts(change), change)
        for facts, change in in_words.items():
            if len(found) == TOLD or (found and change.size[0] > found[0].change.size[0]):
                break
            tried += 1
            sketched = self._bench.sketch(change, wish.deciding)
            outcome = self._verified(change, sketched, wish) if sketched else None
            if outcome:
                snippet = self._bench.describer.snippet(change)
                found.append(Remedy(facts, snippet, outcome.standing, change, outcome.modality))
            elif sketched:
                failed.append((change, sketched))
        return tuple(found), tried

    def _ordered(self, changes: Iterable[Change]) -> tuple[list[Change], list[Change]]:
        """Sort changes by size, and set those apart that differ from a smaller one in coded values alone."""
        new = (one for one in dict.fromkeys(changes) if one != NO_CHANGE)
        fitting = [one for one in new if self._diagnoses == bool(diagnoses_in(one, self._knowledge))]
        plain: dict[object, Change] = {}
        for one in sorted(fitting, key=lambda one: one.size):
            plain.setdefault(one.outline(self._knowledge.single_valued), one)
        first = set(plain.values())
        return list(plain.values()), sorted((one for one in fitting if one not in first), key=lambda one: one.size)

    def _verified(self, change: Change, sketched: Derivation, wish: _Wish) -> _Outcome | None:
        """Return the outcome of a change if all that is derived with it agrees, and the record is still valid."""
        if wish.outcome(sketched).standing not in wish.wanted:
            return None
        derived = self._bench.derive(change)
        outcome = wish.outcome(derived) if derived else None
        wanted = outcome and outcome.standing in wish.wanted and self._bench.is_valid(change)
        return outcome if wanted else None

    def _nodes(self, evaluation: Evaluation) -> Sequence[str]:
        return (*evaluation.subjects, self._graph.iri)

    @cached_property
    def _places(self) -> list[str]:
        """List the places that statements are judged at."""
        return sorted({one.site for one in self._derivation.evaluations if one.site})

    def _problems(self) -> list[str]:
        return sorted(self._derivation.facts.members.get(hip.Problem, ()))

    @staticmethod
    def _state(derived: Derivation, iri: str) -> _Outcome:
        return _Outcome(next((one.state for one in derived.evaluations if one.iri == iri), ""))

    @staticmethod
    def _best_state(derived: Derivation, statement: str, holding: str) -> _Outcome:
        states = {one.state for one in derived.evaluations if one.statement == statement}
        return _Outcome(holding if holding in states else "")

    @staticmethod
    def _status(derived: Derivation, iri: str) -> _Outcome:
        found = (_Outcome(one.status, one.modality) for one in derived.actions if one.iri == iri)
        return next(found, _Outcome(NOT_IN_PLAN))
