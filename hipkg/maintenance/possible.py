"""Find what a record is in when a context lacks exactly one fact that can be asked for.

A context of statements is *possible* for a problem when some disjunct of its definition holds but for one conjunct, and
that one is marked askable (`hip:askable`), or is a kind that only adds a qualifier to what is recorded
(`hip:qualifies`). A fact of another place is not asked for, nor one without which no problem would be left: what nobody
recorded at all is no problem to ask about. The possible contexts are written as classes of a module of their own, so
that every reasoner decides them alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.base.paths import POSSIBLE_CONTEXTS, ontology_files
from hipkg.base.vocabulary import HIP, OWL, RDFS, SKOS, curie
from hipkg.maintenance.release import read
from hipkg.owl.expression import And, Expression, Named, Or, Some, Value, named_classes
from hipkg.owl.normal_form import in_normal_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Set
    from pathlib import Path

    from hipkg.owl.axioms import Axioms

IRI = "https://w3id.org/hipkg/ontology/possible"
_ELSEWHERE = frozenset({hip.problemOf})


class Marks(NamedTuple):
    """What an ontology says can be asked for: classes that are askable, and kinds with what they only qualify."""

    askable: Set[str]
    qualified: Mapping[str, str]


class Possible(NamedTuple):
    """A context of statements without the one fact that it ``lacks``: what then is left of its definition."""

    context: str
    lacks: str
    left: Expression


def possible_contexts(triples: Iterable[ox.Triple], axioms: Axioms) -> list[Possible]:
    """List the ways in which the contexts of statements are possible, in the order of their names."""
    told = [*_named(triples)]
    askable = frozenset(subject for subject, prop, _ in told if prop == hip.askable)
    marks = Marks(askable, {subject: target for subject, prop, target in told if prop == hip.qualifies})
    finder = _Finder(axioms.definitions, marks)
    possible = []
    for context in sorted({target for _, prop, target in told if prop == hip.appliesTo}):
        for lacks, left in sorted(dict.fromkeys(finder.without(Named(context))), key=lambda one: one[0]):
            if left is not None and any(_is_problem(one, axioms) for one in named_classes(left)):
                possible.append(Possible(context, lacks, left))
    return possible


def _named(triples: Iterable[ox.Triple]) -> Iterator[tuple[str, str, str]]:
    """List the triples of named subjects whose object is no blank node, as texts."""
    for one in triples:
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode | ox.Literal):
            yield one.subject.value, one.predicate.value, one.object.value


def _is_problem(iri: str, axioms: Axioms) -> bool:
    return hip.Problem in reached([iri], lambda one: axioms.superclasses.get(one, ())) and iri != hip.Problem


class _Finder:
    def __init__(self, definitions: Mapping[str, Expression], marks: Marks) -> None:
        self._definitions = definitions
        self._marks = marks

    def without(self, expression: Expression) -> Iterator[tuple[str, Expression | None]]:
        """List each askable fact of an expression with what is left without it, None for nothing."""
        match expression:
            case Named(iri):
                yield from self._without_class(iri)
            case And(operands):
                for number, operand in enumerate(operands):
                    before, after = operands[:number], operands[number + 1 :]
                    for lacks, left in self.without(operand):
                        yield lacks, _all_of((*before, *([left] if left else []), *after))
            case Or(operands):
                for operand in operands:
                    yield from self.without(operand)
            case Some(prop, filler) if prop not in _ELSEWHERE:
                for lacks, left in self.without(filler):
                    yield lacks, Some(prop, left) if left else None
            case _:
                return

    def _without_class(self, iri: str) -> Iterator[tuple[str, Expression | None]]:
        if iri in self._marks.qualified:
            yield iri, Named(self._marks.qualified[iri])
        elif iri in self._marks.askable:
            yield iri, None
        elif iri in self._definitions:
            yield from self.without(self._definitions[iri])


def _all_of(operands: tuple[Expression, ...]) -> Expression | None:
    flat = tuple(one for it in operands for one in (it.operands if isinstance(it, And) else (it,)))
    return And(flat) if len(flat) > 1 else next(iter(flat), None)


def possible_module(files: Iterable[Path] | None = None) -> str:
    """Write the module of the possible contexts in Turtle, as it follows from the other modules.

    Parameters: ``files`` are the other modules, by default those of the ontology.

    Raises `OntologyError` as `hipkg.maintenance.release.read` does.
    """
    sources = read(files or (path for path in ontology_files() if path != POSSIBLE_CONTEXTS))
    told = {(subject, prop): text for subject, prop, text in _named(sources.triples)}
    found = possible_contexts(sources.triples, sources.axioms)
    text = _module(found, lambda iri: told[iri, RDFS + "label"], told.get((hip.ontology, OWL + "versionInfo"), "0"))
    return in_normal_form(ox.parse(text, format=ox.RdfFormat.TURTLE))


def _module(found: Iterable[Possible], label: Callable[[str], str], version: str) -> str:
    parts = [_HEADER.format(iri=IRI, version=version)]
    number: dict[str, int] = {}
    for one in found:
        number[one.context] = number.get(one.context, 0) + 1
        name = f"{curie(one.context)}ButFor{number[one.context]}"
        context, lacks = label(one.context), label(one.lacks)
        parts.append(
            f"{name} a owl:Class ; rdfs:subClassOf hip:Problem ;\n"
            f'  rdfs:label "{context}, but for {lacks}"@en ;\n'
            f'  skos:definition "What is in the context {context} if it is so that {lacks} is there."@en ;\n'
            f"  hip:possibleContext {curie(one.context)} ; hip:lacksFact {curie(one.lacks)} ;\n"
            f"  owl:equivalentClass {_turtle(_all_of((Named(hip.Problem), one.left)))} .\n"
        )
    return "\n".join(parts)


_HEADER = f"""PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX hip: <{HIP}>
PREFIX owl: <{OWL}>
PREFIX rdfs: <{RDFS}>
PREFIX skos: <{SKOS}>

<{{iri}}> a owl:Ontology ;
  dcterms:description "Contexts without the one fact that they lack, as the release finds them, not as editors do."@en ;
  dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
  dcterms:title "hipkg: possible contexts"@en ;
  owl:imports <https://w3id.org/hipkg/ontology/conditions> , <https://w3id.org/hipkg/ontology/core> ,
    <https://w3id.org/hipkg/ontology/findings> , <https://w3id.org/hipkg/ontology/patients> ;
  owl:versionInfo "{{version}}" ; owl:versionIRI <{{iri}}/{{version}}> .
"""


def _turtle(expression: Expression | None) -> str:
    """Write the expressions that are left of contexts as Turtle."""
    match expression:
        case Named(iri):
            return curie(iri)
        case And(operands):
            return f"[ a owl:Class ; owl:intersectionOf ( {' '.join(map(_turtle, operands))} ) ]"
        case Or(operands):
            return f"[ a owl:Class ; owl:unionOf ( {' '.join(map(_turtle, operands))} ) ]"
        case Some(prop, filler):
            return f"[ a owl:Restriction ; owl:onProperty {curie(prop)} ; owl:someValuesFrom {_turtle(filler)} ]"
        case Value(prop, individual):
            return f"[ a owl:Restriction ; owl:onProperty {curie(prop)} ; owl:hasValue {curie(individual)} ]"
        case other:
            raise ValueError(f"{other!r} is left of a context and cannot be written.")
