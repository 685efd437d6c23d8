"""Write an ontology in the functional syntax of OWL 2, which has a form for each axiom of the project's fragment.

Structural Specification and Functional-Style Syntax, and its Mapping to RDF Graphs, sections 2 and 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import OntologyError
from hipkg.base.vocabulary import OWL, PREFIXES, RDF, RDF_TYPE, RDFS, XSD, curie
from hipkg.owl.normal_form import in_canonical_order
from hipkg.owl.sources import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_KINDS = {
    OWL + "Class": "Class",
    RDFS + "Datatype": "Datatype",
    OWL + "ObjectProperty": "ObjectProperty",
    OWL + "DatatypeProperty": "DataProperty",
    OWL + "AnnotationProperty": "AnnotationProperty",
    OWL + "NamedIndividual": "NamedIndividual",
}
_OF_PROPERTY = {"ObjectProperty": "Object", "DataProperty": "Data", "AnnotationProperty": "Annotation"}
_TRAITS = {OWL + f"{name}Property": name for name in ("Functional", "Symmetric", "Transitive")}
_OF_CLASSES = {
    RDFS + "subClassOf": "SubClassOf",
    OWL + "equivalentClass": "EquivalentClasses",
    OWL + "disjointWith": "DisjointClasses",
}
_OF_PROPERTIES = {RDFS + "subPropertyOf": "Sub{}PropertyOf", OWL + "inverseOf": "Inverse{}Properties"}
_OF_ENDS = {RDFS + "domain": "{}PropertyDomain", RDFS + "range": "{}PropertyRange"}
_SETS = {
    OWL + "intersectionOf": "ObjectIntersectionOf",
    OWL + "unionOf": "ObjectUnionOf",
    OWL + "oneOf": "ObjectOneOf",
}
_VERSION = OWL + "versionIRI"


def functional_syntax(triples: Iterable[ox.Triple]) -> str:
    """Write an ontology without imports, its axioms in a fixed order.

    Raises `OntologyError` for what is outside the fragment.
    """
    return "\n".join(_Writer(triples).lines()) + "\n"


class _Writer:
    """The triples of an ontology, by what they are about."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._triples = [one.triple for one in in_canonical_order(ox.Quad(*it) for it in triples)]
        self._about: dict[Term, dict[str, list[Term]]] = {}
        for one in self._triples:
            self._about.setdefault(one.subject, {}).setdefault(one.predicate.value, []).append(one.object)
        self._kinds: dict[Term, set[str]] = {
            node: {
                _KINDS[it.value] for it in said.get(RDF_TYPE, ()) if isinstance(it, ox.NamedNode) and it.value in _KINDS
            }
            for node, said in self._about.items()
        }
        self._inside = {
            node for node, said in self._about.items() if isinstance(node, ox.BlankNode) and self._is_structure(said)
        }

    @staticmethod
    def _is_structure(said: dict[str, list[Term]]) -> bool:
        """Tell whether a blank node is part of an expression, and no individual."""
        return any(prop.startswith((OWL, XSD)) or prop == RDF + "first" for prop in said)

    def lines(self) -> Iterator[str]:
        yield from (f"Prefix({prefix}:=<{space}>)" for prefix, space in sorted(PREFIXES.items()))
        headers = [one for one, said in self._about.items() if HEADER in said.get(RDF_TYPE, ())]
        for header in headers[:1]:
            version = "".join(f" {_written(one)}" for one in self._about[header].get(_VERSION, ()))
            yield f"Ontology({_written(header)}{version}"
            for prop, values in sorted(self._about[header].items()):
                if prop not in {RDF_TYPE, _VERSION, OWL + "imports"}:
                    yield from (f"Annotation({_name(prop)} {_written(one)})" for one in values)
        yield from sorted(
            f"Declaration({kind}({_written(node)}))"
            for node, kinds in self._kinds.items()
            for kind in kinds
            if node not in self._inside
        )
        yield from sorted(
            self._axiom(one)
            for one in self._triples
            if one.subject not in self._inside and one.subject not in headers and not self._is_declaration(one)
        )
        yield ")"

    @staticmethod
    def _is_declaration(one: ox.Triple) -> bool:
        return one.predicate.value == RDF_TYPE and isinstance(one.object, ox.NamedNode) and one.object.value in _KINDS

    def _axiom(self, one: ox.Triple) -> str:
        prop, subject, target = one.predicate.value, _written(one.subject), one.object
        if prop == RDF_TYPE:
            trait = _TRAITS.get(target.value if isinstance(target, ox.NamedNode) else "")
            if trait:
                return f"{trait}{self._of_property(one.subject)}Property({subject})"
            return f"ClassAssertion({self._expression(target)} {subject})"
        if prop in _OF_CLASSES:
            return f"{_OF_CLASSES[prop]}({subject} {self._expression(target)})"
        if prop in _OF_PROPERTIES:
            return f"{_OF_PROPERTIES[prop].format(self._of_property(one.subject))}({subject} {_written(target)})"
        if prop in _OF_ENDS:
            return f"{_OF_ENDS[prop].format(self._of_property(one.subject))}({subject} {self._expression(target)})"
        if prop == OWL + "propertyChainAxiom":
            chain = " ".join(map(_written, self._members(target)))
            return f"SubObjectPropertyOf(ObjectPropertyChain({chain}) {subject})"
        kind = self._of_property(one.predicate)
        form = "AnnotationAssertion" if kind == "Annotation" else f"{kind}PropertyAssertion"
        return f"{form}({_written(one.predicate)} {subject} {_written(target)})"

    def _of_property(self, prop: Term) -> str:
        """Tell whether a property is of objects or of data; of annotations it is unless that is declared."""
        kinds = self._kinds.get(prop, set())
        return next((name for kind, name in _OF_PROPERTY.items() if kind in kinds), "Annotation")

    def _members(self, node: Term) -> Iterator[Term]:
        while node != ox.NamedNode(RDF + "nil"):
            said = self._about[node]
            yield said[RDF + "first"][0]
            (node,) = said[RDF + "rest"]

    def _expression(self, node: Term) -> str:
        """Write a class expression or a range of data."""
        if not isinstance(node, ox.BlankNode):
            return _written(node)
        said = self._about.get(node, {})
        for prop, name in _SETS.items():
            for one in said.get(prop, ()):
                return f"{name}({' '.join(map(self._expression, self._members(one)))})"
        if OWL + "onDatatype" in said:
            facets = (
                f"{_name(facet)} {_written(limit)}"
                for one in said.get(OWL + "withRestrictions", ())
                for cell in self._members(one)
                for facet, limits in sorted(self._about[cell].items())
                for limit in limits
            )
            return f"DatatypeRestriction({_written(said[OWL + 'onDatatype'][0])} {' '.join(facets)})"
        for relation in said.get(OWL + "onProperty", ()):
            kind, name = self._of_property(relation), _written(relation)
            for filler in said.get(OWL + "someValuesFrom", ()):
                return f"{kind}SomeValuesFrom({name} {self._expression(filler)})"
            for value in said.get(OWL + "hasValue", ()):
                return f"{kind}HasValue({name} {_written(value)})"
        raise OntologyError(
            f"An expression is outside the fragment: {', '.join(map(curie, sorted(said)))}.",
            remedy="`hipkg ontology check` names the term.",
        )


def _name(iri: str) -> str:
    """Write an IRI with its prefix where the rest is a plain name."""
    short = curie(iri)
    local = short.partition(":")[2]
    return short if not short.startswith("<") and local.replace("-", "").replace("_", "").isalnum() else f"<{iri}>"


def _written(node: Term) -> str:
    if isinstance(node, ox.NamedNode):
        return _name(node.value)
    if not isinstance(node, ox.Literal):
        return str(node)
    text = node.value.replace("\\", "\\\\").replace('"', '\\"')
    if node.language:
        return f'"{text}"@{node.language}'
    return f'"{text}"' if node.datatype.value == XSD + "string" else f'"{text}"^^{_name(node.datatype.value)}'
