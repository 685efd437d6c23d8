"""Write plans as Markdown that stands on its own when it is pasted into a note."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hipkg.planning.page import Section
from hipkg.render.sheet import HEADINGS, sheet
from hipkg.render.words import DISCLAIMER, GRADES_NOTE, capital, clean, grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan
    from hipkg.render.sheet import Ask, Line, Row, Sheet, SheetSection

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$!])")
_BULLET = re.compile(r"^([-+=])")
_NUMBERED = re.compile(r"^(\d+)([.)])")


def plan_to_markdown(plan: Plan, knowledge: Knowledge) -> str:
    """Write one plan with the wording of the statements that it names."""
    return sheet_to_markdown(sheet(plan, knowledge), knowledge)


def sheet_to_markdown(made: Sheet, knowledge: Knowledge, *, name: str = "Plan", note: str = GRADES_NOTE) -> str:
    """Write a sheet with the wording of the statements that it names.

    Parameters: ``name`` opens the title; ``note`` stands at the end.
    """
    return "\n".join(_lines(made, knowledge, name, note)) + "\n"


def plans_to_markdown(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write plans one after another."""
    return "\n".join(plan_to_markdown(one, knowledge) for one in plans)


def escape(text: str) -> str:
    """Keep a text from being read as markup."""
    return _SPECIAL.sub(r"\\\1", text)


def escape_opening(text: str) -> str:
    """Keep a text that opens a line from being read as markup or as an item of a list."""
    return _NUMBERED.sub(r"\1\\\2", _BULLET.sub(r"\\\1", escape(text)))


def _lines(made: Sheet, knowledge: Knowledge, name: str, note: str) -> Iterable[str]:
    yield f"# {name}: {escape(made.title[0])}"
    yield from ("", escape_opening(" · ".join(made.title[1:])), "", f"*{DISCLAIMER}*")
    for alarm in made.alarms:
        yield from ("", f"> **{escape(alarm)}**")
    for warning in made.warnings:
        yield from ("", f"> Warning: {escape(warning)}")
    if made.notice:
        yield from ("", f"**{made.notice}**")
    for section in made.before_questions:
        yield from _section(section)
    yield from _questions(made)
    for section in made.after_questions:
        yield from _section(section)
    yield from _wordings(made, knowledge)
    if made.sections:
        yield from ("", note)


def _section(section: SheetSection) -> Iterable[str]:
    yield from ("", f"## {section.heading}", "")
    for index, (name, rows) in enumerate(section.groups):
        if name:
            yield from ([""] if index else [])
            yield from (f"### {escape(capital(name))}", "")
        for row in rows:
            yield f"- {_row(row)}"
            yield from (f"  - {_line(one)}" for one in row.lines)
            for rider in row.riders:
                yield f"  - {_row(rider)}"
                yield from (f"    - {_line(one)}" for one in rider.lines)


def _row(row: Row) -> str:
    details = [row.site, row.grade, " ".join(row.statements)]
    lead = f"*{row.lead}* " if row.lead else ""
    return " · ".join([f"{lead}**{escape(row.title)}**", *(escape(one) for one in details if one)])


def _line(line: Line) -> str:
    lead = f"*{line.lead}* " if line.lead else ""
    ids = f" ({' '.join(line.statements)})" if line.statements else ""
    parts = " · ".join(line.parts)
    return f"{lead}{escape(parts) if lead else escape_opening(parts)}{escape(ids)}"


def _questions(made: Sheet) -> Iterable[str]:
    if not made.questions:
        return
    yield from ("", f"## {HEADINGS[Section.ASK]}", "")
    for number, ask in enumerate(made.asked, start=1):
        yield f"{number}. {_question(ask)}"
    if made.unasked:
        yield from ("", f"and {made.unasked} more")


def _question(ask: Ask) -> str:
    site = f" ({ask.site})" if ask.site else ""
    if not ask.statements:
        return f"{escape_opening(ask.text + site)} *missing from the record*"
    decides = f"*decides* {escape(ask.brief())}" if ask.decides else "*concerns*"
    return f"{escape_opening(ask.text + site)} {decides} ({escape(' '.join(ask.statements))})"


def _wordings(made: Sheet, knowledge: Knowledge) -> Iterable[str]:
    """Give the words, source and grades of the statements that the plan names."""
    named = set(made.statements)
    infos = sorted((one for one in knowledge.statements.values() if one.id in named), key=lambda one: one.id)
    if not infos:
        return
    yield from ("", "## Statements", "", "| Statement | Wording | Document, section | Grades |", "|---|---|---|---|")
    for info in infos:
        document = knowledge.documents.get(info.document)
        source = ", ".join(one for one in (document.id if document else "", info.section) if one)
        cells = (info.id, clean(info.text), clean(source), grade(info.strength, info.quality))
        yield f"| {' | '.join(escape(one) for one in cells)} |"
    cited = sorted({one.document for one in infos})
    yield ""
    for document in (knowledge.documents[one] for one in cited if one in knowledge.documents):
        origin = ", ".join(one for one in (document.publisher, document.issued) if one)
        yield f"- {escape(document.id)}: {escape(clean(document.title))} ({escape(clean(origin))})"
