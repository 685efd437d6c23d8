"""Tell which requirements ask what was tried: for courses of treatment that lasted some time or ended in some way.

They all ask for the same few facts of a course (what it was of, how long it lasted, how it ended, whether it runs), so
one question with a field for each can ask for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.memo import kept
from hipkg.knowledge.studies import is_study
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from hipkg.knowledge.records import Knowledge

_COURSES = {hip.hasActivity, hip.hasCourse, hip.targetedBy}
_THROUGH = {hip.problemOf, hip.locatedIn}
_PLACES = (hip.Patient, hip.BodySite)


class Trial(NamedTuple):
    """A course of treatment that a requirement asks for.

    It is of one of some ``interventions``, has lasted at least one of some ``lengths`` in days, and has one of some
    coded ``values``, each after its property; empty is what is not asked, so that without interventions any treatment
    will do. ``placed`` tells that it is a course at a body site rather than one of the patient.
    """

    interventions: tuple[str, ...]
    lengths: tuple[Decimal, ...]
    values: tuple[tuple[str, str], ...]
    placed: bool = False

    @property
    def is_told(self) -> bool:
        """Whether more is asked than what the course is of and whether it runs."""
        return bool(self.lengths) or any(prop != hip.hasStatus for prop, _ in self.values)


@kept
def trials(requirement: str, knowledge: Knowledge) -> tuple[Trial, ...]:
    """List the courses that a requirement asks for where it asks what was tried, and none where it asks anything else.

    That something runs is part of what was tried where its length or its outcome is asked for elsewhere.
    """
    found = _courses(requirement, knowledge)
    return found if all(one.is_told or asked_for(knowledge).issuperset(one.interventions) for one in found) else ()


@kept
def started(knowledge: Knowledge) -> tuple[str, ...]:
    """List the statuses of what was begun, in the order of the ontology."""
    return tuple(value for prop, value in _trial(Named(hip.StartedActivity), knowledge).values if prop == hip.hasStatus)


@kept
def treatments(knowledge: Knowledge) -> frozenset[str]:
    """Collect what a patient can have tried: kinds of what is asked for, but no studies and no wholes of several."""
    asked = asked_for(knowledge)
    return frozenset(
        iri
        for iri, info in knowledge.interventions.items()
        if not asked.isdisjoint({iri, *info.superclasses})
        and iri not in knowledge.composed
        and not is_study(iri, knowledge)
    )


@kept
def told_of_courses(knowledge: Knowledge) -> frozenset[str]:
    """Collect the properties that say how a course went: its length, and what else is asked of it."""
    courses = (one for cls in knowledge.questions for one in _courses(cls, knowledge))
    coded = {prop for one in courses for prop, _ in one.values}
    return frozenset((coded | {hip.duration, hip.startDate}) - {hip.hasStatus})


def is_placed(intervention: str, knowledge: Knowledge) -> bool:
    """Tell whether a treatment is asked for at a body site, by itself or by what it is a kind of."""
    placed, elsewhere = _places(knowledge)
    info = knowledge.interventions.get(intervention)
    if intervention in placed or info is None:
        return intervention in placed
    return elsewhere.isdisjoint({intervention, *info.superclasses}) and not placed.isdisjoint(info.superclasses)


@kept
def _places(knowledge: Knowledge) -> tuple[frozenset[str], frozenset[str]]:
    """Collect the interventions that are asked for at a body site, and those that are asked for of the patient."""
    courses = [one for cls in knowledge.questions for one in trials(cls, knowledge)]
    placed, elsewhere = (
        frozenset(iri for one in courses if one.placed == at_site for iri in one.interventions)
        for at_site in (True, False)
    )
    return placed, elsewhere


@kept
def asked_for(knowledge: Knowledge) -> frozenset[str]:
    """Collect the interventions of which the length or the outcome is asked for."""
    courses = (one for cls in knowledge.questions for one in _courses(cls, knowledge))
    return frozenset(iri for one in courses if one.is_told for iri in one.interventions)


@kept
def _courses(requirement: str, knowledge: Knowledge) -> tuple[Trial, ...]:
    """List the courses that a requirement asks for; none where it asks for something besides courses of a kind."""
    if knowledge.definition(requirement) is None:
        return ()
    told = []
    for one in _asked(Named(requirement), knowledge):
        if one is None or not (one.interventions or one.placed):
            return ()
        told.append(one)
    return tuple(dict.fromkeys(told))


def _asked(expression: Expression, knowledge: Knowledge) -> Iterator[Trial | None]:
    """List what is asked of a patient or of a problem: courses, and None for anything else."""
    match expression:
        case Named(iri) if (definition := knowledge.definition(iri)) is not None:
            yield from _asked(definition, knowledge)
        case Named(iri):
            if iri != hip.Problem and not any(knowledge.is_a(iri, one) for one in _PLACES):
                yield None
        case And(operands) | Or(operands):
            for one in operands:
                yield from _asked(one, knowledge)
        case Some(prop, filler) if prop in _COURSES:
            trial = _trial(filler, knowledge)
            yield trial._replace(placed=trial.placed or prop == hip.targetedBy)
        case Some(prop, filler) if prop in _THROUGH:
            yield from _asked(filler, knowledge)
        case _:
            yield None


def _trial(course: Expression, knowledge: Knowledge) -> Trial:
    parts = [*_parts(course, knowledge)]
    interventions = [iri for prop, value in parts if prop == hip.ofIntervention for iri in _named(value, knowledge)]
    limits = [limit for _, value in parts if isinstance(value, Facet) for limit in value.bounds]
    coded = [(prop, iri) for prop, value in parts if isinstance(value, OneOf) for iri in value.individuals]
    return Trial(
        tuple(dict.fromkeys(interventions)),
        tuple(limit.number for limit in limits if limit.symbol == ">="),
        tuple((prop, iri) for prop, iri in dict.fromkeys(coded) if prop != hip.ofIntervention),
        any(prop == hip.targets for prop, _ in parts),
    )


def _parts(course: Expression, knowledge: Knowledge) -> Iterator[tuple[str, Expression]]:
    """List what is asked of a course, each after the property that records it."""
    match course:
        case Named(iri) if (definition := knowledge.definition(iri)) is not None:
            yield from _parts(definition, knowledge)
        case And(operands) | Or(operands):
            for one in operands:
                yield from _parts(one, knowledge)
        case Some(prop, filler):
            yield prop, filler
        case Value(prop, individual):
            yield prop, OneOf((individual,))
        case Facet(prop) if prop == hip.minimumDays:
            yield prop, course
        case _:
            return


def _named(expression: Expression, knowledge: Knowledge) -> Iterable[str]:
    """List the interventions that an expression names."""
    match expression:
        case Named(iri) if (definition := knowledge.definition(iri)) is not None:
            return _named(definition, knowledge)
        case Named(iri):
            return (iri,)
        case OneOf(individuals):
            return individuals
        case And(operands) | Or(operands):
            return (iri for one in operands for iri in _named(one, knowledge))
        case _:
            return ()
