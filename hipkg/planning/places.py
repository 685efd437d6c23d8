"""How the body sites of a patient are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.planning.records import Place

if TYPE_CHECKING:
    from hipkg.derivation.records import Derivation, Outlook
    from hipkg.knowledge.records import Knowledge


class SiteNames:
    """Name the body sites of a patient, such as "left hip"."""

    def __init__(self, derivation: Derivation | Outlook, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        graph = derivation.facts
        recorded = graph.objects.get(hip.hasSide, {}).keys() - knowledge.terms
        self._sides = {site: max(graph.nodes(site, hip.hasSide), default="") for site in recorded}
        self._graph = graph
        self._names = {"": ""}
        self.places: tuple[Place, ...] = ()
        for site in sorted({one.site for one in derivation.evaluations if one.site} - knowledge.terms):
            self._names[site] = self.named(site)
            self.places += (Place(site, self._kind(site), self._sides.get(site, "")),)

    def name(self, site: str) -> str:
        """Name a site with its side, or return an empty string for none."""
        return self._names.get(site) or self._knowledge.label(site)

    def named(self, node: str) -> str:
        """Name any node by its side and its narrowest class."""
        side = self._knowledge.label(self._sides[node]) + " " if node in self._sides else ""
        return side + self._knowledge.label(self._kind(node))

    def _kind(self, node: str) -> str:
        above = self._knowledge.superclasses
        return max(self._graph.classes(node), key=lambda one: (len(above.get(one, ())), one), default="")

    def opposite(self, site: str) -> str:
        """Name the side opposite to that of a site, or return an empty string if it has none."""
        side = self._sides.get(site)
        return self._knowledge.label(self._knowledge.opposites[side]) if side else ""
