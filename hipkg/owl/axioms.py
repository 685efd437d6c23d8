"""The axioms of the ontology as typed records, checked against the project's fragment.

The fragment keeps a forward-chaining engine complete: a class with a definition is never the named superclass of
another class, a domain or a range, and no axiom asserts the existence of something unnamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import OntologyError
from hipkg.base.groups import reached
from hipkg.base.vocabulary import OWL, RDF_TYPE, RDFS, XSD, curie, is_term
from hipkg.owl.expression import FACETS, AxiomReader, Expression, Value
from hipkg.owl.properties import PropertyAxioms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Set

_OF_NAMES = {OWL + "equivalentClass", OWL + "disjointWith", OWL + "inverseOf", OWL + "propertyChainAxiom"} | {
    RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")
}
_BETWEEN_NAMES = {OWL + "disjointWith", OWL + "inverseOf", RDFS + "subPropertyOf", RDFS + "domain", RDFS + "range"}
_KNOWN = (
    _OF_NAMES
    | {RDFS + name for name in ("label", "comment", "seeAlso", "isDefinedBy")}
    | {OWL + name for name in ("imports", "versionIRI", "versionInfo", "deprecated", "onProperty", "onDatatype")}
    | {OWL + name for name in ("intersectionOf", "unionOf", "oneOf", "someValuesFrom", "hasValue", "withRestrictions")}
    | {XSD + name for name in FACETS}
)
_KINDS = {RDFS + "Datatype"} | {
    OWL + name
    for name in (
        "Ontology", "Class", "Restriction", "NamedIndividual", "ObjectProperty", "DatatypeProperty",
        "AnnotationProperty", "TransitiveProperty", "SymmetricProperty", "FunctionalProperty",
    )
}  # fmt: skip
_NUMERIC = {XSD + name for name in ("integer", "decimal", "nonNegativeInteger", "positiveInteger")}
_WHOLE = "Write all of it: the members of lists, and of each restriction its property and what it restricts to."
_REMEDY_NAMED = "Put the condition into an equivalence axiom of a class of its own."


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

    def above(self, iri: str) -> set[str]:
        """Collect the classes that a class is told to be under, at any remove."""
        told = self.superclasses
        return reached(told.get(iri, ()), lambda one: told.get(one, ()))


def read_axioms(triples: Iterable[ox.Triple]) -> Axioms:
    """Read the axioms of an ontology and check that they are in the fragment.

    Raises `OntologyError` naming the term and the reason for the first axiom outside it.
    """
    axioms, outside = read_within(triples)
    if outside:
        raise outside[0]
    return axioms


def read_within(triples: Iterable[ox.Triple]) -> tuple[Axioms, tuple[OntologyError, ...]]:
    """Read the axioms that are in the fragment, and list what is wrong with each of the others."""
    given = tuple(triples)
    reading = _Reading(given)
    return reading.axioms(), (*reading.outside, *_check_axioms(given, reading.refused))


class _Reading:
    """Read axioms one by one; ``outside`` says of those that are refused why, ``refused`` are their blank nodes."""

    def __init__(self, triples: tuple[ox.Triple, ...]) -> None:
        self._reader = AxiomReader(triples)
        self.outside: list[OntologyError] = []
        self.refused: set[str] = set()

    def axioms(self) -> Axioms:
        """Read all axioms."""
        reader = self._reader
        classes = reader.instances(OWL + "Class")
        nodes = ((iri, node) for iri in classes for node in reader.objects(f"<{iri}>", OWL + "equivalentClass"))
        definitions = {iri: logic for iri, node in nodes if (logic := self._expression(node, iri)) is not None}
        superclasses: dict[str, frozenset[str]] = {}
        values: dict[str, frozenset[tuple[str, str]]] = {}
        for iri in classes:
            superclasses[iri], values[iri] = self._told_superclasses(iri, definitions)
        properties = {iri: _property(reader, iri) for iri in _property_names(reader)}
        for prop in properties.values():
            self._check_no_definition(prop.domains | prop.ranges, definitions, prop.iri)
        types, facts = _individuals(reader, set(properties))
        return Axioms(
            frozenset(classes), definitions, superclasses, values, _disjoint(reader, classes), properties, types, facts
        )

    def _expression(self, node: ox.NamedNode | ox.BlankNode | ox.Literal, owner: str) -> Expression | None:
        """Read the expression at a node, or note why it is refused."""
        try:
            return self._reader.expression(node, owner)
        except OntologyError as problem:
            self._refuse(problem, node)
        except (ValueError, AttributeError, RecursionError):
            self._refuse(OntologyError("has an expression that is cut short.", place=curie(owner), remedy=_WHOLE), node)
        return None

    def _refuse(self, problem: OntologyError, node: ox.NamedNode | ox.BlankNode | ox.Literal) -> None:
        self.outside.append(problem)
        agenda: list[object] = [node]
        while agenda:
            one = str(agenda.pop())
            if one.startswith("_:") and one not in self.refused:
                self.refused.add(one)
                agenda += (it for some in self._reader.values(one).values() for it in some)

    def _told_superclasses(
        self, iri: str, definitions: Mapping[str, Expression]
    ) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
        named: set[str] = set()
        values: set[tuple[str, str]] = set()
        for node in self._reader.objects(f"<{iri}>", RDFS + "subClassOf"):
            if isinstance(node, ox.NamedNode):
                named.add(node.value)
                continue
            expression = self._expression(node, iri)
            if isinstance(expression, Value):
                values.add((expression.prop, expression.individual))
            elif expression is not None:
                why = "has a superclass that is neither named nor a value."
                self._refuse(OntologyError(why, place=curie(iri), remedy=_REMEDY_NAMED), node)
        self._check_no_definition(named, definitions, iri)
        return frozenset(named), frozenset(values)

    def _check_no_definition(self, used: Iterable[str], definitions: Mapping[str, Expression], where: str) -> None:
        self.outside += (
            OntologyError(
                f"asserts the defined class {curie(iri)} of its members.",
                place=curie(where),
                remedy="Use a class without an equivalence axiom there, or make the condition part of a definition.",
            )
            for iri in sorted(set(used) & set(definitions))
        )


def _check_axioms(triples: tuple[ox.Triple, ...], refused: Set[str]) -> Iterator[OntologyError]:
    """Refuse every kind of axiom that the native engine would not see, by naming those that it does.

    Parameters: ``refused`` are blank nodes of which it is told already.
    """
    kinds: dict[str, set[str]] = {}
    defined: set[str] = set()
    for one in triples:
        if one.predicate.value == RDF_TYPE and isinstance(one.object, ox.NamedNode):
            kinds.setdefault(str(one.subject), set()).add(one.object.value)
    for one in triples:
        if str(one.subject) not in refused:
            yield from _check_axiom(one, kinds.get(str(one.subject), set()))
        if one.predicate.value == OWL + "equivalentClass":
            if str(one.subject) in defined:
                yield _outside(one, "has two definitions")
            defined.add(str(one.subject))


def _check_axiom(one: ox.Triple, kinds: set[str]) -> Iterator[OntologyError]:
    predicate = one.predicate.value
    if predicate.startswith((OWL, RDFS, XSD)) and predicate not in _KNOWN:
        yield _outside(one, f"uses {curie(predicate)}")
    if predicate == RDF_TYPE and isinstance(one.object, ox.NamedNode):
        yield from _check_kind(one, one.object.value, kinds)
    if predicate in _BETWEEN_NAMES and not isinstance(one.object, ox.NamedNode):
        yield _outside(one, f"has something anonymous as {curie(predicate)}")
    if predicate in _OF_NAMES and not isinstance(one.subject, ox.NamedNode):
        yield _outside(one, f"has {curie(predicate)} on something anonymous")
    if predicate == OWL + "onDatatype" and one.object.value not in _NUMERIC:  # type: ignore[union-attr]
        yield _outside(one, "restricts a datatype that is no number")
    if predicate == OWL + "oneOf" and RDFS + "Datatype" in kinds:
        yield _outside(one, "enumerates literals")


def _check_kind(one: ox.Triple, kind: str, kinds: set[str]) -> Iterator[OntologyError]:
    if kind.startswith((OWL, RDFS)) and kind not in _KINDS:
        yield _outside(one, f"is of the kind {curie(kind)}")
    if kind == OWL + "FunctionalProperty" and OWL + "ObjectProperty" in kinds:
        yield _outside(one, "is a functional object property")


def _outside(one: ox.Triple, what: str) -> OntologyError:
    place = curie(one.subject.value) if isinstance(one.subject, ox.NamedNode) else str(one)
    return OntologyError(
        f"{what}, which the native engine would not see.",
        place=place,
        remedy="Say it with the axioms that ontology/README.md lists.",
    )


def _property_names(reader: AxiomReader) -> list[str]:
    kinds = ("ObjectProperty", "DatatypeProperty")
    return [iri for kind in kinds for iri in reader.instances(OWL + kind)]


def _property(reader: AxiomReader, iri: str) -> PropertyAxioms:
    def named(predicate: str) -> frozenset[str]:
        return frozenset(node.value for node in reader.objects(f"<{iri}>", predicate) if is_term(node.value))

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
        types[iri] = frozenset(kind for kind in kinds if is_term(kind))
        for prop in properties:
            facts |= {(iri, prop, node.value) for node in reader.objects(f"<{iri}>", prop) if str(node).startswith("<")}
    return types, frozenset(facts)
