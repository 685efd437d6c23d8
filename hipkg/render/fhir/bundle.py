"""Assemble the resources of plans into a Bundle (FHIR R4, section 2.36)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.knowledge.frame.answers import State
from hipkg.render.fhir.build import URI_SYSTEM, Export, Raw, filled, full_url, identity, reference, resource
from hipkg.render.fhir.group import by_section, request_group
from hipkg.render.fhir.guidance import guidance_response
from hipkg.render.fhir.issues import issues_of
from hipkg.render.fhir.provenance import device, distinct, document_references, plan_provenance, provenance
from hipkg.render.fhir.requests import PROPOSAL, is_settled, request_resource, requests_of, settled_detail
from hipkg.render.words import DISCLAIMER, NOT_VALID, clean, describe_unused, local_name, selected_grades

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan
    from hipkg.render.fhir.requests import Request
    from hipkg.validation.findings import Finding

_SEVERITIES = {"violation": "error", "warning": "warning", "info": "information"}


def plan_bundle(plan: Plan, knowledge: Knowledge, patient: str = "") -> Raw:
    """Write a plan as a Bundle of type collection.

    Parameters: ``patient`` is a reference to the Patient where that is kept elsewhere, such as ``Patient/123``. Without
    it a patient that was imported from FHIR is referred to as it was there; for any other the bundle holds a Patient
    that says nothing but the IRI of the patient.
    """
    return plans_bundle((plan,), knowledge, {plan.patient: patient} if patient else {})


def plans_bundle(plans: Sequence[Plan], knowledge: Knowledge, patients: Mapping[str, str] | None = None) -> Raw:
    """Write plans as one Bundle; what they share, the documents and the software, is told once.

    Raises `UsageError` for two plans of the same patient, whose resources would be the same.
    """
    _refuse_repeated(plans)
    given = patients or {}
    parts = [_resources(Export(one, knowledge, given.get(one.patient, ""))) for one in plans]
    entries = distinct([one for part in parts for one in part])
    id_ = identity("Bundle", *(f"{one.patient} {one.as_of.isoformat()}" for one in plans))
    return filled(
        {
            "resourceType": "Bundle",
            "id": id_,
            "identifier": {"system": URI_SYSTEM, "value": full_url(id_)},
            "type": "collection",
            "entry": [{"fullUrl": full_url(one["id"]), "resource": one} for one in entries],
        }
    )


def _refuse_repeated(plans: Sequence[Plan]) -> None:
    repeated = next((one for one, count in Counter(it.patient for it in plans).items() if count > 1), "")
    if repeated:
        raise UsageError(
            "Two plans of the same patient do not go into one Bundle.",
            place=repeated,
            remedy="Write them one by one.",
        )


def _resources(export: Export) -> Iterable[Raw]:
    requests = requests_of(export)
    issues = issues_of(requests, export)
    outcome = _outcome(export)
    speaking = {one.id: [reference(it.id) for it in issues if one.id in it.requests] for one in requests}
    guidance = guidance_response(outcome[0]["id"] if outcome else "", export)
    group = [request_group(requests, export)] if requests else []
    plan = _care_plan(requests, export)
    whole = [one["id"] for one in (plan, *group, guidance)]
    return (
        *([] if export.patient_elsewhere else [_patient(export)]),
        plan,
        *group,
        *(request_resource(one, speaking[one.id], export) for one in requests),
        *(one.resource for one in issues),
        guidance,
        *outcome,
        plan_provenance(whole, export),
        *(provenance(one.id, one.action.statements, one.action.place, export) for one in requests),
        *(provenance(one.id, one.statements, one.place, export) for one in issues),
        *document_references(export),
        device(export),
    )


def _patient(export: Export) -> Raw:
    iri = export.plan.patient
    told = [f"Patient {local_name(iri)}"]
    return resource("Patient", export.identity("Patient"), told, identifier=[{"system": URI_SYSTEM, "value": iri}])


def _care_plan(requests: Sequence[Request], export: Export) -> Raw:
    """Write the plan with a reference to each request and a detail for what is settled (FHIR R4, section 9.5)."""
    plan = export.plan
    title = f"hipkg plan as of {export.day}"
    grades = selected_grades(plan)
    described = [DISCLAIMER, f"Documents: {', '.join(plan.documents)}.", f"Statements: {grades}." if grades else ""]
    group = [{"reference": reference(export.dated("RequestGroup"))}] if requests else []
    settled = [one for one in plan.actions if is_settled(one, export)]
    return resource(
        "CarePlan",
        export.dated("CarePlan"),
        [title, *(described if plan.valid else [NOT_VALID, *described])],
        identifier=export.identifier(),
        instantiatesUri=[one.iri for one in export.knowledge.documents.values() if one.id in plan.documents],
        status="draft",
        intent=PROPOSAL,
        title=title,
        description=" ".join(filter(None, described)),
        subject=export.patient,
        created=export.day,
        author=export.device,
        activity=[
            *group,
            *({"reference": one.reference} for _, some in by_section(requests, export) for one in some),
            *({"detail": settled_detail(one, export)} for one in settled),
        ],
        note=[{"text": text} for text in ([] if plan.valid else [NOT_VALID]) + _readings(export) + _unused(export)],
    )


def _readings(export: Export) -> list[str]:
    """Tell what helps to read the situation and orders nothing."""
    told = {one.id for one in export.plan.statements if one.state == State.KNOWLEDGE}
    infos = [export.infos[one] for one in sorted(told)]
    return [f"{one.id}: {clean(one.text)}" for one in infos if one.effect == hip.informsOn]


def _unused(export: Export) -> list[str]:
    """Tell what is recorded and used by no statement."""
    told = [", ".join(filter(None, (describe_unused(one), clean(one.site)))) for one in export.plan.unused]
    return [f"Recorded, and used by no statement: {'; '.join(told)}."] if told else []


def _outcome(export: Export) -> list[Raw]:
    """Tell what the validation of the record found."""
    findings = export.plan.findings
    if not findings:
        return []
    told = [one.message for one in findings]
    issue = [_found(one) for one in findings]
    return [resource("OperationOutcome", export.dated("OperationOutcome"), told, issue=issue)]


def _found(finding: Finding) -> Raw:
    code = "invalid" if finding.severity == "violation" else "business-rule"
    text = clean(f"{finding.message} {finding.fix}" if finding.fix else finding.message)
    return {"severity": _SEVERITIES[finding.severity], "code": code, "details": {"text": text}}
