"""The checks of maintainers: each notices what it is there for, and none complains of the ontology as it is."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from hipkg.base.errors import EngineUnavailable, OntologyError
from hipkg.base.paths import ONTOLOGY, SHAPES, module_files, ontology_files
from hipkg.base.vocabulary import HIP, curie, expand
from hipkg.knowledge.loading import load
from hipkg.maintenance import sources
from hipkg.maintenance.checks import modules
from hipkg.maintenance.checks import runner as quality
from hipkg.maintenance.checks.catalogue import SUFFIX, headers, query_files
from hipkg.maintenance.checks.profile import read_profile
from hipkg.maintenance.checks.workspace import Module, Workspace, of_texts, workspace
from hipkg.maintenance.release import write
from hipkg.owl.names import names, undeclared
from hipkg.owl.normal_form import in_normal_form
from hipkg.owl.sources import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.maintenance.checks.issue import Issue

QUERY_FILES = query_files()
FOLDER = Path(__file__).parent / "cases" / "quality"
CASES = sorted(one for one in FOLDER.iterdir() if one.name != "vocabulary")
RULES = sorted((FOLDER.parent / "rules").iterdir())
MISTAKES = FOLDER.parent / "mistakes" / "mistakes.toml"
PROFILE = read_profile(ONTOLOGY / "checks.toml")
NAMES: dict[str, list[list[int | str]]] = json.loads((FOLDER / "vocabulary" / "expected.json").read_text("utf-8"))
NAME = re.compile(re.escape(HIP) + "[^/#]+")


def name_of(path: Path) -> str:
    return path.stem.removesuffix(SUFFIX)


@cache
def shipped() -> Workspace:
    return workspace()


@cache
def whole() -> tuple[Issue, ...]:
    return tuple(quality.quality(shipped()))


@cache
def with_added(path: Path) -> tuple[Issue, ...]:
    """Run all queries on the ontology with a module added."""
    text = path.read_text("utf-8")
    added = Module(path, text, tuple(quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)))
    found = quality.quality(Workspace(ONTOLOGY, (*shipped().modules, added), ()))
    return tuple(one for one in found if not accepted(one))


def accepted(issue: Issue) -> bool:
    return any(one.covers(issue) for one in PROFILE.accepted)


def test_every_check_has_a_case_in_which_it_finds_something() -> None:
    mistakes = {one["check"] for one in tomllib.loads(MISTAKES.read_text("utf-8"))["mistake"]}
    in_folders = {path.name for path in (*CASES, *RULES)}
    files = (
        Path(__file__),
        *map(Path(__file__).with_name, ("test_mistakes.py", "test_own_ontology.py", "test_publishing.py")),
    )
    here = {name for path in files for name in re.findall(r'"([a-z0-9-]+)"', path.read_text("utf-8"))}
    mapped = {one for one in headers() if one.startswith("mapping-")}  # which `test_mappingcheck` tries
    assert sorted(headers().keys() - mistakes - in_folders - here - mapped) == []


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_query_finds_what_it_is_there_for(case: Path) -> None:
    expected = {tuple(row) for row in json.loads((case / "expected.json").read_text("utf-8"))}
    found = [one for one in with_added(case / "violation.ttl") if one.check == case.name]
    assert {(one.entity, one.property, one.value) for one in found} == expected


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_violation_breaks_no_other_rule(case: Path) -> None:
    assert {one.check for one in with_added(case / "violation.ttl")} == {case.name}


@pytest.mark.parametrize("path", QUERY_FILES, ids=name_of)
def test_a_query_is_silent_on_the_ontology(path: Path) -> None:
    assert [one for one in whole() if one.check == name_of(path) and not accepted(one)] == []


@pytest.mark.parametrize("path", QUERY_FILES, ids=name_of)
def test_a_query_says_what_it_checks_and_answers_in_the_agreed_columns(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.stem.endswith(SUFFIX)
    assert re.match(r"#\+ summary: [A-Z].*\.\n#\+ mend: [A-Z].*\.\n", text)
    answer = shipped().store.query(text)
    assert isinstance(answer, ox.QuerySolutions)
    assert [one.value for one in answer.variables] == ["entity", "property", "value"]
    assert "ORDER BY" in text


@pytest.mark.parametrize("path", QUERY_FILES, ids=name_of)
def test_a_query_names_terms_that_exist(path: Path) -> None:
    known = {one.subject.value for one in shipped().triples if isinstance(one.subject, ox.NamedNode)}
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
    found = issues_of(copy)
    assert {"normal-form", "vocabulary"} <= {one.check for one in found}
    first = next(one for one in found if one.check == "vocabulary")
    line = 1 + text[: text.index("hip:Osteoarthrits ")].count("\n")
    assert (first.entity, first.property) == (f"conditions.ttl:{line}", "hip:Osteoarthrits")
    assert first.value.startswith("is declared nowhere. Did you mean hip:Osteoarthritis")
    with pytest.raises(OntologyError) as raised:
        sources.read(module_files(copy))
    assert (raised.value.place, raised.value.message) == (first.entity, f"{first.property} {first.value}")


def test_a_module_that_the_ontology_does_not_import_is_an_issue(copy: Path) -> None:
    path = copy / "hipkg.ttl"
    path.write_text(path.read_text("utf-8").replace("/tensions>", "/tension>"), encoding="utf-8")
    assert [one.entity for one in modules.imports(workspace(copy))] == ["tensions.ttl", "hip:ontology"]


def test_what_is_no_turtle_or_no_utf_8_is_an_issue_with_its_line_and_the_rest_is_told_as_well(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copy / "anatomy.ttl"
    lines = path.read_text("utf-8").count("\n")
    path.write_text(path.read_text("utf-8") + "hip:Odd a owl:Class", encoding="utf-8")
    (copy / "words.ttl").write_bytes(b"# one\n# \xff\n")
    (copy / "core.ttl").write_text("# a remark\n" + (copy / "core.ttl").read_text("utf-8"), encoding="utf-8")
    monkeypatch.chdir(copy.parent)
    report = quality.check_ontology(copy)
    syntax = [one for one in report.findings if one.issue.check == "syntax"]
    assert [(one.path, one.line) for one in syntax] == [("ontology/anatomy.ttl", lines + 1), ("ontology/words.ttl", 2)]
    assert report.findings[:2] == tuple(syntax)
    assert [one.issue.entity for one in report.findings if one.issue.check == "normal-form"] == ["core.ttl"]
    assert len(report.left_out) == 2
    with pytest.raises(OntologyError):
        sources.read(module_files(copy))


# Normal form


def test_every_module_is_in_normal_form() -> None:
    assert list(quality.normal_form(shipped())) == []


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
    (issue,) = quality.normal_form(workspace(anatomy.parent))
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
def copy(tmp_path: Path) -> Path:
    """Copy the ontology without its mappings."""
    folder = tmp_path / "ontology"
    shutil.copytree(ONTOLOGY, folder, ignore=shutil.ignore_patterns("mappings", "release"))
    return folder


def issues_of(folder: Path) -> list[Issue]:
    return [one.issue for one in quality.check_ontology(folder, reasoner=False, profile=PROFILE).findings]


def test_the_catalog_is_complete(copy: Path) -> None:
    assert list(modules.catalog(workspace(copy))) == []


def test_a_missing_entry_of_the_catalog_is_noticed(copy: Path) -> None:
    catalog = copy / "catalog-v001.xml"
    lines = catalog.read_text("utf-8").splitlines(keepends=True)
    catalog.write_text("".join(line for line in lines if 'uri="anatomy.ttl"' not in line), encoding="utf-8")
    assert [(one.check, one.entity) for one in modules.catalog(workspace(copy))] == [("catalog", "anatomy.ttl")]


def test_an_entry_under_another_name_is_noticed(copy: Path) -> None:
    catalog = copy / "catalog-v001.xml"
    catalog.write_text(catalog.read_text("utf-8").replace("ontology/anatomy", "ontology/body"), encoding="utf-8")
    assert [one.entity for one in modules.catalog(workspace(copy))] == ["anatomy.ttl"]


def test_an_entry_that_leads_nowhere_is_noticed(copy: Path) -> None:
    (copy / "anatomy.ttl").unlink()
    (issue,) = modules.catalog(workspace(copy))
    assert "anatomy.ttl" in issue.value


# All checks together


def test_the_ontology_passes_every_check_without_a_reasoner() -> None:
    report = quality.check_ontology(reasoner=False, profile=PROFILE)
    assert (report.findings, report.left_out, report.unavailable) == ((), (), None)
    assert len(report.accepted) == len(PROFILE.accepted)


def test_an_axiom_outside_the_fragment_is_an_issue(copy: Path) -> None:
    path = copy / "anatomy.ttl"
    addition = """hip:Odd a owl:Class ; rdfs:subClassOf hip:BodySite ;
        owl:equivalentClass [ a owl:Class ; owl:complementOf hip:Joint ] ."""
    path.write_text(path.read_text("utf-8") + addition, encoding="utf-8")
    found = issues_of(copy)
    assert {one.entity for one in found if one.check == "fragment"} == {"hip:Odd"}


def test_an_axiom_outside_the_profile_is_an_issue(copy: Path) -> None:
    path = copy / "anatomy.ttl"
    addition = """hip:odd a owl:ObjectProperty , owl:DatatypeProperty ; rdfs:label "odd"@en ;
        <http://www.w3.org/2004/02/skos/core#definition> "Two kinds of property at once."@en ."""
    path.write_text(path.read_text("utf-8") + addition, encoding="utf-8")
    assert {one.check for one in quality.profile(workspace(copy))} == {"owl2-dl"}


def test_a_missing_profile_checker_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyowl2_profiles", None)
    with pytest.raises(EngineUnavailable) as raised:
        list(quality.profile(shipped()))
    assert "pip install" in raised.value.remedy
    report = quality.check_ontology(reasoner=False, profile=PROFILE)
    assert report.findings == ()
    assert isinstance(report.unavailable, EngineUnavailable)


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
    contents = {one: one.read_bytes() for one in (copy / "core.ttl", path)}  # by themselves: a tenth of the time
    (issue,) = quality.classification(of_texts(copy, contents))
    assert (issue.check, issue.entity) == ("classification", "hip:Odd")
