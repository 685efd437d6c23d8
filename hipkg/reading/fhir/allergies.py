"""Read AllergyIntolerance, which is a problem only if its code means one; what it is to is named otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.reading.fhir.context import coded, refuse_unread
from hipkg.reading.fhir.elements import part, parts
from hipkg.reading.fhir.findings import finding
from hipkg.reading.fhir.presence import Answer
from hipkg.reading.fhir.records import IN_ERROR, Stated, Unused
from hipkg.reading.fhir.unread import named
from hipkg.record.patient import EntryKind, Unread

if TYPE_CHECKING:
    from hipkg.reading.account import Outcome
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.records import Resource

_NOT_TRUE = {**IN_ERROR, "refuted": "it is refuted"}


def read_allergy(one: Resource, context: Context) -> Stated:
    """Read an AllergyIntolerance, which is a problem only if its code means one."""
    verification = coded(one.raw, "verificationStatus", ("unconfirmed", "confirmed"), _NOT_TRUE)
    if verification.code in _NOT_TRUE:
        raise Unused("ignored", _NOT_TRUE[verification.code])
    clinical = coded(one.raw, "clinicalStatus", ("inactive", "resolved", "active"))
    if clinical.code in {"inactive", "resolved"}:
        raise Unused("ignored", "it is over")
    if verification.code == "unconfirmed":
        raise Unused("ignored", "it is unconfirmed", _unread(one, context, "unconfirmed: "))
    if not context.codes.meaning([part(one.raw, "code")], "problem").terms:
        outcome, reason = _why_no_problem(one, context)
        raise Unused(outcome, reason, _unread(one, context))
    refuse_unread(verification=verification, clinical=clinical)
    return finding(one, Answer(one.raw), "code", None, context)


def _unread(one: Resource, context: Context, how: str = "") -> tuple[Unread, ...]:
    """Name an allergy by all that the record calls it, or else by its resource; nothing where it says there is none."""
    concepts = _agents(one)
    if context.codes.absence(concepts):
        return ()
    return (Unread(EntryKind.ALLERGY, f"{how}{named(concepts, context) or one.key}"),)


def _why_no_problem(one: Resource, context: Context) -> tuple[Outcome, str]:
    concepts = _agents(one)
    if context.codes.meaning(concepts, "intervention").terms:
        told = context.codes.describe(concepts)
        return "ignored", f"an allergy is known to the record, and no statement uses it ({told})"
    return context.codes.why_not(concepts, "problem")


def _agents(one: Resource) -> list[Raw]:
    """List what an allergy is said to be to, by its code and by the substance of each reaction."""
    return [part(one.raw, "code"), *(part(each, "substance") for each in parts(one.raw, "reaction"))]
