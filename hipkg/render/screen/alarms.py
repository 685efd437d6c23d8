"""What is to be checked before anything is done, on the first screen: all about one treatment in one item."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hipkg.planning.dangers import kinds_of
from hipkg.planning.page import Section
from hipkg.render.screen.records import Item
from hipkg.render.sheet.alarms import Alarms
from hipkg.render.sheet.records import Line, Row
from hipkg.render.sheet.view import Part
from hipkg.render.words import clean, join_sites, lowered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.planning.page import Entry
    from hipkg.render.screen.safety import Safety
    from hipkg.render.screen.wording import BriefWording
    from hipkg.render.sheet.telling import Telling


class BriefAlarms(Part):
    """Tell what is there though it must not be, and what calls for a look at once."""

    def __init__(self, wording: BriefWording, telling: Telling, safety: Safety) -> None:
        super().__init__(telling.view)
        self._wording = wording
        self._telling = telling
        self._safety = safety
        self._alarms = Alarms(wording, telling)

    def items(self) -> Iterator[Item]:
        """Tell what is there though it must not be, and what calls for a look at once."""
        for one in self._alarms.repeated():
            first = self._wording.first_named(one.statements)[:1]
            yield Item(one.title, one.site, statements=one.statements, out=True, named=first)
        alarms: list[list[Row]] = []
        for one in self._alarm_rows:
            alike = next((some for some in alarms if _adds_to(one, some[0])), None)
            if alike is None:
                alarms.append([one])
            else:
                alike.append(one)
        for alarm, *others in alarms:
            lines = [*alarm.lines]
            for one in others:
                words = (one.title.partition(", ")[2], *(_in_line(it) for it in one.lines))
                lines.append(Line("", (", ".join(words),), one.statements))
            lines += [Line("not", (lowered(one.title),), one.statements) for one in self._carried_out_by(alarm)]
            yield Item(alarm.title, alarm.site, "", alarm.statements, tuple(lines), out=True)

    @cached_property
    def _alarm_rows(self) -> list[Row]:
        """List the rows of alarms, but for what the rows of dangers tell."""
        return self._alarms.rows(self._safety.confronting())

    def _carried_out_by(self, alarm: Row) -> Iterator[Row]:
        """List what is discouraged and carried out by nothing but the treatment that an alarm is about."""
        found: dict[Row, list[str]] = {}
        for entry in self._realised:
            one = self._plan.actions[entry.actions[0]]
            kinds = kinds_of(self._knowledge.interventions[one.intervention].realised_by, self._knowledge)
            if kinds == (alarm.about,):
                row = Row(clean(self._wording.name(one)), "", "", one.shown)
                found.setdefault(row, []).append(self._view.where(one.intervention, one.site))
        return (row for row, sites in found.items() if join_sites(sites, self._knowledge) == alarm.site)

    @cached_property
    def _realised(self) -> list[Entry]:
        """List the rows of what is discouraged and carried out by what is on record."""
        rows = (one for part in self._view.page.parts if part.section == Section.CHECK for one in part.rows)
        return [one for one in rows if self._plan.actions[one.actions[0]].realised]

    def is_told_there(self, entry: Entry) -> bool:
        """Tell whether the row of an alarm tells of what is discouraged."""
        if entry not in self._realised:
            return False
        shown = self._plan.actions[entry.actions[0]].shown
        return any(one.statements == shown for alarm in self._alarm_rows for one in self._carried_out_by(alarm))


def _adds_to(alarm: Row, first: Row) -> bool:
    """Tell whether an alarm only says more of the same treatment than a first one, which names it."""
    named, _, objection = alarm.title.partition(", ")
    same = alarm.about == first.about != "" and alarm.site == first.site
    return same and bool(objection) and first.title.startswith(named.rpartition(" ")[0])


def _in_line(line: Line) -> str:
    return f"{line.lead} {', '.join(line.parts)}".strip()
