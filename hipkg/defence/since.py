"""Compare two plans of one patient, of two records or of two dates: what has changed, and by which facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import curie
from hipkg.defence.difference import ABSENT, StatementChange, difference
from hipkg.defence.wording import Describer
from hipkg.knowledge.frame.answers import State
from hipkg.planning.bounds import Comparison
from hipkg.planning.page import Section, page, section_of
from hipkg.record.change import Change
from hipkg.record.facts import node_of, text_of_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
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


class Moved(NamedTuple):
    """An action that stands elsewhere on the page, with the statements whose change of state concerns it.

    ``before`` and ``after`` are sections, empty where the page does not tell the action, and how a settled one is
    settled. ``brief`` is the short name of the action, or its label.
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


class Turned(NamedTuple):
    """A bound of a statement, compared with the record, whose verdict is another now, or whose last day has passed.

    ``missed`` tells that a review has become overdue, or that a trial was to be judged by now and its statement waits.
    """

    statement: str
    site: str
    before: str
    check: Check
    missed: bool


class Since(NamedTuple):
    """Two plans of a patient, the earlier one first.

    ``facts`` say in words what is on record now and was not, or no longer is; ``days`` have passed between the dates of
    the plans; ``turned`` are the reviews, trials and doses that compare otherwise now, or whose last day was missed.
    ``moved`` are the actions that stand elsewhere, in the order of the page.
    """

    before: Plan
    after: Plan
    facts: tuple[str, ...]
    days: int
    turned: tuple[Turned, ...]
    moved: tuple[Moved, ...]

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
    facts = Describer(old.record, knowledge).facts(Change(recorded - known, known - recorded))
    days = (after.as_of - before.as_of).days
    return Since(before, after, facts, days, tuple(_turned(before, after)), tuple(_moved(before, after, knowledge)))


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


def _moved(before: Plan, after: Plan, knowledge: Knowledge) -> list[Moved]:
    old, new = (_standing(plan, knowledge) for plan in (before, after))
    changes = difference(before, after).statements
    found = [
        _move(old.get(key), new.get(key), changes, knowledge.briefs)
        for key in dict.fromkeys((*new, *old))
        if _place(old.get(key)) != _place(new.get(key))
    ]
    return sorted(found, key=_rank)


def _standing(plan: Plan, knowledge: Knowledge) -> dict[tuple[str, str], Action]:
    """Gather the actions that the page tells, in its order, by their intervention and place."""
    told = [plan.actions[number] for part in page(plan, knowledge).parts for number in part.told]
    return {(one.intervention, one.place): one for one in told}


def _place(action: Action | None) -> tuple[str, str]:
    return (section_of(action), action.fulfilment) if action else (ABSENT, ABSENT)


def _move(
    one: Action | None, other: Action | None, changes: tuple[StatementChange, ...], briefs: Mapping[str, str]
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
        briefs.get(named.intervention, named.label),
    )


def _rank(one: Moved) -> int:
    """Order by the section where an action stands now, what is gone last; within one the order of the page stays."""
    return _ORDER.index(Section(one.after)) if one.after else len(_ORDER)
