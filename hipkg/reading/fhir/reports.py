"""Read what says that a study was made, and what it shows: DiagnosticReport and ImagingStudy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.reading.fhir.activities import COMPLETED, Draft, Status, activities
from hipkg.reading.fhir.context import Dated, dated, effective, in_future, lost, not_final, referred_keys
from hipkg.reading.fhir.elements import part, parts, text
from hipkg.reading.fhir.findings import finding
from hipkg.reading.fhir.presence import LONGEST_RESULT, Answer
from hipkg.reading.fhir.records import Fact, Problem, Resource, Shows, Stated, Unused
from hipkg.reading.fhir.unread import not_understood, unread

if TYPE_CHECKING:
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.record.patient import Unread

_REPORTED = {"final", "amended", "corrected", "appended"}
_NO_REPORT = {
    "registered", "partial", "preliminary", "modified", "cancelled", "entered-in-error", "unknown",
}  # fmt: skip
_NO_IMAGES = {"registered", "cancelled", "entered-in-error", "unknown", "inactive"}


def read_report(one: Resource, context: Context) -> Stated:
    """Read a DiagnosticReport: a study that was made, what it shows, and what it concludes."""
    status = text(one.raw, "status")
    if status not in _REPORTED:
        raise not_final(status, _NO_REPORT, "it is no final report")
    day = effective(one.raw, context)
    if in_future(day.day, context):
        raise Unused("set aside", f"it is dated ({day.day}) after the date of the plan")
    links = Shows(one.key, referred_keys(one, context, "result"), referred_keys(one, context, "imagingStudy"))
    found, flags, notes, rest = _concluded(one, context)
    flags = (*flags, *lost(one, context, "result", "imagingStudy"))
    code = part(one.raw, "code")
    if context.codes.meaning([code], "intervention").terms:
        draft = Draft(
            (code,),
            "code",
            Status(COMPLETED),
            Dated(day.day),
            Dated(day.day),
            requests=referred_keys(one, context, "basedOn"),
            texts=_conclusion(one),
            study=True,
            sources=("status",),
        )
        made = activities(one, draft, context)
        return Stated((*made.facts, *found, links), (*day.flags, *made.flags, *flags), notes, rest)
    if found or links.same_as:
        return Stated((*found, links), (*day.flags, *flags), notes, (*rest, *unread(one, [code], context)))
    refusal = not_understood(one, [code], "study", context)
    raise Unused(*refusal._replace(unread=(*refusal.unread, *rest)))


def _conclusion(one: Resource) -> tuple[tuple[str, str], ...]:
    """Quote what a report concludes in words, which are not read."""
    words = " ".join(text(one.raw, "conclusion").split())
    return ((hip.resultText, words[:LONGEST_RESULT]),) if words else ()


def _concluded(one: Resource, context: Context) -> Stated:
    found: list[Fact] = []
    flags: list[str] = []
    notes: list[str] = []
    lost: list[Unread] = []
    for index, concept in enumerate(parts(one.raw, "conclusionCode")):
        if not context.codes.meaning([concept], "problem").terms:
            refusal = not_understood(one, [concept], "finding", context)
            notes.append(f"not used of it: {refusal.reason}")
            lost += refusal.unread
            continue
        answer = Answer({"conclusionCode": concept}, f"~conclusion-{index}")
        reading = finding(Resource(one.key, one.type, {}, one.place), answer, "conclusionCode", None, context)
        found += (each._replace(shown_by=(one.key,)) for each in reading.facts if isinstance(each, Problem))
        flags += reading.flags
    return Stated(tuple(found), tuple(flags), tuple(notes), tuple(lost))


def read_imaging(one: Resource, context: Context) -> Stated:
    """Read an ImagingStudy: a study that was made, with the sites and sides of its series."""
    status = text(one.raw, "status")
    if status != "available":
        raise not_final(status, _NO_IMAGES, "no images are there")
    day = dated(text(one.raw, "started"), "its date", context)
    series = parts(one.raw, "series")
    draft = Draft(
        tuple(parts(one.raw, "procedureCode")),
        "procedureCode",
        Status(COMPLETED),
        day,
        Dated(day.day),
        tuple(_sites_of(series)),
        "series.bodySite",
        requests=referred_keys(one, context, "basedOn"),
        study=True,
        sources=("status",),
    )
    return activities(one, draft, context)


def _sites_of(series: list[Raw]) -> list[Raw]:
    """Turn the bodySite and laterality of each series into one concept, each different one once."""
    found: list[Raw] = []
    for one in series:
        codings = [part(one, name) for name in ("bodySite", "laterality")]
        concept = {"coding": [each for each in codings if each]}
        if concept["coding"] and concept not in found:
            found.append(concept)
    return found
