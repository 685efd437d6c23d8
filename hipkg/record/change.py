"""What is added to a record and what is taken out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.record.facts import as_resource, as_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from hipkg.record.facts import Node

Fact: TypeAlias = tuple[str, str, "Node"]
OWNS = {hip.hasProblem, hip.hasStudy, hip.hasCourse}


@shown_by("added", "removed")
@dataclass(frozen=True, slots=True)
class Change:
    """What is added to a record and what is taken out of it."""

    added: frozenset[Fact] = frozenset()
    removed: frozenset[Fact] = frozenset()

    @property
    def nodes(self) -> frozenset[str]:
        """Collect the nodes of which something is changed."""
        touched = {subject for subject, prop, _ in self.added if prop not in OWNS}
        return frozenset(touched | {subject for subject, _, _ in self.removed})

    @property
    def size(self) -> tuple[int, int, int]:
        """Count the nodes that change, twice where an old one is said to be something else as well, and the facts."""
        new = {target for _, prop, target in self.added if prop in OWNS}
        retyped = {subject for subject, prop, _ in self.added if prop == RDF_TYPE} - new
        return len(self.nodes) + len(retyped), len(self.added) + len(self.removed), len(self.removed)

    def outline(self, single_valued: Set[str]) -> frozenset[object]:
        """Leave out what is only one of several coded values that would do, so that like changes can be told once."""
        return frozenset((one, prop, None if prop in single_valued else value) for one, prop, value in self.added)

    def __or__(self, other: Change) -> Change:
        """Make both changes."""
        return Change(self.added | other.added, self.removed | other.removed)

    def renamed(self, names: Mapping[str, str]) -> Change:
        """Give other names to nodes of what is added."""
        return Change(
            frozenset(
                (names.get(one, one), prop, names.get(value, value) if isinstance(value, str) else value)
                for one, prop, value in self.added
            ),
            self.removed,
        )

    def apply(self, triples: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
        """Change a record."""
        removed = {_triple(one) for one in self.removed}
        kept = [one for one in triples if one not in removed]
        return tuple(sorted({*kept, *map(_triple, self.added)}, key=str))


NO_CHANGE = Change()


def _triple(fact: Fact) -> ox.Triple:
    subject, prop, target = fact
    return ox.Triple(as_resource(subject), ox.NamedNode(prop), as_term(target))
