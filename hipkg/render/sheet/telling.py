"""All that tells of an action, in one wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.render.sheet.checks import Checks
from hipkg.render.sheet.conditions import Conditions
from hipkg.render.sheet.contents import Contents
from hipkg.render.sheet.dangers import Dangers
from hipkg.render.sheet.grades import Grades
from hipkg.render.sheet.interactions import Interactions
from hipkg.render.sheet.recorded import Recorded

if TYPE_CHECKING:
    from hipkg.render.sheet.view import View
    from hipkg.render.sheet.wording import Wording


class Telling:
    """Tell of actions: each part makes the lines about one thing."""

    def __init__(self, view: View, wording: Wording) -> None:
        self.view = view
        self.recorded = Recorded(view, wording)
        self.conditions = Conditions(view, wording, self.recorded)
        self.dangers = Dangers(view, wording)
        self.interactions = Interactions(view, wording)
        self.contents = Contents(view, wording, self.interactions)
        self.grades = Grades(view, self.contents)
        self.checks = Checks(view, self.contents)
