"""On which condition, and from which day, what waits can be done."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import WAITING, ClaimKind, Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.wording import listed
from hipkg.planning.earliest import Lengths
from hipkg.planning.page import Section, section_of
from hipkg.render.sheet.records import OPTIONAL, Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean, lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from hipkg.planning.records import Action, StatementState
    from hipkg.render.screen.wording import BriefWording
    from hipkg.render.sheet.disputes import Disputes
    from hipkg.render.sheet.telling import Telling

_AGAINST = {ClaimKind.REFUSAL_AWAITED: ("no", "never"), ClaimKind.DISCOURAGEMENT_AWAITED: ("avoid", "to be avoided")}
"""What speaks against an action on a condition: the word before its name, and the one that stands alone."""
ADVISED_OR_AWAITED = (ClaimKind.AWAITED, ClaimKind.INDICATED)
WAITING_SECTIONS = {Section.IF, Section.LATER}


class Waiting(Part):
    """Tell what an action that waits needs, in the fewest words that are true."""

    def __init__(self, wording: BriefWording, telling: Telling, disputes: Disputes) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling
        self._disputes = disputes
        self._lengths = Lengths(telling.view.plan, telling.view.knowledge)

    @cached_property
    def gates_in_force(self) -> list[StatementState]:
        """List the prominent gates that hold back what nothing refuses."""
        refused = {one.intervention for one in self._plan.actions if one.status == Status.CONTRAINDICATED}
        return [
            one
            for one in self._plan.statements
            if one.state == State.MUST_NOT and (info := self._infos[one.id]).effect == hip.holdsBack
            if not self._knowledge.documents[info.document].safety
            if info.intervention not in refused and self._view.outline.shows([one.id])
        ]

    @cached_property
    def gates_apart(self) -> list[StatementState]:
        """List the gates that have a row of their own, as what advises something asks for none of what they do."""
        found: list[StatementState] = []
        for action in self._plan.actions:
            ways = [one.unmet for one in action.by(ClaimKind.AWAITED) if one in self._waiting(action)]
            asked = [gap for way in ways for gap in way]
            gates = (one for one in action.by(ClaimKind.HELD_BACK) if one in self.gates_in_force)
            found += (one for one in gates if ways and not any(self._wording.asks(asked, gap) for gap in one.lifted_by))
        return found

    def condition(
        self, actions: Sequence[Action], given: str = "", *, every: bool = False
    ) -> tuple[str, date | None, bool]:
        """Say what an action that waits still needs, the first day on which it can be met, and what that assumes.

        Of several ways those of prominent statements are told, or all where ``every`` is asked for.
        """
        action = actions[0]
        if action.status not in {Status.CONDITIONAL, Status.CAUTION}:
            return "", None, False
        known = {given, f"{action.label} in the plan"}
        holding = action.by(ClaimKind.HELD_BACK)
        gates = [gap for one in holding for gap in self._wording.opening(one)]
        told_gates = [
            gap for one in holding if every or one not in self.gates_apart for gap in self._wording.opening(one)
        ]
        waiting = sorted(self._waiting(action, every=every), key=lambda one: self._precedence(one.id))
        own = [[gap for gap in one.unmet if gap.label not in known] for one in waiting]
        ways = [self._wording.narrowest([*gates, *some]) for some in own]
        words = self._wording.ways_in_words(
            [self._wording.narrowest([*told_gates, *some]) for some in own] or [self._wording.narrowest(gates)]
        )
        told = [*words, *(["its checks are made"] if action.by(ClaimKind.ORDER_UNGUARDED) else [])]
        if not told and action.by(ClaimKind.UNGUARDED) and action.by(ClaimKind.INDICATED):
            told = ["its checks are made and allow it"]
        if not told and action.by(ClaimKind.GUARD_AWAITED) and not action.by(ClaimKind.AWAITED):
            told = ["planned"]
        soonest = self._lengths.soonest(ways or [gates], action.place)
        if soonest is None:
            return clean(listed(told, "and")), None, False
        return clean(listed(told, "and")), soonest.day, soonest.assumed

    def _waiting(self, action: Action, *, every: bool = False) -> list[StatementState]:
        """List the statements whose conditions are told of an action: the prominent ones, or ``every`` one."""
        against = self._against(action)
        overruled = self._overruled(action) if action.status == Status.CONDITIONAL else set()
        if not against and not overruled.issuperset(one.id for one in action.by(ClaimKind.INDICATED)):
            return []
        found = action.by(against) if against else action.by(ClaimKind.AWAITED) or action.by(*WAITING - {*_AGAINST})
        found = [one for one in found if self._view.outline.belongs(one.id)] or found
        return (not every and [one for one in found if self._view.outline.shows([one.id])]) or found

    def _untold(self, action: Action) -> set[str]:
        """List the statements that wait for something else than what is told of an action."""
        told = self._waiting(action)
        words = {self._wording.gaps(one.unmet) for one in told}
        return {one.id for one in action.by(ClaimKind.AWAITED) if told and self._wording.gaps(one.unmet) not in words}

    def _precedence(self, statement: str) -> tuple[bool, int, str]:
        return not self._view.outline.shows([statement]), self._view.outline.rank(statement), statement

    def _advised_by(self, action: Action) -> list[Modality]:
        """List the modalities of the statements that advise an action, and that its row tells."""
        return [
            self._infos[one.id].modality for one in action.by(*ADVISED_OR_AWAITED) if one.id not in self.silent(action)
        ]

    def only_considered(self, action: Action) -> bool:
        """Tell whether all statements that advise an action, and that its row tells, only ask to consider it."""
        return {*self._advised_by(action)} == {Modality.CONSIDER}

    def silent(self, action: Action) -> set[str]:
        """List the statements of what waits that its row does not tell: they wait for other things or are overruled."""
        return self._overruled(action) | self._untold(action) if action.status == Status.CONDITIONAL else set()

    def _overruled(self, action: Action) -> set[str]:
        """List the statements that advise what waits, against another one that stands: their dispute is told apart."""
        return {
            one.advised_by
            for one in self._plan.conflicts
            if one.intervention == action.intervention
            if one.site == action.site and one.decided_for == one.opposed_by and self._disputes.is_disagreement(one)
        }

    @staticmethod
    def _against(action: Action) -> ClaimKind | None:
        """Choose what speaks against an action on a condition, where nothing else is to be told of it."""
        found = [kind for kind in _AGAINST if kind in action.claimed]
        only = {*action.claimed} <= {*_AGAINST, ClaimKind.GATE_AWAITED}
        return found[0] if action.status == Status.CAUTION and found and only else None

    def objected(self, action: Action) -> Iterator[Line]:
        """Say on which condition what is told of an action is refused, or discouraged."""
        if action.status in {Status.CAUTION, Status.CONDITIONAL} and not self._against(action):
            for kind, (_, word) in _AGAINST.items():
                for parts, ids in self._wording.alternatives(action.by(kind)):
                    yield Line(clean(f"if {listed(parts, 'and')}:"), (word,), ids)

    def warned(self, action: Action, title: str) -> str:
        """Word what is only to be considered, and what is not advised but would be refused on a condition."""
        words = lowered(title)
        if against := self._against(action):
            return f"{_AGAINST[against][0]} {words}"
        settled = action.status == Status.SATISFIED or section_of(action) == Section.NOT
        settled |= action.status == Status.CONDITIONAL and Modality.DO in self._advised_by(action)
        if not title.endswith(OPTIONAL) or settled:
            return title.removesuffix(OPTIONAL)
        return f"consider {words.removesuffix(OPTIONAL)}"

    def unfeasible(self, action: Action) -> Iterator[Line]:
        """Name what an action waits for a trial of, and what must not be given."""
        if action.status == Status.CONDITIONAL:
            gaps = [
                gap
                for one in (*self._waiting(action), *action.by(ClaimKind.HELD_BACK))
                for gap in (*one.unmet, *one.lifted_by)
            ]
            withheld = dict.fromkeys(map(self._wording.name, self._lengths.withheld(gaps, action.place)))
            if withheld:
                yield Line("", (clean(f"as things stand no {listed([*withheld], 'and no')}"),))
