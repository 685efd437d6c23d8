"""Describe an endpoint: SPARQL 1.1 Service Description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
_VOID_TRIPLES = "http://rdfs.org/ns/void#triples"
_RESULTS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
)


def description(endpoint: str, store: ox.Store, graphs: Iterable[str]) -> bytes:
    """Write the description of an endpoint as Turtle: what it takes and gives, and its graphs with their sizes."""
    return (
        ox.serialize(_triples(endpoint, store, graphs), format=ox.RdfFormat.TURTLE, prefixes={"sd": _SD, **PREFIXES})
        or b""
    )


def _triples(endpoint: str, store: ox.Store, graphs: Iterable[str]) -> Iterator[ox.Triple]:
    service, dataset, default = ox.BlankNode("service"), ox.BlankNode("dataset"), ox.BlankNode("default")
    yield _link(service, RDF_TYPE, _SD + "Service")
    yield _link(service, _SD + "endpoint", endpoint)
    yield _link(service, _SD + "supportedLanguage", _SD + "SPARQL11Query")
    yield _link(service, _SD + "feature", _SD + "UnionDefaultGraph")
    for one in _RESULTS:
        yield _link(service, _SD + "resultFormat", _FORMATS + one)
    yield ox.Triple(service, ox.NamedNode(_SD + "defaultDataset"), dataset)
    yield _link(dataset, RDF_TYPE, _SD + "Dataset")
    yield ox.Triple(dataset, ox.NamedNode(_SD + "defaultGraph"), default)
    yield from _graph(default, sum(1 for _ in store.quads_for_pattern(None, None, None, ox.DefaultGraph())))
    for number, name in enumerate(graphs):
        named, graph = ox.BlankNode(f"named{number}"), ox.BlankNode(f"graph{number}")
        yield ox.Triple(dataset, ox.NamedNode(_SD + "namedGraph"), named)
        yield _link(named, RDF_TYPE, _SD + "NamedGraph")
        yield _link(named, _SD + "name", name)
        yield ox.Triple(named, ox.NamedNode(_SD + "graph"), graph)
        yield from _graph(graph, sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(name))))


def _graph(node: ox.BlankNode, size: int) -> Iterator[ox.Triple]:
    yield _link(node, RDF_TYPE, _SD + "Graph")
    yield ox.Triple(node, ox.NamedNode(_VOID_TRIPLES), ox.Literal(str(size), datatype=ox.NamedNode(XSD + "integer")))


def _link(subject: ox.BlankNode, prop: str, target: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(prop), ox.NamedNode(target))
