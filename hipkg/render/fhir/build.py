"""Make the parts that all resources have: identities, references, extensions and narratives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from hipkg.base.vocabulary import DEFINED_EXTENSIONS, IMPORTED
from hipkg.planning.page import page
from hipkg.render.fhir.codes import Coder
from hipkg.render.names import part_iri
from hipkg.render.words import clean, software

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.page import Page
    from hipkg.planning.records import Place, Plan, StatementState

Raw: TypeAlias = dict[str, Any]

URI_SYSTEM = "urn:ietf:rfc:3986"
"""The system of identifiers that are URIs (FHIR R4, section 2.24.0.9)."""
_NAMESPACE = uuid5(NAMESPACE_URL, DEFINED_EXTENSIONS)


@dataclass(frozen=True)
class Export:
    """One plan on its way to FHIR, with the knowledge and codes that it is told with.

    ``given_patient`` is a reference to a Patient that is kept elsewhere, by default that from which the patient was
    imported; if there is none, the bundle gets a Patient.
    """

    plan: Plan
    knowledge: Knowledge
    given_patient: str = ""

    @cached_property
    def coder(self) -> Coder:
        """What writes terms as codes."""
        return Coder(self.knowledge, self.knowledge.terminology)

    @cached_property
    def patient_elsewhere(self) -> str:
        """The reference to a Patient that is not in the bundle, empty if it is."""
        return self.given_patient or original(self.plan.patient)

    @cached_property
    def page(self) -> Page:
        """The page of the plan: its sections, and what each tells in which order."""
        return page(self.plan, self.knowledge)

    @cached_property
    def infos(self) -> Mapping[str, StatementInfo]:
        """Map the ids of statements to what is known of them."""
        return self.knowledge.by_id

    @cached_property
    def states(self) -> Mapping[tuple[str, str], StatementState]:
        """Map the id of a statement and a place to its state there."""
        return {(one.id, one.place): one for one in self.plan.statements}

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Map the IRIs of places to what is known of them."""
        return {one.iri: one for one in self.plan.places}

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """Map the nodes of the record to what they were derived from."""
        return dict(self.plan.sources)

    @cached_property
    def recorded(self) -> frozenset[str]:
        """The ids of the resources that the record was imported from."""
        iris = (one for sources in self.sources.values() for one in sources)
        return frozenset(original(one).rpartition("/")[2] for one in iris)

    @cached_property
    def day(self) -> str:
        """The date of the plan, which is the only time that the resources tell."""
        return self.plan.as_of.isoformat()

    @cached_property
    def version(self) -> Raw:
        """What tells the versions apart of a resource that keeps its id from one plan to the next."""
        return {"lastUpdated": f"{self.day}T00:00:00Z"}

    @cached_property
    def patient(self) -> Raw:
        """The reference to the patient."""
        return {"reference": self.patient_elsewhere} if self.patient_elsewhere else self.reference("Patient")

    @cached_property
    def device_id(self) -> str:
        """The id of the Device that stands for this software with its ontology and engine."""
        return identity("Device", software(), self.plan.ontology_version, self.plan.engine)

    @cached_property
    def device(self) -> Raw:
        """The reference to the software."""
        return reference(self.device_id)

    def identity(self, kind: str, *parts: str) -> str:
        """Make the id of a resource of this patient from its type and what it is about."""
        return identity(kind, self.plan.patient, *parts)

    def reference(self, kind: str, *parts: str) -> Raw:
        """Refer to such a resource."""
        return reference(self.identity(kind, *parts))

    def dated(self, kind: str) -> str:
        """Make the id of a resource that is of this plan alone."""
        return self.identity(kind, self.day)

    def identifier(self, place: str = "", **parts: str) -> list[Raw]:
        """Identify a part of the plan by the IRI that it has in the graph of the plan."""
        return [{"system": URI_SYSTEM, "value": part_iri(self.plan, place, **parts)}]

    def site(self, place: str, text: str) -> Raw | None:
        """Write the body site of a place, or None for the patient as a whole."""
        if not place:
            return None
        known = self.places.get(place)
        return self.coder.site(known, text) if known else self.coder.concept(place, text)

    def place_of(self, site: str) -> str:
        """Find the place of the plan that has a name, empty for none."""
        return self._places_of.get(site, "")

    @cached_property
    def _places_of(self) -> Mapping[str, str]:
        return {one.site: one.place for one in reversed(self.plan.statements)}

    def grades(self, strength: str, evidence: str) -> list[Raw]:
        """Write the strength of a recommendation and the quality of its evidence as extensions."""
        return [
            extension("recommendation-strength", valueCodeableConcept=self.coder.strength(strength)),
            extension("evidence-quality", valueCodeableConcept=self.coder.quality(evidence)),
        ]


def identity(kind: str, *parts: str) -> str:
    """Make an id that follows from the type of a resource and what it is about (FHIR R4, section 2.24.0.1, id)."""
    return str(uuid5(_NAMESPACE, "\n".join((kind, *parts))))


def reference(id_: str) -> Raw:
    """Refer to a resource of the bundle by its full URL."""
    return {"reference": full_url(id_)}


def full_url(id_: str) -> str:
    """Return the full URL of a resource of the bundle."""
    return f"urn:uuid:{id_}"


def named(iri: str, display: str) -> Raw:
    """Refer to what is no resource, such as a statement, by its IRI."""
    return {"identifier": {"system": URI_SYSTEM, "value": iri}, "display": clean(display)}


def original(iri: str) -> str:
    """Return the reference to the FHIR resource that an IRI stands for, or an empty string if it stands for none."""
    return unquote(iri.removeprefix(IMPORTED).partition("#")[0]) if iri.startswith(IMPORTED) else ""


def extension(name: str, **value: object) -> Raw:
    """Write an extension of this project; ``ontology/fhir`` defines each."""
    return {"url": DEFINED_EXTENSIONS + name, **value}


def resource(kind: str, id_: str, told: Sequence[str], **elements: object) -> Raw:
    """Make a resource with a narrative of some lines; what is empty is left out (FHIR R4, section 2.6.2)."""
    lines = "".join(f"<p>{escape(line)}</p>" for line in map(clean, told) if line)
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'
    return {"resourceType": kind, "id": id_, "text": {"status": "generated", "div": div}, **filled(elements)}


def filled(elements: Mapping[str, object]) -> Raw:
    """Leave out what is empty; false and zero are values."""
    return {name: value for name, value in elements.items() if value not in (None, "", [], {})}
