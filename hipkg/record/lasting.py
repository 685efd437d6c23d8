"""Count how many whole days activities have lasted, as ``queries/normalise/01-dates.rq`` constructs it.

To parse that query takes longer than all else that is done to normalise a record. The numbers are worked out here in
the same way, from the digits of the dates; why they are what they are is told there.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from hipkg.base import hip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyoxigraph import BlankNode, Store, Triple

    Node: TypeAlias = NamedNode | BlankNode | Triple
    Term: TypeAlias = Node | Literal

_DATE = re.compile("([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?")
_DAY = len("2026-01-01")
_OF_PATIENT = tuple(map(NamedNode, (hip.hasActivity, hip.hasCourse, hip.hasStudy)))
_ACTIVITY_OF, _AS_OF = NamedNode(hip.activityOf), NamedNode(hip.asOf)
_START, _END, _STATUS = NamedNode(hip.startDate), NamedNode(hip.endDate), NamedNode(hip.hasStatus)
_NEVER_BEGUN, _ONGOING = {NamedNode(hip.planned), NamedNode(hip.notDone)}, NamedNode(hip.ongoing)
_LEAST, _MOST = NamedNode(hip.minimumDays), NamedNode(hip.maximumDays)


def days_lasted(store: Store) -> list[Quad]:
    """Give the least and the greatest number of days that the activities of patients have lasted by their dates."""
    today, statuses, ends = _dates_of_plans(store), _values(store, _STATUS), _values(store, _END)
    counted = _values(store, _LEAST).keys() | _values(store, _MOST).keys()
    found: list[Quad] = []
    for activity, starts in _values(store, _START).items():
        status = statuses.get(activity, [])
        if activity in today and activity not in counted and _NEVER_BEGUN.isdisjoint(status):
            until = ends.get(activity) or ([None] if _ONGOING in status else [])
            found += _lasted(activity, product(starts, until, today[activity]))
    return found


def _values(store: Store, name: NamedNode) -> dict[Any, list[Any]]:
    """Map nodes to their values of a property."""
    found: dict[Any, list[Any]] = {}
    for subject, _, value, _ in store.quads_for_pattern(None, name, None, DefaultGraph()):
        found.setdefault(subject, []).append(value)
    return found


def _dates_of_plans(store: Store) -> dict[Term, set[Term]]:
    """Map the activities of patients to the dates of the plans."""
    dates = _values(store, _AS_OF)
    owned = [(patient, one) for name in _OF_PATIENT for patient, some in _values(store, name).items() for one in some]
    owned += [(patient, one) for one, some in _values(store, _ACTIVITY_OF).items() for patient in some]
    found: dict[Term, set[Term]] = {}
    for patient, activity in owned:
        if patient in dates:
            found.setdefault(activity, set()).update(dates[patient])
    return found


def _lasted(activity: Node, recorded: Iterable[tuple[Term, Term | None, Term]]) -> Iterator[Quad]:
    """Count the days between the start and the end of an activity if just one pair of dates fits together.

    Parameters: ``recorded`` are starts, ends, None for what is ongoing, and dates of plans.
    """
    told = ((_text(start), _text(today if end is None else end), _text(today)) for start, end, today in recorded)
    fitting = [one for one in told if all(map(_DATE.fullmatch, one)) and _latest(one[1]) >= one[0]]
    if len(fitting) == 1:
        ((start, end, today),) = fitting
        least = _number(end, today, latest=False) - _number(start, today, latest=True)
        most = _number(end, today, latest=True) - _number(start, today, latest=False)
        yield Quad(activity, _LEAST, Literal(max(0, least)))
        yield Quad(activity, _MOST, Literal(max(0, most)))


def _text(date: Term) -> str:
    """Take the digits of a date, without a zone or a time."""
    return date.value[:_DAY] if isinstance(date, NamedNode | Literal) else ""


def _latest(date: str) -> str:
    return f"{date}-99-99"[:_DAY]


def _number(date: str, today: str, *, latest: bool) -> int:
    """Count the days from a fixed day to the first or the latest that a date can mean, if that is not after today."""
    bound = _latest(date) if latest else f"{date}-01-01"[:_DAY]
    year, month, day, *_ = (*map(int, (today if bound > today else date).split("-")), 0, 0)
    if latest:
        month = (month or 12) + (not day)  # day 0 of a month is the last of the one before
    else:
        month, day = month or 1, day or 1
    years_back = (14 - month) // 12
    year, month = year + 4800 - years_back, month + 12 * years_back - 3
    return day + (153 * month + 2) // 5 + 365 * year + year // 4 - year // 100 + year // 400 - 32045
