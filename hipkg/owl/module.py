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
    from collections.abc import Iterable, Iterator, Set

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
    return Modules(ontology).around({term for one in facts for term in one})


class Modules:
    """The axioms of an ontology, of which some bear on names that can have a member or a pair, or are of somebody.

    An axiom is a triple that is no part of an expression. That a name can have a member, that an expression can, and
    that an axiom bears, are propositions, each of which follows from others by rules: it is enough that all that a rule
    asks for holds. So what bears on names is found in one step for each rule that they reach.
    """

    def __init__(self, ontology: Iterable[ox.Triple]) -> None:
        self._ontology = tuple(ontology)
        self._inner: dict[object, dict[str, list[object]]] = {}
        for one in self._ontology:
            if isinstance(one.subject, ox.BlankNode):
                self._inner.setdefault(one.subject, {}).setdefault(one.predicate.value, []).append(one.object)
        nested = {one.object for one in self._ontology if isinstance(one.object, ox.BlankNode)}
        notes = {one.subject for one in self._ontology if one.object == _NOTE}
        self._axioms = [one for one in self._ontology if one.subject not in nested and one.predicate not in notes]
        self._told = {one.subject for one in self._ontology if not isinstance(one.subject, ox.BlankNode)}
        self._relating = {one.subject for one in self._ontology if one.object == _RELATION}
        self._numbers: dict[object, int] = {one: number for number, one in enumerate(self._told, len(self._axioms))}
        self._heads: list[int] = []
        self._asking: dict[int, list[int]] = {}
        self._lacking: list[int] = []
        self._held: frozenset[int] = frozenset()
        start = [head for head, asked in self._rules() if self._add(head, asked)]
        lacking = self._lacking.copy()
        self._held = frozenset(self._following(start, lacking))
        self._lacking = lacking

    def bearing_on(self, names: Iterable[object]) -> list[ox.Triple]:
        """List the axioms that bear on some names, in their order."""
        found = self._held | self._reached_from(names)
        return [self._axioms[one] for one in sorted(found) if one < len(self._axioms)]

    def reaching(self, names: Iterable[str], axioms: Set[ox.Triple]) -> list[str]:
        """List those names, as IRIs, on each of which alone one of some axioms bears."""
        wanted = {number for number, one in enumerate(self._axioms) if one in axioms}
        if not wanted.isdisjoint(self._held):
            return [*names]
        return [one for one in names if not wanted.isdisjoint(self._reached_from([ox.NamedNode(one)]))]

    def _reached_from(self, names: Iterable[object]) -> set[int]:
        """Collect what holds if names have members, beside what holds in any case."""
        return self._following([self._numbers[one] for one in names if one in self._numbers], self._lacking.copy())

    def around(self, names: Iterable[object]) -> tuple[ox.Triple, ...]:
        """List the triples of the axioms that bear on some names, with the declarations that these need."""
        bearing = {*self.bearing_on(names)}
        mentioned = reached((term for one in bearing for term in one), self._parts)
        found = []
        for one in self._ontology:
            declares = one.predicate.value == RDF_TYPE and str(one.object).startswith(f"<{OWL}")
            if one in bearing or (one.subject in mentioned and (declares or one.subject in self._inner)):
                found.append(one)
        return tuple(found)

    def _add(self, head: int, asked: list[int]) -> bool:
        """Keep a rule, and tell whether it asks for nothing."""
        for one in asked:
            self._asking.setdefault(one, []).append(len(self._heads))
        self._heads.append(head)
        self._lacking.append(len(asked))
        return not asked

    def _following(self, start: Iterable[int], lacking: list[int]) -> set[int]:
        """Collect the propositions that hold if some do, and count down what each rule still lacks."""
        found: set[int] = set()
        agenda = [*start]
        while agenda:
            one = agenda.pop()
            if one in found or one in self._held:
                continue
            found.add(one)
            for rule in self._asking.get(one, ()):
                lacking[rule] -= 1
                if not lacking[rule]:
                    agenda.append(self._heads[rule])
        return found

    def _rules(self) -> Iterator[tuple[int, list[int]]]:
        """List what follows from what: of expressions, of axioms, and of the names that axioms lead to."""
        for node in self._inner:
            yield from self._rules_of(node)
        for number, (subject, predicate, target) in enumerate(self._axioms):
            leads = predicate.value not in _FORM and predicate.value != _DISJOINT
            if predicate.value == _CHAIN:
                yield number, self._possible(self._members(target))
            elif predicate.value == _DISJOINT:
                yield number, self._possible([subject, target])
            else:
                yield number, self._possible([subject])
                if predicate.value in _MUTUAL or predicate in self._relating:
                    yield number, self._possible([target])
            if leads:
                led = (subject,) if predicate.value == _CHAIN else (subject, predicate, *reached([target], self._parts))
                for name in led:
                    if name in self._told:
                        yield self._numbers[name], [number]

    def _rules_of(self, node: object) -> Iterator[tuple[int, list[int]]]:
        """List the ways in which an expression can have a member: what is of no known form can."""
        form, number = self._inner[node], self._number(node)
        if _ALL in form:
            yield number, self._possible(self._members(form[_ALL][0]))
        elif _ANY in form or _ONE_OF in form:
            for members in (*form.get(_ANY, ()), *form.get(_ONE_OF, ())):
                for one in self._members(members):
                    yield number, self._possible([one])
        else:
            fillers = (*form.get(_SOME, ()), *form.get(_VALUE, ()))
            yield number, self._possible([*form.get(_ON, ()), *fillers]) if fillers else []

    def _possible(self, nodes: Iterable[object]) -> list[int]:
        """List what has to hold for nodes to have members, by numbers: nothing of what nobody tells anything of."""
        return [*dict.fromkeys(self._number(one) for one in nodes if one in self._told or one in self._inner)]

    def _number(self, node: object) -> int:
        return self._numbers.setdefault(node, len(self._axioms) + len(self._numbers))

    def _members(self, node: object) -> Iterator[object]:
        while node != _NIL:
            (member,), (node,) = self._inner[node][_FIRST], self._inner[node][_REST]
            yield member

    def _parts(self, node: object) -> Iterator[object]:
        return (one for some in self._inner.get(node, {}).values() for one in some)
