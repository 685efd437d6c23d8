"""The graph of a patient, indexed by class and by property, in plain dictionaries.

A node is the text of its IRI, and begins with ``_:`` if it is blank; only a literal stays a term of pyoxigraph.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pyoxigraph as ox

from hipkg.base.groups import reached
from hipkg.base.vocabulary import RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Set

Node: TypeAlias = str | ox.Literal

NOTHING: frozenset[str] = frozenset()
_NOWHERE: Mapping[str, set[Node]] = {}
_TYPE = ox.NamedNode(RDF_TYPE)
BLANK = "_:"


class Facts:
    """Triples, indexed by class and by property in both directions.

    ``members`` maps a class to its members, ``objects`` a property to its values by subject, ``subjects`` a property
    to its subjects by value.
    """

    def __init__(self, triples: Iterable[ox.Triple] = ()) -> None:
        self.members: dict[str, set[str]] = defaultdict(set)
        self.objects: dict[str, dict[str, set[Node]]] = defaultdict(_sets)
        self.subjects: dict[str, dict[Node, set[str]]] = defaultdict(_sets)
        for subject, predicate, target in triples:
            self.add(text_of_term(subject), predicate.value, node_of(target))

    def take(self, facts: Facts) -> None:
        """Copy the triples of another graph."""
        self.members.update({cls: {*members} for cls, members in facts.members.items()})
        for prop, objects in facts.objects.items():
            self.objects[prop].update({subject: {*targets} for subject, targets in objects.items()})
        for prop, subjects in facts.subjects.items():
            self.subjects[prop].update({target: {*some} for target, some in subjects.items()})

    def add(self, subject: str, prop: str, target: Node) -> None:
        """Add a triple."""
        if prop == RDF_TYPE and isinstance(target, str):
            self.add_type(subject, target)
        else:
            self.add_link(subject, prop, target)

    def add_type(self, node: str, cls: str) -> bool:
        """Put a node into a class, and tell whether that is new."""
        members = self.members[cls]
        if node in members:
            return False
        members.add(node)
        return True

    def add_link(self, subject: str, prop: str, target: Node) -> bool:
        """Give a node a value of a property, and tell whether that is new."""
        targets = self.objects[prop][subject]
        if target in targets:
            return False
        targets.add(target)
        self.subjects[prop][target].add(subject)
        return True

    def is_a(self, node: str, cls: str) -> bool:
        """Tell whether a node is in a class."""
        return node in self.members.get(cls, NOTHING)

    def any_is_a(self, nodes: Iterable[str], cls: str) -> bool:
        """Tell whether any of some nodes is in a class."""
        return not self.members.get(cls, NOTHING).isdisjoint(nodes)

    def classes(self, node: str) -> list[str]:
        """List the classes that a node is in."""
        return [cls for cls, members in self.members.items() if node in members]

    def values(self, node: str, prop: str) -> Set[Node]:
        """Return the values that a node has of a property, literals included."""
        return self.objects.get(prop, _NOWHERE).get(node, NOTHING)

    def nodes(self, node: str, prop: str) -> Iterator[str]:
        """List the nodes that a property leads to."""
        return (one for one in self.values(node, prop) if isinstance(one, str))

    def in_order(self, node: str, prop: str) -> list[Node]:
        """List the values that a node has of a property, or its classes, in the order of their text in N-Triples."""
        return sorted(self.classes(node) if prop == RDF_TYPE else self.values(node, prop), key=_written)

    def outgoing(self, node: str) -> list[str]:
        """List the properties that a node has values of, sorted."""
        return sorted(prop for prop, links in self.objects.items() if node in links)

    def incoming(self, node: str) -> list[tuple[str, str]]:
        """List the properties that a node is a value of with each of their subjects, sorted."""
        return sorted((prop, one) for prop, links in self.subjects.items() for one in links.get(node, ()))

    def has(self, prop: str) -> bool:
        """Tell whether any node has a property."""
        return bool(self.objects.get(prop))

    def reach(self, starts: Iterable[str], prop: str) -> set[str]:
        """Collect nodes with all that a property leads to from them, step by step."""
        return reached(starts, lambda node: self.nodes(node, prop))

    def triples(self, left_out: Set[str] = frozenset()) -> Iterator[ox.Triple]:
        """Write the triples, without those of some subjects."""
        for cls, members in self.members.items():
            kind = ox.NamedNode(cls)
            for node in members:
                if node not in left_out:
                    yield ox.Triple(as_resource(node), _TYPE, kind)
        for prop, links in self.objects.items():
            predicate = ox.NamedNode(prop)
            for subject, targets in links.items():
                if subject not in left_out:
                    yield from (ox.Triple(as_resource(subject), predicate, as_term(one)) for one in targets)


_sets: partial[defaultdict[Any, set[Any]]] = partial(defaultdict, set)


def text_of(node: Node) -> str:
    """Return the text of an IRI or a literal."""
    return node if isinstance(node, str) else node.value


def as_term(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Turn a node into a term of pyoxigraph."""
    return as_resource(node) if isinstance(node, str) else node


def as_resource(node: str) -> ox.NamedNode | ox.BlankNode:
    """Turn the text of a node into a term of pyoxigraph."""
    return ox.BlankNode(node.removeprefix(BLANK)) if node.startswith(BLANK) else ox.NamedNode(node)


def _written(node: Node) -> str:
    return str(as_term(node))


def node_of(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
    """Turn a term of pyoxigraph into a node."""
    return term if isinstance(term, ox.Literal) else text_of_term(term)


def text_of_term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    """Turn a resource of pyoxigraph into the text of a node."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)
