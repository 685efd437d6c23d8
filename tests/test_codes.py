"""The command `hipkg codes`: what it prints, in both formats, and how it ends."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hipkg.knowledge.loading import load
from hipkg.knowledge.terminology import PREDICATES
from hipkg.render.codes import codes_to_json, codes_to_text
from support.command_line import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def codes(hipkg: Callable[..., Run]) -> Callable[..., Run]:
    """Run `hipkg codes` in this process."""
    return partial(hipkg, "codes")


def test_a_code_is_told_with_term_side_and_source(codes: Callable[..., Run]) -> None:
    assert codes("M16.51", "--system", "ICD-10-CM") == Run(
        0,
        "ICD-10-CM M16.51  Unilateral post-traumatic osteoarthritis of hip\n"
        "    falls under hip osteoarthritis (hip:HipOsteoarthritis) · hip · right · traumatic etiology\n"
        "    by the rule for M16.5…\n"
        "    Osteoarthritis of one kind of cause.\n"
        "    seen in: CMS/NCHS ICD-10-CM list in simple-icd-10-cm 1.5.0\n",
        "",
    )


def test_a_known_code_without_a_term_is_told_as_that(codes: Callable[..., Run]) -> None:
    run = codes("A12AA04")
    assert run.code == 0
    assert "is known, and no statement uses it" in run.out


def test_a_reserve_is_told(codes: Callable[..., Run]) -> None:
    run = codes("M25.851")
    assert "covers more than, not recorded as femoroacetabular impingement" in run.out
    assert "A residual class" in run.out


def test_json_holds_each_field(codes: Callable[..., Run]) -> None:
    run = codes("M16.51", "--system", "ICD-10-CM", "--format", "json")
    assert run.code == 0
    assert json.loads(run.out) == [
        {
            "system": "http://hl7.org/fhir/sid/icd-10-cm",
            "code": "M16.51",
            "display": "Unilateral post-traumatic osteoarthritis of hip",
            "predicate": "skos:broadMatch",
            "term": "hip:HipOsteoarthritis",
            "label": "hip osteoarthritis",
            "recorded": True,
            "site": "hip:HipJoint",
            "sides": ["hip:right"],
            "qualifiers": [{"property": "hip:hasEtiology", "value": "hip:traumaticEtiology"}],
            "rule": "M16.5",
            "below": None,
            "comment": "Osteoarthritis of one kind of cause.",
            "seenIn": "CMS/NCHS ICD-10-CM list in simple-icd-10-cm 1.5.0",
        }
    ]


def test_json_of_a_code_without_a_term_has_nulls() -> None:
    (told,) = json.loads(codes_to_json(load().terminology.search("A12AA04")))
    assert {name for name, value in told.items() if value is None} == {
        "predicate",
        "term",
        "label",
        "site",
        "rule",
        "below",
        "comment",
    }
    assert told["recorded"] is False


def test_a_rule_is_told_as_one(codes: Callable[..., Run]) -> None:
    assert codes("Pain in hip", "-s", "ICD-10-CM").out.startswith("ICD-10-CM M25.55…  Pain in hip\n")
    assert "means hip pain (hip:HipPain) · hip · side by the next character\n" in codes("pain in hip").out
    assert [one["below"] for one in json.loads(codes("pain in hip", "-s", "ICD-10-CM", "-f", "json").out)] == [
        "[0-9]*",
        None,
    ]


def test_words_and_terms_lead_to_codes(codes: Callable[..., Run]) -> None:
    assert "49218002" in codes("hip pain").out
    assert "52734007" in codes("hip:TotalHipArthroplasty").out
    assert "ICD-10-CM" not in codes("hip pain", "-s", "snomedct").out


def test_nothing_found_is_said_and_ends_with_1(codes: Callable[..., Run]) -> None:
    run = codes("no such thing")
    assert (run.code, run.out) == (1, "")
    assert "no code, term or name matches" in run.err
    assert "NDC" in run.err
    assert codes("no such thing", "-f", "json").out == "[]\n"


def test_an_unknown_system_is_refused_with_the_known_ones(codes: Callable[..., Run]) -> None:
    run = codes("M16.11", "--system", "ICD-9")
    assert run.code == 2
    assert "SNOMED CT" in run.err
    assert "[usage]" in run.err


def coded(name: str, kind: str, *codings: tuple[str, str, str], **more: object) -> dict[str, object]:
    coding = [{"system": system, "code": code, "display": display} for system, code, display in codings]
    return {"resourceType": kind, "id": name, "code": {"coding": coding}, "subject": {"reference": "Patient/p"}, **more}


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    """Write a small data set: known and unknown codes, FHIR's own, and resources that are not read."""
    local = "https://hospital.example/lab"
    rows = [
        {"resourceType": "Patient", "id": "p", "identifier": [{"type": {"coding": [{"system": local, "code": "MR"}]}}]},
        coded("a", "Condition", ("http://snomed.info/sct", "49218002", "Hip pain"), (local, "HP", "hip pain")),
        coded("b", "Observation", (local, "CRP", "C-reactive protein")),
        coded("c", "Observation", (local, "CRP", "CRP")),
        coded("d", "Procedure", (local, "CRP", "CRP"), bodySite=[{"coding": [{"system": local, "code": "S1"}]}]),
        coded("e", "Observation", ("http://hl7.org/fhir/sid/ndc", "1-2", "A pack")),
        coded("f", "Observation", ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "ASSERTION", "")),
        coded("g", "Immunization", (local, "VAX", "a vaccine")),
    ]
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "all.ndjson").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return folder


def test_codes_that_are_not_known_are_counted_most_used_first(codes: Callable[..., Run], data_set: Path) -> None:
    assert codes("--unknown", data_set).out.splitlines() == [
        f"{data_set}: codes are used 7 times, 1 times one that is known",
        "      3  https://hospital.example/lab CRP  CRP · Observation 2, Procedure 1",
        "      1  NDC 1-2  A pack · Observation 1",
        "      1  https://hospital.example/lab HP  hip pain · Condition 1 · 1 times beside a known code",
        "      1  https://hospital.example/lab S1  (no display) · Procedure 1",
    ]


def test_the_count_in_json_holds_the_same(codes: Callable[..., Run], data_set: Path) -> None:
    told = json.loads(codes("--unknown", data_set, "-f", "json", "-s", "https://hospital.example/lab").out)
    assert (told["used"], told["known"]) == (7, 1)
    assert [(one["code"], one["times"], one["alone"]) for one in told["unknown"]] == [
        ("CRP", 3, 3),
        ("HP", 1, 0),
        ("S1", 1, 1),
    ]
    assert told["unknown"][0]["resources"] == {"Observation": 2, "Procedure": 1}


def test_a_table_makes_codes_known(codes: Callable[..., Run], data_set: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("system,code,term\nhttps://hospital.example/lab,CRP,none\n", "utf-8")
    told = json.loads(codes("--unknown", data_set, "-f", "json", "--codes", table).out)
    assert (told["known"], [one["code"] for one in told["unknown"]]) == (4, ["1-2", "HP", "S1"])


def test_only_fhir_is_counted_and_one_thing_is_asked(codes: Callable[..., Run], data_set: Path, tmp_path: Path) -> None:
    turtle = tmp_path / "p.ttl"
    turtle.write_text("@prefix hip: <https://w3id.org/hipkg/> .", "utf-8")
    assert "Only codes of FHIR are counted" in codes("--unknown", turtle).err
    assert codes("--unknown", tmp_path / "nothing").code == 2
    assert codes().code == codes("M16", "--unknown", data_set).code == 2


def test_output_goes_to_a_file(codes: Callable[..., Run], tmp_path: Path) -> None:
    target = tmp_path / "codes.json"
    assert codes("M16.11", "-f", "json", "-o", target) == Run(0, "", "")
    assert json.loads(target.read_text("utf-8"))[0]["code"] == "M16.11"


def test_each_relation_reads_differently() -> None:
    (one,) = load().terminology.search("M16.11", "ICD-10-CM")
    texts = {
        codes_to_text([one._replace(predicate=predicate)], load().terminology, lambda iri: iri.rsplit("/", 1)[1])
        for predicate in PREDICATES
    }
    assert len(texts) == len(PREDICATES)


@pytest.mark.parametrize("given", ["--unknown", "--codes"])
def test_output_never_goes_over_what_is_read(codes: Callable[..., Run], given: str, tmp_path: Path) -> None:
    source = tmp_path / "one.ndjson"
    source.write_text("{}", "utf-8")
    words = ["M16.11"] if given == "--codes" else []
    run = codes(*words, given, source, "-o", source)
    assert run.code == 2
    assert "The output is also an input" in run.err
    assert source.read_text("utf-8") == "{}"
