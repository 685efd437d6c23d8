"""Write how a change of the record would change a plan, as text, Markdown and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.defence.difference import ActionChange, InteractionChange, StatementChange
from hipkg.defence.what_if import WhatIf
from hipkg.knowledge.wording import listed
from hipkg.render.encoder import Writer
from hipkg.render.findings import SHAPES
from hipkg.render.outline import INVALID, Outline, Row, render_outlines, title
from hipkg.render.plan_json import PARTS
from hipkg.render.words import clean, told_interaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_GONE = "not in the plan"
_UNLISTED = "not applicable"

_JSON = Writer(
    {
        **PARTS,
        **SHAPES,
        WhatIf: "before.patient before.as_of before.ontology_version before.engine facts valid findings "
        "difference.actions difference.statements difference.interactions?",
        ActionChange: "@intervention label site before after statements",
        StatementChange: "id site before after",
        InteractionChange: "before? after?",
    }
)


def render_what_if(found: Sequence[WhatIf], format: str, *, to_terminal: bool = False) -> str:  # noqa: A002 - as everywhere
    """Write what-ifs as `hipkg.render.outline.render_outlines` does."""
    return render_outlines(found, format, outline=_outline, writer=_JSON, to_terminal=to_terminal)


def _outline(one: WhatIf) -> Outline:
    return Outline(title("What if", one.before, engine=one.before.engine), tuple(_rows(one)))


def _rows(one: WhatIf) -> Iterator[Row]:
    if not one.valid:
        yield INVALID
    yield Row(0, "If this were on record", style="heading")
    yield from (Row(1, fact, "recorded") for fact in one.facts)
    for finding in one.findings:
        yield Row(1, f"{finding.severity}: {finding.message}", "missing", "missing")
    yield Row(0, "the plan would change" if one.difference.actions else "no action would change", style="heading")
    for change in one.difference.actions:
        yield from _change(change, 1)
    others = [it for it in one.difference.statements if not any(it in act.statements for act in one.difference.actions)]
    if others:
        yield Row(0, "and these statements with it", style="heading")
        yield from (Row(1, _statement(it)) for it in others)
    yield from interaction_rows(one.difference.interactions)


def interaction_rows(changes: Iterable[InteractionChange]) -> Iterator[Row]:
    """Tell which treatments bear on each other, or do no longer, or stand otherwise, each once for all its sites."""
    told: dict[str, list[str]] = {}
    for one in changes:
        sites = told.setdefault(_interaction(one), [])
        sites += [clean(it.site) for it in (one.after or one.before,) if it and it.site]
    if told:
        yield Row(0, "Interactions", style="heading")
    for words, sites in told.items():
        yield Row(1, f"{words} · {listed(sites, 'and')}" if sites else words, "recorded")


def _interaction(change: InteractionChange) -> str:
    before, after = (told_interaction(one) if one else "" for one in change)
    if before and after:
        return f"{after} (before: {before})"
    return f"new: {after}" if after else f"no longer: {before}"


def _change(change: ActionChange, depth: int) -> Iterator[Row]:
    """Tell how one action would change, and by which statements."""
    site = f" · {clean(change.site)}" if change.site else ""
    yield Row(depth, f"{clean(change.label)}{site}: {change.before or _GONE} → {change.after or _GONE}", "recorded")
    yield from (Row(depth + 1, _statement(one), style="dim") for one in change.statements)


def _statement(change: StatementChange) -> str:
    return f"{change.id}: {change.before or _UNLISTED} → {change.after or _UNLISTED}"
