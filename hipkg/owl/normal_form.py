"""Write a module of the ontology in the project's normal form, which stays still whatever tool wrote the module.

The header comes first, subjects by their names, and the operands of class expressions in a fixed order; what holds both
ways is told of the first of the two, and what OWL declares itself is not declared. So a module that Protégé, the OWL
API, owlready2, rdflib or horned-owl has read and written is what it was before.
"""

from __future__ import annotations

import io
import logging
import warnings
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import OWL, PREFIXES, RDF, RDF_TYPE, RDFS, SHARED, XSD
from hipkg.owl.sources import HEADER, headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rdflib.term import Node

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_FIRST, _REST, _NIL = (ox.NamedNode(RDF + one) for one in ("first", "rest", "nil"))
_VALUE, _INDIVIDUAL = ox.NamedNode(OWL + "hasValue"), ox.NamedNode(OWL + "NamedIndividual")
_OPERANDS = frozenset(OWL + one for one in ("intersectionOf", "unionOf", "oneOf", "withRestrictions"))
"""Properties whose lists are sets; the order of a chain is part of what it says."""
_BOTH_WAYS = frozenset(OWL + one for one in ("disjointWith", "differentFrom", "propertyDisjointWith"))
_LIMITED = OWL + "onDatatype"
_OF_OWL = (OWL, RDF, RDFS, XSD)


def in_normal_form(quads: Iterable[ox.Quad]) -> str:
    """Write a module in its normal form."""
    from rdflib import Graph

    from hipkg.owl.turtle import ModuleSerializer

    # It would tell of every literal that is not of its datatype, with a stack of calls.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for quad in in_canonical_order(quads):
        graph.add((_rdflib_term(quad.subject), _rdflib_term(quad.predicate), _rdflib_term(quad.object)))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of numbers that are none, which the checks of the ontology tell with their line
        stream = io.BytesIO()
        ModuleSerializer(graph).serialize(stream, encoding="utf-8")  # type: ignore[no-untyped-call]
    return stream.getvalue().decode()


def in_canonical_order(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Bring axioms into one form and sort, the header of an ontology first.

    Blank nodes are named in the order of what they say, so that a change of one term moves nothing of another; those
    that say the same are told apart by their canonical names (RDF Dataset Canonicalization, RDFC-1.0).
    """
    dataset = ox.Dataset(ox.Quad(*one) for one in _Settled([one.triple for one in quads]).triples())
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    named = _Settled([one.triple for one in dataset]).named()
    first = headers(named)
    ordered = sorted(named, key=lambda one: (one.subject not in first, one.object != HEADER, str(one)))
    return [ox.Quad(*one) for one in ordered]


class _Settled:
    """The triples of a module with its operands in order."""

    def __init__(self, triples: Sequence[ox.Triple]) -> None:
        self._triples = triples
        self._about: dict[Term, list[ox.Triple]] = {}
        for one in triples:
            self._about.setdefault(one.subject, []).append(one)
        self._texts: dict[Term, str] = {}

    def triples(self) -> Iterator[ox.Triple]:
        members = self._members()
        values = {one.object for one in self._triples if one.predicate == _VALUE} | {*members.values()}
        for one in self._triples:
            if _is_declared_by_owl(one) or (one.subject in values and self._is_bare(one)):
                continue
            if one.predicate == _FIRST and one.subject in members:
                yield ox.Triple(one.subject, _FIRST, members[one.subject])
            elif one.predicate.value in _BOTH_WAYS and isinstance(one.object, ox.NamedNode) and _is_turned(one):
                yield ox.Triple(one.object, one.predicate, one.subject)
            else:
                yield one

    def named(self) -> list[ox.Triple]:
        """Name blank nodes in the order of what they say."""
        nodes = {it for one in self._triples for it in (one.subject, one.object) if isinstance(it, ox.BlankNode)}
        ordered = sorted(nodes, key=lambda one: (self._text(one), one.value))
        names: dict[Term, Term] = {node: ox.BlankNode(f"b{number:06}") for number, node in enumerate(ordered)}

        def name(node: Term) -> Term:
            return names.get(node, node)

        return [ox.Triple(name(one.subject), one.predicate, name(one.object)) for one in self._triples]  # type: ignore[arg-type]

    def _is_bare(self, one: ox.Triple) -> bool:
        """Tell whether a triple only says of a name or a class that it stands as an individual, as tools add."""
        types = {it.object for it in self._about[one.subject] if it.predicate.value == RDF_TYPE}
        return one.object == _INDIVIDUAL and (
            len(self._about[one.subject]) == 1 or types == {_INDIVIDUAL, ox.NamedNode(OWL + "Class")}
        )

    def _members(self) -> Mapping[Term, Term]:
        """Map each cell of a list of operands to the one that belongs there."""
        found: dict[Term, Term] = {}
        for one in self._triples:
            if one.predicate.value in _OPERANDS:
                cells, operands = self._list(one.object)
                found.update(zip(cells, sorted(operands, key=self._rank), strict=True))
        return found

    def _list(self, node: Term) -> tuple[list[Term], list[Term]]:
        """List the cells of a list, and what is in them; nothing for what is none."""
        cells: list[Term] = []
        operands: list[Term] = []
        while node != _NIL and node not in cells:
            said = {it.predicate: it.object for it in self._about.get(node, ())}
            if _FIRST not in said or _REST not in said:
                return [], []
            cells.append(node)
            operands.append(said[_FIRST])
            node = said[_REST]
        return cells, operands

    def _rank(self, node: Term) -> tuple[bool, bool, str]:
        """Put names first, by name, then expressions, by what they say, and those with limits of numbers last."""
        text = self._text(node)
        return isinstance(node, ox.BlankNode), _LIMITED in text, text

    def _text(self, node: Term) -> str:
        if not isinstance(node, ox.BlankNode):
            return str(node)
        if node not in self._texts:
            self._texts[node] = ""  # for what leads back to itself, which no expression does
            parts = [self._said(one) for one in self._about.get(node, ())]
            self._texts[node] = f"[{' '.join(sorted(parts))}]"
        return self._texts[node]

    def _said(self, one: ox.Triple) -> str:
        if one.predicate.value in _OPERANDS:
            return f"{one.predicate} ({' '.join(map(self._text, sorted(self._list(one.object)[1], key=self._rank)))})"
        return f"{one.predicate} {self._text(one.object)}"


def _is_declared_by_owl(one: ox.Triple) -> bool:
    """Tell whether a triple declares a name of OWL, RDF, RDFS or XSD."""
    return (
        one.predicate.value == RDF_TYPE
        and isinstance(one.subject, ox.NamedNode)
        and one.subject.value.startswith(_OF_OWL)
        and isinstance(one.object, ox.NamedNode)
        and one.object.value.startswith(_OF_OWL)
    )


def _is_turned(one: ox.Triple) -> bool:
    """Tell whether what holds both ways is told of the second of the two."""
    return isinstance(one.subject, ox.NamedNode) and one.subject.value > one.object.value  # type: ignore[union-attr]


def patient_in_normal_form(path: Path) -> str:
    """Write the patient of a case in its normal form, with the prefixes that it uses and the own one that the file has.

    Raises `OntologyError` with the line where it is no Turtle.
    """
    from hipkg.owl.sources import parsed

    for _ in parsed(path):
        pass
    return patient_text(path.read_text(encoding="utf-8"))


def patient_text(turtle: str) -> str:
    """Write a patient in Turtle in normal form, as `patient_in_normal_form` does."""
    from rdflib import Graph

    text = Graph(bind_namespaces="none").parse(data=turtle, format="turtle").serialize(format="longturtle")
    head, _, body = text.partition("\n\n")
    own = {f"PREFIX {prefix}: <{iri}>" for prefix, iri in PREFIXES.items() if iri not in SHARED}
    written = {one.strip() for one in turtle.splitlines()}
    return "\n".join(sorted({*head.splitlines(), *(own & written)})) + f"\n\n{body}"


def _rdflib_term(term: object) -> Node:
    from rdflib import BNode, URIRef
    from rdflib import Literal as RdfLiteral

    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if not isinstance(term, ox.Literal):
        raise TypeError(f"{term} is no term of RDF 1.1")
    if term.language:
        return RdfLiteral(term.value, lang=term.language)
    plain = term.datatype.value == PREFIXES["xsd"] + "string"
    return RdfLiteral(term.value, datatype=None if plain else URIRef(term.datatype.value), normalize=False)
