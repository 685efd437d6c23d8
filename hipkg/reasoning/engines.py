"""Derive what the ontology entails for a patient, with one of several engines that give the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import OWL, RDF_TYPE, RDFS, is_term
from hipkg.reasoning import native

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge
    from hipkg.owl.properties import PropertyAxioms
    from hipkg.owl.reasoners import Entailments

EngineName = Literal["native", "hermit", "pellet"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


def reason_over(
    triples: Iterable[ox.Triple], load: Callable[[], Knowledge], engine: EngineName = "native"
) -> tuple[ox.Triple, ...]:
    """Add to the triples of a patient the classes and property values that the ontology entails.

    Parameters: ``load`` gives the knowledge of the native engine; the others reason over the sources of the ontology.

    Raises `InconsistentData` if they contradict the ontology, `EngineUnavailable` if the engine cannot run,
    `UsageError` for an unknown engine.
    """
    given = tuple(triples)
    if engine == "native":
        return native.entail(given, load())
    if engine not in ENGINES:
        raise UsageError(f"There is no engine {engine!r}.", remedy=f"Choose one of: {', '.join(ENGINES)}.")
    from hipkg.base.paths import patient_modules
    from hipkg.owl import reasoners as java
    from hipkg.owl.axioms import read_axioms
    from hipkg.owl.idle import without_idle_values
    from hipkg.owl.in_force import in_force
    from hipkg.owl.module import module
    from hipkg.owl.sources import load_sources

    sources, facts = in_force(load_sources(patient_modules())), tuple(facts_among(given))
    axioms = module(map(sufficient, without_idle_values(sources)) if engine == "hermit" else sources, facts)
    return completed(given, java.entail(engine, [*axioms, *facts]), read_axioms(sources).properties)


def facts_among(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """Keep of the triples of a patient what they say in terms of the ontology: the native engine reads nothing else."""
    for one in triples:
        name = one.object if one.predicate.value == RDF_TYPE else one.predicate
        if isinstance(name, ox.NamedNode) and is_term(name.value):
            yield one


def sufficient(axiom: ox.Triple) -> ox.Triple:
    """Keep of a definition that its conditions suffice for the class.

    A class with a definition is never asserted, told as a superclass, or a domain or range (`hipkg.owl.axioms` sees to
    it), so a patient is in it only by its conditions; that they are necessary as well entails nothing more of the
    patient. Without that half the ontology is Horn and HermiT has nothing to guess; Pellet does better with whole
    definitions.
    """
    if axiom.predicate.value == OWL + "equivalentClass" and isinstance(axiom.object, ox.BlankNode):
        return ox.Triple(axiom.object, ox.NamedNode(RDFS + "subClassOf"), axiom.subject)
    return axiom


def completed(
    given: tuple[ox.Triple, ...], entailed: Entailments, properties: Mapping[str, PropertyAxioms]
) -> tuple[ox.Triple, ...]:
    """Turn the reduced answer of a reasoner into all triples about the individuals of the patient."""
    from hipkg.owl.reasoners import close

    nodes = {term.value for one in given for term in (one.subject, one.object) if isinstance(term, ox.NamedNode)}
    own = {node for node in nodes if not is_term(node)}
    closed = close(entailed.subclasses)
    types = {
        (node, upper) for node, cls in entailed.types if node in own for upper in closed.get(cls, frozenset()) | {cls}
    }
    merged = {_triple(node, RDF_TYPE, cls) for node, cls in types if is_term(cls)}
    merged |= {_triple(*one) for one in _relations(given, entailed, properties) if one[0] in own}
    return tuple(sorted(merged | set(given), key=str))


def _relations(
    given: tuple[ox.Triple, ...], entailed: Entailments, properties: Mapping[str, PropertyAxioms]
) -> set[tuple[str, str, str]]:
    """Restore the property values that a reasoner leaves out because a narrower or an inverse property implies them."""
    asserted = {
        (one.subject.value, one.predicate.value, one.object.value)
        for one in given
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode)
    }
    inverses = {(one, other) for one, axioms in properties.items() for other in axioms.inverses}
    inverses |= {(other, one) for one, other in inverses} | {
        (one, one) for one, axioms in properties.items() if axioms.symmetric
    }
    restored: set[tuple[str, str, str]] = set()
    agenda = [one for one in asserted | entailed.relations if one[1] in properties]
    while agenda:
        subject, prop, target = relation = agenda.pop()
        if relation not in restored:
            restored.add(relation)
            agenda += [(subject, wider, target) for wider in properties[prop].superproperties]
            agenda += [(target, other, subject) for one, other in inverses if one == prop]
    return restored


def _triple(subject: str, predicate: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(target))
