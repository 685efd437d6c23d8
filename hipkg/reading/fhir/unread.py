"""Name what a record holds and what is not understood of it, by its words and its codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.reading.fhir.elements import codes_in, part, parts, text, written
from hipkg.reading.fhir.records import IN_ERROR, Refused, Unused
from hipkg.record.patient import EntryKind, Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Resource

_KINDS: Mapping[str, EntryKind] = {
    "CarePlan": EntryKind.REQUEST,
    "Claim": EntryKind.DRUG,
    "DetectedIssue": EntryKind.CONDITION,
    "DeviceRequest": EntryKind.REQUEST,
    "DeviceUseStatement": EntryKind.DEVICE,
    "DiagnosticReport": EntryKind.RESULT,
    "Encounter": EntryKind.CONDITION,
    "ExplanationOfBenefit": EntryKind.DRUG,
    "Flag": EntryKind.CONDITION,
    "ImagingStudy": EntryKind.RESULT,
    "MedicationAdministration": EntryKind.DRUG,
    "MedicationDispense": EntryKind.DRUG,
    "MedicationRequest": EntryKind.DRUG,
    "MedicationStatement": EntryKind.DRUG,
    "Observation": EntryKind.RESULT,
    "Procedure": EntryKind.PROCEDURE,
    "QuestionnaireResponse": EntryKind.RESULT,
    "ServiceRequest": EntryKind.REQUEST,
}
HELPS = "it is read where others refer to it"
_LONGEST = 120
_NOT_READ = {"DetectedIssue": "warning", "Flag": "flag", "QuestionnaireResponse": "questionnaire"}
"""What resources are called whose types are not read, and which can tell of what bears on a plan."""
_WITHOUT_FORCE = {*IN_ERROR, "inactive", "cancelled", "stopped", "in-progress"}
_NOT_IN_USE = {*IN_ERROR, "inactive"}
_REFERRING = ("medicationReference", "device", "codeReference")
_NOT_TO_BE = {EntryKind.DRUG: "not to be given", EntryKind.REQUEST: "not to be done"}
_IN_FORCE = {"", "active", "on-hold", "unknown", "not-started", "scheduled", "in-progress"}


def not_understood(
    one: Resource, concepts: Iterable[Raw], wanted: str, context: Context, *, moot: bool = False, current: bool = True
) -> Refused:
    """Tell that concepts assert nothing of the kind that is ``wanted``, and name them for the one who reads the plan.

    Parameters: ``moot`` tells that the entry says of itself that it is not so, and ``current`` that it may be so now.
    """
    given = [*concepts]
    key = (one.type, wanted, moot, current, *map(written, given))
    known = context.codes.refusals
    if key not in known:
        # That a drug was cancelled or not taken matters, whatever it is; that something else was not done does not.
        told = not moot or _KINDS.get(one.type) == EntryKind.DRUG
        found = unread(one, given, context, current=current and not moot) if told else ()
        known[key] = Refused(*context.codes.why_not(given, wanted), found, any(map(codes_in, given)))
        if any(each.name in {one.key, _displayed(one)} for each in found):
            return known.pop(key)
    return known[key]


def unread(one: Resource, concepts: Iterable[Raw], context: Context, *, current: bool = True) -> tuple[Unread, ...]:
    """Name what concepts of a resource say; nothing where that is that there is none, or a result that is of no use."""
    given = [*concepts]
    kind = _KINDS.get(one.type)
    of_no_use = kind == EntryKind.RESULT and any(map(context.codes.meanings, given))
    if kind is None or of_no_use or context.codes.absence(given):
        return ()
    name = named(given, context) or _displayed(one) or one.key
    return (Unread(kind, name, current or kind == EntryKind.RESULT, is_known(given, context)),)


def asked_not_to(one: Resource, concepts: Iterable[Raw], status: str, context: Context) -> tuple[Unread, ...]:
    """Name what a request, of a status, asks not to do: it can speak against what is advised."""
    kind = _KINDS[one.type]
    if status not in _IN_FORCE:
        return ()
    name = named(concepts, context) or _displayed(one) or one.key
    return (Unread(kind, f"{name}: {_NOT_TO_BE[kind]}", known=True),)


def of_a_type_not_read(one: Resource, context: Context) -> tuple[Unread, ...]:
    """Name a resource whose type is not read, if it is one of those that can tell of what bears on a plan."""
    if one.type not in _NOT_READ or text(one.raw, "status") in _WITHOUT_FORCE:
        return ()
    words = named([part(one.raw, "code")], context) or text(one.raw, "questionnaire") or one.key
    return (Unread(_KINDS[one.type], f"{_NOT_READ[one.type]}: {words[:_LONGEST]}"),)


def device_beside(one: Resource, context: Context) -> Unused:
    """Tell of the Device of a patient, and name it where no record of its use does."""
    if one.key in context.index.devices_in_use or text(one.raw, "status") in _NOT_IN_USE:
        return Unused("ignored", HELPS)
    kind = part(one.raw, "type")
    names = (text(each, "name") for each in parts(one.raw, "deviceName"))
    name = named([kind], context) or next(filter(None, names), "") or one.key
    device = Unread(EntryKind.DEVICE, name, known=is_known([kind], context))
    return Unused("ignored", "there is no record of its use", (device,))


def is_known(concepts: Iterable[Raw], context: Context) -> bool:
    """Tell whether each of some concepts has a code that is known, and none that has to do with a term."""
    meant = [context.codes.meanings(one) for one in concepts]
    return bool(meant) and all(meant) and not any(one.term for each in meant for one in each)


def _displayed(one: Resource) -> str:
    """Give the words with which a resource refers to what it is about, or describes it."""
    words = (*(text(part(one.raw, name), "display") for name in _REFERRING), text(one.raw, "description"))
    return " ".join(next(filter(None, words), "").split())[:_LONGEST]


def partly_unread(one: Resource, concepts: Iterable[Raw], context: Context, *, current: bool) -> tuple[Unread, ...]:
    """Name those of several concepts of which no code is known."""
    unknown = (each for each in concepts if each and not context.codes.meanings(each))
    return tuple(found for each in unknown for found in unread(one, [each], context, current=current))


def named(concepts: Iterable[Raw], context: Context) -> str:
    """Name concepts by the words of the record, each with its codes."""
    return ", ".join(dict.fromkeys(filter(None, (_named(one, context) for one in concepts))))


def _named(concept: Raw, context: Context) -> str:
    key, known = written(concept), context.codes.names
    if key not in known:
        known[key] = _name_of(concept, context)
    return known[key]


def _name_of(concept: Raw, context: Context) -> str:
    words, codes = context.codes.called(concept), context.codes.describe([concept])
    return f"{words} ({codes})" if words and codes and words not in codes else words
