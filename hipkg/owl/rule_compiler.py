"""Compile the axioms of the ontology to the ordered rules of the native engine.

Each rule carries the classes and properties without which it cannot fire, so that a run skips what a patient's graph
cannot need. Rules are ordered by what they produce and consume; those that feed each other share a group, which is
repeated until nothing is added.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx

from hipkg.owl.expression import (
    And,
    Expression,
    Facet,
    Named,
    OneOf,
    Or,
    Some,
    Value,
    named_classes,
    properties,
)
from hipkg.owl.rules import ClassRule, Group, PropertyRule, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.owl.axioms import Axioms
    from hipkg.owl.properties import PropertyAxioms


class _Draft(NamedTuple):
    """A rule with all the terms that it looks at, by which rules are ordered."""

    rule: Rule
    uses: frozenset[str]


class NativeCompiler:
    """Compile axioms with a classified hierarchy.

    Parameters: ``axioms`` of the ontology; ``superclasses`` maps each class to all its entailed superclasses.
    """

    def __init__(self, axioms: Axioms, superclasses: Mapping[str, frozenset[str]]) -> None:
        self._axioms = axioms
        self._superclasses = superclasses
        # Values of these are individuals of the ontology, whose classes are known before any patient is read.
        self._to_terms = {one for values in axioms.values.values() for one, _ in self._close_values(set(values))}

    def groups(self) -> tuple[Group, ...]:
        """Compile and order all rules."""
        drafts = [*self._property_rules(), *self._class_rules()]
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(drafts)))
        makers: dict[str, list[int]] = {}
        for number, draft in enumerate(drafts):
            for made in draft.rule.makes:
                makers.setdefault(made, []).append(number)
        graph.add_edges_from(
            (maker, number)
            for number, draft in enumerate(drafts)
            for used in draft.uses
            for maker in makers.get(used, ())
        )
        condensed = nx.condensation(graph)
        ordered = nx.lexicographical_topological_sort(condensed, key=lambda node: min(condensed.nodes[node]["members"]))
        return tuple(self._group(graph, drafts, condensed.nodes[node]["members"]) for node in ordered)

    @staticmethod
    def _group(graph: nx.DiGraph, drafts: list[_Draft], members: Iterable[int]) -> Group:
        numbers = sorted(members)
        recursive = len(numbers) > 1 or graph.has_edge(numbers[0], numbers[0])
        return Group(tuple(drafts[number].rule for number in numbers), recursive)

    def _class_rules(self) -> Iterable[_Draft]:
        for iri in sorted(self._axioms.classes):
            definition = self._axioms.definitions.get(iri)
            if definition is not None:
                yield from self._definition_rules(iri, definition)
            else:
                yield from self._told_rules(iri)

    def _told_rules(self, iri: str) -> Iterable[_Draft]:
        classes, values = self._consequences(iri, {iri})
        if classes or values:
            yield self._rule(iri, Named(iri), classes, values)

    def _definition_rules(self, iri: str, definition: Expression) -> Iterable[_Draft]:
        for alternative in alternatives(definition):
            classes, values = self._consequences(iri, self._close_classes(self._known_types(alternative)))
            yield self._rule(iri, alternative, classes, values)

    @staticmethod
    def _rule(iri: str, expression: Expression, classes: set[str], values: set[tuple[str, str]]) -> _Draft:
        needs = frozenset(necessary(expression))
        rule = ClassRule(iri, needs, expression, tuple(sorted(classes)), tuple(sorted(values)))
        return _Draft(rule, frozenset(named_classes(expression) | properties(expression)))

    def _consequences(self, iri: str, already: set[str]) -> tuple[set[str], set[tuple[str, str]]]:
        """Collect what membership in a class adds to a subject that is known to be in some classes already.

        The property values of superclasses are left to the rules of those.
        """
        reached = self._superclasses.get(iri, frozenset()) | {iri}
        return set(reached - already), self._close_values(set(self._axioms.values.get(iri, ())))

    def _close_values(self, values: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Close property values of a subject under superproperties and chains through the facts of the ontology."""
        closed: set[tuple[str, str]] = set()
        agenda = list(values)
        while agenda:
            prop, target = agenda.pop()
            if (prop, target) in closed:
                continue
            closed.add((prop, target))
            axioms = self._axioms.properties[prop]
            agenda += [(other, target) for other in axioms.superproperties]
            for other in self._axioms.properties.values():
                for chain in other.chains:
                    if chain[0] == prop:
                        agenda += [(other.iri, end) for end in self._follow(target, chain[1:])]
        return closed

    def _follow(self, start: str, path: tuple[str, ...]) -> set[str]:
        ends = {start}
        for prop in path:
            ends = {obj for subject, predicate, obj in self._axioms.facts if predicate == prop and subject in ends}
        return ends

    def _known_types(self, expression: Expression) -> set[str]:
        match expression:
            case Named(iri):
                return {iri}
            case And(operands):
                return set().union(*(self._known_types(operand) for operand in operands))
            case Some(prop, _) | Value(prop, _) | Facet(prop, _, _):
                return set(self._axioms.properties[prop].domains)
            case _:
                return set()

    def _property_rules(self) -> Iterable[_Draft]:
        for prop in sorted(self._axioms.properties.values(), key=lambda one: one.iri):
            yield from self._told_property_rules(prop)

    def _told_property_rules(self, prop: PropertyAxioms) -> Iterable[_Draft]:
        inverses = prop.inverses | {
            other.iri for other in self._axioms.properties.values() if prop.iri in other.inverses
        }
        rule = PropertyRule(
            prop.iri,
            frozenset({prop.iri}),
            (prop.iri,),
            wider=tuple(sorted(prop.superproperties)),
            inverse=tuple(sorted(inverses | ({prop.iri} if prop.symmetric else set()))),
            domains=tuple(sorted(self._close_classes(prop.domains))),
            ranges=() if prop.iri in self._to_terms else tuple(sorted(self._close_classes(prop.ranges))),
        )
        if rule.makes:
            yield _Draft(rule, rule.needs)
        for chain in [*prop.chains, *([(prop.iri, prop.iri)] if prop.transitive else [])]:
            yield _Draft(PropertyRule(prop.iri, frozenset(chain), chain, (prop.iri,), (), (), ()), frozenset(chain))

    def _close_classes(self, classes: Iterable[str]) -> set[str]:
        return (
            set().union(*(self._superclasses.get(one, frozenset({one})) | {one} for one in classes))
            if classes
            else set()
        )


def alternatives(expression: Expression) -> list[Expression]:
    """Distribute unions outwards, so that each alternative is a rule of its own and can be skipped on its own."""
    match expression:
        case Or(operands):
            return [one for operand in operands for one in alternatives(operand)]
        case And(operands):
            return [And(combination) for combination in product(*map(alternatives, operands))]
        case Some(prop, filler):
            return [Some(prop, one) for one in alternatives(filler)]
        case _:
            return [expression]


def necessary(expression: Expression) -> set[str]:
    """Collect the classes, properties and individuals that must occur in a graph for an expression to have a member."""
    match expression:
        case Named(iri):
            return {iri}
        case And(operands):
            return set().union(*(necessary(operand) for operand in operands))
        case Or(operands):
            return set.intersection(*(necessary(operand) for operand in operands))
        case Some(prop, filler):
            return {prop} | necessary(filler)
        case Value(prop, individual):
            return {prop, individual}
        case Facet(prop, _, _):
            return {prop}
        case OneOf(_):
            return set()
