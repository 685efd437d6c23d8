"""`hipkg ontology new`: what is made, where, what is left to fill in, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import shutil
import subprocess
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.base.errors import UnreadableInput, UsageError
from hipkg.base.own import VARIABLE
from hipkg.base.paths import ONTOLOGY, ontology_files
from hipkg.knowledge.loading import load
from hipkg.maintenance.case_patients import case_patients
from hipkg.maintenance.checks.issue import Issue
from hipkg.maintenance.checks.runner import report
from hipkg.maintenance.checks.workspace import Workspace, own_workspace, workspace
from hipkg.maintenance.coverage import coverage
from hipkg.maintenance.justification import why_under
from hipkg.maintenance.patterns import Pattern, expression_of, patterns
from hipkg.maintenance.scaffold import Kind, Wanted, scaffold
from hipkg.maintenance.scaffold_table import read_table
from hipkg.owl.expression import manchester
from hipkg.owl.manchester import parse_manchester

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command_line import Run

EXAMPLE = Path(__file__).parents[1] / "examples" / "own-guideline"
DAY = date(2026, 11, 23)
HIP = "https://w3id.org/hipkg/"


@cache
def space() -> Workspace:
    return workspace()


@cache
def labels() -> dict[str, str]:
    return {label.casefold(): iri for iri, label in sorted(space().labels.items())}


def term(name: str) -> str:
    """Find a term by its name, with or without namespace, or by its label."""
    tried = (name, HIP + name.removeprefix("hip:"), labels().get(name.casefold(), ""))
    if found := next((one for one in tried if one in load().terms), ""):
        return found
    raise UsageError(f"There is no term {name!r}.")


# What a class means


@pytest.mark.parametrize("pattern", patterns(), ids=lambda one: one.line)
def test_the_example_of_a_pattern_means_what_the_pattern_says(pattern: Pattern) -> None:
    places = pattern.places(pattern.example)
    assert places
    assert next(one for one in patterns() if one.places(pattern.example)) == pattern
    written = manchester(expression_of(pattern.example, term))
    for name, text in places.items():
        assert (text if name == "number" else term(text).removeprefix(HIP)) in written


def test_what_is_written_in_manchester_syntax_is_read_as_it_was() -> None:
    definitions = load().definitions
    assert len(definitions) > 500
    for definition in definitions.values():
        assert parse_manchester(manchester(definition), term) == definition


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("Pain and", 9, "a name is wanted"),
        ("Pain and (locatedIn some HipJoint", 34, r"'\)' is wanted"),
        ("Pain some some HipJoint", 11, "a name is wanted"),
        ("age some xsd:integer[65]", 22, "a limit such as"),
        ("Pain HipJoint", 6, "the end is wanted"),
        ("Pain and ?x", 9, "a name is wanted"),
    ],
)
def test_what_is_no_expression_is_refused_where_it_ends_to_be_one(text: str, place: int, why: str) -> None:
    with pytest.raises(UsageError, match=why) as raised:
        parse_manchester(text, term)
    assert raised.value.place.endswith(f"column {place}")


# What is made


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a copy of the example, which has no release."""
    folder = tmp_path / "own"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("release"))
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


def found_in(hipkg: Callable[..., Run]) -> set[tuple[str, str]]:
    findings = json.loads(hipkg("ontology", "check", "--no-reasoner", "--format", "json").out)["findings"]
    return {(one["check"], one["entity"]) for one in findings}


def test_a_guideline_grows_and_its_checks_fail_until_it_is_filled_in(own: Path, hipkg: Callable[..., Run]) -> None:
    rows = own / "terms.csv"
    rows.write_text(
        "kind,name,label,under,means,applies-to,requires,effect,intervention,title\n"
        "finding,GroinClick,a click in the groin,,,,,,,\n"
        "requirement,ClickingTrochanter,,,trochanteric pain or bursitis in a hip with a click in the groin,,,,,\n"
        "document,LOC,,,,,,,,A local note\n"
        "statement,LOC-01,,,,gtp:TrochantericPain,ClickingTrochanter,holdsBack,specialist referral,\n",
        "utf-8",
    )
    before = {path: path.read_text("utf-8") for path in own.rglob("*.ttl")}
    made = hipkg("ontology", "new", "--table", rows)
    assert made.code == 0, made.err
    assert {Path(one).name for one in made.out.split()} >= {"terms.ttl", "loc-a-local-note.ttl", "catalog-v001.xml"}
    assert "left to you: section of the document" in made.err
    assert (own / "cases" / "statements" / "LOC-01" / "fires.ttl").is_file()
    changed = {path.name for path, text in before.items() if path.read_text("utf-8") != text}
    assert changed == {"terms.ttl", "trochanter.ttl"}

    assert found_in(hipkg) == {
        ("unfilled", "gtp:GroinClick"),
        ("unfilled", "gtp:ClickingTrochanter"),
        ("question", "gtp:ClickingTrochanter"),
        ("unfilled", "gtp:LOC"),
        ("unfilled", "gtp:LOC-01"),
        ("statement-provenance", "gtp:LOC-01"),
    }
    for path in (own / "terms.ttl", own / "guidelines" / "loc-a-local-note.ttl"):
        text = path.read_text("utf-8")
        for number in range(text.count("TODO: ")):
            text = text.replace("TODO: ", f"Told {number} ", 1)
        grades = "hip:hasStrength hip:strengthNotStated ; hip:hasQuality hip:qualityNotStated ; hip:holdsBack"
        text = text.replace(
            "gtp:ClickingTrochanter\n", 'gtp:ClickingTrochanter hip:question "Does it click?"@en ;\n', 1
        )
        path.write_text(text.replace("hip:holdsBack", grades), "utf-8")
    assert hipkg("ontology", "format").code == 0
    assert found_in(hipkg) == set()


def test_while_there_is_no_release_terms_are_looked_up_in_what_is_written(own: Path, hipkg: Callable[..., Run]) -> None:
    made = hipkg("ontology", "new", "finding", "GroinClick", "--label", "a click in the groin")
    assert made.code == 0, made.err
    for command in (("terms", "click in the groin"), ("ontology", "show", "GroinClick")):
        run = hipkg(*command)
        assert (run.code, run.out.splitlines()[0]) == (0, "gtp:GroinClick  a click in the groin"), run.err
        assert "release is missing. What is written is told" in run.err
    assert hipkg("plan", own / "cases" / "statements" / "GTP-02" / "fires.ttl").code == 3


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(
    own: Path, hipkg: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own)
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    asked = ("ontology", "new", "finding", "GroinClick", "--label", "a click in the groin")
    shown = hipkg(*asked, "--dry-run")
    assert shown.code == 0
    assert "--- terms.ttl\n+++ terms.ttl\n" in shown.out
    assert "+gtp:GroinClick\n" in shown.out
    assert "nothing is written" in shown.err
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before
    made = hipkg(*asked)
    assert "terms.ttl" in made.out.split()
    assert "to undo it: by hand, what was added to terms.ttl" in made.err
    for arguments in (("init", "-q"), ("add", "terms.ttl")):
        subprocess.run(["git", *arguments], check=True)
    again = hipkg("ontology", "new", "finding", "GroinSnap")
    assert "to undo it: git checkout -p -- terms.ttl" in again.err


def test_why_knows_the_terms_of_ones_own_by_their_names(own: Path) -> None:
    with pytest.raises(UsageError, match="is declared nowhere") as raised:
        why_under("AbductorWeakness", "AbductorWeekness")
    assert raised.value.remedy.startswith("Did you mean gtp:AbductorWeakness")


def test_a_prefix_that_is_missed_is_told_with_its_line(own: Path, hipkg: Callable[..., Run]) -> None:
    terms = own / "terms.ttl"
    terms.write_text(terms.read_text("utf-8") + 'gtp:AbductorWeakness skos:scopeNote "x"^^prov:Odd .\n', "utf-8")
    line = "write above: @prefix prov: <http://www.w3.org/ns/prov#>"
    assert line in hipkg("ontology", "check", "--no-reasoner").out
    assert line in hipkg("ontology", "format").err


def test_findings_name_files_from_the_current_folder(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue = Issue("vocabulary", "gtp:AbductorWeakness", "rdfs:label", "")
    read = own_workspace()
    told = {own: "terms.ttl", own.parent: "own/terms.ttl", own / "cases": "../terms.ttl"}
    for folder, name in (*told.items(), (ONTOLOGY, (own / "terms.ttl").as_posix())):
        monkeypatch.chdir(folder)
        (found,) = report(dataclasses.replace(read), [issue]).findings
        assert found.path == name


def test_the_commands_of_the_editors_guide_work(own: Path, hipkg: Callable[..., Run]) -> None:
    text = (ONTOLOGY / "README.md").read_text("utf-8")
    commands = [shlex.split(line) for line in text.splitlines() if line.startswith("        hipkg ontology new ")]
    assert len(commands) == 4
    for _, *arguments in commands:
        made = hipkg(*arguments)
        assert made.code == 0, made.err
    assert (own / "cases" / "statements" / "LOC-01").is_dir()
    assert "No text of a term is left to be filled in." in hipkg("ontology", "check", "--no-reasoner").out


def test_an_ontology_begins_in_a_new_folder_and_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hipkg: Callable[..., Run]
) -> None:
    monkeypatch.setenv(VARIABLE, "")
    folder = tmp_path / "notes"
    begun = ("ontology", "new", "ontology", folder, "--prefix", "notes", "--namespace", "https://example.org/notes/")
    assert hipkg(*begun, "--title", "Notes").code == 0
    assert {path.name for path in folder.iterdir()} == {"notes.ttl", "catalog-v001.xml", "possible.ttl", "denials.ttl"}
    assert found_in(hipkg) == {("unfilled", "notes:ontology")}
    assert "Name a new folder" in hipkg(*begun).err
    assert hipkg("ontology", "new", "document", "LOC", "--title", "A note").code == 0
    assert hipkg("ontology", "new", "requirement", "Click", "--means", "hip pain shown by hip radiograph").code == 0
    statement = ("LOC-01", "--applies-to", "Click", "--effect", "contraindicates", "--intervention", "aquatic exercise")
    assert hipkg("ontology", "new", "statement", *statement).code == 0
    assert hipkg("ontology", "new", "statement", "LOC-02", *statement[1:]).code == 0
    assert {check for check, _ in found_in(hipkg)} == {"unfilled", "statement-provenance"}


def test_an_intervention_is_a_class_and_an_individual_and_a_scale_is_named_by_words(
    own: Path, hipkg: Callable[..., Run]
) -> None:
    assert hipkg("ontology", "new", "intervention", "StairTraining", "--under", "exercise").code == 0
    options = ("--applies-to", "gtp:TrochantericPain", "--intervention", "stair training", "--section", "Steps")
    grades = ("--strength", "not stated", "--quality", "NotStated", "--modality", "consider")
    assert hipkg("ontology", "new", "statement", "GTP-06", *options, *grades).code == 0
    assert found_in(hipkg) == {("unfilled", "gtp:StairTraining"), ("unfilled", "gtp:GTP-06")}
    text = (own / "guidelines" / "gtp.ttl").read_text("utf-8")
    assert "hip:hasModality hip:modalityConsider" in text
    assert text.count("owl:hasValue gtp:GTP-06") == 1


def test_the_shipped_ontology_has_a_module_for_each_kind(tmp_path: Path) -> None:
    names = {Kind.CONDITION: "SnappingHip", Kind.FINDING: "HipSnap", Kind.INTERVENTION: "SnapTraining"}
    wanted = [
        *(Wanted(kind, name) for kind, name in names.items()),
        Wanted(Kind.REQUIREMENT, "SnappingAtHip", means="SnappingHip at hip"),
        Wanted(Kind.STATEMENT, "D4-99", effect="indicates", intervention="SnapTraining", applies_to=("SnappingAtHip",)),
    ]
    files = scaffold(wanted, space(), tmp_path, DAY)
    assert {path.name for path in files if path.suffix == ".ttl" and path.is_relative_to(ONTOLOGY)} == {
        "conditions.ttl",
        "findings.ttl",
        "interventions.ttl",
        "patients.ttl",
        "d4-labral-calcification.ttl",
    }
    for path, text in files.items():
        if path in ontology_files():
            old, new = path.read_text("utf-8").splitlines(), text.splitlines()
            assert [one for one in old if one not in new] == []
    assert json.loads(files[tmp_path / "statements" / "D4-99" / "expected.json"])["asOf"] == "2026-11-23"
    assert "a hip:SnappingHip" in files[tmp_path / "statements" / "D4-99" / "fires.ttl"]


MADE = {
    "D0-12": "age 65 years (not 66 years)",
    "D0-17": "without hip osteoarthritis",
    "D0-33": "oral NSAID lasting 27 days (not 28 days)",
    "D1-40": "",
    "D2-64": "conservative management lasting 89 days (not 90 days)",
    "D3-012": "",
    "S2-048": "",
}
"""Statements for which patients can be made, and how the near miss differs."""


@pytest.mark.every_source
def test_the_patients_of_a_new_case_fire_and_nearly_fire(tmp_path: Path) -> None:
    for id_, difference in MADE.items():
        info = load().statement(id_)
        assert info
        made = case_patients(info, load(), DAY)
        assert made, id_
        assert made.near, id_
        assert difference in made.difference
        folder = tmp_path / "statements" / id_
        folder.mkdir(parents=True)
        expected = {
            "asOf": DAY.isoformat(),
            "fires": {"state": made.fires.state, "site": made.fires.site},
            "nearMiss": {"state": made.near.state or None},
        }
        (folder / "expected.json").write_text(json.dumps(expected), "utf-8")
        (folder / "fires.ttl").write_text(made.fires.turtle, "utf-8")
        (folder / "near-miss.ttl").write_text(made.near.turtle, "utf-8")
    covered = coverage(tmp_path, load(), MADE)
    assert not covered.differences
    for one in covered.statements:
        assert f"{one.id}/fires" in one.fires
        assert one.nearly_fires == (f"{one.id}/near-miss",)


def test_where_no_patient_can_be_made_it_is_said_what_to_fill_in(tmp_path: Path) -> None:
    wanted = Wanted(Kind.STATEMENT, "D4-99", applies_to=("hip:LateralAcetabularOssification",), intervention="Exercise")
    files = scaffold([wanted], space(), tmp_path, DAY)
    folder = tmp_path / "statements" / "D4-99"
    assert (
        "(heterotopic ossification in a hip, and in a lateral acetabulum)"
        in files[folder / "fires.ttl"].splitlines()[0]
    )
    assert files[folder / "fires.ttl"] == files[folder / "near-miss.ttl"]
    assert "TODO: add to fires.ttl what is asked for" in files[folder / "expected.json"]


# What is refused


NEW = Wanted(Kind.STATEMENT, "D4-99", applies_to=("HipPain",), intervention="Exercise")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(Kind.FINDING, "HipPain"), "hip:HipPain is there already"),
        (Wanted(Kind.FINDING, "hippain"), "is no name of a class"),
        (Wanted(Kind.REQUIREMENT, "Older"), "needs what it means"),
        (Wanted(Kind.REQUIREMENT, "Older", means="pain at HipJount"), "Did you mean hip:HipJoint"),
        (Wanted(Kind.DOCUMENT, "a note"), "is no id of a document"),
        (Wanted(Kind.STATEMENT, "D4"), "is no id of a statement"),
        (Wanted(Kind.STATEMENT, "D4-01", applies_to=("HipPain",), intervention="Exercise"), "is there already"),
        (Wanted(Kind.STATEMENT, "D4-99", applies_to=("HipPain",)), "does something with an intervention"),
        (Wanted(Kind.STATEMENT, "X9-01", applies_to=("HipPain",), intervention="Exercise"), "no term 'X9'"),
        (
            Wanted(Kind.STATEMENT, "D4-99", applies_to=("HipPain",), intervention="Exercise", effect="hip:hasSite"),
            "is no effect of a statement",
        ),
        (dataclasses.replace(NEW, strength="strongly"), "one of: strong .*, moderate .*, consensus .*, not stated"),
        (dataclasses.replace(NEW, quality="strong"), "one of: high .*, moderate .*, consensus"),
        (dataclasses.replace(NEW, modality="must"), "one of: avoid .*, consider"),
        (
            dataclasses.replace(NEW, intervention="hip osteoarthritis"),
            "not an intervention.*HipSurgeryForOsteoarthritis",
        ),
        (dataclasses.replace(NEW, accompanies=("HipPain",)), "not an intervention"),
        (dataclasses.replace(NEW, applies_to=("Ibuprofen",)), "not a class of patients or of problems"),
        (dataclasses.replace(NEW, requires=("D0-01",)), "not a class of patients or of problems"),
        (dataclasses.replace(NEW, type="Exercise"), "not a kind of statement.*Recommendation"),
        (dataclasses.replace(NEW, document="D0-01"), "not a document.*hip:D0, hip:D1"),
        (Wanted(Kind.CONDITION, "SnappingHip", under="HipPain"), "not a kind of condition"),
    ],
)
def test_what_cannot_be_made_is_refused(wanted: Wanted, why: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        scaffold([wanted], space(), tmp_path, DAY)
    assert re.search(why, f"{raised.value.message} {raised.value.remedy}")


def test_a_case_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "statements" / "D4-99").mkdir(parents=True)
    wanted = Wanted(Kind.STATEMENT, "D4-99", applies_to=("HipPain",), intervention="Exercise")
    with pytest.raises(UsageError, match="There is a case already"):
        scaffold([wanted], space(), tmp_path, DAY)


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("kind,nam\n", ":1", "Did you mean name"),
        ("kind,label\n", ":1", "lacks the column"),
        ("kind,name\nfinding,A\nfoo,B\n", ":3", "'foo' is nothing to make"),
    ],
)
def test_a_table_of_another_form_is_refused_with_its_line(tmp_path: Path, text: str, place: str, why: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UnreadableInput, match=why) as raised:
        read_table(path)
    assert raised.value.place.endswith(place)


def test_nothing_to_make_is_refused(hipkg: Callable[..., Run], tmp_path: Path) -> None:
    assert "nothing to make" in hipkg("ontology", "new").err
    assert "A table says itself" in hipkg("ontology", "new", "finding", "A", "--table", tmp_path).err
