"""What is set aside of a source travels with the results or with the error that ends the work, and is told once."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import hipkg as package
from hipkg.base.batch import Batch, each_source
from hipkg.base.errors import DeceasedPatient, InconsistentData, InvalidPatient, SetAside, UnreadableInput, UsageError
from hipkg.base.paths import ROOT
from hipkg.knowledge.loading import load
from hipkg.pipeline import process
from hipkg.pipeline.process import plan_patients, validated
from hipkg.pipeline.request import Request
from hipkg.record import patient
from support.cases import CASES
from support.doors import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pyoxigraph import Triple

    from hipkg.record.patient import Record
    from hipkg.validation.findings import Finding
    from support.command_line import Run

ICD, LOINC = "http://hl7.org/fhir/sid/icd-10-cm", "http://loinc.org"
FHIR = Request(format="fhir")
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-05-01"}
DEAD = {"resourceType": "Patient", "id": "p2", "deceasedBoolean": True}
FUNCTIONS: dict[str, dict[str, Any]] = {
    "plan": {},
    "plans": {},
    "validate": {},
    "explain": {"target": "cane"},
    "ask": {},
    "watch": {},
    "what_if": {"add": ["age 71"]},
    "ledger": {},
    "sensitivity": {},
}
COMMANDS = [["plan"], ["validate"], ["explain", "cane"], ["ask"], ["watch"], ["ledger"]]
COMMANDS += [["explain", "cane", "--instead-of", "oral NSAID"], ["what-if", "--add", "age 71"], ["sensitivity"]]


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def condition(code: str) -> dict[str, Any]:
    coding = {"coding": [{"system": ICD, "code": code}]}
    return {"resourceType": "Condition", "id": code, "subject": {"reference": "Patient/p1"}, "code": coding}


def index(value: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "index",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": LOINC, "code": "39156-5"}]},
        "effectiveDateTime": "2026-01-02",
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "kg/m2"},
    }


PARTLY = bundle(PATIENT, DEAD, condition("M25.551"))
CONTRADICTORY = bundle(PATIENT, DEAD, index(22), condition("E66.9"))


def test_what_is_set_aside_is_data() -> None:
    made = plan_patients(PARTLY, FHIR, load())
    assert [one.plan.patient.rpartition("/")[2] for one in made.results] == ["p1"]
    assert [type(one) for one in made.set_aside] == [DeceasedPatient]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_warns_once(name: str) -> None:
    with pytest.warns(SetAside, match="has died") as warned:
        assert getattr(package, name)(PARTLY, format="fhir", **FUNCTIONS[name])
    assert [(one.category, one.filename) for one in warned if name != "plan"] == [(SetAside, __file__)] * (
        name != "plan"
    )
    assert len(warned) == 1


def test_what_is_set_aside_before_an_error_goes_with_it() -> None:
    with pytest.raises(InconsistentData) as raised:
        plan_patients(CONTRADICTORY, FHIR, load())
    assert [type(one) for one in raised.value.set_aside] == [DeceasedPatient]
    with pytest.warns(SetAside, match="has died"), pytest.raises(InconsistentData):
        package.plan(CONTRADICTORY, format="fhir")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_tells_what_is_set_aside_and_ends_with_1(words: list[str], hipkg: Callable[..., Run]) -> None:
    ended = hipkg(words[0], "-", *words[1:], "--input-format", "fhir", stdin=PARTLY)
    assert ended.code == 1
    assert ended.err.count("hipkg: ") == ended.err.count("has died") == 1
    assert ended.out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_tells_it_before_the_error_that_ends_it(words: list[str], hipkg: Callable[..., Run]) -> None:
    ended = hipkg(words[0], "-", *words[1:], "--input-format", "fhir", stdin=CONTRADICTORY)
    told = [line for line in ended.err.splitlines() if line.startswith("hipkg: ")]
    assert "has died" in told[0]
    if words[0] == "validate":
        assert (len(told), ended.code) == (1, 1)
    else:
        assert "exclude each other" in told[1]
        assert (len(told), ended.code) == (2, 3)


@pytest.mark.parametrize("command", ["reason", "convert"])
def test_a_question_of_data_keeps_those_who_have_died(command: str, hipkg: Callable[..., Run]) -> None:
    ended = hipkg(command, "-", "--input-format", "fhir", stdin=PARTLY)
    assert (ended.code, ended.err) == (0, "")
    assert "Patient/p2" in ended.out


def test_sources_are_gathered_with_all_that_was_set_aside_of_them() -> None:
    first, second, last = (UsageError(one) for one in ("first", "second", "last"))

    def made(number: int) -> Batch[int]:
        if number == 3:
            raise last
        return Batch((number, number), ((first, second)[number - 1],))

    assert each_source([1, 2], made) == Batch((1, 1, 2, 2), (first, second))
    with pytest.raises(UsageError, match="last") as raised:
        each_source([1, 2, 3], made)
    assert raised.value.set_aside == (first, second)


class Counted(tuple["Finding", ...]):
    """Findings that count how often one of them is looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[Finding]:
        for one in super().__iter__():
            Counted.looked_at += 1
            yield one


@pytest.mark.parametrize("count", [10, 20])
def test_a_finding_is_looked_at_once_however_many_patients_there_are(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "PREFIX hip: <https://w3id.org/hipkg/> PREFIX : <https://e.org/{}/> :p a hip:Patient ; hip:age 70 , 71 ."
    records: list[Record] = []
    for number in range(count):
        records += read(told.format(number).encode(), format="turtle")
    real = process.validate_patients
    monkeypatch.setattr(process, "validate_patients", lambda *given: Counted(real(*given)))
    Counted.looked_at = 0
    checked = validated(records, load())
    assert [one.record for one in checked] == records
    assert Counted.looked_at == sum(len(one.findings) for one in checked) >= count


def test_a_record_is_normalised_once_for_its_plan_and_its_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    source = ROOT / "examples" / "d0-painful-degenerative-hip.ttl"
    (record,) = read(source)
    normalised: list[tuple[Triple, ...]] = []
    real = patient.normalised

    def noted(triples: tuple[Triple, ...]) -> tuple[Triple, ...]:
        normalised.append(triples)
        return real(triples)

    monkeypatch.setattr(patient, "normalised", noted)
    assert package.explain(source, "D0-33")[0].remedies
    assert normalised.count(record.triples) == 1


@pytest.mark.parametrize("path", sorted((CASES / "shapes").glob("*/invalid.ttl")), ids=lambda one: one.parent.name)
def test_what_is_invalid_is_planned_where_that_is_asked_for_or_refused_with_a_reason(path: Path) -> None:
    with suppress(InconsistentData, UnreadableInput, InvalidPatient):
        assert all(one.findings for one in package.plans(path, as_of=date(2026, 11, 23), allow_invalid=True))
