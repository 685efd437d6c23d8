"""Questions: every answer is tried, its effects are those of the plan with it, and what matters most is asked first."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pyoxigraph as ox
import pytest

from hipkg.base.vocabulary import HIP
from hipkg.cli import main
from hipkg.defence.asking import ANSWERS, MOST_ANSWERS, Interview, Turn, effects
from hipkg.defence.what_if import changed_by
from hipkg.knowledge.loading import load
from hipkg.render import render
from hipkg.render.asking import SHOWN, render_interviews
from hipkg.render.plan_json import plan_to_json
from hipkg.render.schemas import PLAN
from hipkg.render.sheet import sheet
from hipkg.render.words import clean
from support.cases import EACH_EXAMPLE, EXAMPLES
from support.doors import interview, plan_record, read

if TYPE_CHECKING:
    from hipkg.record.patient import Record

ROOT = Path(__file__).parent.parent
DAY = date(2026, 11, 23)
AS_OF = ("--as-of", "2026-11-23")


def graph_of(example: str) -> Record:
    (found,) = read(EXAMPLES[example], as_of=DAY)
    return found


@cache
def asked(example: str) -> Interview:
    return interview(graph_of(example))


def in_order(found: Interview) -> list[tuple[str, str]]:
    """List the questions of a plan in order, with no site where one form asks for all of them."""
    sites: dict[str, set[str]] = {}
    for one in found.questions:
        sites.setdefault(one.text, set()).add(one.site)
    told = ((one.text, one.site if one.site in sites[one.text] else "") for one in found.plan.questions)
    return list(dict.fromkeys(told))


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_every_question_of_the_plan_is_ranked(example: str) -> None:
    found = asked(example)
    assert {(one.text, one.site) for one in found.questions} == {*in_order(found)}
    asking = {id_ for one in found.plan.questions for id_ in one.statements}
    assert {id_ for one in found.questions for id_ in one.asked_by} == asking


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_questions_come_in_the_order_of_the_plan_and_count_what_they_change(example: str) -> None:
    found = asked(example)
    assert [(one.text, one.site) for one in found.questions] == in_order(found)
    told = [one.text for one in sheet(found.plan, load()).questions]
    assert told == [clean(text) for text in dict.fromkeys(one.text for one in found.questions)][: len(told)]
    for one in found.questions:
        assert one.actions == len({(effect.label, effect.site) for answer in one.answers for effect in answer.effects})


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_what_matters_most_is_asked_first(example: str) -> None:
    plan, infos = asked(example).plan, load().by_id
    asking: dict[str, set[str]] = {}
    for one in plan.questions:
        asking.setdefault(one.text, set()).update(one.statements)
    opening = {one.text for one in plan.questions for id_ in one.statements if one.requirement in infos[id_].applies_to}
    opening = {text for text in opening if len(asking[text]) > 2}
    urgent = {text for text, ids in asking.items() if any(infos[one].kind == "escalation" for one in ids)}
    judged = {one.text for one in plan.questions} - {
        one.text for one in plan.questions if one.requirement not in load().judged
    }
    keys = [(text not in urgent, text in judged, bool(ids), text not in opening) for text, ids in asking.items()]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("example", "first", "later"),
    [
        (
            "d0",
            "Over 65, ever a peptic ulcer, or on an anticoagulant?",
            "What was tried, for how long, and did it help?",
        ),
        ("d0", "What is the body-mass index?", "Does this hip have cam morphology?"),
        (
            "d1",
            "Over 65, ever a peptic ulcer, or on an anticoagulant?",
            "New pain or less motion at this hip since the film?",
        ),
        ("d2", "Which side is it?", "Is the pain of this hip chronic?"),
    ],
)
def test_the_safety_of_what_is_ordered_today_is_asked_before_what_may_come_later(
    example: str, first: str, later: str
) -> None:
    asked_in_order = [*dict.fromkeys(one.text for one in asked(example).plan.questions)]
    assert asked_in_order.index(first) < asked_in_order.index(later)


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_an_answer_does_what_is_claimed(example: str) -> None:
    found, graph = asked(example), graph_of(example)
    for question in found.questions[:12]:
        for answer in question.answers:
            changed = replace(graph, triples=answer.change.apply(graph.triples))
            after = plan_record(changed, allow_invalid=True)
            told = {one._replace(order=()) for one in answer.effects}
            assert told == {one._replace(order=()) for one in effects(found.plan, after, load())}
            states = [{(one.id, one.place): one.state for one in made.statements} for made in (found.plan, after)]
            differing = {
                key[0] for key in states[0].keys() | states[1].keys() if states[0].get(key) != states[1].get(key)
            }
            assert {*answer.statements} == differing


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_answers_are_few_and_differ(example: str) -> None:
    for one in asked(example).questions:
        assert len(one.answers) <= MOST_ANSWERS
        assert len({answer.facts for answer in one.answers}) == len(one.answers)
        assert all(answer.facts and answer.snippet for answer in one.answers)


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_almost_every_question_can_be_answered(example: str) -> None:
    without = {one.text for one in asked(example).questions if not one.answers}
    assert without <= {"Has the hip been treated?"}  # the back pain of D1: a site is not made up


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_the_snippet_records_the_answer(example: str) -> None:
    graph = graph_of(example)
    for one in asked(example).questions[:12]:
        for answer in one.answers:
            lines = [line for line in answer.snippet.splitlines() if not line.startswith("#")]
            told = {quad.triple for quad in ox.parse("\n".join(lines), format=ox.RdfFormat.TURTLE)}
            assert told == set(answer.change.apply(graph.triples)) - set(graph.triples)


def test_both_answers_are_told_where_the_record_can_tell_them() -> None:
    (weight,) = (one for one in asked("d0").questions if "D0-27" in one.asked_by)
    told = {one.facts: one for one in weight.answers}
    heavy, light = told["body-mass index 25 kg/m2",], told["body-mass index 24.9 kg/m2",]
    assert (heavy.yes, light.yes) == (True, False)
    assert [(one.label, one.after) for one in heavy.effects] == [("weight reduction", "indicated")]
    assert [(one.label, one.after) for one in light.effects] == [("weight reduction", "")]


def test_each_way_to_fulfil_a_requirement_is_an_answer() -> None:
    (risk,) = (one for one in asked("d0").questions if "D0-12" in one.asked_by)
    assert {one.facts for one in risk.answers if one.yes} == {
        ("age 66 years",),
        ("anticoagulant, ongoing",),
        ("peptic ulcer disease",),
    }
    assert len([one for one in risk.answers if one.yes]) == ANSWERS


def test_warning_signs_are_asked_before_all_else() -> None:
    questions = asked("d3").questions
    urgent = [one for one in questions if one.urgent]
    escalating = {info.id for info in load().statements.values() if info.kind == "escalation"}
    assert questions[: len(urgent)] == tuple(urgent)
    assert {id_ for one in urgent for id_ in one.asked_by} >= escalating


def turns_of(path: Path, start: str) -> dict[tuple[str, str], set[Turn]]:
    """Map each action that answers to a question change, and whether it is still in the plan, to what becomes of it."""
    (record,) = read(path, as_of=DAY)
    found: dict[tuple[str, str], set[Turn]] = {}
    for question in (one for one in interview(record).questions if one.text.startswith(start)):
        for effect in (it for answer in question.answers for it in answer.effects):
            found.setdefault((effect.label, effect.after), set()).add(effect.turn)
    return found


def test_what_is_refused_no_longer_is_told_by_how_it_was_refused() -> None:
    risk = turns_of(EXAMPLES["d0"], "Over 65")
    assert risk["non-selective NSAID without gastroprotection", ""] == {Turn.UNOPPOSED}
    assert risk["gastroprotection", ""] == {Turn.PLAIN}


def test_a_later_step_that_is_out_of_reach_is_not_there_yet() -> None:
    assert turns_of(EXAMPLES["d0"], "What was tried")["duloxetine", ""] == {Turn.NOT_YET}


@pytest.mark.parametrize("example", ["d0", "d2"])
def test_a_kind_that_is_refused_as_its_wider_kind_is_tells_nothing_of_its_own(example: str) -> None:
    taken = turns_of(EXAMPLES[example], "Is an opioid taken")
    assert ("tramadol", "") not in taken
    assert taken.get(("opioid", "satisfied"), {Turn.UNJUDGED}) == {Turn.UNJUDGED}


def test_what_runs_is_told_as_running() -> None:
    assert Turn.RUNNING in turns_of(EXAMPLES["d0"], "Does pain break through")["oral NSAID", "satisfied"]


# Output


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_text_tells_the_first_questions_and_counts_the_rest(format_: str) -> None:
    found = asked("d0")
    written = render_interviews((found,), format_)
    for number, one in enumerate(found.questions[:SHOWN], 1):
        assert f"{number}. {one.text}"[:30] in written
    assert f"and {len(found.questions) - SHOWN} more" in written
    assert "Decision support for professionals, not medical advice." in written


def test_json_tells_all_questions() -> None:
    found = asked("d0")
    data = json.loads(render_interviews((found,), "json"))
    assert [one["text"] for one in data["questions"]] == [one.text for one in found.questions]
    assert data["questions"][0]["answers"][0]["facts"] == list(found.questions[0].answers[0].facts)


# The conversation


def converse(monkeypatch: pytest.MonkeyPatch, replies: str, *arguments: str) -> int:
    from io import StringIO

    monkeypatch.setattr(sys, "argv", ["hipkg", "ask", *arguments, "--interactive", *AS_OF])
    monkeypatch.setattr(sys, "stdin", StringIO(replies))
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_answers_change_the_plan_and_are_saved_to_a_new_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "answered.ttl"
    before = EXAMPLES["d4"].read_bytes()
    texts = [one.text for one in asked("d4").questions]
    before_it = asked("d4").questions[: texts.index("Does the pain of this hip persist?")]
    skipped = "\n" * sum(1 if one.form.repeats else len(one.form.fields) for one in before_it)
    code = converse(monkeypatch, f"{skipped}a\n\nage 71\nnonsense\nq\n", str(EXAMPLES["d4"]), "--save", str(target))
    told = capsys.readouterr()
    assert code == 0
    assert "intra-articular anaesthetic and corticosteroid injection (hip) conditional → to consider" in told.out
    assert "not understood" in told.err
    (answered,) = read(target, as_of=DAY)
    added = {str(one.object) for one in set(answered.triples) - set(graph_of("d4").triples)}
    assert any("71" in one for one in added)
    assert any("PersistentPain" in one for one in added)
    assert EXAMPLES["d4"].read_bytes() == before


def test_answers_never_go_over_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "there.ttl"
    target.write_text("mine", encoding="utf-8")
    assert converse(monkeypatch, "q\n", str(EXAMPLES["d4"]), "--save", str(target)) == 2
    assert target.read_text(encoding="utf-8") == "mine"
    assert "answers go to a new one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--save", "missing/new.ttl"], 2),
        (["--save", "x" * 300], 2),
        (["--output", "report.json"], 2),
        (["--format", "json"], 2),
    ],
)
def test_what_cannot_be_saved_is_refused_before_asking(
    options: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert converse(monkeypatch, "a\nq\n", str(EXAMPLES["d4"]), *options) == code
    assert not capsys.readouterr().out
    assert not [*tmp_path.iterdir()]


def test_no_is_an_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "answered.ttl"
    assert converse(monkeypatch, "\nno\nNO\nn\nq\n", str(EXAMPLES["d0"]), "--save", str(target)) == 0
    saved = target.read_text(encoding="utf-8")
    assert all(one in saved for one in ("PepticUlcerDisease", "ConservativeTreatment"))


def test_where_no_cannot_be_recorded_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked("d4").questions[0].text == "Which side is it?"
    assert converse(monkeypatch, "no\nq\n", str(EXAMPLES["d4"])) == 0
    assert "records a no" in capsys.readouterr().err


def test_the_end_of_the_input_keeps_the_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "answered.ttl"
    assert converse(monkeypatch, "age 71\n", str(EXAMPLES["d4"]), "--save", str(target)) == 0
    saved = target.read_text(encoding="utf-8")
    assert "71" in saved
    assert "asOf" not in saved


def test_an_impossible_answer_is_put_aside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert converse(monkeypatch, "age 171\nq\n", str(EXAMPLES["d4"])) == 0
    assert "That cannot be" in capsys.readouterr().err


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_the_json_of_a_plan_may_hold_the_answers(
    example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def written(*options: str) -> Any:
        words = ["hipkg", "plan", str(EXAMPLES[example]), *AS_OF, "--format", "json", *options]
        monkeypatch.setattr(sys, "argv", words)
        with suppress(SystemExit):
            main()
        return json.loads(capsys.readouterr().out)

    plain, full = written(), written("--answers")
    jsonschema.Draft202012Validator(json.loads(PLAN.read_text(encoding="utf-8"))).validate(full)
    assert {**full, "questions": []} == {**plain, "questions": []}
    ranked = asked(example).questions
    assert [(one["text"], one["site"]) for one in full["questions"]] == [(one.text, one.site) for one in ranked]
    told = [[(answer["facts"], len(answer["actions"])) for answer in one["answers"]] for one in full["questions"]]
    assert told == [[(list(answer.facts), len(answer.effects)) for answer in one.answers] for one in ranked]
    asking = {name for one in full["questions"] for name in one["requirements"]}
    assert asking == {one["requirement"] for one in plain["questions"]}


@pytest.mark.parametrize("options", [["--format", "text"], ["--format", "json", "--engine", "hermit"]])
def test_answers_are_refused_where_they_cannot_be(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["hipkg", "plan", "record.ttl", "--answers", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--answers" in capsys.readouterr().err


def test_saving_takes_a_conversation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["hipkg", "ask", str(EXAMPLES["d4"]), "--save", str(tmp_path / "new.ttl")])
    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code == 2


SIDELESS = b"""
PREFIX : <https://example.org/> PREFIX hip: <https://w3id.org/hipkg/>
:p a hip:Patient ; hip:hasProblem :oa , :tear .
:oa a hip:HipOsteoarthritis ; hip:hasSite :hip .
:tear a hip:LabralTear ; hip:hasSite :labrum .
:hip a hip:HipJoint .
:labrum a hip:AcetabularLabrum ; hip:partOf :hip .
"""


def test_a_side_that_the_record_lacks_is_asked_for_once() -> None:
    (graph,) = read(SIDELESS, format="turtle", as_of=DAY)
    found = interview(graph)
    (question,) = (one for one in found.questions if one.text.startswith("Which side"))
    assert (question.requirements, question.site, question.asked_by) == ((HIP + "hasSide",), "hip", ())
    sides = [one.change.added for one in question.answers]
    assert sides == [{("https://example.org/hip", HIP + "hasSide", HIP + side)} for side in ("left", "right")]
    assert "asked by the validation of the record" in render_interviews((found,), "text")
    (told,) = (one for one in plan_to_json(found.plan, load())["questions"] if one["requirement"] == "hip:hasSide")
    assert told["node"] == "https://example.org/hip"


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_a_plan_says_what_is_missing_from_the_record(format_: str) -> None:
    (graph,) = read(SIDELESS.replace(b", :tear .", b"."), format="turtle", as_of=DAY)
    shown = render((plan_record(graph),), format_, load())
    assert "Which side is it?" in shown
    assert "missing from the record" in shown


@pytest.mark.parametrize("example", EACH_EXAMPLE)
def test_an_answer_of_no_ends_its_question(example: str) -> None:
    answered = 0
    for question in asked(example).questions[:12]:
        if any(option.lacks for field in question.form.fields for option in field.options):
            continue  # what is on record cannot be denied, and stays open
        for answer in (one for one in question.answers if not one.yes):
            answered += 1
            after = plan_record(changed_by(graph_of(example), answer.change))
            assert (question.text, question.site) not in {(one.text, one.site) for one in after.questions}, answer.facts
            break
    assert answered > 2


def test_what_one_form_asks_of_all_sites_is_one_question() -> None:
    sites = [(one.text, one.site) for one in asked("d1").questions]
    assert [site for text, site in sites if text == "Which hip hurts more?"] == [""]
    assert [site for text, site in sites if text == "Does this hip cause disability?"] == ["left hip", "right hip"]


@pytest.mark.parametrize(
    ("text", "absent", "status"),
    [
        ("Is there a plain film of this hip?", {"HipRadiograph"}, "conditional"),
        ("Is there imaging of this hip?", {"DiagnosticStudy", "PelvisRadiograph"}, "conditional"),
        # What the film shows is denied where that is asked, so that nothing is left to wait for.
        (
            "Is the film of this hip negative, equivocal, nondiagnostic or diagnostic?",
            {"NegativeRadiograph", "EquivocalRadiograph", "NondiagnosticRadiograph"},
            "",
        ),
    ],
)
def test_that_no_film_was_taken_leaves_its_result_open(text: str, absent: set[str], status: str) -> None:
    question = next(one for one in asked("d2").questions if one.text == text)
    no = next(one for one in question.answers if not one.yes)
    assert {str(kind) for _, prop, kind in no.change.added if prop == HIP + "isWithout"} == {
        HIP + one for one in absent
    }
    after = plan_record(changed_by(graph_of("d2"), no.change))
    statuses = [one.status for one in after.actions if one.label == "hip MRI without contrast"]
    assert statuses == ([status] if status else [])


def test_no_is_recorded_where_it_is_asked() -> None:
    question = next(one for one in asked("d0").questions if one.text.startswith("Does pain break through"))
    no = next(one for one in question.answers if not one.yes)
    assert {prop for _, prop, _ in no.change.added} == {HIP + "isWithout"}
    assert all(fact.startswith("no ") and fact.endswith(" at the left hip") for fact in no.facts)
