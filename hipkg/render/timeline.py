"""Lay out a plan in time: the treatments against the lengths that are asked for, and what opens when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.numbers import Range
from hipkg.render.words import capital, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan
    from hipkg.render.screen import Screen


class Bar(NamedTuple):
    """A line of the time chart: what it is about, how much of it is there, and from when to when it has to last.

    One that is ``assumed`` takes for granted that treatment starts on the day of the plan.
    """

    label: str
    start: date
    now: date
    end: date
    assumed: bool = False


def timeline(plan: Plan, made: Screen, knowledge: Knowledge) -> tuple[Bar, ...]:
    """List the treatments that have not lasted as long as something asks for, and what opens on a known day."""
    return (*_trials(plan, knowledge), *_openings(plan, made))


def _trials(plan: Plan, knowledge: Knowledge) -> Iterator[Bar]:
    found: dict[str, Bar] = {}
    for state in plan.statements:
        for gap in (*state.unmet, *state.lifted_by):
            if gap.earliest and isinstance(gap.have, Range):
                start = plan.as_of - timedelta(days=int(gap.have.least))
                label = clean(knowledge.briefs.get(gap.requirement, gap.label))
                found.setdefault(label, Bar(label, start, plan.as_of, gap.earliest))
    yield from sorted(found.values(), key=lambda one: (one.end, one.label))


def _openings(plan: Plan, made: Screen) -> Iterable[Bar]:
    waiting = [one for some in made.sections.values() for one in some if one.earliest and one.listed]
    return [
        Bar(f"{capital(one.title)}{'*' if one.assumed else ''}", plan.as_of, plan.as_of, one.earliest, one.assumed)
        for one in sorted(waiting, key=lambda it: (str(it.earliest), it.title))
        if one.earliest
    ]
