"""Write watch lists as text, Markdown and JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hipkg.defence.watching import Sign, Threat, Watched, WatchList
from hipkg.knowledge.wording import listed
from hipkg.render.encoder import Writer
from hipkg.render.outline import INVALID, Outline, Row, render_outlines, title
from hipkg.render.words import clean, counted, join_sites, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Action

ACTIONS_SHOWN, STATEMENTS_SHOWN = 4, 4
_GONE = "no longer in the plan"
_NOTHING = "No single fact that was tried changes an action that this plan indicates."
_NO_ACTION = "This plan indicates nothing, so there is nothing to watch for."

_JSON = Writer(
    {
        WatchList: "plan.patient plan.as_of plan.ontology_version plan.valid actions signs",
        Watched: "@action.intervention action.label action.site threats",
        Threat: "fact turtle=snippet after statements",
        Sign: "fact site action statement",
    }
)


def render_watch_lists(
    lists: Sequence[WatchList],
    format: str,  # noqa: A002 - as everywhere
    knowledge: Knowledge,
    *,
    everything: bool = False,
    to_terminal: bool = False,
) -> str:
    """Write watch lists as `hipkg.render.outline.render_outlines` does.

    Parameters: ``everything`` names in text all that a fact would change, and what nothing would, as Markdown does.
    """
    outline = partial(_outline, knowledge=knowledge, everything=everything or format == "markdown")
    return render_outlines(lists, format, outline=outline, writer=_JSON, to_terminal=to_terminal)


def _outline(one: WatchList, *, knowledge: Knowledge, everything: bool) -> Outline:
    plan = one.plan
    rows = tuple(_rows(one, knowledge, everything=everything))
    if not any(watched.threats for watched in one.actions):
        rows = (*rows, Row(0, _NOTHING if one.actions else _NO_ACTION))
    sites = "" if everything else join_sites(_everywhere(one), knowledge)
    return Outline(title("Watch", plan, site=sites), rows if plan.valid else (INVALID, *rows))


def _everywhere(one: WatchList) -> list[str]:
    """List the sites of all that the plan indicates."""
    return sorted({clean(watched.action.site) for watched in one.actions if watched.action.site})


def _rows(one: WatchList, knowledge: Knowledge, *, everything: bool) -> Iterator[Row]:
    """Tell the signs that call for help, then together the facts that would change the same, and what none changes."""
    yield from _signs(one)
    found: dict[str, dict[str, list[tuple[Action, Threat]]]] = {}
    for watched in one.actions:
        for threat in watched.threats:
            fact = clean(threat.fact).replace(f" at the {clean(watched.action.site)}", "")
            found.setdefault(fact, {}).setdefault(threat.after or _GONE, []).append((watched.action, threat))
    if found:
        yield Row(0, "What would change what the plan indicates", style="heading")
    together: dict[tuple[str, ...], dict[str, Threat]] = {}
    sites = [] if everything else _everywhere(one)
    for fact, outcomes in found.items():
        ((_, first), *_), *_ = outcomes.values()
        told = tuple(_outcome(after, some, sites, knowledge, everything=everything) for after, some in outcomes.items())
        together.setdefault(told, {})[fact] = first
    for told, facts in sorted(together.items(), key=lambda some: all(it.is_event for it in some[1].values())):
        least = [fact for fact, it in facts.items() if not any(it.implies(other) for other in facts.values())]
        for number, fact in enumerate(facts if everything else least):
            yield Row(1, f"or {fact}" if number else fact, "recorded")
        yield from (Row(2, words) for words in told)
    calm = [clean(watched.action.label) for watched in one.actions if not watched.threats]
    if calm and found and everything:
        yield Row(0, f"No single fact that was tried changes: {'; '.join(dict.fromkeys(calm))}", style="dim")
    elif found:
        others = counted(len(calm), "other action")
        rest = f"No single fact that was tried changes the {others}. " if calm else ""
        yield Row(0, f"{rest}--all names every action.", style="dim")


def _signs(one: WatchList) -> Iterator[Row]:
    """Tell together the signs that call for the same."""
    found: dict[str, list[Sign]] = {}
    for sign in one.signs:
        found.setdefault(clean(sign.action), []).append(sign)
    if found:
        yield Row(0, "What would call for help", style="heading")
    for action, signs in found.items():
        facts = listed([*dict.fromkeys(clean(it.fact) for it in signs)], "or")
        ids = " ".join(numbered(sorted({it.statement for it in signs})))
        yield Row(1, f"{facts}: {action}  {ids}", "recorded")


def _outcome(
    after: str,
    some: Sequence[tuple[Action, Threat]],
    everywhere: Sequence[str],
    knowledge: Knowledge,
    *,
    everything: bool,
) -> str:
    """Name what a fact would give another status, with the statements; in brief the first, and no site for all."""
    sites: dict[str, list[str]] = {}
    for action, _ in some:
        sites.setdefault(clean(action.label), []).append(clean(action.site))
    names = [
        f"{label} ({join_sites(where, knowledge)})" if any(where) and sorted({*where}) != everywhere else label
        for label, where in sites.items()
    ]
    ids = sorted({id_ for _, threat in some for id_ in threat.statements})
    shown, told = (len(names), len(ids)) if everything else (ACTIONS_SHOWN, STATEMENTS_SHOWN)
    more = [f"and {len(names) - shown} more"] if len(names) > shown else []
    rest = [f"+{len(ids) - told}"] if len(ids) > told else []
    return f"{after}: {'; '.join([*names[:shown], *more])}  {' '.join([*ids[:told], *rest])}"
