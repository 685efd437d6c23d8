"""The account of RDF: what belongs to no patient, or is said in other words than the ontology's, is told."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from hipkg.api.what_if import what_if
from hipkg.base import hip
from hipkg.base.errors import UnreadableInput
from hipkg.base.vocabulary import HIP
from hipkg.cli.app import app
from hipkg.knowledge.loading import load
from hipkg.knowledge.recorded import recorded_classes, recorded_properties
from hipkg.pipeline.process import plan_patients
from hipkg.reading.near_names import meant
from hipkg.render import render
from hipkg.render.account import import_report
from support.doors import checked, read, read_import, request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.validation.findings import Finding

DAY = date(2026, 11, 23)
CASES = json.loads((Path(__file__).parent / "cases" / "graph-account" / "cases.json").read_text("utf-8"))
HEAD = """
PREFIX : <https://example.org/clinic/>
PREFIX x: <https://example.org/words/>
PREFIX hip: <https://w3id.org/hipkg/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
PATIENT = f"""{HEAD}
:patient a hip:Patient ; hip:age 67 ; hip:bodyMassIndex 24 ; hip:hasProblem :pain ; hip:hasCourse :exercise .
:pain a hip:HipPain ; hip:hasSite :leftHip ; hip:hasSeverity hip:mild .
:leftHip a hip:HipJoint ; hip:hasSide hip:left .
:exercise a hip:TreatmentCourse ; hip:ofIntervention hip:StructuredExerciseProgramme ; hip:hasStatus hip:ongoing ;
  hip:targets :leftHip ; hip:duration "P4W" .
"""
LOST = """
:ulcer a hip:PepticUlcerDisease .
:pills a hip:TreatmentCourse ; hip:ofIntervention hip:OralNsaid ; hip:hasStatus hip:ongoing .
[] a hip:GluteusMediusTendonTear .
"""
FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}


def findings(data: str | bytes | list[Any], form: str | None = "turtle") -> list[Finding]:
    source = data.encode() if isinstance(data, str) else data
    return [one for record in read(source, format=form, as_of=DAY) for one in checked(record).findings]


def told(found: Iterable[Finding]) -> list[str]:
    return [one.message for one in found if one.shape.startswith("hip:F")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_not_read_is_told(case: dict[str, Any]) -> None:
    found = told(findings(PATIENT + case["add"]))
    assert [one[:3] for one in found] == [one[:3] for one in case["told"]]
    for message, words in zip(found, case["told"], strict=True):
        assert words[4:].strip() in message


def test_what_is_lost_of_problems_and_drugs_warns() -> None:
    severities = {one.shape: one.severity for one in findings(PATIENT + LOST) if one.shape.startswith("hip:F")}
    assert severities == {"hip:F01-import-unused": "info", "hip:F06-unlinked": "warning"}


def in_formats(text: str) -> Iterator[tuple[str, bytes]]:
    triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri="urn:base:")]
    for name, form in FORMATS.items():
        yield name, ox.serialize(triples, format=form) or b""


def test_every_format_tells_the_same() -> None:
    edge = ":patient <http://w3id.org/hipkg/age> 81 ."
    expected = told(findings(PATIENT + LOST + edge))
    assert len(expected) == 3
    assert {name: told(findings(data, name)) for name, data in in_formats(PATIENT + LOST + edge)} == dict.fromkeys(
        FORMATS, expected
    )


JSON_LD = {
    "@id": "https://example.org/p",
    "@type": "hip:Patient",
    "hip:hasProblem": {"@id": "https://example.org/pain", "@type": "hip:HipPain"},
    "hasCourse": {"@id": "https://example.org/pills", "@type": "hip:TreatmentCourse"},
}


@pytest.mark.parametrize(
    ("context", "lost"),
    [
        ({"hip": HIP}, ["hasCourse"]),
        ([{"hip": HIP}, {"hasCourse": None}], ["hasCourse"]),
        ({"hip": HIP, "hasCourse": "hip:hasCourse"}, []),
        ({"hip": HIP, "@vocab": HIP}, []),
    ],
)
def test_keys_of_json_ld_that_say_nothing_are_told(context: object, lost: list[str]) -> None:
    messages = told(findings(json.dumps({"@context": context, **JSON_LD}), "jsonld"))
    assert [one for one in messages if one.startswith("F08")] == [
        f"F08: Keys without a meaning in the @context, so that what they say is not read: {key}." for key in lost
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_report_names_what_validation_names(case: dict[str, Any]) -> None:
    source = PATIENT + case["add"]
    named = {match for message in told(findings(source)) for match in re.findall(r"F07: (\S+?),? (?:at|is) ", message)}
    report = import_report([read_import(source.encode(), format="turtle", as_of=DAY)], "text")
    assert [one for one in sorted(named) if f"! {one} is not read" not in report] == []


def test_the_report_tells_every_key_that_says_nothing() -> None:
    made = read_import(json.dumps({"@context": {"hip": HIP}, **JSON_LD}).encode(), format="jsonld", as_of=DAY)
    assert made.keys == ("hasCourse",)
    assert "not read: hasCourse.\n" in import_report([made], "text")
    assert json.loads(import_report([made], "json"))[0]["keysWithoutMeaning"] == ["hasCourse"]
    sound = read_import(json.dumps({"@context": {"hip": HIP, "@vocab": HIP}, **JSON_LD}).encode(), format="jsonld")
    assert "keysWithoutMeaning" not in import_report([sound], "json")


def test_each_of_several_patients_is_told_what_is_of_nobody() -> None:
    second = ":second a hip:Patient ; hip:hasProblem :ache . :ache a hip:HipPain ."
    records = read(f"{PATIENT}{second}{LOST}".encode(), format="turtle", as_of=DAY)
    assert [record.iri.rpartition("/")[2] for record in records] == ["patient", "second"]
    for record in records:
        assert any("peptic ulcer disease (ulcer)" in one.message for one in checked(record).findings)


def test_a_record_that_rdf_completes_tells_of_the_rdf(tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1959-01-02"}
    record, notes = tmp_path / "record.json", tmp_path / "notes.ttl"
    record.write_text(json.dumps(patient))
    notes.write_text(f"{HEAD} <urn:hipkg:fhir/Patient/p> hip:hasProblem :pain . :pain a hip:HipPain .{LOST}")
    messages = told(findings([str(record), str(notes)], None))
    assert "F01: Of 7 triples 2 are used and 5 are not." in messages
    assert any("peptic ulcer disease (ulcer)" in one for one in messages)
    (made,) = read_import([str(record), str(notes)], as_of=DAY).patients
    assert made.triples == (7, 2, 5)
    assert {one.resource.rpartition("/")[2] for one in made.uses} == {"p", "pills", "ulcer", "blank node 1", "pain"}


@pytest.mark.parametrize("form", ["text", "json", "markdown", "turtle", "fhir", "html"])
def test_the_plan_warns_in_every_format(form: str) -> None:
    (made,) = plan_patients((PATIENT + LOST).encode(), request(format="turtle", as_of=DAY), load()).results
    text = "".join(render([made.plan], form, load()))
    for name in ("peptic ulcer disease", "oral NSAID (pills)", "blank node"):
        assert name in " ".join(text.split()), name


def test_a_question_names_what_could_be_its_answer() -> None:
    (made,) = plan_patients((PATIENT + LOST).encode(), request(format="turtle", as_of=DAY), load()).results
    assert any("oral NSAID (pills)" in one.unread for one in made.plan.questions)


def test_an_addition_that_is_not_read_is_told() -> None:
    edge = ":patient <http://w3id.org/hipkg/age> 81"
    (made,) = what_if(PATIENT.encode(), add=[edge], format="turtle", as_of=DAY)
    assert any("hip:age is one" in one.message for one in made.findings)
    (made,) = what_if(PATIENT.encode(), add=[":patient hip:hasProblem :ache . :ache a hip:HipPain"], format="turtle")
    assert told(made.findings) == []


def test_the_report_counts_what_was_read_and_used(tmp_path: Path) -> None:
    file = tmp_path / "patient.ttl"
    file.write_text(PATIENT + LOST)
    shown = CliRunner().invoke(app, ["convert", str(file), "--report"])
    assert shown.exit_code == 0
    assert "7 nodes: 4 used, 3 set aside; 20 triples: 15 used, 5 not used" in shown.stdout
    assert "https://example.org/clinic/pain      used as: hip pain, mild, left hip\n" in shown.stdout
    assert "ulcer     set aside because: peptic ulcer disease, and belongs to no patient\n" in shown.stdout
    ((patient,),) = (
        one["patients"]
        for one in json.loads(CliRunner().invoke(app, ["convert", str(file), "--report", "-f", "json"]).stdout)
    )
    assert patient["counts"] == {"read": 7, "used": 4, "unused": 3}
    assert patient["triples"] == {"read": 20, "used": 15, "unused": 5}
    assert len(patient["resources"]) == 7


def test_the_report_of_resources_counts_them_too() -> None:
    shown = CliRunner().invoke(app, ["convert", "examples/d0-painful-degenerative-hip.json", "--report", "-f", "json"])
    (made,) = json.loads(shown.stdout)
    assert made["patients"][0]["counts"] == {"read": 6, "used": 6, "unused": 0}
    assert "triples" not in made["patients"][0]


def test_many_names_at_the_edge_are_counted() -> None:
    many = "".join(f":patient <http://w3id.org/hipkg/age{number}> 1 . " for number in range(15))
    messages = [one for one in told(findings(PATIENT + many)) if one.startswith("F07")]
    assert len(messages) == 11
    assert messages[-1].startswith("F07: 5 more names")


def test_the_date_of_a_plan_that_is_no_date_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="is not a date"):
        read(f"{PATIENT} :patient hip:asOf :today .".encode(), format="turtle")


AT_THE_WRONG_END = sorted(recorded_properties(load()) - {hip.asOf})


@pytest.mark.parametrize("prop", AT_THE_WRONG_END, ids=lambda prop: prop.removeprefix(HIP))
def test_a_text_for_a_node_and_a_node_for_a_text_are_refused(prop: str) -> None:
    """Whatever a property leads to, one of both is wrong."""
    wrong = [
        one
        for value in ('"left"', ":thing")
        for one in findings(
            f"{PATIENT} :pain <{prop}> {value} . :exercise <{prop}> {value} . :leftHip <{prop}> {value} ."
        )
    ]
    assert any(one.severity == "violation" and one.path in {"", f"hip:{prop.removeprefix(HIP)}"} for one in wrong)


@pytest.mark.parametrize("name", ["https://example.org/words/scribble", "http://purl.org/dc/terms/title", "urn:x:y"])
def test_names_of_others_mean_no_term(name: str) -> None:
    assert meant(name, load()) is None


def test_records_are_written_in_terms_that_the_ontology_has() -> None:
    known = load()
    assert recorded_properties(known) < known.terms
    assert recorded_classes(known) < known.terms
    assert not recorded_classes(known) & recorded_properties(known)
