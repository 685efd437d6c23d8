"""Say when trials can be long enough at the earliest, if what does not run yet begins on the day of the plan."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.dates import days_after
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.trials import trials
from hipkg.owl.expression import leaves
from hipkg.planning.by_place import ByPlace
from hipkg.planning.page import is_confronted_with_danger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, Plan

_DAYS = "d"


class Earliest(NamedTuple):
    """The first day on which trials can be long enough; ``assumed`` tells that one has to begin today for that."""

    day: date
    assumed: bool


class Lengths:
    """Reckon with the lengths that the statements of a plan ask for."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        self._as_of = plan.as_of
        self._knowledge = knowledge
        self._withheld = ByPlace(one for one in plan.actions if _is_withheld(one))
        self._there = ByPlace(one for one in plan.actions if one.running)
        self._measured = ByPlace(one for one in plan.statements if one.checks)

    def earliest(self, gaps: Iterable[Gap], place: str) -> Earliest | None:
        """Find the first day on which all trials among some gaps can be long enough, None if none asks for a length.

        A treatment that runs is counted from its start, and where that is not known, no day is. None is found either if
        a trial is of what must not be given.
        """
        gaps = tuple(gaps)
        if self.withheld(gaps, place):
            return None
        days: list[date] = []
        assumed = False
        for gap in gaps:
            if gap.earliest:
                days.append(gap.earliest)
            elif gap.unit == _DAYS and not gap.have and not isinstance(gap.need, str):
                limit = max(limit for symbol, limit in gap.need if symbol == ">=")
                running = self._running(gap.requirement, limit, place)
                known = [day for day in running if day]
                if running and not known:
                    return None
                if known:
                    days.append(min(known))
                elif lasting := days_after(self._as_of, limit):
                    days.append(lasting)
                    assumed = True
        return Earliest(max(days), assumed) if days else None

    def opening(self, action: Action) -> Earliest | None:
        """Find the first day on which an action that waits can be open, None if one of its ways asks for no length.

        What holds it back has to be lifted, and one of the statements that wait to advise it fulfilled.
        """
        if action.status != Status.CONDITIONAL:
            return None
        gates = [gap for one in action.by(ClaimKind.HELD_BACK) for gap in one.lifted_by]
        ways = [one.unmet for one in action.by(ClaimKind.AWAITED)] or [()]
        return self.soonest([[*gates, *gaps] for gaps in ways], action.place)

    def soonest(self, ways: Iterable[Iterable[Gap]], place: str) -> Earliest | None:
        """Find the first day on which one of several ways can be open, None if one of them asks for no length."""
        days = [self.earliest(gaps, place) for gaps in ways]
        found = [one for one in days if one]
        return min(found) if found and len(found) == len(days) else None

    def withheld(self, gaps: Iterable[Gap], place: str) -> tuple[Action, ...]:
        """List what is refused at a place, or held back for a danger, though a trial among some gaps is of it alone."""
        refused = self._withheld.reaching(place)
        if not refused:
            return ()
        lasting = (gap.requirement for gap in gaps if gap.unit == _DAYS)
        asked = [one.interventions for requirement in lasting for one in trials(requirement, self._knowledge)]
        is_a = self._knowledge.is_a
        blocked = [
            [one for one in refused if any(is_a(kind, one.intervention) for kind in kinds)]
            for kinds in asked
            if kinds and all(any(is_a(kind, one.intervention) for one in refused) for kind in kinds)
        ]
        return tuple(one for one in refused if any(one in some for some in blocked))

    def _running(self, requirement: str, limit: Decimal, place: str) -> list[date | None]:
        """List when what a requirement asks for and runs at a place is long enough, None where that is not known."""
        asked = leaves(requirement, self._knowledge.definitions)

        def is_asked(kind: str) -> bool:
            return any(self._knowledge.is_a(kind, one) for one in asked)

        checks = [
            check
            for one in self._measured.reaching(place)
            for check in one.checks
            if check.bound.unit == _DAYS and check.bound.lower and Decimal(check.bound.lower) == limit
        ]
        found = [one.earliest for one in checks if any(map(is_asked, one.kinds))]
        return found or [None for one in self._there.reaching(place) if is_asked(one.intervention)]


def _is_withheld(action: Action) -> bool:
    """Tell whether an action must not be given, or not before a danger is ruled out or weighed."""
    return action.status == Status.CONTRAINDICATED or is_confronted_with_danger(action)
