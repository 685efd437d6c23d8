"""Write a module of the ontology in the project's normal form: rdflib's longturtle with the project's prefixes."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import OWL, PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rdflib.term import Node

_HEADER = ox.NamedNode(OWL + "Ontology")


def in_normal_form(quads: Iterable[ox.Quad]) -> str:
    """Write a module in its normal form.

    Blank nodes are named canonically first (RDF Dataset Canonicalization, RDFC-1.0), so that their order is fixed too.
    """
    from rdflib import Graph

    # It would tell of every literal that is not of its datatype, with a stack of calls.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for quad in in_canonical_order(quads):
        graph.add((_rdflib_term(quad.subject), _rdflib_term(quad.predicate), _rdflib_term(quad.object)))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of numbers that are none, which the checks of the ontology tell with their line
        return graph.serialize(format="longturtle")


def in_canonical_order(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Name blank nodes canonically and sort, the header of an ontology first, so that equal graphs are equal lists."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    headers = {one.subject for one in dataset if one.object == _HEADER}
    return sorted(dataset, key=lambda one: (one.subject not in headers, one.object != _HEADER, str(one)))


def _rdflib_term(term: object) -> Node:
    from rdflib import BNode, URIRef
    from rdflib import Literal as RdfLiteral

    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if not isinstance(term, ox.Literal):
        raise TypeError(f"{term} is no term of RDF 1.1")
    if term.language:
        return RdfLiteral(term.value, lang=term.language)
    plain = term.datatype.value == PREFIXES["xsd"] + "string"
    return RdfLiteral(term.value, datatype=None if plain else URIRef(term.datatype.value), normalize=False)
