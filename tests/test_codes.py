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
    run = codes("I10")
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
    (told,) = json.loads(codes_to_json(load().terminology.search("I10")))
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
        ".*",
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
