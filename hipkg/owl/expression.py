"""Class expressions as a small typed syntax tree: read from the ontology, written as Manchester syntax.

The tree covers the checked fragment only: named classes, ``and``, ``or``, ``some``, ``value``, ``oneOf`` and numeric
facets (OWL 2 Structural Specification, sections 7.5 and 8; OWL 2 Manchester Syntax, section 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import OntologyError
from hipkg.base.groups import reached
from hipkg.base.numbers import Bounds, Limit, read
from hipkg.base.vocabulary import OWL, RDF, RDF_TYPE, XSD, curie, is_term, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyoxigraph as ox

FACETS = {"minInclusive": ">=", "maxInclusive": "<=", "minExclusive": ">", "maxExclusive": "<"}


class Named(NamedTuple):
    """A class with a name."""

    iri: str


# These two are no named tuples, as which they would be equal.
@dataclass(frozen=True, slots=True)
class And:
    """An intersection of expressions."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """A union of expressions."""

    operands: tuple[Expression, ...]


class OneOf(NamedTuple):
    """An enumeration of individuals."""

    individuals: tuple[str, ...]


class Some(NamedTuple):
    """An existential restriction on an object property."""

    prop: str
    filler: Expression


class Value(NamedTuple):
    """A restriction of an object property to one individual."""

    prop: str
    individual: str


class Facet(NamedTuple):
    """An existential restriction of a data property to a numeric range; no bounds means any value of the datatype."""

    prop: str
    datatype: str
    bounds: Bounds


Expression = Named | And | Or | OneOf | Some | Value | Facet


class AxiomReader:
    """Read class expressions from the triples of an ontology.

    Parameters: ``triples`` are those of all modules together. Raises `OntologyError` for an expression outside the
    fragment, naming the class that uses it.
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._index: dict[str, dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]] = {}
        for triple in triples:
            by_predicate = self._index.setdefault(str(triple.subject), {})
            by_predicate.setdefault(triple.predicate.value, []).append(triple.object)  # type: ignore[arg-type]

    def objects(self, subject: object, predicate: str) -> list[ox.NamedNode | ox.BlankNode | ox.Literal]:
        """List the objects of a subject (a term or its N-Triples text) and a predicate."""
        return self._index.get(str(subject), {}).get(predicate, [])

    def values(self, subject: object) -> Mapping[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]:
        """Map the properties of a subject (a term or its N-Triples text) to their values."""
        return self._index.get(str(subject), {})

    def expression(self, node: ox.NamedNode | ox.BlankNode | ox.Literal, owner: str) -> Expression:
        """Read the expression at a node; ``owner`` names the class for error messages."""
        if _is_iri(node):
            return Named(node.value)
        for key, kind in (("intersectionOf", And), ("unionOf", Or)):
            for members in self.objects(node, OWL + key):
                return kind(tuple(self.expression(item, owner) for item in self._members(members)))
        for members in self.objects(node, OWL + "oneOf"):
            return OneOf(tuple(item.value for item in self._members(members)))
        if self.objects(node, OWL + "onProperty"):
            return self._restriction(node, owner)
        raise self._outside(owner, "an anonymous class that is no intersection, union, enumeration or restriction")

    def _restriction(self, node: ox.NamedNode | ox.BlankNode | ox.Literal, owner: str) -> Expression:
        (prop,) = self.objects(node, OWL + "onProperty")
        if not _is_iri(prop):
            raise self._outside(owner, "a restriction on an anonymous property; name the inverse property")
        for value in self.objects(node, OWL + "hasValue"):
            if not _is_iri(value):
                raise self._outside(owner, "a restriction to a literal; use a facet")
            return Value(prop.value, value.value)
        for filler in self.objects(node, OWL + "someValuesFrom"):
            if _is_iri(filler) and filler.value.startswith(XSD):
                return Facet(prop.value, filler.value, Bounds())
            for datatype in self.objects(filler, OWL + "onDatatype"):
                (facets,) = self.objects(filler, OWL + "withRestrictions")
                bounds = Bounds(sorted(limit for item in self._members(facets) for limit in self._limits(item, owner)))
                return Facet(prop.value, datatype.value, bounds)
            return Some(prop.value, self.expression(filler, owner))
        raise self._outside(owner, f"a restriction on {curie(prop.value)} other than some and value")

    def _limits(self, node: object, owner: str) -> Iterator[Limit]:
        for name, symbol in FACETS.items():
            for literal in self.objects(node, XSD + name):
                number = read(literal.value)
                if number is None:
                    raise self._outside(owner, f"a facet whose limit, {literal.value!r}, is no number")
                yield Limit(symbol, number)

    def _members(self, node: object) -> Iterator[ox.NamedNode | ox.BlankNode | ox.Literal]:
        while str(node) != f"<{RDF}nil>":
            (first,) = self.objects(node, RDF + "first")
            yield first
            (node,) = self.objects(node, RDF + "rest")

    @staticmethod
    def _outside(owner: str, what: str) -> OntologyError:
        return OntologyError(
            f"uses {what}.",
            place=curie(owner),
            remedy="Only named classes, and, or, some, value, oneOf and facets are allowed.",
        )

    def instances(self, type_iri: str) -> list[str]:
        """List the named subjects that are asserted to have a type, sorted."""
        wanted = f"<{type_iri}>"
        return sorted(
            subject[1:-1]
            for subject, predicates in self._index.items()
            if subject.startswith("<") and any(str(item) == wanted for item in predicates.get(RDF_TYPE, ()))
        )

    def property_chain(self, node: object) -> tuple[str, ...]:
        """List the properties of a chain axiom."""
        return tuple(item.value for item in self._members(node))


def _is_iri(node: object) -> bool:
    return str(node).startswith("<")


def children(expression: Expression) -> tuple[Expression, ...]:
    """List the expressions that an expression is made of."""
    # Every walk asks this of each part, and a match of class patterns takes three times as long.
    if isinstance(expression, (And, Or)):
        return expression.operands
    return (expression.filler,) if isinstance(expression, Some) else ()


def conjuncts(expression: Expression) -> tuple[Expression, ...]:
    """List what an expression asks for all of: the operands of an intersection, or itself."""
    return expression.operands if isinstance(expression, And) else (expression,)


def disjuncts(expression: Expression) -> tuple[Expression, ...]:
    """List what an expression asks for any of: the operands of a union, or itself."""
    return expression.operands if isinstance(expression, Or) else (expression,)


def intersection(expressions: Iterable[Expression]) -> Expression:
    """Join expressions by *and*, flat and each once; one alone stays as it is."""
    found = tuple(dict.fromkeys(one for it in expressions for one in conjuncts(it)))
    return found[0] if len(found) == 1 else And(found)


def union(expressions: Iterable[Expression]) -> Expression:
    """Join expressions by *or*, flat and each once; one alone stays as it is."""
    found = tuple(dict.fromkeys(one for it in expressions for one in disjuncts(it)))
    return found[0] if len(found) == 1 else Or(found)


def walk(expression: Expression) -> Iterator[Expression]:
    """List an expression and all that it is made of, from above and from left to right."""
    agenda = [expression]
    while agenda:
        one = agenda.pop()
        yield one
        agenda += reversed(children(one))


def named_classes(expression: Expression) -> set[str]:
    """Collect the named classes that an expression mentions."""
    return {one.iri for one in walk(expression) if isinstance(one, Named)}


def properties(expression: Expression) -> set[str]:
    """Collect the properties that an expression mentions."""
    return {one.prop for one in walk(expression) if isinstance(one, Some | Value | Facet)}


def leaves(cls: str, definitions: Mapping[str, Expression]) -> set[str]:
    """Collect the classes without a definition that a class rests on, through the definitions that it names."""
    found = reached([cls], lambda iri: named_classes(definitions[iri]) if iri in definitions else ())
    return found - definitions.keys()


def manchester(expression: Expression, labels: Mapping[str, str] | None = None, *, nested: bool = False) -> str:
    """Write an expression in Manchester syntax, with labels in place of names where they are given."""

    def name(iri: str) -> str:
        return labels.get(iri, _local(iri)) if labels else _local(iri)

    match expression:
        case Named(iri):
            return name(iri)
        case And(operands) | Or(operands):
            word = " and " if isinstance(expression, And) else " or "
            text = word.join(manchester(operand, labels, nested=True) for operand in operands)
            return f"({text})" if nested else text
        case OneOf(individuals):
            return "{" + ", ".join(map(name, individuals)) + "}"
        case Some(prop, filler):
            text = f"{name(prop)} some {manchester(filler, labels, nested=True)}"
        case Value(prop, individual):
            text = f"{name(prop)} value {name(individual)}"
        case Facet(prop, datatype, bounds):
            facets = f"[{', '.join(map(str, bounds))}]" if bounds else ""
            text = f"{name(prop)} some xsd:{datatype.removeprefix(XSD)}{facets}"
    return f"({text})" if nested else text


def _local(iri: str) -> str:
    return local_name(iri) if is_term(iri) else curie(iri)
