"""Write classes that follow from the ontology as modules of it, which the release writes and nobody edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import HIP, PREFIXES, curie
from hipkg.owl.expression import FACETS, And, Expression, Facet, Named, OneOf, Or, Some, Value
from hipkg.owl.normal_form import in_normal_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hipkg.maintenance.sources import Sources

_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
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
    name: str, title: str, description: str, sources: Sources, classes: Iterable[Written], *, needs: Sequence[str] = ()
) -> str:
    """Write a module of the ontology in the normal form of Turtle.

    Parameters: ``name`` is the last part of its IRI; ``needs`` are those of the modules that it names terms of, besides
    those of patients and of their problems. A module of an ontology of one's own imports all others.
    """
    own, made = sources.own, ("possible", "denials")
    stem, called, version, licence = f"{HIP}ontology", "hipkg", sources.version or "0", _LICENCE
    imported = [f"{stem}/{one}" for one in ("conditions", "core", "findings", "patients", *needs)]
    if own:
        stem, called, version, licence = own.iri, own.prefix, own.version, own.licence or _LICENCE
        others = {f"{stem}/{one}" for one in made if one not in needs} | {own.iri}
        imported = [hip.ontology, *(f"{stem}/{one}" for one in needs if one in made), *({*own.modules} - others)]
    iri = f"{stem}/{name}"
    imports = ", ".join(f"<{one}>" for one in dict.fromkeys(imported))
    head = (
        f"{''.join(f'PREFIX {prefix}: <{space}>{chr(10)}' for prefix, space in PREFIXES.items())}\n"
        f'<{iri}> a owl:Ontology ; dcterms:description "{description}"@en ;\n'
        f"  dcterms:license <{licence}> ;\n"
        f'  dcterms:title "{called}: {title}"@en ; owl:imports {imports} ;\n'
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
