"""Read Condition: a problem of the patient, if its status says that it is one.

Statuses are those of FHIR R4, section 9.2.3: what is entered in error never counts, and what is refuted is recorded as
absent; what is unconfirmed, provisional or differential is a question and not a fact; what is inactive, in remission or
resolved is over, and counts only if its class includes the past. German diagnoses say beside their code how certain
they are (https://simplifier.net/basisprofil-de-r4, ``icd-10-gm-diagnosesicherheit``), which counts as a status does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.terminology import NO, NO_LONGER, NOT_CLEAR, YES
from hipkg.reading.fhir.absences import absent, none_of
from hipkg.reading.fhir.context import (
    Coded,
    Dated,
    coded,
    dated,
    extras,
    in_future,
    may_be_in_future,
    referred_keys,
    refuse_unread,
    settled,
    value_of,
)
from hipkg.reading.fhir.elements import Malformed, codes_in, part, parts, references, text
from hipkg.reading.fhir.findings import SAID_BY_EXTENSION, linked, problems
from hipkg.reading.fhir.places import whereabouts
from hipkg.reading.fhir.presence import past_words, refuse_denied
from hipkg.reading.fhir.records import IN_ERROR, Absence, Activity, Problem, Stated, Unused
from hipkg.reading.fhir.unread import is_known, named
from hipkg.record.patient import EntryKind, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.reading.fhir.codes import Meaning
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.log import Log
    from hipkg.reading.fhir.records import Fact, Resource

_REFUTED = "refuted"
_NOT_TRUE = {**IN_ERROR, _REFUTED: "it is refuted"}
_NOT_SURE = ("unconfirmed", "provisional", "differential")
_SURE = "confirmed"
_CURRENT = ("active", "recurrence", "relapse")
_OVER = ("inactive", "remission", "resolved")
_SURENESS = {YES: _SURE, NO: _REFUTED, NOT_CLEAR: "provisional", NO_LONGER: _SURE}
"""The verification status that a code of the KBV for how certain a diagnosis is stands for, by what that answers."""
_CERTAINTY = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"
_LONGEST_CODE = 20
_OF_CERTAINTY = {
    "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit",
    "https://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit",
}
_UNSETTLED = "{}, which contradict each other"
_DUE_TO = "http://hl7.org/fhir/StructureDefinition/condition-dueTo"
_ABATEMENTS = ("abatementDateTime", "abatementPeriod", "abatementAge", "abatementRange", "abatementString")


class _End(NamedTuple):
    """How a condition is over, and how its record contradicts itself on that; each is empty where it is not so."""

    over: str = ""
    torn: str = ""
    flags: tuple[str, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """Tell of a contradiction where it makes no difference."""
        return (self.torn,) if self.torn else ()


def read_condition(one: Resource, context: Context) -> Stated:
    """Read a Condition; raises `Unused` with the reason if it is no problem of the patient."""
    verification = _verification(one, context)
    if verification.code == _REFUTED:
        return _refuted(one, context)
    if verification.code in _NOT_TRUE:
        raise Unused("ignored", _NOT_TRUE[verification.code])
    if verification.code in _NOT_SURE:
        raise Unused("ignored", f"it is {verification.code}, which is a question and not a fact")
    code = part(one.raw, "code")
    meaning = context.codes.meaning([code], "problem")
    if not meaning.terms and (kinds := context.codes.none_known([code])):
        return none_of(one, kinds, "code")
    if not meaning.terms:
        return _activity(one, verification, context)
    refuse_unread(verification=verification, clinical=_clinical(one))
    end = _end_of(one, verification, context)
    lasting = tuple(term for term in meaning.terms if _lasts(term, context))
    terms = lasting if end.over or end.torn else meaning.terms
    if end.over:
        terms = tuple(dict.fromkeys(context.knowledge.when_past.get(term, term) for term in terms))
    if not terms and end.torn:
        raise Unused("set aside", _UNSETTLED.format(end.torn))
    if not terms:
        raise Unused("ignored", f"it is over ({end.over}): {_labels(meaning.terms, context)} in the past is not used")
    begin = dated(_begin(one), "its begin", context)
    if in_future(begin.day, context):
        raise Unused("set aside", f"it begins ({begin.day}) after the date of the plan")
    stated = _problems(one, meaning._replace(terms=terms), begin.day, context)
    return Stated(stated.facts, (*end.flags, *end.doubts, *begin.flags, *stated.flags))


def _verification(one: Resource, context: Context) -> Coded:
    """Find how sure a condition is; raises `Unused` where its status and the certainty beside its code differ."""
    status = coded(one.raw, "verificationStatus", (*_NOT_SURE, _SURE), _NOT_TRUE)
    said = {*_certainties(one, context)}
    if not said or status.code in IN_ERROR:
        return status
    unknown = sorted(code for code, answer in said if answer not in _SURENESS)
    if unknown:
        raise Unused("set aside", f"the certainty of its code ({unknown[0][:_LONGEST_CODE]}) is not understood")
    sure = {_SURENESS[answer] for _, answer in said}
    told = {"provisional" if status.code in _NOT_SURE else status.code} - {""}
    if len(sure | told) > 1:
        both = " and ".join(sorted(sure | told))
        raise Unused("set aside", f"its status and the certainty beside its code say that it is both {both}")
    return status if status.code else Coded(sure.pop())


def _certainties(one: Resource, context: Context) -> Iterator[tuple[str, str]]:
    """List the codes of certainties that stand beside those of a condition, with what they answer."""
    for coding in parts(part(one.raw, "code"), "coding"):
        for each in parts(coding, "extension"):
            said = text(part(each, "valueCoding"), "code") or text(each, "valueCode")
            if said and text(each, "url") in _OF_CERTAINTY:
                yield said, context.codes.answer({"coding": [{"system": _CERTAINTY, "code": said}]})


def _refuted(one: Resource, context: Context) -> Stated:
    """Read that a problem is absent; of one that is no problem here, or that is confirmed as well, nothing follows."""
    meaning = context.codes.meaning([part(one.raw, "code")], "problem")
    if meaning.terms and _SURE in codes_in(part(one.raw, "verificationStatus")):
        raise Unused("set aside", "it is both confirmed and refuted")
    if not meaning.terms:
        raise Unused("ignored", _NOT_TRUE[_REFUTED])
    return absent(one, part(one.raw, "code"), context)


def _problems(one: Resource, meaning: Meaning, since: str, context: Context) -> Stated:
    refuse_denied([part(one.raw, "code")], context.knowledge)
    where = whereabouts(one, [part(one.raw, "code")], meaning, parts(one.raw, "bodySite"), context)
    more = extras(one, SAID_BY_EXTENSION, context)
    severity, unclear = value_of(part(one.raw, "severity"), "severity", hip.hasSeverity, context)
    recorded = [(hip.hasSeverity, severity)] if severity else []
    values, torn = settled([*meaning.qualifiers, *recorded, *more.values], context)
    evidence = [reference for each in parts(one.raw, "evidence") for reference in references(each, "detail")]
    shown_by = [key for each in evidence if (key := context.index.key_of(each, one))]
    doubts = [
        f"its evidence ({each[:80]}) is not in the source"
        for each in evidence
        if context.index.target(each, one) is None
    ]
    said = [name for name, found in (("severity", severity), ("evidence", evidence)) if found]
    facts = problems(
        one,
        meaning.terms,
        where,
        ("code", *where.sources, *said, *more.sources),
        values=values,
        shown_by=(*shown_by, *linked(more, hip.shownBy)),
        caused_by=(*_causes(one, context), *linked(more, hip.attributedTo)),
        since=since,
    )
    return Stated(facts, (*where.flags, *more.flags, *torn, *unclear, *doubts))


def _causes(one: Resource, context: Context) -> list[str]:
    due_to = [each for each in parts(one.raw, "extension") if text(each, "url") == _DUE_TO]
    keys = [context.index.key_of(text(part(each, "valueReference"), "reference"), one) for each in due_to]
    return [key for key in keys if key]


def _clinical(one: Resource) -> Coded:
    return coded(one.raw, "clinicalStatus", (*_OVER, *_CURRENT))


def _end_of(one: Resource, verification: Coded, context: Context) -> _End:
    """Find whether a condition is over, with what the record leaves open."""
    clinical = _clinical(one).code
    flags = () if verification.code else ("its verification status is not recorded",)
    codes = codes_in(part(one.raw, "clinicalStatus"))
    if codes.intersection(_OVER) and codes.intersection(_CURRENT):
        both = " and ".join(each for each in (*_CURRENT, *_OVER) if each in codes)
        return _End(torn=f"its clinical status is both {both}", flags=flags)
    if clinical in _OVER:
        return _End(clinical, flags=flags)
    if any(answer == NO_LONGER for _, answer in _certainties(one, context)):
        after = "a state after it is recorded"
        return _End(torn=f"it is {clinical}, and {after}", flags=flags) if clinical else _End(after, flags=flags)
    if words := past_words([part(one.raw, "code")], context.knowledge):
        said = f"its words are of the past: {words!r}"
        return _End(said, torn=f"it is {clinical}, and {said}" if clinical in _CURRENT else "", flags=flags)
    abated = next((name for name in _ABATEMENTS if name in one.raw), "")
    end = dated(text(one.raw, "abatementDateTime"), "its end", context) if abated == "abatementDateTime" else Dated("")
    if abated and not in_future(end.day, context):
        when = f" ({end.day})" if end.day else ""
        if clinical not in _CURRENT:
            return _End("it has an end", flags=flags)
        if not may_be_in_future(end.day, context):
            return _End(torn=f"it is {clinical} and has an end{when}", flags=flags)
        return _End(flags=(*flags, f"it is {clinical}, so its end{when} is taken to be still to come"))
    if clinical not in _CURRENT:
        flags = (*flags, "its clinical status is not recorded, so whether it is current is not recorded")
    return _End(flags=flags)


def _lasts(term: str, context: Context) -> bool:
    return any(context.knowledge.is_a(term, one) for one in context.knowledge.lasting)


def _labels(terms: tuple[str, ...], context: Context) -> str:
    return ", ".join(map(context.knowledge.label, terms))


def _begin(one: Resource) -> str:
    return text(one.raw, "onsetDateTime") or text(part(one.raw, "onsetPeriod"), "start")


def _activity(one: Resource, verification: Coded, context: Context) -> Stated:
    """Read a Condition whose code says what is done to the patient, where it also says how far that has come."""
    code = part(one.raw, "code")
    meaning = context.codes.meaning([code], "intervention")
    status = next((value for prop, value in meaning.qualifiers if prop == hip.hasStatus), "")
    end = _end_of(one, verification, context)
    if not meaning.terms or not status:
        heeded = end.over or context.codes.absence([code])
        unread = (
            ()
            if heeded
            else (Unread(EntryKind.CONDITION, named([code], context) or one.key, known=is_known([code], context)),)
        )
        raise Unused(*context.codes.why_not([code], "problem"), unread=unread)
    refuse_unread(verification=verification, clinical=_clinical(one))
    if end.torn and status == hip.ongoing:
        raise Unused("set aside", _UNSETTLED.format(end.torn))
    if end.over and status == hip.ongoing:
        raise Unused("ignored", f"it is over ({end.over})")
    begin = dated(_begin(one), "its begin", context)
    if in_future(begin.day, context):
        raise Unused("set aside", f"it begins ({begin.day}) after the date of the plan")
    where = whereabouts(one, [code], meaning, parts(one.raw, "bodySite"), context)
    facts = tuple(
        Activity(
            key=one.key,
            resource=one.key,
            intervention=term,
            study=False,
            status=status,
            places=where.places,
            start="",
            end="",
            duration="",
            values=tuple(pair for pair in meaning.qualifiers if pair[0] != hip.hasStatus),
            amounts=(),
            reasons=referred_keys(one, context, "reasonReference"),
            ties=(),
            visit=False,
            product="",
            sources=(f"{one.key}#code", *(f"{one.key}#{name}" for name in where.sources)),
        )
        for term in meaning.terms
    )
    return Stated(facts, (*end.flags, *end.doubts, *begin.flags, *where.flags))


def tell_refuted(resources: Iterable[Resource], facts: Iterable[Fact], context: Context, log: Log) -> None:
    """Tell the log of Conditions of which another one with the same codes and sites says that there is none."""
    absent_by = {one.resource for one in facts if isinstance(one, Absence)}
    stated = {one.resource for one in facts if isinstance(one, Problem)}
    settled = stated | absent_by
    denied: dict[tuple[object, ...], list[str]] = {}
    same: dict[tuple[object, ...], list[str]] = {}
    for one in resources:
        if one.type == "Condition":
            with suppress(Unused, Malformed):
                refuted = one.key not in settled and _verification(one, context).code == _REFUTED
                if refuted or one.key in stated:
                    (denied if refuted else same).setdefault(_sameness(one), []).append(one.key)
    for key, by in denied.items():
        log.flags += ((each, f"{', '.join(sorted(by))} says that it is refuted") for each in same.get(key, ()))


def _sameness(one: Resource) -> tuple[object, ...]:
    """Take what two Conditions have in common that are of the same."""
    concepts = [part(one.raw, "code"), *parts(one.raw, "bodySite")]
    return tuple(sorted((text(it, "system"), text(it, "code")) for each in concepts for it in parts(each, "coding")))
