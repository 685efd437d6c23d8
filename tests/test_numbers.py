"""Numbers: how they are read, compared and written, and that a record with what is none stops no command."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pyoxigraph as ox
import pytest

from hipkg.api.plan import plans
from hipkg.base.numbers import Bounds, Limit, Range, fits, plain, rounded, within
from hipkg.base.numbers import read as read_number
from hipkg.base.vocabulary import HIP, XSD
from hipkg.knowledge.loading import load
from hipkg.reading.sources import read

AS_OF = "2026-11-23"
HEAD = """
PREFIX : <https://example.org/patient/numbers/>
PREFIX hip: <https://w3id.org/hipkg/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
:hip a hip:HipJoint ; hip:hasSide hip:left .
:osteoarthritis a hip:HipOsteoarthritis ; hip:hasSite :hip ; hip:hasSymptomStatus hip:symptomatic ; hip:shownBy :film .
:film a hip:Study ; hip:ofIntervention hip:HipRadiograph ; hip:hasStatus hip:completed ; hip:targets :hip .
:drug a hip:TreatmentCourse ; hip:ofIntervention hip:Acetaminophen ; hip:hasStatus hip:ongoing ; hip:targets :hip .
:programme a hip:TreatmentCourse ; hip:ofIntervention hip:StructuredExerciseProgramme ; hip:hasStatus hip:ongoing .
:tablets a hip:TreatmentCourse ; hip:ofIntervention hip:OralNsaid ; hip:hasStatus hip:ongoing ; hip:targets :hip .
:pain a hip:HipPain ; hip:hasSite :hip .
:patient a hip:Patient ; hip:hasProblem :osteoarthritis , :pain ; hip:hasStudy :film .
:patient hip:hasCourse :drug , :programme , :tablets .
"""
COMMANDS = {
    "validate": ["validate"],
    "plan": ["plan", "--allow-invalid", "--ledger", "--format", "json"],
    "text": ["plan", "--allow-invalid", "--all"],
    "explain": ["explain", "D0-27", "--allow-invalid"],
    "course": ["explain", "hip:Acetaminophen", "--allow-invalid"],
    "ledger": ["ledger", "--allow-invalid"],
    "watch": ["watch", "--allow-invalid"],
    "ask": ["ask", "--allow-invalid"],
    "sensitivity": ["sensitivity", "--allow-invalid"],
    "what-if": ["what-if", "--add", "hip pain", "--allow-invalid"],
    "reason": ["reason"],
}
NO_NUMBERS = {
    "nan": '"NaN"^^xsd:double',
    "signalling": '"sNaN"^^xsd:decimal',
    "infinity": '"INF"^^xsd:double',
    "below": '"-INF"^^xsd:float',
    "overflow": '"1e999999999"^^xsd:double',
    "string": '"70"',
    "tagged": '"70"@en',
    "unit": '"12 kg"',
    "words": '"seventy years"',
    "ill-typed": '"12 kg"^^xsd:integer',
    "empty": '""^^xsd:integer',
    "digits": '"\u0667\u0660"^^xsd:integer',
    "underscore": '"7_0"^^xsd:integer',
    "truth": "true",
    "date": '"2026-13-45"^^xsd:date',
    "iri": "hip:left",
}
EXTREMES = {"small": '"1e-999999999"^^xsd:double', "negative": "-99999999999", "great": "99999999999"}
VALUES = {**NO_NUMBERS, **EXTREMES}
PROPERTIES = {
    "age": "patient",
    "bodyMassIndex": "patient",
    "minimumDays": "tablets",
    "maximumDays": "tablets",
    "dailyDose": "drug",
    "singleDose": "drug",
    "doseInterval": "drug",
    "duration": "programme",
    "startDate": "programme",
    "endDate": "film",
    "requestedOn": "film",
}
LIMITLESS = {"minimumDays", "maximumDays", "dailyDose", "singleDose"}


def bundle(element: str, value: str) -> bytes:
    """Record a drug in FHIR with a dosage that has a value in one element."""
    amount = {"value": 1000, "system": "http://unitsofmeasure.org", "code": "mg"}
    repeat = {"frequency": 3, "period": 1, "periodUnit": "d", "boundsDuration": {**amount, "value": 9, "code": "d"}}
    elements = {"value": amount, "days": repeat["boundsDuration"]}
    elements.get(element, repeat)["value" if element in elements else element] = "HERE"
    dosage = {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": amount}]}
    rxnorm = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "161"}
    course = {
        "resourceType": "MedicationStatement",
        "id": "drug",
        "status": "active",
        "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"coding": [rxnorm]},
        "dosage": [dosage],
    }
    entries = [{"resource": one} for one in ({"resourceType": "Patient", "id": "p"}, course)]
    written = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return written.replace('"HERE"', value).encode()


def fact(prop: str, value: str) -> str:
    return f":{PROPERTIES[prop]} hip:{prop} {VALUES[value]} .\n"


def literal(text: str, name: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + name))


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("28", "28"),
        ("-0.50", "-0.50"),
        ("+.5", "0.5"),
        ("5.", "5"),
        ("1.5E3", "1500"),
        (literal("70", "integer"), "70"),
        (literal(" 70\n", "integer"), "70"),
        (literal("24.90", "decimal"), "24.9"),
        (literal("1e2", "double"), "100"),
        (literal("1e-999999999", "double"), "0"),
        (ox.Literal(7), "7"),
    ],
)
def test_a_number_is_read_exactly(value: str | ox.Literal, number: str) -> None:
    assert read_number(value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            "NaN",
            "sNaN",
            "INF",
            "-INF",
            "Infinity",
            "12 kg",
            "1e400",
            "1_0",
            "\u0667\u0660",
            "0x10",
            "1,5",
            "e5",
            ".",
        ),
        *(literal(one, "double") for one in ("NaN", "INF", "-INF", "1e400", "12 kg")),
        *(literal("70", one) for one in ("string", "boolean", "date", "duration", "gYear")),
        ox.Literal("70"),
        ox.Literal("70", language="en"),
        "https://w3id.org/hipkg/left",
    ],
)
def test_anything_else_is_no_number(value: str | ox.Literal) -> None:
    assert read_number(value) is None


def test_a_number_is_compared_with_limits() -> None:
    bounds = Bounds((Limit(">=", Decimal("28.0")), Limit("<", Decimal(90))))
    assert str(bounds) == ">= 28.0 and < 90"
    assert [within(Decimal(one), bounds) for one in (27, 28, 89, 90)] == [False, True, True, False]
    assert fits(literal("28", "integer"), bounds)
    assert not fits(literal("NaN", "double"), bounds)
    assert fits(literal("NaN", "double"), Bounds())


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        *(("28.0", "28"), ("22.50", "22.5"), ("100", "100"), ("0.0", "0"), ("1.50e10", "15000000000")),
        *(("1e-3", "0.001"), ("12.0 kg", "12.0 kg"), ("NaN", "NaN"), ("", ""), (Decimal("2.50"), "2.5")),
    ],
)
def test_a_number_is_written_without_idle_zeros(number: str | Decimal, expected: str) -> None:
    assert plain(number) == expected


def test_a_range_is_written_with_all_digits() -> None:
    assert str(Range(Decimal("14.0"), Decimal("14.0"))) == "14.0"
    assert str(Range(Decimal(14), None)) == "14"
    assert str(Range(Decimal(14), Decimal("40.50"))) == "14 to 40.50"
    assert Range(Decimal("14.0"), Decimal("40.50")).written(plain) == "14 to 40.5"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("value", ["nan", "infinity", "string", "tagged", "unit", "ill-typed", "negative", "great"])
def test_no_value_ends_a_command_with_an_internal_error(hipkg, tmp_path, command, value):
    file = tmp_path / "patient.ttl"
    file.write_text(HEAD + "".join(fact(prop, value) for prop in PROPERTIES), encoding="utf-8")
    name, *options = COMMANDS[command]
    run = hipkg(name, file, *options, "--as-of", AS_OF)
    assert run.code == (0 if command == "reason" else 1), run.err


@pytest.mark.parametrize("prop", PROPERTIES)
def test_each_value_of_each_property_is_planned_with(prop):
    for value in VALUES:
        text = HEAD + fact(prop, value)
        (made,) = plans(text.encode(), format="turtle", as_of=date.fromisoformat(AS_OF), allow_invalid=True)
        # What is no number is refused; so many days or such a dose is not, though the calendar does not go that far.
        assert made.valid == (value == "great" and prop in LIMITLESS), (value, made.findings)


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "turtle", "fhir"])
def test_a_plan_is_written_with_words_in_the_place_of_numbers_and_nodes(form):
    text = HEAD + ':patient hip:hasCourse "free text" .' + "".join(fact(prop, "words") for prop in PROPERTIES)
    (made,) = plans(text.encode(), format="turtle", as_of=date.fromisoformat(AS_OF), allow_invalid=True)
    assert "free text" in [one.node for one in made.findings]
    assert getattr(made, f"to_{form}")()


@pytest.mark.parametrize("element", ["value", "days", "frequency", "frequencyMax", "period"])
def test_no_number_of_a_resource_ends_an_import_with_an_internal_error(element):
    for value in ("1e30", "1e308", "-1E400", "1" + "0" * 400, "1e-400", "NaN", "true", '"5"', "[]", "0", "-3"):
        (record,) = read(bundle(element, value), load, format="fhir", as_of=date.fromisoformat(AS_OF)).results
        doses = [one.object.value for one in record.triples if one.predicate.value == HIP + "dailyDose"]
        assert all(dose.isdecimal() for dose in doses), value


def test_great_doses_are_rounded_too():
    assert plain(rounded(Decimal("3.14159"), 3)) == "3.142"
    assert plain(rounded(Decimal("3e30"), 3)) == "3" + "0" * 30
