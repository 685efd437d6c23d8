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

from hipkg.base.errors import EngineUnavailable
from hipkg.base.paths import ONTOLOGY, QUERIES, ontology_files
from hipkg.base.vocabulary import expand
from hipkg.knowledge.loading import load
from hipkg.maintenance.checks import runner as quality
from hipkg.maintenance.release import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.maintenance.checks.issue import Issue

QUERY_FILES = sorted((QUERIES / "quality").glob("*.rq"))
CASES = sorted((Path(__file__).parent / "cases" / "quality").iterdir())
SUFFIX = "-violation"


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
    assert quality.normalised_text(anatomy) == before


@pytest.mark.parametrize("path", ontology_files(), ids=lambda path: path.stem)
def test_the_normal_form_does_not_depend_on_the_names_of_blank_nodes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / path.name
    lines = [str(quad.triple) + " ." for quad in ox.parse(path=path)]
    other.write_text("\n".join(reversed(lines)) + "\n", encoding="utf-8")
    assert quality.normalised_text(other) == path.read_text("utf-8")


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
    path.write_text(quality.normalised_text(path), encoding="utf-8")
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
    (issue,) = quality.classification()
    assert issue.check == "classification"
    assert "hip:Odd" in issue.value
