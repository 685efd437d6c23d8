"""Read interventions from a classified ontology: what each is, comprises and excludes, and which come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from hipkg.base import hip
from hipkg.base.errors import OntologyError
from hipkg.base.vocabulary import RDFS, curie
from hipkg.knowledge.records import InterventionInfo
from hipkg.owl.expression import leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.knowledge.records import StatementInfo
    from hipkg.maintenance.told import Told


class InterventionReader:
    """Read the interventions of an ontology, whose statements tell in which order they come."""

    def __init__(self, told: Told, statements: Sequence[StatementInfo]) -> None:
        self._told = told
        self._axioms = told.axioms
        self._superclasses = told.superclasses
        self._stated = statements

    def interventions(self) -> list[InterventionInfo]:
        """Read all interventions, in the order of their names."""
        found = sorted(iri for iri in self._axioms.classes if self._told.is_a(iri, hip.Intervention))
        phases = self._phases(found)
        categories, requests = self._told.by_subject(hip.category), self._told.by_subject(hip.requestedAs)
        routes, served = self._told.by_subject(hip.impliesRoute), self._told.by_subject(hip.serves)
        forms = self._told.by_subject(hip.otherFormOf)
        excluding = self._told.by_subject(hip.excludedBefore)
        dangers = [(it, danger) for danger in excluding for it in self._told.values(danger, hip.excludedBefore)]
        wishes = [
            (it, wish)
            for wish in self._told.by_subject(hip.wishAgainst)
            for it in self._told.values(wish, hip.wishAgainst)
        ]
        pairs = [(one, other) for one in found for other in self._told.values(one, hip.incompatibleWith)]
        pairs += [(other, one) for one, other in pairs]
        return [
            InterventionInfo(
                iri=iri,
                label=self._told.text(iri, RDFS + "label"),
                category=self._told.text(self._told.nearest(iri, categories), RDFS + "label"),
                superclasses=frozenset(one for one in self._superclasses.get(iri, ()) if one in set(found)),
                phase=phases[iri],
                side_rule=self._told.text(iri, hip.sideRule),
                side_phrase=self._told.text(iri, hip.sidePhrase),
                incompatible=tuple(
                    other
                    for other in found
                    if any(self._told.is_a(iri, one) and self._told.is_a(other, another) for one, another in pairs)
                ),
                requested_as=self._told.nearest(iri, requests),
                route=self._told.nearest(iri, routes),
                realised_by=self._told.text(iri, hip.realisedBy),
                realised_unless=self._told.text(iri, hip.realisedUnless),
                comprises=self._told.values(iri, hip.comprises),
                programme_of=self._told.values(iri, hip.programmeOf),
                told_with=self._told.values(iri, hip.toldWith),
                exclude_first=self._told.all_told(iri, dangers),
                serves=self._told.nearest(iri, served),
                other_form_of=self._told.nearest(iri, forms),
                unwanted_for=self._told.all_told(iri, wishes),
            )
            for iri in found
        ]

    def _phases(self, interventions: list[str]) -> dict[str, int]:
        """Order interventions by the treatments that their statements wait for.

        That a document waits with all its advice orders nothing, nor does what a safety module holds back until its
        danger is weighed.

        Raises `OntologyError` when an intervention waits, in the end, for itself.
        """
        graph = nx.DiGraph()
        graph.add_nodes_from(interventions)
        known = set(interventions)
        for statement in self._stated:
            safety = self._told.text(statement.document, hip.safetyModule)
            if safety or statement.effect not in {hip.indicates, hip.holdsBack}:
                continue
            waited = self._told.values(
                statement.iri, hip.requires if statement.effect == hip.indicates else hip.exceptFor
            )
            needed = {one for iri in waited for one in leaves(iri, self._axioms.definitions)}
            graph.add_edges_from(
                (one, statement.intervention) for one in needed & known if one != statement.intervention
            )
        graph.add_edges_from((earlier, iri) for iri in interventions for earlier in self._told.values(iri, hip.follows))
        for iri in interventions:
            graph.add_edges_from((parent, iri) for parent in self._superclasses.get(iri, ()) if graph.in_degree(parent))
        if not nx.is_directed_acyclic_graph(graph):
            names = " → ".join(curie(one) for one, _ in nx.find_cycle(graph))
            raise OntologyError(
                f"Prerequisites form a cycle: {names}.", remedy="Look at what the requirements mention."
            )
        return {
            iri: number for number, generation in enumerate(nx.topological_generations(graph)) for iri in generation
        }
