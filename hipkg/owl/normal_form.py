"""Write a module of the ontology in the project's normal form: rdflib's longturtle with the project's prefixes."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rdflib.term import Node


def in_normal_form(quads: Iterable[ox.Quad]) -> str:
    """Write a module in its normal form.

    Blank nodes are named canonically first (RDF Dataset Canonicalization, RDFC-1.0), so that their order is fixed too.
    """
    from rdflib import Graph

    # It would tell of every literal that is not of its datatype, with a stack of calls.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for quad in sorted(dataset, key=str):
        graph.add((_rdflib_term(quad.subject), _rdflib_term(quad.predicate), _rdflib_term(quad.object)))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of numbers that are none, which the checks of the ontology tell with their line
        return graph.serialize(format="longturtle")


def patient_in_normal_form(path: Path) -> str:
    """Write the patient of a case in its normal form, with the prefixes that the file has.

    Raises `OntologyError` with the line where it is no Turtle.
    """
    from rdflib import Graph

    from hipkg.owl.sources import parsed

    for _ in parsed(path):
        pass
    return Graph(bind_namespaces="none").parse(path, format="turtle").serialize(format="longturtle")


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
