"""Coverage: the cases show each statement firing and nearly firing, and each slot entry true and false."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.base.errors import UnreadableInput, UsageError
from hipkg.cli import main
from hipkg.knowledge.loading import load
from hipkg.knowledge.records import Withdrawal
from hipkg.maintenance.coverage import coverage as measured
from hipkg.maintenance.coverage import folders_of
from hipkg.maintenance.history import FOLDER, History, Version, written
from hipkg.render.coverage import coverage_to_json, coverage_to_text, summary
from support.doors import coverage

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.maintenance.coverage import Coverage

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases"
STATEMENTS = sorted(info.id for info in load().statements.values())
GATE = "D0-47"
"""A statement with a context and an exception."""
SPECIFIES = "D0-05"
"""A statement with a companion that another one indicates in the same context without condition."""


pytestmark = pytest.mark.every_source
of_all_cases = pytest.mark.xdist_group("coverage")


@cache
def whole() -> Coverage:
    return coverage(CASES)


@of_all_cases
def test_nothing_is_missing() -> None:
    assert {one.id for one in whole().statements} == set(STATEMENTS)
    assert whole().gaps == ()


@of_all_cases
def test_every_folder_belongs_to_a_statement() -> None:
    assert whole().strays == ()


@of_all_cases
def test_every_slot_entry_is_looked_at() -> None:
    looked_at = {(one.id, slot.slot, slot.entry) for one in whole().statements for slot in one.slots}
    in_ontology = {
        (info.id, slot, entry)
        for info in load().statements.values()
        for slot, entries in {
            "appliesTo": info.applies_to,
            "requires": info.requires,
            "exceptFor": info.except_for,
            "satisfiedBy": info.satisfied_by,
            "accompanies": info.accompanies,
        }.items()
        for entry in entries
    }
    assert looked_at == in_ontology


# What is missing is found


@pytest.fixture
def cases(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of cases with copies of some."""

    def make(*names: str) -> Path:
        for name in names:
            shutil.copytree(CASES / "statements" / name, tmp_path / "statements" / name)
        return tmp_path

    return make


def gaps(folder: Path, *statements: str) -> set[tuple[str, str]]:
    return {(one.slot, one.missing) for one in coverage(folder, statements).gaps}


def test_a_case_for_each_entry_is_enough(cases: Callable[..., Path]) -> None:
    assert gaps(cases(GATE, f"{GATE}-context"), GATE) == set()


def test_an_entry_that_is_never_false_is_missing(cases: Callable[..., Path]) -> None:
    assert gaps(cases(GATE), GATE) == {("appliesTo", "false")}


def test_an_entry_that_is_never_true_is_missing(cases: Callable[..., Path]) -> None:
    assert gaps(cases(f"{GATE}-context"), GATE) == {("exceptFor", "true")}


def test_the_examples_are_no_near_misses(cases: Callable[..., Path]) -> None:
    (cases() / "statements").mkdir()
    assert gaps(cases(), GATE) == {("", "nearly fires"), ("appliesTo", "false"), ("exceptFor", "true")}


def test_a_near_miss_for_whom_the_statement_holds_is_none(cases: Callable[..., Path]) -> None:
    folder = cases(GATE)
    case = folder / "statements" / GATE
    shutil.copy(case / "fires.ttl", case / "near-miss.ttl")
    assert ("", "nearly fires") in gaps(folder, GATE)


def test_the_names_of_the_files_prove_nothing(cases: Callable[..., Path]) -> None:
    folder = cases(GATE)
    case = folder / "statements" / GATE
    (case / "fires.ttl").rename(case / "other.ttl")
    (case / "near-miss.ttl").rename(case / "fires.ttl")
    (case / "other.ttl").rename(case / "near-miss.ttl")
    (found,) = coverage(folder, [GATE]).statements
    assert f"{GATE}/near-miss" in found.fires
    assert f"{GATE}/fires" not in found.fires
    assert found.nearly_fires == ()


def test_a_companion_that_is_always_offered_need_not_be_lacking() -> None:
    (found,) = coverage(CASES, [SPECIFIES]).statements
    (companion,) = (one for one in found.slots if one.slot == "accompanies")
    assert (companion.always, companion.false, companion.never_false) == (True, (), False)


def test_a_companion_that_may_be_lacking_is_to_be_shown_so() -> None:
    (found,) = coverage(CASES, ["D0-34"]).statements
    (companion,) = (one for one in found.slots if one.slot == "accompanies")
    assert not companion.always
    assert "D0-34/near-miss" in companion.false


def test_a_folder_of_no_statement_is_a_stray(cases: Callable[..., Path]) -> None:
    folder = cases(GATE)
    (folder / "statements" / GATE).rename(folder / "statements" / f"{GATE}1")
    found = coverage(folder, [GATE])
    assert found.strays == (f"{GATE}1",)
    assert not found.complete


def test_what_is_still_to_be_said_of_a_case_is_missing(cases: Callable[..., Path]) -> None:
    folder = cases(GATE)
    path = folder / "statements" / GATE / "expected.json"
    told = json.loads(path.read_text("utf-8"))
    told["nearMiss"]["why"] = "TODO: say in which one fact."
    path.write_text(json.dumps(told), "utf-8")
    found = coverage(folder, [GATE])
    assert found.unfilled == (GATE,)
    assert not found.complete
    assert f"still to be said what they show: {GATE}" in coverage_to_text(found)


def test_a_case_of_a_withdrawn_statement_may_stay(cases: Callable[..., Path]) -> None:
    folder = cases(GATE)
    gate = load().statement(GATE)
    assert gate is not None
    withdrawn = Withdrawal(gate.iri, GATE, GATE, "", gate.document, (), "", "2026-03-01", True)
    left = {iri: one for iri, one in load().statements.items() if iri != gate.iri}
    _, strays = folders_of(folder, replace(load(), statements=left, withdrawn={gate.iri: withdrawn}))
    assert strays == ()


@pytest.mark.parametrize(("patient", "state", "found"), [("fires", "now", "must-not"), ("nearMiss", None, "ruled-out")])
def test_a_state_that_is_not_the_expected_one_is_told(
    cases: Callable[..., Path], patient: str, state: str | None, found: str
) -> None:
    folder = cases(GATE, f"{GATE}-context")
    file = folder / "statements" / GATE / "expected.json"
    expected = json.loads(file.read_text("utf-8"))
    assert coverage(folder, [GATE]).complete
    expected[patient]["state"] = state
    file.write_text(json.dumps(expected), "utf-8")
    whole = coverage(folder, [GATE])
    (told,) = whole.differences
    assert (told.statement, told.expected, told.found) == (GATE, state or "", found)
    assert not whole.complete
    assert found in coverage_to_text(whole)
    assert json.loads(coverage_to_json(whole))["differences"][0]["found"] == found


# Unsound cases


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        coverage(tmp_path)
    assert "--cases" in raised.value.remedy


def test_an_unknown_statement_is_refused() -> None:
    with pytest.raises(UsageError):
        coverage(CASES, ["D0-00"])


@pytest.mark.parametrize("text", ["{}", '{"asOf": "tomorrow"}', "[]", "{"])
def test_a_case_without_a_date_is_refused(cases: Callable[..., Path], text: str) -> None:
    folder = cases(GATE)
    (folder / "statements" / GATE / "expected.json").write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableInput) as raised:
        coverage(folder, [GATE])
    assert raised.value.place.endswith("expected.json")


def test_a_case_of_two_patients_is_refused(cases: Callable[..., Path]) -> None:
    folder = cases(GATE)
    with (folder / "statements" / GATE / "fires.ttl").open("a", encoding="utf-8") as file:
        file.write("\n:another a hip:Patient .\n")
    with pytest.raises(UnreadableInput) as raised:
        coverage(folder, [GATE])
    assert raised.value.place.endswith("fires.ttl")


# How it is written


def test_the_summary_counts(cases: Callable[..., Path]) -> None:
    assert summary(coverage(cases(GATE), [GATE, SPECIFIES])) == {
        "statements": 2,
        "fire": 2,
        "nearlyFire": 1,
        "slotEntries": 4,
        "neverTrue": 0,
        "neverFalse": 2,
        "alwaysTrue": 1,
        "notAsExpected": 0,
    }


def test_text_lists_what_is_missing(cases: Callable[..., Path]) -> None:
    lines = coverage_to_text(coverage(cases(GATE), [GATE]), width=120).splitlines()
    assert (
        lines[0]
        == "1/1 statements fire, 1/1 nearly fire, 2 slot entries, 0 never true, 1 never false, 0 not as expected"
    )
    assert lines[-1].split() == [GATE, "appliesTo", "hip:SymptomaticHipOsteoarthritis", "false"]


def test_text_with_details_lists_the_patients(cases: Callable[..., Path]) -> None:
    text = coverage_to_text(coverage(cases(GATE), [GATE]), details=True)
    assert f"exceptFor hip:TriadTried28Days true {GATE}/near-miss false {GATE}/fires" in " ".join(text.split())
    assert "false  never\n" in text


def test_json_holds_it_all_in_order(cases: Callable[..., Path]) -> None:
    folder = cases(GATE, f"{GATE}-nsaid")
    text = coverage_to_json(coverage(folder, [SPECIFIES, GATE]))
    assert text == coverage_to_json(coverage(folder, [GATE, SPECIFIES]))
    data = json.loads(text)
    assert [one["id"] for one in data["statements"]] == [SPECIFIES, GATE]
    gate = data["statements"][1]
    assert gate["nearlyFires"] == [f"{GATE}/near-miss", f"{GATE}-nsaid/near-miss"]
    assert [one["slot"] for one in gate["slots"]] == ["appliesTo", "exceptFor"]
    missing = {"statement": GATE, "slot": "appliesTo", "entry": "hip:SymptomaticHipOsteoarthritis", "missing": "false"}
    assert missing in data["missing"]


# The command


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["hipkg", "ontology", "coverage", *map(str, arguments)])
    with pytest.raises(SystemExit) as leaving:
        main()
    return int(leaving.value.code or 0)


def test_it_exits_with_1_if_anything_is_missing(cases: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, GATE, "--cases", cases(GATE)) == 1
    assert run(monkeypatch, GATE, "--cases", cases(f"{GATE}-context")) == 0


def test_it_finds_the_cases_of_the_folder_it_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(monkeypatch, GATE) == 0
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, GATE) == 2
    assert "--cases DIR" in capfd.readouterr().err


def test_it_can_be_restricted_to_a_document(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--cases", CASES, "--document", "D1", "--format", "json") == 0
    found = json.loads(capfd.readouterr().out)["statements"]
    assert [one["id"] for one in found] == [one for one in STATEMENTS if one.startswith("D1-")]


def test_the_day_of_the_examples_is_that_of_the_version_whatever_its_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hipkg.maintenance.coverage.ONTOLOGY", tmp_path)
    (tmp_path / FOLDER).mkdir()
    history = History((Version("1.2.0", "2026-11-23", "major", "x"),), {})
    for name, text in written(history).items():
        (tmp_path / FOLDER / name).write_text(text, encoding="utf-8")
    shown = [
        [one.fires for one in measured(CASES, replace(load(), version=version), ["D0-01"]).statements]
        for version in (load().version, "1.2.0", "not published")
    ]
    assert shown[0] == shown[1] == shown[2] != [()]
