"""Write what has changed in a plan since an earlier record or date, as text, Markdown and JSON."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from hipkg.defence.difference import InteractionChange, StatementChange
from hipkg.defence.since import Moved, Since, Turned, Unbegun
from hipkg.knowledge.wording import listed
from hipkg.planning.bounds import Comparison
from hipkg.planning.page import Section
from hipkg.render.outline import INVALID, Outline, Row, render_outlines
from hipkg.render.plan_json import PARTS, PartWriter
from hipkg.render.sheet import HEADINGS
from hipkg.render.what_if import interaction_rows
from hipkg.render.words import clean, counted, describe_check, describe_record, describe_trial, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

_JSON = PartWriter(
    {
        **PARTS,
        Since: "after.patient since=before.as_of after.as_of after.ontology_version after.engine valid days facts "
        "gone? turned moved unbegun? interactions?",
        Turned: "statement site before? missed? check",
        Moved: "@intervention label brief site before after fulfilled_before? fulfilled_after? runsOn=runs_on? "
        "statements",
        Unbegun: "@intervention label brief site statements",
        StatementChange: "id site before after",
        InteractionChange: "before? after?",
    }
)
_GONE = "No longer in the plan"
_NEW = "new"
_REVIEWED, _LENGTH = {"once", "repeat"}, "length"
"""How bounds are compared that time alone can reach."""
_WITHOUT = re.compile(r"^without:? ")
UNBEGUN_SHOWN = 8


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
    yield from _still_to_do(one)
    yield Row(0, "What is new on record" if one.recorded else "Nothing is new on record", style="heading")
    yield from (Row(1, clean(fact), "recorded") for fact in one.recorded)
    if one.days:
        yield Row(1, f"{counted(abs(one.days), 'day')} {'later' if one.days > 0 else 'earlier'}", "recorded")
    if one.gone:
        yield Row(0, "No longer on record", style="heading")
        yield from (Row(1, _WITHOUT.sub("", clean(fact)), "recorded") for fact in one.gone)
    kept = [it for it in one.turned if not it.missed]
    due = [it for it in kept if it.check.bound.compared_as in _REVIEWED]
    lengths = [it for it in kept if it.check.bound.compared_as == _LENGTH]
    yield from _compared("Now due", due, one.after.as_of)
    long_enough = [it for it in lengths if it.check.verdict == Comparison.WITHIN]
    yield from _compared("Long enough now", long_enough, one.after.as_of)
    told = [*due, *long_enough]
    yield from _compared("Compared anew", (it for it in kept if it not in told), one.after.as_of)
    if not one.moved:
        others = one.turned or one.unbegun or one.interactions
        same = "No action has moved in the plan" if others else "The plan is the same"
        yield Row(0, same, style="heading")
    for after, some in groupby(one.moved, key=lambda it: it.after):
        yield Row(0, HEADINGS[Section(after)] if after else _GONE, style="heading")
        yield from map(_moved, some)
    yield from interaction_rows(one.interactions)


def _still_to_do(one: Since) -> Iterator[Row]:
    """Name what was to be done on the earlier day and is still not on record, each at all its sites."""
    sites: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for it in one.unbegun:
        sites.setdefault((clean(it.brief), it.statements), []).append(clean(it.site))
    if sites:
        yield Row(0, f"Still not on record, to be done since {one.before.as_of.isoformat()}", style="heading")
    for (brief, ids), where in [*sites.items()][:UNBEGUN_SHOWN]:
        named = f" · {listed([*filter(None, where)], 'and')}" if any(where) else ""
        yield Row(1, f"{brief}{named} {' '.join(ids)}", "recorded")
    if (more := len(sites) - UNBEGUN_SHOWN) > 0:
        yield Row(1, f"and {more} more")


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
        return f"{check.label}: {describe_record(check)}"
    words = describe_check(check)
    return words if words.startswith(check.label) else f"{check.label}: {words}"


def _moved(one: Moved) -> Row:
    """Tell where an action stood before, and by which statements it stands elsewhere."""
    before = HEADINGS[Section(one.before)].lower() if one.before else ""
    was = one.fulfilled_before or before
    now = ", which runs on" if one.runs_on else f" {one.fulfilled_after}" if one.fulfilled_after else ""
    told = f"before: {was}" if was else _NEW
    site = f" · {clean(one.site)}" if one.site else ""
    ids = " ".join(dict.fromkeys(it.id for it in one.statements))
    return Row(1, f"{clean(one.brief)}{site}{now} ({told}) {ids}".rstrip(), "recorded")
