"""Find out at which sites and sides facts are that name none themselves: those of the records that they are linked to.

Two records speak of the same site if both name its side, or if one refers to the other or both to one BodyStructure.
A record without a side that refers to nothing has a site of its own.
"""

from __future__ import annotations

from functools import partial
from itertools import chain, product
from typing import TYPE_CHECKING, TypeVar

from hipkg.base.groups import Groups
from hipkg.reading.fhir.places import is_sided, names_site, wholes_of
from hipkg.reading.fhir.records import Activity, Fulfils, Place, Problem, Shows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.log import Log
    from hipkg.reading.fhir.records import Absence, Fact

_Stated = TypeVar("_Stated", "Problem", "Activity")


def settled_sites(
    problems: Sequence[Problem], activities: Sequence[Activity], facts: Iterable[Fact], knowledge: Knowledge, log: Log
) -> tuple[list[Problem], list[Activity]]:
    """Name the side of each site that neighbours name, or else the site, and tell the log whose side is taken.

    Parameters: ``facts`` are all that resources state, among them the links between problems and activities.
    """
    settle = _Settled((*problems, *activities), facts, knowledge)
    problems = [_sided(one, settle, log) for one in problems]
    activities = [_sided(one, settle, log) for one in activities]
    named = _united(problems, activities, knowledge)
    return [_at(one, named) for one in problems], [_at(one, named) for one in activities]


def _neighbours(stated: Sequence[Problem | Activity], facts: Iterable[Fact]) -> dict[str, set[str]]:
    """List for each resource those that it refers to or that refer to it, or name the side of one BodyStructure."""
    near: dict[str, set[str]] = {}
    pointing: dict[str, set[str]] = {}
    for one in stated:
        for anchor in {place.anchor for place in places_of(one)} - {"", one.resource}:
            pointing.setdefault(anchor, set()).add(one.resource)
    pairs = [(one.resource, key) for one in stated for key in _referred(one)]
    sided = {one.resource for one in stated if any(place.side for place in places_of(one))}
    pairs += (pair for found in pointing.values() for pair in product(found, found & sided))
    for fact in facts:
        match fact:
            case Fulfils(resource, others):
                pairs += ((resource, other) for other in others)
            case Shows(resource, findings, same_as):
                pairs += ((resource, other) for other in (*findings, *same_as))
    for first, second in pairs:
        if first != second:
            near.setdefault(first, set()).add(second)
            near.setdefault(second, set()).add(first)
    return near


def _referred(one: Problem | Activity) -> tuple[str, ...]:
    return one.shown_by if isinstance(one, Problem) else one.reasons


def _tied(stated: Sequence[Problem | Activity], near: Mapping[str, Collection[str]]) -> Groups[str]:
    """Group the resources that refer to each other; what an activity is for is not thereby at one site."""
    reasons: dict[str, set[tuple[str, ...]]] = {}
    for one in stated:
        if isinstance(one, Activity):
            reasons.setdefault(one.resource, set()).add(one.reasons)
    apart = {key: {*chain(*found)} for key, found in reasons.items() if len(found) > 1 or len(min(found)) > 1}
    groups: Groups[str] = Groups()
    for key, others in near.items():
        groups.tie_all(key, (one for one in others if one not in apart.get(key, ()) and key not in apart.get(one, ())))
    for one in stated:
        groups.tie_all(one.resource, (place.anchor for place in places_of(one) if place.anchor))
    return groups


def _at(one: _Stated, settle: Callable[[Place], Place]) -> _Stated:
    """Replace the places of a fact by what a function makes of them."""
    if isinstance(one, Problem):
        return one._replace(place=settle(one.place) if one.place else None)
    return one._replace(places=tuple(sorted({settle(each) for each in one.places})))


class _Settled:
    """Give a site without a side the one that neighbours name themselves, or else the name of its group."""

    def __init__(self, stated: Sequence[Problem | Activity], facts: Iterable[Fact], knowledge: Knowledge) -> None:
        self._near = _neighbours(stated, facts)
        self._groups = _tied(stated, self._near)
        self._knowledge = knowledge
        self._stated: dict[str, list[Problem | Activity]] = {}
        self._sided: set[tuple[str, str]] = set()
        self._at: dict[str, list[tuple[str, frozenset[str], Problem | Activity]]] = {}
        for one in stated:
            self._stated.setdefault(one.resource, []).append(one)
            for place in places_of(one):
                joints = joints_of(place.kind, knowledge)
                self._at.setdefault(one.resource, []).append((place.side, joints, one))
                if place.side:
                    self._sided |= {(self._groups.find(one.resource), joint) for joint in joints}

    def __call__(self, one: Problem | Activity, place: Place) -> Place:
        """Name the side of a site, or else the site."""
        if not place.anchor:
            return place
        sides = {side for side, _ in self._told(place, one)} if not place.disputed else set()
        if len(sides) == 1:
            return Place(place.kind, min(sides), "")
        group = self._groups.find(one.resource)
        apart = any((group, joint) in self._sided for joint in joints_of(place.kind, self._knowledge))
        return place if apart or sides else place._replace(anchor=group)

    def witnesses(self, one: Problem | Activity) -> tuple[Problem | Activity, ...]:
        """List what names the side of sites that name none themselves."""
        told = [self._told(place, one) for place in places_of(one) if place.anchor and not place.disputed]
        return tuple(dict.fromkeys(other for each in told if len({side for side, _ in each}) == 1 for _, other in each))

    def _told(self, place: Place, one: Problem | Activity) -> list[tuple[str, Problem | Activity]]:
        """List the sides that neighbours name; what an activity is for names one only if all of it does."""
        wanted = joints_of(place.kind, self._knowledge)
        found = [
            (side, other)
            for key in sorted(self._near.get(one.resource, ()))
            for side, joints, other in self._at.get(key, ())
            if joints & wanted and self._concern_each_other(one, other)
        ]
        reasons = one.reasons if isinstance(one, Activity) else ()
        unsaid = any(not side and other.resource in reasons for side, other in found)
        return [(side, other) for side, other in found if side and not (unsaid and other.resource in reasons)]

    def _concern_each_other(self, one: Problem | Activity, other: Problem | Activity) -> bool:
        """Tell whether facts of linked resources are those that the link is about.

        What a report concludes speaks of itself, and an activity of a plan is not for the reasons of its others.
        """
        if isinstance(other, Problem) and other.resource in other.shown_by:
            return False
        for activity, problem in ((one, other), (other, one)):
            if isinstance(activity, Activity) and problem.resource not in activity.reasons:
                beside = self._stated[activity.resource]
                if any(isinstance(each, Activity) and problem.resource in each.reasons for each in beside):
                    return False
        return True


def _sided(one: _Stated, settle: _Settled, log: Log) -> _Stated:
    """Settle the sites of a fact, and tell what named the side of those that name none."""
    witnesses = settle.witnesses(one)
    if witnesses:
        names = ", ".join(dict.fromkeys(each.resource for each in witnesses))
        log.flags.append((one.resource, f"it names no side; that of {names}, to which it is linked, is taken"))
    placed = _at(one, partial(settle, one))
    return placed._replace(sources=with_sites_of(one, witnesses))


def with_sites_of(one: Problem | Activity | Absence, others: Iterable[Problem | Activity]) -> tuple[str, ...]:
    """Add to the sources of a fact the elements that name the sites of others."""
    more = (source for each in others for source in each.sources if names_site(source))
    return tuple(dict.fromkeys((*one.sources, *more)))


def places_of(one: Problem | Activity) -> tuple[Place, ...]:
    """List the places of a fact."""
    if isinstance(one, Problem):
        return (one.place,) if one.place else ()
    return one.places


def joints_of(kind: str, knowledge: Knowledge) -> frozenset[str]:
    """List the sided sites that a site is part of, or itself if it is part of none."""
    return frozenset(one for one in wholes_of(kind, knowledge) if is_sided(one, knowledge)) or frozenset({kind})


def _united(
    problems: Sequence[Problem], activities: Iterable[Activity], knowledge: Knowledge
) -> Callable[[Place], Place]:
    """Give problems of one kind without a side one site, and what is for several problems the site that these share.

    Records of the same kind look alike and are merged.
    """
    names: Groups[str] = Groups()
    first: dict[tuple[str, str], str] = {}
    for one in problems:
        if one.place and one.place.anchor:
            names.tie(first.setdefault((one.term, one.place.kind), one.place.anchor), one.place.anchor)
    for anchor, shared in list(_shared(problems, activities, names, knowledge)):
        names.tie(anchor, shared)
    return lambda place: place._replace(anchor=names.find(place.anchor)) if place.anchor else place


def _shared(
    problems: Iterable[Problem], activities: Iterable[Activity], names: Groups[str], knowledge: Knowledge
) -> Iterator[tuple[str, str]]:
    """Pair the sites of what is for several problems with the site that these share.

    A problem at another joint says nothing of the site; a reason that states no problem could say anything.
    """
    stated = by_resource(problems)
    for group in by_resource(activities).values():
        reasons = {key for one in group for key in one.reasons}
        if len(reasons) > 1 and reasons <= stated.keys() and all(one.reasons for one in group):
            found = {each.place for key in reasons for each in stated[key] if each.place}
            sites = {place._replace(anchor=names.find(place.anchor)) for place in found}
            for place in (place for one in group for place in one.places if place.anchor):
                joints = joints_of(place.kind, knowledge)
                there = {(one.side, one.anchor) for one in sites if joints & joints_of(one.kind, knowledge)}
                yield from ((place.anchor, anchor) for side, anchor in there if len(there) == 1 and not side)


def by_resource(stated: Iterable[_Stated]) -> dict[str, list[_Stated]]:
    """Group facts by the resource that states them."""
    found: dict[str, list[_Stated]] = {}
    for one in stated:
        found.setdefault(one.resource, []).append(one)
    return found
