"""Derive again for a patient whose record has changed, as far as the change can bear on a state or a status.

Most of what is added to a record touches a few classes. Only the statements that look at these are judged again, and
those that wait for a companion; all others keep their states. Then only the interventions are weighed of which a
statement speaks that has another state now, or of which an activity changed. Where the patient has other places than
before, all is derived anew.
"""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.derivation.native import ClosedWorld, action_of, evaluation_of, named_by, settled
from hipkg.derivation.records import Outlook
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.memo import kept
from hipkg.record.facts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from hipkg.derivation.working import Judged
    from hipkg.knowledge.records import Knowledge
    from hipkg.record.facts import Facts, Node

_OF_ALL = {hip.Patient, hip.partOf, hip.asOf}
"""What is read of everything that is judged."""
_SORTS = (hip.CurrentActivity, hip.PlannedActivity, hip.PerformedActivity)
_SAID = (hip.ofIntervention, hip.targets, hip.hasStatus, hip.endDate, hip.startDate, hip.requestedOn)
_OF_ACTIVITIES = {*_SORTS, *_SAID, hip.hasActivity}
_NONE: frozenset[Node] = frozenset()
_NOWHERE: Mapping[Node, Set[str]] = {}
_STATEMENT, _IRI = attrgetter("statement", "iri"), attrgetter("iri")


class Again:
    """Derive again for one patient. Parameters: ``world`` is what was worked out of the facts before."""

    def __init__(self, world: ClosedWorld) -> None:
        self._before = world
        self._knowledge = world.knowledge
        self._states = {one.iri: one.state for one in world.evaluations}
        self._waiting = [one for one in world.evaluations if _waits(one)]
        self._settled = [one for one in world.evaluations if not _waits(one)]
        self._evaluations = {one.iri: evaluation_of(one) for one in world.evaluations}
        self._actions = [action_of(one, one.decisive) for one in world.actions if one.decisive]

    def outlook(self, facts: Facts) -> Outlook:
        """Derive the states and the statuses that the patient would have with other facts."""
        world = ClosedWorld(facts, self._knowledge, self._before.counting)
        world.find_places()
        changed = _differing(self._before.facts, facts)
        kinds = self._kinds_of_changed(world) if not changed.isdisjoint(_OF_ACTIVITIES) else NOTHING
        anew = not changed.isdisjoint(_OF_ALL) or not self._has_same_places(world)
        if not anew:
            world.counting = world.counting & self._looking_at(changed | kinds, facts)
        world.open()
        world.evaluations += [one for one in self._settled if one.info.iri not in world.counting]
        world.evaluations += [one.reopened() for one in self._waiting if one.info.iri not in world.counting]
        world.decide()
        weighed = self._knowledge.named.keys() if anew else self._spoken_of(world, kinds)
        world.weigh(weighed)
        judged = (
            self._evaluations[one.iri] if one.state == self._states.get(one.iri) else evaluation_of(one)
            for one in world.evaluations
        )
        actions = [one for one in self._actions if one.intervention not in weighed]
        actions += [action_of(one, one.decisive) for one in world.actions if one.decisive]
        return Outlook(tuple(sorted(judged, key=_STATEMENT)), tuple(sorted(actions, key=_IRI)), facts)

    def _has_same_places(self, world: ClosedWorld) -> bool:
        """Tell whether the patient, and each problem that was there before, has the same places."""
        before = self._before
        common = _applicable(before.facts).keys() & _applicable(world.facts).keys()
        return world.places == before.places and all(world.sites.get(it) == before.sites.get(it) for it in common)

    def _looking_at(self, terms: Set[str], facts: Facts) -> Set[Node]:
        """Collect the statements that look at some terms, and those whose contexts hold of others than before."""
        looking, others = _looking(self._knowledge), set(terms)
        before, now = (_applicable(it) for it in (self._before.facts, facts))
        for subject in before.keys() ^ now.keys():
            others.update(self._before.facts.classes(subject), facts.classes(subject))
        moved = (before.get(one, _NONE) ^ now.get(one, _NONE) for one in before.keys() | now.keys())
        return _NONE.union(*moved, *(looking.get(term, ()) for term in others))

    def _spoken_of(self, world: ClosedWorld, kinds: Set[str]) -> frozenset[str]:
        """Collect the interventions of which a statement speaks that has another state, with what is chosen with them.

        Parameters: ``kinds`` are spoken of, too.
        """
        now = {one.iri: one.state for one in world.evaluations}
        moved = [one for one in world.evaluations if one.state != self._states.get(one.iri)]
        moved += [one for one in self._before.evaluations if one.iri not in now]
        named = {one for it in moved for one in (it.info.intervention, *it.info.accompanies)}
        narrower, chosen_with = _narrower(self._knowledge), _chosen_with(self._knowledge)
        found = {kind for one in named for kind in narrower[one]} | (kinds & self._knowledge.named.keys())
        return frozenset(reached(found, lambda one: chosen_with.get(one, ())))

    def _kinds_of_changed(self, world: ClosedWorld) -> frozenset[str]:
        """Collect what the activities are of that are recorded otherwise, with its kinds and what these compose."""
        both = (self._before, world)
        one, other = (it.facts for it in both)
        kinds: set[str] = set()
        for activity in {subject for facts in (one, other) for subject in facts.objects.get(hip.ofIntervention, ())}:
            if _said_of(activity, one) != _said_of(activity, other):
                for it in both:
                    kinds.update(kind for of in it.facts.nodes(activity, hip.ofIntervention) for kind in it.kinds(of))
        wholes = (whole for whole, parts in self._knowledge.composed.items() if not parts.isdisjoint(kinds))
        return frozenset((*kinds, *wholes))


def _waits(one: Judged) -> bool:
    """Tell whether the state of an evaluation hangs on its companions."""
    return bool(one.info.accompanies) and one.state != State.MAY_APPLY and settled(one) is None


def _differing(one: Facts, other: Facts) -> set[str]:
    """Collect the classes whose members differ, and the properties whose values do."""
    classes = one.members.keys() | other.members.keys()
    props = one.objects.keys() | other.objects.keys()
    return {
        *(cls for cls in classes if one.members.get(cls, NOTHING) != other.members.get(cls, NOTHING)),
        *(prop for prop in props if one.objects.get(prop, {}) != other.objects.get(prop, {})),
    }


def _applicable(facts: Facts) -> dict[str, Set[Node]]:
    """Map the problems, and the patient, to the statements whose contexts they are in."""
    links = facts.objects.get(hip.applicableStatement, {})
    subjects = (*facts.subjects.get(hip.hasProblem, ()), *facts.members.get(hip.Patient, ()))
    return {one: links.get(one, _NONE) for one in subjects if isinstance(one, str)}


def _said_of(activity: str, facts: Facts) -> tuple[object, ...]:
    """Tell what is read of an activity besides the classes that slots name."""
    return (
        [facts.is_a(activity, sort) for sort in _SORTS],
        [facts.values(activity, prop) for prop in _SAID],
        facts.subjects.get(hip.hasActivity, _NOWHERE).get(activity, NOTHING),
    )


@kept
def _looking(knowledge: Knowledge) -> Mapping[str, Set[str]]:
    """Map a term to the statements whose answers hang on it, as a class or as a companion."""
    found: dict[str, set[str]] = defaultdict(set)
    for iri, info in knowledge.statements.items():
        for term in (*named_by([iri], knowledge), *info.accompanies):
            found[term].add(iri)
    return found


@kept
def _narrower(knowledge: Knowledge) -> Mapping[str, Set[str]]:
    """Map an intervention that statements name to those that it is a class of, itself included."""
    found: dict[str, set[str]] = defaultdict(set)
    for intervention, wider in knowledge.named.items():
        for one in wider:
            found[one].add(intervention)
    return found


@kept
def _chosen_with(knowledge: Knowledge) -> Mapping[str, Set[str]]:
    """Map an intervention to the members of the choices that it is a member of."""
    members: dict[str, set[str]] = defaultdict(set)
    for info in knowledge.statements.values():
        for choice in info.choices:
            members[choice].add(info.intervention)
    found: dict[str, set[str]] = defaultdict(set)
    for some in members.values():
        for one in some:
            found[one] |= some
    return found
