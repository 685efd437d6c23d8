"""Join the facts of one patient: sites that are the same, findings and their studies, and what is recorded twice.

Two records speak of the same site if both name its side, or if one refers to the other or both to one BodyStructure.
A record without a side that refers to nothing has a site of its own. A problem without a side that says no more than
another of its kind is merged with it, for it adds nothing; so are records of the same problem at the same site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.fhir.context import settled
from hipkg.fhir.dates import span
from hipkg.fhir.places import is_sided, wholes_of
from hipkg.fhir.records import Activity, Fulfils, Measure, Place, Problem, Shows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.fhir.context import Context
    from hipkg.fhir.records import Fact
    from hipkg.knowledge import Knowledge


class Merged(NamedTuple):
    """A resource whose fact went into that of another, and why."""

    resource: str
    into: str
    why: str


class Joined(NamedTuple):
    """The facts of one patient after joining, with what was merged and what is doubtful, by resource."""

    problems: tuple[Problem, ...]
    activities: tuple[Activity, ...]
    measures: tuple[Measure, ...]
    merged: tuple[Merged, ...]
    flags: tuple[tuple[str, str], ...] = ()


class Links(NamedTuple):
    """What the resources of one patient say of each other."""

    shown_by: dict[str, tuple[str, ...]]
    same_study: dict[str, str]
    requests: dict[str, str]


class _Groups:
    """Resources that refer to each other, as a union-find; the least key names a group."""

    def __init__(self) -> None:
        self._up: dict[str, str] = {}

    def find(self, key: str) -> str:
        while key in self._up:
            key = self._up[key]
        return key

    def tie(self, one: str, other: str) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        if first != second:
            self._up[second] = first


def joined(facts: Sequence[Fact], context: Context) -> Joined:
    """Join the facts of one patient, whatever their order."""
    knowledge = context.knowledge
    links = _links(facts)
    problems = sorted(one for one in facts if isinstance(one, Problem))
    problems = [_with_studies(one, links) for one in problems]
    activities = sorted(one for one in facts if isinstance(one, Activity))
    groups = _tied(problems, activities, facts)
    problems, activities = _settle(problems, activities, groups, knowledge)
    problems, activities = _unite_unsided(problems, activities, knowledge)
    activities = [_aimed(one, problems) for one in activities]
    activities, studies = _one_study(activities, links, knowledge)
    activities, carried_out = _carried_out(activities, links)
    problems, twice, flags = _merge_problems(problems, context)
    measures, older, unclear = _latest([one for one in facts if isinstance(one, Measure)])
    return Joined(
        tuple(problems),
        tuple(activities),
        tuple(measures),
        (*studies, *carried_out, *twice, *older),
        (*flags, *unclear),
    )


def _links(facts: Iterable[Fact]) -> Links:
    shown: dict[str, set[str]] = {}
    same: dict[str, str] = {}
    requests: dict[str, str] = {}
    for one in sorted(each for each in facts if isinstance(each, Shows)):
        for finding in one.findings:
            shown.setdefault(finding, set()).add(one.study)
        for other in one.same_as:
            same[one.study] = other
    for one in sorted(each for each in facts if isinstance(each, Fulfils)):
        for request in one.requests:
            requests.setdefault(request, one.event)
    return Links({key: tuple(sorted(found)) for key, found in shown.items()}, same, requests)


def _with_studies(one: Problem, links: Links) -> Problem:
    """Add the studies that show a finding, each under the name of the resource that tells of the study itself."""
    found = {*one.shown_by, *links.shown_by.get(one.resource, ())}
    return one._replace(shown_by=tuple(sorted({links.same_study.get(key, key) for key in found} | found)))


def _tied(problems: Sequence[Problem], activities: Sequence[Activity], facts: Sequence[Fact]) -> _Groups:
    groups = _Groups()
    for problem in problems:
        for study in problem.shown_by:
            groups.tie(problem.resource, study)
        if problem.place and problem.place.anchor not in {"", problem.resource}:
            groups.tie(problem.resource, problem.place.anchor)
    for activity in activities:
        for reason in activity.reasons:
            groups.tie(activity.resource, reason)
        for place in activity.places:
            if place.anchor not in {"", activity.resource}:
                groups.tie(activity.resource, place.anchor)
    for fact in facts:
        if isinstance(fact, Fulfils):
            for request in fact.requests:
                groups.tie(fact.event, request)
        elif isinstance(fact, Shows):
            for other in (*fact.findings, *fact.same_as):
                groups.tie(fact.study, other)
    return groups


def _settle(
    problems: list[Problem], activities: list[Activity], groups: _Groups, knowledge: Knowledge
) -> tuple[list[Problem], list[Activity]]:
    """Give a site without a side the side that its group names, if that is one, or else the name of its group."""
    sides: dict[tuple[str, str], set[str]] = {}
    for one in (*problems, *activities):
        for place in _places_of(one):
            if place.side:
                for joint in _joints(place.kind, knowledge):
                    sides.setdefault((groups.find(one.resource), joint), set()).add(place.side)

    def settle(place: Place, resource: str) -> Place:
        if not place.anchor:
            return place
        group = groups.find(resource)
        told = set().union(*(sides.get((group, joint), set()) for joint in _joints(place.kind, knowledge)))
        if len(told) == 1:
            return Place(place.kind, min(told), "")
        return place if told else place._replace(anchor=group)

    return (
        [one._replace(place=settle(one.place, one.resource)) if one.place else one for one in problems],
        [one._replace(places=_distinct(settle(each, one.resource) for each in one.places)) for one in activities],
    )


def _places_of(one: Problem | Activity) -> tuple[Place, ...]:
    if isinstance(one, Problem):
        return (one.place,) if one.place else ()
    return one.places


def _joints(kind: str, knowledge: Knowledge) -> frozenset[str]:
    """List the sided sites that a site is part of, or itself if it is part of none."""
    return frozenset(one for one in wholes_of(kind, knowledge) if is_sided(one, knowledge)) or frozenset({kind})


def _unite_unsided(
    problems: list[Problem], activities: list[Activity], knowledge: Knowledge
) -> tuple[list[Problem], list[Activity]]:
    """Give problems of one kind without a side one site: records of the same look alike and are merged."""
    names = _Groups()
    first: dict[tuple[str, str], str] = {}
    for one in problems:
        if one.place and one.place.anchor:
            names.tie(first.setdefault((one.term, one.place.kind), one.place.anchor), one.place.anchor)

    def renamed(place: Place) -> Place:
        return place._replace(anchor=names.find(place.anchor)) if place.anchor else place

    return (
        [one._replace(place=renamed(one.place)) if one.place else one for one in problems],
        [one._replace(places=_distinct(map(renamed, one.places))) for one in activities],
    )


def _distinct(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted({*places}))


def _aimed(one: Activity, problems: Sequence[Problem]) -> Activity:
    """Aim an activity that names no site at those of the problems that it is for."""
    if one.places or not one.reasons:
        return one
    found = {each.place for each in problems if each.resource in one.reasons and each.place}
    return one._replace(places=tuple(sorted(found)))


def _one_study(activities: list[Activity], links: Links, knowledge: Knowledge) -> tuple[list[Activity], list[Merged]]:
    """Take a report and the images that it reports on for one study."""
    merged: list[Merged] = []
    kept = {one.key: one for one in activities}
    for report, images in sorted(links.same_study.items()):
        for one in [each for each in kept.values() if each.resource == report]:
            for other in [each for each in kept.values() if each.resource == images]:
                narrow = one if knowledge.is_a(one.intervention, other.intervention) else other
                if narrow is other and not knowledge.is_a(other.intervention, one.intervention):
                    continue
                kept[other.key] = other._replace(
                    intervention=narrow.intervention,
                    places=other.places or one.places,
                    sources=tuple(dict.fromkeys((*other.sources, *one.sources))),
                )
                kept.pop(one.key, None)
                merged.append(Merged(report, images, "it reports on the same study"))
    return sorted(kept.values()), merged


def _carried_out(activities: list[Activity], links: Links) -> tuple[list[Activity], list[Merged]]:
    """Leave out what is planned where what carries it out is recorded."""
    done = {one.resource for one in activities}
    merged = [
        Merged(one.resource, links.requests[one.resource], "that is what became of it")
        for one in activities
        if links.requests.get(one.resource) in done
    ]
    gone = {one.resource for one in merged}
    return [one for one in activities if one.resource not in gone], merged


def _merge_problems(
    problems: list[Problem], context: Context
) -> tuple[list[Problem], list[Merged], list[tuple[str, str]]]:
    merged: list[Merged] = []
    flags: list[tuple[str, str]] = []
    alike: dict[tuple[str, Place | None], list[Problem]] = {}
    for one in problems:
        alike.setdefault((one.term, one.place), []).append(one)
    kept = [_one_problem(group, merged, flags, context) for _, group in sorted(alike.items(), key=str)]
    told = [one for one in kept if not _says_no_more(one, kept, merged, context.knowledge)]
    return sorted(told), merged, flags


def _one_problem(group: list[Problem], merged: list[Merged], flags: list[tuple[str, str]], context: Context) -> Problem:
    """Merge records of one problem at one site, and keep the earliest begin."""
    group = sorted(group, key=lambda one: (one.since == "", one.since, one.key))
    first = group[0]
    values, torn = settled([pair for one in group for pair in one.values], context)
    flags += ((first.resource, flag) for flag in torn)
    others = [one for one in group[1:] if one.resource != first.resource]
    merged += (Merged(one.resource, first.resource, "it records the same problem") for one in others)
    return first._replace(
        values=values,
        shown_by=tuple(sorted({key for one in group for key in one.shown_by})),
        caused_by=tuple(sorted({key for one in group for key in one.caused_by})),
        sources=tuple(dict.fromkeys(source for one in group for source in one.sources)),
    )


def _says_no_more(one: Problem, others: Sequence[Problem], merged: list[Merged], knowledge: Knowledge) -> bool:
    """Tell whether a problem without a side says no more than another, which it is then merged with."""
    if one.place is None or not one.place.anchor or one.shown_by or one.caused_by:
        return False
    for other in others:
        if (
            other.place
            and other.place.side
            and other.place.kind == one.place.kind
            and knowledge.is_a(other.term, one.term)
            and {*one.values} <= {*other.values}
        ):
            merged.append(Merged(one.resource, other.resource, "it says no more, and not on which side"))
            return True
    return False


def _latest(measures: list[Measure]) -> tuple[list[Measure], list[Merged], list[tuple[str, str]]]:
    """Keep the last measurement of each property; if that day has several values at one time, none is used."""
    kept: list[Measure] = []
    merged: list[Merged] = []
    flags: list[tuple[str, str]] = []
    for prop in sorted({one.prop for one in measures}):
        ordered = sorted((one for one in measures if one.prop == prop), key=_moment)
        last = ordered[-1]
        rivals = [one for one in ordered if _moment(one)[:2] == _moment(last)[:2] and one.value != last.value]
        if rivals:
            flags += (
                (one.resource, "another value is recorded for the same time, so none is used")
                for one in (*rivals, last)
            )
        else:
            kept.append(last)
        merged += (
            Merged(one.resource, last.resource, "a later measurement counts")
            for one in ordered
            if one.resource != last.resource and one not in rivals
        )
    return kept, merged, flags


def _moment(one: Measure) -> tuple[str, str, str]:
    found = span(one.day)
    return (found.last.isoformat() if found else ""), one.moment, one.key
