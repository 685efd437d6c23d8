"""What the ontology says of a property, shared by the axioms and the release."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PropertyAxioms:
    """What the ontology says of one object or data property."""

    iri: str
    superproperties: frozenset[str]
    inverses: frozenset[str]
    chains: tuple[tuple[str, ...], ...]
    domains: frozenset[str]
    ranges: frozenset[str]
    transitive: bool
    symmetric: bool
    functional: bool
