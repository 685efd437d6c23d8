"""Tables of codes that the user supplies: what is read with them, and what of a table is refused."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hipkg as package
from hipkg.base.errors import UnreadableInput
from hipkg.knowledge.loading import load
from hipkg.knowledge.terminology import PREDICATES
from hipkg.reading.sources import read_import
from hipkg.reading.supplied import with_codes
from support.fhir_cases import AS_OF

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command_line import Run

CASES = Path(__file__).parent / "cases" / "codes"
SOURCE = CASES / "bundle.json"
ALL = sorted(one for one in CASES.iterdir() if one.is_dir())
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def tables(case: Path) -> list[str]:
    """List the tables of a case as the option takes them: the file, and what a ValueSet means."""
    return [f"{case / name}" for name in json.loads((case / "tables.json").read_text("utf-8"))]


def told(case: Path) -> str:
    """Tell what the resources are read as with the tables of a case, or why the tables are refused."""
    try:
        knowledge = with_codes(load(), tables(case))
    except UnreadableInput as problem:
        return f"{problem.place}: {problem.message}\n{problem.remedy}\n".replace(f"{case}/", "")
    made = read_import(SOURCE, lambda: knowledge, as_of=AS_OF)
    uses = [one for patient in made.patients for one in patient.uses if not one.resource.startswith("Patient/")]
    return "".join(f"{one.resource} {one.outcome}: {one.detail}\n" for one in sorted(uses) if one.outcome == "used")


@pytest.mark.parametrize("case", ALL, ids=lambda one: one.name)
def test_a_table_gives_codes_a_meaning_or_is_refused(case: Path) -> None:
    assert told(case) == (case / "expected.txt").read_text("utf-8")


def test_without_tables_no_code_of_the_cases_is_known() -> None:
    made = read_import(SOURCE, load, as_of=AS_OF)
    uses = [one for patient in made.patients for one in patient.uses if not one.resource.startswith("Patient/")]
    assert {one.outcome for one in uses} == {"unknown code"}


def test_without_tables_nothing_is_made_anew() -> None:
    assert with_codes(load(), ()) is load()


def test_tables_leave_the_shipped_codes_as_they_are() -> None:
    wider = with_codes(load(), tables(CASES / "csv-terms"))
    assert wider.terminology is not load().terminology
    assert wider.terminology.of_code("ICD-10-CM", "M16.11") == load().terminology.of_code("ICD-10-CM", "M16.11")
    assert load().terminology.system("https://hospital.example/drugs") is None


def test_a_code_with_a_row_of_its_own_keeps_what_a_rule_says(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("system,code,term\nICD-10-CM,M16.12,osteoarthritis\n", "utf-8")
    found = with_codes(load(), [str(table)]).terminology.of_code("ICD-10-CM", "M16.12")
    assert {one.label for one in found} == {"hip osteoarthritis", "osteoarthritis"}
    assert {one.sides for one in found if one.site} == {("https://w3id.org/hipkg/left",)}


@pytest.mark.parametrize("first", PREDICATES[:2])
@pytest.mark.parametrize("second", PREDICATES)
def test_a_code_asserts_what_its_target_does_and_no_more(first: str, second: str, tmp_path: Path) -> None:
    """Only what is the same as, or narrower than, what asserts asserts as well."""
    table = tmp_path / "steps.csv"
    table.write_text(
        f"system,code,relation,target_system,target_code,term\nA,1,{first},B,2,\nB,2,{second},,,anticoagulant\n",
        "utf-8",
    )
    (one,) = with_codes(load(), [str(table)]).terminology.of_code("A", "1")
    assert one.asserts == (second in PREDICATES[:2])


NDC = "http://hl7.org/fhir/sid/ndc"
FORMS = {
    "4-4-2": ("1234-5678-90", "1234567890", "01234567890", "01234-5678-90"),
    "5-3-2": ("12345-678-90", "1234567890", "12345067890", "12345-0678-90"),
    "5-4-1": ("12345-6789-0", "1234567890", "12345678900", "12345-6789-00"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("written", range(4))
def test_a_national_drug_code_is_known_in_each_form(form: str, written: int, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text(f"system,code,term\nNDC,{FORMS[form][written]},apixaban\n", "utf-8")
    known = with_codes(load(), [str(table)]).terminology
    others = {code for other in FORMS.values() for code in other} - {*FORMS[form]}
    open_ = FORMS[form][written] == "1234567890"
    assert {code for code in FORMS[form] if known.of_code(NDC, code)} == {*FORMS[form]}
    assert {code for code in others if known.of_code(NDC, code)} == (others if open_ else set())


def test_ten_digits_that_could_be_two_drugs_are_neither(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("system,code,term\nNDC,1234-5678-90,apixaban\nNDC,12345-678-90,naproxen\n", "utf-8")
    known = with_codes(load(), [str(table)]).terminology
    assert known.of_code(NDC, "1234567890") == ()
    assert {one.label for one in known.of_code(NDC, "12345-0678-90")} == {"naproxen"}


COMMANDS = {
    "plan": ["plan", SOURCE],
    "validate": ["validate", SOURCE],
    "convert": ["convert", SOURCE],
    "report": ["convert", "--report", SOURCE],
    "reason": ["reason", SOURCE],
    "ask": ["ask", SOURCE],
    "watch": ["watch", SOURCE],
    "ledger": ["ledger", SOURCE],
    "since": ["since", SOURCE, "--from", "2025-12-01"],
    "sensitivity": ["sensitivity", SOURCE],
    "query": ["query", "indicated-actions", SOURCE],
    "explain": ["explain", SOURCE, "D0-41"],
    "what-if": ["what-if", SOURCE, "--add", "hip pain"],
    "codes": ["codes", "HEP1"],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_every_command_that_reads_codes_takes_tables(arguments: list[object], hipkg: Callable[..., Run]) -> None:
    """A table that is refused shows that the command read it."""
    run = hipkg(*arguments, "--codes", CASES / "refused-csv-columns" / "table.csv")
    assert run.code == 2
    assert "no column system" in run.err


def test_a_plan_names_what_a_table_tells(hipkg: Callable[..., Run]) -> None:
    options = [part for table in tables(CASES / "csv-terms") for part in ("--codes", table)]
    plan = json.loads(hipkg("plan", SOURCE, *options, "--format", "json", "--as-of", "2026-01-15").out)
    (called,) = package.plans(SOURCE, as_of=AS_OF, codes=tables(CASES / "csv-terms"))
    assert plan == json.loads(called.to_json())
    assert "https://w3id.org/hipkg/HipOsteoarthritis" not in json.dumps(package.plans(SOURCE, as_of=AS_OF)[0].to_dict())


def test_a_code_of_a_table_is_looked_up(hipkg: Callable[..., Run]) -> None:
    codes = partial(hipkg, "codes", "1364447")
    assert codes().code == 1
    run = codes("--codes", CASES / "concept-map" / "table.json")
    assert run.code == 0
    assert "falls under apixaban (hip:Apixaban)" in run.out
