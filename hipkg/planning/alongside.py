"""What runs or is ordered beside the actions of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.planning.interactions import kinds_given
from hipkg.planning.records import Alongside
from hipkg.record.facts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.courses import Courses
    from hipkg.planning.dangers import Dangers
    from hipkg.planning.parameters import Parameters
    from hipkg.planning.records import Action, Parameter, StatementState


_AS_ORDERED = (ClaimKind.HELD_BACK, ClaimKind.ORDER_UNGUARDED)


class Beside:
    """Find the treatments and studies that no action tells of."""

    def __init__(
        self,
        derivation: Derivation,
        knowledge: Knowledge,
        patient: str,
        courses: Courses,
        *,
        parameters: Parameters,
        dangers: Dangers,
    ) -> None:
        self._derivation = derivation
        self._knowledge = knowledge
        self._patient = patient
        self._courses = courses
        self._parameters = parameters
        self._dangers = dangers

    def find(
        self, actions: Sequence[Action], states: Mapping[str, StatementState], unused: Set[str]
    ) -> Iterator[Alongside]:
        """List what runs or is ordered, and is told neither by an action nor as a danger of one.

        What nothing uses is none of it, unless it is ordered and has dangers that are not excluded.
        """
        facts = self._derivation.facts
        told = {name for one in states.values() for name in (*one.current, *one.planned)}
        for one in actions:
            told.update(one.current, (it.label for danger in one.dangers for it in danger.found))
            if one.status != Status.CONDITIONAL or one.by(*_AS_ORDERED):
                told.update(one.planned)
        there = {*facts.nodes(self._patient, hip.hasActivity)}
        for cls, ordered in ((hip.CurrentActivity, False), (hip.PlannedActivity, True)):
            for node in sorted(facts.members.get(cls, NOTHING).intersection(there)):
                if not any(facts.nodes(node, hip.ofIntervention)):
                    continue  # It is of nothing, which validation tells.
                kinds = kinds_given(node, facts, self._knowledge)
                label, treats = self._courses.named(node), facts.is_a(node, hip.TreatmentCourse)
                if told.isdisjoint((label, *map(self._knowledge.label, kinds))):
                    around = self._around(node)
                    found = (it for kind in kinds for it in self._dangers.unexcluded_of(kind, around))
                    checks = tuple(dict.fromkeys(found)) if ordered and treats else ()
                    if node in unused and not checks:
                        continue
                    day = self._courses.first(node, hip.startDate, hip.requestedOn)
                    brought = self._dangers.brought_in_by(kinds)
                    places = set(facts.nodes(node, hip.targets))
                    specified = self._parameters.of_interventions(kinds, places, states)
                    parameters = tuple(one for one in specified if ordered or not self._is_check(one))
                    yield Alongside(node, kinds, label, ordered, treats, day, brought, checks, parameters)

    def _is_check(self, parameter: Parameter) -> bool:
        """Tell whether a parameter asks for something before an intervention begins."""
        return self._knowledge.by_id[parameter.statement].effect == hip.safeguardsWith

    def _around(self, activity: str) -> set[str]:
        """Collect the patient and the problems at the sites that an activity is meant for, or all without one."""
        facts = self._derivation.facts
        sites = facts.reach(facts.nodes(activity, hip.targets), hip.partOf)
        problems = [*facts.nodes(self._patient, hip.hasProblem)]
        there = (one for one in problems if not sites or not sites.isdisjoint(facts.nodes(one, hip.locatedIn)))
        return {self._patient, *there}
