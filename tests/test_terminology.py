"""Codes and terms: what a code is recorded as, on which side, however its system is spelled."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from hipkg.base.errors import OntologyError, UsageError
from hipkg.base.paths import MAPPINGS
from hipkg.base.vocabulary import HIP, curie, expand
from hipkg.knowledge.loading import load
from hipkg.knowledge.terminology import EXACT, NONE_KNOWN, PREDICATES, SUFFIX, Mapping, mapping_file, read

CASES = Path(__file__).parent / "cases" / "terminology"
FILES = sorted(MAPPINGS.glob(f"*{SUFFIX}"))
SOUND = CASES.parent / "mappings" / "sound"
ICD, SNOMED = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct"
RIGHT_HIP = Mapping(
    system=ICD,
    code="M16.11",
    display="Unilateral primary osteoarthritis of hip",
    predicate="skos:broadMatch",
    term=HIP + "HipOsteoarthritis",
    site=HIP + "HipJoint",
    sides=(HIP + "right",),
    qualifiers=(),
    label="hip osteoarthritis",
    comment="Osteoarthritis of one kind of cause.",
    seen_in="CMS/NCHS ICD-10-CM list in simple-icd-10-cm 1.5.0",
    rule="M16.1",
)


def cases(name: str) -> list[list[object]]:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def families() -> dict[str, list[tuple[list[str], str]]]:
    """List the codes of each family by what they have to be recorded as."""
    return json.loads((CASES / "families.json").read_text("utf-8"))


def recorded(system: str, code: str) -> list[Mapping]:
    return [one for one in load().terminology.of_code(system, code) if one.asserts]


# What is read


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(SUFFIX))
def test_every_row_is_found_by_its_code_and_by_its_term(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    (system,) = (one for one in load().terminology.systems if mapping_file(MAPPINGS, one) == path)
    rows = list(csv.DictReader(lines, delimiter="\t"))
    assert rows
    for row in (one for one in rows if not one.get("ext_below")):
        code = system.code_prefix + row["subject_id"].partition(":")[2]
        found = [one for one in load().terminology.of_code(system.system, code) if one.predicate == row["predicate_id"]]
        (one,) = [one for one in found if (curie(one.term) if one.term else "sssom:NoTermFound") == row["object_id"]]
        assert one in load().terminology.mappings
        assert (one in load().terminology.of_term(one.term)) == bool(one.term)


@pytest.mark.parametrize(("system", "code", "rule", "term", "site", "sides"), cases("rules"), ids=str)
def test_a_code_has_what_the_longest_rule_says_that_it_fits(
    system: str, code: str, rule: str, term: str, site: str, sides: list[str]
) -> None:
    found = {(one.rule, one.term, one.site, one.sides) for one in recorded(system, code)}
    expected = (rule, expand(term), expand(site) if site else "", tuple(map(expand, sides)))
    assert found == ({expected} if term else set())


@pytest.mark.parametrize(
    ("family", "codes", "expected"),
    [(name, codes, expected) for name, groups in families().items() for expected, codes in groups],
)
def test_every_code_of_a_family_is_known_with_its_term_and_side(family: str, codes: str, expected: list[str]) -> None:
    """Each code of the published lists, with the term and the sides that its name there says."""
    system = "ICD-10-PCS" if family == "hip replacement by operation" else "ICD-10-CM"
    for code in codes.split():
        assert load().terminology.of_code(system, code), code
        told = {" ".join((curie(one.term), *map(curie, one.sides))) for one in recorded(system, code)}
        assert (code, sorted(told)) == (code, expected)


def test_the_page_on_codes_counts_the_codes_of_the_families() -> None:
    """The table of what is known was measured on the lists that the families were taken from."""
    page = (CASES.parents[2] / "docs" / "terminology.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ICD-10-(?:CM|PCS) \| (\d+) \| (\d+) \(100 %\) \|", page, re.MULTILINE)
    told = {name: {int(count), int(known)} for name, count, known in rows}
    counted = {name: sum(len(codes.split()) for _, codes in groups) for name, groups in families().items()}
    operations = counted.pop("hip replacement by operation")
    assert {name: told[name] for name in counted} == {name: {count} for name, count in counted.items()}
    assert (
        sum(min(told[name]) for name in ("replacement of the hip joint", "replacement of a surface of it"))
        == operations
    )


def test_a_body_mass_index_below_that_of_overweight_denies_it() -> None:
    for code in ("Z68.1", "Z68.20", "Z68.24"):
        (one,) = load().terminology.of_code(ICD, code)
        assert (one.term, one.absence, one.asserts) == (HIP + "Overweight", NONE_KNOWN, False)


def test_a_member_of_a_class_is_narrower_than_it() -> None:
    (whole,), (part,) = (load().terminology.of_code(ICD, code) for code in ("M16", "M16.8"))
    assert (whole.predicate, part.predicate) == (EXACT, "skos:broadMatch")
    assert whole.term == part.term


def test_a_rule_finds_no_code_of_another_form() -> None:
    assert load().terminology.of_code("ICD-10-PCS", "0SR901") == ()
    assert load().terminology.of_code("ICD-10-PCS", "0SR90199") == ()
    assert load().terminology.of_code(ICD, "M16.1111111") == ()


def test_a_mapping_holds_all_that_a_row_says() -> None:
    assert load().terminology.of_code(ICD, "M16.11") == (RIGHT_HIP,)


def test_every_term_is_one_of_the_released_ontology() -> None:
    knowledge = load()
    for one in load().terminology.mappings:
        named = [one.term, one.site, *one.sides, *chain.from_iterable(one.qualifiers)]
        assert {name for name in named if name} <= knowledge.terms


def test_a_code_without_a_term_is_known_and_not_recorded() -> None:
    (one,) = load().terminology.of_code(ICD, "M54.81")
    assert (one.term, one.label, one.asserts) == ("", "", False)
    assert one.display == "Occipital neuralgia"


@pytest.mark.parametrize(
    ("system", "code", "absence"),
    [
        (SNOMED, "716186003", "none known"),
        ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-known-problems", "none known"),
        ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-allergy-info", "no information"),
        (SNOMED, "13200003", ""),
    ],
)
def test_a_code_may_say_that_there_is_nothing(system: str, code: str, absence: str) -> None:
    (one,) = load().terminology.of_code(system, code)
    assert (one.absence, one.asserts) == (absence, not absence)


@pytest.mark.parametrize("predicate", PREDICATES)
def test_only_the_same_or_a_broader_term_is_recorded(predicate: str) -> None:
    assert RIGHT_HIP._replace(predicate=predicate).asserts == (predicate in {EXACT, "skos:broadMatch"})


@pytest.mark.parametrize(
    ("code", "term"),
    [("M25.851", "FemoroacetabularImpingement"), ("S73.191A", "LabralTear"), ("M54.2", "BackPain")],
)
def test_a_residual_code_never_records_the_narrower_term(code: str, term: str) -> None:
    assert load().terminology.of_code(ICD, code)
    assert HIP + term not in {one.term for one in recorded(ICD, code)}


def test_codes_of_a_term_come_with_the_exact_ones_first() -> None:
    predicates = [one.predicate for one in load().terminology.of_term("hip:HipOsteoarthritis")]
    assert set(predicates) == {EXACT, "skos:broadMatch"}
    assert predicates == sorted(predicates, key=PREDICATES.index)
    assert load().terminology.of_term(HIP + "HipOsteoarthritis") == load().terminology.of_term("hip:HipOsteoarthritis")


def test_what_is_no_term_has_no_codes() -> None:
    assert load().terminology.of_term("hip:Nothing") == load().terminology.of_term("") == ()


# Sides and further facts


@pytest.mark.parametrize(("system", "code", "site", "sides"), cases("sides"), ids=str)
def test_a_code_says_the_side_that_it_names_and_no_other(system: str, code: str, site: str, sides: list[str]) -> None:
    (one,) = recorded(system, code)
    assert (curie(one.site), [curie(side) for side in one.sides]) == (site, sides)


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("M16.51", [("hip:hasEtiology", "hip:traumaticEtiology")]),
        ("M16.11", []),
        ("Z79.01", [("hip:hasStatus", "hip:ongoing")]),
        ("Z96.641", [("hip:hasStatus", "hip:completed")]),
    ],
)
def test_a_code_says_further_facts(code: str, facts: list[tuple[str, str]]) -> None:
    (one,) = recorded(ICD, code)
    assert [(curie(prop), curie(value)) for prop, value in one.qualifiers] == facts


def test_a_code_of_the_thigh_does_not_record_a_hip() -> None:
    (one,) = recorded(ICD, "M61.551")
    assert (curie(one.term), curie(one.site)) == ("hip:HeterotopicOssification", "hip:BodySite")


# Drugs


@pytest.mark.parametrize(("system", "code", "cls"), cases("drug-classes"), ids=str)
def test_a_drug_reaches_its_class_or_is_not_recorded(system: str, code: str, cls: str | None) -> None:
    assert load().terminology.of_code(system, code)
    found = recorded(system, code)
    assert bool(found) == bool(cls)
    assert not cls or any(load().is_a(one.term, expand(cls)) for one in found)


def test_a_drug_reaches_no_class_but_those_of_its_cases() -> None:
    expected: dict[tuple[str, str], set[str]] = {}
    for system, code, cls in cases("drug-classes"):
        expected.setdefault((system, code), set()).add(expand(cls or ""))
    for (system, code), classes in expected.items():
        for one in recorded(system, code):
            assert any(load().is_a(one.term, cls) for cls in classes), code


def test_every_mapped_drug_code_is_a_case() -> None:
    drugs = {load().terminology.system(name): name for name in ("RxNorm", "ATC")}
    mapped = {
        (drugs[load().terminology.system(one.system)], one.code)
        for one in load().terminology.mappings
        if load().terminology.system(one.system) in drugs and not one.below
    }
    assert {(one[0], one[1]) for one in cases("drug-classes")} >= mapped


USED_BY_NONE = {
    "hip:Immunosuppressant": "told as taken, for no source that may be cited ties it to what is done for a hip",
    "hip:TopicalNsaid": "so that it is not taken for an oral one",
}


@pytest.mark.parametrize("cls", sorted({str(one[2]) for one in cases("drug-classes") if one[2]} - USED_BY_NONE.keys()))
def test_the_class_of_a_drug_is_one_that_a_statement_uses(cls: str) -> None:
    knowledge = load()
    used = {one.intervention for one in knowledge.statements.values()}
    used |= {name for one in knowledge.statements.values() for name in one.accompanies}
    defined = repr(knowledge.definitions)
    below = {iri for iri in knowledge.superclasses if knowledge.is_a(iri, expand(cls))}
    assert used & below or repr(expand(cls)) in defined


# Systems


@pytest.mark.parametrize(("system", "code", "found"), cases("spellings"))
def test_a_system_and_a_code_are_known_in_each_spelling(system: str, code: str, found: str | None) -> None:
    assert {one.code for one in load().terminology.of_code(system, code)} == ({found} if found else set())


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("http://hl7.org/fhir/sid/ndc", "NDC"),
        ("urn:oid:2.16.840.1.113883.6.69", "NDC"),
        ("https://dmd.nhs.uk", "dm+d"),
    ],
)
def test_a_system_without_mappings_is_known_by_name(spelling: str, name: str) -> None:
    found = load().terminology.system(spelling)
    assert found is not None
    assert found.name == name
    assert found in load().terminology.absent


def test_an_unknown_system_has_no_name() -> None:
    assert load().terminology.system("http://example.org/local") is None


def test_every_system_has_a_notice() -> None:
    assert all(one.notice for one in load().terminology.systems)


# Files


@pytest.mark.parametrize("prefix", ["SNOMEDCT", "ATC"])
def test_a_licensed_file_may_be_absent(prefix: str, tmp_path: Path) -> None:
    shutil.copytree(MAPPINGS, tmp_path, dirs_exist_ok=True)
    (tmp_path / f"{prefix.lower()}{SUFFIX}").unlink()
    left = read(tmp_path)
    (system,) = (one for one in left.systems if one.prefix == prefix)
    assert system.may_be_absent
    assert system in left.absent
    assert [one for one in load().terminology.mappings if one.system != system.system] == list(left.mappings)
    assert left.of_code(ICD, "M16.11") == (RIGHT_HIP,)


@pytest.mark.parametrize(
    "name", ["mapping-predicate", "mapping-table", "mapping-table-column", "mapping-table-systems"]
)
def test_a_file_in_another_form_is_refused(name: str, tmp_path: Path) -> None:
    shutil.copytree(SOUND, tmp_path, dirs_exist_ok=True)
    shutil.copytree(SOUND.parent / name, tmp_path, dirs_exist_ok=True)
    with pytest.raises(OntologyError) as raised:
        read(tmp_path)
    assert raised.value.place
    assert raised.value.remedy


# Search


def test_a_code_is_found_before_words() -> None:
    assert load().terminology.search("M1611", "ICD-10-CM") == (RIGHT_HIP,)


def test_a_term_is_found_by_name() -> None:
    assert load().terminology.search("hip:LabralTear") == load().terminology.of_term("hip:LabralTear")


def test_each_word_begins_a_word_of_display_or_term() -> None:
    assert {one.code for one in load().terminology.search("PAIN hip", "ICD-10-CM")} == {"M25.55", "M25.559"}
    assert load().terminology.search("ip pain") == ()
    assert load().terminology.search("  ") == ()


def test_a_search_keeps_to_a_system() -> None:
    assert {one.system for one in load().terminology.search("hip pain", "SNOMED CT")} == {SNOMED}
    assert load().terminology.search("49218002", "SNOMED CT")
    assert load().terminology.search("49218002", "ICD-10-CM") == ()
    with pytest.raises(UsageError) as raised:
        load().terminology.search("hip pain", "ICD-9")
    assert "ICD-10-CM" in raised.value.remedy


def test_looking_up_a_code_imports_nothing_heavy() -> None:
    code = "import sys, hipkg.knowledge.terminology as t; t.read(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=MAPPINGS.parent.parent
    )
    assert {"yaml", "pyoxigraph", "rdflib", "typer", "rich", "networkx"} & set(done.stdout.split()) == set()


@pytest.mark.parametrize("page", ["README.md", "docs/terminology.md", "CHANGELOG.md"])
def test_the_number_of_codes_is_as_told(page: str) -> None:
    mappings = load().terminology.mappings
    pattern = r"(\d+) codes and (\d+) rules of (?:twenty|ICD)"
    (told,) = re.findall(pattern, (CASES.parents[2] / page).read_text("utf-8"))
    assert tuple(map(int, told)) == (
        len({(one.system, one.code) for one in mappings if not one.below}),
        len({(one.system, one.code, one.below) for one in mappings if one.below}),
    )
