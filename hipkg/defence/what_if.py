"""Tell how the plan of a patient would change if the record were another; the file is only read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import RDF_TYPE, curie
from hipkg.defence.difference import Difference, difference
from hipkg.defence.wording import Describer
from hipkg.pipeline.process import plan_patient
from hipkg.reading.assertions import read_addition, read_removal
from hipkg.reading.graph_account import doubts_of
from hipkg.reading.patients import linked
from hipkg.record.change import NO_CHANGE, Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Plan
    from hipkg.record.patient import Record
    from hipkg.validation.findings import Finding


@dataclass(frozen=True)
class WhatIf:
    """Two plans of a patient, without and with a change of the record.

    ``facts`` say the change in words; ``findings`` are what validation finds in the changed record and not in the
    recorded one; ``graph`` is the changed record.
    """

    facts: tuple[str, ...]
    before: Plan
    after: Plan
    difference: Difference
    findings: tuple[Finding, ...]
    graph: Record

    @property
    def valid(self) -> bool:
        """Tell whether neither record has violations."""
        return self.before.valid and self.after.valid


def check_changes(add: Sequence[str], remove: Sequence[str]) -> None:
    """Refuse, before anything is read, to change nothing."""
    if not (add or remove):
        raise UsageError("Nothing is to be changed.", remedy="Say what is to be added or removed.")


def what_if(planned: Planned, add: Sequence[str], remove: Sequence[str]) -> WhatIf:
    """Compare the plan of a patient with the plan after a change of the record, which `changes` reads.

    Raises what that raises, and `InvalidPatient` or `InconsistentData` where the change makes the record so.
    """
    record, _, before, request, knowledge = planned
    change = changes(record, add, remove, knowledge)
    changed = replace(changed_by(record, change), source=f"{record.source}, as changed")
    changed = replace(changed, notices=tuple(dict.fromkeys((*record.notices, *doubts_of(changed, knowledge)))))
    after = plan_patient(changed, request, knowledge).plan
    known = {*before.findings}
    findings = tuple(one for one in after.findings if one not in known)
    facts = Describer(record, knowledge).facts(change)
    return WhatIf(
        facts=facts, before=before, after=after, difference=difference(before, after), findings=findings, graph=changed
    )


def changes(record: Record, add: Sequence[str], remove: Sequence[str], knowledge: Knowledge) -> Change:
    """Read what is to be added to a record and taken out of it.

    Raises `UsageError` for what is not understood, and for additions that do not belong to the patient.
    """
    change = NO_CHANGE
    for text in remove:
        change |= read_removal(text, record, knowledge)
    for text in add:
        changed = replace(record, triples=change.apply(record.triples))
        change |= read_addition(text, changed, knowledge)
    _refuse_strangers(record, change)
    return change


def changed_by(record: Record, change: Change) -> Record:
    """Change a record; what is then no longer linked to the patient is left out."""
    return replace(record, triples=linked(record.iri, change.apply(record.triples)))


def _refuse_strangers(record: Record, change: Change) -> None:
    """Refuse additions that describe another patient, or something that nothing links to the patient."""
    others = [one for one, prop, kind in change.added if (prop, kind) == (RDF_TYPE, hip.Patient) and one != record.iri]
    if others:
        raise UsageError(
            "The addition describes another patient.", place=curie(min(others)), remedy="Add to one patient only."
        )
    loose = {subject for subject, _, _ in change.added} - changed_by(record, change).subjects
    if loose:
        raise UsageError(
            f"The addition speaks of a node that nothing links to the patient {curie(record.iri)}.",
            place=curie(min(loose)),
            remedy="Link it, as with hip:hasProblem, hip:hasCourse or hip:hasStudy.",
        )
