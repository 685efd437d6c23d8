"""Check that values are of the kind that their properties ask for: in facts, in definitions and in facets.

OWL takes a domain or a range as something to conclude; here, where all that is known is written down, it is something
to keep to: what a property names has to be told to be in its range.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.dates import DATATYPES, span
from hipkg.base.groups import reached
from hipkg.base.numbers import read
from hipkg.base.vocabulary import HIP, OWL, RDF, RDF_TYPE, RDFS, XSD, curie, with_local_name
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.expression import FACETS, And, Facet, Named, Or, Some, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.maintenance.checks.workspace import Workspace
    from hipkg.owl.expression import Expression

_DATA, _OBJECT = OWL + "DatatypeProperty", OWL + "ObjectProperty"
_PROPERTIES = frozenset({_DATA, _OBJECT, OWL + "AnnotationProperty"})
_TERMS = _PROPERTIES | {OWL + "Class"}
_INVERSE = OWL + "inverseOf"
_TELLING = (
    *(RDFS + "domain", hip.toldOf, hip.recordedOf),
    *(RDFS + "subPropertyOf", _INVERSE, hip.internal, hip.ofResultsOnly, hip.comparedAs),
)
"""By which a property tells of what it is told, of what a wider or an inverse one is, or that no dataset has it."""
_WHOLE = frozenset(XSD + name for name in ("integer", "nonNegativeInteger", "positiveInteger"))
_NUMBERS = _WHOLE | {XSD + "decimal"}
_FORMS = {
    "integer": r"[+-]?\d+",
    "nonNegativeInteger": r"\+?\d+",
    "positiveInteger": r"\+?0*[1-9]\d*",
    "decimal": r"[+-]?(?:\d+\.?\d*|\.\d+)",
    "boolean": "true|false|1|0",
}
"""What literals look like, by the datatypes of XML Schema that are no dates."""


@dataclass
class Schema:
    """What the ontology says of its properties and of the kinds of its terms."""

    space: Workspace
    kinds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    disjoint: set[frozenset[str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for iri, values in self.space.links.get(RDF_TYPE, {}).items():
            self.kinds[iri] = {one.value for one in values}
        told = self.space.links.get(OWL + "disjointWith", {})
        self.disjoint = {frozenset({one, other.value}) for one, values in told.items() for other in values}

    def above(self, cls: str) -> frozenset[str]:
        """Collect a class and what it is told to be under."""
        return self.space.told_superclasses.get(cls, frozenset({cls}))

    def classes(self, iri: str) -> set[str]:
        """Collect the classes that an individual is told to be in, at any remove."""
        return {above for kind in self.kinds[iri] for above in self.above(kind)}

    def ends(self, prop: str, end: str) -> set[str]:
        """Collect the domains or the ranges of a property and of those above it."""
        upper = reached([prop], lambda one: self.space.named(one, RDFS + "subPropertyOf"))
        return {one for iri in upper for one in self.space.named(iri, RDFS + end)}

    def apart(self, one: str, other: str) -> bool:
        """Tell whether no member of a class can be in another, by what is told."""
        return any(frozenset({a, b}) in self.disjoint for a in self.above(one) for b in self.above(other))


def check_values(space: Workspace) -> Iterator[Issue]:
    """Find values of properties that are of another kind than the properties ask for."""
    schema = Schema(space)
    for one in space.triples:
        prop = one.predicate.value
        kinds = schema.kinds.get(prop, set())
        if (
            not isinstance(one.subject, ox.Triple)
            and not isinstance(one.object, ox.Triple)
            and kinds & {_DATA, _OBJECT}
        ):
            yield from _value(schema, one, curie(space.owner(one.subject)), curie(prop), of_data=_DATA in kinds)
        if isinstance(one.subject, ox.NamedNode) and kinds:
            yield from _placed(schema, one.subject.value, prop)
        if isinstance(one.object, ox.Literal) and (wrong := _ill_typed(one.object)):
            yield Issue("literal-form", curie(space.owner(one.subject)), curie(prop), wrong)
    yield from _untold(schema)


def _value(schema: Schema, one: ox.Triple, entity: str, prop: str, *, of_data: bool) -> Iterator[Issue]:
    ranges = schema.ends(one.predicate.value, "range")
    if isinstance(one.object, ox.Literal):
        text, datatype = one.object.value, one.object.datatype.value
        if not of_data:
            near = next((one for one in with_local_name(text) if one in schema.kinds), "")
            hint = f" Did you mean {curie(near)}?" if near else ""
            yield Issue("value-kind", entity, prop, f'"{text}" is a text; a name is needed.{hint}')
        elif wanted := [it for it in sorted(ranges) if not _fits(datatype, it)]:
            yield Issue("value-kind", entity, prop, f'"{text}" is {curie(datatype)}; {curie(wanted[0])} is needed')
    elif of_data:
        yield Issue("value-kind", entity, prop, f"{_shown(one.object)} is a name; a text or a number is needed")
    elif isinstance(one.object, ox.NamedNode):
        found = schema.classes(one.object.value)
        for it in sorted(ranges - found if schema.kinds.get(one.object.value) else ()):
            is_ = " or ".join(
                sorted(map(curie, schema.kinds[one.object.value] - {OWL + "NamedIndividual", OWL + "Class"}))[:2]
            )
            said = f", it is {is_ or 'a class'}"
            yield Issue("value-range", entity, prop, f"{curie(one.object.value)} is no {curie(it)}{said}")


def _placed(schema: Schema, subject: str, prop: str) -> Iterator[Issue]:
    """Tell that a term is not in the domain of a property that it has, or in no class of which that is told."""
    found = schema.classes(subject)
    wrong = [curie(it) for it in sorted(schema.ends(prop, "domain") - found)]
    kinds = {it for said in (hip.toldOf, hip.recordedOf) for it in schema.space.named(prop, said)}
    if kinds and _INDIVIDUAL in found and _CLASS not in found and not kinds & found:
        wrong.append(" or ".join(sorted(map(curie, kinds))))
    for one in wrong:
        yield Issue("value-domain", curie(subject), curie(prop), f"belongs to {one}, which {curie(subject)} is not")


def _untold(schema: Schema) -> Iterator[Issue]:
    """Tell which properties of nodes do not tell the kinds of nodes that have them."""
    links = schema.space.links
    of_terms = {prop for prop, found in links.items() if any(schema.kinds.get(one, set()) & _TERMS for one in found)}
    told = {iri for said in _TELLING for iri in links.get(said, {})}
    told |= {one.value for found in links.get(_INVERSE, {}).values() for one in found}
    for iri, kinds in schema.kinds.items():
        if iri.startswith(HIP) and kinds & _PROPERTIES and iri not in told | of_terms:
            yield Issue("told-of", curie(iri), curie(hip.toldOf), "missing")


def _fits(datatype: str, wanted: str) -> bool:
    return datatype == wanted or (wanted == XSD + "decimal" and datatype in _WHOLE)


def _shown(term: object) -> str:
    return curie(term.value) if isinstance(term, ox.NamedNode) else "an anonymous node"


def _ill_typed(literal: ox.Literal) -> str:
    """Tell how a literal is not of its datatype, or nothing."""
    datatype, text = literal.datatype.value, literal.value
    name = datatype.removeprefix(XSD)
    form = _FORMS.get(name)
    wrong = (form and not re.fullmatch(form, text)) or (name in DATATYPES.values() and span(text) is None)
    return f'"{text}" is no {curie(datatype)}' if wrong else ""


# Axioms

_CLASS, _INDIVIDUAL, _ANNOTATION = OWL + "Class", OWL + "NamedIndividual", OWL + "AnnotationProperty"
_OF_CLASSES = {
    RDFS + "subClassOf",
    OWL + "equivalentClass",
    OWL + "disjointWith",
    OWL + "someValuesFrom",
    RDFS + "domain",
}
_OF_CLASSES |= {OWL + "intersectionOf", OWL + "unionOf", RDFS + "range", RDF_TYPE}
_OF_INDIVIDUALS = {OWL + "hasValue", OWL + "oneOf"}
_OF_PROPERTIES = {RDFS + "subPropertyOf", OWL + "inverseOf", OWL + "propertyChainAxiom"}


def check_axioms(space: Workspace) -> Iterator[Issue]:
    """Find axioms that name a term of another kind than they are about, such as an individual as a class."""
    schema = Schema(space)
    lists = {one.object.value: one.predicate.value for one in space.triples if isinstance(one.object, ox.BlankNode)}

    def axiom(one: ox.Triple) -> str:
        """Name the axiom that a triple is of, that of the list for a member of one."""
        prop, node = one.predicate.value, one.subject
        seen: set[str] = set()
        while prop in {RDF + "first", RDF + "rest"} and isinstance(node, ox.BlankNode) and node.value not in seen:
            seen.add(node.value)
            prop, node = lists.get(node.value, ""), heads.get(node.value, node)
        return prop

    heads = {one.object.value: one.subject for one in space.triples if isinstance(one.object, ox.BlankNode)}
    for one in space.triples:
        if isinstance(one.object, ox.NamedNode) and one.object.value in schema.kinds:
            prop = axiom(one) if one.predicate.value == RDF + "first" else one.predicate.value
            wanted = _wanted(schema, prop, one.subject)
            if wanted and not schema.kinds[one.object.value] & wanted:
                needed = " or ".join(sorted(map(curie, wanted)))
                says = f"{curie(one.object.value)} is no {needed}"
                yield Issue("axiom-term", curie(space.owner(one.subject)), curie(prop), says)
        elif (
            isinstance(one.object, ox.Literal) and one.predicate.value in _OF_CLASSES | _OF_PROPERTIES | _OF_INDIVIDUALS
        ):
            says = f'"{one.object.value}" is a text; a name is needed'
            yield Issue("axiom-term", curie(space.owner(one.subject)), curie(one.predicate.value), says)


def _wanted(schema: Schema, prop: str, subject: object) -> set[str]:
    """List the kinds of which one is needed as the value of an axiom."""
    if prop in _OF_CLASSES:
        return {_CLASS}
    if prop in _OF_INDIVIDUALS:
        return {_INDIVIDUAL, _CLASS}  # a kind that is recorded as absent stands for itself
    if prop == OWL + "propertyChainAxiom":
        return {_OBJECT}
    if prop in _OF_PROPERTIES:
        own = schema.kinds.get(subject.value, set()) if isinstance(subject, ox.NamedNode) else set()
        return own & {_DATA, _OBJECT, _ANNOTATION} or {_OBJECT, _DATA}
    return set()


# Definitions


def check_restrictions(space: Workspace) -> Iterator[Issue]:
    """Find restrictions whose property, filler, value or facets do not fit each other."""
    schema = Schema(space)
    nodes: dict[str, dict[str, list[object]]] = {}
    for one in space.triples:
        if isinstance(one.subject, ox.BlankNode):
            nodes.setdefault(one.subject.value, {}).setdefault(one.predicate.value, []).append(one.object)
    for node, facts in nodes.items():
        for prop in facts.get(OWL + "onProperty", ()):
            if isinstance(prop, ox.NamedNode):
                entity = curie(space.owners.get(node, ""))
                yield from _restriction(schema, nodes, facts, entity, prop.value)


def _restriction(
    schema: Schema, nodes: dict[str, dict[str, list[object]]], facts: dict[str, list[object]], entity: str, prop: str
) -> Iterator[Issue]:
    kinds, name = schema.kinds.get(prop, set()), curie(prop)
    if not kinds:
        return
    if not kinds & {_DATA, _OBJECT}:
        yield Issue("restriction", entity, name, "is no property of individuals or of numbers")
        return
    for filler in facts.get(OWL + "someValuesFrom", ()):
        yield from _filler(schema, nodes, filler, entity, prop)
    for value in facts.get(OWL + "hasValue", ()):
        yield from _one(schema, value, entity, prop)


def _filler(
    schema: Schema, nodes: dict[str, dict[str, list[object]]], filler: object, entity: str, prop: str
) -> Iterator[Issue]:
    name, wants_data = curie(prop), _DATA in schema.kinds[prop]
    of_data = (isinstance(filler, ox.NamedNode) and filler.value.startswith(XSD)) or (
        isinstance(filler, ox.BlankNode) and OWL + "onDatatype" in nodes.get(filler.value, {})
    )
    if of_data != wants_data:
        wanted = "a datatype" if wants_data else "a class"
        yield Issue("restriction", entity, name, f"{_shown(filler)} does not fit: {wanted} is needed")
    elif of_data:
        yield from _facets(schema, nodes, filler, entity, prop)
    elif isinstance(filler, ox.NamedNode):
        for it in sorted(schema.ends(prop, "range")):
            if schema.apart(filler.value, it):
                yield Issue("restriction", entity, name, f"{curie(filler.value)} is never a {curie(it)}, the range")
    elif isinstance(filler, ox.BlankNode):
        for cell in nodes.get(filler.value, {}).get(OWL + "oneOf", ()):
            for member in _members(nodes, cell):
                yield from _one(schema, member, entity, prop)


def _one(schema: Schema, value: object, entity: str, prop: str) -> Iterator[Issue]:
    """Judge an individual that a restriction names by the range of the property."""
    if isinstance(value, ox.NamedNode) and schema.kinds.get(value.value):
        for it in sorted(schema.ends(prop, "range") - schema.classes(value.value)):
            yield Issue("restriction", entity, curie(prop), f"{curie(value.value)} is no {curie(it)}, the range")


def _members(nodes: dict[str, dict[str, list[object]]], cell: object) -> Iterator[object]:
    seen: set[str] = set()
    while isinstance(cell, ox.BlankNode) and cell.value not in seen:
        seen.add(cell.value)
        step = nodes.get(cell.value, {})
        yield from step.get(RDF + "first", ())
        cell = next(iter(step.get(RDF + "rest", ())), None)


def _facets(
    schema: Schema, nodes: dict[str, dict[str, list[object]]], filler: object, entity: str, prop: str
) -> Iterator[Issue]:
    """Judge the facets of a datatype by the datatype, by one another, and by what the property can be."""
    name = curie(prop)
    node = nodes.get(filler.value, {}) if isinstance(filler, ox.BlankNode) else {}
    datatype = next((it.value for it in node.get(OWL + "onDatatype", ()) if isinstance(it, ox.NamedNode)), "")
    for it in sorted(schema.ends(prop, "range")):
        if datatype and datatype != it:  # a decimal such as 25.5 is no integer from 20 on
            yield Issue("facet-datatype", entity, name, f"is restricted to {curie(datatype)}; its range is {curie(it)}")
    limits = {"lower": [], "upper": []}  # type: dict[str, list[tuple[object, bool]]]
    for literal, facet in _limits(nodes, node):
        number = read(literal.value)
        own = literal.datatype.value
        wrong = own not in _NUMBERS or number is None or (datatype in _WHOLE and number != number.to_integral_value())
        if wrong or not _fits(own, datatype or own):
            says = f'xsd:{facet} "{literal.value}" is {curie(own)}; a number of {curie(datatype)} is needed'
            yield Issue("facet-datatype", entity, name, says)
        if number is not None:
            limits["lower" if facet.startswith("min") else "upper"].append((number, facet.endswith("Inclusive")))
    yield from _ranges(schema, limits, entity, prop)


def _limits(
    nodes: dict[str, dict[str, list[object]]], node: dict[str, list[object]]
) -> Iterator[tuple[ox.Literal, str]]:
    for cell in node.get(OWL + "withRestrictions", ()):
        for first in _members(nodes, cell):
            for facet in FACETS if isinstance(first, ox.BlankNode) else ():
                found = nodes.get(first.value, {}).get(XSD + facet, ())  # type: ignore[attr-defined]
                yield from ((it, facet) for it in found if isinstance(it, ox.Literal))


def _ranges(schema: Schema, limits: dict[str, list[tuple[object, bool]]], entity: str, prop: str) -> Iterator[Issue]:
    name = curie(prop)
    for least, closed in limits["lower"]:
        for most, also in limits["upper"]:
            if least > most or (least == most and not (closed and also)):  # type: ignore[operator]
                yield Issue("facet-range", entity, name, f"no number is from {least} to {most}")
    for end, bound in (("least", hip.possibleFrom), ("greatest", hip.possibleUpTo)):
        for told in schema.space.links.get(bound, {}).get(prop, ()):
            edge = read(told.value)
            for number, _ in (*limits["lower"], *limits["upper"]):
                if edge is not None and (number < edge if end == "least" else number > edge):  # type: ignore[operator]
                    yield Issue("facet-range", entity, name, f"{number} is beyond {edge}, the {end} that is possible")


def check_domains(space: Workspace) -> Iterator[Issue]:
    """Find definitions that ask for a property of what can never be in its domain."""
    schema = Schema(space)
    for iri, definition in space.axioms.definitions.items() if space.axioms else ():
        kinds = {*schema.above(iri), *space.named(iri, RDFS + "subClassOf")}
        for prop, domain in sorted(set(_misplaced(definition, kinds, schema))):
            yield Issue(
                "restriction", curie(iri), curie(prop), f"is asked of what is never a {curie(domain)}, the domain"
            )


def _misplaced(expression: Expression, kinds: set[str], schema: Schema) -> Iterator[tuple[str, str]]:
    """List the properties that are asked of what is in some classes, with the domains that exclude one of these."""
    match expression:
        case And(operands):
            named = kinds | {one.iri for one in operands if isinstance(one, Named)}
            for one in operands:
                yield from _misplaced(one, named, schema)
        case Or(operands):
            for one in operands:
                yield from _misplaced(one, kinds, schema)
        case Some(prop) | Value(prop) | Facet(prop):
            for domain in schema.ends(prop, "domain"):
                if any(schema.apart(domain, one) for one in kinds):
                    yield prop, domain
            if isinstance(expression, Some):
                yield from _misplaced(expression.filler, schema.ends(prop, "range"), schema)
