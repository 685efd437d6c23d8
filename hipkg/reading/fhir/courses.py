"""Assemble courses: repeated visits become one course, and so do orders and supplies of one drug.

Visits of one intervention at one site belong together if they refer to the same order, plan or larger procedure, or if
no more days lie between them than the ontology allows for (``hip:visitGap``): an order that is renewed begins no new
course, and a drug that is handed over again soon after it was used up goes on. Interventions without such a number are
not given in visits: each record is an event of its own.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from hipkg.base.dates import days_after, days_between, span, whole_day
from hipkg.base.groups import Groups
from hipkg.reading.fhir.activities import BEGUN, COMPLETED, INTENDED, ONGOING, OPEN, PLANNED, STOPPED
from hipkg.reading.fhir.context import settled
from hipkg.reading.fhir.elements import text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.log import Log
    from hipkg.reading.fhir.records import Activity

_Key: TypeAlias = tuple[object, ...]
_DISPENSE = "MedicationDispense"
_FOR_EVER = "9999-12-31"
_WAITING: Mapping[str, Collection[str]] = {
    "CarePlan": {"proposal"},
    "DeviceRequest": INTENDED,
    "MedicationRequest": INTENDED,
    "ServiceRequest": INTENDED,
}
"""The intents by type of what waits to be decided; a CarePlan of the intent ``plan`` is in force."""


def assembled(
    activities: Sequence[Activity], stated: Iterable[Activity], context: Context, log: Log
) -> tuple[Activity, ...]:
    """Assemble the activities of one patient, and tell the log what was put together.

    Parameters: ``stated`` are all activities that resources state, among them the orders and plans that visits refer
    to; visits of one that is still in force are a running course.
    """
    knowledge = context.knowledge
    in_force = [one for one in stated if _in_force(one, context)]
    left = _handed_over(_absorbed(sorted(activities), log), context, log)
    visits = [one for one in left if _is_visit(one, knowledge)]
    kept = [one for one in left if not _is_visit(one, knowledge)]
    named = {place.anchor for one in kept for place in one.places}
    alone = {one.resource for one in visits} - named
    kept += (_course(group, in_force, context, log) for group in _groups(visits, alone, knowledge))
    kept = _refilled(kept, context, log)
    kept = _joined(kept, _order_key, lambda orders: _one_order(orders, log))
    return tuple(sorted(_joined(kept, _copy_key, lambda copies: _one_of(copies, log))))


def _is_visit(one: Activity, knowledge: Knowledge) -> bool:
    return one.visit and bool(gap_of(one.intervention, knowledge))


def _in_force(one: Activity, context: Context) -> bool:
    """Tell whether an activity runs, or is planned by more than a proposal."""
    resource = context.index.get(one.resource)
    if one.status != PLANNED or resource is None or resource.type not in _WAITING:
        return one.status in {PLANNED, ONGOING}
    return text(resource.raw, "intent") not in _WAITING[resource.type]


def gap_of(intervention: str, knowledge: Knowledge) -> int:
    """Give the most days between two visits for an intervention, 0 for one that is not given in visits."""
    fitting = (int(days) for iri, days in knowledge.visit_gaps.items() if knowledge.is_a(intervention, iri))
    return max(fitting, default=0)


def _absorbed(activities: list[Activity], log: Log) -> list[Activity]:
    """Let the order of a drug stand for the administrations that refer to it."""
    orders = {one.resource: one.resource for one in activities if not one.visit and one.product}
    orders |= {one.resource: one.into for one in log.merged if one.into in orders}
    kept: list[Activity] = []
    given: dict[str, int] = {}
    for one in activities:
        order = next((orders[key] for key in one.ties if key in orders), "") if one.visit and one.product else ""
        if order:
            log.merge([one], order, "it is a dose of that order")
            given[order] = given.get(order, 0) + 1
        else:
            kept.append(one)
    log.notes += ((order, f"doses recorded: {count}") for order, count in given.items())
    return kept


def _handed_over(activities: list[Activity], context: Context, log: Log) -> list[Activity]:
    """Let the order of a drug stand for what was handed over on it, for as long as that lasts.

    An order that runs is over when what was handed over is used up, unless what is ordered lasts longer.
    """
    orders = {one.resource: one for one in activities if one.product and one.status in {*BEGUN, PLANNED}}
    orders |= {one.resource: orders[one.into] for one in log.merged if one.into in orders}
    filled: dict[str, list[Activity]] = {}
    kept: list[Activity] = []
    for one in activities:
        resource = context.index.get(one.resource)
        order = next((orders[key] for key in one.ties if key in orders and _kin(orders[key], one, context)), None)
        if order and order.resource != one.resource and resource and resource.type == _DISPENSE:
            filled.setdefault(order.key, []).append(one)
        else:
            kept.append(one)
    return [each for one in kept for each in _filled(one, filled.get(one.key, []), context, log)]


def _kin(one: Activity, other: Activity, context: Context) -> bool:
    is_a = context.knowledge.is_a
    return is_a(one.intervention, other.intervention) or is_a(other.intervention, one.intervention)


def _filled(order: Activity, supplies: list[Activity], context: Context, log: Log) -> list[Activity]:
    """Put the last chain of supplies into the order that they were handed over on, and keep the earlier ones."""
    dated = [one for one in supplies if one.start and one.supplied]
    if not dated or order.status == STOPPED:
        log.merge(supplies, order.resource, "it was handed over on that order")
        return [order]
    *earlier, last = _near(dated, gap_of(order.intervention, context.knowledge))
    log.merge(
        [*last, *(one for one in supplies if one not in dated)], order.resource, "it was handed over on that order"
    )
    runs = any(one.status == ONGOING for one in last)
    end = max(map(_until, last), key=_last_day)
    start, sources = min(one.start for one in last), _sources([order, *last])
    before = [_chain(one, context, log) for one in earlier]
    log.notes.append(
        (order.resource, f"supplies handed over: {len(last)}, from {start}, which last to {_lasting(last)}")
    )
    if runs or order.lasts:
        if not runs:
            log.flags.append(
                (order.resource, f"what was handed over lasted to {end}, and what is ordered lasts longer")
            )
        return [*before, order._replace(status=ONGOING, start=start, end="", lasts=_lasting(last), sources=sources)]
    _tell_overlap(order.resource, last, context, log)
    if order.status != COMPLETED:
        log.flags.append((order.resource, f"what was handed over lasted to {end}, so it is not taken to run"))
    return [
        *before,
        order._replace(status=COMPLETED, start=start, end=end, duration="", supplied=True, sources=sources),
    ]


def _lasting(supplies: Iterable[Activity]) -> str:
    return max(one.lasts or one.end for one in supplies)


def _refilled(activities: Sequence[Activity], context: Context, log: Log) -> list[Activity]:
    """Join supplies of one product that follow each other, and the running order that follows them."""
    alike: dict[_Key, list[Activity]] = {}
    kept: list[Activity] = []
    for one in activities:
        running = one.product and one.start and one.status == ONGOING
        if (one.supplied or running) and gap_of(one.intervention, context.knowledge):
            alike.setdefault((one.intervention, one.product, one.places), []).append(one)
        else:
            kept.append(one)
    for same in alike.values():
        if not any(one.supplied for one in same):
            kept += same
            continue
        kept += (_chain(one, context, log) for one in _near(same, gap_of(same[0].intervention, context.knowledge)))
    return kept


def _chain(supplies: list[Activity], context: Context, log: Log) -> Activity:
    """Take supplies that follow each other for one course."""
    first = supplies[0]
    if len(supplies) == 1:
        return first
    running = [one for one in supplies if one.status == ONGOING]
    log.merge(supplies, first.resource, "it is a supply of the same course")
    end = "" if running else max(map(_until, supplies), key=_last_day)
    lasting = "still in force" if running else f"to {end}"
    log.notes.append((first.resource, f"{len(supplies)} supplies as one course, from {first.start} {lasting}"))
    if not running:
        _tell_overlap(first.resource, supplies, context, log)
    same_dose = len({one.amounts for one in running or supplies}) == 1
    if not same_dose:
        log.flags.append((first.resource, "its supplies give different doses, so none is used"))
    return first._replace(
        status=ONGOING if running else COMPLETED,
        end=end,
        duration="",
        amounts=(running or supplies)[0].amounts if same_dose else (),
        lasts=max((one.lasts for one in running), default=""),
        sources=_sources(supplies),
    )


def _tell_overlap(resource: str, supplies: Iterable[Activity], context: Context, log: Log) -> None:
    """Tell that supplies which are over may last to the day of the plan, as they overlap."""
    saved = _one_after_another(supplies)
    if saved >= context.as_of.isoformat():
        told = f"its supplies overlap: taken one after another, they last to {saved}, and it may still run"
        log.flags.append((resource, told))


def _one_after_another(supplies: Iterable[Activity]) -> str:
    """Name the day to which supplies last if each is begun when the one before is used up; empty if it is not known."""
    last: date | None = None
    for one in supplies:
        begin, days = whole_day(one.start), days_between(one.start, one.end)
        if begin is None or days is None:
            return ""
        last = days_after(max(begin, last) if last else begin, Decimal(days))
        if last is None:
            return ""
    return last.isoformat() if last else ""


def _groups(visits: list[Activity], alone: Collection[str], knowledge: Knowledge) -> list[list[Activity]]:
    """Group visits of one intervention at one site by what they refer to and by the days between them."""
    alike: dict[_Key, list[Activity]] = {}
    for one in visits:
        alike.setdefault((one.intervention, _where(one, alone), one.product), []).append(one)
    return [
        group
        for same in alike.values()
        for group in _connected([*_near(same, gap_of(same[0].intervention, knowledge)), *_tied(same)])
    ]


def _where(one: Activity, alone: Collection[str]) -> _Key:
    """Name the sites of a visit; those without a side that visits alone speak of look alike in all visits.

    Parameters: ``alone`` are visits. Records that speak of one site name it by the first of them by its key, which is a
    problem or a BodyStructure where there is one.
    """
    return tuple(each._replace(anchor="") if each.anchor in alone else each for each in one.places)


def _near(visits: list[Activity], most: int) -> list[list[Activity]]:
    """Chain visits between which no more than so many days lie; one that is not dated to the day stands alone.

    What is handed over lasts until it is used up, and what still lasts is followed by all that comes later.
    """
    chains: list[list[Activity]] = []
    partial: list[list[Activity]] = []
    end = ""
    for one in sorted(visits, key=_begin):
        if not one.start or days_between(one.start, one.start) is None:
            partial.append([one])
        elif chains and _apart(end, chains[-1][-1], one) <= most:
            chains[-1].append(one)
            end = max(end, _until(one), key=_last_day)
        else:
            chains.append([one])
            end = _until(one)
    return [*chains, *partial]


def _apart(end: str, last: Activity, one: Activity) -> int:
    """Count the days from the end of a chain, or from the start of its last one where that is not known to the day."""
    apart = days_between(end, one.start)
    return (days_between(last.start, one.start) or 0) if apart is None else apart


def _tied(visits: list[Activity]) -> list[list[Activity]]:
    """List for each order, plan or larger procedure the visits that refer to it."""
    found: dict[str, list[Activity]] = {}
    for one in visits:
        for key in one.ties:
            found.setdefault(key, []).append(one)
    return list(found.values())


def _connected(links: Iterable[list[Activity]]) -> list[list[Activity]]:
    """Join lists of visits that have one in common."""
    groups: Groups[str] = Groups()
    visits: dict[str, Activity] = {}
    for link in links:
        visits |= {one.key: one for one in link}
        groups.tie_all(link[0].key, (one.key for one in link))
    found: dict[str, list[Activity]] = {}
    for key, one in visits.items():
        found.setdefault(groups.find(key), []).append(one)
    return list(found.values())


def _course(group: list[Activity], in_force: Sequence[Activity], context: Context, log: Log) -> Activity:
    visits = sorted(group, key=_begin)
    first = visits[0]
    running = any(_orders(order, one, context.knowledge) for order in in_force for one in visits)
    if len(visits) == 1 and not running:
        return first
    values, torn = settled([pair for one in visits for pair in one.values], context)
    log.flags += ((first.resource, flag) for flag in (*torn, *_endless(visits)))
    log.merge(visits, first.resource, "it is a visit of the same course")
    end = max(map(_until, visits), key=_last_day)
    span = f"from {first.start} and still in force" if running else f"from {first.start} to {end}"
    why = _why(visits, gap_of(first.intervention, context.knowledge))
    log.notes.append((first.resource, f"{len(visits)} visits as one course ({why}), {span}"))
    return first._replace(
        status=ONGOING if running else COMPLETED,
        end="" if running else end,
        values=values,
        sources=_sources(visits),
    )


def _until(visit: Activity) -> str:
    """Name the day that a visit counts as of; that is the day on which it begins, also where it goes past midnight."""
    if not visit.product:
        return visit.start
    return visit.end or visit.lasts or (_FOR_EVER if visit.status == ONGOING else visit.start)


def _endless(visits: Sequence[Activity]) -> tuple[str, ...]:
    """Tell of visits that may have been more than visits."""
    count = sum(not one.end for one in visits)
    return (f"visits without an end: {count}; each counts as of the day on which it begins",) if count else ()


def _why(visits: list[Activity], most: int) -> str:
    if set.intersection(*({*one.ties} for one in visits)):
        return "of one order or plan"
    near = f"at most {most} days apart"
    return near if len(_near(visits, most)) == 1 else f"of one order or plan, or {near}"


def _orders(order: Activity, visit: Activity, knowledge: Knowledge) -> bool:
    """Tell whether a visit refers to an order, or to a plan with an activity, of its own intervention."""
    one, other = order.intervention, visit.intervention
    return order.resource in visit.ties and (knowledge.is_a(one, other) or knowledge.is_a(other, one))


def _joined(
    activities: list[Activity], key: Callable[[Activity], _Key | None], join: Callable[[list[Activity]], Activity]
) -> list[Activity]:
    """Join activities with one key, and keep the others as they are."""
    alike: dict[_Key, list[Activity]] = {}
    kept: list[Activity] = []
    for one in sorted(activities):
        same = key(one)
        if same is None:
            kept.append(one)
        else:
            alike.setdefault(same, []).append(one)
    return [*kept, *(join(sorted(group, key=_begin)) if len(group) > 1 else group[0] for group in alike.values())]


def _order_key(one: Activity) -> _Key | None:
    return (one.intervention, one.product, one.places) if one.product and one.status == ONGOING else None


def _one_order(orders: list[Activity], log: Log) -> Activity:
    """Take the running orders of a product for one course that began with the first; doses that differ are not used."""
    first = orders[0]
    same_dose = len({one.amounts for one in orders}) == 1
    if not same_dose:
        log.flags.append((first.resource, "its running orders give different doses, so none is used"))
    log.merge(orders, first.resource, "it is a running order of the same drug")
    log.notes.append((first.resource, f"{len(orders)} running orders of one product as one course"))
    ends = [one.end for one in orders]
    return first._replace(
        amounts=first.amounts if same_dose else (),
        duration=first.duration if len({one.duration for one in orders}) == 1 else "",
        end=max(ends, key=_last_day) if all(ends) else "",
        sources=_sources(orders),
    )


def _copy_key(one: Activity) -> _Key | None:
    """Tell records of the same apart from others; what has no status is left as it is."""
    return None if one.status == OPEN else (*one._replace(key="", resource="", reasons=(), ties=(), sources=()),)


def _one_of(copies: list[Activity], log: Log) -> Activity:
    log.merge(copies, copies[0].resource, "it records the same")
    return copies[0]._replace(sources=_sources(copies))


def _sources(activities: Iterable[Activity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for one in activities for source in one.sources))


def _begin(one: Activity) -> tuple[object, ...]:
    return one.start == "", one.start, one.key


def _last_day(written: str) -> str:
    found = span(written) if written else None
    return found.last.isoformat() if found else ""
