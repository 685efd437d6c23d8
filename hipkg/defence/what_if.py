"""Tell how the plan of a patient would change if the record were another; the file is only read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import NamedNode

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import HIP, RDF_TYPE, curie
from hipkg.defence.difference import Difference, difference
from hipkg.defence.wording import Describer
from hipkg.knowledge import loading
from hipkg.knowledge.selection import select
from hipkg.pipeline.process import each_alone, plan_patient, plan_patients
from hipkg.reading.assertions import read_addition, read_removal
from hipkg.reading.patients import linked
from hipkg.record.change import NO_CHANGE, Change
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence
    from datetime import date

    from hipkg.knowledge.selection import Selection
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Plan
    from hipkg.reasoning.engines import EngineName
    from hipkg.record.patient import Record
    from hipkg.validation.findings import Finding


_PATIENT = HIP + "Patient"


class WhatIf(NamedTuple):
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


def what_if(
    source: str | os.PathLike[str] | bytes,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    allow_invalid: bool = False,
) -> tuple[WhatIf, ...]:
    """Compare the plan of each patient with the plan after a change of the record.

    Parameters: ``add`` and ``remove`` are short assertions, Turtle, or ``@`` with the name of a file, as
    `hipkg.reading.assertions` reads them; the others are those of `hipkg.plan`.

    Raises `UsageError` for an assertion that is not understood or without any, and what `hipkg.plan` raises, also where
    the change makes the record invalid or contradictory; of several imported patients, the others are then compared.
    """
    if not (add or remove):
        raise UsageError("Nothing is to be changed.", remedy="Say what with --add or --remove.")
    selection = select(documents)
    recorded = plan_patients(
        source, format=format, as_of=as_of, engine=engine, selection=selection, allow_invalid=allow_invalid
    )
    return each_alone(
        tuple((one.graph, one) for one in recorded),
        lambda graph, one: _compared(one, changes(graph, add, remove), engine, selection, allow_invalid=allow_invalid),
    )


def changes(record: Record, add: Sequence[str], remove: Sequence[str]) -> Change:
    """Read what is to be added to a record and taken out of it.

    Raises `UsageError` for what is not understood, and for additions that do not belong to the patient.
    """
    knowledge = loading.load()
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
    others = [one for one, prop, kind in change.added if (prop, kind) == (RDF_TYPE, _PATIENT) and one != record.iri]
    if others:
        raise UsageError(
            "The addition describes another patient.", place=curie(min(others)), remedy="Add to one patient only."
        )
    kept = {
        text_of(one.subject.value) for one in changed_by(record, change).triples if isinstance(one.subject, NamedNode)
    }
    loose = {subject for subject, _, _ in change.added} - kept
    if loose:
        raise UsageError(
            f"The addition speaks of a node that nothing links to the patient {curie(record.iri)}.",
            place=curie(min(loose)),
            remedy="Link it, as with hip:hasProblem, hip:hasCourse or hip:hasStudy.",
        )


def _compared(
    recorded: Planned, change: Change, engine: EngineName, selection: Selection, *, allow_invalid: bool
) -> WhatIf:
    """Compare the plan of a patient with the plan after a change."""
    graph, _, before = recorded
    changed = replace(changed_by(graph, change), source=f"{graph.source}, as changed")
    after = plan_patient(changed, engine=engine, selection=selection, allow_invalid=allow_invalid).plan
    known = {*before.findings}
    findings = tuple(one for one in after.findings if one not in known)
    facts = Describer(graph, loading.load()).facts(change)
    return WhatIf(facts, before, after, difference(before, after), findings, changed)
