"""Validate patient graphs: against the shapes, and against the vocabulary of the ontology.

A violation means that no plan can be trusted, a warning that a plan comes with a flag, an info that a fact is missing
which could change the plan.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from hipkg.base.paths import PATIENT_SHAPES, ontology_files
from hipkg.base.vocabulary import HIP, PREFIXES, RDF_TYPE, RDFS, XSD, curie, expand
from hipkg.knowledge.records import load
from hipkg.validation.compiler import Background, CompiledShape, Result, check, from_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import rdflib
    from rdflib.term import Node

    from hipkg.validation.compiler import Severity, Term

UNKNOWN_TERM = "hip:V01-unknown-term"
DEFINED_CLASS = "hip:V02-defined-class"

_SEVERITIES: tuple[Severity, ...] = ("violation", "warning", "info")
_SH = PREFIXES["sh"]
_TERM = re.compile(re.escape(HIP) + "([^/#]+)")


@dataclass(frozen=True, slots=True)
class Finding:
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


@dataclass(frozen=True)
class Rules:
    """What a patient graph is validated against.

    ``known`` holds the IRIs of the terms of the ontology, ``defined`` the classes that are entailed by a definition.
    """

    shapes: tuple[CompiledShape, ...]
    background: Background
    known: frozenset[str]
    defined: frozenset[str]


def validate_triples(triples: Iterable[ox.Triple], patient: str, rules: Rules | None = None) -> tuple[Finding, ...]:
    """Validate the graph of one patient.

    Parameters: ``patient`` is the IRI of the patient; ``rules`` default to those of the release.
    Returns the findings sorted by severity, shape, node, path and value.
    """
    graph, rules = tuple(triples), rules or released_rules()
    results = check(graph, rules.shapes, rules.background)
    return _sorted(
        [
            *(_finding(result, patient) for result in results),
            *unknown_terms(graph, patient, rules.known),
            *defined_classes(graph, patient, rules.defined),
        ]
    )


def validate_patients(graphs: Mapping[str, Iterable[ox.Triple]], rules: Rules | None = None) -> tuple[Finding, ...]:
    """Validate the graphs of several patients, each alone and those that share nodes also together.

    Parameters: ``graphs`` maps the IRI of each patient to its triples; ``rules`` as in `validate_triples`.
    """
    whole = {patient: tuple(triples) for patient, triples in graphs.items()}
    found = [finding for patient, triples in whole.items() for finding in validate_triples(triples, patient, rules)]
    for patient, others in _neighbours(whole).items():
        together = [triple for one in {patient, *others} for triple in whole[one]]
        found += (one for one in validate_triples(together, patient, rules) if one.node == patient)
    return _sorted(found)


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

    Parameters: ``known`` holds the IRIs of the terms that it defines.
    """
    return _sorted(
        _unknown_term(triple, patient, name, known)
        for triple in triples
        for name in (triple.predicate, triple.object)
        if isinstance(name, ox.NamedNode) and name.value not in known and _TERM.fullmatch(name.value)
    )


def _unknown_term(triple: ox.Triple, patient: str, name: ox.NamedNode, known: Collection[str]) -> Finding:
    near = _nearest(name.value, known)
    hint = (
        f"Did you mean {near}?"
        if near
        else "Use a term of the ontology, and another namespace for the patient's nodes."
    )
    return Finding(
        severity="violation",
        shape=UNKNOWN_TERM,
        patient=patient,
        node=_text(triple.subject),
        path=curie(triple.predicate.value),
        value=name.value,
        message=f"V01: {curie(name.value)} is not a term of the ontology. {hint}",
        fix=f"Write {near}." if near else "Use a term of the ontology.",
    )


def _nearest(iri: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = sorted(one.removeprefix(HIP) for one in known)
    return "".join(f"hip:{name}" for name in get_close_matches(iri.removeprefix(HIP), names, n=1))


def defined_classes(triples: Iterable[ox.Triple], patient: str, defined: Collection[str]) -> tuple[Finding, ...]:
    """Find the classes that are recorded though the ontology defines them, so that only a reasoner may add them.

    Parameters: ``defined`` holds the IRIs of the classes with an equivalence axiom.
    """
    return _sorted(
        Finding(
            severity="violation",
            shape=DEFINED_CLASS,
            patient=patient,
            node=_text(triple.subject),
            path=curie(RDF_TYPE),
            value=triple.object.value,
            message=(
                f"V02: {curie(triple.object.value)} follows from other facts by its definition and cannot be recorded. "
                "Record the facts that it follows from."
            ),
            fix="Remove the type and record the facts of its definition.",
        )
        for triple in triples
        if triple.predicate.value == RDF_TYPE
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value in defined
    )


@cache
def released_rules() -> Rules:
    """Take the rules from the release, once per process."""
    knowledge = load()
    types = {iri: frozenset(kinds) for iri, kinds in knowledge.individual_types.items()}
    background = Background(knowledge.superclasses, types, knowledge.wholes)
    return Rules(from_json(knowledge.raw_shapes), background, knowledge.terms, frozenset(knowledge.raw_definitions))


@cache
def violations() -> Rules:
    """Take of the rules of the release those that find violations."""
    rules = released_rules()
    return replace(rules, shapes=tuple(one for one in rules.shapes if one.severity == "violation"))


def findings_to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Turn findings into JSON data."""
    return [asdict(finding) for finding in findings]


def findings_to_turtle(findings: Iterable[Finding]) -> str:
    """Write findings as a SHACL validation report, without the constraint components, which are not recorded."""
    triples = list(_report(tuple(findings)))
    prefixes = {prefix: PREFIXES[prefix] for prefix in ("hip", "rdf", "sh", "xsd")}
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b"").decode()


def _report(findings: Collection[Finding]) -> Iterator[ox.Triple]:
    report = ox.BlankNode("report")
    yield ox.Triple(report, ox.NamedNode(RDF_TYPE), ox.NamedNode(_SH + "ValidationReport"))
    text = "false" if findings else "true"
    yield ox.Triple(report, ox.NamedNode(_SH + "conforms"), ox.Literal(text, datatype=ox.NamedNode(XSD + "boolean")))
    for number, finding in enumerate(findings, 1):
        result = ox.BlankNode(f"result{number}")
        yield ox.Triple(report, ox.NamedNode(_SH + "result"), result)
        yield ox.Triple(result, ox.NamedNode(RDF_TYPE), ox.NamedNode(_SH + "ValidationResult"))
        for name, term in _result_terms(finding):
            yield ox.Triple(result, ox.NamedNode(_SH + name), term)


def _result_terms(finding: Finding) -> Iterator[tuple[str, ox.NamedNode | ox.BlankNode | ox.Literal]]:
    yield "resultSeverity", ox.NamedNode(_SH + finding.severity.capitalize())
    yield "sourceShape", ox.NamedNode(expand(finding.shape))
    yield "focusNode", _resource(finding.node)
    if finding.path:
        yield "resultPath", ox.NamedNode(expand(finding.path))
    if finding.datatype:
        yield "value", ox.Literal(finding.value, datatype=ox.NamedNode(expand(finding.datatype)))
    elif finding.value:
        yield "value", _resource(finding.value)
    yield "resultMessage", ox.Literal(finding.message, language="en")


def _resource(text: str) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Turn the text of a node into a term; a text that stands where a node should be stays a text."""
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    try:
        return ox.NamedNode(text)
    except ValueError:
        return ox.Literal(text)


def _finding(result: Result, patient: str) -> Finding:
    value, datatype = _value(result.value)
    return Finding(
        severity=result.shape.severity,
        shape=curie(result.shape.iri),
        patient=patient,
        node=_text(result.node),
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
    return ("" if term is None else _text(term)), ""


def _text(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    def key(finding: Finding) -> tuple[object, ...]:
        rank = _SEVERITIES.index(finding.severity)
        return rank, finding.shape, finding.node, finding.path, finding.value, finding.datatype, finding.patient

    return tuple(sorted(set(findings), key=key))


def validate_with_pyshacl(
    triples: Iterable[ox.Triple], patient: str, ontology: rdflib.Graph | None = None
) -> tuple[Finding, ...]:
    """Validate the graph of one patient against the shapes with pySHACL, the reference for `validate_triples`.

    Parameters: ``ontology`` is what the shapes see of the ontology, by default what `reference_ontology` reads. The
    vocabulary is not checked.
    """
    import pyshacl

    shapes = _reference_shapes()
    data = _rdflib_graph(triples)
    data += ontology if ontology is not None else reference_ontology()
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False, inplace=True)
    return _sorted(_reference_finding(node, report, shapes, patient) for node in report.objects(None, _sh("result")))


@cache
def reference_ontology() -> rdflib.Graph:
    """Read with rdflib what the shapes see of the ontology: classes, superclasses, individuals, parts of the body.

    The rest is left out because pySHACL copies all that it is given, which takes seconds.
    """
    import rdflib

    seen = {rdflib.URIRef(iri) for iri in (RDF_TYPE, RDFS + "subClassOf", HIP + "anatomicalPartOf")}
    graph = rdflib.Graph()
    for file in ontology_files():
        for triple in rdflib.Graph().parse(file):
            if triple[1] in seen and isinstance(triple[0], rdflib.URIRef) and isinstance(triple[2], rdflib.URIRef):
                graph.add(triple)
    return graph


@cache
def _reference_shapes() -> rdflib.Graph:
    import rdflib

    return rdflib.Graph().parse(PATIENT_SHAPES)


def _sh(name: str) -> rdflib.URIRef:
    import rdflib

    return rdflib.URIRef(_SH + name)


def _rdflib_graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    """Copy triples into rdflib, numbers and dates in the form that pyoxigraph gives them in a store."""
    import rdflib

    store, graph = ox.Store(), rdflib.Graph()
    store.extend(ox.Quad(*triple) for triple in triples)
    for triple in store:
        graph.add((_rdflib_term(triple.subject), _rdflib_term(triple.predicate), _rdflib_term(triple.object)))
    return graph


def _rdflib_term(term: Term) -> Node:
    import rdflib

    if isinstance(term, ox.Literal):
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
    return rdflib.BNode(term.value) if isinstance(term, ox.BlankNode) else rdflib.URIRef(_text(term))


def _reference_finding(result: Node, report: rdflib.Graph, shapes: rdflib.Graph, patient: str) -> Finding:
    import rdflib

    def found(name: str) -> Node | None:
        return report.value(result, _sh(name))

    def told(name: str) -> str:
        return str(shapes.value(shape, rdflib.URIRef(HIP + name)) or "")

    shape, value, path = found("sourceShape"), found("value"), found("resultPath")
    datatype = ""
    if isinstance(value, rdflib.Literal):
        datatype = curie(str(value.datatype or (PREFIXES["rdf"] + "langString" if value.language else XSD + "string")))
    return Finding(
        severity=_severity(str(found("resultSeverity"))),
        shape=curie(str(shape)),
        patient=patient,
        node=_rdflib_text(found("focusNode")),
        path=curie(str(path)) if isinstance(path, rdflib.URIRef) else "",
        value=_rdflib_text(value),
        message=str(found("resultMessage")),
        fix=told("fix"),
        datatype=datatype,
        asks=told("asks"),
        asks_for=curie(told("asksFor")) if told("asksFor") else "",
    )


def _severity(iri: str) -> Severity:
    return next(severity for severity in _SEVERITIES if iri == _SH + severity.capitalize())


def _rdflib_text(term: Node | None) -> str:
    import rdflib

    if term is None:
        return ""
    return f"_:{term}" if isinstance(term, rdflib.BNode) else str(term)
