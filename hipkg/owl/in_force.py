"""What of an ontology is in force: a deprecated statement says nothing any more, but that it was withdrawn.

A deprecated term keeps its axioms, so that a record which is written in it is still understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.base.vocabulary import DCTERMS, OWL, RDF_TYPE, RDFS, SKOS

if TYPE_CHECKING:
    from collections.abc import Iterable

DEPRECATED = OWL + "deprecated"
REPLACED_BY = DCTERMS + "isReplacedBy"
_TOLD = frozenset(
    {DEPRECATED, REPLACED_BY, hip.withdrawnOn, hip.withdrawnBecause, SKOS + "notation", SKOS + "definition"}
)
"""What is still told of a statement that was withdrawn."""


def deprecated(triples: Iterable[ox.Triple]) -> frozenset[str]:
    """Collect the names that are marked as deprecated."""
    return frozenset(
        one.subject.value
        for one in triples
        if one.predicate.value == DEPRECATED
        and isinstance(one.subject, ox.NamedNode)
        and isinstance(one.object, ox.Literal)
        and one.object.value in {"true", "1"}
    )


def withdrawn_statements(triples: Iterable[ox.Triple]) -> frozenset[str]:
    """Collect the deprecated individuals that are told to be statements."""
    given = tuple(triples)
    old = deprecated(given)
    return old & statements(given) if old else old


def statements(triples: Iterable[ox.Triple]) -> frozenset[str]:
    """Collect the individuals that are told to be statements, in force or not."""
    given = tuple(triples)
    below: dict[str, list[str]] = {}
    for one in given:
        if one.predicate.value == RDFS + "subClassOf" and isinstance(one.object, ox.NamedNode):
            below.setdefault(one.object.value, []).append(one.subject.value)  # type: ignore[union-attr]
    kinds = reached([hip.Statement], lambda one: below.get(one, ()))
    return frozenset(
        one.subject.value
        for one in given
        if one.predicate.value == RDF_TYPE
        and isinstance(one.subject, ox.NamedNode)
        and isinstance(one.object, ox.NamedNode)
        and one.object.value in kinds
    )


def in_force(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Leave out what deprecated statements say, what says something of them, and restrictions to them."""
    given = list(triples)
    names = withdrawn_statements(given)
    if not names:
        return given
    gone: set[object] = {ox.NamedNode(one) for one in names}
    restrictions = {one.subject for one in given if one.object in gone and isinstance(one.subject, ox.BlankNode)}
    parts: dict[object, list[object]] = {}
    for one in given:
        if isinstance(one.object, ox.BlankNode):
            parts.setdefault(one.subject, []).append(one.object)
    inside = reached((*gone, *restrictions), lambda node: parts.get(node, ())) - gone
    return [
        one
        for one in given
        if (
            _is_told(one)
            if one.subject in gone
            else one.subject not in inside and one.object not in gone and one.object not in restrictions
        )
    ]


def _is_told(one: ox.Triple) -> bool:
    of_owl = one.predicate.value == RDF_TYPE and one.object == ox.NamedNode(OWL + "NamedIndividual")
    return of_owl or one.predicate.value in _TOLD
