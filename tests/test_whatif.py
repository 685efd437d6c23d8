"""What-ifs: assertions are read as written, the difference is that of the two plans, and the file stays as it is."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hipkg.api.plan import plan
from hipkg.api.what_if import what_if
from hipkg.base.errors import HipkgError, InvalidPatient, UnreadableInput, UsageError
from hipkg.base.vocabulary import HIP
from hipkg.cli import main
from hipkg.cli.app import app
from hipkg.defence.wording import Describer
from hipkg.knowledge.loading import load
from hipkg.reading.assertions import read_addition, read_removal
from hipkg.render.what_if import render_what_if
from support.doors import read

ROOT = Path(__file__).parent.parent
D0 = ROOT / "examples" / "d0-painful-degenerative-hip.ttl"
DAY = date(2026, 11, 23)
(GRAPH,) = read(D0, as_of=DAY)
RECORD = b"""
PREFIX hip: <https://w3id.org/hipkg/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> PREFIX : <https://e.org/o/>
:patient a hip:Patient ; hip:age 60 ; hip:hasProblem :pain ; hip:hasCourse :c1, :c2 .
:pain a hip:HipPain ; hip:hasSite :hip . :hip a hip:HipJoint ; hip:hasSide hip:left .
:gym a hip:StructuredExerciseProgramme .
:c1 a hip:TreatmentCourse ; hip:ofIntervention :gym ; hip:hasStatus hip:ongoing ; hip:targets :hip ;
    hip:startDate "2026-10-20"^^xsd:date .
:c2 a hip:TreatmentCourse ; hip:ofIntervention hip:Naproxen ; hip:hasStatus hip:stopped ;
    hip:hasOutcome hip:inadequateRelief ; hip:duration "P30D"^^xsd:duration .
"""
DESCRIBER = Describer(GRAPH, load())


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("age 71", ("age 71 years",)),
        ("Body-mass index 31.5", ("body-mass index 31.5 kg/m2",)),
        ("uncontrolled pain at left hip", ("uncontrolled pain at the left hip",)),
        ("uncontrolled pain at the hip", ("uncontrolled pain at the left hip",)),
        ("hip pain at right hip", ("hip pain at the right hip",)),
        ("peptic ulcer disease", ("peptic ulcer disease",)),
        ("no peptic ulcer disease", ("no peptic ulcer disease",)),
        ("No anticoagulant", ("no anticoagulant",)),
        ("without night pain at the left hip", ("no night pain at the left hip",)),
        ("no hip pain at the right hip", ("no hip pain at the right hip",)),
        (
            "physical therapy at left hip for 12 weeks with inadequate relief",
            ("physical therapy at the left hip, for 12 weeks, with the outcome inadequate relief, ongoing",),
        ),
        ("Naproxen since 2026-10-01", ("naproxen, ongoing, start date 2026-10-01",)),
        ("ibuprofen until 2026-10", ("ibuprofen, end date 2026-10, completed",)),
        (
            "ibuprofen, stopped because not tolerated",
            ("ibuprofen, stopped, stopped as not tolerated",),
        ),
        ("acetaminophen daily dose 5000 mg/d", ("acetaminophen, with a daily dose of 5000 mg a day, ongoing",)),
        ("hip MRI at left hip", ("hip MRI at the left hip, completed",)),
        ("total hip arthroplasty planned at left hip", ("total hip arthroplasty at the left hip, planned",)),
        (":pain a hip:UncontrolledPain", ("hip pain (pain) is uncontrolled pain",)),
        (":patient hip:age 71 .", ("age 71 years",)),
    ],
)
def test_assertions_say_what_they_say(text: str, facts: tuple[str, ...]) -> None:
    assert DESCRIBER.facts(read_addition(text, GRAPH, load())) == facts


def test_a_study_is_recorded_as_such_and_a_course_as_a_course() -> None:
    links = {}
    for text in ("hip MRI at left hip", "naproxen"):
        links[text] = {prop for _, prop, _ in read_addition(text, GRAPH, load()).added}
    assert f"{HIP}hasStudy" in links["hip MRI at left hip"]
    assert f"{HIP}hasCourse" in links["naproxen"]


def test_every_label_of_a_problem_or_an_intervention_is_understood() -> None:
    knowledge = load()
    told = [one for one in knowledge.labels if knowledge.is_a(one, HIP + "Problem") and one != HIP + "Problem"]
    for iri in [*(one for one in told if knowledge.definition(one) is None), *knowledge.interventions]:
        added = read_addition(f"{knowledge.label(iri)} at left hip", GRAPH, knowledge).added
        assert any(iri in fact for fact in added), iri


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("osteoarthritiss at left hip", "Nearest: osteoarthritis"),
        ("naproxen blue", "'blue'"),
        ("age old", "a number"),
        ("age \u0667\u0660", "a number"),
        ("naproxen for \u0662 weeks", "for"),
        ("hip pain at left elbow", "'at left elbow'"),
        ("", "not understood"),
        ("acetaminophen daily dose 3 g", "'g'"),
        ("age 71 months", "'months'"),
        ("hip pain at left hip at right hip", "two places"),
        ("naproxen planned stopped", "two values"),
        ("naproxen for 2 weeks for 30 days", "two values"),
        (":pain a hip:HipPain ; a", "not valid Turtle"),
    ],
)
def test_what_is_not_understood_is_named(text: str, named: str) -> None:
    with pytest.raises((UsageError, UnreadableInput)) as raised:
        read_addition(text, GRAPH, load())
    assert named in f"{raised.value} {raised.value.remedy}"


@pytest.mark.parametrize("dose", ["3000", "3000 mg", "3000 mg a day", "3000 mg per day", "3000 mg/d"])
def test_a_number_may_have_the_unit_of_its_property(dose: str) -> None:
    added = read_addition(f"acetaminophen daily dose {dose} stopped", GRAPH, load()).added
    told = {prop.removeprefix(HIP): getattr(value, "value", value) for _, prop, value in added}
    assert told["dailyDose"] == "3000"
    assert told["hasStatus"] == HIP + "stopped"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (":p2 a hip:Patient ; hip:hasProblem :pp . :pp a hip:HipPain", "another patient"),
        (":x a hip:ChronicHipOsteonecrosis ; hip:hasSite :leftHip", "nothing links"),
    ],
)
def test_what_belongs_to_nobody_or_to_another_is_not_added(text: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        what_if(D0, add=[text], as_of=DAY)


@pytest.mark.parametrize(
    ("add", "remove", "told"),
    [
        (["age 71"], ["age"], "age 71 years (not 60 years)"),
        ([], ["age"], "without age 60 years"),
        ([], ["hip pain"], "without hip pain (pain)"),
        ([], ["structured exercise programme"], "without treatment course (c1)"),
        ([], ["oral NSAID"], "without naproxen (c2)"),
        (['hip:c hip:x "2026"'], [], ""),
    ],
)
def test_each_change_is_told(add: list[str], remove: list[str], told: str) -> None:
    if not told:
        with pytest.raises(UsageError):
            what_if(RECORD, format="turtle", add=add, as_of=DAY)
        return
    (found,) = what_if(RECORD, format="turtle", add=add, remove=remove, as_of=DAY)
    assert found.facts == (told,)


@pytest.mark.parametrize("namespace", ["urn:pat:", "https://e.org/o/", "https://e.org/o#"])
def test_words_add_to_patients_of_any_namespace(namespace: str) -> None:
    source = RECORD.replace(b"https://e.org/o/", namespace.encode())
    (found,) = what_if(source, format="turtle", add=["oral NSAID planned"], as_of=DAY)
    assert any(f"{namespace}oral-nsaid" in str(one.subject) for one in found.graph.triples)


def test_words_add_to_a_patient_without_a_name() -> None:
    source = b"PREFIX hip: <https://w3id.org/hipkg/> [] a hip:Patient ; hip:hasProblem [ a hip:HipPain ] ."
    (found,) = what_if(source, format="turtle", add=["oral NSAID planned"], as_of=DAY)
    assert found.facts


def test_a_part_of_a_date_may_change() -> None:
    source = RECORD.replace(b'"2026-10-20"^^xsd:date', b'"2026-10"^^xsd:gYearMonth')
    old, new = (f':c1 hip:startDate "2026-{month}"^^xsd:gYearMonth' for month in ("10", "08"))
    (found,) = what_if(source, format="turtle", add=[new], remove=[old], as_of=DAY)
    assert found.facts == ("treatment course (c1) start date 2026-08 (not 2026-10)",)


def test_a_date_that_the_calendar_does_not_have_is_told_as_it_is() -> None:
    old, new = (f':c1 hip:startDate "{day}"^^xsd:date' for day in ("2026-10-20", "2026-13-45"))
    (found,) = what_if(RECORD, format="turtle", add=[new], remove=[old], as_of=DAY, allow_invalid=True)
    assert found.facts == ("treatment course (c1) start date 2026-13-45 (not 2026-10-20)",)


def test_removals_take_out_all_that_is_told_of_a_node() -> None:
    removed = read_removal("joint space narrowing at left hip", GRAPH, load()).removed
    node = "https://example.org/patient/d0/narrowing"
    left = [one for one in GRAPH.triples if node in {one.subject.value, getattr(one.object, "value", "")}]
    assert len(removed) == len(left) > 3


@pytest.mark.parametrize("text", ["naproxen", "age", "hip pain at right hip", ":pain hip:hasSite :nowhere"])
def test_what_is_not_recorded_cannot_be_taken_out(text: str) -> None:
    with pytest.raises(UsageError):
        read_removal(text, GRAPH, load())


def test_the_difference_is_that_of_the_two_plans() -> None:
    (found,) = what_if(D0, add=["age 71"], as_of=DAY)
    source = D0.read_text(encoding="utf-8") + "\n:patient hip:age 71 .\n"
    after = plan(source.encode(), format="turtle", as_of=DAY)
    assert found.after == after
    before = plan(D0, as_of=DAY)
    statuses = [{(one.intervention, one.place): one.status for one in made.actions} for made in (before, after)]
    differing = {key for key in statuses[0].keys() | statuses[1].keys() if statuses[0].get(key) != statuses[1].get(key)}
    assert {(one.intervention, one.place) for one in found.difference.actions} == differing != set()
    by_label = {one.label: one for one in found.difference.actions}
    protection = by_label["proton pump inhibitor"]
    assert (protection.before, protection.after) == ("conditional", "indicated")
    assert [(one.id, one.before, one.after) for one in protection.statements] == [("D0-12", "later-if", "now")]


def test_adding_and_taking_out_the_same_changes_nothing() -> None:
    (with_it,) = what_if(D0, add=["uncontrolled pain at left hip"], as_of=DAY)
    (back,) = what_if(D0, add=["uncontrolled pain at left hip"], remove=["joint space narrowing"], as_of=DAY)
    assert with_it.difference.actions != back.difference.actions
    assert what_if(D0, add=["hip pain at left hip"], as_of=DAY)[0].difference.actions == ()


def test_what_is_removed_may_be_replaced_in_one_go() -> None:
    (found,) = what_if(D0, remove=["hip pain"], add=["hip pain at right hip"], as_of=DAY)
    assert {one.site for one in found.before.statements if one.id == "D2-10"} == {"left hip"}
    assert {one.site for one in found.after.statements if one.id == "D2-10"} == {"right hip"}


def test_the_file_is_only_read() -> None:
    before = D0.read_bytes(), D0.stat().st_mtime_ns
    what_if(D0, add=["age 71"], remove=["hip pain"], as_of=DAY)
    assert (D0.read_bytes(), D0.stat().st_mtime_ns) == before


def test_a_file_of_turtle_can_be_added(tmp_path: Path) -> None:
    patch = tmp_path / "patch.ttl"
    patch.write_text(
        "PREFIX hip: <https://w3id.org/hipkg/>\n<https://example.org/patient/d0/patient> hip:age 71 .", encoding="utf-8"
    )
    (found,) = what_if(D0, add=[f"@{patch}"], as_of=DAY)
    assert found.facts == ("age 71 years",)


def test_an_invalid_change_is_refused() -> None:
    with pytest.raises(InvalidPatient) as raised:
        what_if(D0, add=["age 171"], as_of=DAY)
    assert "as changed" in str(raised.value.place)
    (found,) = what_if(D0, add=["age 171"], as_of=DAY, allow_invalid=True)
    assert [one.shape for one in found.findings if one.severity == "violation"] == ["hip:P02-patient-age"]


def test_nothing_to_change_is_an_error() -> None:
    with pytest.raises(UsageError):
        what_if(D0, as_of=DAY)


# Output


def test_text_and_markdown_tell_each_change_with_its_statements() -> None:
    found = what_if(D0, add=["age 71"], as_of=DAY)
    for format_ in ("text", "markdown"):
        written = render_what_if(found, format_)
        assert "age 71 years" in written
        assert "proton pump inhibitor · left hip: conditional → indicated" in written
        assert "D0-12: later-if → now" in written
        assert "Decision support for professionals, not medical advice." in written
        assert "://" not in written


def test_json_tells_the_same() -> None:
    data = json.loads(render_what_if(what_if(D0, add=["age 71"], as_of=DAY), "json"))
    assert data["facts"] == ["age 71 years"]
    assert data["valid"] is True
    assert {"id": "D0-12", "site": "left hip", "before": "later-if", "after": "now"} in data["statements"]
    assert {one["label"] for one in data["actions"]} >= {"proton pump inhibitor", "selective COX-2 inhibitor"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--add", "age 71"], 0),
        (["--add", "age 171"], 1),
        (["--add", "age 171", "--allow-invalid"], 1),
        (["--add", "nonsense of a kind"], 2),
        ([], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["hipkg", "what-if", str(D0), *arguments])
    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code == code


def test_the_command_writes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    result = CliRunner().invoke(
        app, ["what-if", str(D0), "--add", "age 71", "--format", "json", "--output", str(target)]
    )
    assert result.exit_code == 0
    assert json.loads(target.read_text(encoding="utf-8"))["facts"] == ["age 71 years"]


def test_errors_are_of_the_package() -> None:
    with pytest.raises(HipkgError):
        read_addition("@nowhere.ttl", GRAPH, load())


def test_what_is_absent_can_be_taken_back() -> None:
    (graph,) = read(
        RECORD.replace(b"hip:age 60 ;", b"hip:age 60 ; hip:isWithout hip:Anticoagulant ;"), format="turtle", as_of=DAY
    )
    fact = ("https://e.org/o/patient", HIP + "isWithout", HIP + "Anticoagulant")
    assert read_removal("no anticoagulant", graph, load()).removed == {fact}
    with pytest.raises(UsageError, match="Nothing recorded fits"):
        read_removal("no peptic ulcer disease", graph, load())


@pytest.mark.parametrize(
    "text", ["no age", "no", "no hip pain planned", "no hip pain at the left hip at the right hip"]
)
def test_what_cannot_be_absent_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_addition(text, GRAPH, load())
