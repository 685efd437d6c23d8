"""The axioms of the ontology as typed records, checked against the project's fragment.

The fragment keeps a forward-chaining engine complete: a class with a definition is never the named superclass of
another class, a domain or a range, and no axiom asserts the existence of something unnamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hipkg.errors import OntologyError
from hipkg.expression import AxiomReader, Expression, Value
from hipkg.terms import HIP, OWL, RDF_TYPE, RDFS, curie

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyoxigraph as ox

_REMEDY_NAMED = "Put the condition into an equivalence axiom of a class of its own."


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Axioms:
    """All logical axioms, by kind.

    ``values`` maps a class to the property values that each member has; ``facts`` are the asserted triples between
    individuals of the ontology, ``individual_types`` their asserted classes.
    """

    classes: frozenset[str]
    definitions: Mapping[str, Expression]
    superclasses: Mapping[str, frozenset[str]]
    values: Mapping[str, frozenset[tuple[str, str]]]
    disjoint: frozenset[tuple[str, str]]
    properties: Mapping[str, PropertyAxioms]
    individual_types: Mapping[str, frozenset[str]]
    facts: frozenset[tuple[str, str, str]]


def read_axioms(triples: Iterable[ox.Triple]) -> Axioms:
    """Read the axioms of an ontology and check that they are in the fragment.

    Raises `OntologyError` naming the term and the reason for the first axiom outside it.
    """
    reader = AxiomReader(triples)
    classes = reader.instances(OWL + "Class")
    definitions = reader.definitions()
    superclasses: dict[str, frozenset[str]] = {}
    values: dict[str, frozenset[tuple[str, str]]] = {}
    for iri in classes:
        superclasses[iri], values[iri] = _told_superclasses(reader, iri, definitions)
    properties = {iri: _property(reader, iri) for iri in _property_names(reader)}
    for prop in properties.values():
        _check_no_definition(prop.domains | prop.ranges, definitions, prop.iri)
    types, facts = _individuals(reader, set(properties))
    return Axioms(
        frozenset(classes), definitions, superclasses, values, _disjoint(reader, classes), properties, types, facts
    )


def _told_superclasses(
    reader: AxiomReader, iri: str, definitions: Mapping[str, Expression]
) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    named: set[str] = set()
    values: set[tuple[str, str]] = set()
    for node in reader.objects(f"<{iri}>", RDFS + "subClassOf"):
        if str(node).startswith("<"):
            named.add(node.value)
            continue
        expression = reader.expression(node, iri)
        if not isinstance(expression, Value):
            raise OntologyError(
                "has a superclass that is neither named nor a value.", place=curie(iri), remedy=_REMEDY_NAMED
            )
        values.add((expression.prop, expression.individual))
    _check_no_definition(named, definitions, iri)
    return frozenset(named), frozenset(values)


def _check_no_definition(used: Iterable[str], definitions: Mapping[str, Expression], where: str) -> None:
    for iri in sorted(set(used) & set(definitions)):
        raise OntologyError(
            f"asserts the defined class {curie(iri)} of its members.",
            place=curie(where),
            remedy="Use a class without an equivalence axiom there, or make the condition part of a definition.",
        )


def _property_names(reader: AxiomReader) -> list[str]:
    kinds = ("ObjectProperty", "DatatypeProperty")
    return [iri for kind in kinds for iri in reader.instances(OWL + kind)]


def _property(reader: AxiomReader, iri: str) -> PropertyAxioms:
    def named(predicate: str) -> frozenset[str]:
        return frozenset(node.value for node in reader.objects(f"<{iri}>", predicate) if node.value.startswith(HIP))

    types = {node.value.removeprefix(OWL) for node in reader.objects(f"<{iri}>", RDF_TYPE)}
    chains = tuple(
        sorted(reader.property_chain(node) for node in reader.objects(f"<{iri}>", OWL + "propertyChainAxiom"))
    )
    return PropertyAxioms(
        iri,
        named(RDFS + "subPropertyOf"),
        named(OWL + "inverseOf"),
        chains,
        named(RDFS + "domain"),
        named(RDFS + "range"),
        "TransitiveProperty" in types,
        "SymmetricProperty" in types,
        "FunctionalProperty" in types,
    )


def _disjoint(reader: AxiomReader, classes: Iterable[str]) -> frozenset[tuple[str, str]]:
    pairs = {(iri, node.value) for iri in classes for node in reader.objects(f"<{iri}>", OWL + "disjointWith")}
    return frozenset(pairs | {(other, one) for one, other in pairs})


def _individuals(
    reader: AxiomReader, properties: set[str]
) -> tuple[dict[str, frozenset[str]], frozenset[tuple[str, str, str]]]:
    types: dict[str, frozenset[str]] = {}
    facts: set[tuple[str, str, str]] = set()
    for iri in reader.instances(OWL + "NamedIndividual"):
        kinds = {node.value for node in reader.objects(f"<{iri}>", RDF_TYPE)}
        types[iri] = frozenset(kind for kind in kinds if kind.startswith(HIP))
        for prop in properties:
            facts |= {(iri, prop, node.value) for node in reader.objects(f"<{iri}>", prop) if str(node).startswith("<")}
    return types, frozenset(facts)
