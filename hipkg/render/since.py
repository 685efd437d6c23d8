"""Write what has changed in a plan since an earlier record or date, as text, Markdown and JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from hipkg.defence.difference import StatementChange
from hipkg.defence.since import Moved, Since, Turned
from hipkg.planning.bounds import Comparison
from hipkg.planning.page import Section
from hipkg.render.outline import INVALID, Outline, Row, render_outlines
from hipkg.render.plan_json import PARTS, PartWriter
from hipkg.render.sheet import HEADINGS
from hipkg.render.words import clean, counted, describe_check, describe_record, describe_trial, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

_JSON = PartWriter(
    {
        **PARTS,
        Since: "after.patient since=before.as_of after.as_of after.ontology_version after.engine valid days facts "
        "turned moved",
        Turned: "statement site before? missed? check",
        Moved: "@intervention label brief site before after fulfilled_before? fulfilled_after? statements",
        StatementChange: "id site before after",
    }
)
_GONE = "No longer in the plan"
_NEW = "new"
_TIMED = {"once", "repeat", "length"}
"""How bounds are compared that time alone can reach."""
_WAS: dict[str, str] = {Section.IF: "conditional", Section.LATER: "not yet"}


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
    yield from _compared("Missed", (it for it in one.turned if it.missed), one.after.as_of)
    yield Row(0, "What is new on record" if one.facts else "Nothing is new on record", style="heading")
    yield from (Row(1, clean(fact), "recorded") for fact in one.facts)
    if one.days:
        yield Row(1, f"{counted(abs(one.days), 'day')} {'later' if one.days > 0 else 'earlier'}", "recorded")
    kept = [it for it in one.turned if not it.missed]
    due = [it for it in kept if it.check.bound.compared_as in _TIMED]
    yield from _compared("Now due", due, one.after.as_of)
    yield from _compared("Compared anew", (it for it in kept if it not in due), one.after.as_of)
    if not one.moved:
        same = "No action stands elsewhere in the plan" if one.turned else "The plan is the same"
        yield Row(0, same, style="heading")
    for after, some in groupby(one.moved, key=lambda it: it.after):
        yield Row(0, HEADINGS[Section(after)] if after else _GONE, style="heading")
        yield from map(_moved, some)


def _compared(heading: str, turned: Iterable[Turned], as_of: date) -> Iterator[Row]:
    """Tell under a heading what compares otherwise, what reads the same once, with all statements that ask for it."""
    told: dict[str, list[str]] = {}
    for it in turned:
        told.setdefault(clean(_words(it, as_of)), []).append(it.statement)
    if told:
        yield Row(0, heading, style="heading")
    yield from (Row(1, f"{words} {' '.join(dict.fromkeys(ids))}", "recorded") for words, ids in told.items())


def _words(turned: Turned, as_of: date) -> str:
    """Say how a bound compares, of a course that is long enough not by its limits but that it is."""
    check = turned.check
    if turned.missed and check.verdict == Comparison.WITHIN:
        return describe_trial(check, as_of)
    if check.bound.compared_as == "length" and check.verdict == Comparison.WITHIN:
        return f"{check.label}: {'tried ' if check.bound.measured_on else ''}long enough, {describe_record(check)}"
    words = describe_check(check)
    return words if words.startswith(check.label) else f"{check.label}: {words}"


def _moved(one: Moved) -> Row:
    """Tell where an action stood before, and by which statements it stands elsewhere."""
    before = _WAS.get(one.before) or (HEADINGS[Section(one.before)].lower() if one.before else "")
    was = one.fulfilled_before or before
    now = f" {one.fulfilled_after}" if one.fulfilled_after else ""
    told = f"before: {was}" if was else _NEW
    site = f" · {clean(one.site)}" if one.site else ""
    ids = " ".join(dict.fromkeys(it.id for it in one.statements))
    return Row(1, f"{clean(one.brief)}{site}{now} ({told}) {ids}".rstrip(), "recorded")
