"""Write watch lists as text, Markdown and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.defence.watching import Threat, Watched, WatchList
from hipkg.render.encoder import Writer
from hipkg.render.outline import INVALID, Outline, Row, render_outlines, title
from hipkg.render.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_GONE = "no longer in the plan"
_NOTHING = "None of the single facts that were tried would change an action that this plan indicates."
_NO_ACTION = "This plan indicates nothing, so there is nothing to watch for."

_JSON = Writer(
    {
        WatchList: "plan.patient plan.as_of plan.ontology_version plan.valid actions",
        Watched: "@action.intervention action.label action.site threats",
        Threat: "fact turtle=snippet after statements",
    }
)


def render_watch_lists(lists: Sequence[WatchList], format: str, *, to_terminal: bool = False) -> str:  # noqa: A002 - as everywhere
    """Write watch lists as `hipkg.render.outline.render_outlines` does."""
    return render_outlines(lists, format, outline=_outline, writer=_JSON, to_terminal=to_terminal)


def _outline(one: WatchList) -> Outline:
    plan = one.plan
    rows = tuple(_rows(one)) or (Row(0, _NOTHING if one.actions else _NO_ACTION),)
    return Outline(title("Watch", plan), rows if plan.valid else (INVALID, *rows))


def _rows(one: WatchList) -> Iterator[Row]:
    """Tell the actions with something to watch for, then name the others."""
    for watched in one.actions:
        if watched.threats:
            site = f" · {clean(watched.action.site)}" if watched.action.site else ""
            yield Row(0, f"{clean(watched.action.label)}{site}: indicated as long as not", style="heading")
            yield from (_threat(threat) for threat in watched.threats)
    calm = [clean(watched.action.label) for watched in one.actions if not watched.threats]
    if calm and len(calm) < len(one.actions):
        yield Row(0, f"No single fact that was tried would change: {'; '.join(dict.fromkeys(calm))}", style="dim")


def _threat(threat: Threat) -> Row:
    statements = f"  {' '.join(threat.statements)}" if threat.statements else ""
    return Row(1, f"{clean(threat.fact)} → {threat.after or _GONE}{statements}", "recorded")
