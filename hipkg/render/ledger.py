"""Write therapy ledgers: as text and Markdown, laid out like plans, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.base.numbers import Range
from hipkg.base.vocabulary import HIP
from hipkg.defence.ledger import Day, Dose, Judgement, Ledger, Need, Opening, Review, Study, Treatment, Waiting
from hipkg.planning.bounds import Check
from hipkg.planning.earliest import Earliest
from hipkg.planning.gaps import Gap, Reached
from hipkg.render.encoder import one_or_all
from hipkg.render.plan_json import PARTS, PartWriter
from hipkg.render.sheet import Line, Row, Sheet, SheetSection
from hipkg.render.words import (
    GRADES_NOTE,
    amount,
    capital,
    clean,
    describe_check,
    describe_gap,
    join_sites,
    messages,
    only_documents,
    origin,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.defence.ledger import Basis
    from hipkg.knowledge.records import Knowledge

FORMATS = ("text", "markdown", "json")
NAME = "Therapy ledger"
NOTE = "An outcome that is not recorded is unknown, not failed."
NO_SITE = "no site stated"
NO_TREATMENT = "No treatment is on record."
_UNCLEAR = "unclear"
_ENDED = {"completed", "stopped"}
_NOT_DONE = "notDone"
_NOT_BEGUN = {"planned", _NOT_DONE}
_VERDICTS = {
    "adequate": "adequate",
    "not-yet": "not yet",
    "too-short": "too short",
    "too-long": "too long",
    "too-low": "too low",
    "too-high": "too high",
    "other-outcome": "does not count",
    "unknown": "not known",
    "uncounted": "long enough, but not counted so far",
}


def render_ledgers(
    ledgers: Sequence[Ledger],
    format: str,  # noqa: A002 - the word of the command line
    knowledge: Knowledge,
    *,
    to_terminal: bool = False,
) -> str:
    """Write ledgers in a format.

    Parameters: ``format`` is one of `FORMATS`, or ``html``; ``to_terminal`` lets text use colours, width and characters
    of the terminal, otherwise it is plain and 80 columns wide.

    Raises `UsageError` for any other format.
    """
    match format:
        case "json":
            return one_or_all([*map(JSON.text, ledgers)])
        case "markdown":
            from hipkg.render.markdown import sheet_to_markdown

            note = f"{NOTE} {GRADES_NOTE}"
            sheets = [ledger_sheet(one, knowledge) for one in ledgers]
            return "\n".join(sheet_to_markdown(one, knowledge, name=NAME, note=note) for one in sheets)
        case "html":
            from hipkg.render.html import sheet_to_html

            return "\n".join(sheet_to_html(ledger_sheet(one, knowledge), NAME, NOTE) for one in ledgers)
        case "text":
            from hipkg.render.text import sheets_to_text

            sheets = [ledger_sheet(one, knowledge) for one in ledgers]
            return sheets_to_text(sheets, name=NAME, note=NOTE, to_terminal=to_terminal)
        case _:
            from hipkg.base.errors import UsageError

            raise UsageError(f"There is no format {format!r}.", remedy=f"Choose among: {', '.join(FORMATS)}.")


def ledger_sheet(ledger: Ledger, knowledge: Knowledge) -> Sheet:
    """Arrange a ledger for reading, in the form of a plan's sheet."""
    violations = messages(ledger, "violation")
    alarm = f"NOT VALID: the record of this patient has {len(violations)} violation(s); do not rely on this ledger."
    limit = only_documents(ledger.documents, knowledge)
    return Sheet(
        (*origin(ledger, engine=ledger.engine), *([limit] if limit else [])),
        () if ledger.valid else (alarm, *violations),
        messages(ledger, "warning"),
        tuple(one for one in _sections(ledger, knowledge) if one.rows),
        (),
        "" if ledger.treatments else NO_TREATMENT,
    )


def _sections(ledger: Ledger, knowledge: Knowledge) -> Iterator[SheetSection]:
    for status in dict.fromkeys(one.status for one in ledger.treatments):
        rows = [_treatment(one, knowledge) for one in ledger.treatments if one.status == status]
        heading = knowledge.label(HIP + status) if status else "no status"
        yield SheetSection(status or _UNCLEAR, capital(heading), tuple(rows))
    yield SheetSection("waiting", "Waiting", tuple(_waiting_rows(ledger, knowledge)))
    yield SheetSection("reviews", "Reviews", tuple(_review(one, knowledge) for one in ledger.reviews))
    yield SheetSection("studies", "Studies", tuple(_study(one, knowledge) for one in ledger.studies))


def _treatment(treatment: Treatment, knowledge: Knowledge) -> Row:
    """Tell a treatment: when, how much, with what result, and what it is worth to which statement."""
    facts = Line("", tuple(map(clean, treatment_facts(treatment))))
    judged: dict[tuple[str, str], set[str]] = {}
    for one in treatment.judgements:
        judged.setdefault((_VERDICTS[one.verdict], _basis(one.basis)), set()).add(one.statement)
    lines = [Line(f"{verdict}:", (words,), tuple(sorted(ids))) for (verdict, words), ids in judged.items()]
    return Row(
        capital(clean(treatment.label)) or "Unnamed treatment",
        join_sites(treatment.sites, knowledge) or NO_SITE,
        "",
        (),
        (*([facts] if facts.parts else []), *lines),
    )


def treatment_facts(treatment: Treatment) -> Iterator[str]:
    """Say of a treatment when it was, how much of it was given, and with what result."""
    yield from _period(treatment)
    for one in treatment.doses:
        yield f"{one.quantity} {amount(f'{one.amount:f}', one.unit)}{' (worked out)' if one.worked_out else ''}"
    if treatment.outcome:
        yield f"outcome: {treatment.outcome}"
    elif treatment.status not in _NOT_BEGUN and treatment.judgements:
        yield "outcome not recorded"
    if treatment.adequacy:
        yield f"dose and intensity judged {treatment.adequacy}"
    if treatment.stopped_because and treatment.status == _NOT_DONE:
        yield f"{treatment.stopped_because}, not begun"
    elif treatment.stopped_because:
        yield f"reason: {treatment.stopped_because}"
    elif treatment.status in {"stopped", _NOT_DONE}:
        yield "reason not recorded"


def _period(treatment: Treatment) -> Iterator[str]:
    """Say when a treatment began and ended, and how long it has lasted."""
    start, end = treatment.start, treatment.end
    if start and start == end and start.first == start.last:
        yield _day(start)
        return
    lasted = _days(treatment)
    if treatment.status == "planned":
        yield f"to begin {_day(start)}" if start else "no date set"
    elif start and end:
        yield f"{_day(start)} to {_day(end)}"
    elif start and treatment.status in _ENDED:
        yield f"from {_day(start)}, end not recorded"
    elif start:
        yield f"since {_day(start)}" if treatment.begun else f"from {_day(start)}"
    elif end:
        yield f"until {_day(end)}, start not recorded"
    elif treatment.begun:
        yield "dates not recorded" if lasted else "dates and length not recorded"
    if lasted:
        yield lasted


def _days(treatment: Treatment) -> str:
    days = treatment.days
    if days is None:
        return ""
    so_far = " so far" if treatment.status == "ongoing" else ""
    return f"{days} day{'' if str(days) == '1' else 's'}{so_far}"


def _day(day: Day) -> str:
    """Write a date as exactly as it is recorded."""
    if day.first is None or day.first != day.last:
        return clean(day.recorded)
    return day.first.isoformat()


def _basis(basis: Basis) -> str:
    """Say the numbers that a judgement rests on."""
    match basis:
        case Check():
            return describe_check(basis)
        case Gap():
            return describe_gap(basis)
        case _:
            exact = ", rests on the exact day" if basis.boundary else ""
            return clean(f"{basis.label} ({amount(basis.have, basis.unit)} on record{exact})")


def _waiting_rows(ledger: Ledger, knowledge: Knowledge) -> Iterator[Row]:
    """Tell what waits: in full what something on record leads to, and together what hangs on the same unknowns."""
    told = [one for one in ledger.waiting if not _told_by_a_kind(one, ledger, knowledge)]
    by_label: dict[tuple[str, object], list[Waiting]] = {}
    for one in sorted(told, key=_nearness):
        key = (one.label, (tuple(_needs(one)) if one.begun else one.opening, one.soonest))
        by_label.setdefault(key, []).append(one)
    by_row: dict[tuple[str, str, object], list[Waiting]] = {}
    for (label, wanted), group in by_label.items():
        site = join_sites([one.site for one in group], knowledge)
        by_row.setdefault((label if group[0].begun else "", site, wanted), []).extend(group)
    for (_, site, _), group in by_row.items():
        labels = dict.fromkeys(clean(one.label) for one in group)
        yield Row(capital(" · ".join(labels)), site, "", (), tuple(_opening_lines(group)))


def _told_by_a_kind(waiting: Waiting, ledger: Ledger, knowledge: Knowledge) -> bool:
    """Tell whether an action that only gates hold back is told with a kind of it that the same gates hold back."""
    return not waiting.advice and any(
        one.place == waiting.place
        and one.intervention != waiting.intervention
        and knowledge.is_a(one.intervention, waiting.intervention)
        and set(waiting.gates) <= set(one.gates)
        for one in ledger.waiting
    )


def _nearness(waiting: Waiting) -> tuple[object, ...]:
    """Order what waits: what has a date by date, then what is begun, then the rest as the plan has it."""
    day = waiting.opening.day
    return (day is None, day.toordinal() if day else 0, not waiting.begun)


def _opening_lines(group: Sequence[Waiting]) -> Iterator[Line]:
    """Say what actions lack by statement, and when they can open; of those with nothing on record only the latter."""
    first = group[0]
    either = [_alternatives(one) for one in first.opening.either]
    if not first.begun:
        ids = sorted({one.statement for waiting in group for one in waiting.needs})
        yield from _when(first.opening, either, tuple(ids))
        yield from _soonest(first)
        return
    yield from _needs(first)
    advice = [one.statement for one in first.advice]
    if len(either) == 1 and len(advice) > 1:  # what each of the statements lacks is told just above
        either = [f"what one of {', '.join(advice)} lacks"]
    yield from _when(first.opening, either, ())
    yield from _soonest(first)


def _soonest(waiting: Waiting) -> Iterator[Line]:
    """Say which is the first day that time alone allows, and whether treatment has to start today for that."""
    if waiting.soonest:
        assumed = " if treatment starts today" if waiting.soonest.assumed else ""
        yield Line("not before", (f"{waiting.soonest.day.isoformat()}{assumed}",))


def _needs(waiting: Waiting) -> Iterator[Line]:
    yield from _need_lines(waiting.gates, "needs", "and")
    either = len(waiting.advice) > 1
    yield from _need_lines(waiting.advice, "needs" if not waiting.gates else "and either" if either else "and", "or")


def _need_lines(needs: Iterable[Need], first: str, next_: str) -> Iterator[Line]:
    merged: dict[tuple[str, ...], list[str]] = {}
    for one in needs:
        merged.setdefault(tuple(dict.fromkeys(map(describe_gap, one.gaps))), []).append(one.statement)
    for index, (parts, ids) in enumerate(merged.items()):
        yield Line(next_ if index else first, parts, tuple(ids))


def _when(opening: Opening, groups: Iterable[str], ids: tuple[str, ...]) -> Iterator[Line]:
    """Say when something can open, or what has to be known or to hold first, groups of alternatives included."""
    unknown, unmet, either = (tuple(map(clean, some)) for some in (opening.unknown, opening.unmet, groups))
    match opening.kind:
        case "dated":
            sooner = ", or sooner once the dates are known exactly" if opening.inexact else " at the earliest"
            yield Line("can open on", (f"{opening.day}{sooner}",), ids)
        case "never":
            yield Line("", ("nothing that can be recorded opens it",), ids)
        case "unmet":
            yield Line("no date follows from the record for", (*unmet, *either), ids)
        case _:
            yield Line("waits until this is known:", (*unknown, *either), ids)
            if unmet:
                yield Line("and no date follows from the record for", unmet)


def _alternatives(group: Iterable[Opening]) -> str:
    return "either " + ", or ".join(" and ".join((*one.unknown, *one.unmet)) for one in group)


def _review(review: Review, knowledge: Knowledge) -> Row:
    site = join_sites(review.sites, knowledge)
    due = Line("", (describe_check(review.check),))
    return Row(capital(clean(review.check.label)), site, "", (review.statement,), (due,))


def _study(study: Study, knowledge: Knowledge) -> Row:
    status = knowledge.labels.get(HIP + study.status, "status not recorded")
    dates = [_day(one) for one in dict.fromkeys((study.start, study.end)) if one]
    parts = (clean(status), " to ".join(dict.fromkeys(dates)) or "no date recorded")
    return Row(capital(clean(study.label)), join_sites(study.sites, knowledge) or NO_SITE, "", (), (Line("", parts),))


class LedgerWriter(PartWriter):
    """Write ledgers; terms are CURIEs, nodes of the patient's graph are IRIs."""

    def sites(self, one: Judgement | Review) -> list[str]:
        """List sites; none for a statement about the patient as a whole."""
        return [site for site in one.sites if site]

    def check(self, one: Judgement) -> Check | None:
        """Give the limit that a judgement rests on."""
        return one.basis if isinstance(one.basis, Check) else None

    def gap(self, one: Judgement) -> Gap | None:
        """Give the part of a requirement, not fulfilled, that a judgement rests on."""
        return one.basis if isinstance(one.basis, Gap) else None

    def reached(self, one: Judgement) -> Reached | None:
        """Give the part of a requirement, fulfilled, that a judgement rests on."""
        return one.basis if isinstance(one.basis, Reached) else None

    def least(self, days: Range) -> int:
        """Give the least number of days."""
        return int(days.least)

    def most(self, days: Range) -> int:
        """Give the greatest number of days, which is the least where no other is known."""
        return int(days.least if days.most is None else days.most)


SHAPES: dict[type, str] = {
    **PARTS,
    Ledger: "patient as_of ontology_version engine documents valid findings treatments waiting reviews studies",
    Treatment: "node @intervention label sites status start? end? days? doses? outcome? adequacy? stopped_because? "
    "judgements",
    Study: "node @intervention label sites status start? end?",
    Day: "recorded first? last?",
    Range: "least() most()",
    Dose: "quantity amount unit worked_out?",
    Judgement: "statement sites() verdict check()? gap()? reached()?",
    Reached: "@requirement label have() need() node unit? boundary?",
    Waiting: "@intervention label site place? gates advice opening soonest?",
    Earliest: "day assumed?",
    Need: "statement gaps opening",
    Opening: "kind date=day? inexact? unknown? unmet? either?",
    Review: "statement sites() check",
}
JSON = LedgerWriter(SHAPES)


def ledger_to_json(ledger: Ledger) -> dict[str, Any]:
    """Turn a ledger into what `json` can write."""
    data: dict[str, Any] = JSON.data(ledger)
    return data
