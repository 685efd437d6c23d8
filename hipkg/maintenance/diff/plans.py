"""Whose plans differ between two ontologies, action by action, and by which statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import HipkgError
from hipkg.base.vocabulary import curie
from hipkg.defence.difference import difference
from hipkg.maintenance.diff.contents import same_but_statements
from hipkg.pipeline.process import Planned, planned, read_checked
from hipkg.pipeline.request import Request
from hipkg.validation.findings import rules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from hipkg.defence.difference import InteractionChange, StatementChange
    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.diff.patients import PatientFile
    from hipkg.planning.gaps import Gap
    from hipkg.planning.records import Action, Conflict, Plan, Question
    from hipkg.record.facts import Facts

    Outcomes = Mapping[str, Planned | HipkgError]
    """The plan of each patient of a file, or why there is none; what concerns the whole file is of no patient."""

_MISSING = HipkgError("the file has no such patient")


class AspectChange(NamedTuple):
    """One side of an action that is told otherwise, such as its status; empty where there is nothing to tell."""

    aspect: str
    before: str
    after: str


class PlanActionChange(NamedTuple):
    """An action that comes, goes or is told otherwise at a place.

    ``statements`` are the ids of those that speak of it and that have another state there, or say something else now;
    where there are none, ``through`` are those of its place that do, such as of other members of a choice.
    """

    intervention: str
    label: str
    site: str
    aspects: tuple[AspectChange, ...]
    statements: tuple[str, ...]
    through: tuple[str, ...] = ()


class PlanChange(NamedTuple):
    """A patient whose plan differs, with the names of all files that hold the same.

    ``problem_before`` and ``problem_after`` tell why there is no plan on one side. ``asked`` and ``asked_no_more`` are
    the classes that the plan asks about, ``conflicts`` and ``conflicts_no_more`` the statements that pull against each
    other.
    """

    files: tuple[str, ...]
    patient: str
    actions: tuple[PlanActionChange, ...] = ()
    statements: tuple[StatementChange, ...] = ()
    interactions: tuple[InteractionChange, ...] = ()
    asked: tuple[str, ...] = ()
    asked_no_more: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    conflicts_no_more: tuple[str, ...] = ()
    problem_before: str = ""
    problem_after: str = ""


class Plans(NamedTuple):
    """The plans that were compared: of how many patients, for how many a side has none, and those that differ."""

    patients: int
    without_plan: int
    changed: tuple[PlanChange, ...]

    @property
    def compared(self) -> int:
        """Count the patients for whom there is a plan, be it of one side alone."""
        one_sided = (one for one in self.changed if bool(one.problem_before) != bool(one.problem_after))
        return self.patients + sum(len(one.files) for one in one_sided)


def plan_changes(files: Iterable[PatientFile], old: Knowledge, new: Knowledge, differing: Collection[str]) -> Plans:
    """Plan for patients by two ontologies and compare.

    Parameters: ``differing`` are the ids of the statements that say something else.
    """
    patients = without = 0
    changed: list[PlanChange] = []
    shared = rules_of(old) == rules_of(new)
    alike = shared and same_but_statements(old, new)
    for one in files:
        request = Request(as_of=one.as_of)
        if alike or (shared and one.is_rdf):
            before, after = _made(one, request, new, old, new, alike=alike)
        else:
            before, after = _made(one, request, old, old)[0], _made(one, request, new, new)[0]
        several = len({*before, *after}) > 1
        for iri in sorted({*before, *after}):
            names = tuple(f"{name}: {curie(iri)}" for name in one.names) if several else one.names
            then, now = before.get(iri, _MISSING), after.get(iri, _MISSING)
            if isinstance(then, Planned) and isinstance(now, Planned):
                patients += len(names)
                found = _compared(names, then.plan, now.plan, differing)
            else:
                without += len(names)
                problems = [it.message if isinstance(it, HipkgError) else "" for it in (then, now)]
                found = PlanChange(names, iri)
                if problems[0] != problems[1]:
                    found = found._replace(problem_before=problems[0], problem_after=problems[1])
            if any(found[2:]):
                changed.append(found)
    return Plans(patients, without, tuple(changed))


def _made(
    file: PatientFile, request: Request, reading: Knowledge, *planning: Knowledge, alike: bool = False
) -> list[Outcomes]:
    """Read the patients of a file by one ontology, and plan for each of them by others; a problem stands for a plan.

    Parameters: ``alike`` tells that all of them entail the same of a record.
    """
    try:
        checked = read_checked(str(file.path), request, reading)
    except HipkgError as problem:
        return [{"": problem} for _ in planning]
    made: list[dict[str, Planned | HipkgError]] = [{} for _ in planning]
    for one in checked.results:
        facts: Facts | None = None
        for outcomes, knowledge in zip(made, planning, strict=True):
            try:
                done = planned(one, request, knowledge, facts)
            except HipkgError as problem:
                outcomes[one.record.iri] = problem
            else:
                outcomes[one.record.iri] = done
                facts = done.derivation.facts if alike else None
    return [*made]


def _compared(files: tuple[str, ...], before: Plan, after: Plan, differing: Collection[str]) -> PlanChange:
    found = difference(before, after)
    asked, asked_before = ({_question(one) for one in plan.questions} for plan in (after, before))
    conflicts, conflicts_before = ({_conflict(one) for one in plan.conflicts} for plan in (after, before))
    return PlanChange(
        files,
        after.patient,
        tuple(_actions(before, after, found.statements, differing)),
        found.statements,
        found.interactions,
        tuple(sorted(asked - asked_before)),
        tuple(sorted(asked_before - asked)),
        tuple(sorted(conflicts - conflicts_before)),
        tuple(sorted(conflicts_before - conflicts)),
    )


def _question(one: Question) -> str:
    return " · ".join(filter(None, (curie(one.requirement), one.site)))


def _conflict(one: Conflict) -> str:
    told = (
        f"{curie(one.intervention)}: {one.advised_by} against {one.opposed_by}, {one.rule} {one.decided_for}".rstrip()
    )
    return " · ".join(filter(None, (told, one.site)))


def _actions(
    before: Plan, after: Plan, states: Sequence[StatementChange], differing: Collection[str]
) -> Iterator[PlanActionChange]:
    old, new = ({(one.place, one.intervention): one for one in plan.actions} for plan in (before, after))
    found = []
    for key in old.keys() | new.keys():
        one, other = old.get(key), new.get(key)
        if one == other:
            continue
        named = other or one
        assert named is not None
        aspects = tuple(it for name in _ASPECTS if (it := _aspect(name, one, other)))
        if aspects:
            concerned = {id_ for it in (one, other) if it for id_ in _speaking(it)}
            moved = {it.id for it in states if it.place in {"", named.place}}
            by = concerned & (moved | {*differing})
            near = {it.id for plan in (before, after) for it in plan.statements if it.place in {"", named.place}}
            through = () if by else sorted(moved | (near & {*differing}))
            found.append(
                PlanActionChange(
                    named.intervention, named.label, named.site, aspects, tuple(sorted(by)), tuple(through)
                )
            )
    yield from sorted(found, key=lambda it: (it.label, it.site, it.intervention))


def _speaking(action: Action) -> set[str]:
    return {*action.statements, *(one.statement for one in action.parameters)}


def _aspect(name: str, before: Action | None, after: Action | None) -> AspectChange | None:
    """Compare one side of an action; of many things that stay the number is told."""
    old, new = (frozenset(_ASPECTS[name](it)) if it else frozenset() for it in (before, after))
    if old == new:
        return None
    stay = old & new
    shown = frozenset() if len(stay) <= _STAYING else stay
    more = (f"{len(stay)} that stay",) if shown else ()
    return AspectChange(name, *("; ".join((*sorted(some - shown), *more)) for some in (old, new)))


def _gap(gap: Gap) -> str:
    measured = f": {gap.have or 'nothing'} of {_need(gap)} {gap.unit}".rstrip() if gap.have or gap.need else ""
    return f"{curie(gap.requirement)} {gap.answer}{measured}"


def _need(gap: Gap) -> str:
    return gap.need if isinstance(gap.need, str) else " and ".join(map(str, gap.need))


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


_STAYING = 3
_ASPECTS: Mapping[str, Callable[[Action], Iterable[str]]] = {
    "status": lambda it: _one(it.status),
    "modality": lambda it: _one(it.modality),
    "fulfilment": lambda it: _one(it.fulfilment),
    "strength": lambda it: _one(it.strength),
    "evidence": lambda it: _one(it.evidence),
    "waits for": lambda it: map(_gap, it.unmet),
    "bounds": lambda it: (
        f"{bound.quantity} {bound.lower or '…'} to {bound.upper or '…'} {bound.unit}"
        for one in it.parameters
        for bound in one.bounds
    ),
    "choice": lambda it: _one(curie(it.choice) if it.choice else ""),
    "dangers": lambda it: (one.statement for one in it.dangers),
    "open checks": lambda it: (curie(one.requirement) for one in it.open_checks),
    "instead": lambda it: map(curie, it.instead),
    "told by": lambda it: it.statements,
}
"""What is compared of an action, and how it is told without what are only words."""
