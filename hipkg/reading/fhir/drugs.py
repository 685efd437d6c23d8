"""Read drugs: MedicationRequest, MedicationDispense, MedicationStatement and MedicationAdministration.

An active order or statement is a running course, as FHIR defines it; that the drug is taken is not more than ordered.
An order that ran out is over, and so is what was handed over once it is used up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.dates import day_of
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
    Status,
    activities,
    intent_notes,
    performed,
    refuse_undecided,
    requests_met,
    status_of,
    understood,
)
from hipkg.reading.fhir.context import (
    Dated,
    dated,
    in_future,
    in_past,
    referred_keys,
    refuse_withdrawn,
    value_of,
)
from hipkg.reading.fhir.dosage import doses_of
from hipkg.reading.fhir.elements import codes_in, flag, part, parts, text
from hipkg.reading.fhir.records import Stated, Unused
from hipkg.reading.fhir.strengths import Product, active_ingredients
from hipkg.reading.fhir.supplies import handed_over, ordered
from hipkg.reading.fhir.unread import asked_not_to, unread

if TYPE_CHECKING:
    from decimal import Decimal

    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.dosage import Doses
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
    "recorded": OPEN,
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
DISPENSE = {"completed": COMPLETED, "unknown": OPEN}
_SINGLE = 2
"""The number of terms and concepts of a product of one drug, together."""
_NOT_HANDED_OVER = {"preparation", "in-progress", "cancelled", "on-hold", "stopped", "declined"}
_HANDED_OVER = ("whenHandedOver", "whenPrepared")
_SUPPLY_NOT_KNOWN = "how long what was handed over lasts is not known, so it counts neither as done nor as running"


def read_request(one: Resource, context: Context) -> Stated:
    """Read a MedicationRequest."""
    written, intent = text(one.raw, "status"), text(one.raw, "intent")
    if flag(one.raw, "doNotPerform"):
        named = asked_not_to(one, _drug(one, context)[0], written, context)
        raise Unused("ignored", "it asks not to give it, which is no activity", named)
    refuse_undecided(one.raw)
    known = {**ORDER, "active": PLANNED} if intent in INTENDED else ORDER
    status = status_of(written, known)
    if status.iri != ONGOING:  # of what may run, the supply tells whether it is over
        concepts, *_ = _drug(one, context)
        understood(one, concepts, status, context)
    doses = parts(one.raw, "dosageInstruction")
    start, end, told = _ordered_for(one, status, doses)
    reason, unclear = value_of(part(one.raw, "statusReason"), "statusReason", hip.stoppedBecause, context)
    reported = ("it is reported and not prescribed here",) if flag(one.raw, "reportedBoolean") else ()
    drug, read = _draft(one, status, doses, doses, context)
    draft = drug._replace(
        start=dated(start, "its start", context),
        end=dated(end, "its end", context),
        values=((hip.stoppedBecause, reason),) if reason else (),
        requests=requests_met(one, status, context),
        sources=(*drug.sources, *told),
        flags=(*drug.flags, *unclear),
        notes=(*drug.notes, *intent_notes(one.raw), *reported),
    )
    return activities(one, _supplied(one, draft, read.length, read.pieces_a_day, context), context)


def _supplied(one: Resource, draft: Draft, length: str, pieces_a_day: Decimal | None, context: Context) -> Draft:
    """End an order when its supply, its validity or its dosage ended; one that ran out is not running."""
    if draft.status.iri not in {ONGOING, COMPLETED} or draft.duration:
        return draft
    left = _left_hospital(one, context)
    if draft.status.iri == ONGOING and in_past(left, context):
        return _ran_out(draft._replace(end=Dated(left)), f"it was ordered for a stay in hospital that ended on {left}")
    if draft.end.day:
        over = draft.status.iri == ONGOING and in_past(draft.end.day, context)
        return _ran_out(draft, f"its dosage ended on {draft.end.day}") if over else draft
    request = part(one.raw, "dispenseRequest")
    supply = ordered(request, draft.start.day, length, pieces_a_day, context.knowledge)
    draft = draft._replace(flags=(*draft.flags, *supply.flags), lasts=supply.lasts(context))
    if draft.status.iri == COMPLETED:
        end = supply.end if supply.end and supply.over(context) else ""
        return draft._replace(end=Dated(end), supplied=bool(end), sources=(*draft.sources, *_supply_in(request)))
    if supply.over(context):
        last = max(supply.end, supply.open_until)
        told = f"what is ordered lasted to {last} at most" if supply.end else f"it could be filled until {last} only"
        ended = draft._replace(end=Dated(supply.end), supplied=bool(supply.end))
        return _ran_out(ended, told)._replace(sources=(*draft.sources, *_supply_in(request)))
    if supply.end and not in_future(supply.end, context) and supply.end != context.as_of.isoformat():
        told = f"what is ordered lasted to {supply.end} if it was taken as told, and it may be filled until later"
        return draft._replace(flags=(*draft.flags, told))
    return draft


def _left_hospital(one: Resource, context: Context) -> str:
    """Find the day on which a stay in hospital ended that an order is for; empty where there is none."""
    if not any("inpatient" in codes_in(concept) for concept in parts(one.raw, "category")):
        return ""
    stay = context.index.referred(one, "encounter")
    over = stay is not None and text(stay.raw, "status") in {"finished", "completed"}
    return day_of(text(part(stay.raw, "period"), "end")) if stay and over else ""


def _ran_out(draft: Draft, told: str) -> Draft:
    return draft._replace(
        status=Status(COMPLETED, (f"{told}, so it is not taken to run",)),
    )


def _supply_in(request: Raw) -> tuple[str, ...]:
    return ("dispenseRequest",) if request else ()


def _ordered_for(one: Resource, status: Status, doses: list[Raw]) -> tuple[str, str, tuple[str, ...]]:
    """Find the period of an order: that of its dosage, or else its date as the start of what was begun.

    An order that was stopped ended earlier than it was meant to, on a day that it does not tell.
    """
    bounds = part(part(part(doses[0], "timing"), "repeat"), "boundsPeriod") if len(doses) == 1 else {}
    end = "" if status.iri == STOPPED else text(bounds, "end")
    if begin := text(bounds, "start"):
        return begin, end, ("dosageInstruction.timing",)
    if status.iri in {PLANNED, NOT_DONE}:
        return "", end, ()
    if begin := text(one.raw, "authoredOn"):
        return begin, end, ("authoredOn",)
    begin = text(part(part(one.raw, "dispenseRequest"), "validityPeriod"), "start")
    return begin, end, ("dispenseRequest",) if begin else ()


def read_dispense(one: Resource, context: Context) -> Stated:
    """Read a MedicationDispense: what was handed over is taken until it is used up."""
    written = text(one.raw, "status")
    if written in _NOT_HANDED_OVER:
        raise Unused("ignored", f"it was not handed over ({written})")
    status = status_of(written, DISPENSE)
    day = next((name for name in _HANDED_OVER if text(one.raw, name)), "")
    doses = parts(one.raw, "dosageInstruction")
    drug, read = _draft(one, status, doses, doses, context)
    start = dated(text(one.raw, day), "its date", context)
    supply = handed_over(one.raw, start.day, read.pieces_a_day, context.knowledge)
    if status.iri != COMPLETED:
        ended = drug
    elif supply.lasts(context):
        ended = drug._replace(status=Status(ONGOING), lasts=supply.lasts(context), supplied=True)
    elif supply.end:
        ended = drug._replace(end=Dated(supply.end), supplied=True)
    else:
        ended = drug._replace(status=Status(OPEN, (_SUPPLY_NOT_KNOWN,)))
    draft = ended._replace(
        start=start,
        ties=referred_keys(one, context, "authorizingPrescription"),
        sources=(*drug.sources, *filter(None, (day,)), *(("daysSupply",) if "daysSupply" in one.raw else ())),
        flags=(*drug.flags, *supply.flags),
    )
    return activities(one, draft, context)


def read_statement(one: Resource, context: Context) -> Stated:
    """Read a MedicationStatement."""
    status = status_of(text(one.raw, "status"), STATEMENT)
    if kinds := context.codes.none_known([part(one.raw, "medicationCodeableConcept")]):
        return none_of(one, kinds, "medicationCodeableConcept")
    start, end = performed(one.raw, "effective", "", context)
    if status.iri == ONGOING and in_past(end.day, context):
        status = Status(COMPLETED, (f"it is active and ended on {end.day}, so it is not taken to run",))
    reasons = [value_of(each, "statusReason", hip.stoppedBecause, context) for each in parts(one.raw, "statusReason")]
    doses = parts(one.raw, "dosage")
    drug, _ = _draft(one, status, doses, doses, context)
    draft = drug._replace(
        start=start,
        end=end,
        values=tuple((hip.stoppedBecause, each) for each, _ in reasons if each),
        flags=(*drug.flags, *(told for _, unclear in reasons for told in unclear)),
        requests=referred_keys(one, context, "basedOn"),
    )
    told = tuple(name for name in ("effectiveDateTime", "effectivePeriod") if name in one.raw)
    return activities(one, draft._replace(sources=(*draft.sources, *told)), context)


def read_administration(one: Resource, context: Context) -> Stated:
    """Read a MedicationAdministration: one visit of the course that it belongs to."""
    status = status_of(text(one.raw, "status"), ADMINISTRATION)
    start, end = performed(one.raw, "effective", status.iri, context)
    request = referred_keys(one, context, "request")
    dose = part(one.raw, "dosage")
    drug, _ = _draft(one, status, [], [dose] if dose else [], context)
    draft = drug._replace(start=start, end=end, ties=(*request, *referred_keys(one, context, "partOf")), visit=True)
    return activities(one, draft, context)


def _draft(one: Resource, status: Status, doses: list[Raw], given: list[Raw], context: Context) -> tuple[Draft, Doses]:
    """Read a drug; the doses are read as instructions, and the route from what says how it is given."""
    concepts, element, medication = _drug(one, context)
    product = Product(concepts, medication)
    shares = _shares(doses, product, context)
    read = next((one for one in shares.values() if one.amounts), None) or doses_of(doses, product, context)
    duration = read.length if status.iri == COMPLETED else ""  # what was meant to last so long may still run
    past = status.iri in {COMPLETED, STOPPED, NOT_DONE}  # no limit is compared with the doses of what is over
    named = ", ".join(sorted(context.codes.describe(concepts).split(", ")))
    draft = Draft(
        concepts,
        element,
        status,
        amounts=() if shares else read.amounts,
        shares=tuple((term, one.amounts) for term, one in shares.items()),
        duration=duration,
        placed=False,
        product=named,
        routes=tuple(route for each in given if parts(route := part(each, "route"), "coding")),
        route_unread=_route_unread(one, given, context),
        sources=("status", *(("dosage",) if read.amounts or read.length else ())),
        flags=() if past else read.flags,
        notes=(*read.notes, *(read.flags if past else ())),
    )
    return draft, read


def _shares(doses: list[Raw], product: Product, context: Context) -> dict[str, Doses]:
    """Read the doses of each drug in a product of several, where its strength is told; empty where it is of none."""
    terms = context.codes.meaning(product.concepts, "intervention").terms
    if len(terms) + len(product.concepts) <= _SINGLE:
        return {}
    found = {term: doses_of(doses, product._replace(drug=term), context) for term in terms}
    told = {name for one in found.values() for name, _ in one.amounts}
    return found if told & {hip.singleDose, hip.dailyDose} else {}


def _route_unread(one: Resource, given: list[Raw], context: Context) -> str:
    """Tell of what the record says of the route besides its code, and what is not read of it."""
    if any(text(part(each, "route"), "text") for each in given):
        return "its route is told in words and not read"
    target = context.index.referred(one, "medicationReference")
    form = part(target.raw, "form") if target else {}
    named = context.codes.describe([form]) or text(form, "text")
    return f"its form ({named}) is not read, and no route is coded" if named else ""


def _drug(one: Resource, context: Context) -> tuple[tuple[Raw, ...], str, Raw]:
    """Find the concepts of a drug, its code or those of its ingredients where that is not known, and its Medication."""
    concept = part(one.raw, "medicationCodeableConcept")
    if concept:
        return (concept,), "medicationCodeableConcept", {}
    target = context.index.referred(one, "medicationReference")
    if target is None:
        if reference := text(part(one.raw, "medicationReference"), "reference"):
            told = f"the drug that it refers to ({reference[:80]}) is not in the source"
            raise Unused("set aside", told, unread(one, [], context))
        return (), "medicationReference", {}
    refuse_withdrawn(target.raw, "the drug that it refers to")
    code = part(target.raw, "code")
    if context.codes.meaning([code], "intervention").terms:
        return (code,), "medicationReference", target.raw
    named = [each for each in map(_ingredient, active_ingredients(target.raw)) if each]
    known = context.codes.meaning(named, "intervention").terms
    return (tuple(named) if known or not code else (code,)), "medicationReference", target.raw


def _ingredient(one: Raw) -> Raw:
    """Return the concept of an ingredient; of one that is only referred to, the words of the reference."""
    words = text(part(one, "itemReference"), "display")
    return part(one, "itemCodeableConcept") or ({"text": words} if words else {})
