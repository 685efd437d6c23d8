"""Tell a therapy ledger on one screen: what was tried, for what it is enough, and what can open when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hipkg.planning.bounds import Check
from hipkg.planning.gaps import Gap
from hipkg.render.ledger import JSON, NO_SITE, NO_TREATMENT, treatment_facts
from hipkg.render.outline import INVALID, Outline, Row, render_outlines
from hipkg.render.words import clean, counted, describe_check, join_sites, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from hipkg.defence.ledger import Judgement, Ledger, Treatment
    from hipkg.knowledge.records import Knowledge

TREATMENTS_SHOWN, OPENINGS_SHOWN, REVIEWS_SHOWN = 5, 4, 3
_ADEQUATE = "adequate"
_WORDS = {
    "too-short": "too short for",
    "too-long": "too long for",
    "too-low": "too low for",
    "too-high": "too high for",
    "other-outcome": "does not count for",
}


def ledgers_in_brief(
    ledgers: Sequence[Ledger],
    format: str,  # noqa: A002 - as everywhere
    knowledge: Knowledge,
    *,
    to_terminal: bool = False,
) -> str:
    """Write ledgers in brief as text or Markdown, whole as JSON; see `hipkg.render.outline.render_outlines`."""
    outline = partial(_outline, knowledge=knowledge)
    return render_outlines(ledgers, format, outline=outline, writer=JSON, to_terminal=to_terminal)


def _outline(ledger: Ledger, knowledge: Knowledge) -> Outline:
    title = (f"Therapy ledger: {local_name(ledger.patient)}", ledger.as_of.isoformat())
    return Outline(title, tuple(_rows(ledger, knowledge)))


def _rows(ledger: Ledger, knowledge: Knowledge) -> Iterator[Row]:
    if not ledger.valid:
        yield INVALID
    yield Row(0, "What was tried" if ledger.treatments else NO_TREATMENT, style="heading")
    for one in ledger.treatments[:TREATMENTS_SHOWN]:
        yield from _treatment(one, knowledge)
    if len(ledger.treatments) > TREATMENTS_SHOWN:
        yield Row(1, f"and {counted(len(ledger.treatments) - TREATMENTS_SHOWN, 'more treatment')}")
    dated: dict[tuple[date, str], list[str]] = {}
    for waiting in ledger.waiting:
        if waiting.opening.day and waiting.advice:
            dated.setdefault((waiting.opening.day, waiting.label), []).append(waiting.site)
    if dated:
        yield Row(0, "What can open, and when at the earliest", style="heading")
    for (day, label), sites in sorted(dated.items())[:OPENINGS_SHOWN]:
        site = join_sites(sites, knowledge)
        yield Row(1, f"{day.isoformat()} {clean(label)}{f' ({site})' if site else ''}", "recorded")
    if ledger.reviews:
        yield Row(0, "Reviews", style="heading")
    for review in ledger.reviews[:REVIEWS_SHOWN]:
        yield Row(1, f"{clean(review.check.label)}: {describe_check(review.check)} {review.statement}", "recorded")
    further = len(ledger.waiting) - len(dated)
    told = f"{counted(further, 'action')} without a date. " if further > 0 else ""
    yield Row(0, f"{told}--all tells every threshold and what each lacks.", style="dim")


def _treatment(treatment: Treatment, knowledge: Knowledge) -> Iterator[Row]:
    """Tell a treatment in one line, and in another for what it is enough and when it will be."""
    site = join_sites(treatment.sites, knowledge) or NO_SITE
    facts = ", ".join(treatment_facts(treatment))
    yield Row(1, f"{clean(treatment.label) or 'unnamed treatment'} ({site}): {clean(facts)}", "recorded")
    enough = sorted({one.statement for one in treatment.judgements if one.verdict == _ADEQUATE})
    parts = [f"enough for {' '.join(enough)}"] if enough else []
    later: dict[str, set[str]] = {}
    for one in treatment.judgements:
        if one.verdict != _ADEQUATE:
            later.setdefault(_when(one), set()).add(one.statement)
    parts += [f"{when} {' '.join(sorted(ids - {*enough}))}" for when, ids in sorted(later.items()) if ids - {*enough}]
    if parts:
        yield Row(2, "; ".join(parts), style="dim")


def _when(one: Judgement) -> str:
    """Say when a treatment is long enough, or why it is not known or not so."""
    day = one.basis.earliest if isinstance(one.basis, Check | Gap) else None
    return f"from {day.isoformat()} for" if day else _WORDS.get(one.verdict, "not known for")
