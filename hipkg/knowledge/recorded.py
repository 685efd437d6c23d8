"""Tell which terms of the ontology the records of patients are written in, as its links, domains and shapes have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import is_term
from hipkg.knowledge.memo import kept
from hipkg.knowledge.shapes import TARGET_CLASS

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge

_KINDS = (hip.Patient, hip.Problem, hip.Activity, hip.BodySite)


@kept
def recorded_properties(knowledge: Knowledge) -> frozenset[str]:
    """List the properties that nodes of a patient have, with their inverses."""
    found = {prop for prop, axioms in knowledge.properties.items() if not axioms.domains.isdisjoint(_KINDS)}
    found.update(one.prop for links in knowledge.links.values() for one in links)
    found.update(knowledge.links)
    for shape in knowledge.shapes:
        about = (one for one, way in shape.targets.items() if way != TARGET_CLASS)
        found.update(one for one in (shape.path, *about) if is_term(one))
    inverse = {prop for prop, axioms in knowledge.properties.items() if not axioms.inverses.isdisjoint(found)}
    return frozenset(found | inverse)


@kept
def recorded_classes(knowledge: Knowledge) -> frozenset[str]:
    """List the classes of the nodes of a patient, and the interventions that activities carry out."""
    kinds = frozenset({*_KINDS, hip.Intervention})
    return kinds.union(one for one, wider in knowledge.superclasses.items() if not kinds.isdisjoint(wider))
