"""Assemble courses: repeated visits become one course, and repeated running orders of one drug as well.

Visits of one intervention at one site belong together if they refer to the same order, plan or larger procedure; where
they refer to nothing, if no more days lie between them than the ontology allows for (``hip:visitGap``). Interventions
without such a number are not given in visits: each record is an event of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.fhir.activities import COMPLETED, NOT_DONE, ONGOING, PLANNED, STOPPED
from hipkg.fhir.context import settled
from hipkg.fhir.dates import days_between, span
from hipkg.fhir.joining import Merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.fhir.context import Context
    from hipkg.fhir.records import Activity
    from hipkg.knowledge import Knowledge


class Assembled(NamedTuple):
    """The activities after assembly, with what was merged, and notes and doubts by resource."""

    activities: tuple[Activity, ...]
    merged: tuple[Merged, ...]
    notes: tuple[tuple[str, str], ...]
    flags: tuple[tuple[str, str], ...]


def assembled(activities: Sequence[Activity], context: Context, requested: Iterable[Activity] = ()) -> Assembled:
    """Assemble the activities of one patient.

    Parameters: ``requested`` are orders and plans that visits refer to; one that is still in force has a running course.
    """
    merged: list[Merged] = []
    notes: list[tuple[str, str]] = []
    flags: list[tuple[str, str]] = []
    open_ones = {one.resource for one in requested if one.status in {PLANNED, ONGOING}}
    left = _absorbed(sorted(activities), merged, notes)
    visits = [one for one in left if one.visit and gap_of(one.intervention, context.knowledge)]
    kept = [one for one in left if one not in visits]
    for group in _groups(visits, context.knowledge):
        kept.append(_course(group, open_ones, merged, notes, flags, context))
    for orders in _alike(kept, _order_key):
        kept = [one for one in kept if one not in orders] + [_one_order(orders, merged, notes, flags)]
    for copies in _alike(kept, _copy_key):
        first = copies[0]
        sources = tuple(dict.fromkeys(source for one in copies for source in one.sources))
        kept = [one for one in kept if one not in copies] + [first._replace(sources=sources)]
        merged += (
            Merged(one.resource, first.resource, "it records the same")
            for one in copies[1:]
            if one.resource != first.resource
        )
    return Assembled(tuple(sorted(kept)), tuple(merged), tuple(notes), tuple(flags))


def gap_of(intervention: str, knowledge: Knowledge) -> int:
    """Give the most days between two visits for an intervention, 0 for one that is not given in visits."""
    return max(
        (int(days) for iri, days in knowledge.visit_gaps.items() if knowledge.is_a(intervention, iri)), default=0
    )


def _absorbed(activities: list[Activity], merged: list[Merged], notes: list[tuple[str, str]]) -> list[Activity]:
    """Let the running or ended order of a drug stand for the administrations that refer to it."""
    orders = {one.resource: one for one in activities if not one.visit and one.product}
    kept: list[Activity] = []
    given: dict[str, int] = {}
    for one in activities:
        order = next((key for key in one.ties if key in orders), "") if one.visit and one.product else ""
        if order:
            merged.append(Merged(one.resource, order, "it is a dose of that order"))
            given[order] = given.get(order, 0) + 1
        else:
            kept.append(one)
    notes += ((order, f"with {count} recorded dose(s)") for order, count in sorted(given.items()))
    return kept


def _groups(visits: list[Activity], knowledge: Knowledge) -> list[list[Activity]]:
    """Group visits by what they refer to, or else by the days between them."""
    tied: dict[tuple[object, ...], list[Activity]] = {}
    loose: dict[tuple[object, ...], list[Activity]] = {}
    for one in visits:
        same = (one.intervention, one.places, one.product)
        if one.ties:
            tied.setdefault((*same, min(one.ties)), []).append(one)
        else:
            loose.setdefault(same, []).append(one)
    found = [group for _, group in sorted(tied.items(), key=str)]
    for _, group in sorted(loose.items(), key=str):
        found += _near(sorted(group, key=lambda one: (one.start, one.key)), knowledge)
    return found


def _near(ordered: list[Activity], knowledge: Knowledge) -> list[list[Activity]]:
    most = gap_of(ordered[0].intervention, knowledge)
    groups: list[list[Activity]] = []
    for one in ordered:
        apart = days_between(groups[-1][-1].start, one.start) if groups else None
        if apart is not None and apart <= most:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _course(
    group: list[Activity],
    open_ones: set[str],
    merged: list[Merged],
    notes: list[tuple[str, str]],
    flags: list[tuple[str, str]],
    context: Context,
) -> Activity:
    ordered = sorted(group, key=lambda one: (one.start, one.key))
    first, last = ordered[0], ordered[-1]
    running = bool(open_ones & {key for one in ordered for key in one.ties})
    if len(ordered) == 1 and not running:
        return first
    values, torn = settled([pair for one in ordered for pair in one.values], context)
    flags += ((first.resource, flag) for flag in torn)
    merged += (Merged(one.resource, first.resource, "it is a visit of the same course") for one in ordered[1:])
    why = "one order or plan" if first.ties else f"at most {gap_of(first.intervention, context.knowledge)} days apart"
    until = "its order is still in force" if running else f"to {last.start}"
    notes.append((first.resource, f"a course of {len(ordered)} visit(s) from {first.start}, {until} ({why})"))
    return first._replace(
        status=ONGOING if running else COMPLETED,
        end="" if running else _last_end(ordered),
        values=values,
        sources=tuple(source for one in ordered for source in one.sources),
    )


def _last_end(ordered: list[Activity]) -> str:
    return max((one.end for one in ordered), key=lambda end: _last_day(end))


def _last_day(written: str) -> str:
    found = span(written) if written else None
    return found.last.isoformat() if found else ""


def _order_key(one: Activity) -> tuple[object, ...] | None:
    return (one.intervention, one.product, one.places) if one.product and one.status == ONGOING else None


def _copy_key(one: Activity) -> tuple[object, ...] | None:
    if one.status not in {PLANNED, ONGOING, COMPLETED, STOPPED, NOT_DONE}:
        return None
    return (*one._replace(key="", resource="", reasons=(), ties=(), visit=False, sources=()),)


def _alike(activities: Sequence[Activity], key: object) -> list[list[Activity]]:
    found: dict[tuple[object, ...], list[Activity]] = {}
    for one in sorted(activities):
        same = key(one)  # type: ignore[operator]
        if same is not None:
            found.setdefault(same, []).append(one)
    return [group for group in found.values() if len(group) > 1]


def _one_order(
    orders: list[Activity], merged: list[Merged], notes: list[tuple[str, str]], flags: list[tuple[str, str]]
) -> Activity:
    """Take the running orders of one product for one course that began with the first; doses that differ are not used."""
    ordered = sorted(orders, key=lambda one: (one.start == "", one.start, one.key))
    first = ordered[0]
    doses = {one.amounts for one in ordered}
    if len(doses) > 1:
        flags.append((first.resource, "its running orders give different doses, so none is used"))
    merged += (Merged(one.resource, first.resource, "it is a running order of the same drug") for one in ordered[1:])
    notes.append((first.resource, f"{len(ordered)} running orders of the same product as one course"))
    ends = [one.end for one in ordered]
    return first._replace(
        amounts=first.amounts if len(doses) == 1 else (),
        duration=first.duration if len({one.duration for one in ordered}) == 1 else "",
        end=max(ends, key=_last_day) if all(ends) else "",
        sources=tuple(dict.fromkeys(source for one in ordered for source in one.sources)),
    )
