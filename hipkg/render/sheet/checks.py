"""What is on record of an action, held against the bounds that statements set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.planning.bounds import Comparison
from hipkg.render.sheet.records import Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean, describe_check, describe_trial

if TYPE_CHECKING:
    from hipkg.planning.records import Action
    from hipkg.render.sheet.contents import Contents
    from hipkg.render.sheet.view import View


class Checks(Part):
    """Compare an action with its bounds."""

    def __init__(self, view: View, contents: Contents) -> None:
        super().__init__(view)
        self._contents = contents

    def trials(self, action: Action) -> tuple[Line, ...]:
        """Name the trials that are long enough for what an action waits for, where a document sets them an end."""
        if action.status != Status.CONDITIONAL:
            return ()
        told: dict[str, set[str]] = {}
        for state in action.by(ClaimKind.AWAITED, ClaimKind.HELD_BACK):
            for one in state.checks:
                judged = one.verdict != Comparison.WITHIN or one.outcome
                if one.bound.measured_on and one.latest and not judged:
                    told.setdefault(describe_trial(one, self._plan.as_of), set()).add(state.id)
        return (Line("trial", tuple(told), tuple(sorted(set().union(*told.values())))),) if told else ()

    def lines(self, action: Action) -> tuple[Line, ...]:
        """Compare what is on record with the bounds of an action, those that are broken first."""
        states = [self._view.state(action, one) for one in action.shown]
        own = [(one.id, check) for one in states if one is not None for check in one.checks]
        shown = [one for one in action.parameters if self._contents.shows(action, one)]
        specified = [(one.statement, check) for one in shown for check in one.checks]
        told: dict[tuple[bool, str], set[str]] = {}
        for statement, check in (*own, *specified):
            if not check.bound.measured_on:
                told.setdefault((not check.alarm, describe_check(check)), set()).add(statement)
        return tuple(
            Line("" if quiet else "check", (words,), tuple(sorted(ids)))
            for (quiet, words), ids in sorted(told.items(), key=lambda one: one[0][0])
        )

    def boundaries(self, action: Action) -> tuple[Line, ...]:
        """Tell the statements that would be decided otherwise on the day before, or after."""
        states = [self._view.state(action, one) for one in action.shown]
        return tuple(
            Line(
                "note", (f"rests on the exact day: {', '.join(clean(label) for label in one.on_boundary)}",), (one.id,)
            )
            for one in states
            if one is not None and one.on_boundary
        )
