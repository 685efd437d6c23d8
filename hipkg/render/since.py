"""Write what has changed in a plan since an earlier record or date, as text, Markdown and JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from hipkg.defence.difference import StatementChange
from hipkg.defence.since import Moved, Since, Turned
from hipkg.planning.page import Section
from hipkg.render.outline import INVALID, Outline, Row, render_outlines
from hipkg.render.plan_json import PARTS, PartWriter
from hipkg.render.sheet import HEADINGS
from hipkg.render.words import clean, counted, describe_check, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_JSON = PartWriter(
    {
        **PARTS,
        Since: "after.patient since=before.as_of after.as_of after.ontology_version after.engine valid days facts "
        "turned moved",
        Turned: "statement site before? check",
        Moved: "@intervention label site before after fulfilled_before? fulfilled_after? statements",
        StatementChange: "id site before after",
    }
)
_GONE = "No longer in the plan"
_NEW = "new"
_WAS: dict[str, str] = {Section.IF: "on a condition", Section.LATER: "not yet"}


def render_since(found: Sequence[Since], format: str, *, to_terminal: bool = False) -> str:  # noqa: A002 - as everywhere
    """Write comparisons as `hipkg.render.outline.render_outlines` does."""
    return render_outlines(found, format, outline=_outline, writer=_JSON, to_terminal=to_terminal)


def _outline(one: Since) -> Outline:
    dates = one.before.as_of.isoformat(), one.after.as_of.isoformat()
    when = dates[1] if dates[0] == dates[1] else " to ".join(dates)
    return Outline((f"Since: {local_name(one.after.patient)}", when), tuple(_rows(one)))


def _rows(one: Since) -> Iterator[Row]:
    if not one.valid:
        yield INVALID
    yield Row(0, "What is new on record" if one.facts else "Nothing is new on record", style="heading")
    yield from (Row(1, clean(fact), "recorded") for fact in one.facts)
    if one.days:
        yield Row(1, f"{counted(abs(one.days), 'day')} {'later' if one.days > 0 else 'earlier'}", "recorded")
    due: dict[str, list[str]] = {}
    for it in one.turned:
        words = describe_check(it.check)
        named = words if words.startswith(it.check.label) else f"{it.check.label}: {words}"
        due.setdefault(named, []).append(it.statement)
    if due:
        yield Row(0, "Due or compared anew", style="heading")
        yield from (Row(1, f"{clean(words)} {' '.join(dict.fromkeys(ids))}", "recorded") for words, ids in due.items())
    if not one.moved:
        yield Row(0, "The plan is the same", style="heading")
    for after, some in groupby(one.moved, key=lambda it: it.after):
        yield Row(0, HEADINGS[Section(after)] if after else _GONE, style="heading")
        yield from map(_moved, some)


def _moved(one: Moved) -> Row:
    """Tell where an action stood before, and by which statements it stands elsewhere."""
    before = _WAS.get(one.before) or (HEADINGS[Section(one.before)].lower() if one.before else "")
    was = one.fulfilled_before or before
    now = f" {one.fulfilled_after}" if one.fulfilled_after else ""
    told = f"before: {was}" if was else _NEW
    site = f" · {clean(one.site)}" if one.site else ""
    ids = " ".join(dict.fromkeys(it.id for it in one.statements))
    return Row(1, f"{clean(one.label)}{site}{now} ({told}) {ids}".rstrip(), "recorded")
