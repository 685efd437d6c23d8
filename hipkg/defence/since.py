"""Compare two plans of one patient, of two records or of two dates: what has changed, and by which facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import curie
from hipkg.defence.difference import ABSENT, InteractionChange, StatementChange, difference, interaction_changes
from hipkg.defence.wording import Describer
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.prominence import Prominence
from hipkg.planning.bounds import Comparison
from hipkg.planning.page import Section, page, section_of
from hipkg.record.change import OWNS, Change
from hipkg.record.facts import node_of, text_of, text_of_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    import pyoxigraph as ox

    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Planned
    from hipkg.planning.bounds import Check
    from hipkg.planning.records import Action, Plan, StatementState
    from hipkg.record.change import Fact

_ORDER = [*Section]
_UNDECIDED = {Comparison.UNKNOWN, Comparison.NOT_YET}
_WAITING = {State.LATER, State.MUST_NOT}


@shown_by("label", "site", "before", "after")
class Moved(NamedTuple):
    """An action that stands elsewhere on the page, with the statements whose change of state concerns it.

    ``before`` and ``after`` are sections, empty where the page does not tell the action, and how a settled one is
    settled. ``brief`` is the short name of the action, or its label; ``runs_on`` tells of one that the plan no longer
    has that it is still under way.
    """

    intervention: str
    label: str
    site: str
    before: str
    after: str
    fulfilled_before: str
    fulfilled_after: str
    statements: tuple[StatementChange, ...]
    brief: str
    runs_on: bool = False


@shown_by("label", "site")
class Unbegun(NamedTuple):
    """An action that both plans ask for first of all, of which nothing is on record."""

    intervention: str
    label: str
    site: str
    brief: str
    statements: tuple[str, ...]


@shown_by("statement", "site", "before", "check.verdict")
class Turned(NamedTuple):
    """A bound of a statement, compared with the record, whose verdict is another now, or whose last day has passed.

    ``missed`` tells that a review has become overdue, or that a trial was to be judged by now and its statement waits.
    """

    statement: str
    site: str
    before: str
    check: Check
    missed: bool


@dataclass(frozen=True)
class Since:
    """Two plans of a patient, the earlier one first.

    ``recorded`` say in words what is on record now and was not, ``gone`` what no longer is; ``days`` have passed
    between the dates of the plans; ``turned`` are the reviews, trials and doses that compare otherwise now, or whose
    last day was missed. ``moved`` are the actions that stand elsewhere, and ``unbegun`` those that were to be done
    first on the earlier day and still are, both in the order of the page. ``interactions`` are the treatments that bear
    on each other now and did not, or did and do no longer, or stand otherwise.
    """

    before: Plan
    after: Plan
    recorded: tuple[str, ...]
    gone: tuple[str, ...]
    days: int
    turned: tuple[Turned, ...]
    moved: tuple[Moved, ...]
    unbegun: tuple[Unbegun, ...]
    interactions: tuple[InteractionChange, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """All that is on record now and was not, or no longer is."""
        return (*self.recorded, *self.gone)

    @property
    def valid(self) -> bool:
        """Tell whether neither record has violations."""
        return self.before.valid and self.after.valid


def paired(old: Iterable[Planned], new: Iterable[Planned]) -> list[tuple[Planned, Planned]]:
    """Pair the records of the same patients.

    Raises `UsageError` for a patient whom only one of the two has.
    """
    earlier, later = ({one.record.iri: one for one in some} for some in (old, new))
    alone = sorted(earlier.keys() ^ later.keys())
    if alone:
        where = "earlier" if alone[0] in earlier else "later"
        raise UsageError(
            f"Only the {where} record has this patient.",
            place=curie(alone[0]),
            remedy="Compare records of the same patients, which have the same IRIs.",
        )
    return [(earlier[iri], later[iri]) for iri in later]


def since(old: Planned, new: Planned) -> Since:
    """Compare the earlier plan of a patient with the later one."""
    before, after, knowledge = old.plan, new.plan, new.knowledge
    recorded, known = _facts(new.record.triples), _facts(old.record.triples)
    added, removed = recorded - known, known - recorded
    lost = _lost(added, removed)
    describer = Describer(old.record, knowledge)
    days = (after.as_of - before.as_of).days
    return Since(
        before,
        after,
        describer.facts(Change(added, removed - lost)),
        describer.facts(Change(frozenset(), lost)),
        days,
        tuple(_turned(before, after)),
        tuple(_moved(old, new)),
        tuple(_unbegun(before, after, knowledge)) if days > 0 else (),
        interaction_changes(before.interactions, after.interactions),
    )


def _lost(added: frozenset[Fact], removed: frozenset[Fact]) -> frozenset[Fact]:
    """Pick what is no longer on record, without what has another value now."""
    owned = {text_of(value) for _, prop, value in added if prop in OWNS}
    told = {subject for subject, prop, _ in added if prop not in OWNS} | owned
    anew = {(subject, prop) for subject, prop, _ in added}
    owners = {subject for subject, prop, _ in added | removed if prop in OWNS}

    def is_lost(fact: Fact) -> bool:
        subject, prop, value = fact
        if prop in OWNS:
            return text_of(value) not in told
        return (subject, prop) not in anew if subject in owners else subject not in told

    return frozenset(filter(is_lost, removed))


def _turned(before: Plan, after: Plan) -> Iterator[Turned]:
    known = {
        (one.id, one.place, check.bound, check.label): (check.verdict, _is_missed(one, check, before.as_of))
        for one in before.statements
        for check in one.checks
    }
    for one in after.statements:
        for check in one.checks:
            verdict, was_missed = known.get((one.id, one.place, check.bound, check.label), ("", False))
            missed = _is_missed(one, check, after.as_of) and not was_missed
            if missed or (verdict != check.verdict and check.verdict not in _UNDECIDED):
                yield Turned(one.id, one.site, verdict, check, missed)


def _is_missed(state: StatementState, check: Check, as_of: date) -> bool:
    """Tell whether the last day of a review, or of a trial whose statement still waits, has passed."""
    if check.verdict == Comparison.OVERDUE:
        return True
    judged = check.bound.measured_on and check.verdict == Comparison.WITHIN and state.state in _WAITING
    return bool(judged and check.latest and check.latest < as_of)


def _facts(triples: Iterable[ox.Triple]) -> frozenset[Fact]:
    """Gather what is recorded; the day for which a record is read is none of it."""
    return frozenset(
        (text_of_term(one.subject), one.predicate.value, node_of(one.object))
        for one in triples
        if one.predicate.value != hip.asOf
    )


def _moved(earlier: Planned, later: Planned) -> list[Moved]:
    knowledge, running = later.knowledge, later.derivation.running
    old, new = (_standing(one.plan, knowledge) for one in (earlier, later))
    changes = difference(earlier.plan, later.plan).statements

    def runs(intervention: str, place: str) -> bool:
        return any(intervention in running.get(one, ()) for one in (place, later.record.iri))

    found = [
        _move(old.get(key), new.get(key), changes, knowledge, runs_on=key not in new and runs(*key))
        for key in dict.fromkeys((*new, *old))
        if _place(old.get(key)) != _place(new.get(key))
    ]
    return sorted(found, key=_rank)


def _unbegun(before: Plan, after: Plan, knowledge: Knowledge) -> Iterator[Unbegun]:
    """List what both plans ask for first of all, and of which nothing is on record."""
    asked = {(one.intervention, one.place) for one in _rows_of(before, knowledge)}
    for one in _rows_of(after, knowledge):
        recorded = one.current or one.planned or one.done or one.past
        if (one.intervention, one.place) in asked and not recorded:
            yield Unbegun(one.intervention, one.label, one.site, knowledge.brief(one.intervention), one.shown)


def _rows_of(plan: Plan, knowledge: Knowledge) -> list[Action]:
    """List the actions that a document puts first among what is to be done today, in a row of their own."""
    rows = [row for part in page(plan, knowledge).parts if part.section == Section.TODAY for row in part.rows]
    return [plan.actions[row.actions[0]] for row in rows if row.prominence == Prominence.LEAD]


def _standing(plan: Plan, knowledge: Knowledge) -> dict[tuple[str, str], Action]:
    """Gather the actions that the page tells, in its order, by their intervention and place."""
    told = [plan.actions[number] for part in page(plan, knowledge).parts for number in part.told]
    return {(one.intervention, one.place): one for one in told}


def _place(action: Action | None) -> tuple[str, str]:
    return (section_of(action), action.fulfilment) if action else (ABSENT, ABSENT)


def _move(
    one: Action | None,
    other: Action | None,
    changes: tuple[StatementChange, ...],
    knowledge: Knowledge,
    *,
    runs_on: bool,
) -> Moved:
    named = other or one
    assert named is not None
    concerned = {id_ for action in (one, other) if action for id_ in action.statements}
    responsible = tuple(it for it in changes if it.id in concerned and it.place in {"", named.place})
    (before, fulfilled_before), (after, fulfilled_after) = _place(one), _place(other)
    return Moved(
        named.intervention,
        named.label,
        named.site,
        before,
        after,
        fulfilled_before,
        fulfilled_after,
        responsible,
        knowledge.brief(named.intervention),
        runs_on,
    )


def _rank(one: Moved) -> int:
    """Order by the section where an action stands now, what is gone last; within one the order of the page stays."""
    return _ORDER.index(Section(one.after)) if one.after else len(_ORDER)
