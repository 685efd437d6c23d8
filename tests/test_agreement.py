"""All that is told of one patient agrees: what explanations, questions and watch lists promise, a fresh plan has.

So a patient for whom no answer to a question is told to have an effect has none whose plan would be another.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import pyoxigraph as ox
import pytest
from hypothesis import assume, given, settings

from hipkg.defence.asking import Asker, effects, interview
from hipkg.defence.difference import difference
from hipkg.defence.explainer import Explainer
from hipkg.defence.explanations import NOT_APPLICABLE, PARAMETER
from hipkg.defence.remedies import NOT_IN_PLAN, Remedies
from hipkg.defence.watching import watch_list
from hipkg.defence.what_if import changed_by, what_if
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.loading import load
from support.cases import CASES, EXAMPLES
from support.doors import planned, read
from support.plans import source_of
from support.random_patients import contradicts, hip_patients, some_patients

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hipkg.defence.explanations import Explanation
    from hipkg.defence.remedies import Remedy
    from hipkg.planning.records import Plan
    from hipkg.record.change import Change
    from hipkg.record.patient import Record

DAY = date(2026, 11, 23)
SOURCES = (
    *EXAMPLES.values(),
    *sorted(CASES.glob("visits/*/patient.ttl")),
    *(source_of(path) for path in sorted(CASES.glob("plans/*.txt"))[::60]),
)
UNEVALUATED = 60
"""Of how many statements whose context does not hold one is explained."""
UNSETTLED = {State.LATER, State.MUST_NOT, State.MAY_APPLY}
MOST = 5
"""How many of one kind are checked of a patient."""
RANDOM = 2
"""How many random patients are checked: each takes seconds."""
Checked = TypeVar("Checked")


class Told:
    """What is told of one patient, and the plans that it is held to."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.planned = planned(record, allow_invalid=True)
        self.plan = self.planned.plan
        self.asker = Asker(self.planned)
        self._plans: dict[Change, Plan] = {}

    def after(self, change: Change) -> Plan:
        """Plan afresh for the patient after a change of the record."""
        if change not in self._plans:
            self._plans[change] = planned(changed_by(self.record, change), allow_invalid=True).plan
        return self._plans[change]

    @cached_property
    def explanations(self) -> list[Explanation]:
        """Explain all that the plan has, and some statements that do not apply; without proofs of why."""
        explainer = Explainer(self.planned, thorough=False)
        actions = {one.intervention for one in self.plan.actions}
        states = {load().by_id[one.id].iri for one in self.plan.statements}
        others = sorted(load().statements.keys() - states)[::UNEVALUATED]
        return [one for iri in (*sorted(actions | states), *others) for one in explainer.explain(iri)]

    def remedies(self) -> Iterator[tuple[str, str, str, Remedy]]:
        """List what an explanation is of, its place, the status or the state there, and each remedy."""
        remedies = Remedies(self.planned)
        for action in some(self.planned.derivation.actions):
            for one in remedies.of_action(action).remedies:
                yield action.intervention, action.site, action.status, one
        unsettled = [one for one in self.planned.derivation.evaluations if one.state in UNSETTLED]
        for evaluation in some(unsettled):
            for one in remedies.of_statement(evaluation).remedies:
                yield evaluation.statement, evaluation.site, evaluation.state, one
        states = {load().by_id[one.id].iri for one in self.plan.statements}
        for iri in sorted(load().statements.keys() - states)[::UNEVALUATED]:
            for one in remedies.of_context(load().statements[iri]).remedies:
                yield iri, "", NOT_APPLICABLE, one


def standing(plan: Plan, iri: str, place: str) -> str:
    """Return the status of an action at a place of a plan, or the state of a statement."""
    if iri in load().interventions:
        found = (one.status for one in plan.actions if (one.intervention, one.place) == (iri, place))
        return next(found, NOT_IN_PLAN)
    id_ = load().statements[iri].id
    return next((one.state for one in plan.statements if (one.id, one.place) == (id_, place)), NOT_APPLICABLE)


def described(plan: Plan, iri: str, place: str) -> set[str]:
    """List the states of the statements about what is no action of a plan."""
    about = {info.id for info in load().statements.values() if info.intervention == iri}
    return {one.state for one in plan.statements if one.id in about and one.place == place} | {NOT_IN_PLAN, PARAMETER}


def check_explanations(told: Told) -> None:
    for one in told.explanations:
        stands = standing(told.plan, one.iri, one.place)
        assert (
            one.via
            or one.going_on
            or one.status == stands
            or (stands == NOT_IN_PLAN and one.status in described(told.plan, one.iri, one.place))
        )


def check_remedies(told: Told) -> None:
    for iri, place, status, remedy in told.remedies():
        after = told.after(remedy.change)
        if status == NOT_APPLICABLE:
            assert remedy.outcome in {it.state for it in after.statements if it.id == load().statements[iri].id}
        else:
            assert remedy.outcome == standing(after, iri, place) != status, (iri, remedy.facts)


def check_questions(told: Told) -> None:
    asked = interview(told.planned, told.asker)
    for answer in some(answer for question in asked.questions for answer in question.answers):
        after = told.after(answer.change)
        changed = difference(told.plan, after)
        # Where a page tells an action is known of a whole plan alone.
        changing = effects(told.plan, after, load())
        assert {one._replace(order=()) for one in answer.effects} == {one._replace(order=()) for one in changing}, (
            answer
        )
        assert {*answer.statements} == {one.id for one in changed.statements}, answer


def check_threats(told: Told) -> None:
    for watched in watch_list(told.planned, told.asker).actions:
        for threat in watched.threats:
            key = (watched.action.intervention, watched.action.place)
            statuses = {(it.intervention, it.place): it.status for it in told.after(threat.change).actions}
            assert statuses.get(key, "") == threat.after not in {"indicated", "satisfied"}, threat


def some(told: Iterable[Checked]) -> list[Checked]:
    """Take as many of what is told as are checked, evenly spread."""
    listed = list(told)
    return listed[:: -(-len(listed) // MOST) or 1]


def check(record: Record, *, asked: bool = True) -> None:
    told = Told(record)
    check_explanations(told)
    check_remedies(told)
    check_threats(told)
    if asked:
        check_questions(told)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_told_of_a_patient_agrees(path: Path) -> None:
    for record in read(path, as_of=DAY):
        check(record, asked=path not in EXAMPLES.values())  # their questions are in test_asking.py


@settings(some_patients, max_examples=RANDOM)
@given(hip_patients())
def test_what_is_told_of_any_patient_agrees(triples: frozenset[ox.Triple]) -> None:
    assume(not contradicts(triples))
    for record in read(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="n-triples", as_of=DAY):
        check(record)


def test_what_a_change_shows_is_not_denied_by_an_explanation() -> None:
    (record,) = read(EXAMPLES["d1"], as_of=DAY)
    made = planned(record)
    shown = what_if(made, ["persistent back pain at spine", "physical therapy at left hip ongoing"], [])
    (change,) = (one for one in shown.difference.actions if one.after == "indicated")
    (told,) = Explainer(made).explain(change.intervention)
    assert (told.status, change.before, change.label) == ("conditional", "conditional", "lumbar spine radiograph")
    assert {one.outcome for one in told.remedies} == {"indicated"}
    assert any("physical therapy at the left hip, ongoing" in one.facts for one in told.remedies)
