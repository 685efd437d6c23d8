"""Watch lists: each single fact does to the action what is claimed, and nothing that would is missing from cases."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.cli import main
from hipkg.defence import watching
from hipkg.defence.asking import Asker, interview
from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.knowledge.loading import load
from hipkg.render.watching import render_watch_lists
from support.cases import EACH_EXAMPLE, EXAMPLES
from support.doors import plan_record, planned, read, watch_list

if TYPE_CHECKING:
    from hipkg.defence.watching import WatchList
    from hipkg.pipeline.process import Planned
    from hipkg.record.change import Change
    from hipkg.record.patient import Record

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "statements"
DAY = date(2026, 11, 23)


def graph_of(path: Path) -> Record:
    (found,) = read(path, as_of=DAY)
    return found


@cache
def tried(path: Path) -> tuple[Planned, Asker]:
    """Plan for the patient of a file, and keep what is tried of the answers to the questions."""
    made = planned(graph_of(path), allow_invalid=True)
    return made, Asker(made)


@cache
def watched(path: Path) -> WatchList:
    return watching.watch_list(*tried(path))


@pytest.mark.parametrize("path", [*EXAMPLES.values(), *sorted(CASES.glob("D*/fires.ttl"))[::12]], ids=str)
def test_each_fact_does_what_is_claimed(path: Path) -> None:
    graph = graph_of(path)

    @cache
    def after(change: Change) -> dict[tuple[str, str], str]:
        changed = replace(graph, triples=change.apply(graph.triples))
        made = plan_record(changed, allow_invalid=True)
        return {(it.intervention, it.place): it.status for it in made.actions}

    for one in watched(path).actions:
        for threat in one.threats:
            statuses = after(threat.change)
            assert statuses.get((one.action.intervention, one.action.place), "") == threat.after
            assert threat.after not in {"indicated", "satisfied"}
            assert threat.statements


VISITS = sorted((ROOT / "tests" / "cases" / "visits").glob("*/patient.ttl"))


@pytest.mark.parametrize("path", [*EXAMPLES.values(), *VISITS[::3]], ids=lambda one: f"{one.parent.name}/{one.stem}")
def test_what_an_answer_ends_is_watched(path: Path) -> None:
    """What the questions of a plan say of its actions never contradicts what is said to watch for."""
    watched_for = {
        (one.action.label, one.action.site, threat.fact): threat.after
        for one in watched(path).actions
        for threat in one.threats
    }
    for question in interview(*tried(path)).questions:
        for answer in question.answers:
            for effect in answer.effects:
                if effect.before == "indicated" and effect.after not in {"indicated", "satisfied"}:
                    assert watched_for[effect.label, effect.site, "; ".join(answer.facts)] == effect.after


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_what_ends_a_problem_is_watched_whether_it_is_asked_or_not(example: str) -> None:
    """Statements cease to hold where the place that they are about is replaced."""
    ended = {info.id for info in load().statements.values() if info.ended_by}
    for one in watched(EXAMPLES[example]).actions:
        advising = {state.id for state in one.action.by(ClaimKind.INDICATED)}
        if advising and advising <= ended:
            operated = [it for it in one.threats if it.fact.endswith("completed") and it.after != "caution"]
            assert operated, one.action.label


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_every_indicated_action_is_watched(example: str) -> None:
    found = watched(EXAMPLES[example])
    indicated = {(one.label, one.site) for one in found.plan.actions if one.status == "indicated"}
    assert {(one.action.label, one.action.site) for one in found.actions} == indicated


def threats(path: Path, label: str) -> dict[str, str]:
    return {
        threat.fact: threat.after
        for one in watched(path).actions
        if one.action.label == label
        for threat in one.threats
    }


def test_what_a_safety_check_guards_is_watched_for_its_context() -> None:
    assert threats(EXAMPLES["d0"], "oral NSAID") == {
        "chronic hip osteonecrosis at the left hip": "caution",
        "total hip arthroplasty at the left hip, completed": "conditional",
    }


def test_what_a_new_problem_makes_of_the_pain_at_its_site_is_watched() -> None:
    assert threats(EXAMPLES["d2"], "acetaminophen")["hip osteoarthritis at the hip"] == "conditional"


def test_what_lifts_the_advice_is_watched() -> None:
    assert threats(EXAMPLES["d3"], "progressive loading")["sharp increase of pain at the hip"] == ""


def test_what_ends_a_requirement_is_watched_and_what_is_recorded_may_change() -> None:
    found = threats(CASES / "D2-41" / "fires.ttl", "switch to another NSAID")
    assert found["naproxen has the outcome adequate relief (not inadequate relief)"] == ""


# Output


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_text_tells_the_threats_and_names_the_rest(format_: str) -> None:
    written = " ".join(render_watch_lists((watched(EXAMPLES["d0"]),), format_, load()).split())
    assert "chronic hip osteonecrosis" in written
    site = " (left hip)" if format_ == "markdown" else ""  # in brief the title names the one site
    assert f"caution: oral NSAID{site}; NSAID together with physical therapy{site} D3-073 D3-074" in written
    assert "total hip arthroplasty, completed" in written
    if format_ == "markdown":
        assert "physical therapy (left hip); NSAID together with physical therapy (left hip); advice" in written
    else:
        assert "--all names every action" in written
    assert "Decision support for professionals, not medical advice." in written


def test_in_brief_what_nothing_changes_is_counted() -> None:
    calm = [one for one in watched(EXAMPLES["d1"]).actions if not one.threats]
    found = (watched(EXAMPLES["d1"]),)
    brief, whole = (render_watch_lists(found, "text", load(), everything=it) for it in (False, True))
    told = f"No single fact that was tried changes the {len(calm)} other actions. --all"
    assert (told in " ".join(brief.split())) == bool(calm)
    assert "No single fact that was tried changes: " in " ".join(whole.split())
    assert len(brief.splitlines()) < len(whole.splitlines())


def test_json_tells_every_indicated_action() -> None:
    found = watched(EXAMPLES["d0"])
    data = json.loads(render_watch_lists((found,), "json", load()))
    assert len(data["actions"]) == len(found.actions)
    (drug,) = (one for one in data["actions"] if one["label"] == "oral NSAID")
    assert drug["threats"][0] == {
        "fact": "chronic hip osteonecrosis at the left hip",
        "turtle": found.actions[0].threats[0].snippet,
        "after": "caution",
        "statements": ["D3-073", "D3-074", "D3-075"],
    }


def test_a_plan_without_indications_says_so(tmp_path: Path, monkeypatch, capsys) -> None:
    path = tmp_path / "knee.ttl"
    path.write_text(
        "PREFIX hip: <https://w3id.org/hipkg/>\nPREFIX : <https://e.org/>\n:p a hip:Patient ; hip:hasProblem :k .\n"
        ":k a hip:KneeOsteoarthritis ; hip:hasSite :s . :s a hip:KneeJoint .",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys, "argv", ["hipkg", "watch", str(path)])
    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code in {0, None}
    assert "This plan indicates nothing, so there is nothing to watch for." in capsys.readouterr().out


def test_a_document_restricts_what_is_watched() -> None:
    found = watch_list(graph_of(EXAMPLES["d0"]), documents=("D0",))
    ids = {id_ for one in found.actions for threat in one.threats for id_ in threat.statements}
    assert all(one.startswith("D0") for one in ids)
    assert load().documents


def test_a_fact_is_told_once_whatever_it_would_change_and_where() -> None:
    written = render_watch_lists((watched(EXAMPLES["d1"]),), "text", load())
    assert written.count("chronic hip osteonecrosis") == 1
    assert "oral NSAID (both hips)" in written
    assert len(written.splitlines()) <= 25


def test_what_treatment_that_runs_may_bring_is_watched() -> None:
    fact = "structured exercise programme (exercise) has the outcome adequate relief (not inadequate relief)"
    assert threats(EXAMPLES["d2"], "pelvis radiograph") == {fact: "conditional"}


@pytest.mark.parametrize(
    ("path", "told", "once"),
    [
        (EXAMPLES["d2"], "hip osteoarthritis or hip radiograph, completed; joint space narrowing", "D0-16"),
        (EXAMPLES["d1"], "heterotopic ossification (ossification) is symptomatic", "is symptomatic"),
        (ROOT / "tests/cases/visits/replacement-ordered/patient.ttl", "arthroplasty (t) is completed", "is completed"),
    ],
    ids=["findings", "a finding on record", "an order"],
)
def test_facts_that_change_the_same_are_told_together_and_none_that_says_more(path: Path, told: str, once: str) -> None:
    written = " ".join(render_watch_lists((watched(path),), "text", load()).replace("•", "").split())
    assert told in written
    assert written.count(once) == 1


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_what_is_carried_out_is_told_after_what_is_found(example: str) -> None:
    rows = render_watch_lists((watched(EXAMPLES[example]),), "text", load()).splitlines()
    facts = ["arthroplasty, completed" in row for row in rows if row.startswith("  •")]
    assert facts == sorted(facts)


def test_signs_that_call_for_help_come_first_until_they_are_on_record() -> None:
    found = {(one.action, one.statement): one.fact for one in watched(EXAMPLES["d3"]).signs}
    assert {id_ for _, id_ in found} == {"D3-034", "D3-035", "D3-036", "D3-086", "D3-087", "D3-088"}
    assert found["escalated care", "D3-086"] == "night pain"
    painful = watched(CASES.parent / "visits" / "osteonecrosis-night-pain" / "patient.ttl")
    assert "D3-086" not in {one.statement for one in painful.signs}
    assert watched(EXAMPLES["d0"]).signs == ()
    text = render_watch_lists((watched(EXAMPLES["d3"]),), "text", load())
    assert text.index("night pain, limp or functional limitation: escalated care") < text.index("What would change")
    assert json.loads(render_watch_lists((painful,), "json", load()))["signs"][0]["statement"].startswith("D3-")
