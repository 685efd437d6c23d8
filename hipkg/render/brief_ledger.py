"""Tell a therapy ledger on one screen: what was tried, for what it is enough, and what can open when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hipkg.knowledge.wording import listed
from hipkg.planning.bounds import Check, Comparison
from hipkg.planning.earliest import Earliest
from hipkg.planning.gaps import Gap
from hipkg.render.ledger import JSON, NO_SITE, NO_TREATMENT, render_ledgers, treatment_facts
from hipkg.render.outline import INVALID, Outline, Row, render_outlines
from hipkg.render.words import amount, clean, counted, describe_check, join_sites, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from typing import TypeAlias

    from hipkg.defence.ledger import Judgement, Ledger, Treatment
    from hipkg.knowledge.records import Knowledge

    _Opening: TypeAlias = tuple[date, str, str, str]

TREATMENTS_SHOWN, OPENINGS_SHOWN, REVIEWS_SHOWN, ACTIONS_NAMED = 5, 5, 3, 1
_OTHERWISE = "* if what else is asked for holds"
_ASSUMED = f"{_OTHERWISE}, and treatment that does not run yet starts today"
_ADEQUATE, _UNCOUNTED, _ORDERED = "adequate", "uncounted", "planned"
_DOSED, _DAYS = {"total", "each"}, "d"
"""How bounds on doses are compared, and the unit of lengths."""
_WORDS = {
    "too-short": "too short for",
    "too-long": "too long for",
    "too-low": "too low for",
    "too-high": "too high for",
    "other-outcome": "does not count for",
}


def write_ledgers(
    ledgers: Sequence[Ledger],
    format: str,  # noqa: A002 - as everywhere
    knowledge: Knowledge,
    *,
    everything: bool,
    to_terminal: bool = False,
) -> str:
    """Write ledgers whole or in brief, as `render_ledgers` and `ledgers_in_brief` do."""
    write = render_ledgers if everything else ledgers_in_brief
    return write(ledgers, format, knowledge, to_terminal=to_terminal)


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
    ordered = [one for one in ledger.treatments if one.status == _ORDERED]
    tried = [one for one in ledger.treatments if one not in ordered]
    if not ledger.treatments:
        yield Row(0, NO_TREATMENT, style="heading")
    for heading, treatments in (("What was tried", tried), ("Ordered", ordered)):
        if treatments:
            yield Row(0, heading, style="heading")
        for one in treatments[:TREATMENTS_SHOWN]:
            yield from _treatment(one, knowledge)
        if len(treatments) > TREATMENTS_SHOWN:
            yield Row(1, f"and {counted(len(treatments) - TREATMENTS_SHOWN, 'more treatment')}")
    dated = _dated(ledger, knowledge)
    yield from _openings(dated, knowledge)
    if ledger.reviews:
        yield Row(0, "Reviews", style="heading")
    for review in ledger.reviews[:REVIEWS_SHOWN]:
        yield Row(1, f"{clean(review.check.label)}: {describe_check(review.check)} {review.statement}", "recorded")
    yield Row(0, "--all tells every threshold and what each lacks.", style="dim")


def _dated(ledger: Ledger, knowledge: Knowledge) -> dict[_Opening, list[str]]:
    """Gather by day the sites of what is advised and can open, with what it waits for; mark what time alone allows."""
    found: dict[_Opening, list[str]] = {}
    for one in ledger.waiting:
        soonest = Earliest(one.opening.day, assumed=False) if one.opening.day else one.soonest
        if soonest and one.advice:
            mark = "" if one.opening.day else _ASSUMED if soonest.assumed else _OTHERWISE
            ids = " ".join(sorted({need.statement for need in one.needs}))
            key = (soonest.day, clean(knowledge.brief(one.intervention)), ids, mark)
            found.setdefault(key, []).append(one.site)
    return dict(sorted(found.items()))


def _openings(dated: Mapping[_Opening, Sequence[str]], knowledge: Knowledge) -> Iterator[Row]:
    if dated:
        yield Row(0, "What can open, and when at the earliest", style="heading")
    for (day, label, ids, mark), sites in [*dated.items()][:OPENINGS_SHOWN]:
        site = join_sites(sites, knowledge)
        yield Row(1, f"{day.isoformat()}{mark[:1]} {label}{f' ({site})' if site else ''} {ids}", "recorded")
    if (left := len(dated) - OPENINGS_SHOWN) > 0:
        yield Row(1, f"and {left} more")
    if marks := {mark for *_, mark in dated if mark}:
        yield Row(1, min(marks, key=lambda one: one != _ASSUMED), style="dim")


def _treatment(treatment: Treatment, knowledge: Knowledge) -> Iterator[Row]:
    """Tell a treatment in one line, and in another for what it is enough and when it will be."""
    site = join_sites(treatment.sites, knowledge)
    if not site and any(one.verdict == _UNCOUNTED for one in treatment.judgements):
        site = NO_SITE
    name = clean(treatment.label) or "unnamed treatment"
    facts = ", ".join(treatment_facts(treatment))
    yield Row(1, f"{name}{f' ({site})' if site else ''}{f': {clean(facts)}' if facts else ''}", "recorded")
    dosed = [one for one in treatment.judgements if _is_dosed(one)]
    judged = [one for one in treatment.judgements if one not in dosed]
    enough = sorted({one.statement for one in judged if one.verdict == _ADEQUATE})
    parts = [f"enough for {_named(enough, knowledge)}"] if enough else []
    later: dict[str, set[str]] = {}
    for one in judged:
        if one.verdict != _ADEQUATE:
            later.setdefault(_when(one), set()).add(one.statement)
    rest = {when: ids - {*enough} for when, ids in sorted(later.items())}
    parts += [f"{when} {_named(sorted(ids), knowledge)}" for when, ids in rest.items() if ids]
    if parts := [*parts, *_doses(dosed)]:
        yield Row(2, "; ".join(parts), style="dim")


def _is_dosed(one: Judgement) -> bool:
    """Tell whether a judgement is about a dose, and not about a length."""
    return isinstance(one.basis, Check) and one.basis.bound.compared_as in _DOSED


def _doses(judgements: Iterable[Judgement]) -> Iterator[str]:
    """Say how doses compare with their limits, and which are not recorded, by the statements that limit them."""
    compared: dict[str, set[str]] = {}
    unknown: dict[str, set[str]] = {}
    for one in judgements:
        check = one.basis
        assert isinstance(check, Check)
        if check.have is None:
            unknown.setdefault(check.bound.quantity, set()).add(one.statement)
        else:
            compared.setdefault(_dose(check), set()).add(one.statement)
    yield from (f"{words} {' '.join(sorted(ids))}" for words, ids in sorted(compared.items()))
    if unknown:
        ids = sorted(set().union(*unknown.values()))
        yield f"{listed(sorted(unknown), 'and')} not recorded {' '.join(ids)}"


def _dose(check: Check) -> str:
    """Say how a dose compares with the limit that it keeps or breaks."""
    bound, below = check.bound, check.verdict == Comparison.BELOW
    limit, name = (bound.lower, "minimum") if below or not bound.upper else (bound.upper, "maximum")
    how = {Comparison.ABOVE: "above", Comparison.BELOW: "below", Comparison.WITHIN: "within"}.get(check.verdict)
    words = f"{bound.quantity} {how}" if how else f"{bound.quantity} not known to be within"
    return f"{words} the {name} of {amount(limit, bound.unit)}"


def _named(ids: Sequence[str], knowledge: Knowledge) -> str:
    """Name the actions that statements are about, those that most are about first, with the statements."""
    about: dict[str, list[str]] = {}
    for one in ids:
        info = knowledge.by_id[one]
        name = clean(knowledge.brief(info.intervention))
        about.setdefault(name, []).append(one)
    ranked = sorted(about.items(), key=lambda some: -len(some[1]))
    told = [f"{name} {' '.join(some)}" for name, some in ranked[:ACTIONS_NAMED]]
    more = [f"and {len(ranked) - ACTIONS_NAMED} more"] if len(ranked) > ACTIONS_NAMED else []
    return ", ".join([*told, *more])


def _when(one: Judgement) -> str:
    """Say when a treatment is long enough, or why it is not known or not so."""
    day = one.basis.earliest if isinstance(one.basis, Check | Gap) else None
    if day:
        return f"from {day.isoformat()} for"
    unit = one.basis.bound.unit if isinstance(one.basis, Check) else one.basis.unit
    unknown = "whether long enough" if unit == _DAYS else "whether it counts"
    return _WORDS.get(one.verdict, f"{unknown} is not known for")
