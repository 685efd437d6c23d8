"""The object properties of an ontology that put nobody into any class, and the ontology without them.

A property is *idle* if no definition names it, whatever follows from its pairs is of idle properties again, and what
its domain and range ask of its pairs is told of them already. Then every model of the rest becomes one of the whole,
with the same members of all classes: each idle property has all pairs of its domain and its range. So what is told by
idle properties decides neither consistency nor which class is under which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base.groups import reached
from hipkg.base.vocabulary import OWL, RDF, RDF_TYPE, RDFS, is_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

_ON, _VALUE, _CHAIN, _INVERSE = (OWL + one for one in ("onProperty", "hasValue", "propertyChainAxiom", "inverseOf"))
_DOMAIN, _RANGE, _WIDER, _UNDER = (RDFS + one for one in ("domain", "range", "subPropertyOf", "subClassOf"))
_PAIRS = frozenset({_INVERSE, _WIDER, _CHAIN})
_MAKING = _PAIRS | {_ON, RDF + "first"}
_SYMMETRIC = ox.NamedNode(OWL + "SymmetricProperty")
_RELATION = ox.NamedNode(OWL + "ObjectProperty")
_INDIVIDUAL, _CLASS = ox.NamedNode(OWL + "NamedIndividual"), ox.NamedNode(OWL + "Class")


def without_idle(ontology: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
    """Leave out of an ontology in the fragment of `hipkg.owl.axioms` what idle properties tell."""
    return tuple(_Idle(tuple(ontology)).rest())


def without_idle_values(ontology: Sequence[ox.Triple]) -> Iterator[ox.Triple]:
    """Leave out what an ontology says of its individuals by properties that no class and no other property is made of.

    These are idle as well, but the properties stay, and so do the pairs of whoever is told of beside the ontology: a
    patient is in a class by what the properties lead to that the class names, so a value of any other decides nothing;
    and what such a value would make of the individual, the individual is told to be.
    """
    made_of = {one.object for one in ontology if one.predicate.value in _MAKING}
    made_of.update(one.subject for one in ontology if one.predicate.value in _PAIRS)
    individuals = {one.subject for one in ontology if one.object == _INDIVIDUAL}
    individuals -= {one.subject for one in ontology if one.object == _CLASS}
    for one in ontology:
        if one.subject not in individuals or not is_term(one.predicate.value) or one.predicate in made_of:
            yield one


class _Consequence(NamedTuple):
    """A property that has a pair wherever others have one, from the first to the last, or the other way round."""

    result: object
    parts: tuple[object, ...]
    turned: bool = False


class _Ends(NamedTuple):
    """The classes that the first and the second of a pair are in."""

    first: set[object]
    second: set[object]


def _fit(needs: Mapping[object, _Ends], prop: object, first: Set[object], second: Set[object]) -> bool:
    return prop not in needs or (needs[prop].first <= first and needs[prop].second <= second)


def _passed_on(one: _Consequence, needs: Mapping[object, _Ends]) -> bool:
    """Ask of the properties that another follows from what is asked of that; tell whether that is new."""
    if one.result not in needs or one.parts[0] not in needs or one.parts[-1] not in needs:
        return False
    wanted = needs[one.result]
    first, second = (wanted.second, wanted.first) if one.turned else (wanted.first, wanted.second)
    known_first, known_second = needs[one.parts[0]].first, needs[one.parts[-1]].second
    if first <= known_first and second <= known_second:
        return False
    known_first |= first
    known_second |= second
    return True


class _Idle:
    def __init__(self, ontology: tuple[ox.Triple, ...]) -> None:
        self._ontology = ontology
        self._told: dict[object, dict[str, list[object]]] = {}
        for one in ontology:
            self._told.setdefault(one.subject, {}).setdefault(one.predicate.value, []).append(one.object)
        self._properties: set[object] = {one.subject for one in ontology if one.object == _RELATION}
        self._valued = {
            one.object
            for one in ontology
            if one.predicate.value == _UNDER
            and isinstance(one.object, ox.BlankNode)
            and self._values(one.object, _VALUE)
        }
        """The restrictions to a value that are only asserted of the members of a class."""
        self._idle = self._find()

    def rest(self) -> Iterator[ox.Triple]:
        restricted = {node for node in self._valued if self._idle.issuperset(self._values(node, _ON))}
        chains = {
            node
            for prop in self._idle
            for head in self._values(prop, _CHAIN)
            for node in reached([head], lambda one: self._values(one, RDF + "rest"))
        }
        dropped = self._idle | restricted | chains
        for one in self._ontology:
            about = one.subject in dropped or one.predicate in self._idle or one.object in restricted
            if not about and not (one.predicate.value in _PAIRS and one.object in self._idle):
                yield one

    def _find(self) -> set[object]:
        used = {one.object for one in self._ontology if one.predicate.value == _ON and one.subject not in self._valued}
        consequences = list(self._consequences())
        needs = self._needs(consequences)
        unfit = {prop for prop, first, second in self._pairs() if not _fit(needs, prop, first, second)}
        idle = {*self._properties} - used - unfit
        before = -1
        while len(idle) != before:
            before = len(idle)
            for one in consequences:
                if one.result not in idle:
                    idle -= {*one.parts}
                elif not _fit(needs, one.result, *self._ends_of(one, idle, needs)):
                    idle -= {one.result}
        return idle

    def _consequences(self) -> Iterator[_Consequence]:
        for prop in self._properties:
            for wider in self._values(prop, _WIDER):
                yield _Consequence(wider, (prop,))
            for other in self._values(prop, _INVERSE):
                yield _Consequence(other, (prop,), turned=True)
                yield _Consequence(prop, (other,), turned=True)
            for chain in self._values(prop, _CHAIN):
                yield _Consequence(prop, tuple(self._members(chain)))
            if _SYMMETRIC in self._values(prop, RDF_TYPE):
                yield _Consequence(prop, (prop,), turned=True)

    def _needs(self, consequences: Sequence[_Consequence]) -> Mapping[object, _Ends]:
        """Collect what the pairs of each property have to be, by its domain and range and by those of what follows."""
        needs: dict[object, _Ends] = {
            prop: _Ends({*self._values(prop, _DOMAIN)}, {*self._values(prop, _RANGE)}) for prop in self._properties
        }
        moving = True
        while moving:
            moving = False
            for one in consequences:
                moving |= _passed_on(one, needs)
        return needs

    def _ends_of(
        self, one: _Consequence, idle: Set[object], needs: Mapping[object, _Ends]
    ) -> tuple[Set[object], Set[object]]:
        """Collect what the pairs that follow are known to be; those of idle properties are made to fit."""
        needed = _Ends(needs[one.result].second, needs[one.result].first) if one.turned else needs[one.result]
        first = needed.first if one.parts[0] in idle else self._known(one.parts[0]).first
        second = needed.second if one.parts[-1] in idle else self._known(one.parts[-1]).second
        return (second, first) if one.turned else (first, second)

    def _pairs(self) -> Iterator[tuple[object, Set[object], Set[object]]]:
        """List what is told of pairs of properties: the classes of the first and of the second of a pair."""
        for one in self._ontology:
            if one.predicate in self._properties:
                yield one.predicate, self._kinds(one.subject), self._kinds(one.object)
            elif one.object in self._valued:
                for prop in self._values(one.object, _ON):
                    for value in self._values(one.object, _VALUE):
                        yield prop, self._above([one.subject]), self._kinds(value)

    def _known(self, prop: object) -> _Ends:
        """Collect the classes that domains and ranges put the pairs of a property into."""
        wider = reached([prop], lambda one: self._values(one, _WIDER))
        first, second = (self._above(it for one in wider for it in self._values(one, end)) for end in (_DOMAIN, _RANGE))
        return _Ends({*first}, {*second})

    def _kinds(self, individual: object) -> Set[object]:
        return self._above(self._values(individual, RDF_TYPE))

    def _above(self, classes: Iterable[object]) -> Set[object]:
        return reached(classes, lambda one: self._values(one, _UNDER))

    def _values(self, node: object, predicate: str) -> list[object]:
        return self._told.get(node, {}).get(predicate, [])

    def _members(self, node: object) -> list[object]:
        found = []
        while self._values(node, RDF + "first"):
            found += self._values(node, RDF + "first")
            (node,) = self._values(node, RDF + "rest")
        return found
