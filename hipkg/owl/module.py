"""What of an ontology can bear on some facts, so that a reasoner is asked about no more than that.

A class that can have no member, and a property that can have no pair, decide nothing about those who are there: where
such names stand for nothing, every axiom that is left out holds (locality with regard to the bottom: Cuenca Grau,
Horrocks, Kazakov and Sattler, Journal of Artificial Intelligence Research 31, 2008). Nor does an individual of the
ontology that nothing leads to, since the ontology is consistent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.groups import reached
from hipkg.base.vocabulary import OWL, RDF, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_ALL, _ANY, _ONE_OF = OWL + "intersectionOf", OWL + "unionOf", OWL + "oneOf"
_ON, _SOME, _VALUE = OWL + "onProperty", OWL + "someValuesFrom", OWL + "hasValue"
_FORM = {_ALL, _ANY, _ONE_OF, _ON, _SOME, _VALUE}
_DISJOINT, _CHAIN = OWL + "disjointWith", OWL + "propertyChainAxiom"
_MUTUAL = {OWL + "equivalentClass", OWL + "inverseOf"}
_FIRST, _REST, _NIL = RDF + "first", RDF + "rest", ox.NamedNode(RDF + "nil")
_RELATION, _NOTE = (ox.NamedNode(OWL + one) for one in ("ObjectProperty", "AnnotationProperty"))


def module(ontology: Iterable[ox.Triple], facts: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
    """Keep of a consistent ontology what entails with the facts all that the whole entails of those whom they name.

    The ontology is in the fragment of `hipkg.owl.axioms`. What is of a form that is not known here is kept.
    """
    return tuple(_Module(tuple(ontology)).bearing_on(facts))


class _Module:
    """The axioms of an ontology, and the names that can have a member or a pair, or are of somebody who is there."""

    def __init__(self, ontology: tuple[ox.Triple, ...]) -> None:
        self._ontology = ontology
        self._inner: dict[object, dict[str, list[object]]] = {}
        for one in ontology:
            if isinstance(one.subject, ox.BlankNode):
                self._inner.setdefault(one.subject, {}).setdefault(one.predicate.value, []).append(one.object)
        nested = {one.object for one in ontology if isinstance(one.object, ox.BlankNode)}
        notes = {one.subject for one in ontology if one.object == _NOTE}
        self._axioms = [one for one in ontology if one.subject not in nested and one.predicate not in notes]
        self._told = {one.subject for one in ontology}
        self._relating = {one.subject for one in ontology if one.object == _RELATION}
        self._live: set[object] = set()

    def bearing_on(self, facts: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        self._live, before = {term for one in facts for term in one}, -1
        while len(self._live) > before:
            before = len(self._live)
            for one in self._axioms:
                self._live.update(self._led_to(one))
        bearing = {one for one in self._axioms if self._bears(one)}
        mentioned = reached((term for one in bearing for term in one), self._parts)
        for one in self._ontology:
            declares = one.predicate.value == RDF_TYPE and str(one.object).startswith(f"<{OWL}")
            if one in bearing or (one.subject in mentioned and (declares or one.subject in self._inner)):
                yield one

    def _led_to(self, axiom: ox.Triple) -> Iterable[object]:
        """List what can have a member or a pair, or is of somebody, by an axiom."""
        subject, predicate, target = axiom
        if predicate.value in _FORM or predicate.value == _DISJOINT or not self._bears(axiom):
            return ()
        return (subject,) if predicate.value == _CHAIN else (subject, predicate, *reached([target], self._parts))

    def _bears(self, axiom: ox.Triple) -> bool:
        subject, predicate, target = axiom
        if predicate.value == _CHAIN:
            return self._possible_all(target)
        if predicate.value == _DISJOINT:
            return self._possible(subject) and self._possible(target)
        mutual = predicate.value in _MUTUAL or predicate in self._relating
        return self._possible(subject) or (mutual and self._possible(target))

    def _possible(self, node: object) -> bool:
        """Tell whether a name can have a member or a pair, or an expression a member: what is of no known form can."""
        form = self._inner.get(node)
        if form is None:
            return node in self._live or node not in self._told
        for members in form.get(_ALL, ()):
            return self._possible_all(members)
        for members in (*form.get(_ANY, ()), *form.get(_ONE_OF, ())):
            return any(map(self._possible, self._members(members)))
        fillers = (*form.get(_SOME, ()), *form.get(_VALUE, ()))
        return not fillers or all(map(self._possible, (*form[_ON], *fillers)))

    def _possible_all(self, members: object) -> bool:
        return all(map(self._possible, self._members(members)))

    def _members(self, node: object) -> Iterator[object]:
        while node != _NIL:
            (member,), (node,) = self._inner[node][_FIRST], self._inner[node][_REST]
            yield member

    def _parts(self, node: object) -> Iterator[object]:
        return (one for some in self._inner.get(node, {}).values() for one in some)
