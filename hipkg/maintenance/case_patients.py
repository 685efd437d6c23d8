"""Make the two patients of a new case from the definitions that the statement names.

The patient for whom it fires has the least that its context, requirements and companions ask for; the near miss has one
thing less, or a number just outside its limit. Both are derived before they are given to an editor, who looks at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.dates import whole_day
from hipkg.base.errors import HipkgError
from hipkg.base.numbers import read as read_number
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD, curie
from hipkg.defence.bench import Bench
from hipkg.defence.remedies import Remedies
from hipkg.defence.wording import Describer
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.selection import select
from hipkg.knowledge.wording import Wording
from hipkg.maintenance.coverage import documents_of_case
from hipkg.owl.normal_form import patient_text
from hipkg.pipeline.process import Planned, plan_patient
from hipkg.pipeline.request import Request
from hipkg.planning.places import SiteNames
from hipkg.reading.sources import read
from hipkg.record.change import OWNS, Change
from hipkg.record.facts import node_of, text_of, text_of_term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.record.change import Fact
    from hipkg.record.patient import Record

_BARE = f"<https://example.org/case/patient> a <{hip.Patient}> ."
_PREFIXES = {"": "https://example.org/case/", "hip": HIP, "xsd": XSD}
_SKELETON = """
:patient a hip:Patient ; hip:hasProblem :problem .
:problem a {kind} ; hip:hasSite :leftHip .
:leftHip a hip:HipJoint ; hip:hasSide hip:left .
"""
_ROUNDS = 3
"""How often what a statement still waits for is added."""
_STEPS = {XSD + "integer": Decimal(1), XSD + "decimal": Decimal("0.1")}
_NUMBER, _NODE, _KIND, _FACT, _LAST = range(5)
"""How a near miss differs, the most telling first: in a number, a node, its kind, a fact, or the only problem."""


@dataclass(frozen=True, slots=True)
class CasePatient:
    """A patient of a case as Turtle, and the state of the statement at a site by its name, empty where it has none."""

    turtle: str
    state: str
    site: str


@dataclass(frozen=True, slots=True)
class CasePatients:
    """The patient for whom a statement fires, and the near miss, None if none is found, with what it is without."""

    fires: CasePatient
    near: CasePatient | None
    difference: str


class _Less(NamedTuple):
    """A change after which a statement holds no more, with the rank of how it differs and the state then."""

    rank: tuple[bool, int, int, str]
    change: Change
    derivation: Derivation


def case_patients(info: StatementInfo, knowledge: Knowledge, as_of: date) -> CasePatients | None:
    """Make the patients of a case of a statement; None if none is found for whom it fires."""
    request = Request(as_of=as_of, selection=select(knowledge, documents_of_case(info, knowledge)))
    (bare,) = read(_BARE.encode(), lambda: knowledge, format="turtle", as_of=as_of).results
    fires = _firing(info, plan_patient(bare, request, knowledge), _ROUNDS)
    if fires is None:
        return None
    place = _places(info, fires.derivation, knowledge)[0]
    less = min(_near(info, fires, place), default=None, key=lambda one: one.rank)
    site = SiteNames(fires.derivation, knowledge).name(place)
    firing = CasePatient(_written(fires.record, knowledge), knowledge.holding[info.effect], site)
    if less is None:
        return CasePatients(firing, None, "")
    near = Bench(fires).changed(less.change)
    missed = CasePatient(_written(near, knowledge), _state(info, less.derivation, place), site)
    words = "; ".join(Describer(fires.record, knowledge).facts(less.change))
    return CasePatients(firing, missed, words)


def _firing(info: StatementInfo, planned: Planned, rounds: int) -> Planned | None:
    """Add to a record what a statement asks for, until it holds somewhere."""
    if _places(info, planned.derivation, planned.knowledge):
        return planned
    if not rounds:
        return None
    for diagnoses in (False, True):
        remedies = Remedies(planned, diagnoses=diagnoses)
        waiting = [one for one in planned.derivation.evaluations if one.statement == info.iri]
        found = [one for it in waiting for one in remedies.of_statement(it).remedies]
        for one in found or remedies.of_context(info).remedies:
            if made := _replanned(planned, one.change):
                return made
    for change in _steps(info, planned):
        made = _replanned(planned, change)
        if made and (better := _firing(info, made, rounds - 1)):
            return better
    return None


def _steps(info: StatementInfo, planned: Planned) -> Iterator[Change]:
    """List changes that lead a part of the way: into the context, or else to what is required."""
    bench = Bench(planned, diagnoses=True)
    facts = planned.derivation.facts
    nodes = (planned.record.iri, *sorted(facts.members.get(hip.Problem, ())))
    if not any(one.statement == info.iri for one in planned.derivation.evaluations):
        for cls in info.applies_to:
            yield from (*bench.abducer.ways([cls], nodes), *bench.abducer.anew(cls, ()))
    for cls in info.requires:
        yield from bench.abducer.ways([cls], nodes)


def _replanned(planned: Planned, change: Change) -> Planned | None:
    record = Bench(planned).changed(change)
    if change.added <= {*_facts(planned.record)}:
        return None
    try:
        return plan_patient(record, planned.request, planned.knowledge)
    except HipkgError:
        return None


def _places(info: StatementInfo, derivation: Derivation, knowledge: Knowledge) -> list[str]:
    """List the sites where a statement holds, those without one last."""
    holding = knowledge.holding[info.effect]
    found = {one.site for one in derivation.evaluations if one.statement == info.iri and one.state == holding}
    return sorted(found, key=lambda one: (not one, one))


def _state(info: StatementInfo, derivation: Derivation, place: str) -> str:
    states = (one.state for one in derivation.evaluations if one.statement == info.iri and one.site == place)
    return next((str(one) for one in states if one != State.MAY_APPLY), "")


def skeleton(info: StatementInfo, knowledge: Knowledge) -> CasePatient:
    """Make a patient with a problem at the left hip, of a kind that the context begins with where that is told."""
    context = info.applies_to[0]
    above = [one for one in knowledge.superclasses.get(context, ()) if not knowledge.definition(one)]
    kinds = [one for one in (context, *above) if knowledge.is_a(one, hip.Problem) and not knowledge.definition(one)]
    kind = max(kinds, key=lambda one: (len(knowledge.superclasses.get(one, ())), one), default=hip.Problem)
    asked = f"# Add what the statement asks for: {asked_for(info, knowledge)}.\n"
    written = patient_text(_head(knowledge) + _SKELETON.format(kind=curie(kind)))
    return CasePatient(asked + written, knowledge.holding[info.effect], "left hip")


def asked_for(info: StatementInfo, knowledge: Knowledge) -> str:
    """Say what a statement asks for: its context, requirements and companions, each with its meaning in English."""
    wording = Wording(knowledge)
    asked = (*info.applies_to, *info.requires, *info.accompanies)
    return "; ".join(f"{curie(one)} ({wording.meaning(one) or knowledge.label(one)})" for one in asked)


# The near miss


def _near(info: StatementInfo, fires: Planned, place: str) -> Iterator[_Less]:
    """List what can be taken out or changed of a patient so that a statement does not hold there any more."""
    bench, knowledge = Bench(fires), fires.knowledge
    for kind, change in _changes(fires.record, knowledge):
        derivation = bench.derive(change)
        if derivation is None or not bench.is_valid(change) or place in _places(info, derivation, knowledge):
            continue
        waits = _state(info, derivation, place) == State.LATER
        rank = (bool(info.requires) and not waits, kind, len(change.removed), str(sorted(map(str, change.removed))))
        yield _Less(rank, change, derivation)


def _facts(record: Record) -> list[Fact]:
    return [
        (text_of_term(one.subject), one.predicate.value, node_of(one.object))
        for one in record.triples
        if one.predicate.value != hip.asOf
    ]


def _changes(record: Record, knowledge: Knowledge) -> Iterator[tuple[int, Change]]:
    """List single changes of a record, each with how it differs."""
    facts = _facts(record)
    owned = [text_of(value) for _, prop, value in facts if prop in OWNS]
    problems = [text_of(value) for _, prop, value in facts if prop == hip.hasProblem]
    for node in owned:
        gone = frozenset(one for one in facts if node in {one[0], one[2]})
        yield _LAST if problems == [node] else _NODE, Change(removed=gone)
    for fact in facts:
        subject, prop, value = fact
        if prop == RDF_TYPE:
            for wider in _wider(text_of(value), knowledge) if subject in problems else ():
                yield _KIND, Change(frozenset({(subject, prop, wider)}), frozenset({fact}))
            continue
        for other in _beside(value, record.as_of):
            yield _NUMBER, Change(frozenset({(subject, prop, other)}), frozenset({fact}))
        if prop not in OWNS:
            yield _FACT, Change(removed=frozenset({fact}))


def _wider(cls: str, knowledge: Knowledge) -> Sequence[str]:
    """List the kinds of problems right above one that records may name."""
    told = knowledge.told_superclasses.get(cls, frozenset())
    roots = {hip.Problem, hip.Condition, hip.Finding}
    return sorted(one for one in told - roots if knowledge.is_a(one, hip.Problem) and not knowledge.definition(one))


def _beside(value: object, as_of: date) -> Iterator[ox.Literal]:
    """List the numbers and days just beside one."""
    if not isinstance(value, ox.Literal):
        return
    if step := _STEPS.get(value.datatype.value):
        number = read_number(value)
        yield from (
            ox.Literal(f"{one:f}", datatype=value.datatype)
            for sign in (-1, 1)
            if number is not None and (one := number + sign * step) >= 0
        )
    elif value.datatype.value == XSD + "date" and (day := whole_day(value.value)):
        near = (day + timedelta(days=sign) for sign in (1, -1))
        yield from (ox.Literal(it.isoformat(), datatype=value.datatype) for it in near if it <= as_of)
    elif value.datatype.value == XSD + "duration" and value.value[1:-1].isdigit():
        count, unit = int(value.value[1:-1]), value.value[-1]
        days = count * {"D": 1, "W": 7}.get(unit, 0)
        yield from (ox.Literal(f"P{days + sign}D", datatype=value.datatype) for sign in (-1, 1) if days)


def _head(knowledge: Knowledge) -> str:
    return "".join(f"PREFIX {one}: <{space}>\n" for one, space in {**_PREFIXES, **knowledge.namespaces}.items())


def _written(record: Record, knowledge: Knowledge) -> str:
    """Write a record as the file of a case."""
    kept = [one for one in record.triples if one.predicate.value != hip.asOf]
    plain = ox.serialize((ox.Quad(*one) for one in kept), format=ox.RdfFormat.N_TRIPLES) or b""
    return patient_text(_head(knowledge) + plain.decode())
