"""What a classified ontology says of its terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import is_term
from hipkg.owl import reasoners as java

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.maintenance.sources import Sources


class Told:
    """Look up the annotations, the classes and the axioms of a classified ontology."""

    def __init__(self, sources: Sources, result: java.Entailments) -> None:
        self.triples = sources.triples
        self.axioms = sources.axioms
        self.superclasses = {
            iri: frozenset(one for one in closed if is_term(one) and one != iri)
            for iri, closed in java.close(result.subclasses).items()
            if is_term(iri)
        }
        self.texts: dict[tuple[str, str], list[str]] = {}
        for triple in sources.triples:
            if isinstance(triple.subject, ox.NamedNode) and not isinstance(triple.object, ox.BlankNode):
                self.texts.setdefault((triple.subject.value, triple.predicate.value), []).append(triple.object.value)  # type: ignore[union-attr]

    def text(self, subject: str, prop: str) -> str:
        """Give what a term says by a property, the first of several, or nothing."""
        return next(iter(sorted(self.texts.get((subject, prop), []))), "")

    def values(self, subject: str, prop: str) -> tuple[str, ...]:
        """List what a term says by a property."""
        return tuple(sorted(self.texts.get((subject, prop), [])))

    def by_subject(self, prop: str) -> dict[str, str]:
        """Map each term that says something by a property to what it says."""
        return {subject: values[0] for (subject, one), values in self.texts.items() if one == prop}

    def is_a(self, iri: str, other: str) -> bool:
        """Tell whether a class is another, or below it."""
        return iri == other or other in self.superclasses.get(iri, ())

    def individual_types(self) -> dict[str, frozenset[str]]:
        """Map each individual to its classes."""
        return {
            iri: frozenset(one for kind in kinds for one in {kind, *self.superclasses.get(kind, ())})
            for iri, kinds in self.axioms.individual_types.items()
        }

    def nearest(self, iri: str, told: Mapping[str, str]) -> str:
        """Take what is told of the nearest class, such as its category."""
        candidates = told.keys() & {iri, *self.superclasses.get(iri, ())}
        nearest = sorted(candidates, key=lambda one: (-len(self.superclasses.get(one, ())), one))
        return told[nearest[0]] if nearest else ""

    def all_told(self, iri: str, told: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """List what is told of a class and of all those above it, of the nearest ones first."""
        above = {iri, *self.superclasses.get(iri, ())}
        found = sorted((-len(self.superclasses.get(cls, ())), cls, one) for cls, one in told if cls in above)
        return tuple(dict.fromkeys(one for *_, one in found))
