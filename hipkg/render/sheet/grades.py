"""What the statements of an action are worth: their grades, their wording of evidence, and their disputes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.knowledge.modality import Modality
from hipkg.render.sheet.records import OPTIONAL, Line
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean, grade, stated_grade

if TYPE_CHECKING:
    from hipkg.planning.records import Action
    from hipkg.render.sheet.contents import Contents
    from hipkg.render.sheet.view import View


class Grades(Part):
    """Tell the grades behind an action."""

    def __init__(self, view: View, contents: Contents) -> None:
        super().__init__(view)
        self._contents = contents

    def lines(self, action: Action) -> tuple[Line, ...]:
        """List the grades of the statements where one is not that of the action, with a modality that is not either."""
        stated = self.stated(action)
        if {*stated.values()} <= {grade(action.strength, action.evidence)}:
            return ()
        parts = (
            f"{one} {words}{OPTIONAL if self.only_considers(one, action) else ''}" for one, words in stated.items()
        )
        return (Line("grades", tuple(parts), tuple(stated)),)

    def stated(self, action: Action) -> dict[str, str]:
        """Give the grades that the statements of an action state."""
        infos = [self._infos[one] for one in action.shown]
        return {one.id: words for one in infos if (words := stated_grade(one.strength, one.quality))}

    def only_considers(self, statement: str, action: Action) -> bool:
        """Tell whether a statement only asks to consider what others advise."""
        return action.modality != Modality.CONSIDER and self._infos[statement].modality == Modality.CONSIDER

    def evidence(self, action: Action) -> tuple[Line, ...]:
        """Tell how documents word the evidence for the contents of an action."""
        shown = dict.fromkeys(one.statement for one in action.parameters if self._contents.shows(action, one))
        worded = {one: clean(self._infos[one].evidence_wording) for one in shown}
        return tuple(Line("worded:", (words,), (one,)) for one, words in worded.items() if words)

    def disputes(self, action: Action) -> tuple[Line, ...]:
        """Point from an action to the disagreement about it that nothing decides."""
        open_ = [one for one in self._plan.conflicts if not one.decided_for and one.site == action.site]
        ids = {one for conflict in open_ for one in (conflict.advised_by, conflict.opposed_by)}
        told = {*action.shown, *(one.statement for one in action.parameters if self._contents.shows(action, one))}
        disputed = tuple(sorted(ids & told))
        return (Line("disputed", ("see Disagree",), disputed),) if disputed else ()
