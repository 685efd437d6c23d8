"""Write classes that follow from the ontology as modules of it, which the release writes and nobody edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base.vocabulary import HIP, OWL, RDFS, SKOS, XSD, curie
from hipkg.owl.expression import FACETS, And, Expression, Facet, Named, OneOf, Or, Some, Value
from hipkg.owl.normal_form import in_normal_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SYMBOLS = {symbol: name for name, symbol in FACETS.items()}


class Written(NamedTuple):
    """A defined class to be written: its name, what it is below, its words and its annotations, each with a term."""

    iri: str
    upper: str
    label: str
    comment: str
    annotations: tuple[tuple[str, str], ...]
    definition: Expression


def told(triples: Iterable[ox.Triple]) -> Iterator[tuple[str, str, str]]:
    """List the triples of named subjects whose object is no blank node, as texts."""
    for one in triples:
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode | ox.Literal):
            yield one.subject.value, one.predicate.value, one.object.value


def module(
    name: str, title: str, description: str, version: str, classes: Iterable[Written], *, needs: Sequence[str] = ()
) -> str:
    """Write a module of the ontology in the normal form of Turtle.

    Parameters: ``name`` is the last part of its IRI; ``needs`` are those of the modules that it names terms of, besides
    those of patients and of their problems.
    """
    iri = f"{HIP}ontology/{name}"
    imports = ", ".join(f"<{HIP}ontology/{one}>" for one in ("conditions", "core", "findings", "patients", *needs))
    head = (
        f"PREFIX dcterms: <http://purl.org/dc/terms/>\nPREFIX hip: <{HIP}>\nPREFIX owl: <{OWL}>\n"
        f"PREFIX rdfs: <{RDFS}>\nPREFIX skos: <{SKOS}>\nPREFIX xsd: <{XSD}>\n\n"
        f'<{iri}> a owl:Ontology ; dcterms:description "{description}"@en ;\n'
        "  dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;\n"
        f'  dcterms:title "hipkg: {title}"@en ; owl:imports {imports} ;\n'
        f'  owl:versionInfo "{version}" ; owl:versionIRI <{iri}/{version}> .\n'
    )
    text = "\n".join([head, *map(_turtle_of, classes)])
    return in_normal_form(ox.parse(text, format=ox.RdfFormat.TURTLE))


def _turtle_of(one: Written) -> str:
    annotations = "".join(f"  {curie(prop)} {curie(value)} ;\n" for prop, value in one.annotations)
    return (
        f"{curie(one.iri)} a owl:Class ; rdfs:subClassOf {curie(one.upper)} ;\n"
        f'  rdfs:label "{one.label}"@en ; skos:definition "{one.comment}"@en ;\n'
        f"{annotations}  owl:equivalentClass {turtle(one.definition)} .\n"
    )


def turtle(expression: Expression) -> str:
    """Write a class expression in Turtle, with the project's prefixes."""
    match expression:
        case Named(iri):
            return curie(iri)
        case And(operands):
            return f"[ a owl:Class ; owl:intersectionOf ( {' '.join(map(turtle, operands))} ) ]"
        case Or(operands):
            return f"[ a owl:Class ; owl:unionOf ( {' '.join(map(turtle, operands))} ) ]"
        case OneOf(individuals):
            return f"[ a owl:Class ; owl:oneOf ( {' '.join(map(curie, individuals))} ) ]"
        case Some(prop, filler):
            return f"[ a owl:Restriction ; owl:onProperty {curie(prop)} ; owl:someValuesFrom {turtle(filler)} ]"
        case Value(prop, individual):
            return f"[ a owl:Restriction ; owl:onProperty {curie(prop)} ; owl:hasValue {curie(individual)} ]"
        case Facet(prop, datatype, bounds):
            limits = " ".join(f'[ xsd:{_SYMBOLS[one.symbol]} "{one.number:f}"^^{curie(datatype)} ]' for one in bounds)
            data = (
                f"[ a rdfs:Datatype ; owl:onDatatype {curie(datatype)} ; owl:withRestrictions ( {limits} ) ]"
                if bounds
                else curie(datatype)
            )
            return f"[ a owl:Restriction ; owl:onProperty {curie(prop)} ; owl:someValuesFrom {data} ]"
