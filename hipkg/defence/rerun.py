"""Derive the plan of a patient again after a change of the record, to see what the change would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hipkg.base.errors import InconsistentData
from hipkg.derivation.native import derive_natively, goals_of
from hipkg.reasoning.native import entailed_graph
from hipkg.record.normalise import normalised
from hipkg.validation.findings import conforms, validate_triples, violations

if TYPE_CHECKING:
    from hipkg.defence.search import Change
    from hipkg.derivation.queries import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.selection import Selection
    from hipkg.reading.rdf import PatientGraph
    from hipkg.record.facts import Graph


class Trial:
    """Try changes of the record of one patient with the native engine.

    Parameters: ``selection`` says which statements count, all by default.
    """

    def __init__(self, graph: PatientGraph, knowledge: Knowledge, selection: Selection | None = None) -> None:
        self.graph = graph
        self._knowledge = knowledge
        self._selection = selection
        self._valid = self._conforms(graph)

    def changed(self, change: Change) -> PatientGraph:
        """Make the record after a change."""
        return replace(self.graph, triples=change.apply(self.graph.triples))

    def derive(self, change: Change) -> Derivation | None:
        """Derive what follows after a change; None if the record then contradicts the ontology."""
        entailed = self._entailed(self.changed(change))
        return derive_natively(entailed, self._knowledge, self._selection) if entailed else None

    def sketch(self, change: Change, statements: frozenset[str]) -> Derivation | None:
        """Derive what follows after a change for some statements, with nothing else; None if that is contradictory.

        What these statements decide alone (see `hipkg.knowledge.relevance`) comes out as `derive` has it, several times
        faster, but a contradiction elsewhere in the record is not seen (see `is_sound`).
        """
        entailed = self._entailed(self.changed(change), goals_of(statements, self._knowledge))
        return derive_natively(entailed, self._knowledge, self._selection, statements) if entailed else None

    def is_sound(self, change: Change) -> bool:
        """Tell whether the record after a change is consistent, and as valid as it was before."""
        after = self.changed(change)
        return self._entailed(after) is not None and (not self._valid or self._conforms(after))

    def _entailed(self, graph: PatientGraph, goals: frozenset[str] | None = None) -> Graph | None:
        try:
            return entailed_graph(normalised(graph.triples), self._knowledge, goals)
        except InconsistentData:
            return None

    @staticmethod
    def _conforms(graph: PatientGraph) -> bool:
        return conforms(validate_triples(graph.triples, graph.iri, violations()))
