"""The checks of maintainers: each notices what it is there for, and none complains of the ontology as it is."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from hipkg.base.errors import EngineUnavailable, OntologyError
from hipkg.base.paths import ONTOLOGY, QUERIES, SHAPES, ontology_files
from hipkg.base.vocabulary import HIP, curie, expand
from hipkg.knowledge.loading import load
from hipkg.maintenance import release
from hipkg.maintenance.checks import runner as quality
from hipkg.maintenance.release import write
from hipkg.owl.names import names, undeclared
from hipkg.owl.normal_form import in_normal_form
from hipkg.owl.sources import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.maintenance.checks.issue import Issue

QUERY_FILES = sorted((QUERIES / "quality").glob("*.rq"))
FOLDER = Path(__file__).parent / "cases" / "quality"
CASES = sorted(one for one in FOLDER.iterdir() if one.name != "vocabulary")
NAMES: dict[str, list[list[int | str]]] = json.loads((FOLDER / "vocabulary" / "expected.json").read_text("utf-8"))
SUFFIX = "-violation"
NAME = re.compile(re.escape(HIP) + "[^/#]+")


def name_of(path: Path) -> str:
    return path.stem.removesuffix(SUFFIX)


@cache
def whole() -> tuple[Issue, ...]:
    return tuple(quality.quality())


def with_added(path: Path) -> ox.Store:
    store = quality.ontology_store()
    store.load(path=path, format=ox.RdfFormat.TURTLE)
    return store


def test_every_query_has_a_case() -> None:
    assert [path.name for path in CASES] == [name_of(path) for path in QUERY_FILES]


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_query_finds_what_it_is_there_for(case: Path) -> None:
    expected = {tuple(row) for row in json.loads((case / "expected.json").read_text("utf-8"))}
    found = [one for one in quality.quality(with_added(case / "violation.ttl")) if one.check == case.name]
    assert {(one.entity, one.property, one.value) for one in found} == expected


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_violation_breaks_no_other_rule(case: Path) -> None:
    assert {one.check for one in quality.quality(with_added(case / "violation.ttl"))} == {case.name}


@pytest.mark.parametrize("path", QUERY_FILES, ids=name_of)
def test_a_query_is_silent_on_the_ontology(path: Path) -> None:
    assert [one for one in whole() if one.check == name_of(path)] == []


@pytest.mark.parametrize("path", QUERY_FILES, ids=name_of)
def test_a_query_says_what_it_checks_and_answers_in_the_agreed_columns(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.stem.endswith(SUFFIX)
    assert re.match(r"#\+ summary: [A-Z].*\.\n", text)
    answer = quality.ontology_store().query(text)
    assert isinstance(answer, ox.QuerySolutions)
    assert [one.value for one in answer.variables] == ["entity", "property", "value"]
    assert "ORDER BY" in text


@pytest.mark.parametrize("path", QUERY_FILES, ids=name_of)
def test_a_query_names_terms_that_exist(path: Path) -> None:
    store = quality.ontology_store()
    known = {quad.subject.value for quad in store if isinstance(quad.subject, ox.NamedNode)}
    named = re.findall(r"\bhip:[A-Za-z][\w-]*", path.read_text("utf-8"))
    assert [one for one in named if expand(one) not in known] == []


# Names


def test_every_file_with_names_has_expectations() -> None:
    assert sorted(one.name for one in (FOLDER / "vocabulary").iterdir()) == sorted([*NAMES, "expected.json"])


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_nobody_declares_is_found_where_it_stands(name: str) -> None:
    path = FOLDER / "vocabulary" / name
    module = path.suffix == ".ttl" and name != "shapes.ttl"
    found = undeclared([*ontology_files(), *([path] if module else [])], [] if module else [path])
    nearest = ([one.line, curie(one.iri), "".join(map(curie, one.near[:1]))] for one in found if one.path == path)
    assert list(nearest) == NAMES[name]


@pytest.mark.parametrize("path", [*ontology_files(), *sorted(SHAPES.glob("*.ttl"))], ids=lambda path: path.stem)
def test_every_name_that_a_parser_sees_is_found_in_the_text(path: Path) -> None:
    found = {iri for _, iri in names(path.read_text("utf-8"))}
    terms = {term for quad in parsed(path) for term in quad.triple}
    assert {term.value for term in terms if isinstance(term, ox.NamedNode) and NAME.fullmatch(term.value)} <= found


def test_a_misspelt_name_is_an_issue_whatever_else_is_wrong_and_no_release_is_made_of_it(copy: Path) -> None:
    path = copy / "conditions.ttl"
    text = "# a remark\n" + path.read_text("utf-8").replace(
        "subClassOf hip:Osteoarthritis", "subClassOf hip:Osteoarthrits"
    )
    path.write_text(text, encoding="utf-8")
    found = quality.check_ontology(reasoner=False)
    assert {one.check for one in found} == {"normal-form", "vocabulary"}
    first = next(one for one in found if one.check == "vocabulary")
    line = 1 + text[: text.index("hip:Osteoarthrits ")].count("\n")
    assert (first.entity, first.property) == (f"conditions.ttl:{line}", "hip:Osteoarthrits")
    assert first.value.startswith("is declared nowhere. Did you mean hip:Osteoarthritis")
    with pytest.raises(OntologyError) as raised:
        release.read()
    assert (raised.value.place, raised.value.message) == (first.entity, f"{first.property} {first.value}")


def test_a_module_that_the_ontology_does_not_import_is_an_issue(copy: Path) -> None:
    path = copy / "hipkg.ttl"
    path.write_text(path.read_text("utf-8").replace("/tensions>", "/tension>"), encoding="utf-8")
    assert [one.entity for one in quality.imports()] == ["tensions.ttl", "hip:ontology"]


def test_a_module_that_is_no_turtle_is_an_issue_with_its_line(copy: Path) -> None:
    path = copy / "anatomy.ttl"
    lines = path.read_text("utf-8").count("\n")
    path.write_text(path.read_text("utf-8") + "hip:Odd a owl:Class", encoding="utf-8")
    (issue,) = quality.check_ontology(reasoner=False)
    assert (issue.check, issue.entity) == ("syntax", f"anatomy.ttl:{lines + 1}")
    with pytest.raises(OntologyError):
        release.read()


# Normal form


def test_every_module_is_in_normal_form() -> None:
    assert list(quality.normal_form()) == []


@pytest.fixture
def anatomy(tmp_path: Path) -> Path:
    path = tmp_path / "anatomy.ttl"
    shutil.copy(ONTOLOGY / "anatomy.ttl", path)
    return path


def reordered(text: str) -> str:
    head, *blocks = text.split("\n\n")
    return "\n\n".join([head, *reversed([one.strip("\n") for one in blocks if one.strip()])]) + "\n"


@pytest.mark.parametrize(
    "change",
    [reordered, lambda text: text + "\n", lambda text: "# a remark\n" + text, lambda text: text.replace(" ;\n", ";\n")],
    ids=["reordered", "blank line", "remark", "spacing"],
)
def test_a_file_in_another_form_is_noticed_and_mended(anatomy: Path, change: Callable[[str], str]) -> None:
    before = anatomy.read_text("utf-8")
    anatomy.write_text(change(before), encoding="utf-8")
    (issue,) = quality.normal_form([anatomy])
    assert (issue.check, issue.entity) == ("normal-form", "anatomy.ttl")
    assert "hipkg ontology format" in issue.value
    assert in_normal_form(parsed(anatomy)) == before


@pytest.mark.parametrize("path", ontology_files(), ids=lambda path: path.stem)
def test_the_normal_form_does_not_depend_on_the_names_of_blank_nodes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / path.name
    lines = [str(quad.triple) + " ." for quad in ox.parse(path=path)]
    other.write_text("\n".join(reversed(lines)) + "\n", encoding="utf-8")
    assert in_normal_form(parsed(other)) == path.read_text("utf-8")


# Catalog


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the ontology and let the checks look at the copy."""
    folder = tmp_path / "ontology"
    shutil.copytree(ONTOLOGY, folder)

    def files() -> tuple[Path, ...]:
        return tuple(sorted([*folder.glob("*.ttl"), *folder.glob("guidelines/*.ttl")]))

    monkeypatch.setattr(quality, "ONTOLOGY", folder)
    monkeypatch.setattr(quality, "ontology_files", files)
    monkeypatch.setattr("hipkg.maintenance.checks.vocabulary.ontology_files", files)
    monkeypatch.setattr("hipkg.owl.sources.ontology_files", files)
    monkeypatch.setattr("hipkg.maintenance.release.ontology_files", files)
    return folder


def test_the_catalog_is_complete(copy: Path) -> None:
    assert list(quality.catalog()) == []


def test_a_missing_entry_of_the_catalog_is_noticed(copy: Path) -> None:
    catalog = copy / "catalog-v001.xml"
    lines = catalog.read_text("utf-8").splitlines(keepends=True)
    catalog.write_text("".join(line for line in lines if 'uri="anatomy.ttl"' not in line), encoding="utf-8")
    assert [(one.check, one.entity) for one in quality.catalog()] == [("catalog", "anatomy.ttl")]


def test_an_entry_under_another_name_is_noticed(copy: Path) -> None:
    catalog = copy / "catalog-v001.xml"
    catalog.write_text(catalog.read_text("utf-8").replace("ontology/anatomy", "ontology/body"), encoding="utf-8")
    assert [one.entity for one in quality.catalog()] == ["anatomy.ttl"]


def test_an_entry_that_leads_nowhere_is_noticed(copy: Path) -> None:
    (copy / "anatomy.ttl").unlink()
    (issue,) = quality.catalog()
    assert "anatomy.ttl" in issue.value


# All checks together


def test_the_ontology_passes_every_check_without_a_reasoner() -> None:
    assert quality.check_ontology(reasoner=False) == ()


def test_an_axiom_outside_the_fragment_is_an_issue(copy: Path) -> None:
    path = copy / "anatomy.ttl"
    addition = """hip:Odd a owl:Class ; rdfs:subClassOf hip:BodySite ;
        owl:equivalentClass [ a owl:Class ; owl:complementOf hip:Joint ] ."""
    path.write_text(path.read_text("utf-8") + addition, encoding="utf-8")
    path.write_text(in_normal_form(parsed(path)), encoding="utf-8")
    (issue,) = quality.check_ontology(reasoner=False)
    assert (issue.check, issue.entity) == ("fragment", "hip:Odd")


def test_an_axiom_outside_the_profile_is_an_issue(copy: Path) -> None:
    path = copy / "anatomy.ttl"
    addition = """hip:odd a owl:ObjectProperty , owl:DatatypeProperty ; rdfs:label "odd"@en ;
        <http://www.w3.org/2004/02/skos/core#definition> "Two kinds of property at once."@en ."""
    path.write_text(path.read_text("utf-8") + addition, encoding="utf-8")
    assert {one.check for one in quality.profile()} == {"owl2-dl"}


def test_a_missing_profile_checker_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyowl2_profiles", None)
    with pytest.raises(EngineUnavailable) as raised:
        list(quality.profile())
    assert "pip install" in raised.value.remedy


def test_a_release_of_other_sources_is_an_issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "hipkg.json"
    write(replace(load(), version="1999-01-01"), other)
    monkeypatch.setattr(quality, "RELEASE_FILE", other)
    (issue,) = quality.release(load())
    assert (issue.check, issue.property) == ("release", "version")
    assert "hipkg ontology release" in issue.value


def test_a_missing_release_is_an_issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "RELEASE_FILE", tmp_path / "hipkg.json")
    assert {one.check for one in quality.release(load())} == {"release"}


@pytest.mark.java
def test_a_class_without_possible_members_is_an_issue(copy: Path) -> None:
    path = copy / "anatomy.ttl"
    addition = "hip:Odd a owl:Class ; rdfs:subClassOf hip:HipJoint , hip:KneeJoint ."
    path.write_text(path.read_text("utf-8") + addition, encoding="utf-8")
    (issue,) = quality.classification([copy / "core.ttl", path])  # by itself, which takes a tenth of the time
    assert issue.check == "classification"
    assert "hip:Odd" in issue.value
