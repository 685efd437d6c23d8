"""How the plan of a patient changes as weaker statements are dropped.

The module is not named after its function: a package cannot have a function and a module of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hipkg.base.errors import UsageError
from hipkg.derivation.native import derive_natively
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.loading import load
from hipkg.knowledge.selection import SCALES, Scale, Selection, grades, select
from hipkg.pipeline.process import check_documents, each_alone, read_validated
from hipkg.planning.planner import SiteNames
from hipkg.reasoning.native import entailed_graph
from hipkg.record.normalise import normalised
from hipkg.validation.findings import conforms

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.record.patient import Record

GONE = "-"
"""The status of an action that is not in the plan."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One choice of statements: those that state at least one of some grades of equal rank, or all of them.

    ``dropped`` are the ids of the statements about the patient that the threshold before this one still has.
    """

    grades: tuple[str, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an action stands: ``statuses`` has its status at each threshold, or `GONE`."""

    intervention: str
    label: str
    site: str
    place: str
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How the plan of one patient changes as the grade that a statement has to state rises.

    ``by`` names the scale; ``thresholds`` begin with all statements and end with the strongest grade; ``shifts`` are
    the actions whose status changes, in the order of plans, and ``steady`` those whose status does not.
    ``grade_objections`` tells that what speaks against an action, or guards it, was dropped by its grade too; ``valid``
    that the record of the patient has no violation.
    """

    patient: str
    as_of: date
    ontology_version: str
    by: Scale
    documents: tuple[str, ...]
    grade_objections: bool
    valid: bool
    thresholds: tuple[Threshold, ...]
    shifts: tuple[Standing, ...]
    steady: tuple[Standing, ...]


def sensitivity(
    source: str | os.PathLike[str] | bytes,
    *,
    by: Scale = "strength",
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    documents: Collection[str] = (),
    grade_objections: bool = False,
    allow_invalid: bool = False,
) -> tuple[Sensitivity, ...]:
    """Tell for each patient of a file how the plan changes as weaker statements are dropped.

    Parameters: ``by`` is the scale of the grades, ``strength`` or ``evidence``; the others are those of `hipkg.plans`.

    Raises `UsageError` for an unknown scale, and what `hipkg.plans` raises.
    """
    if by not in SCALES:
        raise UsageError(f"There is no scale of grades {by!r}.", remedy=f"Choose among: {', '.join(SCALES)}.")
    check_documents(documents)
    knowledge = load()
    selections = tuple(_selections(by, documents, grade_objections, knowledge))
    checked = read_validated(source, format=format, as_of=as_of, allow_invalid=allow_invalid)
    return each_alone(
        checked,
        lambda graph, findings: _sensitivity(graph, by, selections, knowledge, valid=conforms(findings)),
    )


def _selections(
    by: Scale, documents: Collection[str], grade_objections: bool, knowledge: Knowledge
) -> Iterator[tuple[tuple[str, ...], Selection]]:
    """Select all statements, then those from each rank on, each time with the grades of that rank."""
    yield (), select(documents)
    for equal in grades(by, knowledge):
        least = (equal[0], "") if by == "strength" else ("", equal[0])
        yield equal, select(documents, *least, grade_objections=grade_objections)


def _sensitivity(
    record: Record,
    by: Scale,
    selections: Sequence[tuple[tuple[str, ...], Selection]],
    knowledge: Knowledge,
    *,
    valid: bool,
) -> Sensitivity:
    """Reason once, and derive for each selection."""
    entailed = entailed_graph(normalised(record.triples), knowledge)
    derivations = [derive_natively(entailed, knowledge, selection) for _, selection in selections]
    sites = SiteNames(derivations[0], knowledge)
    every, last = selections[0][1], selections[-1][1]
    standings = _standings(derivations, sites, knowledge)
    return Sensitivity(
        record.iri,
        record.as_of,
        knowledge.version,
        by,
        every.documents or tuple(sorted(info.id for info in knowledge.documents.values())),
        last.grade_objections,
        valid,
        tuple(_thresholds(derivations[0], selections, knowledge)),
        tuple(one for one in standings if len(set(one.statuses)) > 1),
        tuple(one for one in standings if len(set(one.statuses)) == 1),
    )


def _thresholds(
    whole: Derivation, selections: Sequence[tuple[tuple[str, ...], Selection]], knowledge: Knowledge
) -> Iterator[Threshold]:
    """Tell what each selection drops of the statements whose context holds for the patient."""
    kept = {one.statement for one in whole.evaluations}
    for equal, selection in selections:
        dropped = kept & selection.left_out(knowledge)
        kept -= dropped
        yield Threshold(equal, tuple(sorted(knowledge.statements[one].id for one in dropped)))


def _standings(derivations: Sequence[Derivation], sites: SiteNames, knowledge: Knowledge) -> list[Standing]:
    """Put the statuses of each action side by side, in the order of plans."""
    columns = [{(one.intervention, one.site): one.status for one in some.actions} for some in derivations]
    found = [
        Standing(
            intervention,
            knowledge.label(intervention),
            sites.name(place),
            place,
            tuple(column.get((intervention, place), GONE) for column in columns),
        )
        for intervention, place in {key for column in columns for key in column}
    ]
    return sorted(found, key=lambda one: _order(one, knowledge))


def _order(one: Standing, knowledge: Knowledge) -> tuple[int, int, str, str, str]:
    """Order actions by their first status, then by phase, as plans do."""
    first = next(status for status in one.statuses if status != GONE)
    phase = knowledge.interventions[one.intervention].phase
    return (tuple(Status).index(Status(first)), phase, one.label, one.site, one.place)
