"""Read what visits and claims tell of: Encounter, Claim and ExplanationOfBenefit.

The reason of a visit that goes on is a problem of the patient, and a visit for a therapy is a visit of it. The reasons
of visits that are over, and what is charged for, may never have been or be over: they count as nothing. What nothing
else records of it is told.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hipkg.base.dates import day_of
from hipkg.reading.fhir.activities import COMPLETED, PLANNED, Draft, Status, activities
from hipkg.reading.fhir.context import dated, referred_keys
from hipkg.reading.fhir.elements import Malformed, codes_in, part, parts, references, text
from hipkg.reading.fhir.findings import problems
from hipkg.reading.fhir.places import whereabouts
from hipkg.reading.fhir.records import IN_ERROR, Fact, Mention, Stated, Unused
from hipkg.reading.fhir.unread import partly_unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.reading.fhir.codes import Kind
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.log import Log
    from hipkg.reading.fhir.records import Resource
    from hipkg.record.patient import Unread

_GOES_ON = {"arrived", "triaged", "in-progress", "onleave"}
_OVER = {"finished", "completed", "discharged"}
_UNDECIDED = {"planned", "on-hold", "unknown"}
_CANCELLED = "it was cancelled"
_NO_VISIT = {**IN_ERROR, "cancelled": _CANCELLED, "discontinued": _CANCELLED}
_NO_CLAIM = {**IN_ERROR, "cancelled": _CANCELLED, "draft": "it is a draft"}
_PHARMACY = "pharmacy"
"""The type of a claim for drugs, by FHIR's codes of types of claims."""
_DIAGNOSIS = "diagnosis"
_CHARGED = "a service that is charged for"
_ASKED = {"preauthorization", "predetermination"}
_CODED = ("code", "medicationCodeableConcept", "valueCodeableConcept", "conclusionCode")

TYPES = ("Claim", "Encounter", "ExplanationOfBenefit")
"""The types whose resources tell of things without recording them."""


def read_encounter(one: Resource, context: Context) -> Stated:
    """Read an Encounter; raises `Unused` for a visit that was none, and for one that tells of nothing that is known."""
    status = text(one.raw, "status")
    if status in _NO_VISIT:
        raise Unused("ignored", _NO_VISIT[status])
    period = part(one.raw, "period")
    diagnoses = [(_DIAGNOSIS, part(each, "concept")) for each in parts(one.raw, "diagnosis")]
    reasons = [*(("reasonCode", each) for each in parts(one.raw, "reasonCode")), *diagnoses]
    undated = [end for end in ("start", "end") if (written := text(period, end)) and not day_of(written)]
    missing = (
        *_strange_status(status),
        *(f"its {end} is no date of the calendar, so it is not used" for end in undated),
        *_missing(one, context),
    )
    visits = _visits(one, status, period, context)
    rest: tuple[Unread, ...] = ()
    if status in _GOES_ON:
        rest = partly_unread(one, [concept for _, concept in reasons], context, current=True)
        made = [_problems(one, element, concept, context) for element, concept in reasons]
        facts = (*visits.facts, *(fact for each in made for fact in each.facts))
        flags = (*visits.flags, *missing, *(flag for each in made for flag in each.flags))
    else:
        told, concepts = _told(one, "the reason of a visit", text(period, "start")), [concept for _, concept in reasons]
        mentions = _mentions(told, concepts, "problem", context)
        facts, flags = (*visits.facts, *mentions), (*visits.flags, *missing)
    if not facts and not flags:
        raise Unused("ignored", "it is a visit, and tells of nothing that is known", rest)
    return Stated(facts, flags, visits.notes, rest)


def _strange_status(status: str) -> tuple[str, ...]:
    """Tell of a status that FHIR does not have, or that is missing."""
    if status in _GOES_ON | _OVER | _UNDECIDED:
        return ()
    shown = f"{status!r}, which FHIR does not have" if status else "not recorded"
    return (f"its status is {shown}, so it counts neither as over nor as going on",)


def _missing(one: Resource, context: Context) -> tuple[str, ...]:
    """Tell of the conditions that a visit refers to and that are not there."""
    named = references(one.raw, "reasonReference")
    named += [each for diagnosis in parts(one.raw, "diagnosis") for each in references(diagnosis, "condition")]
    lost = sorted({each for each in named if context.index.target(each, one) is None})
    return (f"what it was for is not in the source ({', '.join(lost)[:80]})",) if lost else ()


def _visits(one: Resource, status: str, period: Raw, context: Context) -> Stated:
    """Read the visits of a therapy that the type of an encounter names."""
    concepts = (*parts(one.raw, "type"), *parts(one.raw, "serviceType"))
    known = {**dict.fromkeys(_OVER, COMPLETED), "planned": PLANNED}
    if status not in known or not context.codes.meaning(concepts, "intervention").terms:
        return Stated(())
    draft = Draft(
        concepts,
        "type",
        Status(known[status]),
        dated(text(period, "start"), "its start", context),
        dated(text(period, "end") or text(period, "start"), "its end", context),
        ties=referred_keys(one, context, "basedOn"),
        requests=referred_keys(one, context, "basedOn"),
        visit=True,
        sources=("status", "period"),
    )
    return activities(one, draft, context)


def _problems(one: Resource, element: str, concept: Raw, context: Context) -> Stated:
    meaning = context.codes.meaning([concept], "problem")
    if not meaning.terms:
        return Stated(())
    where = whereabouts(one, [concept], meaning, (), context)
    facts = problems(one, meaning.terms, where, (element, *where.sources), values=meaning.qualifiers)
    return Stated(facts, (*where.flags, "it is the reason of a visit that goes on, and taken for current"))


def read_claim(one: Resource, context: Context) -> Stated:
    """Read a Claim or an ExplanationOfBenefit; raises `Unused` for one that claims nothing that is known."""
    status, use = text(one.raw, "status"), text(one.raw, "use")
    if status in _NO_CLAIM:
        raise Unused("ignored", _NO_CLAIM[status])
    if use in _ASKED:
        raise Unused("ignored", "it asks what would be paid for")
    created = text(part(one.raw, "billablePeriod"), "start") or text(one.raw, "created")
    found: list[Mention] = []
    rest: list[Unread] = []
    handed_over = _PHARMACY in codes_in(part(one.raw, "type"))
    for each in parts(one.raw, "diagnosis"):
        diagnosis = _told(one, "a diagnosis of a claim", created)
        found += _mentions(diagnosis, [part(each, "diagnosisCodeableConcept")], "problem", context)
    for each in parts(one.raw, "procedure"):
        service = _told(one, _CHARGED, text(each, "date"), created)
        found += _mentions(service, [part(each, "procedureCodeableConcept")], "intervention", context)
    for each in parts(one.raw, "item"):
        day = text(each, "servicedDate") or text(part(each, "servicedPeriod"), "start")
        concept = part(each, "productOrService") or part(each, "service")
        found += _mentions(_told(one, _CHARGED, day, created), [concept], "intervention", context)
        if handed_over and context.index.drug_codes.isdisjoint(codes_in(concept)):
            rest += partly_unread(one, [concept], context, current=True)
    if not found:
        raise Unused("ignored", "it is a claim, and tells of nothing that is known", tuple(rest))
    return Stated(tuple(dict.fromkeys(found)), unread=tuple(rest))


def _mentions(as_what: Mention, concepts: Iterable[Raw], kind: Kind, context: Context) -> list[Mention]:
    """List what concepts name, as what they are told of."""
    return [as_what._replace(term=term) for term in context.codes.meaning(concepts, kind).terms]


def _told(one: Resource, role: str, *written: str) -> Mention:
    """Say as what a resource tells of something, and of which day; of several dates, the first that there is."""
    return Mention(one.key, "", role, day_of(next(filter(None, written), "")))


def tell_unrecorded(facts: Iterable[Fact], resources: Iterable[Resource], context: Context, log: Log) -> None:
    """Tell the log of what visits and claims tell of and nothing else records, even as over."""
    mentions = [one for one in facts if isinstance(one, Mention)]
    if not mentions:
        return
    recorded = {term for one in resources if one.type not in TYPES for term in _terms_of(one, context)}
    knowledge = context.knowledge
    days: dict[tuple[str, str], set[str]] = {}
    for one in mentions:
        days.setdefault((one.term, one.role), set()).add(one.day)
    told_of = {term for term, _ in days}
    known = {one for one in told_of if any(knowledge.is_a(one, it) or knowledge.is_a(it, one) for it in recorded)}
    whens = {key: _when(found) for key, found in days.items()}
    for one in mentions:
        if one.term in known:
            log.notes.append((one.resource, f"{knowledge.label(one.term)} is told of, which other resources record"))
        else:
            told = f"it tells of {knowledge.label(one.term)} as {one.role}{whens[one.term, one.role]}"
            log.flags.append((one.resource, f"{told}, which nothing records, so it does not count"))


def _when(days: set[str]) -> str:
    """Say on which day something is told of, or on which of several last."""
    last = max(days)
    return f"{' on' if len(days) == 1 else ', last on'} {last}" if last else ""


def _terms_of(one: Resource, context: Context) -> Iterator[str]:
    """List what the codes of a resource mean, whatever its status; what is malformed is told of by its reader."""
    with suppress(Malformed):
        concepts = [concept for name in _CODED for concept in parts(one.raw, name)]
        if target := context.index.referred(one, "medicationReference"):
            concepts.append(part(target.raw, "code"))
        for concept in concepts:
            yield from (each.term for each in context.codes.meanings(concept) if each.asserts)
