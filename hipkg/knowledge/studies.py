"""Tell studies from treatments among interventions, by how the definitions of the ontology speak of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.vocabulary import HIP
from hipkg.knowledge.memo import kept
from hipkg.owl.expression import And, Expression, Named, OneOf, Or, Some, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.knowledge.records import Knowledge

_STUDY, _OF_INTERVENTION = HIP + "Study", HIP + "ofIntervention"


def is_study(intervention: str, knowledge: Knowledge) -> bool:
    """Tell whether an activity of an intervention is a study, going by how definitions speak of it."""
    return any(knowledge.is_a(intervention, one) for one in _studied(knowledge))


@kept
def _studied(knowledge: Knowledge) -> frozenset[str]:
    """Collect the interventions that definitions speak of as studies."""
    return frozenset(one for definition in knowledge.definitions.values() for one in _of_studies(definition) if one)


def _of_studies(expression: Expression) -> Iterator[str]:
    match expression:
        case And(operands) if Named(_STUDY) in operands:
            for one in operands:
                if isinstance(one, Some | Value) and one.prop == _OF_INTERVENTION:
                    yield from _named(one.filler if isinstance(one, Some) else Named(one.individual))
        case And(operands) | Or(operands):
            for one in operands:
                yield from _of_studies(one)
        case Some(_, filler):
            yield from _of_studies(filler)


def _named(expression: Expression) -> Iterator[str]:
    match expression:
        case Named(iri):
            yield iri
        case OneOf(individuals):
            yield from individuals
        case And(operands) | Or(operands):
            for one in operands:
                yield from _named(one)
