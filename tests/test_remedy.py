"""What would change an answer: each change does what is claimed, no part of it is idle, none is a diagnosis."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from hipkg.api.explain import explain
from hipkg.base.vocabulary import HIP, RDF_TYPE
from hipkg.defence.remedies import NOT_IN_PLAN, TOLD, Remedies, Remedy
from hipkg.knowledge.frame.claims import PURSUED, ClaimKind
from hipkg.knowledge.loading import load
from hipkg.record.change import Change
from support.cases import EACH_EXAMPLE, EXAMPLES, in_batches
from support.doors import derivation_of, plan_record, planned, read

if TYPE_CHECKING:
    from hipkg.derivation.records import Derivation, Evaluation
    from hipkg.pipeline.process import Planned
    from hipkg.record.patient import Record

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "statements"
DAY = date(2026, 11, 23)
WAITING = sorted(
    one.name
    for one in CASES.iterdir()
    if json.loads((one / "expected.json").read_text())["nearMiss"]["state"] == "later-if"
)
DEFEATED = {"D2-13-diagnostic"}  # as long as one film is diagnostic, no other makes films unclear
BY_DIAGNOSIS_ALONE = {
    # An anticoagulant, the other risk of the gut, refuses the NSAID that is to be accompanied.
    "D0-12", "D0-12-ulcer", "D0-13", "D0-13-ulcer", "D0-14", "D0-14-ulcer",
    "D0-54-before", "D2-52-dysplasia", "D2-52-impingement", "D2-53-dysplasia", "D2-53-impingement", "D2-69-shape",
    "D2-70", "D3-017", "D3-017-side", "D3-018", "D3-018-side", "D3-019", "D3-019-side", "D4-29", "D4-29-side", "D4-30",
    "D4-30-side", "D4-31", "D4-31-side", "D4-34", "D4-35", "D4-36",
}  # fmt: skip


def graph_of(path: Path) -> Record:
    (found,) = read(path, as_of=DAY)
    return found


@cache
def made(path: Path) -> Planned:
    return planned(graph_of(path), allow_invalid=True)


def derived(path: Path) -> tuple[Record, Derivation]:
    return made(path)[:2]


@cache
def remedies_of(path: Path, *, diagnoses: bool = False) -> Remedies:
    return Remedies(made(path), diagnoses=diagnoses)


def changed(path: Path, change: Change) -> Record:
    record, _ = derived(path)
    return replace(record, triples=change.apply(record.triples))


def state_after(path: Path, change: Change, evaluation: Evaluation) -> str:
    after = derivation_of(changed(path, change), allow_invalid=True)
    return next((one.state for one in after.evaluations if one.iri == evaluation.iri), "")


def near_miss(case: str) -> tuple[Path, Evaluation]:
    path = CASES / case / "near-miss.ttl"
    statement = "-".join(case.split("-")[:2])
    _, found = derived(path)
    evaluations = [one for one in found.evaluations if one.statement == HIP + statement and one.state == "later-if"]
    return path, evaluations[0]


@pytest.mark.every_source
@in_batches(WAITING)
def test_a_statement_that_nearly_fires_fires_with_what_is_proposed(case: str) -> None:
    path, evaluation = near_miss(case)
    remedies = remedies_of(path).of_statement(evaluation).remedies
    assert bool(remedies) is (case not in BY_DIAGNOSIS_ALONE | DEFEATED)
    assert len(remedies) <= TOLD
    holding = load().holding[load().statements[evaluation.statement].effect]
    for one in remedies:
        assert one.outcome == holding == state_after(path, one.change, evaluation)


@pytest.mark.every_source
@in_batches(sorted(BY_DIAGNOSIS_ALONE))
def test_what_only_a_diagnosis_changes_is_not_proposed(case: str) -> None:
    path, evaluation = near_miss(case)
    found = remedies_of(path, diagnoses=True).of_statement(evaluation).remedies
    assert found
    assert all(any(load().is_a(kind, HIP + "Condition") for kind in kinds(one)) for one in found)


def kinds(remedy: Remedy) -> list[str]:
    return [str(value) for _, prop, value in remedy.change.added if prop == RDF_TYPE]


def parts(change: Change) -> list[Change]:
    """Take one node at a time out of a change."""
    return [
        Change(
            frozenset(fact for fact in change.added if node not in (fact[0], fact[2])),
            frozenset(fact for fact in change.removed if fact[0] != node),
        )
        for node in sorted(change.nodes)
    ]


@pytest.mark.every_source
@in_batches(WAITING[::4])
def test_no_part_of_a_remedy_is_idle(case: str) -> None:
    path, evaluation = near_miss(case)
    for one in remedies_of(path).of_statement(evaluation).remedies:
        for part in parts(one.change):
            assert state_after(path, part, evaluation) != one.outcome


def actions_with_remedies(example: str) -> list[tuple[str, str, Remedy]]:
    _, found = derived(EXAMPLES[example])
    remedies = remedies_of(EXAMPLES[example])
    return [(it.intervention, it.site, one) for it in found.actions for one in remedies.of_action(it).remedies]


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_an_action_is_pursued_or_unopposed_with_what_is_proposed_for_it(example: str) -> None:
    found = actions_with_remedies(example)
    assert found
    for intervention, place, remedy in found:
        plan = plan_record(changed(EXAMPLES[example], remedy.change))
        statuses = [one.status for one in plan.actions if (one.intervention, one.place) == (intervention, place)]
        assert (statuses or [NOT_IN_PLAN]) == [remedy.outcome]
        assert remedy.outcome in {*PURSUED, "conditional", NOT_IN_PLAN}
        assert not any(load().is_a(kind, HIP + "Condition") for kind in kinds(remedy))


def test_a_remedy_also_lifts_what_objects_once_the_action_is_advised() -> None:
    (found,) = explain(EXAMPLES["d0"], "hip MRI", as_of=DAY)
    assert [one.state for one in found.statements if one.id == "D2-04"] == ["later-if"]
    for remedy in found.remedies:
        course, film = remedy.facts
        assert "for 90 days, with the outcome inadequate relief" in course
        assert film == "pelvis radiograph, completed"
        (plan,) = (plan_record(changed(EXAMPLES["d0"], remedy.change)),)
        assert {one.status for one in plan.actions if one.label == "hip MRI"} == {"indicated"}
    assert found.remedies


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_what_is_pursued_or_forbidden_without_exception_needs_no_remedy(example: str) -> None:
    _, found = derived(EXAMPLES[example])
    evaluations = {one.iri: one for one in found.evaluations}
    for action in found.actions:
        final = any(not evaluations[one].may_be_lifted_by for one in action.by(ClaimKind.REFUSED))
        if final or action.status in {"indicated", "satisfied"}:
            assert remedies_of(EXAMPLES[example]).of_action(action).remedies == ()


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_the_snippet_is_what_the_change_adds(example: str) -> None:
    for _, _, remedy in actions_with_remedies(example):
        lines = [line for line in remedy.snippet.splitlines() if not line.startswith("#")]
        triples = {quad.triple for quad in ox.parse("\n".join(lines), format=ox.RdfFormat.TURTLE)}
        before = set(derived(EXAMPLES[example])[0].triples)
        assert triples == set(remedy.change.apply(before)) - before


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_facts_read_as_words(example: str) -> None:
    for _, _, remedy in actions_with_remedies(example):
        assert len(remedy.facts) == len(remedy.change.nodes)
        assert not any("://" in fact or "hip:" in fact or not fact.strip() for fact in remedy.facts)


# In explanations


def test_an_explanation_tells_the_remedies() -> None:
    (found,) = explain(EXAMPLES["d0"], "weight reduction", as_of=DAY)
    assert [one.facts for one in found.remedies] == [("body-mass index 25 kg/m2",)]
    assert found.beyond == ""


def test_an_explanation_names_the_diagnosis_that_it_would_take() -> None:
    (found,) = explain(EXAMPLES["d0"], "D2-66", as_of=DAY)
    assert found.remedies == ()
    assert found.beyond.startswith("Nothing but a diagnosis of ")
    assert "labral tear" in found.beyond


def test_an_explanation_says_where_there_is_no_exception() -> None:
    (found,) = explain(EXAMPLES["d0"], "hyaluronic acid", as_of=DAY)
    assert found.remedies == ()
    assert found.beyond == "D0-41, D1-25 and D2-50 speak against it without exception."


def test_an_explanation_counts_what_was_tried_in_vain() -> None:
    (found,) = explain(CASES / "D4-11" / "near-miss.ttl", "D4-41", as_of=DAY)
    assert found.remedies == ()
    assert found.beyond == "None of the 6 additions to the record that were tried would let it hold."


ELSEWHERE = {
    "lumbar spine radiograph": "physical therapy at the left hip, ongoing",
    "delaying the physical therapy referral": "physical therapy at the left hip, ongoing",
}


@pytest.mark.parametrize(("action", "addition"), ELSEWHERE.items())
def test_what_is_added_at_another_site_or_lifts_an_objection_is_a_remedy(action: str, addition: str) -> None:
    told = {fact for found in explain(EXAMPLES["d1"], action, as_of=DAY) for it in found.remedies for fact in it.facts}
    assert addition in told


def test_what_is_not_at_a_recorded_site_may_be_at_another() -> None:
    path = CASES / "D1-30-target" / "near-miss.ttl"
    (found,) = explain(path, "D1-30", as_of=DAY)
    assert [one.facts for one in found.remedies] == [("physical therapy at the left hip, ongoing",)]
    assert {one.outcome for one in found.remedies} == {"now"}


@pytest.mark.parametrize("target", ["oral NSAID", "D0-02", "D0-41", "D0-42"])
def test_an_answer_that_is_final_tells_nothing_of_the_kind(target: str) -> None:
    for found in explain(EXAMPLES["d0"], target, as_of=DAY):
        assert (found.remedies, found.beyond) == ((), "")
