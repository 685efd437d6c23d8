"""What a plan looks like in each format, and what holds whatever the plan."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser

import jsonschema
import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from hipkg.api.plan import plan
from hipkg.base.errors import UsageError
from hipkg.base.numbers import Bounds, Limit, Range
from hipkg.base.paths import ROOT, SHAPES
from hipkg.base.vocabulary import HIP
from hipkg.knowledge.loading import load
from hipkg.planning.gaps import Gap
from hipkg.planning.records import Conflict, Plan, Question
from hipkg.render import FORMATS, render
from hipkg.render.html import plan_to_html
from hipkg.render.markdown import escape, plan_to_markdown
from hipkg.render.plan_json import plan_to_json
from hipkg.render.rdf import plan_graph
from hipkg.render.schemas import PLAN
from hipkg.render.screen_text import plans_to_text as screen_text
from hipkg.render.sheet import QUESTIONS_SHOWN, sheet
from hipkg.render.text import plans_to_text
from hipkg.render.words import clean, describe_gap, join_sites, local_name
from hipkg.validation.findings import Finding
from support.cases import EACH_EXAMPLE

pytestmark = pytest.mark.usefixtures("parsed_once")
AS_OF = date(2026, 11, 23)
CASES = ROOT / "tests" / "cases" / "statements"
PATIENTS = {path.stem[:2]: path.stem for path in sorted((ROOT / "examples").glob("*.ttl"))}
HOSTILE = "**bold** [x](https://e.org/a) <script>\"'& `|`\n# head\x1b[31m $1 {end} ]; end %% \u202e#quot;"
PROV = "http://www.w3.org/ns/prov#"


@cache
def made(name: str) -> Plan:
    return plan(ROOT / "examples" / f"{PATIENTS[name]}.ttl", as_of=AS_OF)


@cache
def case(name: str) -> tuple[Plan, ...]:
    return tuple(plan(one, as_of=AS_OF) for one in sorted((CASES / name).glob("*.ttl")))


@pytest.fixture(params=EACH_EXAMPLE)
def example(request) -> Plan:
    return made(request.param)


def empty(name: str = "d0") -> Plan:
    return replace(made(name), statements=(), actions=(), conflicts=(), questions=(), findings=())


def hostile() -> Plan:
    original = made("d0")
    actions = tuple(one._replace(label=HOSTILE, site=f"left {HOSTILE}") for one in original.actions)
    questions = tuple(one._replace(text=f"{index}. {HOSTILE}") for index, one in enumerate(original.questions))
    return replace(original, actions=actions, questions=questions)


def text(of: Plan, width: int = 80, **options: bool) -> str:
    return plans_to_text((of,), load(), width=width, **options)


def section(written: str, heading: str) -> str:
    """Cut the part of a text at 80 columns or more that stands beside a heading."""
    lines = written.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(heading))
    length = next((index for index, line in enumerate(lines[start + 1 :], 1) if not line), len(lines))
    return "\n".join(lines[start : start + length])


def finding(severity: str, message: str) -> Finding:
    patient = made("d0").patient
    return Finding(severity, "hip:P00-example", patient, f"{patient}/node", "hip:age", "", message, "Mend it.")


# Text


def test_the_text_reads_in_the_order_of_urgency():
    written = text(made("d0"))
    beside = [line[:10].strip() for line in written.splitlines()]
    headings = [one for one in beside if one.isupper() and one != "ENOUGH"]
    assert headings == [
        "ASK FIRST",
        "DO TODAY",
        "CONSIDER",
        "DO NOT",
        "ALREADY",
        "IF",
        "IF NOT",
        "LOOK AGAIN",
        "KNOW",
        "DISAGREE",
        "IN TIME",
    ]
    assert written.startswith("Plan · patient d0 · left hip · as of 2026-11-23 · hipkg")
    assert "Decision support for professionals, not medical advice." in written


def test_an_action_shows_its_site_its_grades_and_the_statements_that_give_it_its_status():
    now = section(text(made("d0"), 110), "DO TODAY")
    assert re.search(r"● Oral NSAID +left hip +strong / high +D0-02 D0-08 D1-03 D1-07$", now, re.MULTILINE)
    assert "D1-17" not in now
    assert re.search(r"● Cane in the right hand +left hip +- / - +D0-29 D0-30$", now, re.MULTILINE)
    refused = section(text(made("d0"), 110), "DO NOT")
    assert re.search(
        r"✖ Intra-articular hyaluronic acid(?: injection)? +left hip +strong / high +D0-41 D1-25 D2-50$",
        refused,
        re.MULTILINE,
    )


def test_the_contents_of_a_programme_are_told_on_one_line_with_their_bounds():
    now = " ".join(section(text(made("d0")), "DO TODAY").split())
    contents = "structured exercise programme (programme length at least 84 d) · hip strengthening"
    assert f"{contents} · range-of-motion exercise · gait training D0-05 D0-06" in now
    assert "84.0" not in now


def test_the_contents_of_a_running_programme_that_nothing_advises_are_told_with_it():
    already = " ".join(section(text(made("d2")), "ALREADY").split())
    assert "Structured exercise programme hip - / - running" in already
    assert "with programme length at least 90 d · hip strengthening · trunk strengthening" in already
    assert "D2-19 D2-23" in already
    assert "structured exercise programme length not on record D2-19" in already


def test_whatever_holds_is_told_at_an_action_or_as_knowledge():
    for example in ("d0", "d1", "d2", "d3", "d4"):
        plan = made(example)
        holding = {one.id for one in plan.statements if one.state in {"now", "must-not", "knowledge"}}
        told = {one for action in plan.actions for one in action.statements} | {*sheet(plan, load()).statements}
        assert sorted(holding - told) == [], example


def tension(name: str) -> Plan:
    (path,) = (ROOT / "tests" / "cases" / "tensions").glob(name)
    return plan(path, as_of=AS_OF)


def test_what_calls_for_urgent_action_comes_first_and_is_asked_first():
    calling = next(iter(case("D3-034")))
    written = text(calling)
    assert "▲ Medical review" in section(written, "CHECK")
    assert written.index("CHECK") < written.index("DO TODAY")
    asked = [one.statements for one in sheet(made("d3"), load()).questions]
    guidelines = {one.iri for one in load().documents.values() if not one.safety}
    escalating = {
        info.id for info in load().statements.values() if info.kind == "escalation" and info.document in guidelines
    }
    urgent = [bool(escalating & {*ids}) for ids in asked]
    assert urgent == sorted(urgent, reverse=True)
    assert sum(urgent) == len(escalating)
    assert asked[len(escalating)] == ()  # then the side, before all that depends on it


def test_a_refused_drug_that_is_running_is_named_at_the_top():
    check = section(text(tension("17-*/taking-tramadol.ttl")), "CHECK")
    assert re.search(r"▲ Tramadol running, which D0 +left hip +D0-19 D1-10", check)


def test_a_precaution_is_told_wherever_it_has_to_be_taken():
    plan_ = tension("18-*/both-diseases.ttl")
    cautious = {
        one.title: one.lines for one in rows(plan_, "if", "if-not-enough") for line in one.lines if line.lead == "first"
    }
    assert {"Oral NSAID", "NSAID together with physical therapy"} <= cautious.keys()
    for lines in cautious.values():
        (first,) = (one for one in lines if one.lead == "first")
        assert first.statements == ("D3-073", "D3-074", "D3-075")


def test_a_precaution_about_an_injection_is_no_way_to_it():
    waiting = [one for one in rows(tension("36-*/obese.ttl"), "if-not-enough") if "corticosteroid" in one.title]
    assert waiting
    leads = {line.lead for one in waiting for line in one.lines if "D3-071" in line.statements}
    assert leads == {"caution"}


def test_both_sides_of_an_open_disagreement_point_to_it():
    now = rows(tension("36-*/obese.ttl"), "do-today")
    disputed = {one.title for one in now for line in one.lines if line.lead == "disputed"}
    assert disputed >= {"Weight reduction", "Keeping weight steady"}


def test_steps_of_one_document_are_no_disagreement():
    plan_ = tension("13-*/no-film.ttl")
    documents = {info.id: info.document for info in load().statements.values()}
    within = {one.advised_by for one in plan_.conflicts if documents[one.advised_by] == documents[one.opposed_by]}
    within -= {one.advised_by for one in plan_.conflicts if documents[one.advised_by] != documents[one.opposed_by]}
    assert within
    told = {id_ for row in rows(plan_, "disagree") for line in row.lines for id_ in line.statements}
    assert within & told == set()


def test_what_a_choice_would_bring_is_told_with_the_class_it_is_chosen_from():
    (row,) = (one for one in rows(made("d4"), "do-today") if one.title == "Oral NSAID")
    (line,) = (one for one in row.lines if one.lead == "if ibuprofen")
    assert line.statements == ("D4-05", "D4-06", "D4-07")
    assert {"daily dose 1200 to 1800 mg/d", "single dose 400 to 600 mg"} <= {*line.parts}


def test_grades_that_differ_are_all_told():
    (row,) = (one for one in rows(made("d0"), "do-not") if "hyaluronic" in one.title)
    (line,) = (one for one in row.lines if one.lead == "grades")
    assert line.parts == ("D0-41 - / no trial evidence", "D1-25 strong / high", "D2-50 - / insufficient")


def test_what_the_documents_say_without_advice_is_told_most_relevant_first():
    rows_of = {row.statements[0]: row.title for row in rows(made("d2"), "know")}
    assert len(rows_of) == 15
    assert rows_of["D2-21"] == "Three-month programmes work better than those of three to seven weeks."
    assert [*rows_of][:2] == ["D2-09", "D2-20"]  # of the outline of the document
    told = section(text(made("d2")), "KNOW")
    assert all(one in told for one in rows_of)


def test_an_instruction_about_the_action_itself_is_given_in_its_own_words():
    assert "Use the smallest NSAID dose that works." in section(text(made("d0")), "DO TODAY")


def test_a_waiting_action_names_its_gates_first_and_then_its_alternatives():
    row = next(one for one in rows(made("d0"), "if-not-enough") if "corticosteroid" in one.title)
    assert [(one.lead, one.statements) for one in row.lines] == [
        ("needs", ("D0-47",)),
        ("and either", ("D0-33",)),
        ("or", ("D1-23",)),
        ("or", ("D2-46",)),
        ("then", ("D0-34", "D0-35")),
        ("grades", ("D1-23",)),
    ]
    gate, *alternatives = (set(one.parts) for one in row.lines[:-2])
    assert not any(gate & one for one in alternatives)
    assert "uncontrolled pain of the hip (unknown)" in row.lines[1].parts


def test_what_waits_for_the_scope_of_its_document_alone_is_told_in_one_row():
    (row,) = (one for one in rows(made("d0"), "if-not-enough") if "(document D2)" in one.title)
    assert row.title == "If pain that therapy has not improved (document D2)"
    (line,) = row.lines
    assert line.parts[0].startswith("explaining that exercise does not harm the hip, ")
    assert line.parts[0].endswith(" more")
    assert {"D2-01", "D2-05", "D2-58"} <= {*line.statements}
    titles = {one.title for one in rows(made("d0"), "if", "if-not-enough", "do-today", "look-again")}
    assert titles.isdisjoint({"Pelvis radiograph", "Plain films of pelvis and hip", "Shared decision making"})


def test_no_row_waits_for_a_scope_that_the_patient_is_in():
    assert not [one for one in rows(made("d2"), "if", "if-not-enough") if "(document D2)" in one.title]


def test_json_says_what_an_action_waits_for_beside_its_own_requirements():
    data = plan_to_json(made("d0"), load())
    scope = {
        "document": "D2",
        "requirement": "hip:PainUnimprovedByTherapy",
        "label": "pain that therapy has not improved",
    }
    assert data["statements"]["D2-58"]["context"] == [{**scope, "only": True}]
    assert data["statements"]["D2-14"]["context"] == [{**scope, "only": False}]
    assert "context" not in data["statements"]["D0-27"]
    assert [one["status"] for one in data["actions"] if one["intervention"] == "hip:ExerciseSafetyEducation"] == [
        "conditional"
    ]


def test_an_advised_action_that_a_gate_holds_back_waits_for_the_gate_alone():
    row = next(one for one in rows(made("d0"), "if-not-enough") if one.title == "Acetaminophen (to consider)")
    assert [(one.lead, one.statements) for one in row.lines] == [("needs", ("D0-16",)), ("then", ("D0-17", "D2-35"))]


def test_a_class_whose_gates_are_told_at_its_kinds_has_no_row():
    told = {one.title for one in rows(made("d0"), "if", "if-not-enough")}
    labels = {one.label for one in made("d0").actions}
    assert "image-guided intervention" in labels
    assert "Image-guided intervention" not in told
    assert "Total hip arthroplasty (to consider)" in told


def test_what_lifts_a_refusal_is_told_only_if_nothing_else_refuses():
    leads = {one.title: [line.lead for line in one.lines] for one in rows(made("d0"), "do-not")}
    assert leads["Surgical excision of heterotopic ossification"] == ["unless"]
    assert leads["Intra-articular hyaluronic acid injection"] == ["grades"]


def test_a_disagreement_shows_both_sides_with_their_words_and_what_decides():
    disputed = section(text(made("d0"), 200), "DISAGREE")
    assert "⚖ Acetaminophen" in disputed
    assert re.search(r"for .*\(document D1, - / -\)  D1-09", disputed)
    assert re.search(r"against .*\(document D0, - / -\)  D0-16", disputed)
    assert "a gate keeps it waiting: D0-16 stands" in disputed


def test_a_disagreement_names_the_tension_that_both_sides_belong_to():
    known = next(one for one in load().tensions if {"D0-16", "D1-09"} <= set(one.statements))
    assert f"known as {known.id}, {known.label}" in section(text(made("d0"), 200), "DISAGREE")
    assert f"*known as* {known.id}, {known.label}" in plan_to_markdown(made("d0"), load())
    told = {(one["advisedBy"], one["opposedBy"]): one.get("tensions") for one in made("d0").to_dict()["conflicts"]}
    assert told["D1-09", "D0-16"] == [known.id]


def test_a_disagreement_that_is_no_known_tension_names_none():
    conflict = made("d0").conflicts[0]._replace(advised_by="D0-02", opposed_by="D0-41")
    other = replace(made("d0"), conflicts=(conflict,))
    assert "known as" not in text(other)
    assert "tensions" not in other.to_dict()["conflicts"][0]


def test_a_conflict_that_nothing_decides_says_so():
    action = made("d0").actions[0]._replace(status="conflict")
    conflict = Conflict(action.intervention, action.label, action.site, "D0-02", "D1-07", "undecided", "")
    undecided = replace(made("d0"), actions=(action,), conflicts=(conflict,))
    written = text(undecided)
    assert "DO TODAY" not in written
    assert "nothing decides" in section(written, "DISAGREE")


def test_the_same_action_on_both_sides_is_told_once():
    now = section(text(made("d1")), "DO TODAY")
    assert now.count("Physical therapy") == 1
    assert re.search(r"Physical therapy +both hips", now)
    assert "left hip" not in now


def test_what_differs_between_the_sides_is_told_apart():
    right = [one for one in made("d1").actions if one.site == "right hip"]
    left = [one for one in made("d1").actions if one.site != "right hip"]
    marked = [one._replace(current=("cane",)) if one.label == "cane" else one for one in right]
    now = section(text(replace(made("d1"), actions=(*left, *marked))), "DO TODAY")
    assert re.search(r"Cane +left hip", now)
    assert re.search(r"Cane +right hip", now)


def test_questions_are_cut_and_the_rest_counted():
    arranged = sheet(made("d0"), load())
    asked = section(text(made("d0")), "ASK FIRST")
    assert len(arranged.asked) == QUESTIONS_SHOWN
    assert f"and {len(arranged.questions) - QUESTIONS_SHOWN} more" in asked
    assert f"{QUESTIONS_SHOWN + 1}." not in asked
    assert re.search(r"decides \w", asked)


def test_a_question_is_said_to_decide_only_what_its_answer_can_change():
    asked = sheet(made("d0"), load()).questions
    decided = {label for one in asked for label in one.decides}
    assert "intra-articular hyaluronic acid injection" not in decided
    assert "oral NSAID" not in decided
    assert "total hip arthroplasty" in decided


def test_a_patient_to_whom_nothing_applies_is_told_so():
    written = text(empty())
    assert "No statement applies to this patient." in written
    assert "DO TODAY" not in written
    with_question = replace(empty(), questions=(Question(HIP + "X", "Which side?", "", ("D0-29",), ("cane",)),))
    assert "1. Which side?" in text(with_question)


def test_an_invalid_plan_says_so_before_anything_else():
    bad = replace(made("d0"), valid=False, findings=(finding("violation", "Two sides."), finding("warning", "Old.")))
    written = text(bad)
    assert written.index("NOT VALID") < written.index("DO TODAY")
    assert "Two sides. (node)" in written
    assert "Warning: Old. (node)" in written
    assert "NOT VALID" in plan_to_markdown(bad, load())
    assert "NOT VALID" in plan_to_html(bad, load())


def test_a_restriction_to_documents_stands_in_the_title():
    assert "only documents D0" in " ".join(text(replace(made("d0"), documents=("D0",))).split())
    assert "only documents" not in text(made("d0"))


def test_what_runs_or_is_fulfilled_is_told_as_such():
    running = [one for made_ in case("D0-03-running") for one in rows(made_, "already", "do-today")]
    assert any(line.parts == ("running",) for one in running for line in one.lines)


def have(least, most=None):
    return Range(Decimal(least), Decimal(least if most is None else most))


def need(*limits):
    return Bounds(Limit(symbol, Decimal(number)) for symbol, number in map(str.split, limits))


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (Gap("r", "trial", "unknown"), "trial (unknown)"),
        (Gap("r", "trial", "unknown", need=need(">= 28"), unit="d"), "trial (none on record)"),
        (Gap("r", "trial", "unmet"), "trial (not yet)"),
        (Gap("r", "trial", "unmet", have(14), need(">= 28.0"), "d"), "trial (14 of 28 d)"),
        (
            Gap("r", "trial", "unknown", have(14, 40), need(">= 28"), "d"),
            "trial (14 to 40 of 28 d by what is recorded)",
        ),
        (Gap("r", "fat", "unmet", have("22.50"), need("> 25"), "kg/m2"), "fat (22.5 kg/m2, needs more than 25 kg/m2)"),
        (Gap("r", "fat", "unmet", have(40), need(">= 25", "< 30")), "fat (40, needs at least 25 and less than 30)"),
        (Gap("r", "calm", "unmet", "loud", "silent"), "calm (loud, needs silent)"),
        (
            Gap("r", "trial", "unmet", have(27), need(">= 28"), "d", date(2026, 12, 1), boundary=True),
            "trial (27 of 28 d, earliest 2026-12-01, rests on the exact day)",
        ),
    ],
)
def test_a_gap_says_what_is_needed_and_what_is_there(gap, expected):
    assert describe_gap(gap) == expected


def test_a_verdict_that_rests_on_the_exact_day_says_so():
    assert any("rests on the exact day" in text(one, 120) for one in case("D0-33"))


widths = pytest.mark.parametrize("width", [20, 40, 60, 75, 76, 80, 99, 120, 200])


def widest(of: Plan, width: int) -> int:
    return max(len(line) for plain in (False, True) for line in text(of, width, ascii=plain).splitlines())


@widths
def test_no_line_is_wider_than_the_page(example, width):
    assert widest(example, width) <= width


@widths
def test_no_line_of_odd_words_or_of_an_empty_plan_is_wider_than_the_page(width):
    assert widest(hostile(), width) <= width
    assert widest(empty(), width) <= width


def test_text_that_goes_to_no_terminal_has_no_colour_whatever_the_environment(example, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLUMNS", "40")
    written = render((example,), "text", load())
    assert "\x1b" not in written
    assert 60 < max(map(len, written.splitlines())) <= 80


def test_a_terminal_gets_colour_and_its_width_unless_colour_is_unwanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    coloured = plans_to_text((made("d0"),), load(), to_terminal=True, ascii=False)
    assert "\x1b[1;32m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;32m" not in plans_to_text((made("d0"),), load(), to_terminal=True, ascii=False)
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in plans_to_text((made("d0"),), load(), to_terminal=True, ascii=False)


def test_ascii_is_ascii(example):
    written = text(example, ascii=True)
    assert written.isascii()
    assert re.search(r"^(DO TODAY)? +\* ", section(written, "DO TODAY"), re.MULTILINE)
    assert not re.search(
        r"\?(?! +[A-Z]\d|$)", section(written, "DO TODAY"), re.MULTILINE
    )  # but at the end of a question


def test_several_patients_come_one_after_another():
    written = render((made("d0"), made("d1")), "text", load())
    assert written == screen_text((made("d0"),), load()) + "\n" + screen_text((made("d1"),), load())


# All formats


def test_no_iri_reaches_a_reader(example):
    for one in (example, hostile()):
        for written in (text(one), text(one, 60), plan_to_markdown(one, load()), plan_to_html(one, load())):
            assert "://" not in written


def test_no_control_character_reaches_a_reader():
    for written in (text(hostile()), plan_to_markdown(hostile(), load()), render((hostile(),), "mermaid", load())):
        assert all(char.isprintable() or char == "\n" for char in written)


@pytest.mark.parametrize("format_", FORMATS)
def test_each_format_is_written_for_none_one_and_several_plans(format_):
    for some in ((), (made("d0"),), (made("d0"), made("d1")), (empty(),)):
        assert render(some, format_, load()) == render(some, format_, load())


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="no format 'pdf'"):
        render((), "pdf", load())


def test_two_processes_write_the_same_bytes():
    code = (
        "import sys, hipkg.api.plan, hipkg.knowledge.loading, hipkg.render as r, datetime\n"
        "made = hipkg.api.plan.plans(sys.argv[1], as_of=datetime.date(2026, 11, 23))\n"
        "for one in r.FORMATS: sys.stdout.buffer.write(r.render(made, one, hipkg.knowledge.loading.load()).encode())"
    )
    source = str(ROOT / "examples" / f"{PATIENTS['d1']}.ttl")
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, source],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0]


def test_json_is_written_without_the_libraries_of_the_other_formats():
    code = (
        "import sys, hipkg.render as r, hipkg.knowledge.loading\n"
        "r.render((), 'json', hipkg.knowledge.loading.load())\n"
        "assert not {'rich', 'rdflib', 'pyshacl'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(ROOT)})


# JSON


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(PLAN.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def test_json_follows_the_schema(example):
    bad = replace(example, valid=False, findings=(finding("violation", "Two sides."),))
    for one in (example, bad, empty(), *case("D0-33"), *case("D0-03-running")):
        validator().validate(plan_to_json(one, load()))


def test_the_schema_refuses_what_is_not_in_the_contract():
    data = plan_to_json(made("d0"), load())
    for broken in (
        {**data, "created": "2026-11-23T10:00:00Z"},
        {key: value for key, value in data.items() if key != "asOf"},
        {**data, "actions": [{**data["actions"][0], "status": "done"}]},
        {**data, "statements": {"D0-41": {"state": "perhaps", "subject": "x"}}},
    ):
        assert not validator().is_valid(broken)


def test_json_keeps_the_contract():
    data = json.loads(render((made("d0"),), "json", load()))
    assert data["statements"]["D0-41"]["state"] == "must-not"
    assert data["statements"]["D0-41"]["site"] == "left hip"
    refused = next(one for one in data["actions"] if one["intervention"] == "hip:IaHyaluronicAcidInjection")
    assert refused["status"] == "contraindicated"
    assert {"D0-41", "D1-25"} <= set(refused["statements"])
    assert list(data["statements"]) == sorted(data["statements"])


def test_a_statement_about_two_places_has_a_list_of_states():
    states = plan_to_json(made("d1"), load())["statements"]["D0-41"]
    assert [one["site"] for one in states] == ["left hip", "right hip"]


def test_bounds_are_numbers():
    data = plan_to_json(made("d0"), load())
    bounds = [one["lower"] for action in data["actions"] for one in action["parameters"] if "lower" in one]
    assert 84 in bounds


def test_several_plans_are_an_array():
    data = json.loads(render((made("d0"), made("d1")), "json", load()))
    assert [one["patient"] for one in data] == [made("d0").patient, made("d1").patient]


# Markdown


def test_markdown_gives_the_wording_of_every_statement_it_names(example):
    written = plan_to_markdown(example, load())
    plan_part, _, wordings = written.partition("## Statements")
    told = re.sub(r"(?s)## Ask first.*?(?=## )", "", plan_part)
    named = set(re.findall(r"\bD\d-\d{2,3}\b", told))
    assert named
    texts = {info.id: info.text for info in load().statements.values()}
    assert all(f"| {one} | {escape(texts[one])} | " in wordings for one in named)


def test_markdown_cannot_be_broken_by_a_label():
    written = plan_to_markdown(hostile(), load())
    assert "<script>" not in written.replace("\\<script\\>", "")
    assert r"\*\*bold\*\* \[x\](" in written
    assert len(re.findall(r"^#", written, re.MULTILINE)) == len(re.findall(r"^#{1,2} \S", written, re.MULTILINE))
    tables = [line for line in written.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables} == {5}
    assert re.search(r"^1\. \d+\\\.", written, re.MULTILINE)


# RDF


@cache
def plan_shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(SHAPES / "plan.ttl")


def conforms(graph: rdflib.Graph) -> tuple[bool, str]:
    conforming, _, report = pyshacl.validate(graph, shacl_graph=plan_shapes())
    return conforming, report


def test_turtle_conforms_to_the_shapes_of_plans(example):
    bad = replace(example, valid=False, findings=(finding("violation", "Two sides."),))
    for one in (example, bad, empty()):
        graph = rdflib.Graph().parse(data=render((one,), "turtle", load()), format="turtle")
        conforming, report = conforms(graph)
        assert conforming, report


@pytest.mark.parametrize(
    ("shape", "change"),
    [
        ("R01", ("remove", None, "asOf")),
        ("R01", ("remove", None, "ofPatient")),
        ("R01", ("remove", None, "ontologyVersion")),
        ("R02", ("add", "Action", "status", "perhaps")),
        ("R02", ("remove", "Action", "ofIntervention")),
        ("R02", ("remove", "Action", "basedOn")),
        ("R03", ("remove", "Evaluation", "state")),
        ("R04", ("add", "Evaluation", "state", "perhaps")),
        ("R05", ("remove", "Evaluation", "unmet")),
        ("R06", ("remove", "Gap", "answer")),
        ("R07", ("remove", "Conflict", "opposedBy")),
        ("R07", ("remove", "Conflict", "decidedFor")),
        ("R08", ("remove", "Question", "askedBy")),
    ],
)
def test_the_shapes_of_plans_refuse_a_broken_plan(shape, change):
    graph = made("d0").to_graph()
    kind, owner, name, *value = change
    hip = rdflib.Namespace(HIP)
    nodes = set(graph.subjects(rdflib.RDF.type, hip[owner or "Plan"]))
    for node in nodes:
        if kind == "remove":
            graph.remove((node, hip[name], None))
        else:
            graph.add((node, hip[name], rdflib.Literal(value[0])))
    conforming, report = conforms(graph)
    assert not conforming
    assert f"Message: {shape}: " in report


def test_each_shape_of_plans_has_its_number_in_its_message():
    graph = plan_shapes()
    for shape in graph.subjects(rdflib.RDF.type, rdflib.SH.NodeShape):
        nodes = [shape, *graph.objects(shape, rdflib.SH.property)]
        messages = {str(graph.value(one, rdflib.SH.message)) for one in nodes}
        assert all(one.startswith(f"{local_name(str(shape))[:3]}: ") for one in messages)


def test_the_shapes_of_plans_are_in_the_normal_form():
    from hipkg.owl.normal_form import in_normal_form
    from hipkg.owl.sources import parsed

    path = SHAPES / "plan.ttl"
    assert path.read_text(encoding="utf-8") == in_normal_form(parsed(path))


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_json_ld_and_turtle_hold_the_triples_of_the_graph(example):
    triples = set(plan_graph(example, load()))
    for format_, syntax in (("turtle", ox.RdfFormat.TURTLE), ("jsonld", ox.RdfFormat.JSON_LD)):
        written = render((example,), format_, load())
        assert {quad.triple for quad in ox.parse(written.encode(), format=syntax)} == triples
        parsed = rdflib.Graph().parse(data=written, format={"jsonld": "json-ld"}.get(format_, format_))
        assert set(parsed) == set(example.to_graph())


def test_the_graph_has_no_blank_node_and_begins_with_the_plan(example):
    triples = plan_graph(example, load())
    assert not any(isinstance(node, ox.BlankNode) for one in triples for node in (one.subject, one.object))
    assert triples[0].subject.value == f"{example.patient}?plan=2026-11-23"


def test_an_action_is_traced_to_statements_documents_and_patient():
    graph = made("d0").to_graph()
    question = """
    SELECT ?statement WHERE {
      ?plan a hip:Plan ; prov:wasDerivedFrom ?patient ; hip:hasAction ?action .
      ?action hip:ofIntervention hip:IaHyaluronicAcidInjection ; hip:status "contraindicated" ;
        hip:basedOn ?evaluation ; prov:wasDerivedFrom ?statement .
      ?evaluation hip:ofStatement ?statement ; hip:state "must-not" ; hip:hasSubject ?subject .
      ?statement dcterms:source ?document ; skos:definition ?text .
      ?document dcterms:title ?title .
    }"""
    assert {HIP + "D0-41", HIP + "D1-25"} <= {str(row.statement) for row in graph.query(question)}


def test_plans_of_two_dates_do_not_mix():
    one, other = made("d0"), replace(made("d0"), as_of=date(2026, 12, 1))
    kinds = {HIP + name for name in ("Plan", "Action", "Evaluation", "Gap", "Conflict", "Question")}

    def minted(of: Plan) -> set[str]:
        return {t.subject.value for t in plan_graph(of, load()) if t.object.value in kinds}

    assert minted(one)
    assert not minted(one) & minted(other)


# Mermaid


def test_the_flowchart_has_one_node_for_each_action_and_its_boxes_are_closed(example):
    for some in ((example,), (hostile(),), (made("d0"), made("d1"))):
        written = render(some, "mermaid", load())
        lines = [line.strip() for line in written.splitlines()]
        assert lines[0] == "flowchart LR"
        assert sum(line.startswith("subgraph ") for line in lines) == lines.count("end")
        nodes = re.findall(r'^\s*(p\d+a\d+)\[".*"\]:::(\w+)$', written, re.MULTILINE)
        assert len(nodes) == len({name for name, _ in nodes}) == sum(len(one.actions) for one in some)
        defined = set(re.findall(r"classDef (\w+)", written))
        assert {kind for _, kind in nodes} <= defined


def test_every_arrow_of_the_flowchart_joins_two_nodes(example):
    written = render((example,), "mermaid", load())
    nodes = set(re.findall(r"^\s*(p1[an]\d+)[\[(]", written, re.MULTILINE))
    arrows = re.findall(r"^\s*(\w+) -(?:->|\.->\|lifts\|) (\w+)$", written, re.MULTILINE)
    assert arrows
    assert {end for arrow in arrows for end in arrow} <= nodes


def test_no_label_can_leave_its_node():
    written = render((hostile(),), "mermaid", load())
    for line in written.splitlines():
        if '"' in line:
            label = line[line.index('"') + 1 : line.rindex('"')].replace("<br/>", "")
            assert not set('"[]{}<>|`\\') & set(label)


# HTML


class Balance(HTMLParser):
    """Collect the tags that are open and those that were seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, _: object) -> None:
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_balanced_and_escaped(example):
    for one in (example, hostile(), empty()):
        parser = Balance()
        parser.feed(plan_to_html(one, load()))
        parser.close()
        assert not parser.open
        assert "script" not in parser.seen
        assert "table" in parser.seen


# Names


@pytest.mark.parametrize(
    ("sites", "joined"),
    [
        ((), ""),
        (("", ""), ""),
        (("left hip",), "left hip"),
        (("right hip", "left hip"), "both hips"),
        (("left hip", "right knee"), "left hip and right knee"),
        (("left hip", "right hip", "spine", "left knee"), "both hips, left knee and spine"),
        (("hip", "left hip"), "hip and left hip"),
    ],
)
def test_opposite_sites_are_named_together(sites, joined):
    assert join_sites(sites, load()) == joined


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://e.org/patient/d0/patient", "d0"),
        ("https://e.org/people#ann", "ann"),
        ("urn:uuid:1-2", "1-2"),
        ("https://e.org/patient/", "e.org"),
        ("plain", "plain"),
    ],
)
def test_a_patient_is_named_by_the_telling_part_of_the_iri(iri, name):
    assert local_name(iri) == name


def test_cleaning_takes_out_line_breaks_escapes_and_iris():
    assert clean("a\n\x1b[0m\u202eb <https://e.org/x/y> c") == "a [0m b y c"


def rows(of: Plan, *keys: str):
    top = [row for one in sheet(of, load()).sections if one.key in keys for row in one.rows]
    return [*top, *(rider for row in top for rider in row.riders)]


def test_the_schema_lies_in_the_package():
    assert PLAN.parts[-3:] == ("hipkg", "schemas", "plan.schema.json")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("d0", "*avoid* **Non-selective NSAID without gastroprotection**"),
        ("d0", "*avoid* **Delaying the physical therapy referral**"),
        ("d2", "*never* **Intra-articular hyaluronic acid injection**"),
        ("d2", "*avoid* **Continuing an ineffective treatment**"),
    ],
)
def test_what_must_not_be_done_says_so_wherever_it_is_told(name: str, told: str) -> None:
    assert told in plan_to_markdown(made(name), load())
