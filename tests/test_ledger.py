"""The therapy ledger: what was tried, for which statement it was enough, and when what waits can open.

A folder of ``cases/ledger`` holds a patient and the text that the command in its first line writes.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rdflib
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from typer.testing import CliRunner

import hipkg
from hipkg.api.ledger import ledger
from hipkg.api.plan import plan
from hipkg.base.errors import InvalidPatient, UsageError
from hipkg.base.paths import ROOT
from hipkg.cli import main
from hipkg.cli.app import app
from hipkg.defence import ledger as bookkeeping
from hipkg.defence.ledger import STATUSES, VERDICTS, Judgement, Ledger, Opening, Treatment, Waiting
from hipkg.knowledge.loading import load
from hipkg.planning.bounds import Check
from hipkg.planning.gaps import Gap, Reached
from hipkg.render.brief_ledger import TREATMENTS_SHOWN, ledgers_in_brief
from hipkg.render.ledger import FORMATS, NO_SITE, NO_TREATMENT, NOTE, ledger_sheet, render_ledgers
from hipkg.render.schemas import LEDGER, PLAN
from hipkg.render.screen import screen
from hipkg.render.words import DISCLAIMER
from support.doors import planned, read

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_OF = date(2026, 11, 23)
FOLDER = Path(__file__).parent / "cases" / "ledger"
CASES = sorted(FOLDER.iterdir())
VISITS = Path(__file__).parent / "cases" / "visits"
CHECKS = sorted((Path(__file__).parent / "cases" / "checks").iterdir())
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
HOSTILE = "**bold** [x](https://e.org/a) <script>`|`\n# head\x1b[31m \u202e"
HEAD = """
PREFIX : <https://example.org/ledger/>
PREFIX hip: <https://w3id.org/hipkg/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:patient a hip:Patient ; hip:hasProblem :osteoarthritis , :pain .
:hip a hip:HipJoint ; hip:hasSide hip:left .
:osteoarthritis a hip:HipOsteoarthritis ; hip:hasSite :hip .
:pain a hip:HipPain ; hip:hasSite :hip .
"""
COURSE = ":patient hip:hasCourse :course . :course a hip:TreatmentCourse ; "


@cache
def command(case: Path) -> tuple[str, ...]:
    """Read the command that writes what a case expects."""
    first = (case / "expected.txt").read_text(encoding="utf-8").partition("\n")[0]
    return tuple(shlex.split(first.removeprefix("# hipkg ")))


@cache
def made(name: str, *, everything: bool = False) -> Ledger:
    """Make the ledger of a case, from the documents that it names or from all."""
    words = command(FOLDER / name)
    documents = [] if everything else [words[at + 1] for at, one in enumerate(words) if one == "--document"]
    (found,) = ledger(FOLDER / name / "patient.ttl", as_of=AS_OF, documents=documents)
    return found


def of(*facts: str, allow_invalid: bool = False) -> Ledger:
    source = (HEAD + "\n".join(facts)).encode()
    (found,) = ledger(source, format="turtle", as_of=AS_OF, allow_invalid=allow_invalid)
    return found


def treatment(of: Ledger, node: str) -> Treatment:
    (found,) = [one for one in of.treatments if one.node.endswith(f"/{node}")]
    return found


def waiting(of: Ledger, label: str) -> Waiting:
    (found,) = [one for one in of.waiting if one.label == label]
    return found


def verdicts(of: Treatment, statement: str) -> dict[str, str]:
    """Map what a statement asks of a treatment, by its label or quantity, to the verdict."""
    return {
        one.basis.bound.quantity if isinstance(one.basis, Check) else one.basis.label: one.verdict
        for one in of.judgements
        if one.statement == statement
    }


def text(of: Ledger) -> str:
    return render_ledgers((of,), "text", load())


def flat(of: Ledger) -> str:
    return " ".join(text(of).split())


def validator() -> Draft202012Validator:
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in (LEDGER, PLAN)]
    registry = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in schemas)
    Draft202012Validator.check_schema(schemas[0])
    return Draft202012Validator(schemas[0], registry=registry, format_checker=FormatChecker())


# The cases


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_expected_texts(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was read line by line; HIPKG_UPDATE_GOLDEN=1 writes it anew."""
    monkeypatch.chdir(ROOT)
    run = CliRunner().invoke(app, [*command(case), "--all"])
    assert run.exit_code == 0, run.output
    file = case / "expected.txt"
    first, _, wanted = file.read_text(encoding="utf-8").partition("\n")
    if os.environ.get("HIPKG_UPDATE_GOLDEN"):
        file.write_text(f"{first}\n{run.stdout}", encoding="utf-8")
        return
    assert run.stdout.partition(DISCLAIMER)[2] == wanted.partition(DISCLAIMER)[2]


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_patients_are_written_in_normal_form(case: Path) -> None:
    graph = rdflib.Graph(bind_namespaces="none").parse(case / "patient.ttl", format="turtle")
    assert (case / "patient.ttl").read_text(encoding="utf-8") == graph.serialize(format="longturtle")


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_case_is_complete_and_says_how_it_is_made(case: Path) -> None:
    assert {one.name for one in case.iterdir()} == {"patient.ttl", "expected.txt"}
    assert command(case)[:2] == ("ledger", f"tests/cases/ledger/{case.name}/patient.ttl")
    assert command(case)[2:4] == ("--as-of", AS_OF.isoformat())


def everything() -> Iterator[Ledger]:
    for case in CASES:
        yield made(case.name)
        yield made(case.name, everything=True)
    for path in (*EXAMPLES, *(one / "patient.ttl" for one in CHECKS)):
        yield from ledger(path, as_of=AS_OF)


def test_every_status_and_every_verdict_has_a_case() -> None:
    found = [one for case in CASES for one in made(case.name, everything=True).treatments]
    assert {one.status for one in found} == {*STATUSES}
    assert {judgement.verdict for one in found for judgement in one.judgements} == {*VERDICTS}
    openings = [one.opening.kind for case in CASES for one in made(case.name).waiting]
    assert {*openings} == {"dated", "unknown", "unmet"}


def test_every_ledger_is_written_for_people_and_for_machines() -> None:
    schema = validator()
    for one in everything():
        written = text(one)
        assert max(map(len, written.splitlines())) <= 80
        assert "://" not in written
        assert re.search(r"hip:\w", written) is None
        assert "\x1b" not in written
        schema.validate(json.loads(one.to_json()))
        assert one.to_markdown().startswith("# Therapy ledger: patient ")


# What the plan says, and nothing else


def test_what_waits_is_what_the_plan_holds_back() -> None:
    for case in CASES:
        one = made(case.name, everything=True)
        conditional = [
            (action.intervention, action.place, action.unmet)
            for action in plan(case / "patient.ttl", as_of=AS_OF).actions
            if action.status == "conditional"
        ]
        assert [(it.intervention, it.place) for it in one.waiting] == [(iri, place) for iri, place, _ in conditional]
        for it, (_, _, unmet) in zip(one.waiting, conditional, strict=True):
            assert {gap for need in it.needs for gap in need.gaps} <= {*unmet}


@pytest.mark.parametrize("case", CHECKS, ids=lambda one: one.name)
def test_every_check_of_the_plan_is_told(case: Path) -> None:
    (one,) = ledger(case / "patient.ttl", as_of=AS_OF)
    told = {(it.statement, it.basis) for treatment in one.treatments for it in treatment.judgements}
    reviews = {(it.statement, it.check) for it in one.reviews}
    for state in plan(case / "patient.ttl", as_of=AS_OF).statements:
        for check in state.checks:
            # The limit of a trial is told once, by the part of the requirement that asks for the same.
            parts = [basis for id_, basis in told if id_ == state.id and not isinstance(basis, Check)]
            assert (state.id, check) in told | reviews or (check.bound.measured_on and parts), case.name


def test_every_activity_is_listed_once() -> None:
    for case in CASES:
        one = made(case.name)
        graph = rdflib.Graph().parse(case / "patient.ttl")
        recorded = {str(it) for it in graph.subjects(rdflib.URIRef("https://w3id.org/hipkg/ofIntervention"))}
        listed = [it.node for it in (*one.treatments, *one.studies)]
        assert sorted(listed) == sorted(recorded)


# Treatments


def test_a_running_trial_part_way() -> None:
    found = treatment(made("running-part-way"), "drug")
    assert (found.label, found.sites, found.status, str(found.days)) == ("naproxen", (), "ongoing", "14")
    (gap,) = [one.basis for one in found.judgements if one.statement == "D0-33"]
    assert isinstance(gap, Gap)
    assert (str(gap.have), str(gap.need), gap.earliest) == ("14", ">= 28", date(2026, 12, 7))
    assert {one.verdict for one in found.judgements} == {"not-yet"}


def test_a_trial_that_meets_a_requirement_is_adequate_for_its_statement() -> None:
    one = made("completed-adequate")
    # The gate is lifted, so that the plan lists no gap of it any more.
    assert [
        it for it in plan(FOLDER / "completed-adequate" / "patient.ttl", as_of=AS_OF).statements if it.id == "D0-47"
    ]
    for node in ("drug", "therapy", "lifestyle"):
        assert {*verdicts(treatment(one, node), "D0-47").values()} == {"adequate"}
    (reached,) = [it.basis for it in treatment(one, "drug").judgements if it.statement == "D0-47"]
    assert isinstance(reached, Reached)
    assert (str(reached.have), str(reached.need), reached.unit) == ("92", ">= 28", "d")


def test_a_trial_that_was_too_short() -> None:
    one = made("too-short")
    assert verdicts(treatment(one, "drug"), "D0-33") == {"NSAID for at least 4 weeks": "too-short"}
    assert verdicts(treatment(one, "therapy"), "D0-33") == {"physical therapy for at least 4 weeks": "adequate"}


def test_why_a_treatment_ended_or_never_began() -> None:
    stopped = treatment(made("stopped-not-tolerated"), "exercise")
    assert (stopped.status, stopped.stopped_because, stopped.outcome) == (
        "stopped",
        "not tolerated",
        "inadequate relief",
    )
    refused = treatment(made("refused"), "therapy")
    assert (refused.status, refused.stopped_because, refused.judgements) == ("notDone", "refused", ())
    assert treatment(made("unavailable"), "therapy").stopped_because == "unavailable"
    assert treatment(made("unavailable"), "drug").stopped_because == "no effect"
    assert "reason not recorded" in flat(made("unavailable"))


def test_a_missing_outcome_is_unknown_and_not_failed() -> None:
    one = made("outcome-missing")
    drug = treatment(one, "drug")
    assert drug.outcome == ""
    assert "D1-23" not in {it.statement for it in drug.judgements}
    assert verdicts(drug, "D1-32") == {"trial length": "uncounted"}
    assert "151 days · outcome not recorded" in flat(one)
    assert waiting(one, "intra-articular corticosteroid injection").opening.unknown == ("NSAID gave inadequate relief",)


def test_another_outcome_does_not_count() -> None:
    found = verdicts(treatment(made("other-outcome"), "drug"), "D1-32")
    assert found["NSAID for at least 3 months with inadequate relief"] == "other-outcome"
    assert verdicts(treatment(made("other-outcome"), "therapy"), "D1-32") == {
        "physical therapy for at least 3 months with inadequate relief": "adequate"
    }


def test_what_brings_an_objection_about_is_no_trial_to_be_made() -> None:
    one = made("stopped-not-tolerated")
    assert "D2-71" not in {it.statement for it in treatment(one, "exercise").judgements}


def test_a_planned_treatment_has_no_outcome_and_its_dose_is_checked() -> None:
    found = treatment(made("planned"), "drug")
    assert verdicts(found, "D0-17") == {"daily dose": "adequate"}
    assert "to begin 2026-12-01 · daily dose 3,000 mg a day adequate:" in flat(made("planned"))


def test_the_other_side_and_an_unknown_side_are_not_counted() -> None:
    one = made("other-side")
    assert (treatment(one, "therapy").sites, treatment(one, "therapy").judgements) == (("right hip",), ())
    untold = treatment(one, "untold")
    assert untold.sites == ()
    assert verdicts(untold, "D0-33") == {"trial length": "uncounted"}
    assert f"Physical therapy {NO_SITE}" in flat(one)
    opening = waiting(one, "intra-articular corticosteroid injection").opening
    assert opening.unknown == ("physical therapy for at least 4 weeks",)


def test_courses_that_run_together_are_judged_together() -> None:
    one = made("several-courses")
    for node in ("day", "night"):
        (found,) = treatment(one, node).judgements
        assert isinstance(found.basis, Check)
        assert (found.statement, found.verdict, str(found.basis.have)) == ("D0-17", "too-high", "4500.5")
    assert verdicts(treatment(one, "second"), "D0-33") == {"NSAID for at least 4 weeks": "not-yet"}
    assert treatment(one, "first").judgements == ()


def test_a_dose_above_the_cap_that_follows_from_single_doses() -> None:
    found = treatment(made("dose-above"), "drug")
    assert verdicts(found, "D0-17") == {"daily dose": "too-high"}
    doses = [(one.quantity, one.amount, one.unit, one.worked_out) for one in found.doses]
    assert doses == [
        ("daily dose", Decimal(6000), "mg/d", True),
        ("single dose", Decimal(1000), "mg", False),
        ("dose interval", Decimal(4), "h", False),
    ]
    assert found.adequacy == "inadequate"


def test_a_dose_below_and_a_course_above_their_limits() -> None:
    found = treatment(made("too-long-too-low"), "drug")
    assert verdicts(found, "D4-05") == {"daily dose": "too-low", "single dose": "unknown"}
    assert verdicts(found, "D4-07") == {"course length": "too-long"}


def test_partial_dates_leave_intervals() -> None:
    one = made("partial-dates")
    drug, therapy = treatment(one, "drug"), treatment(one, "therapy")
    assert drug.start is not None
    assert (drug.start.recorded, drug.start.first, drug.start.last) == (
        "2026-10",
        date(2026, 10, 1),
        date(2026, 10, 31),
    )
    assert (str(drug.days), str(therapy.days)) == ("23 to 53", "32 to 423")
    assert verdicts(drug, "D0-33") == {"NSAID for at least 4 weeks": "unknown"}
    assert verdicts(therapy, "D0-33") == {"physical therapy for at least 4 weeks": "adequate"}
    assert verdicts(therapy, "D0-37") == {"physical therapy for at least 12 weeks": "unknown"}


def test_no_treatment_at_all() -> None:
    one = made("no-treatment")
    assert one.treatments == one.studies == one.reviews == ()
    assert NO_TREATMENT in text(one)
    assert waiting(one, "weight reduction").opening.kind == "unknown"


def test_one_treatment_of_both_hips_is_told_once() -> None:
    one = made("both-hips")
    assert treatment(one, "therapy").sites == ("left hip", "right hip")
    (found,) = [it for it in treatment(one, "therapy").judgements if it.statement == "D0-33"]
    assert found.sites == ("left hip", "right hip")
    assert flat(one).count("Intra-articular corticosteroid injection both hips") == 1


def test_a_length_that_rests_on_the_exact_day_says_so() -> None:
    assert "adequate: NSAID for at least 4 weeks (28 days on record, rests on the exact day) D0-33" in flat(
        made("both-hips")
    )


def test_studies_and_reviews_stand_apart() -> None:
    one = made("studies")
    assert [(it.label, it.status, it.sites) for it in one.studies] == [
        ("hip MRI", "planned", ()),
        ("hip radiograph", "completed", ("left hip",)),
    ]
    assert [(it.statement, it.check.verdict) for it in one.reviews] == [("D1-31", "within")]
    assert "done 20 days after the start" in flat(one)


def test_an_intervention_of_the_patients_own_is_named_by_its_kind() -> None:
    one = of(COURSE + "hip:ofIntervention :gym ; hip:hasStatus hip:completed . :gym a hip:PhysicalTherapy .")
    assert treatment(one, "course").label == "physical therapy"


# When what waits can open


def test_the_latest_of_the_trials_that_run_is_the_earliest_date() -> None:
    found = waiting(made("running-part-way"), "intra-articular corticosteroid injection")
    assert [(one.statement, one.opening.day) for one in found.needs] == [
        ("D0-47", date(2026, 12, 7)),
        ("D0-33", date(2026, 12, 7)),
    ]
    assert {gap.earliest for one in found.gates for gap in one.gaps} == {date(2026, 12, 1), date(2026, 12, 7)}
    assert found.opening == Opening(date(2026, 12, 7))
    assert "can open on 2026-12-07 at the earliest" in flat(made("running-part-way"))


@pytest.mark.parametrize(("day", "status"), [("2026-12-06", "conditional"), ("2026-12-07", "indicated")])
def test_the_date_is_the_first_on_which_the_plan_opens(day: str, status: str) -> None:
    then = plan(FOLDER / "running-part-way" / "patient.ttl", as_of=date.fromisoformat(day), documents=["D0"])
    (found,) = [one for one in then.actions if one.label == "intra-articular corticosteroid injection"]
    assert found.status == status


def test_an_unknown_need_gives_no_date() -> None:
    found = waiting(made("running-part-way"), "total hip arthroplasty")
    assert found.opening == Opening(unknown=("disability from the hip", "refractory pain of the hip"))
    assert "waits until this is known: disability from the hip · refractory pain of the hip" in flat(
        made("running-part-way")
    )


def test_a_trial_that_is_over_gives_no_date() -> None:
    found = waiting(made("too-short"), "intra-articular corticosteroid injection")
    assert found.opening == Opening(unmet=("NSAID for at least 4 weeks",))
    assert "no date follows from the record for NSAID for at least 4 weeks" in flat(made("too-short"))


def test_partial_dates_may_bring_an_opening_forward() -> None:
    found = waiting(made("partial-dates"), "intra-articular corticosteroid injection")
    assert found.opening == Opening(date(2026, 11, 28), inexact=True)
    assert "can open on 2026-11-28, or sooner once the dates are known exactly" in flat(made("partial-dates"))


def test_of_several_statements_one_is_enough() -> None:
    found = waiting(made("stopped-not-tolerated"), "surgical consultation")
    (group,) = found.opening.either
    assert len(found.advice) >= len(group) > 1
    # What asks for all that another asks for, and more, is no way of its own.
    needs = [{*one.unknown, *one.unmet} for one in group]
    assert not [one for one in needs for other in needs if other < one]


def test_one_of_several_exceptions_lifts_a_gate() -> None:
    (graph,) = read(FOLDER / "running-part-way" / "patient.ttl", as_of=AS_OF)
    known = load()
    gate = known.statement("D0-47")
    assert gate is not None
    several = gate._replace(except_for=(*gate.except_for, *gate.applies_to))
    knowledge = replace(known, statements={**known.statements, gate.iri: several})
    found = bookkeeping.ledger(planned(graph, documents=["D0"])._replace(knowledge=knowledge))
    (need,) = waiting(found, "intra-articular corticosteroid injection").gates
    assert need.opening.day == date(2026, 12, 1)


# Formats


def test_json_and_markdown_tell_the_same() -> None:
    one = made("running-part-way")
    data = json.loads(one.to_json())
    assert data == one.to_dict()
    (drug,) = [it for it in data["treatments"] if it["label"] == "naproxen"]
    assert drug["doses"] == [{"quantity": "daily dose", "amount": 1000, "unit": "mg/d"}]
    assert drug["days"] == {"least": 14, "most": 14}
    (injection,) = [it for it in data["waiting"] if it["label"].startswith("intra-articular")]
    assert injection["opening"] == {"kind": "dated", "date": "2026-12-07"}
    markdown = one.to_markdown()
    assert "*can open on* 2026-12-07 at the earliest" in markdown
    assert "| D0-47 | " in markdown
    assert NOTE in markdown


@pytest.mark.parametrize("path", ["kind", "date"])
def test_the_schema_refuses_what_is_no_ledger(path: str) -> None:
    data = made("running-part-way").to_dict()
    (injection,) = [it for it in data["waiting"] if it["label"].startswith("intra-articular")]
    del injection["opening"][path]
    assert not validator().is_valid(data)


def test_two_ledgers_are_an_array_and_stand_one_after_another() -> None:
    both = (made("planned"), made("refused"))
    assert [it["patient"] for it in json.loads(render_ledgers(both, "json", load()))] == [it.patient for it in both]
    assert render_ledgers(both, "text", load()) == f"{text(both[0])}\n{text(both[1])}"
    assert render_ledgers(both, "markdown", load()).count("# Therapy ledger: ") == 2


def test_there_is_no_other_format() -> None:
    assert FORMATS == ("text", "markdown", "json")
    with pytest.raises(UsageError, match="papyrus"):
        render_ledgers((), "papyrus", load())


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    one = (made("running-part-way"),)
    assert "\x1b[1;32m" in render_ledgers(one, "text", load(), to_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;32m" not in render_ledgers(one, "text", load(), to_terminal=True)


def test_hostile_words_stay_words() -> None:
    original = made("running-part-way")
    treatments = tuple(
        one._replace(label=HOSTILE, sites=(HOSTILE,), outcome=HOSTILE, stopped_because=HOSTILE, adequacy=HOSTILE)
        for one in original.treatments
    )
    hidden = tuple(one._replace(label=HOSTILE, site=HOSTILE) for one in original.waiting)
    one = replace(original, treatments=treatments, waiting=hidden, patient=HOSTILE)
    assert "\x1b" not in text(one)
    assert "\u202e" not in text(one)
    assert "://" not in text(one)
    assert "<script>" not in one.to_markdown()
    assert "# head" not in one.to_markdown().splitlines()


def test_the_same_input_and_date_give_the_same_bytes() -> None:
    first, second = (ledger(FOLDER / "several-courses" / "patient.ttl", as_of=AS_OF) for _ in range(2))
    assert first == second
    assert text(first[0]) == text(second[0])


# What is not sound


BROKEN = (
    'hip:hasStatus hip:ongoing , hip:left ; hip:startDate "soon" ; hip:dailyDose "lots" ; hip:minimumDays "NaN" ; '
    "hip:targets :nowhere , hip:left ; hip:hasOutcome hip:left ; hip:stoppedBecause :whim ."
)


def test_a_record_with_violations_is_told_as_far_as_it_goes() -> None:
    with pytest.raises(InvalidPatient):
        of(COURSE + BROKEN)
    one = of(COURSE + BROKEN, allow_invalid=True)
    assert not one.valid
    assert "NOT VALID: the record of this patient has" in flat(one)
    assert "do not rely on this ledger" in flat(one)
    assert "Unnamed treatment" in text(one)
    assert "://" not in text(one)
    validator().validate(json.loads(one.to_json()))


def test_warnings_are_told() -> None:
    assert "! Warning: P43: The activity has no status" in text(made("no-status"))
    assert ledger_sheet(made("planned"), load()).warnings == ()


def test_two_patients_who_share_a_course_are_refused() -> None:
    shared = ":course a hip:TreatmentCourse ; hip:ofIntervention hip:Naproxen ; hip:hasStatus hip:ongoing ."
    other = ":other a hip:Patient ; hip:hasCourse :course . :patient hip:hasCourse :course ."
    source = (HEAD + shared + other).encode()
    with pytest.raises(InvalidPatient):
        ledger(source, format="turtle", as_of=AS_OF)
    found = ledger(source, format="turtle", as_of=AS_OF, allow_invalid=True)
    assert [one.patient.rpartition("/")[2] for one in found] == ["other", "patient"]


# The public function and the command


def test_the_public_function_is_not_hidden_by_a_module() -> None:
    code = (
        "from hipkg.api.ledger import Ledger; import hipkg; "
        "assert callable(hipkg.ledger); assert hipkg.Ledger is Ledger"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert hipkg.ledger is ledger


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["hipkg", "ledger", *map(str, arguments)])
    try:
        main()
    except SystemExit as ended:
        return int(str(ended.code or 0))
    return 0


@pytest.fixture
def invalid(tmp_path: Path) -> Path:
    path = tmp_path / "invalid.ttl"
    path.write_text(HEAD + COURSE + BROKEN, encoding="utf-8")
    return path


def test_0_a_ledger_goes_to_standard_output(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, FOLDER / "planned" / "patient.ttl", "--as-of", AS_OF, "--document", "D0", "--all") == 0
    out, err = capfd.readouterr()
    assert (out, err) == (text(made("planned")), "")


def test_1_an_invalid_patient_gets_none(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], invalid: Path
) -> None:
    assert run(monkeypatch, invalid) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "[invalid-patient]" in err


def test_1_a_ledger_in_spite_of_violations_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], invalid: Path
) -> None:
    assert run(monkeypatch, invalid, "--allow-invalid", "--format", "json") == 1
    assert json.loads(capfd.readouterr().out)["valid"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere.ttl",),
        (EXAMPLES[0], "--as-of", "23.11.2026"),
        (EXAMPLES[0], "--document", "D99"),
        (EXAMPLES[0], "--format", "turtle"),
        (EXAMPLES[0], "--engine", "guess"),
        (EXAMPLES[0], "--input-format", "papyrus"),
        (),
    ],
    ids=lambda arguments: " ".join(str(one).removeprefix(str(ROOT) + "/") for one in arguments) or "nothing",
)
def test_2_what_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: tuple[object, ...]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err
    assert "Traceback" not in err


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_is_written_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, format_: str
) -> None:
    target = tmp_path / "ledger"
    target.write_text("old", encoding="utf-8")
    assert run(monkeypatch, "nowhere.ttl", "-f", format_, "-o", target) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]
    assert target.read_text(encoding="utf-8") == "old"
    path = FOLDER / "planned" / "patient.ttl"
    capfd.readouterr()
    assert run(monkeypatch, path, "-f", format_, "--all", "--as-of", AS_OF, "--document", "D0", "-o", target) == 0
    assert capfd.readouterr() == ("", "")
    assert target.read_text(encoding="utf-8") == render_ledgers((made("planned"),), format_, load())
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]


def test_judgements_are_sorted_by_what_falls_short() -> None:
    def order(one: Judgement) -> int:
        return VERDICTS.index(one.verdict)

    for case in CASES:
        for found in made(case.name, everything=True).treatments:
            assert [*map(order, found.judgements)] == sorted(map(order, found.judgements))


def test_nothing_in_a_ledger_can_be_changed() -> None:
    one: Any = made("planned")
    for record in (one, one.treatments[0], one.waiting[0]):
        with pytest.raises(AttributeError):
            record.label = "other"


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_a_plan_may_end_with_the_ledger(format_: str, capfdbinary, monkeypatch) -> None:
    example = min((Path(__file__).parent.parent / "examples").glob("d2-*.ttl"))

    def written(*words: str) -> bytes:
        monkeypatch.setattr(sys, "argv", ["hipkg", *words, "--as-of", "2026-11-23", "--format", format_])
        with suppress(SystemExit):
            main()
        return capfdbinary.readouterr().out

    plan, ledger = written("plan", str(example)), written("ledger", str(example))
    assert written("plan", str(example), "--ledger") == plan + b"\n" + ledger


def test_the_json_of_a_plan_may_hold_the_ledger(capfdbinary, monkeypatch) -> None:
    example = min((Path(__file__).parent.parent / "examples").glob("d2-*.ttl"))

    def written(*words: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["hipkg", *words, str(example), "--as-of", "2026-11-23", "--format", "json"])
        with suppress(SystemExit):
            main()
        return json.loads(capfdbinary.readouterr().out)

    assert written("plan", "--ledger") == {**written("plan"), "ledger": written("ledger")}


@pytest.mark.parametrize("options", [["--format", "turtle"], ["--min-evidence", "high"]])
def test_a_ledger_is_refused_where_it_cannot_be(options: list[str], capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["hipkg", "plan", "record.ttl", "--ledger", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--ledger" in capsys.readouterr().err


@pytest.mark.parametrize("case", sorted(one.name for one in FOLDER.iterdir()))
def test_a_ledger_in_brief_fits_on_a_screen_and_tells_every_treatment(case: str) -> None:
    found = made(case)
    written = ledgers_in_brief((found,), "text", load())
    assert len(written.splitlines()) <= 25
    assert max(map(len, written.splitlines())) <= 80
    for one in found.treatments[:TREATMENTS_SHOWN]:
        assert (one.label or "unnamed treatment") in " ".join(written.split())
    assert ("more treatment" in written) == (len(found.treatments) > TREATMENTS_SHOWN)
    assert ledgers_in_brief((found,), "markdown", load()).startswith("## Therapy ledger: ")


def test_a_ledger_in_brief_says_for_what_a_treatment_is_enough_and_when_it_will_be() -> None:
    written = " ".join(ledgers_in_brief((made("running-part-way"),), "text", load()).split())
    assert "enough for" in written
    assert "from 20" in written
    assert "--all tells every threshold" in written


def test_a_ledger_in_brief_names_what_a_treatment_is_enough_for() -> None:
    found = ledger(VISITS / "second-visit" / "patient.ttl", as_of=AS_OF)
    written = " ".join(ledgers_in_brief(found, "text", load()).split())
    assert "naproxen: since 2026-10-05" in written
    assert "enough for steroid injection into the hip D0-33" in written


@pytest.mark.parametrize(
    ("visit", "told", "absent"),
    [
        ("both-hips", "daily dose within the maximum of 4,000 mg a day D0-17 D2-35", "enough for acetaminophen"),
        ("both-hips", "single dose and time between doses not recorded D2-35", "not known for acetaminophen"),
        ("both-hips", "ibuprofen: refused, not begun", "reason: refused"),
        ("on-opioids", "daily dose above the maximum of 4,000 mg a day D0-17 D2-35", "too high for"),
        ("on-opioids", "whether long enough is not known for steroid injection into the hip D0-33", "no site stated"),
        ("replacement-ordered", "Ordered • total hip arthroplasty (left hip): no date set", "What was tried"),
        ("anticoagulant", "apixaban: since 2024-02-01, 1032 days so far", "outcome not recorded"),
        ("second-visit", "2027-01-03* total hip replacement (left hip) D0-37 D1-39", "without a date"),
    ],
)
def test_a_ledger_in_brief_says_how_a_treatment_stands(visit: str, told: str, absent: str) -> None:
    found = ledger(VISITS / visit / "patient.ttl", as_of=date(2026, 11, 29))
    written = " ".join(ledgers_in_brief(found, "text", load()).split())
    assert told in written
    assert absent not in written


def test_a_treatment_of_one_day_is_told_with_that_day_alone() -> None:
    found = ledger(VISITS / "severe-and-failing" / "patient.ttl", as_of=AS_OF)
    written = " ".join(ledgers_in_brief(found, "text", load()).split())
    assert "intra-articular corticosteroid injection (right hip): 2026-09-10, outcome" in written
    assert "0 days" not in written


def test_what_can_open_if_treatment_starts_today_is_dated() -> None:
    (found,) = ledger(ROOT / "examples" / "d0-painful-degenerative-hip.ttl", as_of=date(2026, 11, 29))
    soonest = {one.label: one.soonest for one in found.waiting}
    assert soonest["intra-articular corticosteroid injection"] == (date(2026, 12, 27), True)
    assert soonest["total hip arthroplasty"] == (date(2027, 2, 27), True)
    written = " ".join(ledgers_in_brief((found,), "text", load()).split())
    assert "2026-12-27* steroid injection into the hip (left hip) D0-33 D0-47 D1-23 D2-46" in written
    assert "treatment that does not run yet starts today" in written
    assert "not before 2026-12-27 if treatment starts today" in flat(found)


@pytest.mark.parametrize("path", [*EXAMPLES, *sorted(VISITS.glob("*/patient.ttl"))[::4]], ids=str)
def test_the_ledger_and_the_page_reckon_alike(path: Path) -> None:
    """What both date, of the same statements at one place, they date alike."""
    (found,) = ledger(path, as_of=AS_OF)
    shown = screen(plan(path, as_of=AS_OF), load())
    paged = {
        (item.statements, item.site): (item.earliest, item.assumed)
        for items in shown.sections.values()
        for item in items
        if item.earliest
    }
    for one in found.waiting:
        key = (tuple(sorted({need.statement for need in one.needs})), one.site)
        if one.soonest and key in paged:
            assert paged[key] == one.soonest
