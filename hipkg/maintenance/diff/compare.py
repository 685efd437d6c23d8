"""Compare two ontologies as their maintainers read it: what is asserted, what follows, what it does to plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.maintenance.diff.axioms import AxiomChange, axiom_changes
from hipkg.maintenance.diff.classifying import Classifier
from hipkg.maintenance.diff.codes import CodeChange, code_changes
from hipkg.maintenance.diff.contents import Difference, release_difference
from hipkg.maintenance.diff.hierarchy import Hierarchy, hierarchy_changes
from hipkg.maintenance.diff.jobs import plans_in_jobs
from hipkg.maintenance.diff.meaning import Meaning, Relation
from hipkg.maintenance.diff.patients import patient_files
from hipkg.maintenance.diff.plans import Plans, plan_changes
from hipkg.maintenance.diff.reasoner import Reasoner
from hipkg.maintenance.diff.statements import (
    StatementDifference,
    compared_classes,
    statement_differences,
)
from hipkg.maintenance.levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from hipkg.base.errors import HipkgError
    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.diff.sides import Side

_NAMED = 8
"""How many statements a reason names."""


class Redefined(NamedTuple):
    """A class of both ontologies that means something else now."""

    iri: str
    label: str
    relation: Relation


class Reason(NamedTuple):
    """Why a change is of a level."""

    level: Level
    text: str


class OntologyDiff(NamedTuple):
    """What changes from one ontology to another.

    ``axioms`` are None where a side has no sources, ``plans`` where both make the same. ``redefined`` are the classes
    whose meaning differs, and ``asked`` tells whether a reasoner could say how. ``problem`` is why a reasoner did not
    answer that had time to or should have, and ``unclassified`` are the classes whose place in the hierarchy is told
    without it. ``statements`` are those that differ, of ``old_statements`` and ``new_statements`` in all. ``reasons``
    say why the change is of its ``level``, the gravest first. ``labels`` are those of the terms of both.
    """

    old: str
    new: str
    old_version: str
    new_version: str
    level: Level
    reasons: tuple[Reason, ...]
    axioms: tuple[AxiomChange, ...] | None
    codes: tuple[CodeChange, ...]
    hierarchy: Hierarchy
    redefined: tuple[Redefined, ...]
    asked: bool
    problem: HipkgError | None
    unclassified: tuple[str, ...]
    old_statements: int
    new_statements: int
    statements: tuple[StatementDifference, ...]
    plans: Plans | None
    labels: Mapping[str, str]


def compare(
    old: Side,
    new: Side,
    *,
    patients: Path | None = None,
    as_of: date | None = None,
    jobs: int = 1,
    reasoner: Reasoner | None = None,
) -> OntologyDiff:
    """Compare two ontologies.

    Parameters: ``patients`` is a folder of patients beside the examples and cases that lie with the new ontology, or
    else with the old one; ``as_of`` is the date of all plans; ``jobs`` is the number of processes that plan;
    ``reasoner`` is HermiT with the time that it has, by default that of `hipkg.base.limits`.

    Raises `OntologyError` or `InconsistentData` for an ontology that cannot be used, `EngineUnavailable` where one has
    to be classified beside a release file and no reasoner answers, and `UsageError` for patients that there are not.
    """
    classifier = Classifier(old, new, reasoner or Reasoner())
    before, after = classifier.knowledge()
    meaning = Meaning(before, after, compared_classes(before, after), classifier.ask if new.folder else None)
    statements = statement_differences(before, after, meaning)
    inner = release_difference(before, after)
    codes = code_changes(old.folder, new.folder) if old.folder and new.folder else ()
    plans = None
    if not inner.only_words or codes:
        files = patient_files(new.patients or old.patients, patients, as_of, after.version)
        differing = frozenset(one.id for one in statements if not one.only_words)
        if jobs == 1:
            plans = plan_changes(files, before, after, differing)
        else:
            plans = plans_in_jobs(files, (old, before), (new, after), differing, jobs)
    reasons = tuple(
        sorted(
            (*_of_plans(plans), *_of_statements(statements), *_of_terms(before, after, inner), *_of_codes(codes)),
            key=lambda one: -one.level.weight,
        )
    )
    return OntologyDiff(
        old.name,
        new.name,
        before.version,
        after.version,
        reasons[0].level if reasons else Level.NONE,
        reasons,
        axiom_changes(old.own, new.own) if old.folder and new.folder else None,
        codes,
        hierarchy_changes(before, after),
        tuple(
            Redefined(one, after.labels.get(one, ""), meaning.of(one))
            for one in sorted(meaning.changed - after.auxiliary)
        ),
        meaning.asked,
        classifier.problem,
        tuple(sorted(classifier.unclassified)),
        len(before.statements),
        len(after.statements),
        statements,
        plans,
        {**before.labels, **after.labels},
    )


def _of_plans(plans: Plans | None) -> Iterator[Reason]:
    if plans and plans.changed:
        count = sum(len(one.files) for one in plans.changed)
        yield Reason(Level.MAJOR, f"the plans of {count} of {plans.compared} patients differ")


def _of_statements(statements: tuple[StatementDifference, ...]) -> Iterator[Reason]:
    grave = [one.id for one in statements if not one.only_words]
    if grave:
        named = ", ".join(grave[:_NAMED]) + (" …" if len(grave) > _NAMED else "")
        yield Reason(Level.MAJOR, f"statements that say something else, come or go: {named}")
    if len(grave) < len(statements):
        yield Reason(Level.PATCH, f"statements of which only words differ: {len(statements) - len(grave)}")


def _of_terms(old: Knowledge, new: Knowledge, inner: Difference) -> Iterator[Reason]:
    if gone := old.terms - new.terms - old.auxiliary:
        yield Reason(Level.MAJOR, f"terms that are withdrawn: {len(gone)}")
    if inner.changed:
        yield Reason(Level.MAJOR, f"what plans are made of differs: {', '.join(map(_spelt, inner.changed))}")
    if come := new.terms - old.terms - new.auxiliary:
        yield Reason(Level.MINOR, f"terms that are added: {len(come)}")
    elif inner.added:
        yield Reason(Level.MINOR, f"what plans are made of is added to: {', '.join(map(_spelt, inner.added))}")
    if inner.words:
        yield Reason(Level.PATCH, f"words differ: {', '.join(map(_spelt, inner.words))}")


def _of_codes(codes: tuple[CodeChange, ...]) -> Iterator[Reason]:
    if gone := sum(one.removed for one in codes):
        yield Reason(Level.MAJOR, f"rows of codes that are no longer there as they were: {gone}")
    if come := sum(one.added for one in codes):
        yield Reason(Level.MINOR, f"rows of codes that are new: {come}")


def _spelt(field: str) -> str:
    return field.replace("_", " ")
