"""What a dataset declares of terms, and whether it has anything that they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.base.vocabulary import OWL, RDFS

if TYPE_CHECKING:
    from collections.abc import Iterator

TOLD_OF = (RDFS + "domain", hip.recordedOf, hip.toldOf)
"""By what a property says of what kinds of nodes it is told."""
_INVERSE = OWL + "inverseOf"
LOOKED_AT = 10_000
"""How many triples are looked at to tell what a property has."""


class Declared:
    """Look terms up in a dataset."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store

    def values(self, iri: str, prop: str) -> set[str]:
        """List the names that a term has by a property."""
        found = self.quads(ox.NamedNode(iri), prop, None)
        return {one.object.value for one in found if isinstance(one.object, ox.NamedNode)}

    def above(self, iri: str) -> set[str]:
        """Collect a class with those that it is a kind of."""
        return reached([iri], lambda one: self.values(one, RDFS + "subClassOf"))

    def kinds(self, prop: str) -> frozenset[str]:
        """List the kinds of nodes that have a property: its domain or what it is told of, or that of a wider one."""
        for one in (prop, *sorted(reached([prop], lambda it: self.values(it, RDFS + "subPropertyOf")) - {prop})):
            inverses = {*self.values(one, _INVERSE), *self._subjects(_INVERSE, one)}
            ranges = {it for inverse in inverses for it in self.values(inverse, RDFS + "range")}
            if found := {it for said in TOLD_OF for it in self.values(one, said)} or ranges:
                return frozenset(found)
        return frozenset()

    def _subjects(self, prop: str, iri: str) -> set[str]:
        found = self.quads(None, prop, ox.NamedNode(iri))
        return {one.subject.value for one in found if isinstance(one.subject, ox.NamedNode)}

    def has(self, subject: ox.NamedNode | None, prop: str, target: ox.NamedNode | ox.Literal | None) -> bool:
        """Tell whether there is a triple; None stands for anything."""
        return next(self.quads(subject, prop, target), None) is not None

    def quads(
        self, subject: ox.NamedNode | None, prop: str, target: ox.NamedNode | ox.Literal | None
    ) -> Iterator[ox.Quad]:
        """List the triples with a property; None stands for anything."""
        return self.store.quads_for_pattern(subject, ox.NamedNode(prop), target)
