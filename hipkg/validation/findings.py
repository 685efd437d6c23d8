"""Validate patient graphs: against the shapes, and against the vocabulary of the ontology.

A violation means that no plan can be trusted, a warning that a plan comes with a flag, an info that a fact is missing
which could change the plan.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.limits import NEAR_NAMES
from hipkg.base.numbers import read
from hipkg.base.spelling import nearest
from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, XSD, curie, is_plain_term
from hipkg.knowledge.memo import kept
from hipkg.knowledge.withdrawn import successor, told
from hipkg.validation.compiler import Background, Result, check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge, PossibleRange
    from hipkg.knowledge.shapes import CompiledShape
    from hipkg.record.patient import Severity
    from hipkg.validation.compiler import Term

UNKNOWN_TERM = "hip:V01-unknown-term"
DEFINED_CLASS = "hip:V02-defined-class"
MEASUREMENT = "hip:V03-measurement"
WITHDRAWN = "hip:V04-withdrawn-term"
SEVERITIES: tuple[Severity, ...] = ("violation", "warning", "info")
_SH = PREFIXES["sh"]
_PATIENT = ox.NamedNode(hip.Patient)
_WHOLE, _DECIMAL = ox.NamedNode(f"{XSD}integer"), ox.NamedNode(f"{XSD}decimal")


@shown_by("severity", "node", "path", "message")
class Finding(NamedTuple):
    """One thing that is wrong with a patient graph, or missing from it.

    ``shape`` is the CURIE of the shape that found it; ``patient`` and ``node`` are IRIs; ``path`` is the CURIE of the
    property it is about, or empty; ``value`` is an IRI or the text of a literal, whose datatype is in ``datatype``, or
    empty; ``message`` says what is wrong and what to do, ``fix`` how to mend it. Where the plan should ask, ``asks`` is
    the question, and ``asks_for`` the CURIE of the property that holds the answer.
    """

    severity: Severity
    shape: str
    patient: str
    node: str
    path: str
    value: str
    message: str
    fix: str
    datatype: str = ""
    asks: str = ""
    asks_for: str = ""


class Rules(NamedTuple):
    """What a patient graph is validated against.

    ``known`` holds the IRIs of the terms of the ontology, ``defined`` the classes that are entailed by a definition,
    ``measurements`` the properties of patients whose numbers have a range, ``withdrawn`` the terms that are to be
    written no more, each with a sentence that says so and one that says what to write instead.
    """

    shapes: tuple[CompiledShape, ...]
    background: Background
    known: frozenset[str]
    defined: frozenset[str]
    measurements: Mapping[str, PossibleRange]
    withdrawn: Mapping[str, tuple[str, str]]


def validate_triples(triples: Iterable[ox.Triple], patient: str, rules: Rules) -> tuple[Finding, ...]:
    """Validate the graph of one patient.

    Parameters: ``patient`` is the IRI of the patient.
    Returns the findings sorted by severity, shape, node, path and value.
    """
    graph = tuple(triples)
    results = check(graph, rules.shapes, rules.background)
    return in_order(
        [
            *(_finding(result, patient) for result in results),
            *unknown_terms(graph, patient, rules.known),
            *defined_classes(graph, patient, rules.defined),
            *measurements(graph, patient, rules.measurements),
            *withdrawn_terms(graph, patient, rules.withdrawn),
        ]
    )


def validate_patients(graphs: Mapping[str, Iterable[ox.Triple]], rules: Rules) -> tuple[Finding, ...]:
    """Validate the graphs of several patients, each alone and those that share nodes also together.

    Parameters: ``graphs`` maps the IRI of each patient to its triples.
    """
    whole = {patient: tuple(triples) for patient, triples in graphs.items()}
    found = [finding for patient, triples in whole.items() for finding in validate_triples(triples, patient, rules)]
    for patient, others in _neighbours(whole).items():
        together = [triple for one in {patient, *others} for triple in whole[one]]
        found += (one for one in validate_triples(together, patient, rules) if one.node == patient)
    return in_order(found)


def _neighbours(graphs: Mapping[str, Iterable[ox.Triple]]) -> dict[str, set[str]]:
    """Find for each patient the others whose graphs describe one of the same nodes."""
    owners: dict[object, set[str]] = {}
    for patient, triples in graphs.items():
        for triple in triples:
            owners.setdefault(triple.subject, set()).add(patient)
    shared = [patients for patients in owners.values() if len(patients) > 1]
    return {patient: set().union(*(one for one in shared if patient in one)) for one in shared for patient in one}


def conforms(findings: Iterable[Finding]) -> bool:
    """Tell whether a plan may be made: there is no violation."""
    return all(finding.severity != "violation" for finding in findings)


def unknown_terms(triples: Iterable[ox.Triple], patient: str, known: Collection[str]) -> tuple[Finding, ...]:
    """Find the names in the ontology's namespace that the ontology does not define.

    Parameters: ``known`` holds the IRIs of the terms that it defines. What is written most like a name is looked up
    for the first `NEAR_NAMES`, for that takes long.
    """
    unknown = [
        (triple, name)
        for triple in triples
        for name in (triple.predicate, triple.object)
        if isinstance(name, ox.NamedNode) and name.value not in known and is_plain_term(name.value)
    ]
    names = sorted({name.value for _, name in unknown})
    near = {one: "".join(map(curie, nearest(one, known))) for one in names[:NEAR_NAMES]}
    return in_order(_unknown_term(triple, patient, name, near.get(name.value, "")) for triple, name in unknown)


def _unknown_term(triple: ox.Triple, patient: str, name: ox.NamedNode, near: str) -> Finding:
    hint = (
        f"Did you mean {near}?"
        if near
        else "Use a term of the ontology, and another namespace for the patient's nodes."
    )
    return Finding(
        severity="violation",
        shape=UNKNOWN_TERM,
        patient=patient,
        node=text_of_term(triple.subject),
        path=curie(triple.predicate.value),
        value=name.value,
        message=f"V01: {curie(name.value)} is not a term of the ontology. {hint}",
        fix=f"Write {near}." if near else "Use a term of the ontology.",
    )


def defined_classes(triples: Iterable[ox.Triple], patient: str, defined: Collection[str]) -> tuple[Finding, ...]:
    """Find the classes that are recorded, as present or absent, though only a reasoner may add them.

    Parameters: ``defined`` holds the IRIs of the classes with an equivalence axiom.
    """
    return in_order(
        Finding(
            severity="violation",
            shape=DEFINED_CLASS,
            patient=patient,
            node=text_of_term(triple.subject),
            path=curie(triple.predicate.value),
            value=triple.object.value,
            message=(
                f"V02: {curie(triple.object.value)} follows from other facts by its definition and cannot be recorded. "
                "Record the facts that it follows from."
            ),
            fix="Remove the type and record the facts of its definition.",
        )
        for triple in triples
        if triple.predicate.value in {RDF_TYPE, hip.isWithout}
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value in defined
    )


def measurements(
    triples: Iterable[ox.Triple], patient: str, ranges: Mapping[str, PossibleRange]
) -> tuple[Finding, ...]:
    """Find the measurements that are not one number of the patient, or not one that can be in the unit.

    Parameters: ``ranges`` maps the properties of measurements to the numbers that they can have.
    """
    graph = tuple(triples)
    found = [triple for triple in graph if triple.predicate.value in ranges]
    if not found:
        return ()
    patients = {triple.subject for triple in graph if triple.object == _PATIENT}
    counts = Counter((triple.subject, triple.predicate) for triple in found)
    return in_order(
        _measurement(triple, patient, ranges[triple.predicate.value])
        for triple in found
        if triple.subject not in patients
        or counts[triple.subject, triple.predicate] > 1
        or not _is_possible(triple.object, ranges[triple.predicate.value])
    )


def withdrawn_terms(
    triples: Iterable[ox.Triple], patient: str, withdrawn: Mapping[str, tuple[str, str]]
) -> Iterator[Finding]:
    """Find the terms of the ontology that are to be written no more.

    Parameters: ``withdrawn`` maps them to what is said of them and of what takes their place.
    """
    for triple in triples if withdrawn else ():
        for name in (triple.predicate, triple.object):
            if isinstance(name, ox.NamedNode) and name.value in withdrawn:
                told, instead = withdrawn[name.value]
                yield Finding(
                    severity="warning",
                    shape=WITHDRAWN,
                    patient=patient,
                    node=text_of_term(triple.subject),
                    path=curie(triple.predicate.value),
                    value=name.value,
                    message=f"V04: {told}. {instead}",
                    fix=instead,
                )


def _is_possible(value: Term, possible: PossibleRange) -> bool:
    if not isinstance(value, ox.Literal) or value.datatype not in ([_WHOLE] if possible.whole else [_WHOLE, _DECIMAL]):
        return False
    number = read(value)
    return number is not None and possible.holds(number)


def _measurement(triple: ox.Triple, patient: str, possible: PossibleRange) -> Finding:
    value, datatype = _value(triple.object)
    name, kind = curie(triple.predicate.value), "whole number" if possible.whole else "number"
    return Finding(
        severity="violation",
        shape=MEASUREMENT,
        patient=patient,
        node=text_of_term(triple.subject),
        path=name,
        value=value,
        message=(
            f"V03: {name} is not one {kind} of the patient from {possible}. "
            "Record the latest value at the patient, and check the unit."
        ),
        fix=f"Write {name} as one {kind} at the patient, in the unit of the property.",
        datatype=datatype,
    )


@kept
def rules_of(knowledge: Knowledge) -> Rules:
    """Take the rules from the release."""
    background = Background(knowledge.superclasses, knowledge.individual_types, knowledge.wholes)
    defined = frozenset(knowledge.definitions)
    withdrawn = {iri: (told(one, knowledge), successor(one, knowledge)) for iri, one in knowledge.withdrawn.items()}
    return Rules(knowledge.shapes, background, knowledge.terms, defined, knowledge.possible_ranges, withdrawn)


@kept
def violations_of(knowledge: Knowledge) -> Rules:
    """Take of the rules of the release those that find violations."""
    rules = rules_of(knowledge)
    return rules._replace(shapes=tuple(one for one in rules.shapes if one.severity == "violation"), withdrawn={})


def _finding(result: Result, patient: str) -> Finding:
    value, datatype = _value(result.value)
    return Finding(
        severity=result.shape.severity,
        shape=curie(result.shape.iri),
        patient=patient,
        node=text_of_term(result.node),
        path=curie(result.path) if result.path else "",
        value=value,
        message=result.shape.message,
        fix=result.shape.fix,
        datatype=datatype,
        asks=result.shape.asks,
        asks_for=curie(result.shape.asks_for) if result.shape.asks_for else "",
    )


def _value(term: Term | None) -> tuple[str, str]:
    if isinstance(term, ox.Literal):
        return term.value, curie(term.datatype.value)
    return ("" if term is None else text_of_term(term)), ""


def text_of_term(term: Term) -> str:
    """Write a node by its IRI, a blank one with its label, a literal by its value."""
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings, the worst first, each once."""

    def key(finding: Finding) -> tuple[object, ...]:
        rank = SEVERITIES.index(finding.severity)
        return rank, finding.shape, finding.node, finding.path, finding.value, finding.datatype, finding.patient

    return tuple(sorted(set(findings), key=key))
