"""Write what requests and issues rest on: statements, their documents, the record, and this software."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from hipkg.base.vocabulary import IMPORTED
from hipkg.render.fhir.build import URI_SYSTEM, filled, identity, named, original, reference, resource
from hipkg.render.words import DISCLAIMER, clean, software

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hipkg.knowledge.records import DocumentInfo
    from hipkg.render.fhir.build import Export, Raw


def provenance(target: str, statements: Sequence[str], place: str, export: Export) -> Raw:
    """Trace a resource to statements, documents and nodes of the record (FHIR R4, section 6.3)."""
    infos = [export.infos[one] for one in dict.fromkeys(statements)]
    states = [export.states[key] for one in infos if (key := (one.id, place)) in export.states]
    subjects = sorted({node for one in states for node in one.subjects})
    documents = sorted({one.document for one in infos} & set(export.knowledge.documents))
    entities = [
        *({"role": "derivation", "what": named(one.iri, one.id)} for one in infos),
        *({"role": "source", "what": reference(document_id(one))} for one in documents),
        *({"role": "source", "what": what} for one in subjects for what in _record(one, export)),
    ]
    return _provenance(target, [target], entities, export)


def _record(node: str, export: Export) -> list[Raw]:
    """Refer to a node of the record, or to the elements that it was derived from."""
    return [_element(one) for one in export.sources.get(node, ())] or [named(node, "record of the patient")]


def _element(iri: str) -> Raw:
    resource_of = original(iri)
    return (
        {"reference": resource_of, "display": unquote(iri.removeprefix(IMPORTED))} if resource_of else named(iri, iri)
    )


def plan_provenance(targets: Sequence[str], export: Export) -> Raw:
    """Trace the plan as a whole to the documents that were considered and to the record."""
    considered = [one for one in export.knowledge.documents.values() if one.id in export.plan.documents]
    entities = [
        *({"role": "source", "what": reference(document_id(one.iri))} for one in considered),
        {"role": "source", "what": export.patient},
    ]
    return _provenance(export.day, targets, entities, export)


def _provenance(topic: str, targets: Sequence[str], entities: Sequence[Raw], export: Export) -> Raw:
    return resource(
        "Provenance",
        export.identity("Provenance", export.day, topic),
        ["Derived by " + software()],
        target=[reference(one) for one in targets],
        occurredDateTime=export.day,
        recorded=f"{export.day}T00:00:00Z",
        agent=[{"who": export.device}],
        entity=list(entities),
    )


def document_references(export: Export) -> list[Raw]:
    """Cite the documents that were considered."""
    considered = export.plan.documents
    return [_document(one) for one in export.knowledge.documents.values() if one.id in considered]


def document_id(iri: str) -> str:
    """Make the id of the reference to a document, which is the same for every patient."""
    return identity("DocumentReference", iri)


def _document(document: DocumentInfo) -> Raw:
    attachment = {"url": document.iri, "title": clean(document.title), "creation": document.issued}
    return resource(
        "DocumentReference",
        document_id(document.iri),
        [document.title],
        identifier=[{"system": URI_SYSTEM, "value": document.iri}],
        status="current",
        author=[{"display": clean(document.publisher)}] if document.publisher else [],
        description=clean(document.title),
        content=[{"attachment": filled(attachment)}],
    )


def device(export: Export) -> Raw:
    """Describe the software that made the plan (FHIR R4, section 8.11)."""
    versions = (software(), f"ontology {export.plan.ontology_version}", f"engine {export.plan.engine}")
    return resource(
        "Device",
        export.device_id,
        [software(), DISCLAIMER],
        deviceName=[{"name": "hipkg", "type": "user-friendly-name"}],
        version=[{"value": one} for one in versions],
        note=[{"text": DISCLAIMER}],
    )


def distinct(resources: Iterable[Raw]) -> list[Raw]:
    """Keep the first of the resources that share an id."""
    return list({one["id"]: one for one in reversed(list(resources))}.values())[::-1]
