"""Write what the closed world derived as the triples that ``queries/derive/*.rq`` construct."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD
from hipkg.knowledge.frame.claims import RELATIONS, STATUS_OF
from hipkg.record.facts import as_resource, as_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Set

    from hipkg.derivation.working import Disputed, Judged, Weighed, World
    from hipkg.record.facts import Node


def told(world: World) -> Iterator[ox.Triple]:
    """Write all that was derived for one patient."""
    yield from _kinds(world)
    yield from _places(world)
    for evaluation in world.evaluations:
        yield from _of_evaluation(evaluation)
    for action in world.actions:
        yield from _of_action(action)
    for conflict in world.conflicts:
        yield from _of_conflict(conflict)


def _kinds(world: World) -> Iterator[ox.Triple]:
    """Write the classes of the interventions that activities are of."""
    for interventions in world.facts.objects.get(hip.ofIntervention, {}).values():
        for one in interventions:
            if isinstance(one, str):
                yield from _triples(one, RDF_TYPE, world.kinds(one))


def _places(world: World) -> Iterator[ox.Triple]:
    for problem, sites in world.sites.items():
        yield from _told_of(problem, {"atSite": sites})
    for patient, sites in world.places.items():
        yield from _told_of(patient, {"hasPlace": sites})
    for one in world.subjects:
        with_whom = {one.node, one.patient}
        yield from _told_of(one.node, {"judgedWith": with_whom, "judgedFor": {one.whole}, "reaches": one.places})
    for name, known in (
        ("hasNow", world.now),
        ("hasPlanned", world.planned),
        ("runs", world.runs),
        ("orders", world.orders),
        ("offers", world.offered),
        ("keepsOut", world.kept_out),
    ):
        for place, interventions in known.items():
            yield from _told_of(place, {name: interventions})


def _of_evaluation(one: Judged) -> Iterator[ox.Triple]:
    return _told_of(
        one.iri,
        {
            "ofStatement": {one.info.iri},
            "hasSubject": one.subjects,
            "atSite": {one.site},
            "judgedFor": {one.whole},
            "inPlace": one.places,
            "meets": one.meets,
            "refutes": one.refutes,
            "awaits": one.awaits,
            "mayBeLiftedBy": one.liftable,
            "lacksCompanion": one.lacks,
            "compares": one.compares,
            "lacksFact": one.lacking_facts,
            "state": {ox.Literal(one.state)} if one.state else (),
        },
    )


def _of_action(one: Weighed) -> Iterator[ox.Triple]:
    return _told_of(
        one.iri,
        {
            "ofIntervention": {one.intervention},
            "atSite": {one.site},
            "inPlace": one.places,
            "basedOn": _iris(one.based_on),
            "overrules": _iris(one.overruled),
            "restsOn": _iris(one.deciding()),
            "doneBy": one.done_by,
            "doneBefore": one.done_before,
            "fulfilledBy": one.fulfilled_by,
            "pastCourse": one.past,
            "modality": {ox.Literal(one.modality)} if one.modality else (),
            "fulfilment": {ox.Literal(one.fulfilment)} if one.fulfilment else (),
            "status": {ox.Literal(STATUS_OF[one.decisive])} if one.decisive else (),
            **{RELATIONS[kind]: _iris(evaluations) for kind, evaluations in one.claims.items()},
        },
    )


def _of_conflict(one: Disputed) -> Iterator[ox.Triple]:
    return _told_of(
        one.iri,
        {
            "about": {one.action.iri},
            "advisedBy": {one.advice.iri},
            "opposedBy": _iris(one.objections),
            "decidedBy": {ox.Literal(one.verdict.rule)},
            "decidedFor": _winners(one),
            "isOpen": {ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean"))} if one.open else (),
        },
    )


def _winners(one: Disputed) -> Set[str]:
    if one.verdict.for_advice is None:
        return frozenset()
    return {one.advice.iri} if one.verdict.for_advice else _iris(one.objections)


def _iris(evaluations: Iterable[Judged]) -> Set[str]:
    return {one.iri for one in evaluations}


def _told_of(subject: str, values: Mapping[str, Iterable[Node]]) -> Iterator[ox.Triple]:
    for name, targets in values.items():
        yield from _triples(subject, HIP + name, targets)


def _triples(subject: str, prop: str, targets: Iterable[Node]) -> Iterator[ox.Triple]:
    """Write the values of a property, passing over an empty name, which stands for none."""
    node, predicate = as_resource(subject), ox.NamedNode(prop)
    return (ox.Triple(node, predicate, as_term(one)) for one in targets if one)
