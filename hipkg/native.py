"""The native engine: the compiled rules of the ontology, run as SPARQL updates on a small store.

A run holds the graph of one patient only. Rules whose terms do not occur in it are skipped, so the cost follows the
patient and not the ontology.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.compile.sparql import PROLOGUE
from hipkg.errors import InconsistentData
from hipkg.knowledge import individual_types
from hipkg.terms import RDF_TYPE, curie

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge import Knowledge
    from hipkg.rules import Group

_TYPE = ox.NamedNode(RDF_TYPE)


def entail(triples: Iterable[ox.Triple], knowledge: Knowledge) -> tuple[ox.Triple, ...]:
    """Add to the triples of one patient all that the ontology entails.

    Raises `InconsistentData` naming the node that is in two disjoint classes, or has two values of a property that can
    have one.
    """
    store = ox.Store()
    asserted = [ox.Quad(one.subject, one.predicate, one.object) for one in triples]
    store.extend(asserted)
    store.extend(individual_types(asserted, knowledge))
    present = {quad.object.value for quad in store if isinstance(quad.object, ox.NamedNode)}
    present |= {quad.predicate.value for quad in asserted}
    for group in knowledge.groups:
        _run(store, group, present)
    _check(store, knowledge, present)
    return tuple(quad.triple for quad in store if not _is_term(quad, knowledge))


def _run(store: ox.Store, group: Group, present: set[str]) -> None:
    """Run the rules of a group; in a recursive group, again those that use what the last pass added."""
    due = [rule for rule in group.rules if rule.needs <= present]
    size = len(store) if due else 0
    while due:
        added: set[str] = set()
        for rule in due:
            store.update(PROLOGUE + rule.update)
            before, size = size, len(store)
            if size > before:
                added |= rule.makes
        present |= added
        due = [rule for rule in group.rules if rule.needs <= present and rule.needs & added] if group.recursive else []


def _is_term(quad: ox.Quad, knowledge: Knowledge) -> bool:
    return isinstance(quad.subject, ox.NamedNode) and quad.subject.value in knowledge.terms


def _check(store: ox.Store, knowledge: Knowledge, present: set[str]) -> None:
    """Look for members of disjoint classes and for second values of functional properties."""
    for one, other in knowledge.disjoint:
        if one not in present or other not in present:
            continue
        members = {quad.subject for quad in store.quads_for_pattern(None, _TYPE, ox.NamedNode(one))}
        if members:
            members &= {quad.subject for quad in store.quads_for_pattern(None, _TYPE, ox.NamedNode(other))}
        for node in sorted(members, key=str):
            raise InconsistentData(
                f"is both {knowledge.label(one)} ({curie(one)}) and {knowledge.label(other)} ({curie(other)}), "
                "which exclude each other.",
                place=_name(node),
                remedy="Correct the record that leads to one of them.",
            )
    for prop in sorted(knowledge.functional & present):
        _check_functional(store, prop, knowledge)


def _check_functional(store: ox.Store, prop: str, knowledge: Knowledge) -> None:
    values: dict[ox.NamedNode | ox.BlankNode | ox.Triple, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = {}
    for quad in store.quads_for_pattern(None, ox.NamedNode(prop), None):
        first = values.setdefault(quad.subject, quad.object)
        if _number(first) != _number(quad.object):
            raise InconsistentData(
                f"has two values of {knowledge.label(prop)}.",
                place=_name(quad.subject),
                remedy="Keep the one that holds.",
            )


def _number(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> float | str:
    try:
        return float(term.value)  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return str(term)


def _name(node: ox.NamedNode | ox.BlankNode | ox.Triple) -> str:
    return curie(node.value) if isinstance(node, ox.NamedNode) else str(node)
