"""One patient over several files, folders and formats is one record, before anything is derived."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hipkg.api.plan import plans
from hipkg.base import hip
from hipkg.base.errors import UnreadableInput
from hipkg.knowledge.loading import load
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request
from hipkg.reading.joint import together
from support.cases import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.pipeline.process import Planned
    from support.command_line import Run

CASES = Path(__file__).parent / "cases" / "joint"
EXPECTED: dict[str, dict[str, Any]] = {
    one.parent.name: tomllib.loads(one.read_text("utf-8")) for one in sorted(CASES.glob("*/expected.toml"))
}
JOINED = [name for name, one in EXPECTED.items() if "error" not in one]
CONTRADICTIONS = [name for name, one in EXPECTED.items() if "error" in one]


def sources(name: str) -> list[str]:
    return [str(CASES / name / one) for one in EXPECTED[name]["sources"]]


def planned(given: list[str]) -> list[Planned]:
    groups = together(given)
    return [made for one in groups for made in plan_patients(one, Request(allow_invalid=True), load()).results]


@pytest.mark.parametrize("name", JOINED)
def test_what_files_say_of_one_patient_is_one_record(name: str) -> None:
    wanted, made = EXPECTED[name], planned(sources(name))
    assert len(made) == wanted.get("patients", 1)
    for one in made:
        linked = [it.predicate.value for it in one.record.triples]
        assert (linked.count(hip.hasProblem), linked.count(hip.hasCourse)) == (wanted["problems"], wanted["courses"])
        assert sorted({it.label for it in one.plan.actions if it.running}) == wanted["running"]


@pytest.mark.parametrize("name", JOINED)
def test_the_order_of_files_does_not_matter(name: str) -> None:
    made, turned = planned(sources(name)), planned(sources(name)[::-1])
    assert {one.record.triples for one in made} == {one.record.triples for one in turned}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_halves_that_contradict_are_an_error_that_names_both(name: str) -> None:
    with pytest.raises(UnreadableInput) as raised:
        planned(sources(name))
    assert EXPECTED[name]["error"] in raised.value.message
    assert all(one in raised.value.place for one in sources(name))


@pytest.mark.parametrize("command", ["plan", "ask", "ledger", "watch", "explain", "what-if", "sensitivity"])
def test_every_command_reads_files_as_one(command: str, hipkg: Callable[..., Run]) -> None:
    first, second = sources("treatments-elsewhere")
    words = {"explain": ["oral NSAID"], "what-if": ["--add", "ibuprofen, ongoing"]}.get(command, [])
    beside = [second] if command == "plan" else ["--with", second]
    alone = hipkg(command, first, *words, "--format", "json")
    joined = hipkg(command, first, *words, *beside, "--format", "json")
    assert (alone.code, joined.code) == (0, 0)
    assert joined.out != alone.out
    assert isinstance(json.loads(joined.out), dict)


def test_since_reads_further_files_of_either_record(hipkg: Callable[..., Run]) -> None:
    first, second = sources("treatments-elsewhere")

    def taken(*arguments: object) -> tuple[bool, bool]:
        """Tell whether the drug of the second file is new on record, and whether it is no longer there."""
        run = hipkg("since", *arguments, "--from", "2026-11-23", "--as-of", "2026-11-23", "--format", "json")
        assert run.code == 0, run.err
        facts = [one for one in json.loads(run.out)["facts"] if "buprofen" in one]
        return any(not one.startswith("without") for one in facts), any(one.startswith("without") for one in facts)

    assert taken(first, first) == (False, False)
    assert taken(first, first, "--with", second) == (True, False)
    assert taken(first, first, "--with-old", second) == (False, True)
    assert taken(first, first, "--with", second, "--with-old", second) == (False, False)
    assert taken(first, "--with", second) == (False, False)


def test_one_record_has_no_further_files_of_an_earlier_one(hipkg: Callable[..., Run]) -> None:
    run = hipkg("since", EXAMPLES["d0"], "--from", "2026-10-01", "--with-old", EXAMPLES["d0"])
    assert run.code == 2
    assert "Name its files by --with" in run.err


@pytest.mark.parametrize("command", ["convert", "reason", "query"])
def test_a_record_in_parts_is_one_for_questions_of_data(command: str, hipkg: Callable[..., Run]) -> None:
    words = {"query": ["current-interventions"]}.get(command, [])
    told = hipkg(command, *words, *sources("treatments-elsewhere"))
    assert told.code == 0
    assert "buprofen" in told.out


def test_a_list_is_read_as_one_from_python() -> None:
    (made,) = plans(sources("treatments-elsewhere"))
    assert {one.label for one in made.actions if one.running} >= {"ibuprofen"}


def test_what_was_not_understood_of_one_part_is_told_of_the_whole(tmp_path: Path) -> None:
    drug = {
        "resourceType": "MedicationRequest",
        "id": "unknown",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"text": "something to thin the blood"},
    }
    record, notes = sources("fhir-and-turtle")
    more = tmp_path / "more.ndjson"
    more.write_text(json.dumps(drug) + "\n", "utf-8")
    (alone,) = planned([record, str(more)])
    (joined,) = planned([record, str(more), notes])
    assert joined.record.unread == alone.record.unread
    assert "thin the blood" in joined.record.unread[0].name
    assert {one.message for one in alone.record.notices} == {one.message for one in joined.record.notices}


def test_one_source_is_left_as_it_is() -> None:
    (only,) = together([str(EXAMPLES["d0"])])
    assert len(only.parts) == 1


def test_versions_of_a_resource_that_differ_are_told_with_both_files(tmp_path: Path) -> None:
    record = json.loads((CASES / "replaced-in-another-file" / "new.json").read_bytes())
    resources = [each["resource"] for each in record["entry"]]
    other = {**resources[1], "code": resources[2]["code"]}
    for name, some in (("one", resources), ("other", [resources[0], other])):
        content = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in some]}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (made,) = planned([str(tmp_path / f"{name}.json") for name in ("one", "other")])
    told = [one.message for one in made.record.notices if one.shape.startswith("hip:F03")]
    assert len(told) == 1
    assert "Condition/pain" in told[0]
    assert all(f"{name}.json entry" in told[0] for name in ("one", "other"))


def test_patients_of_two_files_with_one_identifier_stay_apart_and_are_told(tmp_path: Path) -> None:
    for name in ("one", "other"):
        number = [{"system": "urn:example:mrn", "value": "17"}]
        content = {"resourceType": "Patient", "id": name, "birthDate": "1960-05-01", "identifier": number}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    made = planned([str(tmp_path / f"{name}.json") for name in ("one", "other")])
    told = [each.message for one in made for each in one.record.notices if "same identifier" in each.message]
    assert len(made) == len(told) == 2
