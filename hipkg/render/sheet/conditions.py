"""What an action waits for, what lifts what speaks against it, and which cautions it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.claims import CLAIMS, ClaimKind, Fulfilment, Status
from hipkg.planning.page import Section, section_of
from hipkg.render.sheet.recorded import running
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import Part
from hipkg.render.sheet.wording import in_lines, merged
from hipkg.render.words import clean

if TYPE_CHECKING:
    from hipkg.planning.records import Action
    from hipkg.render.sheet.recorded import Recorded
    from hipkg.render.sheet.view import View
    from hipkg.render.sheet.wording import Wording


class Conditions(Part):
    """Tell the conditions of an action."""

    def __init__(self, view: View, wording: Wording, recorded: Recorded) -> None:
        super().__init__(view)
        self._wording = wording
        self._recorded = recorded

    def lines(self, action: Action) -> tuple[Line, ...]:
        """Say on which condition an action stands, or by what it is fulfilled."""
        match action.status:
            case Status.CONDITIONAL:
                return (*self._recorded.done_before(action), *self._waits(action))
            case Status.CONTRAINDICATED:
                return (*running(action), *self._wording.lifts(action.by(ClaimKind.REFUSED)))
            case Status.AVOID if action.realised:
                on_record = Line("on record", (clean(action.realised),))
                return (on_record, *self._wording.lifts(action.by(ClaimKind.DISCOURAGED)))
            case Status.AVOID:
                return (*running(action), *self._wording.lifts(action.by(ClaimKind.DISCOURAGED)))
            case Status.CAUTION:
                return self._cautions(action)
            case Status.SATISFIED if self._recorded.is_measured(action):
                return (Line("on record:", self._recorded.fulfilled(action)), *self._recorded.judged(action))
            case Status.SATISFIED if action.fulfilment == Fulfilment.NOT_NEEDED:
                return (Line("not needed:", self._recorded.fulfilled(action)),)
            case Status.SATISFIED if not action.running:
                return (Line("", self._recorded.fulfilled(action)), *self._recorded.judged(action))
            case _:
                return (*running(action), *self._recorded.done_before(action))

    def _cautions(self, action: Action) -> tuple[Line, ...]:
        """Say in which case a caution that does not hold yet would, and what it is about."""
        if action.by(ClaimKind.INDICATED):
            return running(action)
        held = action.by(ClaimKind.HELD_BACK)
        if held:
            return in_lines("not before", "and", merged((self._wording.lifting(one), (one.id,)) for one in held))
        waiting = action.by(ClaimKind.AWAITED, ClaimKind.GUARD_AWAITED)
        refusing = action.by(ClaimKind.REFUSAL_AWAITED)
        discouraging = action.by(ClaimKind.DISCOURAGEMENT_AWAITED)
        return (
            *in_lines("if", "or if", self._wording.alternatives(waiting)),
            *in_lines("held back if", "or if", self._wording.alternatives(action.by(ClaimKind.GATE_AWAITED))),
            *in_lines("refused if", "or if", self._wording.alternatives(refusing)),
            *in_lines("discouraged if", "or if", self._wording.alternatives(discouraging)),
            *(
                Line("", (clean(self._infos[one.id].text),), (one.id,))
                for one in action.by(*CLAIMS[hip.safeguardsWith].values())
            ),
        )

    def _waits(self, action: Action) -> tuple[Line, ...]:
        """Say what an action waits for, or before what it is not to be done."""
        if section_of(action) == Section.NOT:
            return in_lines("not before", "and", self._wording.gates_of(action))
        return self._wording.needs(action)

    def missing(self, action: Action) -> tuple[Line, ...]:
        """Say for each statement that holds an act back, or waits before it advises it, what is missing."""
        unguarded = action.by(ClaimKind.ORDER_UNGUARDED)
        checks = [
            ((clean(self._view.intervention(one)),), (one.id,))
            for one in unguarded
            if not self._view.is_own(action, one)
        ]
        cautions = tuple(
            Line("caution", (self._wording.sentence(one),), (one.id,))
            for one in unguarded
            if self._view.is_own(action, one)
        )
        return (*self._wording.needs(action), *in_lines("first", "and", merged(checks)), *cautions)
