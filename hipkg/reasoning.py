"""Derive what the ontology entails for a patient, with one of several engines that give the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import pyoxigraph as ox

from hipkg import knowledge as released
from hipkg import native
from hipkg.errors import UsageError
from hipkg.terms import HIP, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.axioms import PropertyAxioms
    from hipkg.java import Entailments

EngineName = Literal["native", "hermit", "pellet"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


def reason_over(triples: Iterable[ox.Triple], engine: EngineName = "native") -> tuple[ox.Triple, ...]:
    """Add to the triples of a patient the classes and property values that the ontology entails.

    Raises `InconsistentData` if they contradict the ontology, `EngineUnavailable` if the engine cannot run,
    `UsageError` for an unknown engine.
    """
    given = tuple(triples)
    if engine == "native":
        return native.entail(given, released.load())
    if engine not in ENGINES:
        raise UsageError(f"There is no engine {engine!r}.", remedy=f"Choose one of: {', '.join(ENGINES)}.")
    from hipkg import java
    from hipkg.axioms import read_axioms
    from hipkg.resources import patient_modules
    from hipkg.sources import load_sources

    sources = load_sources(patient_modules())
    return _merge(given, java.entail(engine, [*sources, *given]), read_axioms(sources).properties)


def _merge(
    given: tuple[ox.Triple, ...], entailed: Entailments, properties: Mapping[str, PropertyAxioms]
) -> tuple[ox.Triple, ...]:
    """Turn the reduced answer of a reasoner into all triples about the individuals of the patient."""
    from hipkg.java import close

    nodes = {term.value for one in given for term in (one.subject, one.object) if isinstance(term, ox.NamedNode)}
    own = {node for node in nodes if not node.startswith(HIP)}
    closed = close(entailed.subclasses)
    types = {
        (node, upper) for node, cls in entailed.types if node in own for upper in closed.get(cls, frozenset()) | {cls}
    }
    merged = {_triple(node, RDF_TYPE, cls) for node, cls in types if cls.startswith(HIP)}
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
