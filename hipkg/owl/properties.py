"""What the ontology says of a property, shared by the axioms and the release."""

from typing import NamedTuple


class PropertyAxioms(NamedTuple):
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
