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

from hipkg.api.plan import plan
from hipkg.base.paths import ROOT
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from hipkg.planning.records import Plan

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
    documents = {info.iri: info.id for info in load().documents.values() if not info.safety}
    of_ontology: dict[str, set[str]] = {}
    for info in (one for one in load().statements.values() if one.document in documents):
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
    "D2-10": "must-not",
    "D2-44": "must-not",
    "D2-50": "must-not",
}


@pytest.mark.parametrize("statement", FIRE_FOR_D0)
def test_statements_of_other_documents_fire_for_the_patient_of_d0(statement: str) -> None:
    assert states("D0", statement) == {LEFT: FIRE_FOR_D0[statement]}


@pytest.mark.parametrize("statement", ["D2-01", "D2-19", "D2-34", "D2-58"])
def test_what_follows_a_failed_therapy_waits_for_the_patient_of_d0(statement: str) -> None:
    assert states("D0", statement) == {LEFT: "later-if"}


UNIMPROVED = """
:patient hip:hasCourse :insoles .
:insoles a hip:TreatmentCourse ; hip:hasStatus hip:completed ; hip:ofIntervention hip:ShoeInsoles ;
  hip:hasOutcome hip:inadequateRelief ; hip:targets :{} .
"""
ADVICE_OF_D2 = {"D2-01": "now", "D2-19": "now", "D2-58": "now"}


def test_a_document_on_pain_that_therapy_has_not_improved_advises_nothing_before() -> None:
    for name in ("D0", "D1"):
        advised = [one for one in plan_of(name).actions if one.status == "indicated"]
        assert not [id_ for one in advised for id_ in one.statements if id_.startswith("D2")]
        assert not [it.statement for one in advised for it in one.parameters if it.statement.startswith("D2")]


def test_it_advises_once_a_therapy_has_not_improved_the_pain() -> None:
    for statement, state in ADVICE_OF_D2.items():
        assert states("D0", statement, facts=UNIMPROVED.format("leftHip")) == {LEFT: state}


def test_what_it_advises_for_one_hip_is_not_for_the_other() -> None:
    assert states("D1", "D2-58", facts=UNIMPROVED.format("leftHip")) == {LEFT: "now", RIGHT: "later-if"}


def test_what_protects_from_a_drug_does_not_wait() -> None:
    old = ":patient hip:age 70 ."
    assert states("D0", "D2-43", facts=old) == {LEFT: "now"}


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
    "D2-44": "must-not",
}


@pytest.mark.parametrize("statement", FIRE_FOR_D1)
def test_statements_of_other_documents_fire_for_both_hips_of_the_patient_of_d1(statement: str) -> None:
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


# The patient of D2 has hip pain without a side and an exercise programme that does not help.

HIP = "hip"


def of_other_documents(document: str, *, facts: str = "") -> set[str]:
    told = all_states(document, facts=facts)
    return {id_ for id_, _, state in told if not id_.startswith(document) and state != "may-apply"}


def test_no_statement_of_another_document_fires_for_the_patient_of_d2():
    assert of_other_documents("D2") == set()


def test_an_oral_opioid_is_refused_once_the_pain_of_the_patient_of_d2_is_chronic():
    assert states("D2", "D1-10", facts=":pain a hip:ChronicHipPain .") == {HIP: "must-not"}
    assert of_other_documents("D2", facts=":pain a hip:ChronicHipPain .") == {"D1-10"}


@pytest.mark.parametrize(("statement", "state"), [("D2-22", "now"), ("D2-71", "must-not"), ("D2-72", "now")])
def test_six_weeks_without_improvement_bring_the_review_of_d2(statement: str, state: str) -> None:
    days = ':exercise hip:startDate "{}"^^<http://www.w3.org/2001/XMLSchema#date> .'
    assert states("D2", statement) == {HIP: "later-if"}
    assert states("D2", statement, facts=days.format("2026-10-13")) == {HIP: "later-if"}
    assert states("D2", statement, facts=days.format("2026-10-12")) == {HIP: state}


ARTHRITIC = """
:patient hip:hasProblem :refractory , :disability , :degeneration , :narrowing ; hip:hasStudy :film .
:refractory a hip:RefractoryPain ; hip:hasSite :hip .
:disability a hip:Disability ; hip:hasSite :hip .
:film a hip:Study ; hip:hasStatus hip:completed ; hip:ofIntervention hip:HipRadiograph ; hip:targets :hip .
:degeneration a hip:DegenerativeChange ; hip:hasSite :hip ; hip:shownBy :film .
:narrowing a hip:JointSpaceNarrowing ; hip:hasSite :hip ; hip:shownBy :film .
"""
MANAGED = """
:patient hip:hasCourse :management .
:management a hip:TreatmentCourse ;
  hip:hasStatus hip:ongoing ; hip:ofIntervention hip:ConservativeManagement ; hip:targets :hip ;
  hip:startDate "{}"^^<http://www.w3.org/2001/XMLSchema#date> .
"""


@pytest.mark.parametrize("statement", ["D0-37", "D2-64"])
def test_three_months_with_osteoarthritis_pain_and_disability_bring_the_surgeon(statement: str) -> None:
    assert states("D2", statement, facts=ARTHRITIC + MANAGED.format("2026-09-20")) == {HIP: "later-if"}
    assert states("D2", statement, facts=ARTHRITIC + MANAGED.format("2026-08-25")) == {HIP: "now"}


def test_osteoarthritis_on_a_film_brings_the_ban_of_hyaluronic_acid_to_the_patient_of_d2():
    assert states("D2", "D2-50") == {HIP: "later-if"}
    assert states("D2", "D2-50", facts=ARTHRITIC) == {HIP: "must-not"}


# The patient of D3 has chronic osteonecrosis of a hip without a side, and nothing else is recorded.

PAIN = ":patient hip:hasProblem :pain . :pain a hip:HipPain ; hip:hasSite :hip ."


def test_no_statement_of_another_document_fires_for_the_patient_of_d3_without_pain():
    assert of_other_documents("D3") == set()


def test_pain_brings_the_statements_on_hip_pain_to_the_patient_of_d3():
    assert states("D3", "D2-44", facts=PAIN) == {HIP: "must-not"}
    assert states("D3", "D2-10", facts=PAIN) == {HIP: "must-not"}
    assert states("D3", "D2-50", facts=PAIN) == {HIP: "later-if"}
    assert {one[:2] for one in of_other_documents("D3", facts=PAIN)} == {"D2"}


@pytest.mark.parametrize("check", ["D3-073", "D3-074", "D3-075"])
def test_a_drug_in_the_plan_brings_the_checks_of_d3(check: str) -> None:
    suited = ":patient hip:hasProblem :suited . :suited a hip:NsaidJudgedAppropriate ."
    assert states("D3", check, facts=PAIN) == {HIP: "later-if"}
    assert states("D3", check, facts=PAIN + suited) == {HIP: "now"}


# The patient of D4 has a tiny calcification near the labrum on a film, and no pain on record.


def test_no_statement_of_another_document_fires_for_the_patient_of_d4_without_pain():
    assert of_other_documents("D4") == set()


def test_pain_brings_the_statements_on_hip_pain_to_the_patient_of_d4():
    assert states("D4", "D2-10", facts=PAIN) == {HIP: "must-not"}
    assert states("D4", "D2-44", facts=PAIN) == {HIP: "must-not"}
    assert states("D4", "D2-73", facts=PAIN) == {HIP: "ruled-out"}
    failed = PAIN + UNIMPROVED.format("hip")
    assert states("D4", "D4-09", facts=PAIN) == {HIP: "now"}
    assert states("D4", "D2-19", facts=PAIN) == {HIP: "later-if"}
    assert states("D4", "D2-19", facts=failed) == {HIP: "now"}


TEAR = """
:patient hip:hasProblem :tear ; hip:hasStudy :arthrogram ; hip:hasCourse :therapy .
:arthrogram a hip:Study ; hip:hasStatus hip:completed ; hip:ofIntervention hip:MrArthrography ; hip:targets :hip .
:tear a hip:LabralTear ; hip:hasSite :labrum ; hip:shownBy :arthrogram .
:therapy a hip:TreatmentCourse ;
  hip:hasStatus hip:ongoing ; hip:ofIntervention hip:PhysicalTherapy ; hip:targets :hip ;
  hip:hasOutcome hip:inadequateRelief ; hip:startDate "{}"^^<http://www.w3.org/2001/XMLSchema#date> .
"""


def test_a_proven_tear_and_three_failed_months_bring_the_surgeon_to_the_patient_of_d4():
    early, late = (PAIN + TEAR.format(one) for one in ("2026-08-26", "2026-08-25"))
    assert states("D4", "D2-66", facts=early) == {HIP: "now"}
    assert states("D4", "D2-52", facts=early) == {HIP: "later-if"}
    assert states("D4", "D2-52", facts=late) == {HIP: "now"}


def test_the_study_on_osteoarthritis_gives_the_patient_of_d4_no_indication():
    assert states("D4", "D4-40") == {HIP: "knowledge"}
    injections = {one.status for one in plan_of("D4").actions if "injection" in one.label}
    assert injections == {"conditional"}


# One plan for all documents that a patient matches.

BOTH = ":patient hip:hasProblem :osteonecrosis . :osteonecrosis a hip:ChronicHipOsteonecrosis ; hip:hasSite :leftHip ."


def test_a_patient_of_several_documents_gets_merged_actions():
    (therapy,) = (one for one in plan_of("D0", facts=BOTH).actions if one.label == "physical therapy")
    assert {one[:2] for one in therapy.statements} == {"D0", "D1", "D3"}
    assert {one.statement[:2] for one in therapy.parameters} == {"D0", "D1", "D3"}


def test_documents_can_be_combined():
    made = plan_of("D0", "D0", "D3", facts=BOTH)
    assert made.documents == ("D0", "D3")
    assert {one.id[:2] for one in made.statements} == {"D0", "D3"}


def test_safety_checks_hold_back_what_another_document_starts_at_once():
    checks = [f"D3-{number:03d}" for number in (73, 74, 75)]
    (drug,) = (one for one in plan_of("D0", facts=BOTH).actions if one.label == "oral NSAID")
    assert drug.status == "caution"
    assert [one.statement for one in drug.parameters if one.statement in checks] == checks
    done = "".join(
        f":{one} a hip:Activity ; hip:hasStatus hip:completed ; hip:ofIntervention hip:{one} ."
        f":patient hip:hasActivity :{one} ."
        for one in ("BoneHealthCheck", "KidneyFunctionCheck", "CardiovascularRiskCheck")
    )
    (drug,) = (one for one in plan_of("D0", facts=BOTH + done).actions if one.label == "oral NSAID")
    assert drug.status == "indicated"
