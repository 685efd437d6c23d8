"""What a dataset declares of terms, and whether it has anything that they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.groups import reached
from hipkg.base.vocabulary import RDFS

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    def has(self, subject: ox.NamedNode | None, prop: str, target: ox.NamedNode | ox.Literal | None) -> bool:
        """Tell whether there is a triple; None stands for anything."""
        return next(self.quads(subject, prop, target), None) is not None

    def quads(
        self, subject: ox.NamedNode | None, prop: str, target: ox.NamedNode | ox.Literal | None
    ) -> Iterator[ox.Quad]:
        """List the triples with a property; None stands for anything."""
        return self.store.quads_for_pattern(subject, ox.NamedNode(prop), target)
