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
    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.selection import Selection
    from hipkg.record.change import Change
    from hipkg.record.facts import Facts
    from hipkg.record.patient import Record


class Trial:
    """Try changes of the record of one patient with the native engine.

    Parameters: ``selection`` says which statements count, all by default.
    """

    def __init__(self, record: Record, knowledge: Knowledge, selection: Selection | None = None) -> None:
        self.graph = record
        self._knowledge = knowledge
        self._selection = selection
        self._valid = self._conforms(record)

    def changed(self, change: Change) -> Record:
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

    def _entailed(self, record: Record, goals: frozenset[str] | None = None) -> Facts | None:
        try:
            return entailed_graph(normalised(record.triples), self._knowledge, goals)
        except InconsistentData:
            return None

    @staticmethod
    def _conforms(record: Record) -> bool:
        return conforms(validate_triples(record.triples, record.iri, violations()))
