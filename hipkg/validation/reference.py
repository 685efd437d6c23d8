"""Validate with pySHACL: the reference that the compiled shapes are held to."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.paths import PATIENT_SHAPES, ontology_files
from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, RDFS, XSD, curie, is_term

if TYPE_CHECKING:
    from collections.abc import Iterable

    import rdflib
    from rdflib.term import Node

    from hipkg.record.patient import Severity
    from hipkg.validation.compiler import Term
from hipkg.validation.findings import SEVERITIES, Finding, in_order, text_of_term

_SH = PREFIXES["sh"]


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
    data += _about(data, ontology if ontology is not None else reference_ontology())
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False, inplace=True)
    return in_order(_reference_finding(node, report, shapes, patient) for node in report.objects(None, _sh("result")))


@cache
def reference_ontology() -> rdflib.Graph:
    """Read with rdflib what the shapes see of the ontology: superclasses, classes of individuals, parts of the body."""
    import rdflib

    seen = {rdflib.URIRef(iri) for iri in (RDF_TYPE, RDFS + "subClassOf", hip.anatomicalPartOf)}
    graph = rdflib.Graph()
    for file in ontology_files():
        for triple in rdflib.Graph().parse(file):
            own = all(isinstance(one, rdflib.URIRef) and is_term(str(one)) for one in (triple[0], triple[2]))
            if own and triple[1] in seen:
                graph.add(triple)
    return graph


def _about(data: rdflib.Graph, ontology: rdflib.Graph) -> rdflib.Graph:
    """Take of an ontology what it tells of the terms that data name, because pySHACL examines all that it is given."""
    import rdflib

    told = rdflib.Graph()
    agenda = {*data.objects(), *data.predicates()}
    seen: set[Node] = set()
    while agenda:
        seen |= agenda
        for triple in (one for term in agenda for one in ontology.triples((term, None, None))):
            told.add(triple)
        agenda = {*told.objects()} - seen
    return told


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
    return rdflib.BNode(term.value) if isinstance(term, ox.BlankNode) else rdflib.URIRef(text_of_term(term))


def _reference_finding(result: Node, report: rdflib.Graph, shapes: rdflib.Graph, patient: str) -> Finding:
    import rdflib

    def found(name: str) -> Node | None:
        return report.value(result, _sh(name))

    def told(prop: str) -> str:
        return str(shapes.value(shape, rdflib.URIRef(prop)) or "")

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
        fix=told(hip.fix),
        datatype=datatype,
        asks=told(hip.asks),
        asks_for=curie(told(hip.asksFor)) if told(hip.asksFor) else "",
    )


def _severity(iri: str) -> Severity:
    return next(severity for severity in SEVERITIES if iri == _SH + severity.capitalize())


def _rdflib_text(term: Node | None) -> str:
    import rdflib

    if term is None:
        return ""
    return f"_:{term}" if isinstance(term, rdflib.BNode) else str(term)
