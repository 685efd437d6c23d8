"""Join the facts of one patient: findings and their studies, requests and what became of them, what is recorded twice.

A problem without a side that says no more than another of its kind is merged with it, for it adds nothing; so are
records of the same problem at the same site. Which sites are the same is settled before.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.dates import certainly_before, span, whole_day
from hipkg.base.groups import circles
from hipkg.knowledge.intervals import around, stand_in
from hipkg.reading.fhir.context import settled
from hipkg.reading.fhir.records import Absence, Activity, Fulfils, Measure, Place, Problem, Shows
from hipkg.reading.fhir.sides import by_resource, joints_of, places_of, settled_sites, with_sites_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.log import Log
    from hipkg.reading.fhir.records import Fact


class Joined(NamedTuple):
    """The facts of one patient after joining."""

    problems: tuple[Problem, ...]
    activities: tuple[Activity, ...]
    measures: tuple[Measure, ...]
    absences: tuple[Absence, ...]


class Links(NamedTuple):
    """What the resources of one patient say of each other."""

    shown_by: dict[str, tuple[str, ...]]
    same_study: dict[str, str]
    requests: dict[str, tuple[str, ...]]


def joined(facts: Sequence[Fact], context: Context, log: Log) -> Joined:
    """Join the facts of one patient, whatever their order, and tell the log what was merged."""
    knowledge = context.knowledge
    links = _links(facts)
    problems = [_with_studies(one, links) for one in sorted(each for each in facts if isinstance(each, Problem))]
    activities = sorted(one for one in facts if isinstance(one, Activity))
    studies = by_resource(one for one in activities if one.study)
    problems = [_seen(one, studies, links) for one in problems]
    problems, activities = settled_sites(problems, activities, facts, knowledge, log)
    found = by_resource(problems)
    activities = [_aimed(one, found) for one in activities]
    activities = _one_study(activities, links, knowledge, log)
    activities = _where_asked(activities, links, knowledge, log)
    activities = [_elsewhere(one, found, log) for one in activities]
    activities = _carried_out(activities, links, knowledge, log)
    _tell_of_other_sides(problems, activities, knowledge, log)
    _tell_of_other_reasons(problems, activities, knowledge, log)
    gone = {one.resource for one in log.merged}
    log.flags = [(resource, flag) for resource, flag in log.flags if resource not in gone]
    problems = _merge_problems(problems, activities, context, log)
    measures = _latest([one for one in facts if isinstance(one, Measure)], knowledge, log)
    _tell_apart(problems, activities, knowledge, log)
    studies = by_resource(one for one in activities if one.study)
    absent = (one for one in facts if isinstance(one, Absence))
    absences = sorted({each for one in absent for each in _not_seen(one, studies, links, log)})
    return Joined(tuple(problems), tuple(activities), tuple(measures), tuple(absences))


def _links(facts: Iterable[Fact]) -> Links:
    shown: dict[str, set[str]] = {}
    same: dict[str, str] = {}
    requests: dict[str, set[str]] = {}
    for shows in sorted(each for each in facts if isinstance(each, Shows)):
        for finding in shows.findings:
            shown.setdefault(finding, set()).add(shows.study)
        same |= dict.fromkeys((shows.study,), min(shows.same_as)) if shows.same_as else {}
    for fulfils in sorted(each for each in facts if isinstance(each, Fulfils)):
        for request in fulfils.requests:
            requests.setdefault(request, set()).add(fulfils.event)
    return Links(_sorted(shown), same, _sorted(requests))


def _sorted(found: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(each)) for key, each in found.items()}


def _with_studies(one: Problem, links: Links) -> Problem:
    """Add the studies that show a finding, each under the name of the resource that tells of the study itself."""
    found = {*one.shown_by, *links.shown_by.get(one.resource, ())}
    return one._replace(shown_by=tuple(sorted(found | {links.same_study.get(key, key) for key in found})))


def _aimed(one: Activity, problems: Mapping[str, Sequence[Problem]]) -> Activity:
    """Aim an activity that names no site at those of the problems that it is for."""
    if one.places or not one.reasons:
        return one
    found = {each.place for key in one.reasons for each in problems.get(key, ()) if each.place}
    return one._replace(places=tuple(sorted(found)))


def _elsewhere(one: Activity, problems: Mapping[str, Sequence[Problem]], log: Log) -> Activity:
    """Put an activity somewhere else than anything on record if it names a site, or reasons, and none that is known."""
    known = any(key in problems for key in one.reasons)
    unclear = one.unclear if not known else ""
    if one.places or not (one.elsewhere or unclear):
        return one
    if unclear:
        told = f"what it is for is not known ({unclear}), so it is taken to be for a site that is not on record"
        log.flags.append((one.resource, told))
    return one._replace(places=(Place(hip.BodySite, "", one.resource),))


def _one_study(activities: list[Activity], links: Links, knowledge: Knowledge, log: Log) -> list[Activity]:
    """Take a report and the images that it reports on for one study."""
    kept = {one.key: one for one in activities}
    for report, images in sorted(links.same_study.items()):
        reports = [one for one in activities if one.resource == report]
        for one, other in ((one, other) for one in reports for other in activities if other.resource == images):
            narrow = knowledge.narrowest((one.intervention, other.intervention))
            if len(narrow) == 1 and one.key in kept:
                del kept[one.key]
                study = kept[other.key]
                sources = tuple(dict.fromkeys((*study.sources, *one.sources)))
                places = study.places or one.places
                kept[other.key] = study._replace(intervention=narrow[0], places=places, sources=sources)
                log.merge([one], images, "it reports on the same study")
    return sorted(kept.values())


def _where_asked(activities: list[Activity], links: Links, knowledge: Knowledge, log: Log) -> list[Activity]:
    """Give what names no side those of the requests that it carries out, from the first request of a chain on."""
    stated = by_resource(activities)
    circle = circles(links.requests)
    asked: dict[str, list[str]] = {}
    for request in stated.keys() & links.requests.keys():
        for event in _events_of(request, links.requests, circle):
            asked.setdefault(event, []).append(request)
    for event in sorted(asked.keys() & stated.keys(), key=lambda one: (-circle[one], one)):
        requests = [request for key in sorted(asked[event]) for request in stated[key]]
        stated[event] = [_on_sides_of(one, requests, knowledge, log) for one in stated[event]]
    return sorted(chain(*stated.values()))


def _on_sides_of(one: Activity, requests: Iterable[Activity], knowledge: Knowledge, log: Log) -> Activity:
    """Give what names no side those of the requests that it carries out, and what names no site theirs."""
    carried = [request for request in requests if _carries_out(one, request, knowledge)]
    sided = [(place.side, joints_of(place.kind, knowledge)) for each in carried for place in each.places if place.side]
    places = {place for each in carried for place in each.places} if not one.places else set()
    for place in one.places:
        joints = joints_of(place.kind, knowledge)
        sides = {side for side, asked in sided if place.anchor and not place.disputed and asked & joints}
        places |= {Place(place.kind, side, "") for side in sides} or {place}
    if places == {*one.places}:
        return one
    names = ", ".join(dict.fromkeys(each.resource for each in carried))
    missing = "side" if one.places else "site that is known" if one.elsewhere else "site"
    log.flags.append((one.resource, f"it names no {missing}; that of what it carries out ({names}) is taken"))
    return one._replace(places=tuple(sorted(places)), sources=with_sites_of(one, carried))


def _carried_out(activities: list[Activity], links: Links, knowledge: Knowledge, log: Log) -> list[Activity]:
    """Leave out what is asked for where what carries it out is recorded, and that is the same."""
    recorded = by_resource(activities)
    into: dict[str, str] = {}
    circle = circles(links.requests)
    for one in activities:
        events = [each for each in _events_of(one.resource, links.requests, circle) if each in recorded]
        done = [other for each in events for other in recorded[each] if _carries_out(other, one, knowledge)]
        if done:
            into[one.key] = done[0].key
            log.merge([one], done[0].resource, "that is what became of it")
        else:
            why = "based on it and not the same, so both count"
            log.flags += ((one.resource, f"{each} is {why}") for each in events)
    return _with_requests(activities, into)


def _with_requests(activities: list[Activity], into: Mapping[str, str]) -> list[Activity]:
    """Leave out the requests that went into others, and let what became of each in the end name it as a source."""
    sources: dict[str, list[str]] = {}
    ends = dict(into)
    for one in activities:
        last = one.key
        while last in ends:
            last = ends[last]
        passed = one.key
        while passed != last:  # so that no chain is followed twice
            ends[passed], passed = last, ends[passed]
        sources.setdefault(last, []).extend(one.sources if last != one.key else ())
    kept = (one for one in activities if one.key not in into)
    return [one._replace(sources=tuple(dict.fromkeys((*one.sources, *sources[one.key])))) for one in kept]


def _carries_out(event: Activity, request: Activity, knowledge: Knowledge) -> bool:
    """Tell whether an event can be what was asked for: of a kind with it, and at every site that it is asked for."""
    done, asked = event.intervention, request.intervention
    kin = knowledge.is_a(done, asked) or knowledge.is_a(asked, done)
    if not kin or not event.places or not request.places:
        return kin
    there = [(place.side, joints_of(place.kind, knowledge)) for place in event.places]
    return all(
        any(
            joints & joints_of(place.kind, knowledge) and (not side or place.side in {"", side})
            for side, joints in there
        )
        for place in request.places
    )


def _events_of(resource: str, requests: Mapping[str, Collection[str]], circle: Mapping[str, int]) -> list[str]:
    """List what is directly based on a request; none of what the request is based on in turn, in a circle."""
    return [one for one in requests.get(resource, ()) if circle[one] != circle[resource]]


def _seen(one: Problem, studies: Mapping[str, Sequence[Activity]], links: Links) -> Problem:
    """Place a finding that names no site at that of the study that shows it, if this names just one itself."""
    if one.place or not one.shown_by:
        return one
    images = {links.same_study.get(key, key) for key in one.shown_by}
    for named in (images, one.shown_by):
        there = sorted(each for key in {*named} for each in studies.get(key, ()) if each.places)
        found = {place for each in there for place in each.places}
        if found:
            placed = one._replace(place=min(found), sources=with_sites_of(one, there))
            return placed if len(found) == 1 else one
    return one


def _tell_of_other_sides(
    problems: Iterable[Problem], activities: Sequence[Activity], knowledge: Knowledge, log: Log
) -> None:
    """Tell of findings on a side that the study which shows them, and names one too, is not of."""
    studies = by_resource(one for one in activities if one.study)
    for one in problems:
        place = one.place
        for key in one.shown_by if place and place.side else ():
            joints = joints_of(place.kind, knowledge) if place else frozenset()
            there = [other for study in studies.get(key, ()) for other in study.places]
            sides = {other.side for other in there if joints & joints_of(other.kind, knowledge)}
            if place and sides and "" not in sides and place.side not in sides:
                label = knowledge.label
                which = "it" if key == one.resource else key
                told = f"{which} is of the {' and '.join(sorted(map(label, sides)))} side, and shows {label(one.term)}"
                log.flags.append((one.resource, f"{told} on the {label(place.side)}"))


def _tell_of_other_reasons(
    problems: Iterable[Problem], activities: Iterable[Activity], knowledge: Knowledge, log: Log
) -> None:
    """Tell of activities on a side on which none of the problems is that they are for."""
    named = by_resource(each for each in problems if each.place and each.place.side)
    for one in activities:
        reasons = [each for key in one.reasons for each in named.get(key, ())]
        for place in one.places if reasons else ():
            joints = joints_of(place.kind, knowledge)
            sides = {
                each.place.side for each in reasons if each.place and joints & joints_of(each.place.kind, knowledge)
            }
            if place.side and sides and place.side not in sides:
                here, there = knowledge.label(place.side), " and ".join(sorted(map(knowledge.label, sides)))
                log.flags.append((one.resource, f"it is on the {here} side, and what it is for is on the {there}"))


def _not_seen(one: Absence, made: Mapping[str, Sequence[Activity]], links: Links, log: Log) -> Iterator[Absence]:
    """Hold what a study does not show to the places of the study; elsewhere it may be there."""
    shown_by = {links.same_study.get(key, key) for key in links.shown_by.get(one.resource, ())}
    studies = sorted(each for key in shown_by for each in made.get(key, ()))
    if one.place or not studies:
        yield one
        return
    places = {place for each in studies for place in each.places}
    for place in places:
        if not place.anchor:
            yield one._replace(place=place, sources=with_sites_of(one, studies))
    if not places or any(place.anchor for place in places):
        log.flags.append((one.resource, "a study does not show it, and its side is not recorded, so nothing is absent"))


def _merge_problems(
    problems: list[Problem], activities: Sequence[Activity], context: Context, log: Log
) -> list[Problem]:
    alike: dict[tuple[str, Place | None], list[Problem]] = {}
    for one in problems:
        alike.setdefault((one.term, one.place), []).append(one)
    kept = [_one_problem(group, context, log) for _, group in sorted(alike.items(), key=str)]
    stated: list[Problem | Activity] = [*kept, *activities]
    named = Counter(place for one in stated for place in places_of(one))
    loose = [one for one in kept if one.place and one.place.anchor and named[one.place] == 1]
    needless = {one.key for one in loose if _says_no_more(one, kept, context.knowledge, log)}
    return sorted(one for one in kept if one not in loose or one.key not in needless)


def _one_problem(group: list[Problem], context: Context, log: Log) -> Problem:
    """Merge records of one problem at one site, and keep the earliest begin."""
    group = sorted(group, key=lambda one: (one.since == "", one.since, one.key))
    first = group[0]
    values, torn = settled([pair for one in group for pair in one.values], context)
    log.flags += ((first.resource, flag) for flag in torn)
    log.merge(group, first.resource, "it records the same problem")
    return first._replace(
        values=values,
        shown_by=tuple(sorted({key for one in group for key in one.shown_by})),
        caused_by=tuple(sorted({key for one in group for key in one.caused_by})),
        sources=tuple(dict.fromkeys(source for one in group for source in one.sources)),
    )


def _says_no_more(one: Problem, others: Iterable[Problem], knowledge: Knowledge, log: Log) -> bool:
    """Tell whether a problem at a site of its own without a side says no more than another, and merge it with that."""
    if one.place is None or one.place.disputed or one.shown_by or one.caused_by:
        return False
    for other in others:
        at_same_kind = other.place and other.place.side and other.place.kind == one.place.kind
        if at_same_kind and knowledge.is_a(other.term, one.term) and {*one.values} <= {*other.values}:
            log.merge([one], other.resource, "it says no more, and not on which side")
            return True
    return False


def _tell_apart(problems: Sequence[Problem], activities: Sequence[Activity], knowledge: Knowledge, log: Log) -> None:
    """Flag what names no side where other records speak of such a site too, and a problem is at one of them."""
    stated: list[Problem | Activity] = [*problems, *activities]
    where = [(one, joint, place) for one in stated for place in places_of(one) for joint in _sided_of(place, knowledge)]
    sites: dict[str, set[str]] = {}
    for _, joint, place in where:
        sites.setdefault(joint, set()).add(place.side or place.anchor)
    troubled = {joint for one, joint, _ in where if isinstance(one, Problem)}
    for one, joint, place in where:
        if joint in troubled and not place.side and len(sites[joint]) > 1:
            label = knowledge.label(joint)
            flag = f"the side is not recorded, so the {label} is not taken to be that of other records"
            log.flags.append((one.resource, flag))


def _sided_of(place: Place, knowledge: Knowledge) -> frozenset[str]:
    return joints_of(place.kind, knowledge) if place.side or place.anchor else frozenset()


def _latest(measures: list[Measure], knowledge: Knowledge, log: Log) -> list[Measure]:
    """Keep the last measurement of each property; none if several may be the last, and definitions tell them apart."""
    kept: list[Measure] = []
    for prop in sorted({one.prop for one in measures}):
        ordered = sorted((one for one in measures if one.prop == prop), key=lambda one: (*_moment(one), one.key))
        newest = ordered[-1]
        last = [one for one in ordered if _moment(one) == _moment(newest)]
        before = ordered[: len(ordered) - len(last)]
        open_ = [one for one in before if _may_be_later(one, newest)]
        if len({one.value for one in last}) > 1:
            log.flags += ((one.resource, "another value is recorded for the same time") for one in last)
        elif open_ and stand_in(around(Decimal(one.value) for one in (*last, *open_)), prop, knowledge) is None:
            told = "another value is recorded for a time that may be earlier or later, so none is used"
            log.flags += ((one.resource, told) for one in (*last, *open_))
        else:
            kept.append(last[-1])
            log.merge(last, last[-1].resource, "it records the same")
            log.notes += ((one.resource, f"{last[-1].resource} may be later and counts as well as it") for one in open_)
        earlier = (one for one in before if not _may_be_later(one, newest))
        log.notes += ((one.resource, f"{last[-1].resource} is later and counts") for one in earlier)
    return kept


def _may_be_later(one: Measure, last: Measure) -> bool:
    """Tell whether a measurement may be later than another, which their dates leave open where one is only partial."""
    if whole_day(one.day) and whole_day(last.day):
        return False
    return not certainly_before(one.day, last.day)


def _moment(one: Measure) -> tuple[str, str]:
    found = span(one.day)
    return (found.last.isoformat() if found else ""), one.moment
