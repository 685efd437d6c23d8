"""What a plan reads like, arranged for people, as plain records without any layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hipkg.planning.page import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

QUESTIONS_SHOWN = 5
DECISIONS_SHOWN = 3
UNGROUPED = 12
OPTIONAL = " (to consider)"
_GROUPED = {Section.TODAY, Section.AGAIN}
HEADINGS = {
    Section.CHECK: "Check",
    Section.ASK: "Ask first",
    Section.MAY: "May apply",
    Section.TODAY: "Do today",
    Section.CONSIDER: "Consider",
    Section.TRIED: "Tried",
    Section.NOT: "Do not",
    Section.ALREADY: "Already",
    Section.IF: "If",
    Section.LATER: "If not enough",
    Section.AGAIN: "Look again",
    Section.KNOW: "Know",
    Section.DISAGREE: "Disagree",
    Section.UNUSED: "Not used",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line below an action: a lead word such as "needs", its parts and the statements that say so."""

    lead: str
    parts: tuple[str, ...]
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One action, or several that differ only in their site, with the rows of what is told in its own.

    ``lead`` is the word before the title, empty where the heading says all: how something goes along, or that it must
    not be done. An alarm is ``about`` the intervention of its statements, if that is one.
    """

    title: str
    site: str
    grade: str
    statements: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    category: str = ""
    riders: tuple[Row, ...] = ()
    lead: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class SheetSection:
    """The rows under one heading; ``key`` is stable, ``heading`` is for reading."""

    key: str
    heading: str
    rows: tuple[Row, ...]

    @property
    def groups(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        """The rows by category, or all of them under no name where they are few."""
        if self.key not in _GROUPED or len(self.rows) <= UNGROUPED:
            return (("", self.rows),)
        gathered: dict[str, list[Row]] = {}
        for row in self.rows:
            gathered.setdefault(row.category, []).append(row)
        return tuple((name, tuple(rows)) for name, rows in gathered.items())


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with what its answer decides, in words, and the statements; it may open a context of statements.

    What is ``unexpected`` of the patient is not asked on a page.
    """

    text: str
    site: str
    decides: tuple[str, ...]
    statements: tuple[str, ...]
    opens: bool = False
    unexpected: bool = False

    def brief(self) -> str:
        """Name the first few actions that the answer decides and count the rest."""
        return ", ".join(first_few(self.decides, DECISIONS_SHOWN))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A plan arranged for reading."""

    title: tuple[str, ...]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    sections: tuple[SheetSection, ...]
    questions: tuple[Ask, ...]
    notice: str

    @property
    def asked(self) -> tuple[Ask, ...]:
        """The questions on which most depends."""
        return tuple(one for one in self.questions if not one.unexpected)[:QUESTIONS_SHOWN]

    @property
    def unasked(self) -> int:
        """How many questions are left over."""
        return len(self.questions) - len(self.asked)

    @property
    def before_questions(self) -> tuple[SheetSection, ...]:
        """The sections that are read before the questions: what calls for action at once."""
        return tuple(one for one in self.sections if one.key == Section.CHECK)

    @property
    def after_questions(self) -> tuple[SheetSection, ...]:
        """The sections that are read after the questions."""
        return tuple(one for one in self.sections if one.key != Section.CHECK)

    @property
    def statements(self) -> tuple[str, ...]:
        """The ids of all statements that the sections name."""
        top = [row for section in self.sections for row in section.rows]
        rows = [*top, *(rider for row in top for rider in row.riders)]
        named = {one for row in rows for one in row.statements}
        named |= {one for row in rows for line in row.lines for one in line.statements}
        return tuple(sorted(named))


def first_few(labels: Sequence[str], count: int) -> tuple[str, ...]:
    """Take the first few, and count the rest."""
    rest = len(labels) - count
    return (*labels[:count], *([f"{rest} more"] if rest > 0 else []))
