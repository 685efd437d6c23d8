"""Compare the bounds that statements set with what is recorded of a patient's activities.

Which property holds a quantity, in which unit and how its values are compared (`Bound.compared_as`) is said by the
ontology; which activities count was derived with the evaluation. What is here is arithmetic on intervals:
a partial date, or a dose that is not recorded, leaves an interval, and a limit inside it leaves the verdict open.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.dates import days_after, span
from hipkg.base.numbers import Range, read
from hipkg.knowledge.frame.answers import State
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from hipkg.base.dates import Span
    from hipkg.derivation.records import Evaluation
    from hipkg.knowledge.records import Bound, Knowledge, StatementInfo
    from hipkg.record.facts import Facts

TOGETHER = "several courses together"
WITH_PLANNED = "together with what is planned"
INCOMPLETE = "not recorded for every course"
INEXACT = "not recorded exactly enough"
IMPLAUSIBLE = "less than a hundredth of the limit, as if in another unit"
NONE_ON_RECORD = "none on record"
_HOLDING = {State.NOW, State.SATISFIED}
_PLAUSIBLE_FACTOR = 100
_KINDS = (hip.CurrentActivity, hip.PlannedActivity, hip.StartedActivity, hip.PerformedActivity)


class Comparison(StrEnum):
    """How what is recorded compares with a bound; reviews are due, overdue or not due yet."""

    WITHIN = "within"
    ABOVE = "above"
    BELOW = "below"
    NOT_YET = "not-yet"
    DUE = "due"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"


_BREACHES = {Comparison.ABOVE, Comparison.BELOW}


@shown_by("label", "verdict")
class Check(NamedTuple):
    """One bound of a statement, compared with what is recorded.

    ``label`` names what was measured, ``activities`` are its nodes and ``kinds`` their classes; ``have`` is in the unit
    of the bound, and None where nothing is recorded. A course that runs reaches its least length ``earliest`` and its
    greatest ``latest``; a review is due between them. ``outcome`` is what came of a course, or of all that a review
    is of, ``record`` the property that would answer an unknown. ``alarm`` marks a limit that treatment breaks, or will
    when what is planned begins.
    """

    bound: Bound
    verdict: Comparison
    label: str
    activities: tuple[str, ...]
    have: Range | None = None
    earliest: date | None = None
    latest: date | None = None
    record: str = ""
    note: str = ""
    outcome: str = ""
    alarm: bool = False
    kinds: tuple[str, ...] = ()


class _Activity(NamedTuple):
    node: str
    intervention: str
    running: bool
    planned: bool
    started: bool
    performed: bool


class Checker:
    """Check the bounds of the statements of one patient.

    Parameters: ``facts`` holds what is recorded and entailed; ``as_of`` is the date of the plan.
    """

    def __init__(self, facts: Facts, knowledge: Knowledge, as_of: date) -> None:
        self._graph = facts
        self._knowledge = knowledge
        self._as_of = as_of
        self._known: dict[str, _Activity] = {}
        self._ways: dict[str, Callable[[Bound, StatementInfo, list[_Activity]], Iterable[Check]]] = {
            "total": self._totals,
            "each": self._singles,
            "length": self._lengths,
            "once": self._reviews,
            "repeat": self._reviews,
        }

    def checks(self, evaluation: Evaluation) -> tuple[Check, ...]:
        """Compare each measured bound of a statement that holds, and the trials that any other waits for.

        Of a statement that only may apply, the limits that treatment exceeds are told: they are the same if it does.
        """
        if not evaluation.compares or evaluation.state == State.RULED_OUT:
            return ()
        info = self._knowledge.statements[evaluation.statement]
        activities = [self._activity(one) for one in evaluation.compares]
        possible = evaluation.state == State.MAY_APPLY and not evaluation.awaits
        holding = evaluation.state in _HOLDING or possible
        checks = (
            check._replace(alarm=check.alarm and info.effect == hip.specifies)
            for bound in info.bounds
            if bound.measured_by and (bound.measured_on or holding)
            for check in self._ways[bound.compared_as](bound, info, activities)
        )
        return tuple(one for one in checks if not possible or (one.alarm and one.verdict == Comparison.ABOVE))

    def _activity(self, node: str) -> _Activity:
        if node not in self._known:
            self._known[node] = _Activity(
                node,
                min(self._graph.nodes(node, hip.ofIntervention)),
                *(self._graph.is_a(node, one) for one in _KINDS),
            )
        return self._known[node]

    def _value(self, activity: _Activity, prop: str) -> Range | None:
        return recorded_range(self._graph, self._knowledge, activity.node, prop)

    def _of(self, interventions: Iterable[str], activities: Iterable[_Activity]) -> list[_Activity]:
        wanted = tuple(interventions)
        return [one for one in activities if any(self._knowledge.is_a(one.intervention, other) for other in wanted)]

    def _groups(self, bound: Bound, info: StatementInfo, activities: list[_Activity]) -> list[list[_Activity]]:
        """Pick the courses that a bound measures: of each trial, or of the statement's own intervention.

        Where there are none, a course of what the statement accompanies stands in: a therapy for its programme.
        """
        courses = [one for one in activities if one.planned or one.started]
        if bound.measured_on:
            groups = [self._of((one,), courses) for one in bound.measured_on]
        else:
            groups = [self._of((info.intervention,), courses) or self._of(info.accompanies, courses)]
        return [one for one in groups if one]

    def _totals(self, bound: Bound, info: StatementInfo, activities: list[_Activity]) -> Iterator[Check]:
        """Add the values of the courses that run, and of those that will run together once what is planned begins."""
        for group in self._groups(bound, info, activities):
            running = [one for one in group if one.running]
            if running:
                yield self._total(bound, info, running, TOGETHER if len(running) > 1 else "")
            planned = [one for one in group if one.planned]
            lasting = [one for one in running if not all(self._ends_before(one, other) for other in planned)]
            if planned:
                yield self._total(bound, info, [*lasting, *planned], WITH_PLANNED if lasting else "planned")

    def _total(self, bound: Bound, info: StatementInfo, courses: Sequence[_Activity], note: str) -> Check:
        values = [self._value(one, bound.measured_by) for one in courses]
        known = [one for one in values if one is not None]
        label = self._knowledge.label(courses[0].intervention if len(courses) == 1 else info.intervention)
        if not known:
            return _unknown(bound, label, courses)
        least = sum((one.least for one in known), Decimal(0))
        check = _judged(bound, label, courses, Range(least, least if len(known) == len(values) else None))
        if check.verdict == Comparison.UNKNOWN and len(known) < len(values):
            return check._replace(record=bound.measured_by, note=INCOMPLETE)
        return check if check.note else check._replace(note=note)

    def _ends_before(self, course: _Activity, other: _Activity) -> bool:
        end, start = (self._dates(one, prop) for one, prop in ((course, hip.endDate), (other, hip.startDate)))
        return end is not None and start is not None and end.last < start.first

    def _singles(self, bound: Bound, info: StatementInfo, activities: list[_Activity]) -> Iterator[Check]:
        for group in self._groups(bound, info, activities):
            for course in group:
                if course.running or course.planned:
                    label = self._knowledge.label(course.intervention)
                    value = self._value(course, bound.measured_by)
                    yield _judged(bound, label, (course,), value) if value else _unknown(bound, label, (course,))

    def _lengths(self, bound: Bound, info: StatementInfo, activities: list[_Activity]) -> Iterator[Check]:
        """Compare how long each course has run, or if none runs the longest of those that are over."""
        for group in self._groups(bound, info, activities):
            running = [one for one in group if one.running]
            values = [(self._value(one, bound.measured_by), one) for one in running or group if one.started]
            known = [(value, one) for value, one in values if value]
            if not running:
                known = sorted(known, key=lambda one: one[0].least)[-1:]
            yield from (self._length(bound, course, value) for value, course in known)
            if not known and values:
                courses = [one for _, one in values]
                label = self._knowledge.label(courses[0].intervention)
                yield _unknown(bound, label, courses)._replace(record=hip.startDate)

    def _length(self, bound: Bound, course: _Activity, value: Range) -> Check:
        # A trial that is longer than the document asks for is a trial all the same.
        limits = bound._replace(upper="") if bound.measured_on else bound
        check = _judged(limits, self._knowledge.label(course.intervention), (course,), value)
        check = check._replace(bound=bound, outcome=self._outcome(course))
        if not course.running:
            return check
        earliest, latest = (self._reached(limit, value) for limit in (bound.lower, bound.upper))
        if check.verdict == Comparison.BELOW:
            return check._replace(verdict=Comparison.NOT_YET, earliest=earliest, latest=latest, alarm=False)
        return check._replace(latest=latest) if check.verdict == Comparison.WITHIN else check

    def _outcome(self, course: _Activity) -> str:
        """Name what came of a course, empty where that is not recorded."""
        return ", ".join(sorted(map(self._knowledge.label, self._graph.nodes(course.node, hip.hasOutcome))))

    def _reached(self, limit: str, elapsed: Range) -> date | None:
        """Say on which day a number of days is reached at the latest, if the calendar goes that far."""
        days = read(limit)
        return None if days is None else days_after(self._as_of, days - elapsed.least)

    def _reviews(self, bound: Bound, info: StatementInfo, activities: list[_Activity]) -> Iterator[Check]:
        """Say when a review is due: after the start of what it accompanies or, if repeated, after the last one."""
        running = [one for one in self._of(info.accompanies, activities) if one.running]
        if not running:
            return
        label = self._knowledge.label(info.intervention)
        started = _longest(one for one in (self._value(course, hip.minimumDays) for course in running) if one)
        if started is None:
            yield _unknown(bound, label, running)._replace(record=hip.startDate)
            return
        done = [one for one in self._of((info.intervention,), activities) if one.performed]
        past = {one.node: span for one in done if (span := self._days_ago(one)) is not None}
        check = (self._once if bound.compared_as == "once" else self._repeated)(bound, label, started, past)
        outcomes = [self._outcome(one) for one in running]
        yield check._replace(outcome=", ".join(sorted({*outcomes})) if all(outcomes) else "")

    def _once(self, bound: Bound, label: str, started: Range, past: dict[str, Range]) -> Check:
        """Judge the first review that was not too early, or the days since the start if there was none."""
        after = {node: _difference(started, ago) for node, ago in past.items()}
        lower = read(bound.lower) or 0
        late_enough = {node: days for node, days in after.items() if days.most is None or days.most >= lower}
        if not late_enough:
            return self._pending(bound, label, (), started)
        node, days = min(late_enough.items(), key=lambda one: (one[1].least, one[0]))
        verdict = _verdict(days, bound)
        return Check(
            bound=bound,
            verdict=verdict,
            label=label,
            activities=(node,),
            have=days,
            note=INEXACT if verdict == Comparison.UNKNOWN else "",
        )

    def _repeated(self, bound: Bound, label: str, started: Range, past: dict[str, Range]) -> Check:
        node, last = min(past.items(), key=lambda one: (one[1].least, one[0]), default=("", started))
        if node and last.least < started.least:
            return self._pending(bound, label, (node,), last)
        return self._pending(bound, label, (), started)

    def _pending(self, bound: Bound, label: str, activities: tuple[str, ...], elapsed: Range) -> Check:
        """Judge the days that a review has been waited for."""
        names = {
            Comparison.BELOW: Comparison.NOT_YET,
            Comparison.WITHIN: Comparison.DUE,
            Comparison.ABOVE: Comparison.OVERDUE,
            Comparison.UNKNOWN: Comparison.UNKNOWN,
        }
        verdict = names[_verdict(elapsed, bound)]
        late = "" if activities else NONE_ON_RECORD
        note = {Comparison.OVERDUE: late, Comparison.UNKNOWN: INEXACT}.get(verdict, "")
        earliest, latest = (self._reached(limit, elapsed) for limit in (bound.lower, bound.upper))
        return Check(
            bound=bound,
            verdict=verdict,
            label=label,
            activities=activities,
            have=elapsed,
            earliest=earliest,
            latest=latest,
            note=note,
        )

    def _days_ago(self, activity: _Activity) -> Range | None:
        dates = self._dates(activity, hip.endDate) or self._dates(activity, hip.startDate)
        if dates is None or dates.first > self._as_of:
            return None
        least = self._as_of - min(dates.last, self._as_of)
        return Range(Decimal(least.days), Decimal((self._as_of - dates.first).days))

    def _dates(self, activity: _Activity, prop: str) -> Span | None:
        """Read a recorded date as the first and the last day that it can stand for."""
        return span(min(map(text_of, self._graph.values(activity.node, prop)), default=""))


def recorded_range(facts: Facts, knowledge: Knowledge, node: str, prop: str) -> Range | None:
    """Read a recorded number, with its upper end where the ontology names the property that holds it."""
    least = _number(facts, node, prop)
    upper_end = knowledge.upper_ends.get(prop)
    most = _number(facts, node, upper_end) if upper_end else least
    return None if least is None else Range(least, least if most is None else most)


def _number(facts: Facts, node: str, prop: str) -> Decimal | None:
    """Read the greatest recorded number; what is no number, which validation refuses, is left out."""
    numbers = map(read, facts.values(node, prop))
    return max((one for one in numbers if one is not None), default=None)


def _longest(spans: Iterable[Range]) -> Range | None:
    found = list(spans)
    if not found:
        return None
    return Range(max(one.least for one in found), max(one.most or one.least for one in found))


def _difference(longer: Range, shorter: Range) -> Range:
    """Subtract one number of days from another; what cannot be told apart from nothing is nothing."""
    least = longer.least - (shorter.least if shorter.most is None else shorter.most)
    most = (longer.least if longer.most is None else longer.most) - shorter.least
    return Range(least, most)


def _verdict(value: Range, bound: Bound) -> Comparison:
    lower, upper = read(bound.lower), read(bound.upper)
    if lower is not None and value.most is not None and value.most < lower:
        return Comparison.BELOW
    if upper is not None and value.least > upper:
        return Comparison.ABOVE
    enough = lower is None or value.least >= lower
    not_too_much = upper is None or (value.most is not None and value.most <= upper)
    return Comparison.WITHIN if enough and not_too_much else Comparison.UNKNOWN


def _judged(bound: Bound, label: str, courses: Sequence[_Activity], value: Range) -> Check:
    verdict = _verdict(value, bound)
    note = INEXACT if verdict == Comparison.UNKNOWN else ""
    if verdict == Comparison.WITHIN and _is_implausible(value, bound):
        verdict, note = Comparison.UNKNOWN, IMPLAUSIBLE
    current = any(one.running or one.planned for one in courses)
    alarm = current and verdict in _BREACHES and not bound.measured_on
    return Check(
        bound=bound,
        verdict=verdict,
        label=label,
        activities=tuple(one.node for one in courses),
        have=value,
        note=note,
        alarm=alarm,
        kinds=_kinds(courses),
    )


def _is_implausible(value: Range, bound: Bound) -> bool:
    """Tell whether a dose is so far below the only limit that it was more likely recorded in another unit."""
    dose = bound.compared_as in {"total", "each"} and bound.upper and not bound.lower
    return bool(dose) and value.least * _PLAUSIBLE_FACTOR < Decimal(bound.upper)


def _unknown(bound: Bound, label: str, courses: Sequence[_Activity]) -> Check:
    nodes = tuple(one.node for one in courses)
    return Check(bound, Comparison.UNKNOWN, label, nodes, record=bound.measured_by, kinds=_kinds(courses))


def _kinds(courses: Iterable[_Activity]) -> tuple[str, ...]:
    return tuple(one.intervention for one in courses)
