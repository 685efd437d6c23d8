"""The first screen of a plan, as plain records without any layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hipkg.render.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from hipkg.planning.page import Section
    from hipkg.render.sheet.records import Ask, Line

QUESTIONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Item:
    """A row: what it is about, its site, grade and statements, what there is to know of it, and what it waits for.

    ``earliest`` is the first day on which its condition can be met, ``assumed`` tells that treatment has to start today
    for that. An item that stands ``out`` has a line of its own, and one that is ``doubted`` runs without the wanted
    outcome; ``named`` are the statements to name first, if not all,
    and ``owners`` those that state the grade, if not all.
    """

    title: str
    site: str = ""
    grade: str = ""
    statements: tuple[str, ...] = ()
    details: tuple[Line, ...] = ()
    condition: str = ""
    earliest: date | None = None
    assumed: bool = False
    out: bool = False
    category: str = ""
    listed: bool = True
    named: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """The first screen of a plan; ``unasked`` counts the questions that only the whole plan has.

    ``everywhere`` names the sites of which the title says the same, so that no row need name them.
    """

    title: tuple[str, ...]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: Mapping[Section, tuple[Item, ...]]
    questions: tuple[Ask, ...]
    notice: str
    everywhere: str = ""
    unasked: int = 0

    @property
    def left_out(self) -> tuple[str, ...]:
        """Say what the whole plan has beside the first screen."""
        rows = sum(not one.listed for items in self.sections.values() for one in items)
        left = ((rows, "more row"), (self.unasked, "more question"))
        return tuple(counted(number, noun) for number, noun in left if number)
