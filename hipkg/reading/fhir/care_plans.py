"""Read CarePlan: the activities that it describes itself, as far as the plan is in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.reading.fhir.activities import (
    ASKS_NOT_TO,
    COMPLETED,
    NOT_DONE,
    ONGOING,
    OPEN,
    PLANNED,
    STOPPED,
    Draft,
    Status,
    activities,
    refuse_undecided,
    status_of,
)
from hipkg.reading.fhir.context import dated, lost, refuse_modified, value_of
from hipkg.reading.fhir.elements import flag, part, parts, text
from hipkg.reading.fhir.records import Fact, Refused, Resource, Stated, Unused
from hipkg.reading.fhir.unread import asked_not_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.record.patient import Unread

_ACTIVITY = {
    "not-started": PLANNED,
    "scheduled": PLANNED,
    "in-progress": ONGOING,
    "on-hold": OPEN,
    "completed": COMPLETED,
    "cancelled": NOT_DONE,
    "stopped": STOPPED,
    "unknown": OPEN,
}
_CEASED: Mapping[str, Mapping[str, str]] = {
    "revoked": {PLANNED: NOT_DONE, ONGOING: STOPPED},
    "completed": {},
    "on-hold": {},
}
"""What becomes of planned and running activities with their plan; nothing is known where none is named."""

_NO_LONGER = {PLANNED: "planned any more", ONGOING: "taken to go on"}


def read_care_plan(one: Resource, context: Context) -> Stated:
    """Read the activities that a CarePlan describes itself; those that it refers to are read by themselves."""
    status_of(text(one.raw, "status"), {"active": "", "on-hold": "", "revoked": "", "completed": "", "unknown": ""})
    found: list[Fact] = []
    flags: list[str] = []
    unread: list[Unread] = []
    unused: list[Refused] = []
    for number, activity in enumerate(parts(one.raw, "activity")):
        detail = part(activity, "detail")
        if detail:
            try:
                reading = _planned(one, detail, number, context)
                found += reading.facts
                flags += reading.flags
                unread += reading.unread
            except Unused as problem:
                unused.append(problem.refused)
                unread += problem.refused.unread
    flags += dict.fromkeys(each for activity in parts(one.raw, "activity") for each in _gone(one, activity, context))
    if not found:
        first = unused[0] if unused else Refused("ignored", "it describes no activity itself")
        outcome = "set aside" if flags else first.outcome
        raise Unused(outcome, "; ".join((first.reason, *flags)), tuple(unread))
    return Stated(tuple(found), tuple(flags), tuple(f"not used of it: {one.reason}" for one in unused), tuple(unread))


def _gone(one: Resource, activity: Raw, context: Context) -> tuple[str, ...]:
    return lost(one._replace(raw={**one.raw, **activity}), context, "reference", "plannedActivityReference")


def _planned(one: Resource, detail: Raw, number: int, context: Context) -> Stated:
    refuse_modified(detail)
    if flag(detail, "doNotPerform"):
        concepts = (part(detail, "code") or part(detail, "productCodeableConcept"),)
        raise Unused("ignored", ASKS_NOT_TO, asked_not_to(one, concepts, text(one.raw, "status"), context))
    refuse_undecided(one.raw)
    status = _within(text(one.raw, "status"), status_of(text(detail, "status"), _ACTIVITY))
    span = part(detail, "scheduledPeriod")
    reason, unclear = value_of(part(detail, "statusReason"), "statusReason", hip.stoppedBecause, context)
    draft = Draft(
        (part(detail, "code") or part(detail, "productCodeableConcept"),),
        f"activity[{number}].detail.code",
        status,
        dated(text(span, "start"), "its start", context),
        dated(text(span, "end") if status.iri != STOPPED else "", "its end", context),
        values=((hip.stoppedBecause, reason),) if reason else (),
        suffix=f"~activity-{number}",
        sources=(f"activity[{number}].detail.status",),
        flags=unclear,
    )
    reasons = {} if {"reasonReference", "reasonCode"} & {*detail} else {"reasonReference": parts(one.raw, "addresses")}
    inner = Resource(one.key, one.type, {**detail, **reasons, "resourceType": one.type}, one.place)
    return activities(inner, draft, context)


def _within(plan: str, status: Status) -> Status:
    """Say how far an activity has come whose plan is no longer in effect, or paused, and does not say so itself."""
    if plan not in _CEASED or status.iri not in {PLANNED, ONGOING}:
        return status
    iri = _CEASED[plan].get(status.iri, OPEN)
    counts = "" if iri else " and counts neither as done nor as running"
    return Status(iri, (f"its plan is {plan}, so it is not {_NO_LONGER[status.iri]}{counts}",))
