"""Try changes of one patient's record: find them, derive the plan again with each, and say them in words."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.errors import InconsistentData
from hipkg.defence.search import Abducer
from hipkg.defence.wording import Describer
from hipkg.derivation.again import Again
from hipkg.derivation.native import derive_natively, goals_of, world_of
from hipkg.knowledge.frame.claims import Status
from hipkg.reasoning.native import entailed_further, entailed_graph
from hipkg.record.facts import NOTHING
from hipkg.validation.findings import conforms, validate_triples, violations_of

if TYPE_CHECKING:
    from hipkg.derivation.records import Derivation, Outlook
    from hipkg.pipeline.process import Planned
    from hipkg.record.change import Change
    from hipkg.record.facts import Facts
    from hipkg.record.patient import Record

OFFERED = 2
"""How many interventions a course is taken to be of where it may be of any."""


class Bench:
    """Try changes of the record of one patient with the native engine.

    ``abducer`` looks for changes, ``describer`` words them. Parameters: ``diagnoses`` allows new conditions.
    """

    def __init__(self, planned: Planned, *, diagnoses: bool = True) -> None:
        self._record = planned.record
        self._knowledge = planned.knowledge
        self._selection = planned.request.selection
        self._diagnoses = diagnoses
        self._valid = self._conforms(planned.record)
        self._offered = _offered(planned)
        self.abducer = self.abducer_for(planned.derivation.facts, planned.record)
        self.describer = Describer(planned.record, planned.knowledge)

    def abducer_for(self, facts: Facts, record: Record) -> Abducer:
        """Make what looks for changes of a record, from which some facts follow."""
        return Abducer(
            facts,
            record.triples,
            self._knowledge,
            record.iri,
            record.as_of,
            offered=self._offered,
            diagnoses=self._diagnoses,
        )

    def changed(self, change: Change) -> Record:
        """Make the record after a change."""
        return replace(self._record, triples=change.apply(self._record.triples))

    def derive(self, change: Change) -> Derivation | None:
        """Derive what follows after a change; None if the record then contradicts the ontology."""
        facts = self._entailed_after(change)
        return derive_natively(facts, self._knowledge, self._selection) if facts else None

    def outlook(self, change: Change) -> Outlook | None:
        """Derive the states and the statuses that `derive` has, several times faster; None as there."""
        facts = self._entailed_after(change)
        return self._again.outlook(facts) if facts else None

    @cached_property
    def _again(self) -> Again:
        return Again(world_of(self._facts, self._knowledge, self._selection))

    @cached_property
    def _facts(self) -> Facts:
        """What follows from the record as it is."""
        return entailed_graph(self._record.normalised, self._knowledge)

    def _entailed_after(self, change: Change) -> Facts | None:
        """Add to what follows from the record what a change adds, or start anew where it takes something out."""
        changed = self.changed(change)
        before, after = {*self._record.normalised}, {*changed.normalised}
        if not before <= after:
            return self._entailed(changed)
        try:
            return entailed_further(self._facts, after - before, self._knowledge)
        except InconsistentData:
            return None

    def sketch(self, change: Change, statements: frozenset[str]) -> Derivation | None:
        """Derive what follows after a change for some statements, with nothing else; None if that is contradictory.

        What these statements decide alone (see `hipkg.knowledge.relevance`) comes out as `derive` has it, several times
        faster, but a contradiction elsewhere in the record is not seen.
        """
        entailed = self._entailed(self.changed(change), goals_of(statements, self._knowledge))
        return derive_natively(entailed, self._knowledge, self._selection, statements) if entailed else None

    def is_valid(self, change: Change) -> bool:
        """Tell whether the record after a change is as valid as it was before."""
        return not self._valid or self._conforms(self.changed(change))

    def _entailed(self, record: Record, goals: frozenset[str] | None = None) -> Facts | None:
        try:
            return entailed_graph(record.normalised, self._knowledge, goals)
        except InconsistentData:
            return None

    def _conforms(self, record: Record) -> bool:
        return conforms(validate_triples(record.triples, record.iri, violations_of(self._knowledge)))


def _offered(planned: Planned) -> tuple[str, ...]:
    """List what the plan asks to do at a body site, in its order, and then what the patient has or had of such."""
    asked = [one.intervention for one in planned.plan.actions if one.site and one.status == Status.INDICATED]
    facts = planned.derivation.facts
    courses = sorted(facts.members.get(hip.TreatmentCourse, NOTHING))
    had = [
        of for one in courses if facts.values(one, hip.targets) for of in sorted(facts.nodes(one, hip.ofIntervention))
    ]
    return tuple(islice(dict.fromkeys((*asked, *had)), OFFERED))
