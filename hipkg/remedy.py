"""Say what would have to become true for a statement to hold, or for an action to be indicated.

The smallest changes of the record that `hipkg.abduction` finds are tried: the plan is derived again with each, and only
those are told after which the statement, or the action, stands as was asked.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from hipkg.abduction import Abducer, Change
from hipkg.describe import Describer
from hipkg.graph import text_of
from hipkg.terms import HIP, RDF_TYPE
from hipkg.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from hipkg.derive import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge import Knowledge, StatementInfo
    from hipkg.read import PatientGraph
    from hipkg.selection import Selection

_CONDITION, _ONGOING = HIP + "Condition", HIP + "ongoing"
_OF_INTERVENTION, _STATUS = HIP + "ofIntervention", HIP + "hasStatus"
TOLD = 3
"""How many remedies are told."""
_TRIED = 6
_INDICATES = HIP + "indicates"
PURSUED = frozenset({"indicated", "satisfied", "caution"})
"""The statuses of actions that are carried out or could be."""
_PROBLEM = HIP + "Problem"


class Remedy(NamedTuple):
    """A smallest change of the record after which something stands as was asked.

    ``facts`` say it in words, one for each node that changes; ``snippet`` is the Turtle that records it; ``outcome`` is
    the state or the status that was derived with it.
    """

    facts: tuple[str, ...]
    snippet: str
    outcome: str
    change: Change


def diagnoses_in(remedy: Remedy, knowledge: Knowledge) -> tuple[str, ...]:
    """Name the conditions that a remedy takes for granted."""
    types = (text_of(value) for _, prop, value in remedy.change.added if prop == RDF_TYPE)
    return tuple(sorted({knowledge.label(one) for one in types if knowledge.is_a(one, _CONDITION)}))


class Remedies:
    """Find remedies for one patient.

    Parameters: ``derivation`` is that of ``graph`` with the statements of ``selection``; ``diagnoses`` allows new
    conditions as well.
    """

    def __init__(
        self,
        graph: PatientGraph,
        derivation: Derivation,
        knowledge: Knowledge,
        selection: Selection | None = None,
        *,
        diagnoses: bool = False,
    ) -> None:
        self._graph = graph
        self._derivation = derivation
        self._knowledge = knowledge
        self._trial = Trial(graph, knowledge, selection)
        self._abducer = Abducer(derivation.graph, graph.triples, knowledge, graph.iri, graph.as_of, diagnoses=diagnoses)
        self._describer = Describer(graph, knowledge)
        self._evaluations = {one.iri: one for one in derivation.evaluations}

    def of_statement(self, evaluation: Evaluation) -> tuple[Remedy, ...]:
        """Say what would make a statement hold whose context holds, or lift one that speaks against an action."""
        info = self._knowledge.statements[evaluation.statement]
        holding = self._knowledge.holding[info.effect]
        if evaluation.state == "later-if":
            wanted = self._requirements(evaluation)
            return self._tried(wanted, lambda derived: self._state(derived, evaluation.iri), {holding})
        if evaluation.state == "must-not" and evaluation.may_be_lifted_by:
            return self._tried(
                self._lifts(evaluation), lambda derived: self._state(derived, evaluation.iri), {"ruled-out"}
            )
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
        return self._tried(found, lambda derived: self._best_state(derived, info.iri, holding), {holding})

    def of_action(self, action: DerivedAction) -> tuple[Remedy, ...]:
        """Say what would make an action indicated: what one statement that advises it asks, with every gate lifted."""
        objecting = [*action.refused_by, *action.held_back_by, *action.discouraged_by]
        if action.status in PURSUED:
            return ()
        lifts = [self._lifts(self._evaluations[one]) for one in objecting]
        advising = [self._evaluations[one] for one in action.based_on]
        advising = [one for one in advising if self._knowledge.statements[one.statement].effect == _INDICATES]
        if not advising or not all(lifts):
            return ()
        advised = any(one.state in {"now", "satisfied"} for one in advising)
        wanted = [] if advised else [[way for one in advising for way in self._requirements(one)]]
        return self._tried(
            self._abducer.merge([*wanted, *lifts]), lambda derived: self._status(derived, action.iri), PURSUED
        )

    def _requirements(self, evaluation: Evaluation) -> tuple[Change, ...]:
        """List the changes after which all that a waiting statement asks for would be there."""
        if evaluation.state != "later-if":
            return ()
        ways = self._abducer.ways(evaluation.awaits, self._nodes(evaluation))
        planned = [[self._abducer.companion(one, evaluation.site)] for one in evaluation.lacks]
        return self._abducer.merge([ways, *planned])

    def _lifts(self, evaluation: Evaluation) -> tuple[Change, ...]:
        """List the changes after which an exception to a statement would hold, but not that its advice is ignored."""
        nodes = self._nodes(evaluation)
        ways = (way for cls in evaluation.may_be_lifted_by for way in self._abducer.ways([cls], nodes))
        refused = self._knowledge.statements[evaluation.statement].intervention
        return tuple(way for way in ways if evaluation.state != "must-not" or not self._is_running(refused, way))

    def _is_running(self, intervention: str, change: Change) -> bool:
        """Tell whether a change takes for granted that an intervention is under way."""
        running = {subject for subject, prop, value in change.added if (prop, value) == (_STATUS, _ONGOING)}
        done = (text_of(value) for node, prop, value in change.added if node in running and prop == _OF_INTERVENTION)
        return any(self._knowledge.is_a(one, intervention) for one in done)

    def _tried(
        self, changes: Iterable[Change], outcome: Callable[[Derivation], str], wanted: Collection[str]
    ) -> tuple[Remedy, ...]:
        return tuple(islice(self._working(changes, outcome, wanted), TOLD))

    def _working(
        self, changes: Iterable[Change], outcome: Callable[[Derivation], str], wanted: Collection[str]
    ) -> Iterator[Remedy]:
        """Derive again with each change, the smallest first, and keep those of the smallest size that work."""
        ordered = sorted(dict.fromkeys(changes), key=lambda one: one.size)
        size, told = 0, set[object]()
        for change in ordered[:_TRIED]:
            if size and change.size[0] > size:
                return
            outline = change.outline(self._knowledge.single_valued)
            if outline in told:
                continue
            derived = self._trial.derive(change)
            if derived is not None and (found := outcome(derived)) in wanted and self._trial.is_valid(change):
                size, facts = change.size[0], self._describer.facts(change)
                if facts not in told:
                    told |= {outline, facts}
                    yield Remedy(facts, self._describer.snippet(change), found, change)

    def _nodes(self, evaluation: Evaluation) -> Sequence[str]:
        return (*evaluation.subjects, self._graph.iri)

    def _problems(self) -> list[str]:
        return sorted(self._derivation.graph.members.get(_PROBLEM, ()))

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
