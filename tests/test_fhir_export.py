"""What a plan is in FHIR R4, and what holds whatever the plan."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import fhirkit
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from hipkg.api.plan import plan, plans
from hipkg.api.reason import reason
from hipkg.base.errors import UsageError
from hipkg.base.paths import ONTOLOGY, ROOT
from hipkg.base.vocabulary import HIP, RDF_TYPE
from hipkg.cli.app import app
from hipkg.knowledge.loading import load
from hipkg.knowledge.terminology import EXACT, Mapping, Terminology
from hipkg.planning.page import Section
from hipkg.planning.records import Conflict, Place, Plan
from hipkg.render import render
from hipkg.render.fhir.codes import Coder
from hipkg.validation.findings import Finding
from support.cases import EACH_EXAMPLE, EXAMPLES
from support.r4 import nodes, problems
from support.random_patients import hip_patients
from support.sources import guidelines

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

AS_OF = date(2026, 11, 23)
STATEMENT_CASES = sorted((ROOT / "tests" / "cases" / "statements").glob("*"))
GOLDEN = sorted((ROOT / "tests" / "cases" / "fhir-export").glob("*"))
OVERDOSE = ROOT / "tests" / "cases" / "ledger" / "dose-above" / "patient.ttl"
EXTENSIONS = {
    one["url"]: one
    for path in sorted((ONTOLOGY / "fhir").glob("StructureDefinition-*.json"))
    for one in [json.loads(path.read_text(encoding="utf-8"))]
}
EXTENSION = "https://w3id.org/hipkg/fhir/StructureDefinition/"
ADVISES = {HIP + "indicates", HIP + "safeguardsWith"}
REQUESTS = {"ServiceRequest", "MedicationRequest"}

Raw = dict[str, Any]


@cache
def made(name: str) -> Plan:
    return plan(EXAMPLES[name], as_of=AS_OF)


@cache
def bundle_of(name: str) -> Raw:
    return made(name).to_fhir()


@pytest.fixture(params=EACH_EXAMPLE)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def resources(bundle: Raw, *kinds: str) -> list[Raw]:
    found = [one["resource"] for one in bundle["entry"]]
    return [one for one in found if not kinds or one["resourceType"] in kinds]


def by_url(bundle: Raw) -> dict[str, Raw]:
    return {one["fullUrl"]: one["resource"] for one in bundle["entry"]}


def hip_codes(concept: Raw) -> list[str]:
    return [HIP + one["code"] for one in concept.get("coding", []) if one["system"] == HIP]


def what(request: Raw) -> Raw:
    return request.get("medicationCodeableConcept") or request["code"]


def extended(element: Raw, name: str) -> list[Any]:
    found = [one for one in element.get("extension", []) if one["url"] == EXTENSION + name]
    return [value for one in found for key, value in one.items() if key.startswith("value")]


def site_of(element: Raw) -> Raw | None:
    sites = element.get("bodySite") or extended(element, "body-site")
    return sites[0] if sites else None


def requests_by_action(bundle: Raw, of: Plan) -> dict[tuple[str, str], Raw]:
    """Map the intervention and the place of each action to its request, by the IRI that identifies the action."""
    keys = [(one.intervention, one.place) for one in of.actions]
    named = {f"{key[1] or of.patient}?plan={of.as_of}&action={key[0].removeprefix(HIP)}": key for key in keys}
    subjects = {str(node) for node in of.to_graph().subjects()}
    iris = {iri: key for iri, key in named.items() if iri in subjects}
    return {iris[one["identifier"][0]["value"]]: one for one in resources(bundle, *REQUESTS)}


def group_actions(bundle: Raw) -> dict[str, Raw]:
    """Map the ids of the parts of the group's sections to them."""
    (group,) = resources(bundle, "RequestGroup")
    return {one["id"]: one for section in group["action"] for one in section["action"]}


def empty() -> Plan:
    return replace(made("d0"), statements=(), actions=(), conflicts=(), questions=(), findings=())


def undecided() -> Plan:
    """Make a plan with a conflict that nothing decides, which no example has."""
    original = made("d0")
    disputed = original.actions[0]
    conflict = Conflict(
        disputed.intervention, disputed.label, disputed.site, disputed.statements[0], "D0-19", "undecided", ""
    )
    actions = (disputed._replace(status="conflict"), *original.actions[1:])
    return replace(original, actions=actions, conflicts=(conflict,))


# Validity


def test_examples_are_valid(name: str) -> None:
    assert problems(bundle_of(name)) == []


@pytest.mark.parametrize("case", STATEMENT_CASES[::9], ids=lambda one: one.name)
def test_plans_of_cases_are_valid(case: Path) -> None:
    for path in sorted(case.glob("*.ttl")):
        for one in plans(path, as_of=AS_OF, allow_invalid=True):
            assert problems(one.to_fhir()) == []


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(hip_patients())
def test_plans_of_random_patients_are_valid(triples: frozenset[ox.Triple]) -> None:
    data = ox.serialize(sorted(triples, key=str), format=ox.RdfFormat.N_TRIPLES)
    for one in plans(data, format="n-triples", as_of=AS_OF, allow_invalid=True):
        assert problems(one.to_fhir()) == []


def test_other_plans_are_valid() -> None:
    violation = Finding("violation", "s", "p", "n", "", "", "Wrong <b>", "Mend & go on.")
    assert problems(replace(made("d1"), findings=(violation,), valid=False).to_fhir()) == []
    assert problems(empty().to_fhir()) == []
    assert problems(undecided().to_fhir()) == []
    assert problems(plan(OVERDOSE, as_of=AS_OF).to_fhir()) == []


HOSTILE = "<script>\"'& `|`\n]]> --> \x00\x1b[31m \u202e\ud7ff &amp; &#x0;"


def test_texts_cannot_break_out() -> None:
    original = made("d0")
    actions = tuple(one._replace(label=HOSTILE, site=HOSTILE, problem=HOSTILE) for one in original.actions)
    questions = tuple(one._replace(text=HOSTILE) for one in original.questions)
    hostile = replace(original, actions=actions, questions=questions)
    assert problems(hostile.to_fhir()) == []
    assert "\x00" not in json.dumps(hostile.to_fhir(), ensure_ascii=False)


def request(bundle: Raw) -> Raw:
    return resources(bundle, "ServiceRequest")[0]


def first_action(bundle: Raw) -> Raw:
    return resources(bundle, "RequestGroup")[0]["action"][0]["action"][0]


BREAKAGES: dict[str, Callable[[Raw], object]] = {
    "an unknown element": lambda it: request(it).update(severity="high"),
    "an unknown element within": lambda it: first_action(it).update(reason="x"),
    "a missing element": lambda it: request(it).pop("intent"),
    "a list that is none": lambda it: request(it).update(bodySite={"text": "hip"}),
    "no date": lambda it: request(it).update(authoredOn="2026-02-30"),
    "a code of no value set": lambda it: request(it).update(status="proposed"),
    "a code of no value set within": lambda it: first_action(it)["documentation"][0].update(type="because"),
    "an empty list": lambda it: request(it).update(note=[]),
    "an id with a blank": lambda it: request(it).update(id="a b"),
    "a narrative that is no XML": lambda it: request(it)["text"].update(div="<div>&nbsp;<p></div>"),
    "a narrative of another kind": lambda it: request(it)["text"].update(div="<div>x</div>"),
    "a reference to nothing": lambda it: request(it)["subject"].update(reference="urn:uuid:0"),
    "a relation to nothing": lambda it: first_action(it).update(
        relatedAction=[{"actionId": "x", "relationship": "after"}]
    ),
    "an action without a resource": lambda it: first_action(it).pop("resource"),
    "an extension without a value": lambda it: request(it)["extension"][0].pop("valueCodeableConcept"),
    "two of the same URL": lambda it: it["entry"].append(it["entry"][0]),
    "data of no type": lambda it: resources(it, "GuidanceResponse")[0]["dataRequirement"][0].pop("type"),
    "data of a type that is none": lambda it: resources(it, "GuidanceResponse")[0]["dataRequirement"][0].update(
        type="Fact"
    ),
}


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
def test_what_is_invalid_is_noticed(breakage: Callable[[Raw], object]) -> None:
    bundle = deepcopy(bundle_of("d4"))
    breakage(bundle)
    assert problems(bundle) != []


# Identity


def test_nothing_depends_on_the_run(name: str) -> None:
    code = (
        "import hipkg, json, sys; from datetime import date\n"
        "print(json.dumps(hipkg.plan(sys.argv[1], as_of=date(2026, 11, 23), documents=sys.argv[2:]).to_fhir()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", code, str(EXAMPLES[name]), *guidelines(load())]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    expected = plan(EXAMPLES[name], as_of=date(2026, 11, 23), documents=guidelines(load())).to_fhir()
    assert json.loads(run.stdout) == expected


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(EXAMPLES)), st.randoms(use_true_random=False))
def test_the_order_of_the_record_changes_nothing(name: str, order: random.Random) -> None:
    triples = [quad.triple for quad in ox.parse(path=EXAMPLES[name], format=ox.RdfFormat.TURTLE)]
    order.shuffle(triples)
    data = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    assert plan(data, format="n-triples", as_of=AS_OF).to_fhir() == bundle_of(name)


def test_a_proposal_keeps_its_id_and_a_plan_is_of_its_day(name: str) -> None:
    later = plan(EXAMPLES[name], as_of=AS_OF + timedelta(days=1)).to_fhir()
    kept = {one["id"] for one in resources(bundle_of(name), *REQUESTS)}
    assert kept & {one["id"] for one in resources(later, *REQUESTS)} == kept
    for kind in ("CarePlan", "RequestGroup", "GuidanceResponse"):
        assert resources(later, kind)[0]["id"] != resources(bundle_of(name), kind)[0]["id"]


def test_only_the_date_of_the_plan_is_told(name: str) -> None:
    issued = {one.issued for one in load().documents.values()}
    wanted = {AS_OF.isoformat(), f"{AS_OF.isoformat()}T00:00:00Z", *issued}
    dated = re.compile(r"\d{4}-\d{2}-\d{2}.*")
    values = [value for _, node in nodes(bundle_of(name), "") for value in node.values() if isinstance(value, str)]
    assert {one for one in values if dated.fullmatch(one)} <= wanted


def test_resources_have_the_names_of_the_plan_in_rdf(name: str) -> None:
    graph = made(name).to_graph()
    iris = {str(one) for one in graph.subjects()}
    identified = resources(bundle_of(name), *REQUESTS, "CarePlan")
    assert identified
    assert {one["identifier"][0]["value"] for one in identified} <= iris


# Codes


def codings(bundle: Raw) -> Iterator[tuple[str, Raw]]:
    return ((path, node) for path, node in nodes(bundle, "Bundle") if "code" in node and "system" in node)


def test_codes_are_terms_or_mapped_to_the_term_beside_them(name: str) -> None:
    knowledge, terminology = load(), load().terminology
    statements = {info.iri for info in knowledge.statements.values()}
    known = {*knowledge.labels, *statements}
    found = list(codings(bundle_of(name)))
    assert len(found) > 20
    for _, one in found:
        if one["system"] == HIP:
            assert HIP + one["code"] in known
            assert one.get("display", "") in {"", knowledge.label(HIP + one["code"])}
    for _, node in nodes(bundle_of(name), "Bundle"):
        for concept in (node, *node.get("codeFilter", [])):
            coding = concept.get("coding") or (concept.get("code") if "searchParam" in concept else None) or []
            own = {HIP + one["code"] for one in coding if one["system"] == HIP}
            for one in coding:
                if one["system"] != HIP:
                    mappings = terminology.of_code(one["system"], one["code"])
                    assert {it.term for it in mappings if it.predicate == EXACT} & own
                    assert not any(it.sides or it.qualifiers for it in mappings if it.term in own)


def test_some_codes_of_other_systems_are_given(name: str) -> None:
    systems = {one["system"] for _, one in codings(bundle_of(name))}
    assert "http://snomed.info/sct" in systems
    assert systems - {HIP} <= {one.system for one in load().terminology.systems}


def test_broader_codes_are_not_given_for_a_term() -> None:
    given = {one["code"] for _, one in codings(bundle_of("d0")) if one["system"] != HIP}
    broader = {it.code for it in load().terminology.mappings if it.term == HIP + "OralNsaid" and it.predicate != EXACT}
    assert broader
    assert not given & broader


HIP_JOINT, LEFT, RIGHT = HIP + "HipJoint", HIP + "left", HIP + "right"
SYNTHETIC = (
    # code, predicate, site, sides, qualifiers
    ("same", EXACT, "", (), ()),
    ("at-the-hip", EXACT, HIP_JOINT, (), ()),
    ("at-the-spine", EXACT, HIP + "Spine", (), ()),
    ("left", EXACT, HIP_JOINT, (LEFT,), ()),
    ("right", EXACT, HIP_JOINT, (RIGHT,), ()),
    ("both", EXACT, HIP_JOINT, (LEFT, RIGHT), ()),
    ("severe", EXACT, "", (), ((HIP + "hasSeverity", HIP + "severe"),)),
    ("broader", "skos:broadMatch", "", (), ()),
    ("narrower", "skos:narrowMatch", "", (), ()),
)
GIVEN = {
    Place("p", HIP_JOINT, LEFT): {"same", "at-the-hip", "left"},
    Place("p", HIP_JOINT, ""): {"same", "at-the-hip"},
    Place("p", HIP + "Spine", ""): {"same", "at-the-spine"},
    None: {"same", "at-the-hip", "at-the-spine"},
}


@pytest.mark.parametrize(("place", "given"), GIVEN.items())
def test_a_code_says_no_more_than_the_term_at_its_place(place: Place | None, given: set[str]) -> None:
    term, system = HIP + "TotalHipArthroplasty", load().terminology.systems[0]
    mappings = [Mapping(system.system, one[0], "", one[1], term, *one[2:]) for one in SYNTHETIC]
    coder = Coder(load(), Terminology([system], mappings))
    own, *others = coder.codings(term, place)
    assert own == {"system": HIP, "code": "TotalHipArthroplasty", "display": "total hip arthroplasty"}
    assert {one["code"] for one in others} == given


def test_every_proposal_is_coded_as_the_importer_reads_it(name: str) -> None:
    of = made(name)
    places = {one.iri: one for one in of.places}
    for (intervention, place), one in requests_by_action(bundle_of(name), of).items():
        assert one["intent"] == "proposal"
        assert hip_codes(what(one)) == [intervention]
        if place:
            site = site_of(one)
            assert hip_codes(site) == [places[place].kind]
            sides = [code for concept in extended(site, "side") for code in hip_codes(concept)]
            assert sides == ([places[place].side] if places[place].side else [])
        else:
            assert site_of(one) is None


# Content


def test_every_action_is_there_once(name: str) -> None:
    of, bundle = made(name), bundle_of(name)
    found = requests_by_action(bundle, of)
    (care,) = resources(bundle, "CarePlan")
    settled = [(one.intervention, one.site) for one in of.actions if one.status == "satisfied"]
    details = [one["detail"] for one in care["activity"] if "detail" in one]
    assert Counter([*found]) == Counter(
        (one.intervention, one.place) for one in of.actions if one.status != "satisfied"
    )
    assert len(found) == len(resources(bundle, *REQUESTS))
    told = [(hip_codes(one["code"])[0], (site_of(one) or {}).get("text", "")) for one in details]
    assert Counter(told) == Counter(settled)
    activities = [one["reference"]["reference"] for one in care["activity"] if "reference" in one]
    listed = [by_url(bundle)[one] for one in activities]
    assert [one["resourceType"] for one in listed[:1]] == ["RequestGroup"]
    assert Counter(one["id"] for one in listed[1:]) == Counter(one["id"] for one in found.values())


def satisfied(of: Plan) -> dict[str, str]:
    (care,) = resources(of.to_fhir(), "CarePlan")
    details = [one["detail"] for one in care["activity"] if "detail" in one]
    return {one["code"]["text"]: one["status"] for one in details}


def test_what_is_satisfied_is_done_running_or_planned() -> None:
    course = """
        :patient hip:hasCourse :therapy .
        :therapy a hip:TreatmentCourse ; hip:hasStatus hip:planned ;
            hip:ofIntervention hip:PhysicalTherapy ; hip:targets :leftHip .
    """
    planned = (EXAMPLES["d0"].read_text(encoding="utf-8") + course).encode()
    assert satisfied(made("d0"))["hip radiograph"] == "completed"
    assert satisfied(made("d2"))["structured exercise programme"] == "in-progress"
    later = plan(planned, format="turtle", as_of=AS_OF)
    assert "physical therapy" not in satisfied(later)
    (kept,) = (one for one in resources(later.to_fhir(), "ServiceRequest") if what(one)["text"] == "physical therapy")
    assert kept["status"] == "active"


def test_drugs_are_medication_requests(name: str) -> None:
    for one in resources(bundle_of(name), *REQUESTS):
        wanted = load().interventions[hip_codes(what(one))[0]].requested_as or "ServiceRequest"
        assert one["resourceType"] == wanted


def advised(of: Plan, action: Any, states: set[str]) -> bool:
    infos = {info.id: info for info in load().statements.values()}
    found = [one for one in of.statements if one.id in action.statements and one.place == action.place]
    return any(one.state in states and infos[one.id].effect in ADVISES for one in found)


def test_what_is_refused_is_not_to_be_done_and_what_is_advised_is(name: str) -> None:
    of = made(name)
    requests = requests_by_action(bundle_of(name), of)
    for action in of.actions:
        if action.status == "satisfied":
            continue
        one = requests[action.intervention, action.place]
        if action.status in {"contraindicated", "avoid"}:
            assert one["doNotPerform"] is True
        else:
            assert one.get("doNotPerform", False) is not advised(of, action, {"now", "later-if", "satisfied"})


def test_only_what_is_advised_now_is_an_active_proposal(name: str) -> None:
    of = made(name)
    for (intervention, place), one in requests_by_action(bundle_of(name), of).items():
        (action,) = [it for it in of.actions if (it.intervention, it.place) == (intervention, place)]
        if not one.get("doNotPerform"):
            active = action.status == "indicated" or (action.status == "caution" and advised(of, action, {"now"}))
            assert one["status"] == ("active" if active else "draft")


def test_contraindications_are_detected_issues(name: str) -> None:
    of, bundle = made(name), bundle_of(name)
    implicated = [
        it["reference"]
        for one in resources(bundle, "DetectedIssue")
        if hip_codes(one["code"]) == [HIP + "contraindicates"]
        for it in one["implicated"]
    ]
    refused = [
        f"urn:uuid:{one['id']}"
        for key, one in requests_by_action(bundle, of).items()
        if key in {(it.intervention, it.place) for it in of.actions if it.status == "contraindicated"}
    ]
    assert Counter(implicated) == Counter(refused)
    for one in resources(bundle, "DetectedIssue"):
        assert one["evidence"]
        assert "severity" not in one


def test_conflicts_are_detected_issues_with_both_sides(name: str) -> None:
    of, bundle = made(name), bundle_of(name)
    found = [one for one in resources(bundle, "DetectedIssue") if hip_codes(one["code"]) == [HIP + "Conflict"]]
    told = [
        tuple(code for part in one["evidence"] for concept in part["code"] for code in hip_codes(concept))
        for one in found
    ]
    assert Counter(told) == Counter((HIP + one.advised_by, HIP + one.opposed_by) for one in of.conflicts)
    for one in found:
        assert by_url(bundle)[one["implicated"][0]["reference"]]["intent"] == "proposal"


def test_a_conflict_that_nothing_decides_leaves_a_draft() -> None:
    bundle = undecided().to_fhir()
    (issue,) = [one for one in resources(bundle, "DetectedIssue") if hip_codes(one["code"]) == [HIP + "Conflict"]]
    disputed = by_url(bundle)[issue["implicated"][0]["reference"]]
    assert issue["detail"].endswith("Undecided.")
    assert (disputed["status"], disputed.get("doNotPerform")) == ("draft", None)
    assert disputed["detectedIssue"] == [{"reference": f"urn:uuid:{issue['id']}"}]


def test_broken_bounds_are_detected_issues() -> None:
    bundle = plan(OVERDOSE, as_of=AS_OF).to_fhir()
    found = [one for one in resources(bundle, "DetectedIssue") if hip_codes(one["code"]) == [HIP + "Check"]]
    told = {
        (re.search("<p>(.*?)</p>", one["text"]["div"])[1], *hip_codes(one["evidence"][0]["code"][0])) for one in found
    }
    dose = "Acetaminophen daily dose above 4,000 mg a day: 6,000 mg a day on record"
    time = "Acetaminophen time between doses below 6 hours: 4 hours on record"
    assert told == {(dose, HIP + "D0-17"), (dose, HIP + "D2-35"), (time, HIP + "D2-35")}
    implicated = {by_url(bundle)[it["reference"]]["id"] for one in found for it in one["implicated"]}
    assert {what(one)["text"] for one in resources(bundle, *REQUESTS) if one["id"] in implicated} == {"acetaminophen"}


def test_every_question_asks_for_data(name: str) -> None:
    of = made(name)
    (guidance,) = resources(bundle_of(name), "GuidanceResponse")
    asked = {
        (
            extended(one, "requirement")[0],
            extended(one, "question")[0],
            (site_of(one) or {}).get("text", ""),
            tuple(extended(one, "asked-by")),
        )
        for one in guidance["dataRequirement"]
    }
    assert guidance["status"] == "data-required"
    assert asked == {
        (one.requirement, one.text, one.site, tuple(HIP + it for it in one.statements)) for one in of.questions
    }


WANTED_DATA = {
    "What is the body-mass index?": {("Condition", "Overweight"), ("Observation", "bodyMassIndex")},
    "What was tried, for how long, and did it help?": {
        *(
            ("Procedure", one)
            for one in (
                "ConservativeManagement",
                "ConservativeTreatment",
                "ExerciseBasedTreatment",
                "LifestyleModification",
                "NsaidWithPhysicalTherapy",
                "PhysicalTherapy",
            )
        ),
        *(("MedicationStatement", one) for one in ("Acetaminophen", "Duloxetine", "OralNsaid", "OralOpioid")),
    },
    "Does this hip have a dysplastic acetabulum?": {("Condition", "AcetabularDysplasia")},
    "Does this hip cause disability?": {("Observation", "Disability")},
}


@pytest.mark.parametrize(("question", "wanted"), WANTED_DATA.items(), ids=WANTED_DATA)
def test_data_are_asked_for_where_they_are_recorded(question: str, wanted: set[tuple[str, str]]) -> None:
    (guidance,) = resources(bundle_of("d0"), "GuidanceResponse")
    found = {
        (one["type"], code["code"])
        for one in guidance["dataRequirement"]
        if extended(one, "question") == [question]
        for filtered in one["codeFilter"]
        for code in filtered["code"]
        if code["system"] == HIP
    }
    assert found == wanted


def test_nothing_asked_is_success() -> None:
    (guidance,) = resources(empty().to_fhir(), "GuidanceResponse")
    assert guidance["status"] == "success"
    assert "dataRequirement" not in guidance


def test_grades_are_coded(name: str) -> None:
    of = made(name)
    for (intervention, place), one in requests_by_action(bundle_of(name), of).items():
        (action,) = [it for it in of.actions if (it.intervention, it.place) == (intervention, place)]
        (strength,), (quality,) = extended(one, "recommendation-strength"), extended(one, "evidence-quality")
        assert (strength["text"], quality["text"]) == (action.strength, action.evidence)
        types = load().individual_types
        assert HIP + "StrengthOfRecommendation" in types[hip_codes(strength)[0]]
        assert HIP + "QualityOfEvidence" in types[hip_codes(quality)[0]]


def test_provenance_leads_to_statements_and_documents(name: str) -> None:
    of, bundle = made(name), bundle_of(name)
    urls, infos = by_url(bundle), {info.id: info for info in load().statements.values()}
    traced = {it["reference"]: one for one in resources(bundle, "Provenance") for it in one["target"]}
    for (intervention, place), request in requests_by_action(bundle, of).items():
        (action,) = [it for it in of.actions if (it.intervention, it.place) == (intervention, place)]
        provenance = traced[f"urn:uuid:{request['id']}"]
        entities = [(one["role"], one["what"]) for one in provenance["entity"]]
        rested = {what["identifier"]["value"] for role, what in entities if role == "derivation"}
        cited = {urls[what["reference"]]["identifier"][0]["value"] for _, what in entities if "reference" in what}
        assert rested == {infos[one].iri for one in action.statements} == set(request["instantiatesUri"])
        assert cited == {infos[one].document for one in action.statements}
        assert urls[provenance["agent"][0]["who"]["reference"]]["deviceName"][0]["name"] == "hipkg"
    targets = {one["resourceType"] for url, one in urls.items() if url in traced}
    assert {"CarePlan", "RequestGroup", "GuidanceResponse", *REQUESTS} >= targets - {"DetectedIssue"}
    assert {"CarePlan", "GuidanceResponse"} <= targets


def test_readings_are_notes_of_the_care_plan() -> None:
    (care,) = resources(bundle_of("d0"), "CarePlan")
    assert any(one["text"].startswith("D0-10: ") for one in care["note"])


# Conditions and order


def test_conditions_are_those_of_the_plan() -> None:
    titles = {one["title"]: one for one in group_actions(bundle_of("d0")).values()}
    told = {
        name: [it["expression"]["expression"] for it in titles[name].get("condition", [])]
        for name in (
            "Oral NSAID, left hip",
            "Weight reduction, left hip",
            "Proton pump inhibitor, left hip",
            "Surgical excision of heterotopic ossification, left hip",
            "Intra-articular corticosteroid injection, left hip",
        )
    }
    assert told == {
        "Oral NSAID, left hip": [],
        "Weight reduction, left hip": ["(hip:problemOf some hip:OverweightPatient)"],
        "Proton pump inhibitor, left hip": ["(hip:problemOf some hip:GastrointestinalRiskPatient)"],
        "Surgical excision of heterotopic ossification, left hip": ["not hip:OssificationWithFunctionalLoss"],
        "Intra-articular corticosteroid injection, left hip": [
            "hip:TriadTried28Days",
            "((hip:problemOf some hip:NsaidTrial28Days) and hip:PhysicalTherapyTrial28Days"
            " and hip:UncontrolledPainOfHip) or hip:NsaidAndPhysicalTherapyInsufficient"
            " or (hip:HipWithOsteoarthritisOnFilm and (hip:problemOf some hip:OralMedicationInsufficient)"
            " and hip:PainUnimprovedByTherapy)",
        ],
    }


TOKEN = re.compile(r"\(|\)|[\w:-]+")


class Evaluator:
    """Evaluate the conditions for a node of a graph that has been reasoned over."""

    def __init__(self, triples: tuple[ox.Triple, ...], patient: str, planned: set[str]) -> None:
        self._types: dict[str, set[str]] = {}
        for one in triples:
            if one.predicate.value == RDF_TYPE:
                self._types.setdefault(one.subject.value, set()).add(one.object.value)
        self._patient = patient
        self._planned = planned

    def holds(self, expression: str, node: str) -> bool:
        tokens = TOKEN.findall(expression)
        assert "".join(tokens) == expression.replace(" ", "")
        found = self._either(tokens, node)
        assert tokens == []
        return found

    def _either(self, tokens: list[str], node: str) -> bool:
        found = self._both(tokens, node)
        while tokens[:1] == ["or"]:
            tokens.pop(0)
            found |= self._both(tokens, node)
        return found

    def _both(self, tokens: list[str], node: str) -> bool:
        found = self._one(tokens, node)
        while tokens[:1] == ["and"]:
            tokens.pop(0)
            found &= self._one(tokens, node)
        return found

    def _one(self, tokens: list[str], node: str) -> bool:
        word = tokens.pop(0)
        if word == "not":
            return not self._one(tokens, node)
        if word == "(":
            found = self._either(tokens, node)
            assert tokens.pop(0) == ")"
            return found
        if tokens[:1] == ["some"]:
            tokens.pop(0)
            filler = self._term(tokens.pop(0))
            if word == "hip:problemOf":
                return filler in self._types.get(self._patient, ())
            assert word == "hip:hasInPlan"
            return any(load().is_a(one, filler) for one in self._planned)
        return self._term(word) in self._types.get(node, ())

    @staticmethod
    def _term(name: str) -> str:
        assert name.startswith("hip:")
        assert HIP + name[4:] in load().terms
        return HIP + name[4:]


def test_what_waits_does_not_apply_and_what_is_refused_does(name: str) -> None:
    """By the class expressions alone, evaluated on the graph with its entailments."""
    of, bundle = made(name), bundle_of(name)
    planned = {one.intervention for one in of.actions if one.status in {"indicated", "satisfied"}}
    evaluator = Evaluator(reason(EXAMPLES[name], as_of=AS_OF), of.patient, planned)
    ids = {one["id"]: key for key, one in requests_by_action(bundle, of).items()}
    parts = group_actions(bundle)
    tried = Counter[bool]()
    for part in parts.values():
        intervention, place = ids[part["id"]]
        (action,) = [it for it in of.actions if (it.intervention, it.place) == (intervention, place)]
        states = [one for one in of.statements if one.id in action.statements and one.place == place]
        subjects = {node for one in states for node in one.subjects} or {of.patient}
        expressions = [one["expression"]["expression"] for one in part.get("condition", [])]
        applies = all(any(evaluator.holds(one, node) for node in subjects) for one in expressions)
        request = by_url(bundle)[part["resource"]["reference"]]
        if expressions:
            assert applies is (request["status"] == "active"), part["title"]
            tried[applies] += 1
    assert tried[False]


def test_relations_name_what_is_waited_for() -> None:
    parts = group_actions(bundle_of("d0"))
    related = {
        (one["title"].partition(",")[0], it["relationship"], parts[it["actionId"]]["title"].partition(",")[0])
        for one in parts.values()
        for it in one.get("relatedAction", [])
    }
    assert related == {
        ("Assessment of surgical timing", "concurrent", "Total hip arthroplasty"),
        ("Advanced imaging of the hip", "concurrent", "Total hip arthroplasty"),
        ("Acetaminophen", "after-start", "Oral NSAID"),
        ("Switch to another NSAID", "after-start", "Oral NSAID"),
        ("Hip MRI", "after-start", "Oral NSAID"),
        ("Hip MRI", "after-start", "Physical therapy"),
        ("Duloxetine", "after-start", "Acetaminophen"),
        ("Duloxetine", "after-start", "Oral NSAID"),
        ("Intra-articular corticosteroid injection", "after-start", "Oral NSAID"),
        ("Intra-articular corticosteroid injection", "after-start", "Physical therapy"),
        ("Total hip arthroplasty", "after-start", "Oral NSAID"),
        ("Total hip arthroplasty", "after-start", "Physical therapy"),
    }


def test_the_requests_stand_in_the_sections_and_the_order_of_the_page(name: str) -> None:
    of, bundle = made(name), bundle_of(name)
    (group,) = resources(bundle, "RequestGroup")
    keys = {one["id"]: key for key, one in requests_by_action(bundle, of).items()}
    numbers = {(one.intervention, one.place): number for number, one in enumerate(of.actions)}
    grouped = {one["id"]: [numbers[keys[it["id"]]] for it in one["action"]] for one in group["action"]}
    requested = {number for some in grouped.values() for number in some}
    told = {
        part["section"]: [one for row in part["rows"] for one in (*row["actions"], *row.get("riders", []))]
        for part in of.to_dict()["page"]["sections"]
    }
    on_page = {number for some in told.values() for number in some}
    assert [*grouped] == sorted(grouped, key=[*Section].index)
    for key, some in grouped.items():
        shown = [one for one in told.get(key, []) if one in requested]
        assert some[: len(shown)] == shown
        assert on_page.isdisjoint(some[len(shown) :])


def test_nothing_comes_after_what_waits_for_it(name: str) -> None:
    of, bundle = made(name), bundle_of(name)
    keys = {one["id"]: key for key, one in requests_by_action(bundle, of).items()}
    phases = {(one.intervention, one.place): one.phase for one in of.actions}
    for part in group_actions(bundle).values():
        for it in part.get("relatedAction", []):
            if it["relationship"] == "after-start":
                assert phases[keys[it["actionId"]]] < phases[keys[part["id"]]]


# The definitions of extensions


@pytest.mark.parametrize("definition", EXTENSIONS.values(), ids=lambda one: one["id"])
def test_definitions_are_valid(definition: Raw) -> None:
    assert [str(one) for one in fhirkit.validate(definition)] == []
    assert definition["url"] == EXTENSION + definition["id"]
    assert definition["differential"]["element"][2]["fixedUri"] == definition["url"]


def test_the_code_system_is_valid() -> None:
    system = json.loads((ONTOLOGY / "fhir" / "CodeSystem-hipkg.json").read_text(encoding="utf-8"))
    assert [str(one) for one in fhirkit.validate(system)] == []
    assert system["url"] == HIP


CONCEPTS = {"bodySite", "valueCodeableConcept"}


def test_extensions_are_used_as_they_are_defined() -> None:
    used: set[str] = set()
    bundles = [bundle_of(one) for one in EXAMPLES]
    for path, node in (found for one in bundles for found in nodes(one, "Bundle")):
        owner, _, leaf = path.rpartition(".")
        if leaf == "extension":
            definition = EXTENSIONS[node["url"]]
            last = owner.rpartition(".")[2]
            owner = {"dataRequirement": "DataRequirement", **dict.fromkeys(CONCEPTS, "CodeableConcept")}.get(
                last, owner
            )
            assert owner in {one["expression"] for one in definition["context"]}
            kind = definition["differential"]["element"][3]["type"][0]["code"]
            assert {*node} == {"url", "value" + kind[0].upper() + kind[1:]}
            used.add(node["url"])
    assert used == set(EXTENSIONS)


# Patients


def test_a_patient_kept_elsewhere_is_referred_to() -> None:
    bundle = made("d4").to_fhir("Patient/p1")
    assert resources(bundle, "Patient") == []
    assert problems(bundle, ("Patient/p1",)) == []
    for one in resources(bundle, *REQUESTS, "CarePlan", "RequestGroup", "GuidanceResponse"):
        assert one["subject"] == {"reference": "Patient/p1"}
    for one in resources(bundle, "DetectedIssue"):
        assert one["patient"] == {"reference": "Patient/p1"}


IMPORTED = """
PREFIX hip: <https://w3id.org/hipkg/>
PREFIX prov: <http://www.w3.org/ns/prov#>
BASE <urn:hipkg:fhir/Patient/p1/>
<urn:hipkg:fhir/Patient/p1> a hip:Patient ; hip:hasProblem <Condition/c%201> .
<Condition/c%201> a hip:HipOsteoarthritis ; hip:hasSite <site> ;
    prov:wasDerivedFrom <urn:hipkg:fhir/Condition/c%201#code> , <urn:hipkg:fhir/Condition/c%201#bodySite> .
<site> a hip:HipJoint ; hip:hasSide hip:right .
"""


def test_an_imported_patient_leads_back_to_its_resources() -> None:
    bundle = plan(IMPORTED.encode(), format="turtle", as_of=AS_OF).to_fhir()
    elsewhere = ("Patient/p1", "Condition/c 1")
    assert resources(bundle, "Patient") == []
    assert problems(bundle, elsewhere) == []
    assert {one["subject"]["reference"] for one in resources(bundle, *REQUESTS)} == {"Patient/p1"}
    for one in resources(bundle, *REQUESTS):
        assert one["reasonReference"] == [{"reference": "Condition/c 1"}]
    sources = {
        it["what"]["display"]
        for one in resources(bundle, "Provenance")
        for it in one["entity"]
        if it["what"].get("reference") == "Condition/c 1"
    }
    assert sources == {"Condition/c 1#code", "Condition/c 1#bodySite"}


FHIR_EXAMPLES = sorted((ROOT / "examples").glob("*.json"))


@pytest.mark.parametrize("path", FHIR_EXAMPLES, ids=lambda one: one.stem[:2])
def test_what_is_proposed_is_not_proposed_again(path: Path) -> None:
    """The patient with the exported plan: each advice is satisfied by its proposal, and nothing else comes up."""
    before = plan(path, as_of=AS_OF)
    entries = [*json.loads(path.read_text(encoding="utf-8"))["entry"], *before.to_fhir()["entry"]]
    both = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    after = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF)
    first, second = ({(it.intervention, it.place): it.status for it in one.actions} for one in (before, after))
    indicated = {one for one, status in first.items() if status == "indicated"}
    assert indicated
    assert {second[one] for one in indicated} == {"satisfied"}
    assert "indicated" not in second.values()
    refused = {"contraindicated", "conditional", "caution"}
    for one, status in first.items():
        if status in refused:
            assert second[one] == status
    assert not any("extension" in one.message for one in after.findings)
    proposed = [one for one in resources(after.to_fhir(), *REQUESTS) if not one.get("doNotPerform")]
    known = {one["id"] for one in resources(before.to_fhir(), *REQUESTS)}
    assert {one["id"] for one in proposed if one["status"] == "active"} <= known


@pytest.mark.parametrize("path", FHIR_EXAMPLES, ids=lambda one: one.stem[:2])
def test_the_latest_plan_alone_says_what_was_proposed(path: Path) -> None:
    """The patient with each plan in turn, as in a store that keeps one: nothing comes up again."""
    entries = json.loads(path.read_text(encoding="utf-8"))["entry"]
    made_last = plan(path, as_of=AS_OF)
    settled = []
    for _ in range(3):
        both = {"resourceType": "Bundle", "type": "collection", "entry": [*entries, *made_last.to_fhir()["entry"]]}
        made_last = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF)
        settled.append({(it.intervention, it.place): it.status for it in made_last.actions})
    assert "indicated" not in {status for one in settled for status in one.values()}
    assert settled[1] == settled[2]


@pytest.mark.parametrize("days", [(0, 0), (0, 1, 2), (2, 0, 1)], ids=["one day", "in order", "not in order"])
@pytest.mark.parametrize("path", FHIR_EXAMPLES[:3], ids=lambda one: one.stem[:2])
def test_all_plans_together_say_what_was_proposed(path: Path, days: tuple[int, ...]) -> None:
    """The patient with every plan so far, as in a folder of them all: the last version of each proposal counts."""
    record = json.loads(path.read_text(encoding="utf-8"))["entry"]
    for day in days:
        both = {"resourceType": "Bundle", "type": "collection", "entry": record}
        latest = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF + timedelta(days=day))
        record = [*record, *latest.to_fhir()["entry"]]
    both["entry"] = record
    after = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF + timedelta(days=max(days)))
    assert {one.status for one in after.actions} & {"indicated", "satisfied"} == {"satisfied"}
    assert not [one for one in after.findings if "version" in one.message and "Request/" in one.message]


def recorded(name: str, code: str, **fields: Any) -> Raw:
    return {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": HIP, "code": code}]},
        "bodySite": [{"coding": [{"system": HIP, "code": "HipJoint"}]}],
        "subject": {"reference": "Patient/p"},
        **fields,
    }


@pytest.mark.parametrize("twice", [False, True], ids=["linked", "linked and recorded twice"])
def test_what_is_for_linked_problems_without_a_side_is_not_proposed_again(twice: bool) -> None:
    record = [
        {"resourceType": "Patient", "id": "p", "birthDate": "1960-05-01"},
        recorded("oa", "HipOsteoarthritis", evidence=[{"detail": [{"reference": "Condition/pain"}]}]),
        recorded("pain", "HipPain"),
        *([recorded("oa-again", "HipOsteoarthritis")] if twice else []),
    ]
    entries = [{"resource": one} for one in record]
    before, after = {}, {}
    for found in (before, after):
        both = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        made_last = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF)
        found |= {(it.intervention, it.place): it.status for it in made_last.actions}
        entries = [*entries, *made_last.to_fhir()["entry"]]
    assert {after[one] for one, status in before.items() if status == "indicated"} == {"satisfied"}


def test_what_keeps_its_id_tells_its_version(name: str) -> None:
    told = {one["resourceType"]: one.get("meta") for one in resources(bundle_of(name), *REQUESTS, "DetectedIssue")}
    assert [*told.values()] == [{"lastUpdated": f"{AS_OF.isoformat()}T00:00:00Z"}] * len(told)


def carried_out(proposal: Raw, *, separately: bool) -> Raw:
    """Record that what a proposal asks for was done, by a procedure of its own or on the request itself."""
    if not separately:
        return {**proposal, "status": "completed"}
    return {
        "resourceType": "Procedure",
        "id": f"done-{proposal['id']}",
        "status": "completed",
        "subject": proposal["subject"],
        "basedOn": [{"reference": f"{proposal['resourceType']}/{proposal['id']}"}],
        "code": what(proposal),
        "performedDateTime": "2026-11-20",
    }


@pytest.mark.parametrize("separately", [True, False], ids=["procedure", "request"])
@pytest.mark.parametrize("path", FHIR_EXAMPLES[2:4], ids=lambda one: one.stem[:2])
def test_what_needs_no_repetition_is_not_proposed_once_done(path: Path, separately: bool) -> None:
    before = plan(path, as_of=AS_OF)
    exported = before.to_fhir()
    requests = requests_by_action(exported, before)
    once = {
        (one.intervention, one.place): requests[one.intervention, one.place]
        for one in before.actions
        if one.status == "indicated" and one.intervention in load().settled_for_years
    }
    assert once
    done = {one["id"]: carried_out(one, separately=separately) for one in once.values()}
    kept = [one for one in exported["entry"] if separately or one["resource"]["id"] not in done]
    record = [
        *json.loads(path.read_text(encoding="utf-8"))["entry"],
        *kept,
        *({"resource": one} for one in done.values()),
    ]
    both = {"resourceType": "Bundle", "type": "collection", "entry": record}
    after = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF)
    actions = {(one.intervention, one.place): one for one in after.actions}
    for one in once:
        assert actions[one].status == "satisfied"
        assert [it.day for it in actions[one].done] == (["2026-11-20"] if separately else [""])
    assert not done.keys() & {one["id"] for one in resources(after.to_fhir(), *REQUESTS)}
    assert {satisfied(after)[actions[one].label] for one in once} == {"completed"}


def test_a_request_that_was_decided_on_is_not_overwritten() -> None:
    path = FHIR_EXAMPLES[0]
    exported = plan(path, as_of=AS_OF).to_fhir()
    (cane,) = (one for one in resources(exported, "ServiceRequest") if what(one)["text"] == "cane")
    revoked = {**cane, "status": "revoked"}
    entries = [*json.loads(path.read_text(encoding="utf-8"))["entry"], {"resource": revoked}]
    both = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    again = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF).to_fhir()
    (other,) = (one for one in resources(again, "ServiceRequest") if what(one)["text"] == "cane")
    assert other["id"] != cane["id"]
    kept = {one["id"] for one in resources(exported, *REQUESTS)} & {one["id"] for one in resources(again, *REQUESTS)}
    assert len(kept) > 1


def ordered(proposal: Raw, status: str) -> Raw:
    kept = {name: proposal[name] for name in ("resourceType", "subject") if name in proposal}
    coded = {name: proposal[name] for name in ("code", "medicationCodeableConcept", "bodySite") if name in proposal}
    based = [{"reference": f"urn:uuid:{proposal['id']}"}]
    return {**kept, **coded, "id": f"ordered-{proposal['id']}", "status": status, "intent": "order", "basedOn": based}


def test_what_was_refused_is_proposed_anew_and_only_once() -> None:
    """An order of each proposal that was revoked: the proposals are decided on, and new ones take their place."""
    record = json.loads(FHIR_EXAMPLES[0].read_text(encoding="utf-8"))["entry"]
    rounds: list[tuple[dict[str, str], set[str]]] = []
    for number in range(4):
        both = {"resourceType": "Bundle", "type": "collection", "entry": record}
        found = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF + timedelta(days=number))
        exported = found.to_fhir()
        proposals = [one for one in resources(exported, *REQUESTS) if one["status"] == "active"]
        proposals = [one for one in proposals if not one.get("doNotPerform")]
        statuses = {f"{one.intervention} {one.place}": one.status for one in found.actions}
        rounds.append((statuses, {one["id"] for one in proposals}))
        record = [*record, *exported["entry"]]
        if not number:
            refused = {"ServiceRequest": "revoked", "MedicationRequest": "cancelled"}
            record += [{"resource": ordered(one, refused[one["resourceType"]])} for one in proposals]
    (first, ids), (again, new), (after, kept), (later, last) = rounds
    assert again == first
    assert not ids & new
    assert len(ids) == len(new)
    assert {after[one] for one, status in first.items() if status == "indicated"} == {"satisfied"}
    assert (later, last) == (after, kept)
    assert kept == new


@pytest.mark.parametrize("status", ["active", "completed", "revoked"])
def test_an_order_counts_in_place_of_its_proposal(status: str) -> None:
    path = FHIR_EXAMPLES[0]
    exported = plan(path, as_of=AS_OF).to_fhir()
    (proposal,) = (one for one in resources(exported, "ServiceRequest") if what(one)["text"] == "physical therapy")
    order = ordered(proposal, status)
    based = [{"reference": f"ServiceRequest/{order['id']}"}]
    span = {"start": "2024-02-01", "end": "2024-04-01"}
    done = {**carried_out(proposal, separately=True), "basedOn": based, "performedPeriod": span}
    del done["performedDateTime"]
    record = [*json.loads(path.read_text(encoding="utf-8"))["entry"], *exported["entry"], {"resource": order}]
    record += [{"resource": done}] if status == "completed" else []
    both = {"resourceType": "Bundle", "type": "collection", "entry": record}
    after = plan(json.dumps(both).encode(), format="fhir", as_of=AS_OF)
    (therapy,) = (one for one in after.actions if one.label == "physical therapy")
    assert therapy.status == ("satisfied" if status == "active" else "indicated")


def test_several_patients_make_one_bundle() -> None:
    both = (made("d0"), made("d4"))
    bundle = json.loads(render(both, "fhir", load()))
    assert problems(bundle) == []
    assert len(resources(bundle, "Patient")) == len(resources(bundle, "CarePlan")) == 2
    assert len(resources(bundle, "Device")) == 1
    assert len(resources(bundle, "DocumentReference")) == len(load().documents)
    single = [one for name in ("d0", "d4") for one in resources(bundle_of(name), *REQUESTS)]
    assert resources(bundle, *REQUESTS) == single


def test_two_plans_of_one_patient_are_refused() -> None:
    with pytest.raises(UsageError, match="same patient") as raised:
        render((made("d0"), made("d4"), made("d0")), "fhir", load())
    assert raised.value.place == made("d0").patient


# The command


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["plan", *arguments, "--as-of", AS_OF.isoformat(), "--format", "fhir"])


def test_the_command_writes_the_bundle(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    result = run(str(EXAMPLES["d4"]), "-o", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8")) == bundle_of("d4")


def test_selected_statements_are_told() -> None:
    result = run(str(EXAMPLES["d0"]), "--document", "D1", "--min-strength", "strong")
    (care,) = resources(json.loads(result.stdout), "CarePlan")
    assert "Documents: D1." in care["description"]
    assert "strength ≥ strong" in care["description"]


def test_an_invalid_record_gives_drafts_and_says_so(tmp_path: Path) -> None:
    text = EXAMPLES["d0"].read_text(encoding="utf-8").replace("a hip:Patient ;", "a hip:Patient ; hip:age 400 ;")
    (tmp_path / "patient.ttl").write_text(text, encoding="utf-8")
    refused = run(str(tmp_path / "patient.ttl"))
    result = run(str(tmp_path / "patient.ttl"), "--allow-invalid")
    bundle = json.loads(result.stdout)
    (care,), (outcome,) = resources(bundle, "CarePlan"), resources(bundle, "OperationOutcome")
    assert refused.exit_code != 0
    assert result.exit_code == 1
    assert problems(bundle) == []
    assert {one["status"] for one in resources(bundle, *REQUESTS)} == {"draft"}
    assert care["note"][0]["text"].startswith("NOT VALID")
    assert "error" in {one["severity"] for one in outcome["issue"]}
    (guidance,) = resources(bundle, "GuidanceResponse")
    assert guidance["evaluationMessage"] == [{"reference": f"urn:uuid:{outcome['id']}"}]


def test_no_model_classes_are_imported() -> None:
    code = (
        "import hipkg, sys; from datetime import date\n"
        f"hipkg.plan({str(EXAMPLES['d4'])!r}, as_of=date(2026, 11, 23)).to_fhir()\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'pydantic', 'fhir', 'fhirkit', 'rdflib'})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == []


# Whole bundles


@pytest.mark.parametrize("case", GOLDEN, ids=lambda one: one.name)
def test_expected_bundles(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was read element by element; HIPKG_UPDATE_GOLDEN=1 writes it anew."""
    monkeypatch.setattr("hipkg.render.words.software_version", lambda: "0")
    given = json.loads((case / "options.json").read_text(encoding="utf-8"))
    made_ = plan(ROOT / given.pop("patient"), as_of=AS_OF, **given)
    bundle = replace(made_, ontology_version="0").to_fhir()
    file = case / "expected.json"
    if os.environ.get("HIPKG_UPDATE_GOLDEN"):
        file.write_text(json.dumps(bundle, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return
    assert bundle == json.loads(file.read_text(encoding="utf-8"))


# The documentation


def contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and contains(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(contains(one, it) for one in whole) for it in part)
    return whole == part


SHOWN = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "fhir-export.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("shown", SHOWN)
def test_what_the_page_shows_is_real(shown: str) -> None:
    assert any(contains(node, json.loads(shown)) for _, node in nodes(bundle_of("d0"), "Bundle"))


def test_the_page_shows_something() -> None:
    assert len(SHOWN) == 2
