"""Namespaces, their prefixes, and the names that code knows beside those of `hipkg.base.hip`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip

if TYPE_CHECKING:
    from collections.abc import Iterable

HIP = hip.NAMESPACE
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_TYPE = RDF + "type"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PREFIXES = {
    "hip": HIP,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "prov": "http://www.w3.org/ns/prov#",
    "sh": "http://www.w3.org/ns/shacl#",
}

GRAPHS = f"{hip.NAMESPACE}graph/"
"""What the names of the graphs begin with that a query is asked of."""
QUERY_PREFIXES = {**PREFIXES, "graph": GRAPHS}
"""The prefixes that a query need not declare."""

OBJECTING = frozenset({hip.contraindicates, hip.discourages, hip.holdsBack})
"""The effects of statements that speak against an intervention."""

DERIVED_FROM = PREFIXES["prov"] + "wasDerivedFrom"
EXTENSIONS = "https://w3id.org/hipkg/fhir/"
"""What the URLs begin with of the FHIR extensions that state facts without an element of their own."""
DEFINED_EXTENSIONS = EXTENSIONS + "StructureDefinition/"
"""What the URLs begin with of the extensions of exported plans (`ontology/fhir`), which state nothing of patients."""
IMPORTED = "urn:hipkg:fhir/"
"""What the IRIs of imported resources and their elements begin with: ``urn:hipkg:fhir/Condition/c1#code``."""


def namespace_of(iri: str) -> str:
    """Return an IRI without its last part, in which new names can be made."""
    return iri[: max(iri.rfind("/"), iri.rfind("#"), iri.rfind(":")) + 1]


def curie(iri: str) -> str:
    """Shorten an IRI with the project's prefixes, or return it in angle brackets."""
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return f"<{iri}>"


def query_name(iri: str) -> str:
    """Shorten an IRI as `curie` does, and the name of a graph with the prefix that queries have for it."""
    return f"graph:{iri.removeprefix(GRAPHS)}" if iri.startswith(GRAPHS) else curie(iri)


def nearest(iri: str, known: Iterable[str], count: int = 1) -> tuple[str, ...]:
    """Find the known names of the namespace that are written most like another, the nearest first."""
    from difflib import get_close_matches

    locals_ = sorted(one.removeprefix(HIP) for one in known)
    return tuple(HIP + one for one in get_close_matches(iri.removeprefix(HIP), locals_, n=count))


def expand(name: str) -> str:
    """Turn a CURIE of a known prefix into an IRI; anything else is returned as it is."""
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES else name
