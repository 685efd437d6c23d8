"""The ontology: its modules, its vocabulary, its fragment, and what a reasoner alone makes of it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest

from hipkg.api.validate import validate
from hipkg.base import hip
from hipkg.base.errors import InconsistentData, OntologyError
from hipkg.base.paths import ONTOLOGY, QUERIES, SHAPES, ontology_files
from hipkg.base.vocabulary import HIP, OWL, PREFIXES, RDF_TYPE, RDFS, expand
from hipkg.knowledge.loading import load
from hipkg.maintenance.release import build
from hipkg.owl.axioms import read_axioms, read_within
from hipkg.owl.reasoners import check_consistency
from hipkg.owl.sources import load_sources

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
from support.doors import read_triples, reason_over
from support.engines import TWO_JOINTS, entailed_alone

PACKAGE = Path(__file__).parent.parent / "hipkg"
CASES = Path(__file__).parent / "cases"
INFERENCE = sorted((CASES / "inference").glob("*.ttl"))
INCONSISTENT = sorted((CASES / "inconsistent").glob("*.ttl"))
CASE = "https://example.org/case/"
MODULES = ontology_files()
HEADER = PREFIXES["owl"] + "Ontology"
DCTERMS = PREFIXES["dcterms"]
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TURTLE = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


def by_name(path: Path) -> str:
    return path.stem


def parsed(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse((TURTLE + text).encode(), format=ox.RdfFormat.TURTLE)]


@cache
def module(path: Path) -> ox.Store:
    store = ox.Store()
    store.load(path=path, format=ox.RdfFormat.TURTLE)
    return store


def objects(path: Path, subject: str, predicate: str) -> list[str]:
    found = module(path).quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None)
    return [quad.object.value for quad in found]


def headers(path: Path) -> list[str]:
    found = module(path).quads_for_pattern(None, ox.NamedNode(RDF_TYPE), ox.NamedNode(HEADER))
    return [quad.subject.value for quad in found]


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_a_module_has_one_complete_header(path: Path) -> None:
    (name,) = headers(path)
    (version,) = objects(path, name, OWL + "versionInfo")
    (version_iri,) = objects(path, name, OWL + "versionIRI")
    series = HIP + "ontology" if name == HIP + "ontology" else name
    assert version_iri == f"{series}/{version}"
    assert objects(path, name, DCTERMS + "license") == [LICENCE]
    assert len(objects(path, name, DCTERMS + "title")) == 1
    assert len(objects(path, name, DCTERMS + "description")) == 1


def test_all_modules_are_of_one_version() -> None:
    versions = {version for path in MODULES for version in objects(path, headers(path)[0], OWL + "versionInfo")}
    assert versions == {load().version}


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_no_person_is_named(path: Path) -> None:
    predicates = {quad.predicate.value.rsplit("/", 1)[-1] for quad in module(path)}
    assert not predicates & {"creator", "contributor", "author", "maker"}


@cache
def catalog() -> dict[str, Path]:
    entries = ET.parse(ONTOLOGY / "catalog-v001.xml").getroot()  # noqa: S314 - a file of the project
    return {entry.attrib["name"]: ONTOLOGY / entry.attrib["uri"] for entry in entries}


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_imports_are_found_through_the_catalog(path: Path) -> None:
    for name in objects(path, headers(path)[0], OWL + "imports"):
        assert name in catalog(), f"{path.name} imports {name}, which the catalog does not list"
        assert headers(catalog()[name]) == [name]


def test_the_root_imports_every_module() -> None:
    reached, waiting = set(), [HIP + "ontology"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += objects(catalog()[name], name, OWL + "imports")
    assert {catalog()[name].resolve() for name in reached} == {path.resolve() for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_a_module_imports_what_it_names(path: Path) -> None:
    """Every term that a module mentions is described in it or in what it imports, so that it can be read alone."""
    described, waiting, seen = set(), [headers(path)[0]], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            where = catalog()[name]
            described |= {quad.subject.value for quad in module(where) if isinstance(quad.subject, ox.NamedNode)}
            waiting += objects(where, name, OWL + "imports")
    mentioned = {
        term.value
        for quad in module(path)
        for term in (quad.predicate, quad.object)
        if isinstance(term, ox.NamedNode) and is_term(term.value)
    }
    assert sorted(mentioned - described) == []


def is_term(iri: str) -> bool:
    return iri.startswith(HIP) and not set("/#") & set(iri.removeprefix(HIP))


# The names that code may know

NAMES = re.compile(r"(?:\bhip:|\bHIP \+ f?[\"']|\{HIP\})([A-Za-z][A-Za-z0-9]*)(?![\w-])")
CODE = sorted([*PACKAGE.rglob("*.py"), *QUERIES.glob("derive/*.rq"), *QUERIES.glob("normalise/*.rq")])


def declared() -> set[str]:
    shapes = [quad.subject.value for path in SHAPES.glob("*.ttl") for quad in ox.parse(path=path)]
    terms = {quad.subject.value for path in MODULES for quad in module(path) if isinstance(quad.subject, ox.NamedNode)}
    return {iri.removeprefix(HIP) for iri in [*terms, *shapes] if is_term(iri)}


def test_the_vocabulary_that_code_uses_is_declared() -> None:
    used = {name: path for path in CODE for name in NAMES.findall(path.read_text("utf-8"))}
    known = declared()
    assert {name: path.name for name, path in sorted(used.items()) if name not in known} == {}


CORE = [*(ONTOLOGY / f"{name}.ttl" for name in ("core", "plan", "results", "words", "hipkg")), *SHAPES.glob("*.ttl")]


def test_the_terms_that_code_has_names_for_are_declared_without_the_clinic_and_used() -> None:
    named = {name: value for name, value in vars(hip).items() if isinstance(value, str) and value.startswith(HIP)}
    del named["NAMESPACE"]
    assert named == {name: HIP + name for name in named}
    declared = {quad.subject.value for path in CORE for quad in ox.parse(path=path)}
    assert sorted(set(named.values()) - declared) == []
    used = {name for path in PACKAGE.rglob("*.py") for name in re.findall(r"\bhip\.(\w+)", path.read_text("utf-8"))}
    assert sorted(named.keys() - used) == []


CLINICAL_ROOTS = ("Problem", "Intervention")
ALLOWED = {
    "hip pain": "what the tool is about, in its one-line description",
    "pain": "part of the same words",
    "follow-up": "a category of interventions, not the intervention of this label",
    "escalation": "a category of interventions, which plans tell first",
    "Medication": "a type of FHIR resource",
    "medication": "the same in any case",
    "fall": "to fall under a class, to fall short",
    "stroke": "a line that is drawn",
    "D0-41": "the example of an id of a statement in help texts",
}


def clinical_names() -> dict[str, re.Pattern[str]]:
    """Collect the names that only the ontology may hold: local names as they are, labels in any case."""
    knowledge = load()
    core = {quad.subject.value for quad in module(ONTOLOGY / "core.ttl") if isinstance(quad.subject, ox.NamedNode)}
    roots = {HIP + name for name in CLINICAL_ROOTS}
    classes = {iri for iri, upper in knowledge.superclasses.items() if roots & upper and iri not in core}
    names = {iri.removeprefix(HIP): 0 for iri in [*classes, *knowledge.statements]}
    names |= {knowledge.label(iri): re.IGNORECASE for iri in classes}
    return {
        name: re.compile(rf"(?<![\w-]){re.escape(name)}s?(?![\w-])", flags)
        for name, flags in names.items()
        if name not in ALLOWED
    }


def test_no_clinical_knowledge_is_in_code() -> None:
    patterns = clinical_names()
    assert len(patterns) > 400
    texts = {path.name: path.read_text("utf-8") for path in CODE}
    lower = {file: text.lower() for file, text in texts.items()}
    found = [
        (file, name)
        for name, pattern in patterns.items()
        for file, text in texts.items()
        if name.lower() in lower[file] and pattern.search(text)  # for most files the first saves the second
    ]
    assert found == []


def test_no_shape_knows_a_statement() -> None:
    texts = "\n".join(path.read_text("utf-8") for path in SHAPES.glob("*.ttl"))
    assert [one.id for one in load().statements.values() if re.search(rf"\b{one.id}\b", texts)] == []


# The fragment

SCENE = """
hip:Base a owl:Class . hip:Other a owl:Class .
hip:p a owl:ObjectProperty . hip:q a owl:ObjectProperty . hip:d a owl:DatatypeProperty .
hip:one a owl:NamedIndividual , hip:Base . hip:two a owl:NamedIndividual , hip:Base .
hip:Defined a owl:Class ;
    owl:equivalentClass [ a owl:Restriction ; owl:onProperty hip:p ; owl:someValuesFrom hip:Base ] .
"""
DEFINITIONS = {
    "complement": "[ a owl:Class ; owl:complementOf hip:Base ]",
    "inner complement": "[ owl:intersectionOf ( hip:Base [ a owl:Class ; owl:complementOf hip:Other ] ) ]",
    "universal": "[ a owl:Restriction ; owl:onProperty hip:p ; owl:allValuesFrom hip:Base ]",
    "minimum": "[ a owl:Restriction ; owl:onProperty hip:p ; owl:minCardinality 2 ]",
    "exact": "[ a owl:Restriction ; owl:onProperty hip:p ; owl:onClass hip:Base ; owl:qualifiedCardinality 1 ]",
    "self": "[ a owl:Restriction ; owl:onProperty hip:p ; owl:hasSelf true ]",
    "literal": "[ a owl:Restriction ; owl:onProperty hip:d ; owl:hasValue 3 ]",
    "anonymous inverse": "[ a owl:Restriction ; owl:onProperty [ owl:inverseOf hip:p ] ; owl:someValuesFrom hip:Base ]",
}
SUPERCLASSES = {
    "existential": "[ a owl:Restriction ; owl:onProperty hip:p ; owl:someValuesFrom hip:Base ]",
    "union": "[ a owl:Class ; owl:unionOf ( hip:Base hip:Other ) ]",
    "literal value": "[ a owl:Restriction ; owl:onProperty hip:d ; owl:hasValue 3 ]",
    "defined class": "hip:Defined",
}


def test_the_scene_itself_is_in_the_fragment() -> None:
    assert HIP + "Defined" in read_axioms(parsed(SCENE)).definitions


def refusal(text: str) -> OntologyError:
    with pytest.raises(OntologyError) as raised:
        read_axioms(parsed(SCENE + text))
    assert raised.value.remedy
    return raised.value


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_a_definition_outside_the_fragment_is_refused(kind: str) -> None:
    assert refusal(f"hip:X a owl:Class ; owl:equivalentClass {DEFINITIONS[kind]} .").place == "hip:X"


@pytest.mark.parametrize("kind", SUPERCLASSES)
def test_a_superclass_outside_the_fragment_is_refused(kind: str) -> None:
    assert refusal(f"hip:X a owl:Class ; rdfs:subClassOf {SUPERCLASSES[kind]} .").place == "hip:X"


@pytest.mark.parametrize("place", ["domain", "range"])
def test_a_defined_class_is_no_domain_or_range(place: str) -> None:
    error = refusal(f"hip:q rdfs:{place} hip:Defined .")
    assert error.place == "hip:q"
    assert "hip:Defined" in error.message


def test_all_that_is_outside_the_fragment_is_told_and_the_rest_is_read() -> None:
    text = f"""hip:X a owl:Class , rdfs:Container ;
        rdfs:subClassOf hip:Base , {SUPERCLASSES["union"]} , {DEFINITIONS["universal"]} ;
        owl:equivalentClass [ a owl:Restriction ; owl:onProperty hip:p ] ."""
    axioms, outside = read_within(parsed(SCENE + text))
    assert [one.place for one in outside] == ["hip:X"] * 4
    assert len({one.message for one in outside}) == 3
    assert axioms.superclasses[HIP + "X"] == {HIP + "Base"}
    assert axioms.definitions.keys() == {HIP + "Defined"}
    cut = "hip:Y a owl:Class ; owl:equivalentClass [ owl:intersectionOf [ rdf:first hip:Base ] ] ."
    assert [one.message for one in read_within(parsed(SCENE + cut))[1]] == ["has an expression that is cut short."]
    assert read_within(parsed(SCENE))[1] == ()


UNSEEN = {
    "axiom on an anonymous class": "[ owl:intersectionOf ( hip:Base hip:Other ) ] rdfs:subClassOf hip:Base .",
    "anonymous domain": "hip:q rdfs:domain [ a owl:Class ; owl:unionOf ( hip:Base hip:Other ) ] .",
    "anonymous range": "hip:q rdfs:range [ a owl:Class ; owl:unionOf ( hip:Base hip:Other ) ] .",
    "second definition": "hip:Defined owl:equivalentClass [ owl:intersectionOf ( hip:Base hip:Other ) ] .",
    "facet that is no number": """hip:X a owl:Class ; owl:equivalentClass [ a owl:Restriction ; owl:onProperty hip:d ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:string ;
        owl:withRestrictions ( [ xsd:pattern "a.*" ] ) ] ] .""",
    "enumeration of literals": """hip:X a owl:Class ; owl:equivalentClass [ a owl:Restriction ; owl:onProperty hip:d ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:oneOf ( 1 2 ) ] ] .""",
    "all disjoint": "[ a owl:AllDisjointClasses ; owl:members ( hip:Base hip:Other ) ] .",
    "disjoint union": "hip:X a owl:Class ; owl:disjointUnionOf ( hip:Base hip:Other ) .",
    "disjoint with an anonymous class": "hip:Base owl:disjointWith [ a owl:Class ; owl:unionOf ( hip:Other ) ] .",
    "equivalent property": "hip:p owl:equivalentProperty hip:q .",
    "disjoint property": "hip:p owl:propertyDisjointWith hip:q .",
    "same individual": "hip:one owl:sameAs hip:two .",
    "different individual": "hip:one owl:differentFrom hip:two .",
    "key": "hip:Base owl:hasKey ( hip:p ) .",
    "inverse functional": "hip:p a owl:InverseFunctionalProperty .",
    "functional object property": "hip:p a owl:FunctionalProperty .",
    "asymmetric": "hip:p a owl:AsymmetricProperty .",
    "irreflexive": "hip:p a owl:IrreflexiveProperty .",
    "reflexive": "hip:p a owl:ReflexiveProperty .",
    "superproperty that is an inverse": "hip:p rdfs:subPropertyOf [ owl:inverseOf hip:q ] .",
    "chain over an inverse": "hip:p owl:propertyChainAxiom ( hip:q [ owl:inverseOf hip:q ] ) .",
    "negative assertion": """[ a owl:NegativePropertyAssertion ; owl:sourceIndividual hip:one ;
        owl:assertionProperty hip:p ; owl:targetIndividual hip:two ] .""",
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_an_axiom_that_the_native_engine_would_ignore_is_refused(kind: str) -> None:
    refusal(UNSEEN[kind])


# Cycles

SMALL = """
hip:Document0 a owl:NamedIndividual , hip:Document ; skos:notation "T" .
hip:First a owl:Class , owl:NamedIndividual , hip:First ; rdfs:subClassOf hip:Intervention .
hip:Second a owl:Class , owl:NamedIndividual , hip:Second ; rdfs:subClassOf hip:Intervention .
hip:HadFirst a owl:Class ; rdfs:subClassOf hip:Patient ; owl:equivalentClass [ owl:intersectionOf ( hip:Patient
    [ a owl:Restriction ; owl:onProperty hip:hasCourse ; owl:someValuesFrom
        [ a owl:Restriction ; owl:onProperty hip:ofIntervention ; owl:someValuesFrom hip:First ] ] ) ] .
hip:HadSecond a owl:Class ; rdfs:subClassOf hip:Patient ; owl:equivalentClass [ owl:intersectionOf ( hip:Patient
    [ a owl:Restriction ; owl:onProperty hip:hasCourse ; owl:someValuesFrom
        [ a owl:Restriction ; owl:onProperty hip:ofIntervention ; owl:someValuesFrom hip:Second ] ] ) ] .
hip:T-01 a owl:NamedIndividual , hip:Recommendation ; skos:notation "T-01" ; hip:indicates hip:First ;
    hip:appliesTo hip:Patient ; hip:fromDocument hip:Document0 .
hip:T-02 a owl:NamedIndividual , hip:Recommendation ; skos:notation "T-02" ; hip:indicates hip:Second ;
    hip:appliesTo hip:Patient ; hip:fromDocument hip:Document0 .
"""


def built(folder: Path, text: str) -> Knowledge:
    """Build the release of the core and a few statements, which takes less than that of the whole ontology."""
    path = folder / "small.ttl"
    path.write_text(TURTLE + SMALL + text, encoding="utf-8")
    return build([ONTOLOGY / "core.ttl", path])


@pytest.mark.java
def test_companions_and_prerequisites_are_put_in_order(tmp_path: Path) -> None:
    content = built(tmp_path, "hip:T-02 hip:accompanies hip:First ; hip:requires hip:HadFirst .")
    assert {info.id: info.stratum for info in content.statements.values()} == {"T-01": 0, "T-02": 1}
    phases = {iri.removeprefix(HIP): info.phase for iri, info in content.interventions.items()}
    assert phases["First"] < phases["Second"]


@pytest.mark.java
def test_a_cycle_of_companions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="Companions form a cycle") as raised:
        built(tmp_path, "hip:T-01 hip:accompanies hip:Second . hip:T-02 hip:accompanies hip:First .")
    assert "hip:T-01" in raised.value.message
    assert "hip:T-02" in raised.value.message


@pytest.mark.java
def test_a_cycle_of_prerequisites_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="Prerequisites form a cycle") as raised:
        built(tmp_path, "hip:T-01 hip:requires hip:HadSecond . hip:T-02 hip:requires hip:HadFirst .")
    assert "hip:First" in raised.value.message
    assert "hip:Second" in raised.value.message


@pytest.mark.java
def test_a_class_without_possible_members_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="hip:Impossible"):
        built(tmp_path, "hip:Impossible a owl:Class ; rdfs:subClassOf hip:Patient , hip:Problem .")


@pytest.mark.java
def test_an_inconsistent_ontology_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InconsistentData):
        built(tmp_path, "hip:nobody a owl:NamedIndividual , hip:Patient , hip:Problem .")


@pytest.mark.java
def test_a_statement_about_two_interventions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="concerns 2 interventions") as raised:
        built(tmp_path, "hip:T-01 hip:contraindicates hip:Second .")
    assert raised.value.place == "hip:T-01"


# What a reasoner alone makes of the ontology: nothing below this line but files, data and the reasoner's own answer

REFUSED = HIP + "IaHyaluronicAcidInjection"
PRODUCTS = 2


def follows(denial: str) -> bool:
    """Ask HermiT whether a denial contradicts the ontology and `TWO_JOINTS`."""
    texts = TWO_JOINTS, TURTLE + denial
    beside = [quad.triple for one in texts for quad in ox.parse(one, format=ox.RdfFormat.TURTLE)]
    try:
        check_consistency([*load_sources(), *beside])
    except InconsistentData:
        return True
    return False


@pytest.mark.java
def test_a_reasoner_alone_refuses_hyaluronic_acid_for_the_hip_and_not_for_the_knee() -> None:
    def refused(problem: str) -> str:
        return f"""[] a owl:NegativePropertyAssertion ; owl:assertionProperty hip:hasContraindicated ;
            owl:sourceIndividual <{problem}> ; owl:targetIndividual <{REFUSED}> ."""

    assert follows(refused("urn:hip-arthritis"))
    assert not follows(refused("urn:knee-arthritis"))


@pytest.mark.java
@pytest.mark.xdist_group("Pellet")
def test_another_reasoner_agrees_on_hyaluronic_acid() -> None:
    found = entailed_alone("pellet")
    refused = {
        subject for subject, prop, target in found.relations if (prop, target) == (HIP + "hasContraindicated", REFUSED)
    }
    assert "urn:hip-arthritis" in refused
    assert "urn:knee-arthritis" not in refused
    assert found.unsatisfiable == frozenset()


@pytest.mark.java
def test_a_reasoner_alone_finds_every_product_of_hyaluronic_acid() -> None:
    told = {
        one.subject.value
        for one in load_sources()
        if one.predicate.value == RDFS + "subClassOf" and one.object == ox.NamedNode(REFUSED)
    }
    assert len(told) >= PRODUCTS
    for product in told:
        for kind in (REFUSED, HIP + "Intervention"):
            assert follows(f"<urn:one> a <{product}> , [ a owl:Class ; owl:complementOf <{kind}> ] .")


# Cases of inference


def expectation(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".json").read_text("utf-8"))


def of_case(path: Path, base: str = CASE) -> list[ox.Triple]:
    text = path.read_text("utf-8").replace(CASE, base)
    return [quad.triple for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]


def facts(rows: list[list[str]], base: str) -> set[tuple[str, str, str]]:
    """Write the rows of an expectation as triples: a node and a class, or a node, a property and a node."""
    whole = [(row[0], RDF_TYPE, "hip:" + row[1]) if len(row) == 2 else (row[0], HIP + row[1], row[2]) for row in rows]
    return {
        (base + one, prop, expand(other) if other.startswith("hip:") else base + other) for one, prop, other in whole
    }


def check_inference(found: set[tuple[str, str, str]], path: Path, base: str) -> None:
    wanted = expectation(path)
    assert facts([*wanted["entails"], *wanted.get("relations", [])], base) <= found
    assert not facts(wanted.get("doesNotEntail", []), base) & found


def plain(triples: tuple[ox.Triple, ...]) -> set[tuple[str, str, str]]:
    return {
        (one.subject.value, one.predicate.value, one.object.value)
        for one in triples
        if isinstance(one.object, ox.NamedNode)
    }


@pytest.mark.parametrize("path", INFERENCE, ids=by_name)
def test_inference(path: Path) -> None:
    check_inference(plain(reason_over(of_case(path))), path, CASE)


@pytest.mark.java
def test_inference_with_hermit() -> None:
    bases = {path: f"{CASE}{path.stem}/" for path in INFERENCE}
    found = plain(reason_over([one for path, base in bases.items() for one in of_case(path, base)], "hermit"))
    for path, base in bases.items():
        check_inference(found, path, base)


@pytest.mark.parametrize("path", INFERENCE, ids=by_name)
def test_a_case_names_terms_of_the_ontology(path: Path) -> None:
    terms = {expand("hip:" + row[1]) for rows in expectation(path).values() for row in rows}
    assert sorted(terms - load().terms) == []


@pytest.mark.parametrize("path", INCONSISTENT, ids=by_name)
def test_contradiction(path: Path) -> None:
    with pytest.raises(InconsistentData) as raised:
        reason_over(of_case(path))
    assert raised.value.place.startswith(f"<{CASE}")
    assert raised.value.remedy


@pytest.mark.java
@pytest.mark.parametrize("path", INCONSISTENT, ids=by_name)
def test_contradiction_with_hermit(path: Path) -> None:
    with pytest.raises(InconsistentData):
        reason_over(of_case(path), "hermit")


def test_the_sources_are_those_that_the_release_was_built_from() -> None:
    assert len(load_sources()) > 3000


# The context for patients in JSON-LD

RECORDED = {HIP + name for name in ("Patient", "Problem", "Activity", "BodySite")}
CODED = {HIP + name for name in ("Value", "Side", "Intervention", "Statement")}
NOT_OF_PATIENTS = {"rank"}


@cache
def context() -> dict[str, Any]:
    return json.loads((ONTOLOGY / "context.jsonld").read_text("utf-8"))["@context"]


def properties_of_patients() -> dict[str, str]:
    """Map each property of the core that a patient's graph can have to how the context must read its values."""
    axioms = read_axioms(load_sources())
    types: dict[str, str] = dict.fromkeys(measured(), "")
    for prop in axioms.properties.values():
        with_wider = [prop, *(axioms.properties[one] for one in prop.superproperties)]
        turned = [one for one in axioms.properties.values() if one.iri in prop.inverses]
        domains = set().union(*(one.domains for one in with_wider), *(one.ranges for one in turned))
        ranges = set().union(*(one.ranges for one in with_wider), *(one.domains for one in turned))
        name = prop.iri.removeprefix(HIP)
        if not objects(ONTOLOGY / "core.ttl", prop.iri, RDF_TYPE) or name in NOT_OF_PATIENTS:
            continue
        if not domains or any(closed(one) & RECORDED for one in domains):
            types[name] = "@vocab" if any(closed(one) & CODED for one in ranges) else "@id"
    return types


def closed(iri: str) -> frozenset[str]:
    return load().superclasses.get(iri, frozenset()) | {iri}


def measured() -> set[str]:
    return {prop.removeprefix(HIP) for prop in load().possible_ranges}


def datatypes() -> dict[str, str]:
    xsd = PREFIXES["xsd"]
    return {
        quad.subject.value.removeprefix(HIP): "xsd:" + quad.object.value.removeprefix(xsd)
        for quad in load_sources()
        if quad.predicate.value == RDFS + "range" and quad.object.value.startswith(xsd)
    }


def test_the_context_covers_every_property_of_patients() -> None:
    expected = {name: datatypes().get(name, kind) for name, kind in properties_of_patients().items()}
    expected |= dict.fromkeys(("asOf", "startDate", "endDate", "requestedOn"), "xsd:date")
    expected |= {"duration": "", "isWithout": "@vocab"}
    terms = {name: entry for name, entry in context().items() if isinstance(entry, dict)}
    assert {name: entry.get("@type", "") for name, entry in terms.items()} == expected
    assert {name: expand(entry["@id"]) for name, entry in terms.items()} == {name: HIP + name for name in terms}


def compact(path: Path) -> dict[str, Any]:
    """Write a Turtle file as JSON-LD in the names of the context."""
    nodes: dict[str, dict[str, Any]] = {}
    for quad in ox.parse(path=path):
        if quad.subject.value.endswith("/record"):  # the header of the file
            continue
        node = nodes.setdefault(quad.subject.value, {"id": quad.subject.value})
        name = "type" if quad.predicate.value == RDF_TYPE else quad.predicate.value.removeprefix(HIP)
        node.setdefault(name, []).append(quad.object.value.removeprefix(HIP))
    return {"@context": context(), "@graph": list(nodes.values())}


@pytest.mark.parametrize("path", sorted((PACKAGE.parent / "examples").glob("*.ttl")), ids=by_name)
def test_an_example_in_compact_json_ld_is_the_same_graph(path: Path) -> None:
    found = read_triples(json.dumps(compact(path)).encode(), format="json-ld")
    assert set(found) == {one for one in read_triples(path) if not one.subject.value.endswith("/record")}


def test_a_course_in_compact_json_ld_is_the_graph_that_it_should_be() -> None:
    document = {
        "@context": context(),
        "id": CASE + "ann",
        "type": "Patient",
        "age": 71,
        "bodyMassIndex": "24.9",
        "asOf": "2026-11-23",
        "hasCourse": {
            "id": CASE + "naproxen",
            "type": "TreatmentCourse",
            "ofIntervention": "Naproxen",
            "hasStatus": "completed",
            "startDate": "2026-09-09",
            "endDate": {"@value": "2026-10", "@type": "xsd:gYearMonth"},
            "duration": "P4W",
            "dailyDose": 1000,
        },
    }
    expected = f"""
        <{CASE}ann> a hip:Patient ; hip:age 71 ; hip:bodyMassIndex 24.9 ; hip:asOf "2026-11-23"^^xsd:date ;
            hip:hasCourse <{CASE}naproxen> .
        <{CASE}naproxen> a hip:TreatmentCourse ; hip:ofIntervention hip:Naproxen ; hip:hasStatus hip:completed ;
            hip:startDate "2026-09-09"^^xsd:date ; hip:endDate "2026-10"^^xsd:gYearMonth ; hip:duration "P4W" ;
            hip:dailyDose "1000"^^xsd:decimal ."""
    assert set(read_triples(json.dumps(document).encode(), format="json-ld")) == set(parsed(expected))


def test_an_unknown_key_is_kept_and_so_can_be_reported() -> None:
    document = {"@context": context(), "id": CASE + "ann", "type": "Patient", "agee": 71}
    found = validate(json.dumps(document).encode(), format="json-ld")
    assert "hip:age" in next(one.message for one in found if one.severity == "violation")
