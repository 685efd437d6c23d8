"""How the plan of a patient changes as weaker statements are dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hipkg.base.brief import shown_by
from hipkg.base.errors import UsageError
from hipkg.derivation.native import derive_natively
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.selection import SCALES, Scale, Selection, grades, select
from hipkg.planning.places import SiteNames
from hipkg.reasoning.native import entailed_graph
from hipkg.validation.findings import conforms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Checked

GradedSelection: TypeAlias = tuple[tuple[str, ...], Selection]
"""A selection of statements with the grades, of equal rank, that it begins with; none for all statements."""
GONE = "-"
"""The status of an action that is not in the plan."""


@shown_by("grades")
@dataclass(frozen=True, slots=True)
class Threshold:
    """One choice of statements: those that state at least one of some grades of equal rank, or all of them.

    ``dropped`` are the ids of the statements about the patient that the threshold before this one still has.
    """

    grades: tuple[str, ...]
    dropped: tuple[str, ...]


@shown_by("label", "site", "statuses")
@dataclass(frozen=True, slots=True)
class Standing:
    """How an action stands: ``statuses`` has its status at each threshold, or `GONE`."""

    intervention: str
    label: str
    site: str
    place: str
    statuses: tuple[str, ...]


@dataclass(frozen=True)
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


def selections(
    knowledge: Knowledge, by: Scale, documents: Collection[str], *, grade_objections: bool
) -> tuple[GradedSelection, ...]:
    """Select all statements, then those from each rank on, each time with the grades of that rank.

    Parameters: ``by`` is the scale of the grades; the others are those of `hipkg.knowledge.selection.select`.

    Raises `UsageError` for an unknown scale, and what `select` raises.
    """
    if by not in SCALES:
        raise UsageError(f"There is no scale of grades {by!r}.", remedy=f"Choose among: {', '.join(SCALES)}.")
    found: list[GradedSelection] = [((), select(knowledge, documents))]
    for equal in grades(by, knowledge):
        least = (equal[0], "") if by == "strength" else ("", equal[0])
        found.append((equal, select(knowledge, documents, *least, grade_objections=grade_objections)))
    return tuple(found)


def sensitivity(
    checked: Checked, by: Scale, selections: Sequence[GradedSelection], knowledge: Knowledge
) -> Sensitivity:
    """Tell how the plan of a patient changes from one selection of statements to the next.

    It is reasoned once, and derived for each selection. Parameters: ``selections`` are those of the scale ``by``.
    """
    record = checked.record
    entailed = entailed_graph(record.normalised, knowledge)
    derivations = [derive_natively(entailed, knowledge, selection) for _, selection in selections]
    sites = SiteNames(derivations[0], knowledge)
    every, last = selections[0][1], selections[-1][1]
    standings = _standings(derivations, sites, knowledge)
    return Sensitivity(
        patient=record.iri,
        as_of=record.as_of,
        ontology_version=knowledge.version,
        by=by,
        documents=every.documents or tuple(sorted(info.id for info in knowledge.documents.values())),
        grade_objections=last.grade_objections,
        valid=conforms(checked.findings),
        thresholds=tuple(_thresholds(derivations[0], selections, knowledge)),
        shifts=tuple(one for one in standings if len(set(one.statuses)) > 1),
        steady=tuple(one for one in standings if len(set(one.statuses)) == 1),
    )


def _thresholds(whole: Derivation, selections: Sequence[GradedSelection], knowledge: Knowledge) -> Iterator[Threshold]:
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
            intervention=intervention,
            label=knowledge.label(intervention),
            site=sites.name(place),
            place=place,
            statuses=tuple(column.get((intervention, place), GONE) for column in columns),
        )
        for intervention, place in {key for column in columns for key in column}
    ]
    return sorted(found, key=lambda one: _order(one, knowledge))


def _order(one: Standing, knowledge: Knowledge) -> tuple[int, int, str, str, str]:
    """Order actions by their first status, then by phase, as plans do."""
    first = next(status for status in one.statuses if status != GONE)
    phase = knowledge.interventions[one.intervention].phase
    return (tuple(Status).index(Status(first)), phase, one.label, one.site, one.place)
