"""What a record tells of the activities behind an action: what runs, was done, or was tried."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.numbers import read
from hipkg.planning.records import Course, Done, Result
from hipkg.record.facts import NOTHING, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set
    from datetime import date

    from hipkg.derivation.records import Derivation, DerivedAction
    from hipkg.knowledge.records import InterventionInfo, Knowledge


class Courses:
    """Tell what of an intervention runs, is planned, was done and was tried."""

    def __init__(self, derivation: Derivation, knowledge: Knowledge, patient: str, as_of: date) -> None:
        self._derivation = derivation
        self._knowledge = knowledge
        self._patient = patient
        self._as_of = as_of

    def named_there(self, itself: str, site: str, there: Mapping[str, Set[str]]) -> tuple[str, ...]:
        """Name what a patient has, or has planned, of an intervention at a place, as narrowly as it is recorded."""
        known = there.get(site or self._patient, NOTHING)
        if itself not in known:
            return ()
        is_a, composed = self._knowledge.is_a, self._knowledge.composed
        kinds = [one for one in known if is_a(one, itself) and (one == itself or one not in composed)]
        return tuple(sorted(map(self._knowledge.label, self._knowledge.narrowest(kinds))))

    def past(self, derived: DerivedAction, info: InterventionInfo) -> tuple[str, ...]:
        """List the courses that are over of an intervention, and of its parts if each of them was begun."""
        if not info.comprises:
            return derived.past
        there = [one for one in self._derivation.actions if one.site == derived.site]
        parts = [one for one in there if one.intervention in info.comprises]
        begun = {
            one.intervention
            for one in parts
            if one.past or self.named_there(one.intervention, one.site, self._derivation.running)
        }
        if not begun.issuperset(info.comprises):
            return derived.past
        return tuple(sorted({*derived.past, *chain.from_iterable(one.past for one in parts)}))

    def ongoing(self, derived: DerivedAction, info: InterventionInfo) -> Iterator[str]:
        """List the courses that run of an intervention, or of those that it comprises, at its place."""
        facts, wanted = self._derivation.facts, {derived.intervention, *info.comprises}
        for one in sorted(facts.members.get(hip.CurrentActivity, ())):
            kinds = facts.nodes(one, hip.ofIntervention)
            targets = [*facts.nodes(one, hip.targets)]
            there = not targets or derived.site in facts.reach(targets, hip.partOf)
            if there and any(self._knowledge.is_a(kind, it) for kind in kinds for it in wanted):
                yield one

    def all_done(self, derived: DerivedAction) -> tuple[Done, ...]:
        """Tell what was carried out of an action, that which counts before the rest."""
        if not (derived.done_by or derived.fulfilled_by or derived.done_before):
            return ()
        counting = tuple(dict.fromkeys((*derived.done_by, *derived.fulfilled_by)))
        before = (one for one in derived.done_before if one not in counting)
        return tuple([self._done(one, counts=one in counting) for one in (*counting, *before)])

    def _done(self, activity: str, *, counts: bool) -> Done:
        day = self.first(activity, hip.endDate, hip.startDate)
        old_after = self._old_after(activity, day)
        return Done(
            node=activity,
            label=self.named(activity),
            day=day,
            counts=counts and not old_after,
            requested="" if day else self.first(activity, hip.requestedOn),
            result=self._result(activity),
            old_after=old_after,
        )

    def _result(self, activity: str) -> Result | None:
        """Tell what an activity found, if that is recorded."""
        value, text = read(self.first(activity, hip.resultValue)), self.first(activity, hip.resultText)
        found = value is not None or text
        return Result(value, self.first(activity, hip.resultUnit), text) if found else None

    def _old_after(self, activity: str, day: str) -> int:
        """Give the years for which an activity settles what it is of, where they are over on any day it can be of."""
        of = min(self._derivation.facts.nodes(activity, hip.ofIntervention))
        years = self._knowledge.settled_for_years.get(of, 0)
        today = self._as_of.isoformat()
        earliest = f"{int(today[:4]) - years}{today[4:]}"
        return years if years and day and day + "-12-31"[len(day) - 4 :] < earliest else 0

    def course(self, activity: str) -> Course:
        """Tell of a course when it was, how it ended, and what came of it."""
        ended = [self.first(activity, prop) for prop in (hip.hasStatus, hip.hasOutcome, hip.stoppedBecause)]
        status, outcome, reason = (self._knowledge.label(one) if one else "" for one in ended)
        return Course(
            node=activity,
            label=self.named(activity),
            start=self.first(activity, hip.startDate),
            end=self.first(activity, hip.endDate),
            status=status,
            outcome=outcome,
            reason=reason,
            unfavourable=not self._knowledge.unfavourable.isdisjoint(ended),
        )

    def named(self, activity: str) -> str:
        """Name an activity by what it is of."""
        return self._knowledge.label(min(self._derivation.facts.nodes(activity, hip.ofIntervention)))

    def first(self, node: str, *props: str) -> str:
        """Return the first value that a node has of any of some properties, or an empty string."""
        values = self._derivation.facts.values
        return next((text for prop in props for text in sorted(map(text_of, values(node, prop)))), "")
