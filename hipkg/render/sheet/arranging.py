"""Arrange a plan for reading: what text, Markdown and HTML say, and in which order, without any layout.

Rows that differ only in their site are joined, rows of a class whose statements are told under one of its kinds are
left out, and everything is named by its label.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hipkg.planning.page import Section
from hipkg.render.sheet.alarms import Alarms
from hipkg.render.sheet.disputes import Disputes
from hipkg.render.sheet.questions import Questions
from hipkg.render.sheet.records import HEADINGS, Sheet, SheetSection
from hipkg.render.sheet.remarks import Remarks
from hipkg.render.sheet.rows import Rows
from hipkg.render.sheet.telling import Telling
from hipkg.render.sheet.view import Part, View
from hipkg.render.sheet.wording import Wording
from hipkg.render.words import clean, join_sites, messages, only_documents, origin, selected_grades

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.page import Entry
    from hipkg.planning.records import Plan
    from hipkg.render.sheet.records import Row

NOTHING_APPLIES = "No statement applies to this patient."
NOTHING_FOLLOWS = "No action follows for this patient."


def sheet(plan: Plan, knowledge: Knowledge) -> Sheet:
    """Arrange a plan for reading."""
    return Arranger(plan, knowledge).sheet()


class Arranger(Part):
    """Arrange one plan, with all that there is to say of it."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        view = View(plan, knowledge)
        super().__init__(view)
        wording = Wording(view)
        telling = Telling(view, wording)
        self._rows = Rows(wording, telling)
        self._alarms = Alarms(wording, telling)
        self._remarks = Remarks(wording, telling)
        self._disputes = Disputes(view)
        self._questions = Questions(view, wording)

    def sheet(self) -> Sheet:
        """Arrange the whole plan."""
        plan = self._plan
        limits = (only_documents(plan.documents, self._knowledge), selected_grades(plan))
        return Sheet(
            (*origin(plan, self._view.everywhere, engine=plan.engine), *(clean(one) for one in limits if one)),
            violated(plan),
            messages(plan, "warning"),
            self._sections(),
            self._questions.rows(),
            notice(plan),
        )

    def _sections(self) -> tuple[SheetSection, ...]:
        rows: dict[Section, list[Row]] = {key: [] for key in HEADINGS}
        for part in self._view.page.parts:
            rows[part.section] += self._joined(part.rows)
        rows[Section.CHECK] = [*self._alarms.repeated(), *self._alarms.rows(self._view.told), *rows[Section.CHECK]]
        rows[Section.ALREADY] += self._remarks.beside()
        rows[Section.MAY] = self._remarks.possible()
        rows[Section.DISAGREE] = self._disputes.rows()
        rows[Section.KNOW] = self._remarks.readings()
        rows[Section.UNUSED] = self._remarks.unused()
        return tuple(SheetSection(key, HEADINGS[key], tuple(found)) for key, found in rows.items() if found)

    def _joined(self, entries: Iterable[Entry]) -> Iterator[Row]:
        """Arrange the rows of a section, and join those that differ only in their site."""
        joined: dict[Row, list[str]] = {}
        for entry in (one for one in entries if not one.beside):
            told = (self._plan.actions[entry.actions[0]], *self._rows.elsewhere(entry))
            joined.setdefault(self._rows.row_of(entry), []).extend(one.site for one in told)
        for row, sites in joined.items():
            yield replace(row, site=join_sites(sites, self._knowledge))


def violated(plan: Plan) -> tuple[str, ...]:
    """Tell that the record is not valid, and why."""
    if plan.valid:
        return ()
    violations = messages(plan, "violation")
    alarm = f"NOT VALID: the record of this patient has {len(violations)} violation(s); do not rely on this plan."
    return (alarm, *violations)


def notice(plan: Plan) -> str:
    """Tell that there is nothing to do, if so."""
    if plan.actions:
        return ""
    return NOTHING_FOLLOWS if plan.statements else NOTHING_APPLIES
