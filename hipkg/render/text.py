"""Write plans as text for a terminal."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hipkg.planning.page import Section
from hipkg.render.console import printed
from hipkg.render.screen import screen
from hipkg.render.sheet import HEADINGS, sheet
from hipkg.render.timeline import timeline
from hipkg.render.words import ASSUMED, DISCLAIMER, GRADES_NOTE, UNGRADED, capital, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan
    from hipkg.render.sheet import Ask, Line, Row, Sheet, SheetSection
    from hipkg.render.timeline import Bar

DEFAULT_WIDTH = 80
NARROWEST = 20
WIDEST = 120
_STACKED_BELOW = 76
_ROOMY_FROM = 100
GUTTER = 10
_DAY_WIDTH = 13
"""How much room a day and the spaces around it take."""
STYLES = {
    "check": ("▲", "!!", "bold red"),
    "ask-first": ("", "", "bold"),
    "may-apply": ("?", "?", "yellow"),
    "do-today": ("●", "*", "bold green"),
    "consider": ("○", "?", "green"),
    "tried": ("↻", "r", "yellow"),
    "do-not": ("✖", "X", "bold red"),
    "already": ("✓", "v", "green"),
    "if": ("◐", "~", "yellow"),
    "if-not-enough": ("◐", "~", "yellow"),
    "look-again": ("○", "o", "cyan"),
    "know": ("▪", ".", "blue"),
    "disagree": ("⚖", "=", "magenta"),
    "not-used": ("○", "o", "dim"),
    "waiting": ("◐", "~", "yellow"),
    "ongoing": ("●", "*", "bold green"),
    "planned": ("○", "o", "cyan"),
    "completed": ("✓", "v", "green"),
    "stopped": ("✖", "X", "red"),
    "notDone": ("\u2013", "-", "red"),
    "unclear": ("○", "o", "dim"),
    "reviews": ("○", "o", "cyan"),
    "studies": ("▪", ".", "blue"),
}
_PLAINER = str.maketrans(
    {
        "\u00b7": ";",
        "\u2013": "-",
        "\u2014": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u2026": ".",
        "\u2265": ">=",
        "\u2500": "-",
    }
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How wide a page and the columns beside a title are, and whether only ASCII may be used."""

    width: int
    ascii: bool
    columns: tuple[int, ...] = ()

    @classmethod
    def of(cls, width: int | None, ascii: bool | None = None, *, to_terminal: bool) -> Layout:  # noqa: A002 - names the character set
        """Choose a layout; the parameters, and what they are by default, are those of `sheets_to_text`."""
        if width is None:
            width = min(shutil.get_terminal_size().columns, WIDEST) if to_terminal else DEFAULT_WIDTH
        if ascii is None:
            ascii = to_terminal and not _can_show_symbols(sys.stdout.encoding)  # noqa: A001 - names the character set
        return cls(max(width, NARROWEST), ascii)

    @property
    def stacked(self) -> bool:
        """Tell whether headings stand above the rows, for want of room."""
        return self.width < _STACKED_BELOW

    @property
    def dot(self) -> str:
        """What stands between parts of a line."""
        return "; " if self.ascii else " · "

    def symbol(self, key: str) -> str:
        """Give the symbol of a section."""
        return STYLES[key][1 if self.ascii else 0]

    def fitted(self, made: Sheet) -> Layout:
        """Fit the columns for site, grade and statements to what a plan holds, within limits that the width sets."""
        rows = [row for section in made.sections for row in section.rows]
        roomy = self.width >= _ROOMY_FROM or not any(one.grade for one in rows)
        limits = (14, 21, 29) if roomy else (11, 13, 11)
        wanted = [(len(one.site), len(one.grade), len(" ".join(one.statements))) for one in rows]
        columns = [min(limit, max(sizes)) for limit, sizes in zip(limits, zip(*wanted, strict=True), strict=False)]
        return Layout(self.width, self.ascii, tuple(columns))


def plans_to_text(
    plans: Sequence[Plan],
    knowledge: Knowledge,
    *,
    to_terminal: bool = False,
    width: int | None = None,
    ascii: bool | None = None,  # noqa: A002 - names the character set
) -> str:
    """Write whole plans as text, each with its course in time; the parameters are those of `sheets_to_text`."""
    page = Layout.of(width, ascii, to_terminal=to_terminal)

    def parts(plan: Plan) -> Iterable[RenderableType]:
        made = sheet(plan, knowledge)
        bars = timeline(plan, screen(plan, knowledge), knowledge)
        return _parts(made, "Plan", GRADES_NOTE, page.fitted(made), _in_time(bars, page) if bars else None)

    return joined(page_to_text(parts(one), page, to_terminal=to_terminal) for one in plans)


def sheets_to_text(
    sheets: Sequence[Sheet],
    *,
    name: str = "Plan",
    note: str = GRADES_NOTE,
    to_terminal: bool = False,
    width: int | None = None,
    ascii: bool | None = None,  # noqa: A002 - names the character set
) -> str:
    """Write sheets as text, one after another.

    Parameters: ``name`` opens the title; ``note`` stands below the sections; ``to_terminal`` allows colours, unless
    ``NO_COLOR`` is set; ``width`` in columns is by default that of the terminal, at most `WIDEST`, or `DEFAULT_WIDTH`;
    ``ascii`` keeps to ASCII, by default where the terminal's encoding lacks the symbols.
    """
    page = Layout.of(width, ascii, to_terminal=to_terminal)
    pages = (_parts(one, name, note, page.fitted(one)) for one in sheets)
    return joined(page_to_text(one, page, to_terminal=to_terminal) for one in pages)


def page_to_text(parts: Iterable[RenderableType], page: Layout, *, to_terminal: bool) -> str:
    """Print a page as it is laid out."""
    text = printed(*parts, width=page.width, to_terminal=to_terminal)
    return text.translate(_PLAINER).encode("ascii", "replace").decode() if page.ascii else text


def joined(pages: Iterable[str]) -> str:
    """Put printed pages one after another, with an empty line between two."""
    return "\n".join(pages)


def _can_show_symbols(encoding: str | None) -> bool:
    try:
        "".join(one[0] for one in STYLES.values()).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _parts(
    made: Sheet, name: str, note: str, page: Layout, in_time: RenderableType | None = None
) -> Iterable[RenderableType]:
    yield Text(page.dot.join((name, *made.title)), style="bold")
    yield Text(DISCLAIMER, style="dim")
    for alarm in made.alarms:
        yield marked("!!", Text(alarm, style="bold white on red"), "bold red")
    for warning in made.warnings:
        yield marked("!", Text(f"Warning: {warning}"), "yellow")
    if made.notice:
        yield Group(Text(""), Text(made.notice, style="bold"))
    yield from (_section(one, page) for one in made.before_questions)
    if made.questions:
        yield Group(Text(""), _headed(HEADINGS[Section.ASK], Group(*_questions(made, page)), "bold", page))
    yield from (_section(one, page) for one in made.after_questions)
    if in_time is not None:
        yield Group(Text(""), _headed("In time", in_time, "bold", page))
    if made.sections:
        yield Group(Text(""), Text(note, style="dim"))


def _section(section: SheetSection, page: Layout) -> RenderableType:
    body = Group(*_body(section, page))
    return Group(Text(""), _headed(section.heading, body, STYLES[section.key][2], page))


def _body(section: SheetSection, page: Layout) -> Iterable[RenderableType]:
    for name, rows in section.groups:
        if name:
            yield Text(capital(name), style="italic")
        yield from (_row(one, section, page) for one in rows)


def _headed(heading: str, body: RenderableType, style: str, page: Layout) -> RenderableType:
    """Put a heading beside a body, or above it where the page is narrow."""
    title = Text(heading.upper(), style=style)
    return Group(title, body) if page.stacked else beside(title, body, GUTTER)


def marked(symbol: str, body: RenderableType, style: str) -> RenderableType:
    """Put a symbol before a body."""
    return beside(Text(symbol, style=style), body, len(symbol))


def beside(left: RenderableType, right: RenderableType, width: int) -> RenderableType:
    """Put one body of a width in columns beside another."""
    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(width=width, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    table.add_row(left, right)
    return table


def _row(row: Row, section: SheetSection, page: Layout) -> RenderableType:
    """Lay out an action: title, site, grade and statements, then what it waits for and how it is done."""
    style = STYLES[section.key][2]
    head = _stacked(row, style, page) if page.stacked else _in_columns(row, style, page)
    needless = row.statements if len(row.lines) == 1 else ()
    riders = (_rider(one, page) for one in row.riders)
    body = Group(head, *(_line(one, needless, page) for one in row.lines), *riders)
    return marked(page.symbol(section.key), body, style)


def _rider(row: Row, page: Layout) -> RenderableType:
    """Lay out what is told in the row of another action."""
    rest = [one for one in (row.site, row.grade if row.grade != UNGRADED else "", " ".join(row.statements)) if one]
    title = Text.assemble((f"{row.lead} ", "italic"), page.dot.join((row.title, *rest)))
    needless = row.statements if len(row.lines) == 1 else ()
    return _indented(Group(title, *(_line(one, needless, page) for one in row.lines)))


def _titled(row: Row, style: str) -> Text:
    """Write the title of a row, after the word that leads to it."""
    return Text.assemble((f"{row.lead} " if row.lead else "", "italic"), (row.title, style))


def _in_columns(row: Row, style: str, page: Layout) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(ratio=1, overflow="fold")
    cells = [row.site, row.grade, " ".join(row.statements)]
    shown = [(cell, width) for cell, width in zip(cells, page.columns, strict=True) if width]
    for _, width in shown:
        table.add_column(width=width, overflow="fold")
    table.add_row(_titled(row, style), *(Text(cell) for cell, _ in shown))
    return table


def _stacked(row: Row, style: str, page: Layout) -> RenderableType:
    rest = [one for one in (row.site, row.grade, " ".join(row.statements)) if one]
    return Group(_titled(row, style), *([Text(page.dot.join(rest))] if rest else []))


def _line(line: Line, needless: tuple[str, ...], page: Layout) -> RenderableType:
    """Lay out a line below an action, without the statements if they are those of the action anyway."""
    lead = f"{line.lead} " if line.lead else ""
    named = "" if line.statements == needless else "  " + " ".join(line.statements)
    return _indented(Text.assemble((lead, "italic"), page.dot.join(line.parts), (named, "dim")))


def _questions(made: Sheet, page: Layout) -> Iterable[RenderableType]:
    for number, ask in enumerate(made.asked, start=1):
        yield marked(f"{number}.", _question(ask, page), "bold")
    if made.unasked:
        yield Text(f"and {made.unasked} more", style="dim")


def _question(ask: Ask, page: Layout) -> RenderableType:
    site = f"{page.dot}{ask.site}" if ask.site else ""
    if not ask.statements:
        return Group(Text(ask.text + site), _indented(Text("missing from the record", "dim")))
    if ask.opens:
        named = f": {ask.brief()}" if ask.decides else ""
        opened = f"opens {counted(len(ask.statements), 'statement')}{named}"
        return Group(Text(ask.text + site), _indented(Text(opened)))
    decides = f"decides {ask.brief()}  " if ask.decides else "concerns "
    return Group(Text(ask.text + site), _indented(Text.assemble(decides, (" ".join(ask.statements), "dim"))))


def _in_time(bars: Sequence[Bar], page: Layout) -> RenderableType:
    """Draw what is on record of each length of treatment and what is still to come, with the day of its end."""
    first, last = min(one.start for one in bars), max(one.end for one in bars)
    label = min(max(len(one.label) for one in bars), page.width // 2 - GUTTER)
    room = max(page.width - (0 if page.stacked else GUTTER) - label - _DAY_WIDTH, 1)
    span = max((last - first).days, 1)
    there, to_come = ("#", ".") if page.ascii else ("█", "░")

    def drawn(bar: Bar) -> RenderableType:
        *before, end = (round(room * (day - first).days / span) for day in (bar.start, bar.now, bar.end))
        start, now = (min(one, room - 1) for one in before)  # what is to come always has a place left
        text = Text(" " * start)
        text.append(there * (now - start), style="green")
        text.append(to_come * max(end - now, 1), style="yellow")
        text.append(f" {bar.end.isoformat()}")
        return beside(Text(bar.label), text, label)

    key = f"from {first.isoformat()}: {there} on record, {to_come} still to come"
    key += f"{page.dot}{ASSUMED}" if any(one.assumed for one in bars) else ""
    return Group(*map(drawn, bars), Text(key, style="dim"))


def _indented(text: RenderableType) -> RenderableType:
    return Padding(text, (0, 0, 0, 2))
