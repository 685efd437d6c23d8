"""Shapes: each finds what it should and nothing else, and the fast engine finds what pySHACL finds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from rdflib.namespace import SH

from hipkg.base.errors import OntologyError
from hipkg.base.paths import ROOT, SHAPES, ontology_files
from hipkg.base.vocabulary import HIP, PREFIXES, curie
from hipkg.knowledge.codec import codec
from hipkg.knowledge.loading import load
from hipkg.knowledge.shapes import TARGET, CompiledShape
from hipkg.render.findings import findings_to_turtle, report
from hipkg.validation.compiler import Background, check, compile_shapes
from hipkg.validation.findings import (
    Finding,
    conforms,
    rules_of,
    unknown_terms,
    validate_patients,
    validate_triples,
)
from hipkg.validation.reference import validate_with_pyshacl

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.usefixtures("parsed_once")
FILE = SHAPES / "patient.ttl"
CASES = sorted((Path(__file__).parent / "cases" / "shapes").iterdir())
GRAPHS = [
    *(case / f"{kind}.ttl" for case in CASES for kind in ("valid", "invalid")),
    *(ROOT / "examples").glob("*.ttl"),
]
GRAPH = rdflib.Graph().parse(FILE)
NAMED = sorted(set(GRAPH.subjects(SH.severity)), key=lambda shape: GRAPH.value(shape, SH.order))
HEAD = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
PERSON = "PREFIX : <https://example.org/> PREFIX hip: <https://w3id.org/hipkg/> "


def read_terms(files: Iterable[Path]) -> frozenset[str]:
    """Read the terms of the ontology from its modules."""
    quads = (quad for file in files for quad in ox.parse(path=file, format=ox.RdfFormat.TURTLE))
    return frozenset(quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode))


def triples(source: Path | str) -> list[ox.Triple]:
    text = source.read_text() if isinstance(source, Path) else PERSON + source
    return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]


def validate(source: Path | str) -> tuple[Finding, ...]:
    return validate_triples(triples(source), "https://example.org/patient", rules_of(load()))


def places(findings, shape: str) -> list[tuple[str, str, str, str]]:
    return sorted((one.severity, one.node, one.path, one.value) for one in findings if one.shape == shape)


def shape_file(folder: Path, text: str) -> Path:
    file = folder / "shapes.ttl"
    file.write_text(HEAD + text)
    return file


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_finds_what_is_wrong_and_nothing_where_all_is_right(case):
    expected = json.loads((case / "expected.json").read_text())
    severity, shape = expected["severity"], expected["shape"]
    wanted = sorted((severity, one["node"], one["path"], one["value"]) for one in expected["findings"])
    assert wanted == places(validate(case / "invalid.ttl"), shape)
    assert places(validate(case / "valid.ttl"), shape) == []


@pytest.mark.parametrize("file", GRAPHS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_agrees_with_pyshacl(file):
    graph, patient = triples(file), "https://example.org/patient"
    fast = [
        finding for finding in validate_triples(graph, patient, rules_of(load())) if finding.shape.startswith("hip:P")
    ]
    assert list(validate_with_pyshacl(graph, patient)) == fast


@pytest.mark.parametrize("file", GRAPHS[-2:], ids=lambda file: file.stem)
def test_examples_conform(file):
    assert conforms(validate(file))


def test_every_shape_has_a_case():
    named = {shape.removeprefix(HIP) for shape in NAMED}
    assert named | {"V01-unknown-term", "V02-defined-class", "V03-measurement"} == {case.name for case in CASES}


def test_shapes_conform_to_the_shapes_of_shapes():
    conforming, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=rdflib.Graph().parse(FILE), meta_shacl=True)
    assert conforming, text


@pytest.mark.parametrize("shape", NAMED, ids=lambda shape: shape.removeprefix(HIP))
def test_shape_tells_its_number_what_is_wrong_and_how_to_mend(shape):
    number = curie(shape).removeprefix("hip:").partition("-")[0]
    texts = {name: GRAPH.value(shape, SH[name]) for name in ("message", "name", "description")}
    assert all(text.language == "en" for text in texts.values())
    assert texts["message"].startswith(f"{number}: ")
    assert texts["message"].endswith(".")
    assert int(number[1:]) == GRAPH.value(shape, SH.order).toPython()
    assert GRAPH.value(shape, rdflib.URIRef(f"{HIP}fix")).endswith(".")


def test_readme_lists_every_shape():
    rows = [
        f"| {curie(shape).removeprefix('hip:')} | {GRAPH.value(shape, SH.severity).removeprefix(str(SH)).lower()} "
        f"| {GRAPH.value(shape, SH.description)} |"
        for shape in NAMED
    ]
    listed = [line for line in (SHAPES / "README.md").read_text().splitlines() if line.startswith("| P")]
    assert rows == listed


def test_file_is_in_normal_form():
    assert FILE.read_text() == GRAPH.serialize(format="longturtle").rstrip("\n") + "\n"


def test_closed_lists_are_those_of_the_ontology():
    ontology = rdflib.Graph()
    for file in ontology_files():
        ontology.parse(file)
    for shape, values in GRAPH.subject_objects(SH["in"]):
        range_ = ontology.value(GRAPH.value(shape, SH.path), rdflib.RDFS.range)
        assert set(ontology.subjects(rdflib.RDF.type, range_)) == set(GRAPH.items(values)), shape


def test_shapes_name_no_term_beyond_the_core_and_the_anatomy():
    used = {f"{HIP}{name}" for name in re.findall(r"\bhip:(?!P\d)(\w+)", FILE.read_text())} - {
        f"{HIP}{name}" for name in ("asks", "asksFor", "fix")
    }
    known = read_terms(ROOT / "ontology" / name for name in ("core.ttl", "anatomy.ttl"))
    assert used <= known


def test_compiled_shapes_survive_json():
    written = codec(tuple[CompiledShape, ...])
    shapes = compile_shapes(FILE)
    assert shapes == written.decode(json.loads(json.dumps(written.encode(shapes))))


def test_skips_queries_whose_terms_do_not_occur():
    (shape,) = [one for one in compile_shapes(FILE) if one.iri.endswith("P48-activity-daily-dose")]
    assert shape.query_for({f"{HIP}singleDose"}) == ""
    assert shape.query_for({f"{HIP}dailyDose"}) != ""


@pytest.mark.parametrize("file", GRAPHS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_glance_spares_only_queries_that_find_nothing(file):
    rules, graph = rules_of(load()), triples(file)
    unseen = [shape._replace(glances=()) for shape in rules.shapes]
    found = [(one.shape.iri, one.node, one.path, one.value) for one in check(graph, unseen, rules.background)]
    seen = [(one.shape.iri, one.node, one.path, one.value) for one in check(graph, rules.shapes, rules.background)]
    assert sorted(seen, key=str) == sorted(found, key=str)
    assert any(shape.glances for shape in rules.shapes)


def test_asks_only_for_targets_that_occur():
    (shape,) = [one for one in compile_shapes(FILE) if one.iri.endswith("P40-activity-class")]
    query = shape.query_for({f"{HIP}hasStatus", f"{HIP}hasStudy", f"{HIP}hasSide"})
    assert f"<{HIP}hasStatus>" in query
    assert f"<{HIP}hasStudy>" in query
    assert f"<{HIP}dailyDose>" not in query
    assert TARGET not in query


SHAPE = "hip:S01 a sh:PropertyShape ; sh:severity sh:Info ; sh:message 'S01'@en ; sh:path hip:age ; "


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        (SHAPE + "sh:targetClass hip:Patient ; sh:uniqueLang true .", "sh:uniqueLang"),
        (SHAPE + "sh:targetClass hip:Patient ; sh:minCount 2 .", "sh:minCount 2"),
        (SHAPE + "sh:targetClass hip:Patient ; sh:datatype xsd:duration .", "xsd:duration"),
        (SHAPE + "sh:targetClass hip:Patient ; sh:nodeKind hip:Patient .", "sh:nodeKind"),
        (SHAPE + "sh:targetClass hip:Patient ; sh:or ( [ sh:minCount 1 ] ) .", "sh:minCount"),
        (SHAPE + "sh:targetClass hip:Patient ; sh:sparql [ sh:select 'ASK { $this ?p ?o }' ] .", "sh:sparql"),
        (SHAPE + "sh:datatype xsd:integer .", "no target"),
        (SHAPE.replace("hip:S01", "[]") + "sh:targetClass hip:Patient .", "no IRI"),
        (
            SHAPE.replace("sh:path hip:age", "sh:path [ sh:inversePath hip:age ]") + "sh:targetClass hip:Patient .",
            "sh:path",
        ),
        (SHAPE.replace("sh:severity sh:Info ;", "") + "sh:targetClass hip:Patient .", "no severity"),
    ],
)
def test_refuses_what_it_does_not_compile(shape, named, tmp_path):
    with pytest.raises(OntologyError) as caught:
        compile_shapes(shape_file(tmp_path, shape))
    assert named in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("constraint", "conforming", "breaking"),
    [
        ("sh:nodeKind sh:IRI", ":a", "'a'"),
        ("sh:nodeKind sh:Literal", "'a'", ":a"),
        ("sh:nodeKind sh:BlankNodeOrIRI", ":a", "'a'"),
        ("sh:nodeKind sh:BlankNode", "_:a", ":a"),
        ("sh:nodeKind sh:IRIOrLiteral", "'a'", "_:a"),
        ("sh:nodeKind sh:BlankNodeOrLiteral", "_:a", ":a"),
        ("sh:maxExclusive 3", "2.9", "3"),
        ("sh:minExclusive 3", "3.1", "3"),
        ("sh:datatype xsd:string", "'a'", "'a'@en"),
        ("sh:datatype xsd:integer", "4", "4.0"),
        ("sh:minInclusive 3", "3", "'four'"),
        ("sh:pattern '^a+$'", "'aa'", "_:aa"),
        ("sh:class hip:Side", "hip:left", "hip:mild"),
        ("sh:in ( 1 'a' )", "1", "'b'"),
        ("sh:maxCount 2", "1 , 2", "1 , 2 , 3"),
    ],
)
def test_compiles_each_constraint(constraint, conforming, breaking, tmp_path):
    shapes = compile_shapes(shape_file(tmp_path, f"{SHAPE} sh:targetSubjectsOf hip:age ; {constraint} ."))
    background = rules_of(load()).background
    assert check(triples(f":patient hip:age {conforming} ."), shapes, background) == ()
    assert [f"{HIP}S01"] == [
        one.shape.iri for one in check(triples(f":patient hip:age {breaking} ."), shapes, background)
    ]


def test_knows_nothing_of_an_ontology_without_background():
    shapes = compile_shapes(FILE)
    graph = triples(":patient a hip:Patient ; hip:hasProblem :pain . :pain a hip:HipPain .")
    found = {result.shape.iri.removeprefix(HIP) for result in check(graph, shapes, Background())}
    assert "P10-problem-class" in found


def test_names_the_nearest_term():
    known = read_terms(ontology_files())
    graph = triples(":patient a hip:Patient ; hip:hasProblem :pain . :pain a hip:HipPian ; hip:zzzzzz :patient .")
    messages = {one.value.removeprefix(HIP): one.message for one in unknown_terms(graph, "", known)}
    assert "Did you mean hip:HipPain?" in messages["HipPian"]
    assert "Did you mean" not in messages["zzzzzz"]


def test_leaves_the_patients_own_names_alone():
    known = read_terms(ontology_files())
    graph = triples(
        "<https://w3id.org/hipkg/patient/1> a hip:Patient ; hip:hasProblem <https://w3id.org/hipkg/patient/1#pain> ."
    )
    assert unknown_terms(graph, "", known) == ()


def test_finds_sites_of_two_patients_read_apart():
    graphs = {
        f"https://example.org/{name}": triples(
            f":{name} a hip:Patient ; hip:hasProblem :{name}Pain . "
            f":{name}Pain a hip:HipPain ; hip:hasSite :{site} . :{site} a hip:HipJoint ; hip:hasSide hip:left ."
        )
        for name, site in (("ann", "hip"), ("bob", "hip"), ("eve", "otherHip"))
    }
    shared = [one for one in validate_patients(graphs, rules_of(load())) if one.shape == "hip:P08-patient-own-nodes"]
    assert [(one.patient, one.value) for one in shared] == [
        ("https://example.org/ann", "https://example.org/hip"),
        ("https://example.org/bob", "https://example.org/hip"),
    ]
    assert {*graphs} == {one.patient for one in validate_patients(graphs, rules_of(load()))}


def test_writes_findings_as_json_and_as_a_validation_report():
    graph = ":patient a hip:Patient ; hip:age 130 ; hip:hasProblem [ hip:hasSeverity hip:mild ] , 'knee pain' ."
    findings = validate(graph)
    assert [finding.shape for finding in findings] == [one["shape"] for one in json.loads(report(findings, "json"))]
    shacl = rdflib.Graph().parse(data=findings_to_turtle(findings))
    assert len(findings) == len(set(shacl.objects(None, SH.result)))
    assert rdflib.Literal("130", datatype=rdflib.XSD.integer) in set(shacl.objects(None, SH.value))
    assert {SH.Violation, SH.Info} == set(shacl.objects(None, SH.resultSeverity))


def test_an_empty_report_conforms():
    report = rdflib.Graph().parse(data=findings_to_turtle(()))
    assert [value.toPython() for value in report.objects(None, SH.conforms)] == [True]


def test_findings_come_in_one_order():
    file = Path(__file__).parent / "cases" / "shapes" / "V02-defined-class" / "invalid.ttl"
    findings = validate(file)
    assert [finding.severity for finding in findings] == ["violation", "info", "info"]
    assert findings == validate_triples(reversed(triples(file)), "https://example.org/patient", rules_of(load()))


def test_imports_neither_rdflib_nor_pyshacl():
    code = (
        "import sys, hipkg.validation.findings as v; from hipkg.knowledge.loading import load; v.rules_of(load()); "
        "print({'rdflib', 'pyshacl'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == "set()\n"
