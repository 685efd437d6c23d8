"""Suppose that treatments were given which a plan only advises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.reasoning.native import entailed_further
from hipkg.record.facts import as_resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.record.facts import Facts

_NODE = "_:supposed{number}"
_STANDINGS = (hip.ongoing, hip.planned)


def as_given(treatments: Iterable[tuple[str, str]], patient: str, facts: Facts, knowledge: Knowledge) -> Facts:
    """Add treatments, each with its place, to the facts of a patient, as ones that run and as ones that are planned.

    The facts stay as they are. Raises `InconsistentData` where they contradict the treatments.
    """
    return entailed_further(facts, _triples(treatments, patient), knowledge)


def _triples(treatments: Iterable[tuple[str, str]], patient: str) -> Iterator[ox.Triple]:
    given = ((*treatment, standing) for treatment in treatments for standing in _STANDINGS)
    for number, (intervention, place, standing) in enumerate(given):
        node = _NODE.format(number=number)
        yield _link(patient, hip.hasCourse, node)
        yield _link(node, RDF_TYPE, hip.TreatmentCourse)
        yield _link(node, hip.ofIntervention, intervention)
        yield _link(node, hip.hasStatus, standing)
        if place:
            yield _link(node, hip.targets, place)


def _link(subject: str, prop: str, target: str) -> ox.Triple:
    return ox.Triple(as_resource(subject), ox.NamedNode(prop), as_resource(target))
