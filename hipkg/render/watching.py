"""Write watch lists as text, Markdown and JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hipkg.defence.watching import Threat, Watched, WatchList
from hipkg.render.encoder import Writer
from hipkg.render.outline import INVALID, Outline, Row, render_outlines, title
from hipkg.render.words import clean, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.planning.records import Action

ACTIONS_SHOWN, STATEMENTS_SHOWN = 6, 4
_GONE = "no longer in the plan"
_NOTHING = "None of the facts that were tried would change an action that this plan indicates."
_NO_ACTION = "This plan indicates nothing, so there is nothing to watch for."

_JSON = Writer(
    {
        WatchList: "plan.patient plan.as_of plan.ontology_version plan.valid actions",
        Watched: "@action.intervention action.label action.site threats",
        Threat: "fact turtle=snippet after statements",
    }
)


def render_watch_lists(
    lists: Sequence[WatchList],
    format: str,  # noqa: A002 - as everywhere
    *,
    everything: bool = False,
    to_terminal: bool = False,
) -> str:
    """Write watch lists as `hipkg.render.outline.render_outlines` does.

    Parameters: ``everything`` names in text all that a fact would change, and what nothing would, as Markdown does.
    """
    outline = partial(_outline, everything=everything or format == "markdown")
    return render_outlines(lists, format, outline=outline, writer=_JSON, to_terminal=to_terminal)


def _outline(one: WatchList, *, everything: bool) -> Outline:
    plan = one.plan
    rows = tuple(_rows(one, everything=everything)) or (Row(0, _NOTHING if one.actions else _NO_ACTION),)
    return Outline(title("Watch", plan), rows if plan.valid else (INVALID, *rows))


def _rows(one: WatchList, *, everything: bool) -> Iterator[Row]:
    """Tell each fact once, at whatever site, with what it would change, then name the actions that nothing changes."""
    found: dict[str, dict[str, list[tuple[Action, Threat]]]] = {}
    for watched in one.actions:
        for threat in watched.threats:
            fact = clean(threat.fact).replace(f" at the {clean(watched.action.site)}", "")
            found.setdefault(fact, {}).setdefault(threat.after or _GONE, []).append((watched.action, threat))
    if found:
        yield Row(0, "What would change what the plan indicates", style="heading")
    for fact, outcomes in found.items():
        yield Row(1, fact, "recorded")
        yield from (Row(2, _outcome(after, some, everything=everything)) for after, some in outcomes.items())
    calm = [clean(watched.action.label) for watched in one.actions if not watched.threats]
    if calm and found and everything:
        yield Row(0, f"Nothing that was tried would change: {'; '.join(dict.fromkeys(calm))}", style="dim")
    elif found:
        rest = f"Nothing that was tried would change {counted(len(calm), 'other action')}. " if calm else ""
        yield Row(0, f"{rest}--all names every action.", style="dim")


def _outcome(after: str, some: Sequence[tuple[Action, Threat]], *, everything: bool) -> str:
    """Name what a fact would give another status, with the sites and the statements; in brief the first of them."""
    sites: dict[str, list[str]] = {}
    for action, _ in some:
        sites.setdefault(clean(action.label), []).append(clean(action.site))
    names = [f"{label} ({', '.join(filter(None, where))})" if any(where) else label for label, where in sites.items()]
    ids = sorted({id_ for _, threat in some for id_ in threat.statements})
    shown, told = (len(names), len(ids)) if everything else (ACTIONS_SHOWN, STATEMENTS_SHOWN)
    more = [f"and {len(names) - shown} more"] if len(names) > shown else []
    rest = [f"+{len(ids) - told}"] if len(ids) > told else []
    return f"{after}: {'; '.join([*names[:shown], *more])}  {' '.join([*ids[:told], *rest])}"
