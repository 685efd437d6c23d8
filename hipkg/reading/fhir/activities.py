"""Read what is done, ordered or used: Procedure, ServiceRequest, DeviceRequest, DeviceUseStatement.

Statuses are those of FHIR R4. What is paused (``on-hold``) or of unknown status is recorded without a status, which
validation tells: it counts neither as done nor as running nor as planned. A draft is no decision, and a request not to
do something is no activity. A proposal counts as planned: it is on record and waits to be ordered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.dates import within_a_day
from hipkg.base.vocabulary import local_name
from hipkg.knowledge.studies import is_study
from hipkg.reading.fhir.context import (
    Dated,
    dated,
    extras,
    in_future,
    period,
    referred_keys,
    refuse_withdrawn,
    settled,
    value_of,
)
from hipkg.reading.fhir.elements import flag, part, parts, references, text
from hipkg.reading.fhir.places import Whereabouts, whereabouts
from hipkg.reading.fhir.records import IN_ERROR, Activity, Fact, Fulfils, Resource, Stated, Unused
from hipkg.reading.fhir.unread import asked_not_to, not_understood, partly_unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.reading.fhir.codes import Meaning
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw

PLANNED, ONGOING, COMPLETED, STOPPED, NOT_DONE = hip.planned, hip.ongoing, hip.completed, hip.stopped, hip.notDone
BEGUN = {ONGOING, COMPLETED, STOPPED}
_OVER = {COMPLETED, STOPPED}
_DOSES = {hip.dailyDose, hip.singleDose, hip.doseInterval}
_SAID_BY_EXTENSION = frozenset({hip.hasOutcome, hip.stoppedBecause, hip.hasAdequacy, hip.duration, *_DOSES})
OPEN = ""
"""The status of what is recorded and whose status is not known."""

PROCEDURE = {
    "preparation": PLANNED,
    "in-progress": ONGOING,
    "not-done": NOT_DONE,
    "on-hold": OPEN,
    "stopped": STOPPED,
    "completed": COMPLETED,
    "unknown": OPEN,
}
REQUEST = {"active": PLANNED, "on-hold": OPEN, "revoked": NOT_DONE, "completed": COMPLETED, "unknown": OPEN}
DEVICE = {
    "active": ONGOING,
    "completed": COMPLETED,
    "not-done": NOT_DONE,
    "intended": PLANNED,
    "stopped": STOPPED,
    "on-hold": OPEN,
}
_ASKING = {"CarePlan", "DeviceRequest", "ServiceRequest"}
_LONGEST = 120
_REFERRED = ("reasonReference", "indication")
_WITHDRAWN = {**IN_ERROR, "draft": "it is a draft and not decided"}
INTENDED = {"proposal", "plan"}
"""The intents of what waits to be ordered."""
_UNDECIDED = "it is an option and not decided"
ASKS_NOT_TO = "it asks not to do it, which is no activity"


class Status(NamedTuple):
    """How far something has come: an IRI or `OPEN`, with what is doubtful."""

    iri: str
    flags: tuple[str, ...] = ()


def status_of(written: str, known: Mapping[str, str]) -> Status:
    """Translate a status; one that is open, missing or not of FHIR is told.

    Raises `Unused` for what was entered in error and for drafts.
    """
    if written in _WITHDRAWN:
        raise Unused("ignored", _WITHDRAWN[written])
    if written in known:
        iri = known[written]
        return Status(iri, () if iri else (f"its status is {written}, so it counts neither as done nor as running",))
    shown = f"{written!r}, which FHIR does not have" if written else "not recorded"
    return Status(OPEN, (f"its status is {shown}, so it counts neither as done nor as running",))


def refuse_undecided(raw: Raw) -> None:
    """Raise `Unused` for a request or a plan that is only an option."""
    if text(raw, "intent") == "option":
        raise Unused("ignored", _UNDECIDED)


class Draft(NamedTuple):
    """What a reader has found of an activity, before its dates and places are settled.

    ``amounts`` are those of all drugs that it names, ``shares`` those of each by its term.
    """

    concepts: tuple[Raw, ...]
    element: str
    status: Status
    start: Dated = Dated("")
    end: Dated = Dated("")
    sites: tuple[Raw, ...] = ()
    site_element: str = "bodySite"
    values: tuple[tuple[str, str], ...] = ()
    amounts: tuple[tuple[str, str], ...] = ()
    shares: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    duration: str = ""
    ties: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    visit: bool = False
    product: str = ""
    placed: bool = True
    study: bool = False
    requested: Dated = Dated("")
    suffix: str = ""
    routes: tuple[Raw, ...] = ()
    route_unread: str = ""
    supplied: bool = False
    lasts: str = ""
    sources: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def activities(one: Resource, draft: Draft, context: Context) -> Stated:
    """Make the activities of a draft, one for each intervention that its codes mean.

    A code that itself says how far something has come, such as one of a revision, does not date it.

    Raises `Unused` if the codes mean none, if what has begun begins after the date of the plan, or if sites contradict
    each other.
    """
    meaning, by_form = _in_its_form(understood(one, draft.concepts, draft.status, context), context)
    several = len(meaning.terms) > 1 or len(draft.concepts) > 1
    meaning, by_route = _given(meaning, draft, context)
    implied = next((value for prop, value in meaning.qualifiers if prop == hip.hasStatus), "")
    status = implied or draft.status.iri
    start, end, flags = ("", "", ()) if implied else _period(draft, status, context)
    where = whereabouts(one, draft.concepts, meaning, draft.sites, context, name=draft.site_element)
    reasons = referred_keys(one, context, *_REFERRED) if draft.placed else ()
    unclear = ""
    if draft.placed and not where.places:
        where, unclear = _where_reasons_are(one, where, context)
    more = extras(one, _SAID_BY_EXTENSION, context)
    qualified = (pair for pair in meaning.qualifiers if pair[0] != hip.hasStatus)
    values, torn = settled([*qualified, *draft.values, *more.values], context)
    sources = (draft.element, *draft.sources, *where.sources, *more.sources)
    amounts = {**dict(draft.amounts), **dict(more.amounts)}
    shares = dict(draft.shares)
    shared: tuple[str, ...] = ()
    if several and amounts:
        amounts, shared = {}, ("its dose is that of a product of several drugs, so none has it",)
    elsewhere = draft.placed and not where.places and any(draft.sites)
    concerning_patient = context.knowledge.concerning_patient
    facts: list[Fact] = [
        Activity(
            key=one.key + draft.suffix + _suffix(term, meaning),
            resource=one.key,
            intervention=term,
            study=draft.study or is_study(term, context.knowledge),
            status=status,
            places=where.places if draft.placed else (),
            start=start,
            end=end,
            duration=draft.duration or more.duration,
            values=values,
            amounts=tuple(sorted({**dict(shares.get(term, ())), **amounts}.items())),
            texts=draft.texts,
            reasons=reasons,
            ties=draft.ties,
            visit=draft.visit and status == COMPLETED,
            product=draft.product,
            sources=tuple(f"{one.key}#{name}" for name in dict.fromkeys(sources)),
            requested="" if start or end or status != COMPLETED else draft.requested.day,
            elsewhere=elsewhere and term not in concerning_patient,
            unclear="" if term in concerning_patient else unclear,
            supplied=draft.supplied,
            lasts=draft.lasts,
        )
        for term in meaning.terms
    ]
    requests = tuple(key for key in draft.requests if not key.startswith("CarePlan/"))
    if requests:
        facts.append(Fulfils(one.key, requests))
    open_flags = () if implied else draft.status.flags
    sited = where.places or reasons or elsewhere or unclear or set(meaning.terms) <= concerning_patient
    unasked = () if sited or not draft.placed else _unread_orders(one, context)
    told = (*open_flags, *draft.flags, *by_form, *by_route, *flags, *where.flags, *more.flags, *torn, *shared, *unasked)
    rest = partly_unread(one, draft.concepts, context, current=status not in _OVER)
    notes = (*draft.notes, *(f"not used of it: {each.name}" for each in rest))
    return Stated(tuple(facts), told, notes, rest)


def understood(one: Resource, concepts: tuple[Raw, ...], status: Status, context: Context) -> Meaning:
    """Find the interventions that codes mean; raises `Unused` if they mean none."""
    meaning = context.codes.meaning(concepts, "intervention")
    if not meaning.terms:
        current = status.iri not in _OVER
        moot = status.iri == NOT_DONE or (one.type in _ASKING and not current)
        raise Unused(*not_understood(one, concepts, "activity", context, moot=moot, current=current))
    return meaning


def _unread_orders(one: Resource, context: Context) -> tuple[str, ...]:
    """Tell of the orders that an activity without a site carries out and that are not understood: they may name one."""
    found = []
    for reference in references(one.raw, "basedOn"):
        order = context.index.target(reference, one)
        if order is None or (
            order.raw.get("resourceType") != "CarePlan"
            and not context.codes.meaning([part(order.raw, "code")], "intervention").terms
        ):
            found.append(reference)
    named = ", ".join(sorted(found))[:_LONGEST]
    return (
        (f"it names no site, and what it carries out is not understood or not in the source ({named})",)
        if found
        else ()
    )


def _where_reasons_are(one: Resource, where: Whereabouts, context: Context) -> tuple[Whereabouts, str]:
    """Place what names no site at those that its coded reasons name; name the reasons if no code of them is known."""
    coded: list[tuple[Raw, tuple[Raw, ...]]] = [(each, ()) for each in parts(one.raw, "reasonCode")]
    coded += _contained_reasons(one, context)
    meanings = [(each, context.codes.meaning([each], "problem"), sites) for each, sites in coded]
    known = [each for each in meanings if each[1].terms]
    if not known:
        described = [context.codes.describe([each for each, _ in coded]) or "text only"] if coded else []
        named = [text(each, "reference") or "a reference without an address" for each in _references(one)]
        return where, ", ".join((*described, *named))
    there = [whereabouts(one, [each], meaning, sites, context) for each, meaning, sites in known]
    places = [place for each in there for place in each.places]
    flags = tuple(flag for each in there for flag in each.flags)
    sources = ("reasonCode" if parts(one.raw, "reasonCode") else "reasonReference",) if places else ()
    return Whereabouts(tuple(dict.fromkeys(places)), (*where.sources, *sources), (*where.flags, *flags)), ""


def _references(one: Resource) -> list[Raw]:
    return [each for name in _REFERRED for each in parts(one.raw, name)]


def _contained_reasons(one: Resource, context: Context) -> list[tuple[Raw, tuple[Raw, ...]]]:
    """List the codes and the sites of the reasons that a resource contains."""
    named = (text(each, "reference") for each in _references(one))
    targets = (context.index.target(each, one) for each in named if each.startswith("#"))
    return [(part(each.raw, "code"), tuple(parts(each.raw, "bodySite"))) for each in targets if each]


def _in_its_form(meaning: Meaning, context: Context) -> tuple[Meaning, tuple[str, ...]]:
    """Take an ingredient that codes name beside a product in another form for the one in that product."""
    knowledge = context.codes.knowledge
    known = knowledge.interventions
    taken = {
        ingredient: form
        for form in meaning.terms
        if form in known and known[form].other_form_of
        for ingredient in meaning.terms
        if knowledge.is_a(ingredient, known[form].other_form_of)
    }
    told = (f"{knowledge.label(one)} is here that of a {knowledge.label(form)}" for one, form in taken.items())
    return meaning._replace(terms=tuple(one for one in meaning.terms if one not in taken)), tuple(told)


def _given(meaning: Meaning, draft: Draft, context: Context) -> tuple[Meaning, tuple[str, ...]]:
    """Hold drugs that imply a route to the one by which they are given, where the record names one.

    Raises `Unused` if each implies a route that the given one is not known to be; or if no route is given, and the drug
    has another code, which is known and none of the drug: it may be that of a product that is given otherwise.
    """
    codes = context.codes
    known = codes.knowledge.interventions
    if not any(term in known and known[term].route for term in meaning.terms):
        return meaning, ()
    if not draft.routes:
        if other := codes.idle(draft.concepts):
            raise Unused(
                "set aside", f"its code {other} is known and is none of a drug that counts, and no route is coded"
            )
        return meaning, (draft.route_unread,) if draft.route_unread else ()
    kept = {term: codes.given_by(term, draft.routes) for term in meaning.terms}
    wrong = [codes.knowledge.label(term) for term, given in kept.items() if given != term]
    if not wrong:
        return meaning, ()
    told = f"its route ({codes.describe(draft.routes)}) is not known as that of {' and '.join(wrong)}"
    terms = codes.knowledge.narrowest(one for one in kept.values() if one)
    if not terms:
        raise Unused("set aside", told)
    return meaning._replace(terms=terms), (told,)


def _suffix(term: str, meaning: Meaning) -> str:
    """Tell the activities of one resource apart where it states several."""
    return f"~{local_name(term)}" if len(meaning.terms) > 1 else ""


def _period(draft: Draft, status: str, context: Context) -> tuple[str, str, tuple[str, ...]]:
    start, end, flags = period(draft.start, draft.end)
    if status in BEGUN and in_future(start, context):
        raise Unused("set aside", f"it begins ({start}) after the date of the plan")
    if status in _OVER and in_future(end, context):
        return start, "", (*flags, f"its end ({end}) is after the date of the plan, so it is not used")
    return start, end, flags


def read_procedure(one: Resource, context: Context) -> Stated:
    """Read a Procedure."""
    status = status_of(text(one.raw, "status"), PROCEDURE)
    concepts = (part(one.raw, "code"),)
    understood(one, concepts, status, context)  # first, for most are not
    start, end = performed(one.raw, "performed", status.iri, context)
    outcome, doubtful = value_of(part(one.raw, "outcome"), "outcome", hip.hasOutcome, context)
    reason, unclear = value_of(part(one.raw, "statusReason"), "statusReason", hip.stoppedBecause, context)
    values = [(hip.hasOutcome, outcome)] * bool(outcome) + [(hip.stoppedBecause, reason)] * bool(reason)
    requests = referred_keys(one, context, "basedOn")
    sources = [name for name, said in (("outcome", outcome), ("statusReason", reason)) if said]
    draft = Draft(
        concepts,
        "code",
        status,
        start,
        end,
        tuple(parts(one.raw, "bodySite")),
        values=tuple(values),
        ties=(*requests, *referred_keys(one, context, "partOf")),
        requests=requests,
        visit=_at_one_go(one.raw, start, end),
        sources=("status", *sources, *_dates_in(one.raw, "performed")),
        flags=(*doubtful, *unclear),
    )
    return activities(one, draft, context)


def _at_one_go(raw: Raw, start: Dated, end: Dated) -> bool:
    """Tell whether a procedure was done on a day or within the length of one, or says no more than when it began."""
    span = part(raw, "performedPeriod")
    if not start.day or start.day == end.day:
        return bool(start.day)
    return "end" not in span or within_a_day(text(span, "start"), text(span, "end"))


def performed(raw: Raw, name: str, status: str, context: Context) -> tuple[Dated, Dated]:
    """Read when something was done, from a date or a period; what is done on a date ends on it."""
    moment = text(raw, f"{name}DateTime")
    if moment:
        day = dated(moment, "its date", context)
        return day, (Dated(day.day) if status in _OVER else Dated(""))
    span = part(raw, f"{name}Period")
    return dated(text(span, "start"), "its start", context), dated(text(span, "end"), "its end", context)


def _dates_in(raw: Raw, name: str) -> tuple[str, ...]:
    return tuple(one for one in (f"{name}DateTime", f"{name}Period") if one in raw)


def read_service_request(one: Resource, context: Context) -> Stated:
    """Read a ServiceRequest: something that is ordered, proposed or planned."""
    return _ordered(one, (part(one.raw, "code"),), "code", context)


def read_device_request(one: Resource, context: Context) -> Stated:
    """Read a DeviceRequest: a device that is ordered, proposed or planned, by its type."""
    if concept := part(one.raw, "codeCodeableConcept"):
        return _ordered(one, (concept,), "codeCodeableConcept", context)
    target = context.index.referred(one, "codeReference")
    if target:
        refuse_withdrawn(target.raw, "the device that it refers to")
    return _ordered(one, (part(target.raw, "type"),) if target else (), "codeReference", context)


def _ordered(one: Resource, concepts: tuple[Raw, ...], element: str, context: Context) -> Stated:
    if flag(one.raw, "doNotPerform"):
        raise Unused("ignored", ASKS_NOT_TO, asked_not_to(one, concepts, text(one.raw, "status"), context))
    refuse_undecided(one.raw)
    status = status_of(text(one.raw, "status"), REQUEST)
    start, end = performed(one.raw, "occurrence", status.iri, context)
    draft = Draft(
        concepts,
        element,
        status,
        start,
        end,
        tuple(parts(one.raw, "bodySite")),
        ties=referred_keys(one, context, "basedOn"),
        requests=(*requests_met(one, status, context), *referred_keys(one, context, "replaces", "priorRequest")),
        requested=dated(text(one.raw, "authoredOn"), "its date", context),
        sources=("status", *_dates_in(one.raw, "occurrence")),
        notes=intent_notes(one.raw),
    )
    return activities(one, draft, context)


def requests_met(one: Resource, status: Status, context: Context) -> tuple[str, ...]:
    """List the requests that a request fulfils; one that is not done leaves the orders among them in force."""
    named = referred_keys(one, context, "basedOn")
    if status.iri != NOT_DONE:
        return named
    found = ((key, context.index.get(key)) for key in named)
    return tuple(key for key, request in found if request and text(request.raw, "intent") in INTENDED)


def intent_notes(raw: Raw) -> tuple[str, ...]:
    """Tell that a request is only proposed."""
    return ("it is proposed and not yet ordered",) if text(raw, "intent") == "proposal" else ()


def read_device_use(one: Resource, context: Context) -> Stated:
    """Read a DeviceUseStatement: what the patient uses, by the type of the device."""
    status = status_of(text(one.raw, "status"), DEVICE)
    target = context.index.referred(one, "device")
    if target:
        refuse_withdrawn(target.raw, "the device that it refers to")
    concepts = (part(target.raw, "type"),) if target else ()
    start, end = performed(one.raw, "timing", status.iri, context)
    draft = Draft(
        concepts,
        "device",
        status,
        start,
        end if "timingPeriod" in one.raw else Dated(""),
        tuple(parts(one.raw, "bodySite")),
        requests=referred_keys(one, context, "basedOn"),
        sources=("status", *_dates_in(one.raw, "timing")),
    )
    return activities(one, draft, context)
