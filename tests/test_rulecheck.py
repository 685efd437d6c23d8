"""The checks of statements and contexts by a reasoner: each finds what it is there for, in one classification.

A folder of ``cases/rules`` is named after a check. It holds statements and classes that are added to the ontology, and
what the check says of them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from hipkg.base.paths import ONTOLOGY, ontology_files
from hipkg.base.vocabulary import HIP, PREFIXES
from hipkg.cli import main
from hipkg.knowledge.loading import RELEASE_FILE
from hipkg.maintenance.checks import runner as quality
from hipkg.maintenance.checks.contexts import Sight
from hipkg.maintenance.checks.statements import Rule, probes, read_rules
from hipkg.maintenance.checks.workspace import of_texts
from hipkg.owl.axioms import Axioms, read_axioms
from hipkg.owl.expression import Named, manchester
from hipkg.owl.sources import load_sources

CASES = sorted((Path(__file__).parent / "cases" / "rules").iterdir())
MODULES = [case / "ontology.ttl" for case in CASES]
NOTES = {"subsumed-statement"}
GOES_ALONG = {"unexpected-subsumption": {"same-class"}}
"""Of two contexts that fall under each other unseen, both is true."""
TURTLE = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


with_cases = pytest.mark.xdist_group("rules")


@cache
def found() -> tuple[quality.Issue, ...]:
    contents = {path: path.read_bytes() for path in (*ontology_files(), *MODULES)}
    return tuple(quality.classification(of_texts(ONTOLOGY, contents)))


def terms_of(case: Path) -> set[str]:
    quads = ox.parse(path=case / "ontology.ttl", format=ox.RdfFormat.TURTLE)
    return {"hip:" + str(quad.subject).strip("<>").removeprefix(HIP) for quad in quads}


@with_cases
@pytest.mark.java
@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_check_finds_what_it_is_there_for(case: Path) -> None:
    expected = [tuple(row) for row in json.loads((case / "expected.json").read_text("utf-8"))]
    of_case = [one for one in found() if one.check == case.name and one.entity in terms_of(case)]
    assert sorted((one.entity, one.property, one.value) for one in of_case) == sorted(expected)
    assert {one.note for one in of_case} == {case.name in NOTES}


@with_cases
@pytest.mark.java
@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_case_breaks_no_other_rule(case: Path) -> None:
    faults = [one for one in found() if one.entity in terms_of(case) and not one.note]
    assert {one.check for one in faults} <= {case.name, *GOES_ALONG.get(case.name, ())}


@with_cases
@pytest.mark.java
def test_the_ontology_has_no_fault() -> None:
    # With what is added the ontology is another than the release's, to which `test_release` compares.
    added = set().union(*map(terms_of, CASES), {RELEASE_FILE.name})
    assert [one for one in found() if one.entity not in added and not one.note] == []


@with_cases
@pytest.mark.java
def test_notes_do_not_fail_the_check(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    notes = tuple(one for one in found() if one.note)
    assert notes
    report = quality.report(of_texts(ONTOLOGY, {}), notes)
    monkeypatch.setattr(quality, "check_ontology", lambda **_: report)
    monkeypatch.setattr("sys.argv", ["hipkg", "ontology", "check"])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert not leaving.value.code
    shown = capfd.readouterr()
    assert shown.err == f"0 error(s), 0 warning(s), {len(notes)} note(s)\n"
    assert shown.out.startswith("note subsumed-statement: hip:")


# What is asked


@cache
def axioms() -> Axioms:
    return read_axioms(load_sources())


def rule(slots: str) -> Rule:
    triples = ox.parse(f"{TURTLE} hip:T {slots} .".encode(), format=ox.RdfFormat.TURTLE)
    (read,) = read_rules((quad.triple for quad in triples), axioms())
    return read


@pytest.mark.parametrize(
    ("slots", "asked"),
    [
        ("hip:appliesTo hip:HipPain", "HipPain"),
        ("hip:appliesTo hip:BackPain, hip:HipPain", "BackPain or HipPain"),
        ("hip:appliesTo hip:HipPain ; hip:requires hip:ReplacedHip", "HipPain and ReplacedHip"),
        ("hip:appliesTo hip:OverweightPatient ; hip:requires hip:Patient", "OverweightPatient and Patient"),
        ("hip:appliesTo hip:OverweightPatient ; hip:requires hip:HipPain", "OverweightPatient and HipPain"),
        (
            "hip:appliesTo hip:HipPain ; hip:requires hip:NormalWeightPatient, hip:PatientTakingPpi",
            "HipPain and (problemOf some (NormalWeightPatient and PatientTakingPpi))",
        ),
        (
            "hip:appliesTo hip:HipPain ; hip:requires hip:ReplacedHip, hip:DisabilityOfHip, hip:OverweightPatient",
            "HipPain and DisabilityOfHip and "
            "(ReplacedHip or (locatedIn some (locationOf some (HipPain and ReplacedHip)))) and "
            "(problemOf some OverweightPatient)",
        ),
    ],
)
def test_context_and_requirements_are_asked_as_they_are_judged(slots: str, asked: str) -> None:
    assert manchester(rule(slots).holding) == asked


def test_probes_are_definitions_in_a_namespace_of_their_own() -> None:
    one = rule("hip:appliesTo hip:HipPain ; hip:requires hip:OverweightPatient ; hip:exceptFor hip:BackPain")
    defined = {triple.subject.value for triple in probes([one]) if isinstance(triple.subject, ox.NamedNode)}
    assert len(defined) == 3
    assert not any(iri.startswith(HIP) for iri in defined)


def test_the_ontology_itself_is_asked_once_for_equal_questions() -> None:
    rules = read_rules(load_sources(), axioms())
    definitions = [one for one in probes(rules) if one.predicate.value == PREFIXES["owl"] + "equivalentClass"]
    asked = {manchester(one.holding) for one in rules}
    assert len(definitions) == len({one.subject for one in definitions})
    assert len(asked) < len(rules)


# What an editor sees

WORLD = """
hip:Thing a owl:Class .
hip:Red a owl:Class ; rdfs:subClassOf hip:Thing .
hip:Scarlet a owl:Class ; rdfs:subClassOf hip:Red .
hip:has a owl:ObjectProperty . hip:owns a owl:ObjectProperty ; rdfs:subPropertyOf hip:has .
hip:ownerOfScarlet a owl:Class ; owl:equivalentClass
  [ a owl:Restriction ; owl:onProperty hip:owns ; owl:someValuesFrom hip:Scarlet ] .
hip:HolderOfRed a owl:Class ; owl:equivalentClass
  [ a owl:Restriction ; owl:onProperty hip:has ; owl:someValuesFrom hip:Red ] .
hip:RedHolder a owl:Class ; owl:equivalentClass [ owl:intersectionOf ( hip:Red hip:HolderOfRed ) ] .
hip:RedOrHolder a owl:Class ; owl:equivalentClass [ owl:unionOf ( hip:Red hip:HolderOfRed ) ] .
hip:HolderOfOne a owl:Class ; owl:equivalentClass
  [ a owl:Restriction ; owl:onProperty hip:owns ; owl:hasValue hip:one ] .
hip:HolderOfOneOrTwo a owl:Class ; owl:equivalentClass
  [ a owl:Restriction ; owl:onProperty hip:has ; owl:someValuesFrom [ owl:oneOf ( hip:one hip:two ) ] ] .
hip:Ring a owl:Class ; owl:equivalentClass
  [ owl:unionOf ( hip:Red [ a owl:Restriction ; owl:onProperty hip:has ; owl:someValuesFrom hip:Ring ] ) ] .
"""


@cache
def world() -> Axioms:
    return read_axioms([quad.triple for quad in ox.parse((TURTLE + WORLD).encode(), format=ox.RdfFormat.TURTLE)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Scarlet", "Thing"),
        ("RedHolder", "Red"),
        ("RedHolder", "HolderOfRed"),
        ("RedHolder", "RedOrHolder"),
        ("ownerOfScarlet", "HolderOfRed"),
        ("ownerOfScarlet", "RedOrHolder"),
        ("HolderOfOne", "HolderOfOneOrTwo"),
        ("Scarlet", "Ring"),
    ],
)
def test_what_follows_part_by_part_is_seen(one: str, other: str) -> None:
    sight = Sight(world())
    assert sight.sees(Named(HIP + one), Named(HIP + other))
    assert not sight.sees(Named(HIP + other), Named(HIP + one))


@pytest.mark.parametrize(("one", "other"), [("Red", "HolderOfRed"), ("Ring", "HolderOfRed"), ("Ring", "Thing")])
def test_what_does_not_follow_is_not_seen(one: str, other: str) -> None:
    assert not Sight(world()).sees(Named(HIP + one), Named(HIP + other))


def test_what_is_expected_counts_as_seen() -> None:
    sight = Sight(world(), frozenset({(HIP + "Thing", HIP + "HolderOfOne")}))
    assert sight.sees(Named(HIP + "Scarlet"), Named(HIP + "HolderOfOneOrTwo"))
