"""The released knowledge: what the classified ontology says, ready to use without a reasoner.

`load` reads ``ontology/release/hipkg.json``, which `hipkg.release` builds from the Turtle sources and stamps with their
hash. A release that does not belong to the sources beside it is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from hipkg.errors import StaleRelease
from hipkg.expression import Expression, from_json
from hipkg.resources import PATIENT_SHAPES, RELEASE, ontology_files
from hipkg.rules import Group, Rule
from hipkg.terms import RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

RELEASE_FILE = RELEASE / "hipkg.json"
FORMAT = 1
KNOWLEDGE_GRAPH = ox.NamedNode("https://w3id.org/hipkg/ontology")


@dataclass(frozen=True, slots=True)
class StatementInfo:
    """One statement of a document, with all that a plan says about it.

    ``effect`` is the property that links it to ``intervention``; ``strength`` and ``quality`` are labels, their ranks
    None where nothing is stated; bounds are in ``unit``.
    """

    iri: str
    id: str
    kind: str
    effect: str
    intervention: str
    text: str
    document: str
    section: str
    applies_to: tuple[str, ...]
    requires: tuple[str, ...]
    except_for: tuple[str, ...]
    satisfied_by: tuple[str, ...]
    accompanies: tuple[str, ...]
    strength: str
    strength_rank: int | None
    quality: str
    quality_rank: int | None
    strength_wording: str
    evidence_wording: str
    timing: str
    references: tuple[str, ...]
    quantity: str
    unit: str
    lower: str
    upper: str
    inferred: bool
    stratum: int


@dataclass(frozen=True, slots=True)
class InterventionInfo:
    """An intervention with its place in the hierarchy and in the order of care."""

    iri: str
    label: str
    category: str
    superclasses: frozenset[str]
    phase: int
    side_rule: str
    side_phrase: str


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A source document; ``issued`` is an ISO date or empty."""

    iri: str
    id: str
    title: str
    publisher: str
    issued: str


@dataclass(frozen=True, eq=False)
class Knowledge:
    """The classified ontology as plain records.

    ``facts`` are the triples that the derivation queries read; ``groups`` the rules of the native engine.
    """

    stamp: str
    version: str
    superclasses: Mapping[str, frozenset[str]]
    disjoint: tuple[tuple[str, str], ...]
    raw_definitions: Mapping[str, list[Any]]
    functional: frozenset[str]
    single_valued: frozenset[str]
    upper_ends: Mapping[str, str]
    individual_types: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]
    questions: Mapping[str, str]
    units: Mapping[str, str]
    opposites: Mapping[str, str]
    terms: frozenset[str]
    groups: tuple[Group, ...]
    statements: Mapping[str, StatementInfo]
    interventions: Mapping[str, InterventionInfo]
    documents: Mapping[str, DocumentInfo]
    facts: str
    wholes: Mapping[str, frozenset[str]]
    raw_shapes: list[dict[str, Any]]

    @cached_property
    def strata(self) -> int:
        """Count the strata of statements."""
        return 1 + max((info.stratum for info in self.statements.values()), default=0)

    def label(self, iri: str) -> str:
        """Name a term in words, or by its IRI where the ontology does not define it."""
        return self.labels.get(iri, iri)

    def definition(self, iri: str) -> Expression | None:
        """Return the definition of a class, or None for a class that is recorded or told."""
        return _definition(self, iri)

    def is_a(self, iri: str, other: str) -> bool:
        """Tell whether a class is another class or entailed to be a kind of it."""
        return iri == other or other in self.superclasses.get(iri, ())

    def statement(self, statement_id: str) -> StatementInfo | None:
        """Find a statement by its id, such as ``D0-41``."""
        return next((info for info in self.statements.values() if info.id == statement_id), None)

    def new_store(self) -> ox.Store:
        """Make a store that holds the facts of the ontology in the knowledge graph, the default graph empty."""
        store = ox.Store()
        store.bulk_load(self.facts.encode(), format=ox.RdfFormat.N_TRIPLES, to_graph=KNOWLEDGE_GRAPH)
        return store


def individual_types(quads: Iterable[ox.Quad], knowledge: Knowledge) -> list[ox.Quad]:
    """State the classes of the individuals of the ontology that a patient's graph mentions."""
    mentioned = {quad.object for quad in quads if isinstance(quad.object, ox.NamedNode)}
    rdf_type = ox.NamedNode(RDF_TYPE)
    return [
        ox.Quad(one, rdf_type, ox.NamedNode(kind))
        for one in mentioned
        for kind in knowledge.individual_types.get(one.value, ())
    ]


@cache
def _definition(knowledge: Knowledge, iri: str) -> Expression | None:
    raw = knowledge.raw_definitions.get(iri)
    return from_json(raw) if raw else None


def source_stamp(files: Iterable[Path] | None = None) -> str:
    """Hash the Turtle sources of the ontology and the shapes of patients."""
    digest = sha256(str(FORMAT).encode())
    for path in (*(files or ontology_files()), PATIENT_SHAPES):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def load() -> Knowledge:
    """Load the released knowledge that belongs to the ontology beside it.

    Raises `StaleRelease` if it is missing, unreadable or was built from other sources.
    """
    remedy = "Build it with: hipkg ontology release (needs Java: pip install 'hipkg[java]')."
    place = str(RELEASE_FILE)
    try:
        data = json.loads(RELEASE_FILE.read_bytes())
        stamp = data["stamp"]
    except FileNotFoundError as missing:
        raise StaleRelease("The classified release is missing.", place=place, remedy=remedy) from missing
    except (ValueError, TypeError, KeyError) as broken:
        raise StaleRelease("The classified release cannot be read.", place=place, remedy=remedy) from broken
    if stamp != source_stamp():
        raise StaleRelease("The classified release was built from other sources.", place=place, remedy=remedy)
    try:
        return knowledge_from_json(data)
    except (TypeError, KeyError) as broken:
        raise StaleRelease("The classified release cannot be read.", place=place, remedy=remedy) from broken


def knowledge_from_json(data: dict[str, Any]) -> Knowledge:
    """Turn the parsed release file into records."""
    return Knowledge(
        stamp=data["stamp"],
        version=data["version"],
        superclasses=_sets(data["superclasses"]),
        disjoint=tuple((one, other) for one, other in data["disjoint"]),
        raw_definitions=data["definitions"],
        functional=frozenset(data["functional"]),
        single_valued=frozenset(data["singleValued"]),
        upper_ends=data["upperEnds"],
        individual_types=data["individualTypes"],
        labels=data["labels"],
        questions=data["questions"],
        units=data["units"],
        opposites=data["opposites"],
        terms=frozenset(data["terms"]),
        groups=tuple(
            Group(tuple(Rule(one[0], frozenset(one[1]), frozenset(one[2]), one[3]) for one in rules), recursive)
            for recursive, rules in data["groups"]
        ),
        statements={one["iri"]: StatementInfo(**_tuples(one)) for one in data["statements"]},
        interventions={
            one["iri"]: InterventionInfo(**{**one, "superclasses": frozenset(one["superclasses"])})
            for one in data["interventions"]
        },
        documents={one["iri"]: DocumentInfo(**one) for one in data["documents"]},
        facts=data["facts"],
        wholes=_sets(data["wholes"]),
        raw_shapes=data["shapes"],
    )


def _sets(data: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(values) for key, values in data.items()}


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
