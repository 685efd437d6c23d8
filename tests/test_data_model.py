"""The data model is told whole, and what machines are given of it accepts and refuses what it should."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

import jsonschema
import pytest
import rdflib

import hipkg
from hipkg.base import hip
from hipkg.base.errors import UnreadableInput
from hipkg.base.paths import MODEL_PAGES, ONTOLOGY, ROOT, SCHEMAS
from hipkg.base.vocabulary import HIP, RDFS
from hipkg.knowledge.loading import load
from hipkg.knowledge.terms import NODES, all_terms
from hipkg.maintenance.record_model import record_model
from hipkg.reading.rdf import CONTEXT
from hipkg.render.data_model import (
    CLASSES,
    INDEX,
    INTERVENTIONS,
    PROFILE,
    RECORD,
    SCHEMA,
    TERMS,
    model_pages,
    patient_context,
    patient_profile,
    patient_schema,
)
from hipkg.render.data_model import CONTEXT as CONTEXT_FILE

PAGES = (INDEX, RECORD, INTERVENTIONS, CLASSES, TERMS)
TOLD = (RECORD, INTERVENTIONS)

ANN: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "urn:ann",
    "type": "Patient",
    "age": 71,
    "bodyMassIndex": "24.9",
    "bodyTemperature": "38.5",
    "isWithout": ["PepticUlcerDisease", "Anticoagulant"],
    "hasProblem": {
        "id": "urn:ann:pain",
        "type": "HipPain",
        "hasSeverity": "mild",
        "hasSite": {"id": "urn:ann:hip", "type": "HipJoint", "hasSide": "left"},
    },
    "hasCourse": [
        {
            "id": "urn:ann:drug",
            "type": "TreatmentCourse",
            "ofIntervention": "Naproxen",
            "hasStatus": "ongoing",
            "startDate": {"@value": "2026-10", "@type": "xsd:gYearMonth"},
            "dailyDose": 500,
            "targets": "urn:ann:hip",
        }
    ],
}


def test_what_is_generated_is_what_the_ontology_says() -> None:
    """Write it anew with ``hipkg ontology document``."""
    assert {one: page(one) == text for one, text in model_pages(load()).items()} == dict.fromkeys(PAGES, True)
    for path, write in (
        (SCHEMAS / SCHEMA, patient_schema),
        (SCHEMAS / PROFILE, patient_profile),
        (ONTOLOGY / CONTEXT_FILE, patient_context),
    ):
        assert path.read_text(encoding="utf-8") == write(load()), path.name


def page(name: str) -> str:
    return (MODEL_PAGES / name).read_text(encoding="utf-8")


def test_each_term_has_one_anchor_and_links_lead_to_them() -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', page("terms.md"))
    assert sorted(anchors) == sorted({one.removeprefix(HIP) for one in all_terms(load())})
    linked = {one for name in (*TOLD, TERMS) for one in re.findall(r"terms\.md#([^)]+)\)", page(name))}
    assert linked <= {*anchors}
    files = {one for name in MODEL_PAGES.glob("*.md") for one in re.findall(r"\]\(([^)#]+)", page(name.name))}
    assert [one for one in files if not (MODEL_PAGES / one).exists()] == []


def test_what_is_recorded_is_told_with_definition_and_example() -> None:
    rows = [one for name in TOLD for one in page(name).splitlines() if one.startswith("| [hip:")]
    told = {one[3:].partition("]")[0] for one in rows}
    wanted = {one.name for one in all_terms(load()).values() if one.recordable} - {"hip:Patient", "hip:Intervention"}
    assert wanted - told <= {f"hip:{node.removeprefix(HIP)}" for node in NODES} | {"hip:Value"}
    assert "hip:SymptomaticHipOsteoarthritis" not in told
    assert any("`:patient hip:age" in one and "years from 0 to 120" in one for one in rows)


def test_each_property_has_the_nodes_and_values_that_the_ontology_and_shapes_give() -> None:
    fields = {one.term.name: one for one in record_model(load())}
    assert [name for name, one in fields.items() if not one.nodes] == []
    assert fields["hip:startDate"].nodes == (hip.Activity,)
    assert fields["hip:isWithout"].nodes == (hip.Patient, hip.BodySite)
    assert (fields["hip:age"].least, fields["hip:age"].most, fields["hip:age"].single) == (0, 120, True)
    assert {one.removeprefix(HIP) for one in fields["hip:hasSeverity"].values} == {"mild", "moderate", "severe"}
    assert fields["hip:shownBy"].links == (hip.Study,)
    assert (fields["hip:problemOf"].turned, fields["hip:hasProblem"].turned) == (True, False)


@cache
def schema() -> jsonschema.Draft202012Validator:
    described = json.loads((SCHEMAS / SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(described)
    return jsonschema.Draft202012Validator(described)


def changed(path: str, value: object) -> dict[str, Any]:
    made = copy.deepcopy(ANN)
    *way, last = path.split(".")
    node: Any = made
    for one in way:
        node = node[one]
    node[last] = value
    return made


def test_the_schema_takes_what_the_record_can_hold() -> None:
    assert [one.message for one in schema().iter_errors(ANN)] == []
    assert schema().is_valid({"@context": CONTEXT, "@graph": [ANN, ANN]})
    assert schema().is_valid(changed("hasProblem.prov:wasDerivedFrom", "urn:letter"))
    assert hipkg.validate(ANN, as_of="2026-11-23").valid


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "Person"),
        ("age", 130),
        ("age", "71"),
        ("bodyMassIndex", 24.9),
        ("hasProblems", []),
        ("hasProblem.type", "HipPian"),
        ("hasProblem.type", "SymptomaticHipOsteoarthritis"),
        ("hasProblem.hasSeverity", "grave"),
        ("hasProblem.dailyDose", 500),
        ("hasProblem.hasSite", {"id": "urn:x", "type": "HipPain"}),
        ("isWithout", "Painn"),
        ("hasCourse", {"type": "TreatmentCourse", "ofIntervention": "Aspirine"}),
        ("hasCourse", {"type": "TreatmentCourse", "startDate": "9.11.2026"}),
    ],
)
def test_the_schema_refuses_what_it_cannot(path: str, value: object) -> None:
    assert not schema().is_valid(changed(path, value))


def test_the_profile_takes_and_refuses_the_same() -> None:
    import pyshacl

    shapes = rdflib.Graph().parse(SCHEMAS / PROFILE)
    ontology = rdflib.Graph()
    for module in ONTOLOGY.glob("*.ttl"):
        for one in rdflib.Graph().parse(module).triples((None, rdflib.URIRef(RDFS + "subClassOf"), None)):
            ontology.add(one)
    data = rdflib.Graph().parse(ROOT / "examples" / "d2-hip-pain-not-improving.ttl")
    assert pyshacl.validate(data, shacl_graph=shapes, ont_graph=ontology)[0]
    patient = data.value(predicate=rdflib.RDF.type, object=rdflib.URIRef(hip.Patient))
    for prop, value in (("age", rdflib.Literal(130)), ("hasProblem", rdflib.URIRef(HIP + "HipPain"))):
        wrong = data + rdflib.Graph().add((patient, rdflib.URIRef(HIP + prop), value))
        assert not pyshacl.validate(wrong, shacl_graph=shapes, ont_graph=ontology)[0], prop


def test_the_published_context_is_known_by_its_address_and_no_other_is() -> None:
    context = json.loads((ONTOLOGY / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    assert set(hipkg.convert(ANN)) == set(hipkg.convert(ANN | {"@context": context}))
    assert len(hipkg.convert(ANN)) > 15
    for document in (
        ANN | {"@context": f"{HIP}other.jsonld"},
        ANN | {"@context": [CONTEXT]},
        {"@context": CONTEXT, "@graph": [ANN]},
    ):
        with pytest.raises(UnreadableInput, match="nothing is fetched"):
            hipkg.convert(document)
