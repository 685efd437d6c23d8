"""Namespaces, their prefixes, and the names that code knows beside those of `hipkg.base.hip`."""

from __future__ import annotations

from functools import lru_cache

from hipkg.base import hip

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
    "vann": "http://purl.org/vocab/vann/",
}

SHARED = frozenset(PREFIXES.values())
"""The namespaces that are nobody's own."""
_SPACES = [tuple[str, ...]((HIP,))]
"""The namespaces of the ontology: the shipped one, and those of ontologies of one's own that were read."""

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


def add_namespace(prefix: str, namespace: str) -> None:
    """Let names of a further namespace be terms of the ontology, and shorten them with a prefix."""
    for prefixes in (PREFIXES, QUERY_PREFIXES):
        prefixes[prefix] = namespace
    if namespace not in _SPACES[0]:
        _SPACES[0] = (*_SPACES[0], namespace)
        parted.cache_clear()


def is_term(iri: str) -> bool:
    """Tell whether a name is in a namespace of the ontology, declared or not."""
    return iri.startswith(_SPACES[0])


def is_plain_term(iri: str) -> bool:
    """Tell whether a name stands right in a namespace of the ontology, as terms do, and not in a part of it."""
    space, local = parted(iri)
    return bool(space and local) and "/" not in local and "#" not in local


@lru_cache(maxsize=2**12)  # each statement and each action of a plan is named by one
def parted(iri: str) -> tuple[str, str]:
    """Part a name into the namespace of the ontology that it is in, empty for any other name, and the rest."""
    for space in _SPACES[0]:
        if iri.startswith(space):
            return space, iri[len(space) :]
    return "", iri


def local_name(iri: str) -> str:
    """Return a name without the namespace of the ontology that it is in; any other name is returned as it is."""
    return parted(iri)[1]


def namespaces() -> tuple[str, ...]:
    """List the namespaces of the ontology, the shipped one first."""
    return _SPACES[0]


def with_local_name(local: str) -> tuple[str, ...]:
    """List the names that a local name can be short for, the one of the shipped ontology first."""
    return tuple(space + local for space in _SPACES[0])


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


def expand(name: str) -> str:
    """Turn a CURIE of a known prefix into an IRI; anything else is returned as it is."""
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES else name
