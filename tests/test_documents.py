"""Documents: the example patient of each gets exactly the states that its document gives, and those of the others.

``expected/partitions.json`` lists the statements of each document by the state that they have for its own patient at
first contact.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.knowledge import load
from hipkg.pipeline import plan
from hipkg.resources import ROOT

if TYPE_CHECKING:
    from hipkg.planning import Plan

PARTITIONS = json.loads((Path(__file__).parent / "expected" / "partitions.json").read_text(encoding="utf-8"))
OWN = {document: {one: state for state, ids in parts.items() for one in ids} for document, parts in PARTITIONS.items()}
DAY = date(2026, 11, 23)
LEFT, RIGHT = "left hip", "right hip"


@cache
def plan_of(document: str, *documents: str, facts: str = "") -> Plan:
    """Plan the example patient of a document, with facts added, by the documents named or by all."""
    (example,) = (ROOT / "examples").glob(f"{document.lower()}-*.ttl")
    source = (example.read_text(encoding="utf-8") + facts).encode()
    return plan(source, format="turtle", as_of=DAY, documents=documents)


def states(document: str, statement: str, *, facts: str = "") -> dict[str, str]:
    """Map the sites at which a statement is listed to its states there."""
    return {one.site: one.state for one in plan_of(document, facts=facts).statements if one.id == statement}


def all_states(document: str, *, facts: str = "") -> set[tuple[str, str, str]]:
    return {(one.id, one.site, one.state) for one in plan_of(document, facts=facts).statements}


def test_partitions_are_of_the_documents_in_the_ontology():
    documents = {info.iri: info.id for info in load().documents.values()}
    of_ontology: dict[str, set[str]] = {}
    for info in load().statements.values():
        of_ontology.setdefault(documents[info.document], set()).add(info.id)
    assert {document: set(own) for document, own in OWN.items()} == of_ontology
    assert all(len(OWN[one]) == sum(map(len, PARTITIONS[one].values())) for one in OWN)


@pytest.mark.parametrize("document", OWN)
@pytest.mark.parametrize("alone", [True, False], ids=["by its document", "by all documents"])
def test_the_patient_of_a_document_has_the_states_that_it_gives(document: str, alone: bool) -> None:
    made = plan_of(document, document) if alone else plan_of(document)
    found: dict[str, set[str]] = {}
    for one in made.statements:
        if one.id in OWN[document]:
            found.setdefault(one.id, set()).add(one.state)
    assert found == {one: {state} for one, state in OWN[document].items()}


@pytest.mark.parametrize("document", OWN)
def test_a_plan_by_one_document_lists_no_other(document: str) -> None:
    assert {one.id for one in plan_of(document, document).statements} == set(OWN[document])


# The patient of D0 has a painful left hip; nothing is known of the right one.

FIRE_FOR_D0 = {
    "D1-05": "now",
    "D1-07": "now",
    "D1-13": "now",
    "D1-14": "knowledge",
    "D1-31": "now",
    "D1-37": "must-not",
    "D1-25": "must-not",
    "D1-11": "must-not",
    "D1-39": "must-not",
    "D1-41": "must-not",
}


@pytest.mark.parametrize("statement", FIRE_FOR_D0)
def test_statements_of_d1_fire_for_the_patient_of_d0(statement: str) -> None:
    assert states("D0", statement) == {LEFT: FIRE_FOR_D0[statement]}


@pytest.mark.parametrize("statement", ["D1-02", "D1-12", "D1-42"])
def test_what_needs_both_hips_is_not_listed_for_the_patient_of_d0(statement: str) -> None:
    assert states("D0", statement) == {}


@pytest.mark.parametrize("statement", ["D1-26", "D1-27", "D1-28", "D1-29", "D1-30"])
def test_what_needs_back_pain_is_not_listed_for_the_patient_of_d0(statement: str) -> None:
    assert states("D0", statement) == {}


@pytest.mark.parametrize("statement", ["D1-06", "D1-15"])
def test_ossification_is_watched_in_the_patient_of_d0_only_if_silent_and_unexplained(statement: str) -> None:
    silent = ":ossification hip:hasSymptomStatus hip:asymptomatic ."
    unexplained = ":ossification hip:hasEtiology hip:indeterminateEtiology ."
    assert states("D0", statement) == {}
    assert states("D0", statement, facts=silent) == {}
    assert states("D0", statement, facts=unexplained) == {}
    assert states("D0", statement, facts=silent + unexplained) == {LEFT: "now"}


def test_a_gate_and_an_advice_about_acetaminophen_are_shown_as_a_conflict():
    conflicts = {(one.label, one.advised_by, one.opposed_by, one.decided_for) for one in plan_of("D0").conflicts}
    assert ("acetaminophen", "D1-09", "D0-16", "D0-16") in conflicts


def test_hyaluronic_acid_is_refused_by_both_documents_with_both_grades():
    (action,) = (one for one in plan_of("D0").actions if one.label == "intra-articular hyaluronic acid injection")
    assert action.status == "contraindicated"
    assert {"D0-41", "D1-25"} <= set(action.statements)
    grades = {info.id: (info.strength, info.quality) for info in load().statements.values()}
    assert grades["D0-41"] != grades["D1-25"]


# The patient of D1 has two painful, narrowed hips, ectopic bone on the right and back pain.

FIRE_FOR_D1 = {
    "D0-08": "now",
    "D0-20": "now",
    "D0-21": "now",
    "D0-29": "now",
    "D0-19": "must-not",
    "D0-41": "must-not",
}


@pytest.mark.parametrize("statement", FIRE_FOR_D1)
def test_statements_of_d0_fire_for_both_hips_of_the_patient_of_d1(statement: str) -> None:
    assert states("D1", statement) == dict.fromkeys((LEFT, RIGHT), FIRE_FOR_D1[statement])


def test_a_cane_for_the_patient_of_d1_goes_to_no_hand():
    assert states("D1", "D0-30") == {LEFT: "ruled-out", RIGHT: "ruled-out"}
    canes = [one for one in plan_of("D1").actions if one.label == "cane"]
    assert canes
    assert not any(parameter.side for one in canes for parameter in one.parameters)


def test_a_cane_for_the_patient_of_d0_goes_to_the_right_hand():
    (cane,) = (one for one in plan_of("D0").actions if one.label == "cane")
    assert [one.side for one in cane.parameters] == ["in the right hand"]


@pytest.mark.parametrize("statement", ["D0-01", "D0-43", "D0-44", "D0-38"])
def test_what_needs_degenerative_change_is_not_listed_for_the_patient_of_d1(statement: str) -> None:
    assert states("D1", statement) == {}


@pytest.mark.parametrize("statement", ["D0-35", "D0-52"])
def test_what_needs_bone_at_the_acetabulum_is_not_listed_for_the_patient_of_d1(statement: str) -> None:
    assert states("D1", statement) == {}


ACETABULAR = """
:rightAcetabulum a hip:LateralAcetabulum ; hip:partOf :rightHip .
:patient hip:hasProblem :acetabularBone .
:acetabularBone a hip:HeterotopicOssification ; hip:hasSite :rightAcetabulum .
"""
INJECTION = """
:patient hip:hasCourse :injection .
:injection a hip:TreatmentCourse ;
  hip:hasStatus hip:planned ; hip:ofIntervention hip:IaCorticosteroidInjection ; hip:targets :{side}Hip .
"""


def test_bone_at_the_acetabulum_of_the_injected_side_asks_for_guidance():
    assert states("D1", "D0-52", facts=ACETABULAR) == {RIGHT: "knowledge"}
    assert states("D1", "D0-35", facts=ACETABULAR) == {RIGHT: "later-if"}
    assert states("D1", "D0-35", facts=ACETABULAR + INJECTION.format(side="left")) == {RIGHT: "later-if"}
    assert states("D1", "D0-35", facts=ACETABULAR + INJECTION.format(side="right")) == {RIGHT: "now"}
    assert states("D1", "D0-35", facts=INJECTION.format(side="right")) == {}


@pytest.mark.parametrize(
    ("statement", "facts", "state"),
    [
        ("D0-27", "", "later-if"),
        ("D0-27", ":patient hip:bodyMassIndex 27.5 .", "now"),
        ("D0-27", ":patient hip:bodyMassIndex 23.0 .", "ruled-out"),
        ("D0-12", "", "later-if"),
        ("D0-12", ":patient hip:age 61 .", "later-if"),
        ("D0-12", ":patient hip:age 66 .", "now"),
        ("D0-13", ":patient hip:age 66 .", "now"),
        ("D0-14", ":patient hip:age 66 .", "must-not"),
        ("D0-33", ":leftPain a hip:UncontrolledPain . :rightPain a hip:UncontrolledPain .", "later-if"),
    ],
)
def test_statements_of_d0_wait_for_what_is_not_recorded_of_the_patient_of_d1(
    statement: str, facts: str, state: str
) -> None:
    assert states("D1", statement, facts=facts) == {LEFT: state, RIGHT: state}


def test_past_trauma_is_used_by_no_statement():
    (example,) = (ROOT / "examples").glob("d1-*.ttl")
    text = example.read_text(encoding="utf-8")
    without = text.replace(" ,\n        :trauma", "").replace(":trauma\n    a hip:TraumaHistory ;\n.\n", "")
    assert ":trauma" in text
    assert ":trauma" not in without
    made = plan(without.encode(), format="turtle", as_of=DAY)
    assert {(one.id, one.site, one.state) for one in made.statements} == all_states("D1")
