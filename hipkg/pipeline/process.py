"""The whole way from a patient file to a plan."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from hipkg.base import hip
from hipkg.base.batch import Batch
from hipkg.base.errors import HipkgError, InconsistentData, InvalidPatient
from hipkg.base.limits import ACTIVITIES, JUDGEMENTS
from hipkg.base.vocabulary import curie
from hipkg.derivation.native import derive_natively
from hipkg.planning.planner import Planner
from hipkg.reading.sources import read
from hipkg.reasoning.engines import EngineName, reason_over
from hipkg.reasoning.native import entailed_graph
from hipkg.validation.findings import Finding, rules_of, validate_patients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyoxigraph as ox

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request
    from hipkg.planning.records import Plan
    from hipkg.reading.joint import AnySource
    from hipkg.record.facts import Facts
    from hipkg.record.patient import Record


class Checked(NamedTuple):
    """A patient's record with what validation found in it."""

    record: Record
    findings: tuple[Finding, ...]


class Planned(NamedTuple):
    """A patient's record with what is derived of it, the plan that is made from that, and what it was made with."""

    record: Record
    derivation: Derivation
    plan: Plan
    request: Request
    knowledge: Knowledge


class OfPatient(Protocol):
    """What is of one patient."""

    @property
    def record(self) -> Record:
        """The record of the patient."""


Given = TypeVar("Given", bound=OfPatient)
Made = TypeVar("Made")


def plan_patients(source: AnySource, request: Request, knowledge: Knowledge) -> Batch[Planned]:
    """Read the patients of a source, validate them together, and derive and plan for each of them alone.

    Parameters: ``source`` is a path, ``-`` for standard input, the text as bytes, or several that are put together.

    Raises `UnreadableInput`, `NoPatient`, `InvalidPatient`, `InconsistentData`, `EngineUnavailable` or `UsageError`.
    """
    return each_alone(read_checked(source, request, knowledge), lambda one: planned(one, request, knowledge))


def plans_alone(source: AnySource, request: Request, knowledge: Knowledge) -> Batch[Plan]:
    """Plan as `plan_patients` does, and keep nothing but the plans, which takes a fraction of the memory."""
    return each_alone(read_checked(source, request, knowledge), lambda one: planned(one, request, knowledge).plan)


def plan_patient(record: Record, request: Request, knowledge: Knowledge) -> Planned:
    """Validate a patient that has been read, derive and plan; the errors are those of `plan_patients`."""
    return planned(_sound(record, request, knowledge), request, knowledge)


def derivation_of(record: Record, request: Request, knowledge: Knowledge) -> Derivation:
    """Validate a patient that has been read, and derive; the errors are those of `plan_patients`."""
    return _derived(_sound(record, request, knowledge).record, request, knowledge)


def _sound(record: Record, request: Request, knowledge: Knowledge) -> Checked:
    (checked,) = validated((record,), knowledge)
    return checked if request.allow_invalid else _refuse_violations(checked)


def planned(checked: Checked, request: Request, knowledge: Knowledge, facts: Facts | None = None) -> Planned:
    """Derive and plan for a patient who has been validated.

    Parameters: ``facts`` are those of `native_facts`, where they are known already.

    Raises `InconsistentData` for a patient who cannot be.
    """
    record = checked.record
    if len(record.triples) > ACTIVITIES.most:
        _refuse_many_activities(record)
    derivation = _derived(record, request, knowledge, facts)
    if len(derivation.evaluations) > JUDGEMENTS.most:
        raise JUDGEMENTS.exceeded(f"{record.source}: {curie(record.iri)}")
    planner = Planner(derivation, knowledge, record.iri, record.as_of, request.selection, unread=record.unread)
    plan = planner.plan(request.engine, checked.findings)
    return Planned(record=record, derivation=derivation, plan=plan, request=request, knowledge=knowledge)


def _refuse_many_activities(record: Record) -> None:
    if sum(one.predicate.value == hip.ofIntervention for one in record.normalised) > ACTIVITIES.most:
        raise ACTIVITIES.exceeded(f"{record.source}: {curie(record.iri)}")


def _derived(record: Record, request: Request, knowledge: Knowledge, facts: Facts | None = None) -> Derivation:
    """Derive natively after the native engine, and by the portable queries after any other."""
    if request.engine == "native":
        return derive_natively(
            native_facts(record, knowledge) if facts is None else facts, knowledge, request.selection
        )
    from hipkg.derivation.queries import derive

    return derive(entailed(record, lambda: knowledge, request.engine), knowledge, request.selection)


def native_facts(record: Record, knowledge: Knowledge) -> Facts:
    """Normalise a patient's record and index it with all that the ontology entails for it.

    Raises `InconsistentData` for a patient who cannot be.
    """
    with _naming_source(record):
        return entailed_graph(record.normalised, knowledge)


def entailed(record: Record, load: Callable[[], Knowledge], engine: EngineName = "native") -> tuple[ox.Triple, ...]:
    """Normalise a patient's record and add what the ontology entails for it.

    Parameters: ``load`` gives the knowledge of the native engine; the others reason over the sources of the ontology.
    """
    with _naming_source(record):
        return reason_over(record.normalised, load, engine)


@contextmanager
def _naming_source(record: Record) -> Iterator[None]:
    """Name the source in what is told of contradictory data."""
    try:
        yield
    except InconsistentData as problem:
        problem.place = ": ".join(filter(None, (record.source, problem.place)))
        raise


def read_checked(source: AnySource, request: Request, knowledge: Knowledge) -> Batch[Checked]:
    """Read the patients of a source and validate them together.

    Of several imported ones, those with violations are set aside unless the request allows them. Raises
    `InvalidPatient` for a violation of any other, and what `hipkg.reading.sources.read` raises.
    """
    records = read(source, lambda: knowledge, format=request.format, as_of=request.as_of)
    checked = Batch(validated(records.results, knowledge), records.set_aside)
    return checked if request.allow_invalid else each_alone(checked, _refuse_violations)


def validated(records: Sequence[Record], knowledge: Knowledge) -> tuple[Checked, ...]:
    """Validate patients together, so that what they share is seen, and give each what was found of it."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for one in validate_patients({record.iri: record.triples for record in records}, rules_of(knowledge)):
        found[one.patient].append(one)
    return tuple(Checked(record, (*found[record.iri], *_noticed(record))) for record in records)


def _noticed(record: Record) -> Iterator[Finding]:
    """Tell as findings what was doubtful while the patient was read."""
    for one in record.notices:
        yield Finding(
            severity=one.severity,
            shape=one.shape,
            patient=record.iri,
            node=one.node,
            path="",
            value="",
            message=one.message,
            fix=one.fix,
        )


def _refuse_violations(checked: Checked) -> Checked:
    """Raise `InvalidPatient` if any finding is a violation."""
    record, findings = checked
    violations = [one for one in findings if one.severity == "violation"]
    if violations:
        first = violations[0]
        named = curie(first.value) if first.value and not first.datatype else ""
        raise InvalidPatient(
            f"The patient {curie(record.iri)} has {len(violations)} violation(s), the first: {first.message}",
            place=f"{record.source}: {' '.join(filter(None, (curie(first.node), first.path, named)))}",
            remedy="Run `hipkg validate` to see all of them, or use --allow-invalid.",
        )
    return checked


def each_alone(patients: Batch[Given], make: Callable[[Given], Made]) -> Batch[Made]:
    """Make something of each patient; where that fails for one of several imported ones, set that one aside.

    Raises what ``make`` raises for a patient who is not imported, or the only one, or the last that is left.
    """
    made: list[Made] = []
    failed: list[HipkgError] = []
    try:
        for one in patients.results:
            try:
                made.append(make(one))
            except (InvalidPatient, InconsistentData) as problem:
                if not one.record.alone or len(patients.results) == 1:
                    raise
                failed.append(problem)
    except HipkgError as problem:
        patients.failing(problem)
        raise
    if failed and not made:
        raise patients.failing(failed[0])
    return Batch(tuple(made), (*patients.set_aside, *failed))
