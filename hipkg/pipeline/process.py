"""The whole way from a patient file to a plan."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from hipkg.base.errors import HipkgError, InconsistentData, InvalidPatient, SetAside, UsageError
from hipkg.base.vocabulary import curie
from hipkg.derivation.native import derive_natively
from hipkg.derivation.queries import derive
from hipkg.knowledge import loading
from hipkg.knowledge.selection import Selection, select
from hipkg.planning.planner import Planner
from hipkg.reading.sources import read
from hipkg.reasoning.engines import EngineName, reason_over
from hipkg.reasoning.native import entailed_graph
from hipkg.record.normalise import normalised
from hipkg.validation.findings import Finding, validate_patients

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import date

    import pyoxigraph as ox

    from hipkg.derivation.records import Derivation
    from hipkg.planning.records import Plan
    from hipkg.record.patient import Record

Made = TypeVar("Made")
Given = TypeVar("Given")


class Planned(NamedTuple):
    """A patient's record with what is derived of it and the plan that is made from that."""

    graph: Record
    derivation: Derivation
    plan: Plan


def plan_graph(
    record: Record,
    *,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    min_strength: str = "",
    min_evidence: str = "",
    grade_objections: bool = False,
    allow_invalid: bool = False,
) -> Plan:
    """Make the plan of a patient that has been read; the parameters and errors are those of `plans`."""
    selection = select(documents, min_strength, min_evidence, grade_objections=grade_objections)
    return plan_patient(record, engine=engine, selection=selection, allow_invalid=allow_invalid).plan


def plan_patients(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    selection: Selection,
    allow_invalid: bool = False,
) -> tuple[Planned, ...]:
    """Read the patients of a file, validate them together, and derive and plan for each of them alone.

    Parameters: ``selection`` says which statements count; the others, and the errors, are those of `plans`.
    """
    check_documents(selection.documents)
    checked = read_validated(source, format=format, as_of=as_of, allow_invalid=allow_invalid)
    return each_alone(checked, lambda graph, findings: _planned(graph, findings, engine, selection))


def plan_patient(
    record: Record, *, engine: EngineName = "native", selection: Selection, allow_invalid: bool = False
) -> Planned:
    """Validate a patient that has been read, derive and plan; parameters and errors are those of `plan_patients`."""
    return _planned(record, _valid(record, allow_invalid), engine, selection)


def _planned(record: Record, findings: tuple[Finding, ...], engine: EngineName, selection: Selection) -> Planned:
    derivation = _derived(record, engine, selection)
    planner = Planner(derivation, loading.load(), record.iri, record.as_of)
    return Planned(record, derivation, planner.plan(engine, findings, selection))


def derivation_of(
    record: Record,
    *,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    min_strength: str = "",
    min_evidence: str = "",
    grade_objections: bool = False,
    allow_invalid: bool = False,
) -> tuple[tuple[Finding, ...], Derivation]:
    """Validate, normalise, reason and derive, and return what validation found with the derivation.

    Parameters: those of `plans`.

    Raises `InvalidPatient` on a violation unless ``allow_invalid``, and `UsageError` for an unknown grade.
    """
    selection = select(documents, min_strength, min_evidence, grade_objections=grade_objections)
    return _valid(record, allow_invalid), _derived(record, engine, selection)


def _derived(record: Record, engine: EngineName, selection: Selection) -> Derivation:
    """Derive natively after the native engine, and by the portable queries after any other."""
    knowledge = loading.load()
    if engine == "native":
        with _naming_source(record):
            return derive_natively(entailed_graph(normalised(record.triples), knowledge), knowledge, selection)
    return derive(reason_graph(record, engine), knowledge, selection)


@contextmanager
def _naming_source(record: Record) -> Iterator[None]:
    """Name the source in what is told of contradictory data."""
    try:
        yield
    except InconsistentData as problem:
        problem.place = ": ".join(filter(None, (record.source, problem.place)))
        raise


def _valid(record: Record, allow_invalid: bool) -> tuple[Finding, ...]:
    findings = validated((record,))[record.iri]
    if not allow_invalid:
        _refuse_violations(record, findings)
    return findings


def _refuse_violations(record: Record, findings: tuple[Finding, ...]) -> None:
    """Raise `InvalidPatient` if any finding is a violation."""
    violations = [one for one in findings if one.severity == "violation"]
    if violations:
        raise InvalidPatient(
            f"The patient {curie(record.iri)} has {len(violations)} violation(s), the first: {violations[0].message}",
            place=record.source,
            remedy="Run `hipkg validate` to see all of them, or use --allow-invalid.",
        )


def validated(records: tuple[Record, ...]) -> dict[str, tuple[Finding, ...]]:
    """Validate patients together, so that what they share is seen, and sort the findings by patient."""
    found = validate_patients({record.iri: record.triples for record in records})
    return {record.iri: (*(one for one in found if one.patient == record.iri), *_noticed(record)) for record in records}


def _noticed(record: Record) -> Iterator[Finding]:
    """Tell as findings what was doubtful while the patient was read."""
    for one in record.notices:
        yield Finding(one.severity, one.shape, record.iri, one.node, "", "", one.message, one.fix)


def read_validated(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    allow_invalid: bool = False,
) -> tuple[tuple[Record, tuple[Finding, ...]], ...]:
    """Read the patients of a file and validate them together; return each with what was found.

    Raises `InvalidPatient` on a violation unless ``allow_invalid``, and what `hipkg.reading.sources.read` raises.
    """
    records = read(source, format=format, as_of=as_of)
    found = validated(records)
    return (
        tuple((record, found[record.iri]) for record in records)
        if allow_invalid
        else _without_violations(records, found)
    )


def _without_violations(
    records: tuple[Record, ...], found: Mapping[str, tuple[Finding, ...]]
) -> tuple[tuple[Record, tuple[Finding, ...]], ...]:
    """Return the patients with what was found of each, without those of an import that have violations.

    Raises `InvalidPatient` for a violation of any other, and if none of the patients is left.
    """

    def refused(record: Record, findings: tuple[Finding, ...]) -> tuple[Record, tuple[Finding, ...]]:
        _refuse_violations(record, findings)
        return record, findings

    return each_alone(tuple((record, found[record.iri]) for record in records), refused)


def each_alone(patients: tuple[tuple[Record, Given], ...], make: Callable[[Record, Given], Made]) -> tuple[Made, ...]:
    """Make something of each patient; where that fails for one of several imported ones, warn and go on.

    Parameters: ``patients`` are given with what ``make`` needs besides the graph, such as the findings.

    Raises what ``make`` raises for a patient who is not imported, or the only one, or the last that is left.
    """
    made: list[Made] = []
    failed: list[HipkgError] = []
    for graph, given in patients:
        try:
            made.append(make(graph, given))
        except (InvalidPatient, InconsistentData) as problem:
            if not graph.alone or len(patients) == 1:
                raise
            failed.append(problem)
    if failed and not made:
        raise failed[0]
    for one in failed:
        warnings.warn(SetAside(one), stacklevel=2)
    return tuple(made)


def reason_graph(record: Record, engine: EngineName = "native") -> tuple[ox.Triple, ...]:
    """Normalise a patient's graph and add what the ontology entails for it."""
    with _naming_source(record):
        return reason_over(normalised(record.triples), engine)


def check_documents(documents: Collection[str]) -> None:
    """Refuse the id of a document that the ontology does not hold."""
    known = sorted(info.id for info in loading.load().documents.values())
    for one in documents:
        if one not in known:
            raise UsageError(f"There is no document {one!r}.", remedy=f"Choose among: {', '.join(known)}.")
