"""The import of FHIR: what becomes of each resource, of each irregularity, and of the whole way to a plan."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
import warnings
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipkg.api.plan import plans
from hipkg.base.errors import DeceasedPatient, HipkgError, NoPatient, SetAside, UnreadableInput
from hipkg.base.vocabulary import DERIVED_FROM, HIP, IMPORTED, RDF_TYPE
from hipkg.cli import main
from hipkg.knowledge.loading import load
from hipkg.reading.fhir.quantities import UnusableValue, amount, pieces
from hipkg.reading.fhir.specification import element_names
from hipkg.render.schemas import PLAN
from support.doors import findings_of, plan_record, read, read_import, with_entailed
from support.fhir_cases import AS_OF, CASES, imported, source_of, told
from support.fhir_xml import as_xml

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.record.patient import Record

ROOT = Path(__file__).parent.parent
ALL = sorted(one for one in CASES.iterdir() if one.is_dir())
TWINS = sorted((ROOT / "examples").glob("*.json"))
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
PAIN = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M25.552"}]}


def by_name(path: Path) -> str:
    return path.stem


def graphs(case: Path) -> tuple[Record, ...]:
    return tuple(one.graph for one in imported(case).patients if one.graph)


def bundle(*resources: dict[str, Any], **fields: Any) -> bytes:
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries, **fields}).encode()


def patient(name: str = "p1", **fields: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "birthDate": "1960-05-01", **fields}


def arthritis(name: str = "oa", owner: str = "p1", **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M16.11"}]},
        "subject": {"reference": f"Patient/{owner}"},
        **fields,
    }


# The cases


@pytest.mark.parametrize("case", ALL, ids=by_name)
def test_a_case_gives_the_expected_account_and_graph(case: Path) -> None:
    assert told(imported(case)) == (case / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("case", [one for one in ALL if source_of(one).name == "bundle.json"], ids=by_name)
def test_xml_gives_what_json_gives(case: Path) -> None:
    content = source_of(case).read_text("utf-8")
    written = as_xml(json.loads(content)).encode()
    made = (read_import(each, format="fhir", as_of=AS_OF) for each in (written, content.encode()))
    assert len({re.sub(r"condition-[0-9a-f]{12}", "condition", told(each)) for each in made}) == 1


@pytest.mark.parametrize("case", [one for one in ALL if (one / "notices.txt").exists()], ids=by_name)
def test_a_case_gives_the_expected_notices(case: Path) -> None:
    """What validation tells of each patient, and so the plan."""
    notices = (
        (one.patient, each.message) for one in imported(case).patients if one.graph for each in one.graph.notices
    )
    assert "".join(f"{patient}: {message}\n" for patient, message in notices) == (case / "notices.txt").read_text(
        "utf-8"
    )


def test_every_irregularity_has_a_case() -> None:
    assert [f"{number:02}" for number in range(1, 26)] == [case.name[:2] for case in ALL][:25]


@pytest.mark.parametrize("case", ALL, ids=by_name)
def test_an_imported_graph_violates_no_shape_and_contradicts_nothing(case: Path) -> None:
    for graph in graphs(case):
        assert [one for one in findings_of(graph) if one.severity == "violation"] == []
        with_entailed(graph)


@pytest.mark.parametrize("case", ALL, ids=by_name)
def test_every_resource_is_accounted_for(case: Path) -> None:
    """Of a Bundle whose resources all have ids, each is told once, wherever it belongs."""
    text = source_of(case).read_text("utf-8")
    named = set(re.findall(r'"resourceType": "(\w+)",\s+"id": "([^"]+)"', text))
    made = imported(case)
    accounted = [use.resource for uses in (made.strays, *(one.uses for one in made.patients)) for use in uses]
    contained = {("Medication", "in"), ("Condition", "within"), ("Medication", "m"), ("Device", "d")}
    contained |= {("Observation", "in"), ("Observation", "not"), ("Practitioner", "who")}
    assert {f"{kind}/{name}" for kind, name in named - contained} - {*accounted} - {"Bundle/not a valid id!"} == set()
    assert len(accounted) == len({*accounted})


@pytest.mark.parametrize("kind", ["document", "collection", "transaction", "searchset", "batch", "history", "message"])
def test_the_type_of_a_bundle_does_not_matter(kind: str) -> None:
    one, other = (read(bundle(patient(), arthritis(), type=each), format="fhir") for each in (kind, "collection"))
    assert one[0].triples == other[0].triples


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_order_of_resources_does_not_matter(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([one for one in ALL if source_of(one).name == "bundle.json"]))
    content = json.loads(source_of(case).read_bytes())
    entries = data.draw(st.permutations(content["entry"]))
    for each in entries:
        listed = each.get("resource", {})
        if listed.get("resourceType") == "Bundle":
            listed["entry"] = data.draw(st.permutations(listed["entry"]))
    made = read_import(json.dumps(content | {"entry": list(entries)}).encode(), format="fhir", as_of=AS_OF)
    assert told(made) == (case / "expected.txt").read_text("utf-8")


# The way to a plan

NODES = {"patient", "subject", "subjects", "place", "problem", "node", "activities", "sources", "record", "value"}


def without_nodes(data: Any) -> Any:
    """Leave out of the JSON of a plan what names nodes of the record."""
    if isinstance(data, dict):
        return {name: without_nodes(value) for name, value in data.items() if name not in NODES}
    return [without_nodes(one) for one in data] if isinstance(data, list) else data


@pytest.mark.parametrize("path", TWINS, ids=by_name)
def test_a_document_patient_in_fhir_has_the_plan_of_its_twin(path: Path) -> None:
    fhir, turtle = (plans(each, as_of=AS_OF)[0] for each in (path, path.with_suffix(".ttl")))
    assert without_nodes(fhir.to_dict()) == without_nodes(turtle.to_dict())
    assert fhir.to_text() == turtle.to_text()


def test_there_is_a_bundle_for_each_document() -> None:
    assert [one.stem for one in TWINS] == [one.stem for one in sorted((ROOT / "examples").glob("*.ttl"))]


def test_every_node_says_what_it_was_derived_from() -> None:
    for case in ALL:
        for graph in graphs(case):
            nodes = {one.subject for one in graph.triples if one.predicate.value == RDF_TYPE}
            sourced = {one.subject for one in graph.triples if one.predicate.value == DERIVED_FROM}
            assert nodes == sourced, case.name


def test_a_source_names_a_resource_and_an_element() -> None:
    (graph,) = read(bundle(patient(), arthritis()), format="fhir")
    sources = {one.object.value for one in graph.triples if one.predicate.value == DERIVED_FROM}
    assert sources == {f"{IMPORTED}{one}" for one in ("Patient/p1#id", "Patient/p1#birthDate", "Condition/oa#code")}


def test_a_side_that_a_linked_record_names_is_derived_from_that() -> None:
    (graph,) = (one for one in graphs(CASES / "35-neighbours") if one.iri.endswith("/linked"))
    sources = {
        one.object.value.removeprefix(IMPORTED)
        for one in graph.triples
        if one.predicate.value == DERIVED_FROM and "Condition/linked-pain" in str(one.subject)
    }
    assert sources == {"Condition/linked-pain#code", "Procedure/linked-knows#code", "Procedure/linked-knows#bodySite"}


@pytest.mark.parametrize(
    ("fields", "element"),
    [
        ({"reason": [{"value": [{"concept": PAIN}]}]}, "reasonCode"),
        ({"diagnosis": [{"condition": [{"concept": PAIN}]}]}, "diagnosis"),
    ],
)
def test_what_a_visit_is_for_is_derived_from_the_element_that_says_it(fields: dict[str, Any], element: str) -> None:
    visit = {"resourceType": "Encounter", "id": "v", "status": "in-progress", "subject": {"reference": "Patient/p1"}}
    (graph,) = read(bundle(patient(), {**visit, **fields}), format="fhir", as_of=AS_OF)
    sources = {one.object.value for one in graph.triples if one.predicate.value == DERIVED_FROM}
    assert {one for one in sources if "Encounter" in one} == {f"{IMPORTED}Encounter/v#{element}"}


def test_provenance_changes_no_plan() -> None:
    (graph,) = read(TWINS[1], as_of=AS_OF)
    bare = replace(graph, triples=tuple(one for one in graph.triples if one.predicate.value != DERIVED_FROM))
    with_sources, without = plan_record(graph), plan_record(bare)
    assert (with_sources.statements, with_sources.actions) == (without.statements, without.actions)
    assert with_sources.sources
    assert not without.sources


def test_the_sources_follow_the_schema_of_plans() -> None:
    schema = json.loads(PLAN.read_text("utf-8"))
    for path in TWINS:
        jsonschema.validate(plans(path, as_of=AS_OF)[0].to_dict(), schema)


def test_provenance_of_turtle_is_told_as_well() -> None:
    turtle = f"""
    PREFIX : <https://example.org/x/>
    PREFIX hip: <{HIP}>
    :patient a hip:Patient ; hip:hasProblem :oa .
    :oa a hip:HipOsteoarthritis ; <{DERIVED_FROM}> <https://example.org/letter#diagnosis> .
    """
    (plan,) = plans(turtle.encode(), format="turtle")
    assert plan.to_dict()["sources"] == {"https://example.org/x/oa": ["https://example.org/letter#diagnosis"]}


@pytest.mark.parametrize(
    ("drug", "told"),
    [
        ({"text": "Clotaway 5 mg"}, ["Clotaway 5 mg"]),
        ({"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "5640"}]}, []),
        (
            {
                "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "187832"}],
                "text": "Clotaway 5 mg",
            },
            [],
        ),
    ],
    ids=["not-understood", "understood", "known-and-unused"],
)
def test_a_question_names_the_drugs_that_could_be_what_it_asks(drug: dict[str, Any], told: list[str]) -> None:
    order = {
        "resourceType": "MedicationRequest",
        "id": "order",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": drug,
    }
    pain = arthritis("pain", code={"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M25.551"}]})
    (plan,) = plans(bundle(patient(), arthritis(), pain, order), format="fhir", as_of=AS_OF)
    asked = {one["text"]: one.get("unread", []) for one in plan.to_dict()["questions"]}
    assert asked["On an anticoagulant, or ever a peptic ulcer?"] == told
    assert asked["What is the body-mass index?"] == []
    assert ("Not understood, so look: Clotaway 5 mg." in " ".join(plan.to_text().split())) == bool(told)


# Sources


def test_lines_and_folders_give_what_a_bundle_gives(tmp_path: Path) -> None:
    expected = read(bundle(patient(), arthritis()), format="fhir", as_of=AS_OF)[0].triples
    lines = b"\n".join(json.dumps(one).encode() for one in (patient(), arthritis()))
    (tmp_path / "all.ndjson").write_bytes(lines)
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Patient.ndjson").write_text(json.dumps(patient()), "utf-8")
    (folder / "Condition.ndjson.gz").write_bytes(gzip.compress(json.dumps(arthritis()).encode()))
    (folder / "manifest.json").write_text('{"output": []}', "utf-8")
    (folder / "notes.txt").write_text("no resource", "utf-8")
    for source in (tmp_path / "all.ndjson", folder):
        assert read(source, as_of=AS_OF)[0].triples == expected
    assert read(lines, format="fhir", as_of=AS_OF)[0].triples == expected
    assert read(lines, format="ndjson", as_of=AS_OF)[0].triples == expected


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (b'{"resourceType": "Bundle", "entry": [}', UnreadableInput),
        (b'{"resourceType": "Bundle", "entry": 5}', UnreadableInput),
        (b'{"resourceType": "Bundle"}', NoPatient),
        (bundle(arthritis()), NoPatient),
        (bundle(patient(deceasedBoolean=True), arthritis()), DeceasedPatient),
        (b"[" * 100_000, UnreadableInput),
        (b'{"resourceType": "Patient", "id": "\xff"}', UnreadableInput),
        (b"\xff\xfe{", UnreadableInput),
        (b"   ", UnreadableInput),
    ],
    ids=range(9),
)
def test_a_source_that_cannot_be_used_is_refused(source: bytes, error: type[HipkgError]) -> None:
    with pytest.raises(error) as caught:
        read(source, format="fhir")
    assert type(caught.value) is error


def test_an_integer_of_thousands_of_digits_is_no_number_and_the_rest_goes_on() -> None:
    source = bundle(patient(multipleBirthInteger="many"), arthritis())
    expected = read(source, format="fhir", as_of=AS_OF)[0].triples
    assert read(source.replace(b'"many"', b"9" * 5000), format="fhir", as_of=AS_OF)[0].triples == expected


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ALL),
    st.randoms(use_true_random=False),
    st.sampled_from([None, 0, "", "x", [], {}, True, [[]], {"coding": 1}, -1e300]),
)
def test_no_damage_to_an_element_stops_the_rest(case: Path, random: Any, value: Any) -> None:
    """Whatever stands where an element should be: the import ends with an account or an error of its own."""
    text = source_of(case).read_text("utf-8")
    resources = json.loads(text)["entry"] if text.startswith("{\n") else [json.loads(x) for x in text.split("\n")[:4]]
    holders = [one for each in resources for one in _holders(each)]
    holder = random.choice(holders)
    holder[random.choice(list(holder))] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(HipkgError):
            read(json.dumps({"resourceType": "Bundle", "entry": resources}).encode(), format="fhir", as_of=AS_OF)


def _holders(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return [one for each in content for one in _holders(each)]
    if not isinstance(content, dict):
        return []
    return [*([content] if content else []), *(one for each in content.values() for one in _holders(each))]


@pytest.mark.parametrize("version", ["R4B", "STU3"])
@pytest.mark.parametrize("kind", ["Condition", "MedicationRequest", "Observation", "Patient", "Procedure"])
def test_the_elements_of_the_specification_are_known(kind: str, version: str) -> None:
    models = import_module(f"fhir.resources.{version}")
    names = {it.alias or name for name, it in models.get_fhir_model_class(kind).model_fields.items()}
    assert {one.removeprefix("_") for one in names} <= element_names()


# Warnings and the command line


def test_the_dead_and_the_malformed_are_warned_of() -> None:
    source = bundle(patient(), patient("p2", deceasedBoolean=True), arthritis(), {**arthritis("bad"), "code": "M16"})
    with pytest.warns(SetAside) as warned:
        (graph,) = read(source, format="fhir")
    assert graph.iri.endswith("/p1")
    assert {type(one.message.problem) for one in warned} == {DeceasedPatient, UnreadableInput}  # type: ignore[union-attr]


@pytest.fixture
def hipkg(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hipkg", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
        code: object = 0
        with warnings.catch_warnings():
            try:
                main()
            except SystemExit as ended:
                code = ended.code
        out, err = capfd.readouterr()
        return int(str(code or 0)), out, err

    return run


def test_plan_goes_on_beside_what_is_set_aside(hipkg: Callable[..., tuple[int, str, str]]) -> None:
    source = bundle(patient(), patient("p2", deceasedDateTime="2020"), arthritis(), {**arthritis("bad"), "code": 1})
    code, out, err = hipkg("plan", "-", "--input-format", "fhir", stdin=source)
    assert code == 1
    assert "right hip" in out
    assert "[deceased-patient]" in err
    assert "Condition/bad" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("identifiers", "alike"),
    [
        ([{"system": "urn:mrn", "value": " 17 "}], True),
        ([{"system": 5, "value": "17"}, {"system": "urn:mrn", "value": "17"}], True),
        ({"system": "urn:mrn", "value": "17"}, True),
        ([{"system": "urn:mrn", "value": 17}], False),
        ([{"value": "17"}], False),
    ],
)
def test_an_identifier_in_common_is_told_whatever_stands_beside_it(identifiers: Any, alike: bool) -> None:
    one = patient(identifier=[{"system": "urn:mrn", "value": "17"}])
    made = read_import(bundle(one, patient("p2", identifier=identifiers)), format="fhir", as_of=AS_OF)
    flags = [flag for each in made.patients for use in each.uses for flag in use.flags]
    assert any("has the same identifier (urn:mrn 17)" in flag for flag in flags) == alike


def test_what_may_be_of_any_of_several_patients_is_told(hipkg: Callable[..., tuple[int, str, str]]) -> None:
    lost, image = arthritis("lost", owner="nobody"), {"resourceType": "Basic", "id": "beside"}
    source = bundle(patient(), patient("p2"), arthritis(), lost, image)
    code, out, err = hipkg("plan", "-", "--input-format", "fhir", stdin=source)
    assert code == 1
    assert "right hip" in out
    assert "No patient of the source has Condition/lost: its patient is not in the source." in err
    assert "beside" not in err
    assert hipkg("plan", "-", "--input-format", "fhir", stdin=bundle(patient(), patient("p2"), arthritis()))[0] == 0


def test_a_patient_whose_type_is_misspelt_is_told(hipkg: Callable[..., tuple[int, str, str]]) -> None:
    source = bundle(patient(), patient("p2") | {"resourceType": "Pateint"}, arthritis(owner="p2"))
    code, _, err = hipkg("plan", "-", "--input-format", "fhir", stdin=source)
    assert code == 0
    assert err == ""
    (graph,) = read(source, format="fhir")
    told = " ".join(one.message for one in findings_of(graph))
    assert "Pateint/p2: set aside, for FHIR has no such type of resources." in told
    assert "Condition/oa: set aside, for its patient is not in the source." in told


def test_a_patient_who_has_died_gets_no_plan(hipkg: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = hipkg("plan", "-", "--input-format", "fhir", stdin=bundle(patient(deceasedBoolean=True)))
    assert (code, out) == (1, "")
    assert "has died, so no plan is made" in err


def test_a_contradictory_patient_does_not_stop_the_others(hipkg: Callable[..., tuple[int, str, str]]) -> None:
    heavy = {
        **arthritis("heavy"),
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "414916001"}]},
    }
    light = {
        "resourceType": "Observation",
        "id": "bmi",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "39156-5"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2020",
        "valueQuantity": {"value": 22, "system": "http://unitsofmeasure.org", "code": "kg/m2"},
    }
    alone = hipkg("plan", "-", "--input-format", "fhir", stdin=bundle(patient(), heavy, light))
    assert (alone[0], alone[1]) == (3, "")
    both = bundle(patient(), heavy, light, patient("p2"), arthritis(owner="p2"))
    code, out, err = hipkg("plan", "-", "--input-format", "fhir", stdin=both)
    assert code == 1
    assert "Plan p2" in out
    assert "Plan p1" not in out
    assert "[inconsistent]" in err


def test_cut_json_is_told_with_line_and_column(hipkg: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    file.write_text('{"resourceType": "Bundle",\n "entry": [,]}', "utf-8")
    code, out, err = hipkg("plan", file)
    assert (code, out) == (2, "")
    assert "cut.json:2:12" in err


def test_the_account_is_written_as_text_and_json(hipkg: Callable[..., tuple[int, str, str]]) -> None:
    code, text, _ = hipkg("convert", TWINS[0], "--report")
    assert code == 0
    assert "Condition/d0-pain" in text
    code, data, _ = hipkg("convert", TWINS[0], "--report", "--format", "json")
    (made,) = json.loads(data)
    (one,) = [use for use in made["patients"][0]["resources"] if use["resource"] == "Condition/d0-pain"]
    assert (code, one["outcome"], one["detail"]) == (0, "used", "hip pain, left hip")
    assert one["nodes"] == [f"{IMPORTED}Patient/d0/Condition/d0-pain"]
    assert hipkg("convert", source_of(CASES / "29-malformed"), "--report")[0] == 1
    assert hipkg("convert", TWINS[0], "--format", "json")[0] == 2


def test_explain_names_the_elements_that_a_fact_was_read_from(hipkg: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = hipkg("explain", TWINS[0], "D0-41", "--proof", "--as-of", "2026-01-15")
    assert "(recorded: Condition/d0-pain#code)" in out
    _, data, _ = hipkg("explain", TWINS[0], "D0-41", "--as-of", "2026-01-15", "--format", "json")
    assert '"derivedFrom": [' in data
    assert f"{IMPORTED}Condition/d0-pain#code" in data


def test_reading_rdf_loads_nothing_of_the_import() -> None:
    code = (
        "import sys, hipkg.reading.sources as r; from hipkg.knowledge.loading import load; r.read(sys.argv[1], load); "
        "print([m for m in sys.modules if 'hipkg.reading.fhir' in m])"
    )
    command = [sys.executable, "-c", code, str(TWINS[0].with_suffix(".ttl"))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_a_plan_of_rdf_loads_nothing_of_the_import() -> None:
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "hipkg",
        "plan",
        str(TWINS[0].with_suffix(".ttl")),
        "-f",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "hipkg.reading.joint" in done.stderr
    assert "hipkg.reading.fhir" not in done.stderr


# Quantities


@pytest.mark.parametrize(
    ("value", "code", "unit", "expected"),
    [
        (1, "g", "mg", "1000"),
        (70, "[lb_av]", "kg", "31.7514659"),
        (2, "[in_i]", "cm", "5.08"),
        (3, "g/d", "mg/d", "3000"),
        (0.5, "g/h", "mg/d", "12000"),
        (1, "wk", "d", "7"),
        (2.5, "g/cm2", "kg/m2", "25"),
        (11200, "/uL", "10*9/L", "11.2"),
        (11200, "{cells}/uL", "10*9/L", "11.2"),
        (11.2, "10*3/uL", "10*9/L", "11.2"),
        (11.2, "10^3/mm3", "10*9/L", "11.2"),
        (11.2, "10*9/L{leukocytes}", "10*9/L", "11.2"),
        (11200, "10*6/L", "10*9/L", "11.2"),
        (1.5, "mg/dl", "mg/L", "15"),
        (15, "ug/mL", "mg/L", "15"),
        (1, "mL/s/{1.73.m2}", "mL/min/{1.73_m2}", "60"),
        (2, "cm/h", "mm/h", "20"),
        (2, "[mi_i]", "m", "3218.688"),
        (0.25, "1", "%", "25"),
        (100.4, "[degF]", "Cel", "38"),
        (-40, "[degF]", "Cel", "-40"),
        (311.15, "K", "Cel", "38"),
    ],
)
def test_a_quantity_converts_exactly_there_and_back(value: float, code: str, unit: str, expected: str) -> None:
    system = "http://unitsofmeasure.org"
    assert amount({"value": value, "system": system, "code": code}, unit) == Decimal(expected)
    back = amount({"value": float(expected), "system": system, "code": unit}, code)
    assert back == pytest.approx(Decimal(str(value)), abs=Decimal("1e-20"))


def test_a_unit_that_only_says_what_is_counted_is_that_of_a_number() -> None:
    counted = {"value": 3.2, "system": "http://unitsofmeasure.org", "code": "{INR}"}
    assert amount(counted, "1") == Decimal("3.2")
    for other, unit in (
        ({**counted, "code": "{1.73_m2}"}, "1"),
        (counted, "{score}"),
        ({**counted, "code": "1"}, "{score}"),
    ):
        with pytest.raises(UnusableValue):
            amount(other, unit)


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mL/min/{1.73_m2}", "mL/min"),
        ("mL/min/{2_m2}", "mL/min/{1.73_m2}"),
        ("K/uL", "10*9/L"),
        ("10*9/m2", "10*9/L"),
        ("10*9", "10*9/L"),
        ("Cel", "m"),
        ("[degF]/d", "Cel"),
        ("mg/{tablet}", "mg"),
        ("mg/kg", "mg"),
        ("1", "{score}"),
        ("g..L", "g"),
        ("10*99999999999/L", "10*9/L"),
    ],
)
def test_a_quantity_of_something_else_is_not_used(code: str, unit: str) -> None:
    with pytest.raises(UnusableValue):
        amount({"value": 27, "system": "http://unitsofmeasure.org", "code": code}, unit)


@pytest.mark.parametrize(
    ("unit", "counted"),
    [
        ("tablets", True),
        ("Tablette", True),
        ("comprimés", True),
        ("suppository", True),
        ("drops", False),
        ("mL", False),
    ],
)
def test_pieces_are_counted_however_they_are_called(unit: str, counted: bool) -> None:
    assert pieces({"value": 2, "unit": unit}, load()) == (2 if counted else None)


@pytest.mark.parametrize("code", ["", "lb", "mo", "kg/m", "1", "kg", "kg/m2/d"])
def test_a_quantity_in_another_unit_is_not_used(code: str) -> None:
    with pytest.raises(UnusableValue):
        amount({"value": 27, "system": "http://unitsofmeasure.org", "code": code}, "kg/m2")
