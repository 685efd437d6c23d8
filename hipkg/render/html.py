"""Write a plan as a small self-contained piece of HTML, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from hipkg.planning.page import Section
from hipkg.render.sheet import HEADINGS, sheet
from hipkg.render.words import DISCLAIMER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan
    from hipkg.render.sheet import Line, Row, Sheet, SheetSection

_COLOURS: dict[str, str] = {
    Section.CHECK: "#cf222e",
    Section.MAY: "#9a6700",
    Section.TODAY: "#1a7f37",
    Section.CONSIDER: "#1a7f37",
    Section.TRIED: "#9a6700",
    Section.NOT: "#cf222e",
    Section.ALREADY: "#1a7f37",
    Section.IF: "#9a6700",
    Section.LATER: "#9a6700",
    Section.AGAIN: "#0969da",
    Section.KNOW: "#57606a",
    Section.DISAGREE: "#8250df",
    Section.UNUSED: "#57606a",
}
_TOP = "vertical-align:top;text-align:left"


def plan_to_html(plan: Plan, knowledge: Knowledge) -> str:
    """Write a plan as one element with a table: a row for each action and for each question."""
    return sheet_to_html(sheet(plan, knowledge))


def sheet_to_html(made: Sheet, name: str = "Plan", note: str = DISCLAIMER) -> str:
    """Write what is arranged as a plan is, under a name, with a note below the title."""
    return "\n".join(_lines(made, name, note))


def _lines(made: Sheet, name: str, note: str) -> Iterable[str]:
    yield '<div class="hipkg-plan">'
    yield f"<p><strong>{escape(' · '.join((name, *made.title)))}</strong><br><em>{escape(note)}</em></p>"
    yield from (f'<p style="color:#cf222e"><strong>{escape(one)}</strong></p>' for one in made.alarms)
    yield from (f"<p>Warning: {escape(one)}</p>" for one in made.warnings)
    if made.notice:
        yield f"<p><strong>{made.notice}</strong></p>"
    yield "<table>"
    headings = ("", "Action", "Site", "Strength / evidence", "Statements")
    yield f"<thead><tr>{''.join(f'<th>{one}</th>' for one in headings)}</tr></thead>"
    yield "<tbody>"
    for section in made.before_questions:
        yield from _section(section)
    for number, ask in enumerate(made.asked, start=1):
        decides = f"<br><small>decides {escape(ask.brief())}</small>" if ask.decides else ""
        cells = (f"{number}. {escape(ask.text)}{decides}", escape(ask.site), "", escape(" ".join(ask.statements)))
        yield _table_row(HEADINGS[Section.ASK] if number == 1 else "", cells)
    for section in made.after_questions:
        yield from _section(section)
    yield "</tbody></table>"
    if made.unasked:
        yield f"<p>and {made.unasked} more questions</p>"
    yield "</div>"


def _section(section: SheetSection) -> Iterable[str]:
    heading = section.heading
    for name, rows in section.groups:
        for index, row in enumerate(rows):
            named = f"{heading}<br><small>{escape(name)}</small>" if name and not index else heading
            cells = (_cell(row), escape(row.site), escape(row.grade), escape(" ".join(row.statements)))
            yield _table_row(named, cells, _COLOURS.get(section.key, "inherit"))
            heading = ""


def _table_row(heading: str, cells: tuple[str, ...], colour: str = "inherit") -> str:
    """Write a row; the cells are HTML already."""
    named = f'<th style="{_TOP};color:{colour}">{heading}</th>'
    data = "".join(f'<td style="{_TOP}">{one}</td>' for one in cells)
    return f"<tr>{named}{data}</tr>"


def _cell(row: Row) -> str:
    lines = [f"<br><small>{_line(one)}</small>" for one in row.lines]
    lead = f"<em>{escape(row.lead)}</em> " if row.lead else ""
    return "".join([f"{lead}{escape(row.title)}", *lines, *(f"<br><small>{_rider(one)}</small>" for one in row.riders)])


def _rider(row: Row) -> str:
    """Write what is told in the row of another action."""
    lines = "".join(f"<br>{_line(one)}" for one in row.lines)
    return f"<em>{escape(row.lead)}</em> {escape(row.title)} {escape(' '.join(row.statements))}{lines}"


def _line(line: Line) -> str:
    lead = f"<em>{escape(line.lead)}</em> " if line.lead else ""
    return f"{lead}{escape(' · '.join(line.parts))} {escape(' '.join(line.statements))}".rstrip()
