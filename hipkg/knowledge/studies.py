"""Tell studies from treatments among interventions, by how the definitions of the ontology speak of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.memo import kept
from hipkg.owl.expression import And, Expression, Named, OneOf, Some, Value, named_classes, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.knowledge.records import Knowledge


_STUDY = Named(hip.Study)


def is_study(intervention: str, knowledge: Knowledge) -> bool:
    """Tell whether an activity of an intervention is a study, going by how definitions speak of it."""
    return not _studied(knowledge).isdisjoint((intervention, *knowledge.superclasses.get(intervention, ())))


def can_be_study(intervention: str, knowledge: Knowledge) -> bool:
    """Tell whether an intervention is a study, or a kind of which some are, such as imaging in general."""
    return is_study(intervention, knowledge) or any(knowledge.is_a(one, intervention) for one in _studied(knowledge))


@kept
def _studied(knowledge: Knowledge) -> frozenset[str]:
    """Collect the interventions that definitions speak of as studies."""
    return frozenset(one for definition in knowledge.definitions.values() for one in _of_studies(definition) if one)


def _of_studies(expression: Expression) -> Iterator[str]:
    studies = (part for part in walk(expression) if isinstance(part, And) and _STUDY in part.operands)
    for one in (operand for study in studies for operand in study.operands):
        match one:
            case Value(prop, individual) if prop == hip.ofIntervention:
                yield individual
            case Some(prop, filler) if prop == hip.ofIntervention:
                yield from named_classes(filler)
                yield from (each for part in walk(filler) if isinstance(part, OneOf) for each in part.individuals)
