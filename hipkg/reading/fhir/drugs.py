"""Read drugs: MedicationRequest, MedicationStatement and MedicationAdministration.

An active order or statement is a running course, as FHIR defines it; that the drug is taken is not more than ordered.
Doses are read from their structure alone: from numbers with a unit of UCUM and from the timing, never from texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.numbers import plain, rounded
from hipkg.reading.fhir.absences import none_of
from hipkg.reading.fhir.activities import (
    COMPLETED,
    INTENDED,
    NOT_DONE,
    ONGOING,
    OPEN,
    PLANNED,
    STOPPED,
    Draft,
    activities,
    intent_notes,
    performed,
    refuse_undecided,
    requests_met,
    status_of,
)
from hipkg.reading.fhir.context import dated, problems_named, refuse_withdrawn
from hipkg.reading.fhir.elements import flag, number, part, parts, text
from hipkg.reading.fhir.quantities import UnusableValue, factor, length_of, positive
from hipkg.reading.fhir.records import Stated, Unused
from hipkg.reading.fhir.unread import unread

if TYPE_CHECKING:
    from decimal import Decimal

    from hipkg.reading.fhir.activities import Status
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Resource

ORDER = {
    "active": ONGOING,
    "on-hold": OPEN,
    "cancelled": NOT_DONE,
    "completed": COMPLETED,
    "stopped": STOPPED,
    "unknown": OPEN,
}
STATEMENT = {
    "active": ONGOING,
    "completed": COMPLETED,
    "intended": PLANNED,
    "stopped": STOPPED,
    "on-hold": OPEN,
    "unknown": OPEN,
    "not-taken": NOT_DONE,
}
ADMINISTRATION = {
    "in-progress": ONGOING,
    "not-done": NOT_DONE,
    "on-hold": OPEN,
    "completed": COMPLETED,
    "stopped": STOPPED,
    "unknown": OPEN,
}
_LONGEST_INTERVAL = 744
_UCUM_OF_TIME = {"s": "s", "min": "min", "h": "h", "d": "d", "wk": "wk"}


def read_request(one: Resource, context: Context) -> Stated:
    """Read a MedicationRequest."""
    if flag(one.raw, "doNotPerform"):
        raise Unused("ignored", "it asks not to give it, which is no activity")
    written, intent = text(one.raw, "status"), text(one.raw, "intent")
    refuse_undecided(one.raw)
    known = {**ORDER, "active": PLANNED} if intent in INTENDED else ORDER
    status = status_of(written, known)
    doses = parts(one.raw, "dosageInstruction")
    start, end, told = _ordered_for(one, status, doses)
    reason = context.codes.value(part(one.raw, "statusReason"), hip.stoppedBecause)
    reported = ("it is reported and not prescribed here",) if flag(one.raw, "reportedBoolean") else ()
    drug = _draft(one, status, doses, doses, context)
    draft = drug._replace(
        start=dated(start, "its start", context),
        end=dated(end, "its end", context),
        values=((hip.stoppedBecause, reason),) if reason else (),
        requests=requests_met(one, status, context),
        sources=(*drug.sources, *told),
        notes=(*intent_notes(one.raw), *reported),
    )
    return activities(one, draft, context)


def _ordered_for(one: Resource, status: Status, doses: list[Raw]) -> tuple[str, str, tuple[str, ...]]:
    """Find the period of an order: that of its dosage, or else its date as the start of what was begun.

    An order that was stopped ended earlier than it was meant to, on a day that it does not tell.
    """
    bounds = part(part(part(doses[0], "timing"), "repeat"), "boundsPeriod") if len(doses) == 1 else {}
    end = "" if status.iri == STOPPED else text(bounds, "end")
    if begin := text(bounds, "start"):
        return begin, end, ("dosageInstruction.timing",)
    if status.iri in {PLANNED, NOT_DONE} or "authoredOn" not in one.raw:
        return "", end, ()
    return text(one.raw, "authoredOn"), end, ("authoredOn",)


def read_statement(one: Resource, context: Context) -> Stated:
    """Read a MedicationStatement."""
    status = status_of(text(one.raw, "status"), STATEMENT)
    if kinds := context.codes.none_known([part(one.raw, "medicationCodeableConcept")]):
        return none_of(one, kinds, "medicationCodeableConcept")
    start, end = performed(one.raw, "effective", "", context)
    reasons = [context.codes.value(each, hip.stoppedBecause) for each in parts(one.raw, "statusReason")]
    doses = parts(one.raw, "dosage")
    draft = _draft(one, status, doses, doses, context)._replace(
        start=start,
        end=end,
        values=tuple((hip.stoppedBecause, each) for each in reasons if each),
        requests=problems_named(one, context, "basedOn"),
    )
    told = tuple(name for name in ("effectiveDateTime", "effectivePeriod") if name in one.raw)
    return activities(one, draft._replace(sources=(*draft.sources, *told)), context)


def read_administration(one: Resource, context: Context) -> Stated:
    """Read a MedicationAdministration: one visit of the course that it belongs to."""
    status = status_of(text(one.raw, "status"), ADMINISTRATION)
    start, end = performed(one.raw, "effective", status.iri, context)
    request = problems_named(one, context, "request")
    dose = part(one.raw, "dosage")
    draft = _draft(one, status, [], [dose] if dose else [], context)._replace(
        start=start, end=end, ties=(*request, *problems_named(one, context, "partOf")), visit=True
    )
    return activities(one, draft, context)


def _draft(one: Resource, status: Status, doses: list[Raw], given: list[Raw], context: Context) -> Draft:
    """Read a drug; the doses are read as instructions, and the route from what says how it is given."""
    concepts, element = _drug(one, context)
    amounts, length, sources, flags = _doses(doses, context)
    duration = length if status.iri == COMPLETED else ""  # what was meant to last so long may have ended, or still run
    product = ", ".join(sorted(context.codes.describe(concepts).split(", ")))
    return Draft(
        concepts,
        element,
        status,
        amounts=amounts,
        duration=duration,
        placed=False,
        product=product,
        routes=tuple(route for each in given if parts(route := part(each, "route"), "coding")),
        route_unread=_route_unread(one, given, context),
        sources=("status", *sources),
        flags=flags,
    )


def _route_unread(one: Resource, given: list[Raw], context: Context) -> str:
    """Tell of what the record says of the route besides its code, and what is not read of it."""
    if any(text(part(each, "route"), "text") for each in given):
        return "its route is told in words and not read"
    target = context.index.target(text(part(one.raw, "medicationReference"), "reference"), one)
    form = part(target.raw, "form") if target else {}
    named = context.codes.describe([form]) or text(form, "text")
    return f"its form ({named}) is not read, and no route is coded" if named else ""


def _drug(one: Resource, context: Context) -> tuple[tuple[Raw, ...], str]:
    """Find the concepts of a drug: its code, or those of its ingredients where the code is not known."""
    concept = part(one.raw, "medicationCodeableConcept")
    if concept:
        return (concept,), "medicationCodeableConcept"
    reference = text(part(one.raw, "medicationReference"), "reference")
    target = context.index.target(reference, one)
    if target is None:
        if reference:
            told = f"the drug that it refers to ({reference[:80]}) is not in the source"
            raise Unused("set aside", told, unread(one, [], context))
        return (), "medicationReference"
    refuse_withdrawn(target.raw, "the drug that it refers to")
    code = part(target.raw, "code")
    if context.codes.meaning([code], "intervention").terms:
        return (code,), "medicationReference"
    ingredients = [each for each in parts(target.raw, "ingredient") if flag(each, "isActive") is not False]
    inner = [part(each, "itemCodeableConcept") for each in ingredients]
    named = [each for each in inner if each]
    known = context.codes.meaning(named, "intervention").terms
    return (tuple(named) if known else (code,)), "medicationReference"


def _doses(
    doses: list[Raw], context: Context
) -> tuple[tuple[tuple[str, str], ...], str, tuple[str, ...], tuple[str, ...]]:
    """Read the doses of one instruction; of several, which may follow each other or add up, none."""
    if not doses:
        return (), "", (), ()
    if len(doses) > 1:
        return (), "", (), ("it has several dosages, so no dose is used",)
    dose = doses[0]
    found: dict[str, str] = {}
    flags: list[str] = []
    single = _single(dose, context, flags)
    repeat = part(part(dose, "timing"), "repeat")
    if single:
        found[hip.singleDose] = plain(single)
    times = _times_a_day(repeat, flags)
    as_needed = bool(flag(dose, "asNeededBoolean")) or "asNeededCodeableConcept" in dose
    if single and times and not as_needed:
        found[hip.dailyDose] = plain(rounded(single * times, 3))
    if interval := _interval(repeat):
        found[hip.doseInterval] = plain(interval)
    duration = ""
    if bounds := part(repeat, "boundsDuration"):
        try:
            duration = length_of(bounds)
        except UnusableValue as problem:
            flags.append(f"the length of its dosage is not used: {problem}")
    return tuple(found.items()), duration, ("dosage",) if found or duration else (), tuple(flags)


def _single(dose: Raw, context: Context, flags: list[str]) -> Decimal | None:
    """Read the greatest amount that is taken at one time, in the unit of the ontology."""
    rates = parts(dose, "doseAndRate")
    if len(rates) != 1:
        return None
    quantity = part(rates[0], "doseQuantity") or part(part(rates[0], "doseRange"), "high")
    if not quantity:
        return None
    try:
        return positive(quantity, context.knowledge.units[hip.singleDose])
    except UnusableValue as problem:
        flags.append(f"its dose is not used: {problem}")
        return None


def _times_a_day(repeat: Raw, flags: list[str]) -> Decimal | None:
    """Count the doses of a day, at most, where the timing says so; a dose for each of several days is none of a day."""
    frequency = number(repeat, "frequencyMax") or number(repeat, "frequency")
    period, unit = number(repeat, "period"), text(repeat, "periodUnit")
    if not frequency or not period or frequency < 0 or period < 0:
        return None
    if unit not in _UCUM_OF_TIME:
        flags.append(
            f"its timing is in a unit ({unit or 'none'}) without a fixed number of days, so no daily dose is used"
        )
        return None
    days = period * factor(unit, "d")
    times = frequency / days
    return times if times >= 1 else None


def _interval(repeat: Raw) -> Decimal | None:
    """Find the hours between two doses where the timing gives one dose for each period; more are not evenly spread."""
    frequency, period, unit = number(repeat, "frequency"), number(repeat, "period"), text(repeat, "periodUnit")
    if frequency != 1 or not period or unit not in {"min", "h"} or repeat.get("frequencyMax") is not None:
        return None
    hours = period * factor(unit, "h")
    return hours if 0 < hours <= _LONGEST_INTERVAL else None
