"""Statements selected by their grades, and how plans depend on that."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pyoxigraph as ox
import pytest
from hypothesis import given

from hipkg.api.plan import Plan, plan, plans
from hipkg.api.sensitivity import sensitivity
from hipkg.base import hip
from hipkg.base.errors import HipkgError, InvalidPatient, UsageError
from hipkg.base.vocabulary import HIP, OBJECTING
from hipkg.defence import sensitivity as sensitivities
from hipkg.defence.sensitivity import GONE, Sensitivity
from hipkg.knowledge.loading import load
from hipkg.knowledge.selection import Selection, grades, select
from hipkg.pipeline import process as pipeline
from hipkg.reasoning.native import entail
from hipkg.record import patient as patients
from hipkg.record.normalise import normalised
from hipkg.render import render
from hipkg.render.schemas import PLAN
from hipkg.render.sensitivity import render_sensitivities
from hipkg.render.words import DISCLAIMER
from support.command_line import D0, D1, INVALID, Run, heavy_modules, verb
from support.derivations import assert_same
from support.doors import derivation_of, plan_record, read, read_triples
from support.random_patients import hip_patients, some_patients

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from hipkg.knowledge.records import StatementInfo

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
EXPECTED = sorted((ROOT / "tests" / "cases" / "sensitivity").glob("*/expected.txt"))
DAY = date(2026, 11, 23)
STRENGTHS = ("consensus", "moderate", "strong")
EVIDENCE = (("insufficient", "no trial evidence"), ("consensus", "mixed"), ("moderate",), ("high",))
MINIMUMS = [
    *({"min_strength": one} for one in STRENGTHS),
    *({"min_evidence": one} for some in EVIDENCE for one in some),
    {"min_strength": "consensus", "min_evidence": "high"},
]
AGAINST = {HIP + one for one in ("contraindicates", "discourages", "holdsBack", "safeguardsWith")}
INFOS = {info.id: info for info in load().statements.values()}
of_examples = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem[:2])
with_minimums = pytest.mark.parametrize("minimums", MINIMUMS, ids=lambda some: " ".join(some.values()))


def whole(path: Path) -> Plan:
    return plan(path, as_of=DAY)


def ids(made: Plan) -> set[str]:
    return {one.id for one in made.statements}


def reaches(info: StatementInfo, minimums: dict[str, str]) -> bool:
    """Judge a grade by the scales as they are written above, not by the ranks of the ontology."""
    strength, evidence = minimums.get("min_strength"), minimums.get("min_evidence")
    levels = {one: level for level, some in enumerate(EVIDENCE) for one in some}
    strong = not strength or info.strength in STRENGTHS[STRENGTHS.index(strength) :]
    return strong and (not evidence or levels.get(info.quality, -1) >= levels[evidence])


def spared(info: StatementInfo) -> bool:
    """Tell whether a statement objects, guards, sets a limit or calls for urgent help."""
    limits = info.effect.endswith("specifies") and info.bounds
    return info.effect in AGAINST or bool(limits) or info.kind == "escalation"


# Statements


def test_the_grades_in_order() -> None:
    assert grades("strength", load()) == tuple((one,) for one in STRENGTHS)
    assert grades("evidence", load()) == EVIDENCE


def test_what_is_spared_is_what_speaks_against_an_action_and_what_guards_it() -> None:
    objecting = {effect for effect, state in load().holding.items() if state == "must-not"}
    assert set(OBJECTING) == objecting
    assert {*OBJECTING, hip.safeguardsWith} == AGAINST


@of_examples
@with_minimums
def test_a_minimum_keeps_what_reaches_it_and_what_objects(path: Path, minimums: dict[str, Any]) -> None:
    kept = {one for one in ids(whole(path)) if spared(INFOS[one]) or reaches(INFOS[one], minimums)}
    assert ids(plan(path, as_of=DAY, **minimums)) == kept


@of_examples
@with_minimums
def test_everything_can_be_graded(path: Path, minimums: dict[str, Any]) -> None:
    kept = {one for one in ids(whole(path)) if reaches(INFOS[one], minimums)}
    assert ids(plan(path, as_of=DAY, grade_objections=True, **minimums)) == kept


def test_something_is_kept_and_something_dropped() -> None:
    """The two tests above have something to tell apart."""
    all_, some, few = (
        ids(plan(D0, as_of=DAY, **more))
        for more in ({}, {"min_strength": "strong"}, {"min_strength": "strong", "grade_objections": True})
    )
    assert all_ > some > few == {"D1-07", "D1-25"}


@of_examples
@with_minimums
def test_no_prohibition_is_lost(path: Path, minimums: dict[str, Any]) -> None:
    refused = {"contraindicated", "avoid"}
    before, after = (
        {(one.intervention, one.place, one.status) for one in made.actions if one.status in refused}
        for made in (whole(path), plan(path, as_of=DAY, **minimums))
    )
    assert before <= after


def test_documents_and_grades_go_together() -> None:
    made = plan(D0, as_of=DAY, documents=("D1",), min_strength="moderate", grade_objections=True)
    assert (made.documents, ids(made)) == (("D1",), {"D1-07", "D1-23", "D1-25"})
    # What objects is kept only if its document counts.
    assert {one[:2] for one in ids(plan(D0, as_of=DAY, documents=("D1",), min_strength="moderate"))} == {"D1"}


def test_every_function_takes_the_grades() -> None:
    (graph,) = read(D0, as_of=DAY)
    more: dict[str, Any] = {"min_evidence": "high", "grade_objections": True}
    wanted = plan(D0, as_of=DAY, **more)
    assert plans(D0, as_of=DAY, **more) == (wanted,)
    assert plan_record(graph, **more) == wanted
    found = {load().statements[one.statement].id for one in derivation_of(graph, **more).evaluations}
    assert found == ids(wanted)


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ({"min_strength": "STRONG"}, {"min_strength": "strong"}),
        ({"min_evidence": " No  Trial Evidence"}, {"min_evidence": "no trial evidence"}),
    ],
    ids=["capitals", "spaces"],
)
def test_a_grade_is_known_in_any_case(given_: dict[str, str], named: dict[str, str]) -> None:
    assert select(load(), **given_) == select(load(), **named) == Selection(**named)


@pytest.mark.parametrize("name", ["stronger", "not stated", "high", " "])
def test_an_unknown_strength_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        plan("nowhere.ttl", min_strength=name)
    assert repr(name) in refused.value.message
    assert refused.value.remedy.endswith("consensus, moderate, strong.")


def test_an_unknown_evidence_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="quality of evidence 'strong'") as refused:
        select(load(), min_evidence="strong")
    assert "insufficient or no trial evidence, consensus or mixed, moderate, high." in refused.value.remedy


@pytest.mark.every_source
def test_without_a_minimum_nothing_is_looked_up() -> None:
    nothing: Any = None
    assert Selection().left_out(nothing) == frozenset()
    assert select(load(), grade_objections=True) == Selection()


# Two derivations


@of_examples
@pytest.mark.parametrize("everything", [False, True], ids=["objections kept", "everything graded"])
@pytest.mark.parametrize(
    "scale", [{"min_strength": "moderate"}, {"min_evidence": "mixed"}], ids=["strength", "evidence"]
)
def test_both_derive_the_same_with_a_selection(path: Path, scale: dict[str, str], everything: bool) -> None:
    (graph,) = read(path, as_of=DAY)
    assert_same(normalised(graph.triples), select(load(), **scale, grade_objections=everything))


@some_patients
@given(triples=hip_patients())
def test_both_derive_the_same_of_random_patients(triples: frozenset[ox.Triple]) -> None:
    try:
        entail(triples, load())
    except HipkgError:
        return
    store = ox.Store()
    store.extend(ox.Quad(*one) for one in triples)  # which writes numbers in one form, as every run does
    assert_same((quad.triple for quad in store), select(load(), min_evidence="insufficient"))


# Plans


def test_the_title_says_what_was_left_out() -> None:
    made = plan(D0, as_of=DAY, min_strength="moderate")
    for format_ in ("text", "markdown"):
        text = " ".join(render((made,), format_, load()).split())
        assert "only strength ≥ moderate, prohibitions and precautions kept" in text
        assert "only strength" not in render((whole(D0),), format_, load())
    both = replace(made, min_evidence="high", grade_objections=True)
    title = " ".join(both.to_text(width=200).split())
    assert "only strength ≥ moderate and evidence ≥ high, prohibitions and precautions without it left out" in title
    assert "only strength ≥ moderate" in made._repr_html_()


def test_a_limit_is_kept_unless_everything_is_graded() -> None:
    course = "<#course> a hip:TreatmentCourse ; hip:ofIntervention hip:Acetaminophen ; hip:hasStatus hip:ongoing"
    link = "<https://example.org/patient/d0/patient> hip:hasCourse <#course> ."
    source = f"BASE <https://example.org/>\n{D0.read_text('utf-8')}\n{link}\n{course} ; hip:dailyDose 5000 ."
    texts = [
        plan(source.encode(), format="turtle", as_of=DAY, **more).to_text()
        for more in ({}, {"min_strength": "strong"}, {"min_strength": "strong", "grade_objections": True})
    ]
    assert ["above 4,000 mg a day" in one for one in texts] == [True, True, False]


def test_the_title_in_ascii() -> None:
    from hipkg.render.text import plans_to_text

    made = plan(D0, as_of=DAY, min_strength="moderate")
    assert "only strength >= moderate" in " ".join(plans_to_text((made,), load(), ascii=True).split())


@pytest.mark.parametrize(
    ("more", "keys"),
    [
        ({}, {}),
        ({"min_strength": "Strong"}, {"minStrength": "strong"}),
        (
            {"min_evidence": "high", "grade_objections": True},
            {"minEvidence": "high", "gradeObjections": True},
        ),
    ],
    ids=["none", "strength", "evidence"],
)
def test_json_tells_the_grades_and_follows_the_schema(more: dict[str, Any], keys: dict[str, Any]) -> None:
    data = plan(D0, as_of=DAY, **more).to_dict()
    jsonschema.validate(data, json.loads(PLAN.read_text(encoding="utf-8")))
    assert {name: data[name] for name in ("minStrength", "minEvidence", "gradeObjections") if name in data} == keys


def test_a_plan_of_which_nothing_is_left() -> None:
    made = plan(D0, as_of=DAY, documents=("D4",), min_strength="strong")
    assert not made.actions
    assert "only documents D4" in made.to_text()


# Sensitivity


@of_examples
@pytest.mark.parametrize("everything", [False, True], ids=["objections kept", "everything graded"])
@pytest.mark.parametrize("by", ["strength", "evidence"])
def test_each_column_is_the_plan_at_its_threshold(path: Path, by: Any, everything: bool) -> None:
    (found,) = sensitivity(path, by=by, as_of=DAY, grade_objections=everything)
    left = ids(whole(path))
    assert [one.grades for one in found.thresholds] == [(), *grades(by, load())]
    for index, threshold in enumerate(found.thresholds):
        least = {f"min_{by}": threshold.grades[-1]} if threshold.grades else {}
        made = plan(path, as_of=DAY, grade_objections=everything, **least)  # type: ignore[arg-type]
        column = {(one.intervention, one.place): one.statuses[index] for one in (*found.shifts, *found.steady)}
        there = {key: status for key, status in column.items() if status != GONE}
        assert there == {(one.intervention, one.place): one.status for one in made.actions}
        assert left - set(threshold.dropped) == ids(made)
        left = ids(made)
    assert all(len(set(one.statuses)) > 1 for one in found.shifts)
    assert all(len(set(one.statuses)) == 1 for one in found.steady)


def test_it_names_sites_as_the_plan_does() -> None:
    (found,) = sensitivity(D1, as_of=DAY)
    assert {(one.label, one.site) for one in (*found.shifts, *found.steady)} == {
        (one.label, one.site) for one in plan(D1, as_of=DAY).actions
    }


def test_a_patient_is_read_validated_and_reasoned_over_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: dict[str, int] = {}

    def counted(module: ModuleType, name: str) -> None:
        real = getattr(module, name)

        def call(*given_: Any, **named: Any) -> Any:
            counts[name] = counts.get(name, 0) + 1
            return real(*given_, **named)

        monkeypatch.setattr(module, name, call)

    names = ("read", "validated", "normalised", "entailed_graph")
    for one in ("read", "validated"):
        counted(pipeline, one)
    counted(patients, "normalised")
    for one in ("entailed_graph", "derive_natively"):
        counted(sensitivities, one)
    sensitivity(D0, by="evidence", as_of=DAY)
    assert counts == {**dict.fromkeys(names, 1), "derive_natively": 1 + len(EVIDENCE)}


def test_only_some_documents() -> None:
    (found,) = sensitivity(D0, as_of=DAY, documents=("D1", "D1"))
    assert found.documents == ("D1",)
    assert {one[:2] for threshold in found.thresholds for one in threshold.dropped} == {"D1"}
    assert "only documents D1" in " ".join(written(found).split())


@pytest.mark.parametrize("by", ["", "rank"])
def test_an_unknown_scale(by: Any) -> None:
    with pytest.raises(UsageError, match="scale of grades") as refused:
        sensitivity(D0, by=by)
    assert "strength, evidence" in refused.value.remedy


def test_an_invalid_patient() -> None:
    with pytest.raises(InvalidPatient):
        sensitivity(INVALID.encode(), format="turtle")
    (found,) = sensitivity(INVALID.encode(), format="turtle", allow_invalid=True)
    assert not found.valid
    for format_ in ("text", "markdown"):
        assert "NOT VALID" in written(found, format_)


# Writing


def written(found: Sensitivity, format_: str = "text", **options: Any) -> str:
    return render_sensitivities((found,), format_, load(), **options)


@pytest.mark.parametrize("file", EXPECTED, ids=lambda one: one.parent.name)
def test_expected_texts(file: Path) -> None:
    """Each was read line by line; HIPKG_UPDATE_GOLDEN=1 writes it anew by the command in its first line."""
    command, _, wanted = file.read_text(encoding="utf-8").partition("\n")
    path, *options = command.removeprefix("# hipkg sensitivity ").split()
    by: Any = options[options.index("--by") + 1]
    (found,) = sensitivity(ROOT / path, by=by, as_of=DAY, grade_objections="--grade-everything" in options)
    text = written(found)
    if os.environ.get("HIPKG_UPDATE_GOLDEN"):
        file.write_text(f"{command}\n{text}", encoding="utf-8")
        return
    assert text.partition(DISCLAIMER)[2] == wanted.partition(DISCLAIMER)[2]


def test_there_are_expected_texts() -> None:
    assert len(EXPECTED) >= 2


@of_examples
@pytest.mark.parametrize("width", [20, 48, 80, 100])
@pytest.mark.parametrize("by", ["strength", "evidence"])
def test_text_keeps_to_its_width(path: Path, by: Any, width: int) -> None:
    (found,) = sensitivity(path, by=by, as_of=DAY, grade_objections=True)
    text = written(found, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    if width >= 80:
        assert all(
            re.search(rf"\b{status}\b", text) for one in found.shifts for status in one.statuses if status != GONE
        )


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = sensitivity(D0, as_of=DAY)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in written(found, to_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in written(found, to_terminal=True)


def test_rows_of_both_sides_are_joined() -> None:
    (found,) = sensitivity(D1, as_of=DAY)
    text = written(found, "markdown")
    rows = [line for line in text.splitlines() if line.startswith("| Cane")]
    assert len(rows) == 1
    assert "both hips" in rows[0]
    assert len([one for one in found.shifts if one.label == "cane"]) == 2


def test_json_has_a_status_for_each_threshold() -> None:
    found = sensitivity(D0, as_of=DAY)
    data = json.loads(render_sensitivities(found, "json", load()))
    assert data["thresholds"][0] == {"grades": [], "dropped": []}
    assert {len(one["statuses"]) for one in (*data["actions"], *data["steady"])} == {len(data["thresholds"])}
    assert all(one["intervention"].startswith("hip:") for one in data["actions"])
    assert (data["by"], data["valid"], data["gradeObjections"]) == ("strength", True, False)


def test_several_patients(tmp_path: Path) -> None:
    path = tmp_path / "both.nt"
    path.write_text("".join(f"{one} .\n" for file in (D0, D1) for one in read_triples(file)), encoding="utf-8")
    found = sensitivity(path, as_of=DAY)
    data = json.loads(render_sensitivities(found, "json", load()))
    assert [one["patient"] for one in data] == [one.patient for one in found]
    text = render_sensitivities(found, "text", load())
    assert text == f"{written(found[0])}\n{written(found[1])}"


def test_an_unknown_format() -> None:
    with pytest.raises(UsageError, match="papyrus"):
        render_sensitivities((), "papyrus", load())


# The command line


def test_the_command_writes_each_format(hipkg: Callable[..., Run], tmp_path: Path) -> None:
    (found,) = sensitivity(D0, by="evidence", as_of=DAY)
    for format_ in ("text", "markdown", "json"):
        arguments = ("sensitivity", D0, "--by", "evidence", "-f", format_, "--as-of", DAY.isoformat())
        assert hipkg(*arguments) == Run(0, written(found, format_), "")
        target = tmp_path / format_
        assert hipkg(*arguments, "-o", target) == Run(0, "", "")
        assert target.read_text("utf-8") == written(found, format_)


def test_plans_by_grade_on_the_command_line(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", D0, "-f", "json", "--min-strength", "strong", "--grade-everything", "--as-of", DAY.isoformat())
    assert json.loads(run.out) == plan(D0, as_of=DAY, min_strength="strong", grade_objections=True).to_dict()
    run = hipkg("plan", D0, "-f", "json", "--min-evidence", "high", "--as-of", DAY.isoformat())
    assert json.loads(run.out) == plan(D0, as_of=DAY, min_evidence="high").to_dict()


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", D0, "--min-strength", "steel"),
        ("plan", D0, "--min-evidence", "not stated"),
        ("sensitivity", D0, "--by", "colour"),
        ("sensitivity", D0, "--document", "D99"),
        ("sensitivity", "nowhere.ttl"),
    ],
    ids=lambda some: " ".join(map(str, some)).removeprefix(str(ROOT)),
)
def test_2_what_cannot_be_used_is_refused(hipkg: Callable[..., Run], arguments: tuple[object, ...]) -> None:
    run = hipkg(*arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err


def test_2_an_unknown_grade_is_answered_with_the_known_ones(hipkg: Callable[..., Run]) -> None:
    assert "consensus, moderate, strong" in hipkg("plan", D0, "--min-strength", "steel").err


def test_1_an_invalid_patient(hipkg: Callable[..., Run], invalid: Path) -> None:
    assert hipkg("sensitivity", invalid).code == 1
    run = hipkg("sensitivity", invalid, "--allow-invalid")
    assert run.code == 1
    assert "NOT VALID" in run.out


@pytest.mark.parametrize("code", [verb("sensitivity", "--help"), verb("sensitivity", D0)], ids=["help", "run"])
def test_a_light_start(code: str) -> None:
    assert heavy_modules(code) == []


def test_the_public_name_is_the_function_whatever_was_imported_before() -> None:
    import hipkg as package

    assert package.sensitivity is sensitivity
    assert issubclass(package.Sensitivity, Sensitivity)
