"""What is published: a version for each content, its level, its files, and a history that loses and reuses no id."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from hipkg.base import paths
from hipkg.base.errors import HipkgError, OntologyError, UsageError
from hipkg.base.vocabulary import DCTERMS, HIP, OWL, PREFIXES, SKOS, XSD
from hipkg.cli import main
from hipkg.maintenance import history as past
from hipkg.maintenance import release, releasing, sources
from hipkg.maintenance.artefacts import base, full, nearest
from hipkg.maintenance.checks.withdrawals import published
from hipkg.maintenance.checks.workspace import module_files, of_texts, workspace
from hipkg.maintenance.history import Change, History, Kind, Version
from hipkg.maintenance.levels import Level
from hipkg.maintenance.publishing import bumped, counted_on, draft
from hipkg.owl.axioms import read_axioms
from hipkg.owl.functional_syntax import functional_syntax
from hipkg.owl.in_force import in_force
from hipkg.owl.sources import load_sources
from hipkg.render.history import changes_section, with_section
from hipkg.render.obograph import obograph
from support.garden import DENIALS, POSSIBLE, SOURCES, garden

if TYPE_CHECKING:
    from pathlib import Path

    from hipkg.maintenance.checks.workspace import Workspace

HEAD = "".join(
    f"PREFIX {prefix}: <{space}> "
    for prefix, space in {"dcterms": DCTERMS, "hip": HIP, "owl": OWL, "skos": SKOS, "xsd": XSD}.items()
)
HEADER = f'{HEAD}hip:ontology a owl:Ontology ; owl:versionIRI <{HIP}ontology/1.0.0> ; owl:versionInfo "1.0.0" .\n'
OWN = """
hip:Statement a owl:Class . hip:Recommendation a owl:Class ; rdfs:subClassOf hip:Statement .
hip:A-1 a owl:NamedIndividual , hip:Recommendation ; skos:notation "A-1" ; skos:definition "Rake the paths."@en ;
  hip:hasBound [ hip:upperBound 3.0 ; hip:unit "d" ] , [ hip:upperBound 5.0 ; hip:unit "d" ] .
hip:A-2 a owl:NamedIndividual , hip:Recommendation ; skos:notation "A-2" ; skos:definition "Sweep them."@en .
hip:Rake a owl:Class ; rdfs:label "rake"@en .
hip:no a owl:NamedIndividual ; hip:word "no"@en .
"""
HEADED = HEADER + f"PREFIX rdfs: <{PREFIXES['rdfs']}>\n"
AWAY = ' ; owl:deprecated true ; hip:withdrawnOn "2026-03-01"^^xsd:date ; hip:withdrawnBecause "Old."@en .'
DAY = date(2026, 3, 1)


def space(text: str = OWN, header: str = HEADED) -> Workspace:
    folder = paths.ONTOLOGY.parent / "elsewhere"
    return of_texts(folder, {folder / "one.ttl": (header + text).encode()})


def said(text: str = OWN) -> dict[str, past.Said]:
    return past.said(space(text).triples)


FIRST = past.extended(History((), {}), said(), Version("1.0.0", "2026-02-01", "major", past.content(said())))


# What a term says


@pytest.mark.parametrize(
    ("old", "new", "kind", "level"),
    [
        ('"Rake the paths."', '"Rake all paths."', Kind.WORDS, Level.PATCH),
        ("3.0", "4.0", Kind.LOGIC, Level.MAJOR),
        ('"Sweep them."@en .', '"Sweep them."@en' + AWAY, Kind.WITHDRAWN, Level.MAJOR),
        ('"rake"@en .', '"rake"@en' + AWAY, Kind.WITHDRAWN, Level.MINOR),
        ('"rake"@en', '"rakes"@en', Kind.WORDS, Level.PATCH),
        ('"no"@en', '"not"@en', Kind.LOGIC, Level.MAJOR),
        ("hip:Rake a owl:Class", "hip:Spade a owl:Class . hip:Rake a owl:Class", Kind.NEW, Level.MINOR),
        ("hip:A-1 a", "hip:A-3 a owl:NamedIndividual , hip:Recommendation . hip:A-1 a", Kind.NEW, Level.MAJOR),
    ],
)
def test_a_change_is_of_a_kind_and_a_level(old: str, new: str, kind: Kind, level: Level) -> None:
    assert old in OWN
    (change,) = past.changes(FIRST, said(OWN.replace(old, new, 1)))
    assert (change.kind, change.level) == (kind, level)


def test_what_says_the_same_in_another_order_is_no_change() -> None:
    first, second = '[ hip:upperBound 3.0 ; hip:unit "d" ]', '[ hip:upperBound 5.0 ; hip:unit "d" ]'
    turned = OWN.replace(f"{first} , {second}", f"{second} , {first}")
    assert turned != OWN
    assert past.changes(FIRST, said(turned)) == ()
    assert past.content(said(turned)) == past.content(said())


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / past.FOLDER
    folder.mkdir()
    for name, text in past.written(FIRST).items():
        (folder / name).write_text(text, encoding="utf-8")
    assert past.read_history(tmp_path) == FIRST
    assert past.read_history(folder) == History((), {})
    (folder / past.TERMS).write_text("term\tsince\n", encoding="utf-8")
    with pytest.raises(OntologyError, match="columns") as raised:
        past.read_history(tmp_path)
    assert raised.value.place == "terms.tsv:1"


# The next version


@pytest.mark.parametrize(
    ("version", "level", "following"),
    [
        ("1.4.2", Level.PATCH, "1.4.3"),
        ("1.4.2", Level.MINOR, "1.5.0"),
        ("1.4.2", Level.MAJOR, "2.0.0"),
        ("2026-01-31", Level.PATCH, "2026-03-01"),
    ],
)
def test_a_version_is_counted_on(version: str, level: Level, following: str) -> None:
    assert counted_on(version, level, DAY) == following


WORDED = OWN.replace("Sweep them", "Sweep all")
LOGICAL = OWN.replace("3.0", "4.0")
LOST = OWN.replace("hip:Rake a owl:Class ;", "hip:Spade a owl:Class ;")
AGAIN = past.extended(FIRST, said(OWN.replace('"rake"@en .', '"rake"@en' + AWAY)), Version("1.1.0", "", "minor", "x"))


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        (LOGICAL, {}, "Version 1.0.0 was published on 2026-02-01 with other content"),
        (LOGICAL, {"version": "1.0.0"}, "Version 1.0.0 was published on 2026-02-01"),
        (LOGICAL, {"version": "0.9.0"}, "does not come after 1.0.0"),
        (LOGICAL, {"bump": Level.PATCH}, "The changes are major, not patch: hip:A-1 has another logic"),
        (OWN, {"bump": Level.PATCH}, "Nothing changed since version 1.0.0"),
        (OWN, {"version": "1.2.0"}, "Nothing changed since version 1.0.0"),
        (LOST, {"bump": Level.MAJOR}, "hip:Rake were published and are declared no more"),
    ],
)
def test_what_cannot_be_published_is_refused_with_the_reason(
    text: str, wanted: dict[str, object], message: str
) -> None:
    with pytest.raises(HipkgError) as raised:
        draft(space(text), FIRST, said(text), day=DAY, **wanted)  # type: ignore[arg-type]
    assert message in raised.value.message
    assert raised.value.remedy


def test_what_can_be_published_gets_its_version_and_its_level() -> None:
    made = draft(space(LOGICAL), FIRST, said(LOGICAL), bump=Level.MAJOR, day=DAY)
    assert made.version == Version("2.0.0", "2026-03-01", "major", past.content(said(LOGICAL)))
    assert made.changes == (Change(HIP + "A-1", Kind.LOGIC, True),)
    made = draft(space(WORDED), FIRST, said(WORDED), version="1.0.1", day=DAY)
    assert (made.version.version, made.version.level) == ("1.0.1", "patch")
    again = draft(space(), FIRST, said(), day=DAY)
    assert (again.again, again.version) == (True, FIRST.versions[-1])
    first = draft(space(), History((), {}), said(), day=DAY)
    assert (first.first, first.version.version) == (True, "1.0.0")
    with pytest.raises(UsageError, match="neither a date nor three numbers"):
        counted_on("spring", Level.MAJOR, DAY)


def test_both_parts_of_a_header_are_counted_on_and_nothing_else() -> None:
    text = HEADER + '<urn:a> rdfs:label "1.0.0" ; owl:imports <https://w3id.org/hipkg/ontology/1.0.0> .'
    assert bumped(text, "1.0.0", "1.1.0") == text.replace("ontology/1.0.0> ; owl:v", "ontology/1.1.0> ; owl:v").replace(
        'versionInfo "1.0.0"', 'versionInfo "1.1.0"'
    )


# What the checks hold the modules to


def test_a_lost_id_a_reused_one_and_changed_content_are_found(tmp_path: Path) -> None:
    folder = tmp_path / past.FOLDER
    folder.mkdir()

    def found(history: History, text: str, header: str = HEADED) -> list[tuple[str, str]]:
        for name, table in past.written(history).items():
            (folder / name).write_text(table, encoding="utf-8")
        modules = of_texts(tmp_path, {tmp_path / "one.ttl": (header + text).encode()})
        return [(one.check, one.entity) for one in published(modules)]

    assert found(FIRST, OWN) == []
    assert found(FIRST, LOST, HEADED.replace("1.0.0", "1.1.0")) == [
        ("id-lost", f"terms.tsv:{[*FIRST.entries].index(HIP + 'Rake') + 2}")
    ]
    assert found(FIRST, LOGICAL) == [("version-published", "versions.tsv:2")]
    assert found(FIRST, LOGICAL, HEADED.replace("1.0.0", "1.1.0")) == []
    assert found(AGAIN, OWN) == [("id-reused", "hip:Rake")]
    (folder / past.VERSIONS).write_text("version\n", encoding="utf-8")
    modules = of_texts(tmp_path, {tmp_path / "one.ttl": (HEADED + OWN).encode()})
    assert [one.check for one in published(modules)] == ["syntax"]


# The files


def test_a_class_has_its_nearest_superclasses() -> None:
    above = {
        "a": frozenset("bcd"), "b": frozenset("cd"), "c": frozenset("d"), "d": frozenset(), "e": frozenset("fd"),
        "f": frozenset("ed"),
    }  # fmt: skip
    assert nearest("a", above) == {"b"}
    assert nearest("b", above) == {"c"}
    assert nearest("e", above) == {"d", "f"}
    assert nearest("d", above) == frozenset()


def gone(statement: str) -> list[ox.Triple]:
    text = f'{HEAD}{statement} owl:deprecated true ; hip:withdrawnBecause "Old."@en ; dcterms:isReplacedBy hip:X-04 .'
    return [one.triple for one in ox.parse((HEADER + text).encode(), format=ox.RdfFormat.TURTLE)]


def test_the_files_hold_one_ontology_what_a_reasoner_found_and_what_was_withdrawn() -> None:
    merged = base([*load_sources(SOURCES), *gone("hip:X-02")])
    headers = [one.subject.value for one in merged if one.object == ox.NamedNode(OWL + "Ontology")]  # type: ignore[union-attr]
    assert headers == [HIP + "ontology"]
    assert OWL + "imports" not in {one.predicate.value for one in merged}
    knowledge = garden()
    whole = full(merged, knowledge.superclasses)
    told = {(one.subject, one.object) for one in merged if one.predicate.value == PREFIXES["rdfs"] + "subClassOf"}
    found = {(one.subject, one.object) for one in whole if one.predicate.value == PREFIXES["rdfs"] + "subClassOf"}
    assert found - told
    appliesto = [one for one in whole if one.subject == ox.NamedNode(HIP + "X-02")]
    assert HIP + "appliesTo" not in {one.predicate.value for one in appliesto}

    graph = json.loads(obograph(whole, read_axioms(in_force(merged)), knowledge.superclasses))["graphs"][0]
    nodes = {one["id"]: one for one in graph["nodes"]}
    assert nodes[HIP + "X-02"]["meta"]["deprecated"] is True
    assert {"pred": "http://purl.obolibrary.org/obo/IAO_0100001", "val": HIP + "X-04"} in (
        nodes[HIP + "X-02"]["meta"]["basicPropertyValues"]
    )
    assert nodes[HIP + "hasProblem"]["propertyType"] == "OBJECT"
    assert {"sub": HIP + "SignOf-X-02", "pred": "is_a", "obj": HIP + "Finding"} in graph["edges"]
    assert all(one["id"] and one["type"] in {"CLASS", "INDIVIDUAL", "PROPERTY"} for one in graph["nodes"])


def test_the_functional_syntax_says_the_same_whatever_the_order() -> None:
    triples = base([*load_sources(SOURCES), *gone("hip:X-02")])
    text = functional_syntax(triples)
    assert text == functional_syntax(triples[::-1])
    assert f"Ontology(hip:ontology <{HIP}ontology/1.0.0>\n" in text
    assert "AnnotationAssertion(dcterms:isReplacedBy hip:X-02 hip:X-04)" in text
    assert "SubClassOf(hip:SignOf-X-02 hip:Finding)\n" in text


def test_changes_are_told_by_kind_the_newest_version_first() -> None:
    changes = (Change(HIP + "X-03", Kind.LOGIC, True), Change(HIP + "Watering", Kind.WORDS, False))
    section = changes_section(Version("1.1.0", "2026-03-01", "major", "x"), changes, garden(), first=False)
    page = with_section(with_section("", "## 1.0.0 (major, 2026-02-01)\n\nThe first.\n"), section)
    assert page.index("## 1.1.0 (major, 2026-03-01)") < page.index("## 1.0.0 (major, 2026-02-01)")
    assert page.count("# Changes of the ontology") == 1
    assert "### Statements that hold, or say what to do, otherwise\n\n- **X-03**" in page
    assert "### Terms in other words\n\n- **hip:Watering**" in page


# All of it


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an ontology of the garden in a folder of its own, with its classification as if HermiT had just found it."""
    ontology = tmp_path / "ontology"
    ontology.mkdir()
    for path in SOURCES:
        text = path.read_text("utf-8")
        for version in set(re.findall('owl:versionInfo "(.*)"', text)):
            text = bumped(text, version, "1.0.0")
        (ontology / path.name).write_text(text, encoding="utf-8")
    (ontology / "header.ttl").write_text(HEADER, encoding="utf-8")
    monkeypatch.setattr(paths, "ONTOLOGY", ontology)
    monkeypatch.setattr(paths, "POSSIBLE_CONTEXTS", ontology / POSSIBLE.name)
    monkeypatch.setattr(paths, "DENIALS", ontology / DENIALS.name)
    monkeypatch.setattr(sources, "files_about_ontology", lambda: ())
    monkeypatch.setattr(release, "build", garden)
    monkeypatch.setattr(release, "write", lambda *_: None)
    monkeypatch.setattr(releasing, "refuse_errors", lambda: None)
    return ontology


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["hipkg", "ontology", "release", *map(str, arguments)])
    with pytest.raises(SystemExit) as leaving:
        main()
    return int(leaving.value.code or 0)


def versions(folder: Path) -> set[str]:
    return {
        one.object.value  # type: ignore[union-attr]
        for one in load_sources(module_files(folder))
        if one.predicate.value == OWL + "versionInfo"
    }


def test_versions_are_published_one_after_the_other(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    assert run(monkeypatch, "--to", first, "--on", "2026-02-01") == 0
    names = {"hipkg-base.ttl", "hipkg-full.ttl", "hipkg-full.ofn", "hipkg-full.obograph.json", "hipkg.json"}
    assert {one.name for one in first.iterdir()} == names
    page = (folder / "CHANGES.md").read_text("utf-8")
    assert "## 1.0.0 (major, 2026-02-01)" in page
    assert [one.check for one in published(workspace(folder))] == []

    before = {path: path.read_bytes() for path in module_files(folder)}
    assert run(monkeypatch, "--to", first) == 2
    assert "with something in it" in capsys.readouterr().err
    slots = folder / "gathering.ttl"
    slots.write_text(slots.read_text("utf-8") + HEAD + "hip:X-02" + AWAY.lstrip(" ;").join((" ", "")), encoding="utf-8")
    changed = {**before, slots: slots.read_bytes()}
    assert run(monkeypatch, "--to", second) == 2
    assert "1.0.0 was published on 2026-02-01 with other content" in capsys.readouterr().err
    assert run(monkeypatch, "--to", second, "--bump", "patch") == 2
    assert "The changes are major, not patch: hip:X-02 is withdrawn" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in module_files(folder)} == changed
    assert not second.exists()

    assert run(monkeypatch, "--to", second, "--bump", "major", "--on", "2026-03-01") == 0
    assert versions(folder) == {"2.0.0"}
    history = past.read_history(folder)
    assert [one.version for one in history.versions] == ["1.0.0", "2.0.0"]
    assert history.entries[HIP + "X-02"].withdrawn == "2.0.0"
    page = (folder / "CHANGES.md").read_text("utf-8")
    assert page.index("## 2.0.0 (major, 2026-03-01)") < page.index("### Withdrawn statements") < page.index("## 1.0.0")


def test_where_a_step_fails_the_modules_are_as_they_were(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OntologyError("No individual can be a member of: hip:X.")

    before = {path: path.read_bytes() for path in module_files(folder)}
    monkeypatch.setattr(release, "build", fail)
    assert run(monkeypatch, "--to", tmp_path / "one", "--version", "3.0.0") == 3
    assert {path: path.read_bytes() for path in module_files(folder)} == before
    assert not (tmp_path / "one").exists()


def test_errors_that_the_checks_find_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from hipkg.maintenance.checks import runner
    from hipkg.maintenance.checks.issue import Issue

    issue = Issue("vocabulary", "core.ttl:7", "hip:Cain", "is declared nowhere.")
    report = runner.report(of_texts(paths.ONTOLOGY, {}), [issue, Issue("normal-form", "core.ttl", "", "differs")])
    monkeypatch.setattr(runner, "check_ontology", lambda **_: report)
    with pytest.raises(OntologyError, match=r"vocabulary: core\.ttl:7 hip:Cain is declared nowhere") as raised:
        releasing.refuse_errors()
    assert raised.value.place == "ontology/core.ttl:7"
    harmless = runner.report(of_texts(paths.ONTOLOGY, {}), [Issue("normal-form", "core.ttl", "", "differs")])
    monkeypatch.setattr(runner, "check_ontology", lambda **_: harmless)
    releasing.refuse_errors()
