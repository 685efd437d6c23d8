"""Say the parts of a plan in words, the same in every format: names, sites, grades, gaps, bounds and checks."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from hipkg.base.numbers import Range, plain, read, unit_in_words, unmarked
from hipkg.base.version import software_version
from hipkg.knowledge.frame.answers import Answer
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.records import NOT_STATED
from hipkg.knowledge.wording import LIMITS, listed
from hipkg.planning.bounds import Comparison
from hipkg.planning.records import InteractionKind, Result

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Set
    from datetime import date

    from hipkg.defence.explanations import Explanation
    from hipkg.defence.ledger import Ledger
    from hipkg.defence.sensitivity import Sensitivity
    from hipkg.knowledge.records import Bound, Knowledge
    from hipkg.planning.bounds import Check
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, Course, Done, Found, Interaction, Parameter, Plan, Treatment, Unused

DISCLAIMER = "Decision support for professionals, not medical advice."
NOT_VALID = "NOT VALID: the record of this patient has violations; do not rely on this."
ASSUMED = "* if treatment starts today"
GRADES_NOTE = "Grades: strength of recommendation / quality of evidence; - is not stated."
UNGRADED = "- / -"
DECISIONS = {
    "contraindication": "a contraindication outweighs any advice",
    "gate": "a gate keeps it waiting",
    "specificity": "the narrower context decides",
    "strength": "the stronger recommendation decides",
    "quality": "the better evidence decides",
    "recency": "the later document decides",
}
ASSESSMENT = "assessment"
"""The category of actions that have a result."""
_NUMBERED = re.compile(r"(?P<document>.*?)(?P<number>\d+)")
_RUN = 3
"""How many statements in a row are told by the first and the last."""
_UNREAD_SHOWN = 2
"""How many entries that were not understood a question names."""
_IRI = re.compile(r"<?\b[a-z][a-z0-9+.-]*://[^\s>]*>?", re.IGNORECASE)


@lru_cache(maxsize=8192)
def clean(text: str) -> str:
    """Make a text safe to print on one line: no control characters, and an IRI by its last part only."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(_IRI.sub(lambda match: local_name(match.group()), printable).split())


def told_unread(names: Iterable[str]) -> str:
    """Say which entries of the record were not understood and could be what is asked: the first few, and how many."""
    given = [*dict.fromkeys(map(clean, names))]
    more = [f"{len(given) - _UNREAD_SHOWN} more"] if len(given) > _UNREAD_SHOWN else []
    return f" Not understood, so look: {', '.join((*given[:_UNREAD_SHOWN], *more))}." if given else ""


def local_name(iri: str) -> str:
    """Return the last part of an IRI, or the one before it where the last only says that it is a patient."""
    parts = [one for one in re.split(r"[/#:<>]+", iri) if one]
    if len(parts) > 1 and parts[-1].lower() == "patient":
        parts.pop()
    return parts[-1] if parts else iri


def capital(text: str) -> str:
    """Begin a text with a capital letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def without_repeated(phrases: Iterable[str]) -> list[str]:
    """Leave out what stands twice, and what another phrase says as one of its parts."""
    told = list(dict.fromkeys(phrases))
    return [one for one in told if not any(one != other and one in other.split(", ") for other in told)]


def lowered(title: str) -> str:
    """Begin a title in small letters, as within a line, unless it begins with an abbreviation."""
    return title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == " " else title


def numbered(statements: Iterable[str]) -> tuple[str, ...]:
    """List statements by their ids; of several in a row name the first and the last."""
    runs: list[list[tuple[str, int, str]]] = []
    for one in statements:
        match = _NUMBERED.fullmatch(one)
        document, number = (match["document"], int(match["number"])) if match else (one, 0)
        if runs and runs[-1][-1][:2] == (document, number - 1):
            runs[-1].append((document, number, one))
        else:
            runs.append([(document, number, one)])
    words: list[str] = []
    for run in runs:
        ids = [one for _, _, one in run]
        words += ids if len(run) < _RUN else [f"{ids[0]} to {ids[-1].removeprefix(run[0][0])}"]
    return tuple(words)


def counted(number: int, noun: str) -> str:
    """Count things that have a regular plural."""
    return f"{number} {noun}{'s' if number > 1 else ''}"


def grade(strength: str, evidence: str) -> str:
    """Write strength and evidence side by side, with a dash for what is not stated."""
    return " / ".join("-" if one == NOT_STATED else clean(one) for one in (strength, evidence))


def stated_grade(strength: str, evidence: str) -> str:
    """Write strength and evidence side by side, nothing if neither is stated."""
    words = grade(strength, evidence)
    return "" if words == UNGRADED else words


def join_sites(sites: Iterable[str], knowledge: Knowledge) -> str:
    """Name sites together: the same site on opposite sides becomes "both ...s"."""
    names = sorted({clean(one) for one in sites if one})
    opposite = {knowledge.label(one): knowledge.label(other) for one, other in knowledge.opposites.items()}
    joined: list[str] = []
    for name in names:
        side, _, rest = name.partition(" ")
        paired = bool(rest) and side in opposite and f"{opposite[side]} {rest}" in names
        words = f"both {rest}s" if paired else name
        if words not in joined:
            joined.append(words)
    return " and ".join([", ".join(joined[:-1]), joined[-1]]) if len(joined) > 1 else "".join(joined)


def describe_gap(gap: Gap) -> str:
    """Say what is needed and what is there instead."""
    have = clean(_have(gap))
    details = [have] if have else []
    if gap.earliest:
        details.append(f"earliest {gap.earliest.isoformat()}")
    if gap.boundary:
        details.append("rests on the exact day")
    return f"{clean(gap.label)} ({', '.join(details)})" if details else clean(gap.label)


def _have(gap: Gap) -> str:
    unit = f" {unmarked(gap.unit)}" if gap.unit else ""
    if not gap.have:
        if gap.answer != Answer.UNKNOWN:
            return "not yet"
        return "none on record" if gap.need else "unknown"
    have = gap.have.written(plain) if isinstance(gap.have, Range) else gap.have
    match gap.need:
        case "":
            return f"{have}{unit}"
        case str(label):
            return f"{have}{unit}, needs {label}{unit}"
        case [(">=", floor)]:
            return f"{have} of {plain(floor)}{unit}{' by what is recorded' if gap.answer == 'unknown' else ''}"
        case bounds:
            limits = " and ".join(f"{LIMITS[symbol]} {plain(limit)}" for symbol, limit in bounds)
            return f"{have}{unit}, needs {limits}{unit}"


def describe_parameter(parameter: Parameter, kinds: Set[str] = frozenset()) -> tuple[str, ...]:
    """Name what accompanies an action, with its bounds; of an action of such ``kinds`` itself list only the bounds."""
    bounds = tuple(clean(describe_bound(one)) for one in parameter.bounds)
    if bounds and parameter.intervention in kinds:
        return bounds
    return (clean(f"{parameter.label} ({', '.join(bounds)})" if bounds else parameter.label),)


def describe_bound(bound: Bound) -> str:
    """Say which limits a bound sets to what."""
    lower, upper = plain(bound.lower), plain(bound.upper)
    if lower and upper:
        limits = lower if lower == upper else f"{lower} to {upper}"
    else:
        limits = f"at least {lower}" if lower else f"at most {upper}"
    return f"{bound.quantity} {limits} {unmarked(bound.unit)}".strip()


def describe_check(check: Check) -> str:
    """Say what is on record for a bound, and how it compares."""
    reviewing = check.bound.compared_as in {"once", "repeat"}
    return clean(_describe_review(check) if reviewing else _describe_course(check))


def if_any(gaps: Iterable[Gap]) -> str:
    """Say what decides on whether something holds, as the end of a sentence; empty where nothing does."""
    lacking = sorted({clean(gap.label) for gap in gaps})
    return f", if {listed(lacking, 'or')}" if lacking else ""


def describe_breach(check: Check) -> str:
    """Say which limit is broken."""
    limit = check.bound.upper if check.verdict == Comparison.ABOVE else check.bound.lower
    return clean(f"{_measured(check)} {check.verdict} {amount(limit, check.bound.unit)}")


def _measured(check: Check) -> str:
    """Name what is measured, without saying a word twice where the quantity begins as the intervention ends."""
    first, _, rest = check.bound.quantity.partition(" ")
    return f"{check.label} {rest if rest and check.label.endswith(f' {first}') else check.bound.quantity}"


def describe_record(check: Check) -> str:
    """Say how much of what a bound limits is on record."""
    found = (f"{amount(check.have, check.bound.unit)} on record", check.note, check.outcome)
    return clean(", ".join(filter(None, found)))


def _describe_course(check: Check) -> str:
    name = _measured(check)
    if not check.have:
        return f"{name} not on record"
    match check.verdict:
        case Comparison.ABOVE | Comparison.BELOW:
            return f"{describe_breach(check)}: {describe_record(check)}"
        case Comparison.NOT_YET if check.earliest:
            days = f"{amount(check.have, '')} of {amount(check.bound.lower, check.bound.unit)}"
            return f"{name} {days}, until {check.earliest.isoformat()}"
        case Comparison.WITHIN:
            return f"{name} within limits: {describe_record(check)}"
        case _:
            return f"{name} not known to be within limits: {describe_record(check)}"


def describe_trial(check: Check, as_of: date) -> str:
    """Say how long a trial that is long enough has run, and by when what it was for is to be decided."""
    length = amount(check.have, check.bound.unit)
    when = "to be judged by" if check.latest and check.latest >= as_of else "was to be judged by"
    return clean(f"{check.label} {length}, {when} {check.latest}" if check.latest else f"{check.label} {length}")


def _describe_review(check: Check) -> str:
    have = amount(check.have, check.bound.unit)
    note = f" ({check.note})" if check.note else ""
    match check.verdict:
        case Comparison.NOT_YET:
            days = [one.isoformat() for one in (check.earliest, check.latest) if one]
            return f"due {' to '.join(days)}"
        case Comparison.DUE:
            return f"due by {check.latest.isoformat()}" if check.latest else "due"
        case Comparison.OVERDUE:
            return f"overdue since {check.latest.isoformat()}{note}" if check.latest else f"overdue{note}"
        case Comparison.UNKNOWN if check.have:
            return f"when it is due is not known: {have} since the start or the last one{note}"
        case Comparison.UNKNOWN:
            return "when it is due is not known: no start on record"
        case verdict:
            return f"done {have} after the start{', late' if verdict == Comparison.ABOVE else ''}"


def describe_course(course: Course, label: str) -> str:
    """Say when a course was and how it ended, and what it was of unless that is the ``label`` of what it is told at."""
    days = " to ".join(dict.fromkeys(one for one in (course.start, course.end) if one))
    name = " ".join(one for one in ("" if course.label == label else course.label, days) if one)
    ended = ", ".join(one for one in (course.outcome, course.reason) if one)
    return clean(": ".join(one for one in (name, ended) if one))


def describe_ongoing(course: Course, label: str = "") -> str:
    """Say since when a course runs and what came of it so far, and what it is of unless that is the ``label``."""
    since = f"since {course.start}" if course.start else ""
    name = " ".join(one for one in ("" if course.label == label else course.label, since) if one)
    return clean(", ".join(one for one in (name, course.outcome) if one))


def amount(number: Decimal | Range | str | None, unit: str) -> str:
    """Write a number, or two joined by "to", with separators of thousands and the unit in words; nothing for none."""
    if number is None:
        return ""
    written = number.written(_separated) if isinstance(number, Range) else _separated(number)
    return f"{written} {unit_in_words(unit)}".strip()


def _separated(number: Decimal | str) -> str:
    """Separate the thousands of a number; a text that is none, as of a record that breaks a shape, stays as it is."""
    written = plain(number)
    return written if read(written) is None else f"{Decimal(written):,f}"


def describe_result(result: Result) -> str:
    """Say what an assessment found; the annotations of a UCUM unit are written without their marks."""
    unit = unit_in_words(result.unit)
    found = plain(result.value) if result.value is not None else ""
    return clean(" ".join(filter(None, (found, unit if found else "", result.text))))


def describe_found(one: Found) -> str:
    """Say what is on record of a danger, with the value and the day where it is a number."""
    value = describe_result(Result(Decimal(one.value), one.unit, "")) if one.value else ""
    return clean(" ".join(filter(None, (one.label, value, f"on {one.day}" if one.day else ""))))


def describe_treatments(treatments: Iterable[Treatment]) -> str:
    """Name treatments with whether they run, are ordered or advised, those of which the same is true together."""
    found: dict[str, list[str]] = {}
    for one in treatments:
        courses = f" ({counted(len(one.activities), 'time')})" if len(one.activities) > 1 else ""
        found.setdefault(one.standing, []).append(f"{one.label}{courses}")
    return clean(", ".join(f"{listed(labels, 'and')} {standing}" for standing, labels in found.items()))


def describe_interaction(one: Interaction) -> str:
    """Say which treatments bear on each other."""
    if not one.beside:
        return f"{clean(one.label)}: {describe_treatments(one.treatments)}"
    link = "weakening" if one.kind == InteractionKind.UNDOING else "beside"
    return f"{describe_treatments(one.treatments)}, {link} {describe_treatments(one.beside)}"


def told_interaction(one: Interaction) -> str:
    """Say how treatments bear on each other, which they are, who says so, and whether that is settled."""
    settled = ", settled" if one.settled else ""
    return f"{one.kind}: {describe_interaction(one)}{settled} {' '.join(one.statements)}".rstrip()


def describe_done(one: Done, action: Action) -> str:
    """Say that what an action asks for was done, when, with what result, and whether that is too old."""
    name = f"{one.label} " if one.label != action.label else ""
    when = one.day or (f"asked for on {one.requested}" if one.requested else "")
    result = f", result {describe_result(one.result)}" if one.result else ""
    if not result and action.category == ASSESSMENT:
        result = ", result not recorded"
    old = f": older than {counted(one.old_after, 'year')}, to be done again" if one.old_after else ""
    before = "" if one.counts or action.status == Status.SATISFIED else "before: "
    told = f"{name}done {before}{when}" if when else f"{name}done {before}".rstrip() + ", date not recorded"
    return clean(f"{told}{result}{old}")


def describe_unused(one: Unused) -> str:
    """Name what no statement used, with its day or its value."""
    value = amount(one.value, one.unit) if one.unit else one.value
    return capital(clean(" ".join(part for part in (one.label, value, one.day) if part)))


def selected_grades(plan: Plan) -> str:
    """Say which grades a statement must state to be considered, and what that does to statements that object."""
    minimums = (("strength", plan.min_strength), ("evidence", plan.min_evidence))
    least = " and ".join(f"{scale} ≥ {grade}" for scale, grade in minimums if grade)
    objections = "without it left out" if plan.grade_objections else "kept"
    return f"only {least}, prohibitions and precautions {objections}" if least else ""


def software() -> str:
    """Name this software with its version."""
    return f"hipkg {software_version()}"


def origin(result: Plan | Ledger | Sensitivity | Explanation, *where: str, engine: str = "") -> tuple[str, ...]:
    """Say whom a result is about, where, for which day, and by what it was made."""
    versions = f"{software()} ontology {result.ontology_version}"
    parts = (f"patient {local_name(result.patient)}", *where, f"as of {result.as_of.isoformat()}", versions, engine)
    return tuple(clean(part) for part in parts if part)


def only_documents(documents: Collection[str], knowledge: Knowledge) -> str:
    """Name the documents that were considered, unless all were."""
    known = {info.id for info in knowledge.documents.values()}
    return "" if known == set(documents) else f"only documents {', '.join(documents)}"


def messages(result: Plan | Ledger, severity: str) -> tuple[str, ...]:
    """Tell the findings of a severity once each, with the nodes that they are about."""
    found = [one for one in result.findings if one.severity == severity]
    about = [f" ({local_name(one.node)})" if one.node != result.patient else "" for one in found]
    return tuple(dict.fromkeys(clean(f"{one.message}{node}") for one, node in zip(found, about, strict=True)))
