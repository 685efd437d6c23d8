"""Write checks of orders as a GuidanceResponse each, with a DetectedIssue for what speaks against it (FHIR R4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import HIP
from hipkg.defence.orders import AGAINST, Aspect
from hipkg.render.encoder import written
from hipkg.render.fhir.build import (
    URI_SYSTEM,
    Export,
    Raw,
    filled,
    full_url,
    identity,
    named,
    original,
    resource,
)
from hipkg.render.fhir.provenance import device, distinct
from hipkg.render.orders import told_of, words_of
from hipkg.render.words import DISCLAIMER, NOT_VALID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.defence.orders import CheckedOrder, OrderCheck, Reason
    from hipkg.knowledge.records import Knowledge

_ONTOLOGY = HIP + "ontology/"
_CODES = {Aspect.CONTRAINDICATED: hip.contraindicates}


def orders_to_fhir(found: Sequence[OrderCheck], knowledge: Knowledge) -> str:
    """Write the checked orders of patients as one Bundle in JSON."""
    return written(orders_bundle(found, knowledge))


def orders_bundle(found: Sequence[OrderCheck], knowledge: Knowledge) -> Raw:
    """Write the checked orders of patients as one Bundle of type collection."""
    entries = distinct([one for it in found for one in _resources(it, Export(it.plan, knowledge))])
    id_ = identity("Bundle", *(one["id"] for one in entries))
    return filled(
        {
            "resourceType": "Bundle",
            "id": id_,
            "identifier": {"system": URI_SYSTEM, "value": full_url(id_)},
            "type": "collection",
            "entry": [{"fullUrl": full_url(one["id"]), "resource": one} for one in entries],
        }
    )


def _resources(checked: OrderCheck, export: Export) -> Iterator[Raw]:
    if not export.patient_elsewhere:
        iri = checked.plan.patient
        identified = [{"system": URI_SYSTEM, "value": iri}]
        yield resource("Patient", export.identity("Patient"), ["Patient"], identifier=identified)
    for order in checked.orders:
        issues = [_issue(number, one, order, export) for number, one in enumerate(order.reasons)]
        told = [one for one in issues if one]
        yield _guidance(order, export)
        yield from told
    yield device(export)


def _order(order: CheckedOrder, export: Export) -> Raw:
    """Refer to the order where it was imported, or name it."""
    sources = [original(one) for one in export.sources.get(order.node, ()) if original(one)]
    return {"reference": sources[0], "display": order.label} if sources else named(order.node, order.label)


def _guidance(order: CheckedOrder, export: Export) -> Raw:
    told = [f"{order.label}: {order.verdict}", *(row.text for row in told_of(order)), DISCLAIMER]
    if not export.plan.valid:
        told.insert(0, NOT_VALID)
    return resource(
        "GuidanceResponse",
        export.identity("GuidanceResponse", order.node, export.day),
        told,
        moduleUri=_ONTOLOGY + export.plan.ontology_version,
        status="data-required" if order.open_checks else "success",
        subject=export.patient,
        occurrenceDateTime=export.day,
        performer=export.device,
        reasonCode=[export.coder.concept(order.intervention)],
        note=[{"text": one} for one in told],
        dataRequirement=[
            filled({"type": "Condition", "codeFilter": [{"searchParam": "code", "code": codes}] if codes else []})
            for codes in (export.coder.codings(one.requirement) for one in order.open_checks)
        ],
    )


def _issue(number: int, reason: Reason, order: CheckedOrder, export: Export) -> Raw | None:
    if reason.aspect not in AGAINST:
        return None
    info = export.infos.get(reason.statement)
    words = words_of(reason)
    return resource(
        "DetectedIssue",
        export.identity("DetectedIssue", "order", order.node, str(number), export.day),
        [f"{order.label}: {reason.aspect}", words],
        status="final",
        code=export.coder.concept(_CODES.get(reason.aspect, hip.Check)),
        patient=export.patient,
        identifiedDateTime=export.day,
        author=export.device,
        implicated=[_order(order, export)],
        evidence=[{"code": [export.coder.statement(info.iri, info.text)]}] if info else [],
        detail=f"{reason.aspect}: {words}",
        reference=info.iri if info else "",
    )
