"""What changes from one ontology to another is told by its pattern, with whose plans, and asked of a reasoner once."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from hipkg.base.errors import EngineUnavailable, HipkgError, OntologyError, UsageError
from hipkg.base.paths import ONTOLOGY, ROOT
from hipkg.base.vocabulary import HIP, curie
from hipkg.cli import main
from hipkg.knowledge.loading import released
from hipkg.maintenance.diff.classifying import Classifier
from hipkg.maintenance.diff.compare import OntologyDiff, compare
from hipkg.maintenance.diff.meaning import Relation
from hipkg.maintenance.diff.reasoner import Reasoner
from hipkg.maintenance.diff.sides import Side, opened
from hipkg.maintenance.diff.statements import Pattern
from hipkg.owl.reasoners import Entailments, close, entail
from hipkg.render.ontology_diff import render_ontology_diff
from support import garden
from support.garden import CASES, CLASSIFICATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyoxigraph as ox

FOLDER = ROOT / "tests" / "cases" / "ontology-diff"
EDITS = tomllib.loads((FOLDER / "edits.toml").read_text("utf-8"))
PLANS = FOLDER / "plans"
DOCUMENT, COMMAND = ROOT / "docs" / "ontology-diff.md", "$ hipkg ontology diff HEAD ontology --patients records"
COUNTS = re.compile(r":\d+\]|\b\d+ (?:before|now|unchanged)")
"""What of the page may be out of date when the ontology grows: lines, and how many statements there are."""
AS_OF = date(2026, 3, 15)
NOTHING: frozenset[str] = frozenset()


class Known(Reasoner):
    """Answers with the kept classification, and with what is told of the class that an edit adds."""

    def classify(self, _triples: Iterable[ox.Triple]) -> Entailments:
        told = {(HIP + "Thistles", HIP + one) for one in ("Finding", "Problem")}
        pairs = {(one, other) for one, other in json.loads(CLASSIFICATION.read_text("utf-8"))}
        return Entailments(frozenset(pairs | told), frozenset(), frozenset(), NOTHING)

    def check_consistency(self, _triples: Iterable[ox.Triple]) -> None:
        pass


class Counted(Reasoner):
    """HermiT, with the number of triples of each question."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def classify(self, triples: Iterable[ox.Triple]) -> Entailments:
        given = list(triples)
        self.asked.append(len(given))
        return super().classify(given)


class Missing(Reasoner):
    """No Java is there."""

    def classify(self, _triples: Iterable[ox.Triple]) -> Entailments:
        raise EngineUnavailable("There is no Java.")

    def check_consistency(self, triples: Iterable[ox.Triple]) -> None:
        self.classify(triples)


def side(folder: Path, name: str, edits: Iterable[dict[str, Any]] = ()) -> Side:
    """Copy the garden, without shapes, so that every garden is a valid record, and edit it."""
    ontology = folder / name / "ontology"
    ontology.mkdir(parents=True)
    for path in garden.SOURCES:
        shutil.copy(path, ontology)
    for one in edits:
        path = ontology / one["module"]
        text = path.read_text("utf-8")
        if "find" in one:
            assert text.count(one["find"]) == 1
            text = text.replace(one["find"], one["replace"])
        path.write_text(text + one.get("append", ""), encoding="utf-8")
    shapes = ontology.parent / "shapes" / "patient.ttl"
    shapes.parent.mkdir()
    shapes.write_text("", encoding="utf-8")
    shipped = None if edits else replace(garden.garden(), shapes=())
    return Side(name, ontology, ontology.parent, shipped, ontology.parent)


def lines(found: OntologyDiff) -> Iterator[str]:
    """Tell what changes for patients in plain lines."""
    for plan in found.plans.changed if found.plans else ():
        for action in plan.actions:
            what = "; ".join(f"{one.aspect} {one.before or '-'} > {one.after or '-'}" for one in action.aspects)
            by = "by" if action.statements else "through"
            named = f"{plan.patient.rpartition('/')[2]} {curie(action.intervention)}"
            yield f"{named}: {what} {by} {' '.join(action.statements or action.through)}"


@pytest.mark.parametrize("name", EDITS)
def test_each_edit_is_told_by_its_pattern_and_undone_by_the_opposite(name: str, tmp_path: Path) -> None:
    edit = EDITS[name]
    told: dict[str, list[str]] = {}
    old, new = side(tmp_path, "old"), side(tmp_path, "new", [edit])
    new = replace(new, shipped=Classifier(old, new, Known()).knowledge()[1])
    for index, (before, after, way) in enumerate([(old, new, "there"), (new, old, "back")]):
        patients = CASES / edit["gardens"]
        found = compare(before, after, patients=patients, as_of=AS_OF, reasoner=Known())
        assert {one.id: list(one.patterns) for one in found.statements} == edit[way]
        assert found.level == edit.get("levels", ["major", "major"])[index]
        told[way] = [*lines(found)]
    path = PLANS / f"{name}.json"
    if os.environ.get("HIPKG_UPDATE_GOLDEN"):
        path.write_text(json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    assert told == json.loads(path.read_text("utf-8"))


ACID = "hip:{}\n    [ a owl:Restriction ; owl:onProperty hip:locatedIn ; owl:someValuesFrom hip:AcidPlot ]"
REASONED = [
    {"module": "garden.ttl", "find": "xsd:minInclusive 600.0", "replace": "xsd:minInclusive 500.0"},
    {
        "module": "garden.ttl",
        "find": ACID.format("Problem"),
        "replace": ACID.format("Moss"),
    },
    {
        "module": "garden.ttl",
        "find": "hip:Ivy a owl:Class ; rdfs:subClassOf hip:Finding",
        "replace": "hip:Ivy a owl:Class ; rdfs:subClassOf hip:Climber",
    },
]
"""Edits that a reasoner is needed for: another limit, a narrower definition, and another class above one."""


def test_what_a_reasoner_is_asked_of_an_edit_is_what_it_would_say_of_the_whole(tmp_path: Path) -> None:
    old, new = side(tmp_path, "old"), side(tmp_path, "new", REASONED)
    counted = Counted()
    before, after = Classifier(old, new, counted).knowledge()
    whole = close(entail("hermit", new.sources.triples).subclasses)
    own = {iri: frozenset(it for it in above if it.startswith(HIP)) - {iri} for iri, above in whole.items()}
    assert after.superclasses == {iri: above for iri, above in own.items() if iri.startswith(HIP)}
    assert after.superclasses != before.superclasses
    _, late = Classifier(old, new, Reasoner(0.001)).knowledge()
    assert all(above <= after.superclasses[iri] for iri, above in late.superclasses.items())
    assert late.superclasses[HIP + "Ivy"] == after.superclasses[HIP + "Ivy"]
    found = compare(old, replace(new, shipped=after), patients=CASES / "requirements", as_of=AS_OF, reasoner=counted)
    assert max(counted.asked) < len(new.sources.triples) / 4
    assert len(counted.asked) == 2
    assert {curie(one.iri): one.relation for one in found.redefined} == {
        "hip:OnAcidSoil": Relation.NARROWER,
        "hip:WetGarden": Relation.WIDER,
    }
    patterns = {one.id: list(one.patterns) for one in found.statements}
    assert patterns.pop("X-31") == ["conditions changed"]
    assert set(map(tuple, patterns.values())) == {("conditions loosened",)}
    assert len(patterns) > 5
    moved = {curie(one.iri): one for one in found.hierarchy.changed}
    assert moved["hip:Ivy"].under == ("hip:Climber",)
    assert moved["hip:Ivy"].applies == ("Z-12", "Z-13", "Z-14")
    assert not moved["hip:Ivy"].no_longer_under
    assert "below-the-limit hip:Liming: status conditional > indicated" in "\n".join(lines(found))
    axioms = {it.asserted.text: (it.module, it.line) for one in found.axioms or () for it in one.added}
    assert axioms["Climber"] == ("garden.ttl", 47)
    assert "Patient and (rainfall some xsd:decimal[>= 500.0])" in axioms
    for form in ("text", "markdown"):
        told = render_ontology_diff(found, form)
        for words in ("WetGarden: wider", "now under: hip:Climber", "X-31: conditions changed", "below-the-limit"):
            assert words in told.replace("\\", ""), (form, words)


def test_sides_with_the_same_files_are_not_classified_twice(tmp_path: Path) -> None:
    unreleased = replace(side(tmp_path, "one"), shipped=None)
    found = compare(unreleased, side(tmp_path, "two"), reasoner=Missing())
    assert (found.level, found.plans, found.axioms, found.problem) == ("none", None, (), None)
    assert "both make the same" in render_ontology_diff(found, "text")


def test_without_a_reasoner_it_is_told_that_a_meaning_differs_but_not_how(tmp_path: Path) -> None:
    old, new = side(tmp_path, "old"), side(tmp_path, "new", REASONED[:1])
    built = new.knowledge(lambda _: Known().classify(()))
    found = compare(old, replace(new, shipped=built), patients=CASES / "requirements", as_of=AS_OF, reasoner=Missing())
    assert [one.relation for one in found.redefined] == [Relation.NOT_ASKED]
    assert {one.patterns for one in found.statements} == {(Pattern.CONDITIONS_CHANGED,)}
    assert "needs Java" in render_ontology_diff(found, "text")
    assert found.problem is None


BROAD = {
    "module": "garden.ttl",
    "find": "hip:Ivy a owl:Class ; rdfs:subClassOf hip:Finding",
    "replace": "hip:Ivy a owl:Class ; rdfs:subClassOf hip:Finding , hip:Climber",
}


def test_what_takes_a_reasoner_too_long_is_compared_by_what_is_written_and_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[float] = []

    def hurried(seconds: float) -> Reasoner:
        given.append(seconds)
        return Reasoner(0.001)

    old, new = side(tmp_path, "old"), side(tmp_path, "new", [BROAD])
    found = compare(old, new, patients=CASES / "requirements", as_of=AS_OF, reasoner=hurried(1))
    (moved,) = found.hierarchy.changed
    assert (curie(moved.iri), moved.under, moved.applies) == ("hip:Ivy", ("hip:Climber",), ("Z-12", "Z-13", "Z-14"))
    assert (found.hierarchy.new, found.hierarchy.withdrawn, found.level) == ((), (), "major")
    assert found.plans
    assert found.plans.compared
    assert HIP + "Ivy" in found.unclassified
    assert HIP + "Moss" not in found.unclassified
    monkeypatch.setattr("hipkg.maintenance.diff.reasoner.Reasoner", hurried)
    file = tmp_path / "old.json"
    file.write_bytes(released(replace(garden.garden(), shapes=())))
    for first, told in ((old.folder, '"unclassified": ['), (file, "")):
        sides = [str(first), str(new.folder)]
        monkeypatch.setattr("sys.argv", ["hipkg", "ontology", "diff", *sides, "--timeout", "7", "--format", "json"])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert (ended.value.code, told in out, bool(out)) == (3, True, bool(told))
        assert "gave no answer within" in err
        assert "--timeout" in err
    assert given == [1, 7, 7]


def test_a_changed_limit_of_the_ontology_reaches_the_patients_between_both_limits(tmp_path: Path) -> None:
    shutil.copytree(ONTOLOGY, tmp_path / "ontology", ignore=shutil.ignore_patterns("mappings"))
    path = tmp_path / "ontology" / "patients.ttl"
    text = path.read_text("utf-8")
    start = text.index("hip:NsaidTrial84Days\n    a owl:Class")
    path.write_text(text[:start] + text[start:].replace("xsd:minInclusive 84", "xsd:minInclusive 70", 1), "utf-8")
    patients = tmp_path / "records"
    for case in ("D0-37-nsaid", "D0-41"):
        shutil.copytree(ROOT / "tests" / "cases" / "statements" / case, patients / case)
    stamp = path.stat().st_mtime_ns
    with opened(str(ONTOLOGY)) as old, opened(str(tmp_path / "ontology")) as new:
        found = compare(replace(old, beside=None), new, patients=patients)
    assert path.stat().st_mtime_ns == stamp
    assert found.level == "major"
    assert found.plans is not None
    assert found.plans.patients == 4
    (changed,) = found.plans.changed
    assert changed.files == ("records/D0-37-nsaid/near-miss.ttl",)
    (action,) = changed.actions
    others = [f"hip:{one}TrialFailed90Days unknown: nothing of >= 90 d" for one in ("Nsaid", "PhysicalTherapy")]
    waits = ("waits for", "; ".join(["hip:NsaidTrial84Days unmet: 83 of >= 84 d", *others]), "; ".join(others))
    assert (action.label, action.site, action.statements) == ("total hip arthroplasty", "left hip", ("D0-37",))
    assert action.aspects == (waits,)
    assert [(one.id, one.before, one.after) for one in changed.statements] == [("D0-37", "later-if", "now")]
    assert {one.id: one.patterns for one in found.statements} == {"D0-37": (Pattern.CONDITIONS_LOOSENED,)}
    page = DOCUMENT.read_text("utf-8")
    told = f"{COMMAND}\n{render_ontology_diff(found._replace(old='HEAD', new='ontology'), 'text')}"
    shown = page[page.index(COMMAND) : page.index("```", page.index(COMMAND))]
    if os.environ.get("HIPKG_UPDATE_DOCS"):
        DOCUMENT.write_text(page.replace(shown, told), encoding="utf-8")
    assert COUNTS.sub("…", shown) == COUNTS.sub("…", told)
    (axiom,) = found.axioms or ()
    assert [(one.module, one.line > 1) for one in (*axiom.removed, *axiom.added)] == [("patients.ttl", True)] * 2


BAD = {
    "no-such-revision": ("neither a folder nor a release file nor a revision", 2),
    "empty": ("no modules", 2),
    "other.json": ("has other fields", 3),
    "damaged.json": ("does not have the digest", 3),
    "no.json": ("cannot be read", 3),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_ontology_is_refused_by_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.json").write_text("[]", encoding="utf-8")
    content = released(replace(garden.garden()))
    (tmp_path / "damaged.json").write_bytes(content.replace(b"Slugs", b"Snugs", 1))
    body = content.partition(b"\n")[2].replace(b'"functional": ', b'"functions": ')
    (tmp_path / "other.json").write_bytes(b'{"digest": "%s",\n' % sha256(body).hexdigest().encode() + body)
    said, code = BAD[name]
    with pytest.raises(HipkgError, match=said) as raised, opened(name):
        pass
    assert raised.value.exit_code == code
    assert raised.value.place == name
    assert raised.value.remedy


def test_a_broken_module_is_told_with_its_side_and_its_line(tmp_path: Path) -> None:
    old = side(tmp_path, "old")
    new = side(tmp_path, "new", [{"module": "choices.ttl", "append": "hip:Broken a [ ."}])
    with pytest.raises(OntologyError, match="is not valid Turtle") as raised:
        compare(old, new, reasoner=Known())
    assert raised.value.place.startswith("new: choices.ttl:")


def test_a_release_file_is_compared_without_its_sources(tmp_path: Path) -> None:
    new = side(tmp_path, "new", [EDITS["more-firmly"]])
    path = tmp_path / "hipkg.json"
    path.write_bytes(released(replace(garden.garden(), shapes=())))
    with opened(str(path)) as old:
        found = compare(old, new, patients=CASES / "choices", as_of=AS_OF, reasoner=Known())
    with opened(str(path)) as old:
        again = compare(old, new, patients=CASES / "choices", as_of=AS_OF, jobs=2, reasoner=Known())
    assert again == found
    assert found.axioms is None
    assert [*lines(found)] == json.loads((PLANS / "more-firmly.json").read_text("utf-8"))["there"]


def test_revisions_are_taken_out_of_the_repository_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        named = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *named, *arguments], cwd=tmp_path / "one", check=True, capture_output=True)

    ontology = side(tmp_path, "one").folder
    assert ontology is not None
    git("init")
    git("add", ".")
    git("commit", "-m", "one")
    module = ontology / "choices.ttl"
    before = module.read_text("utf-8")
    module.write_text(before + "# two\n", encoding="utf-8")
    git("mv", "ontology", "other")
    git("commit", "-a", "-m", "two")
    monkeypatch.chdir(tmp_path / "one" / "shapes")
    with opened("main~1") as old, opened("HEAD:other", and_patients=False) as new:
        texts = [(one.folder / "choices.ttl").read_text("utf-8") for one in (old, new) if one.folder]
        assert texts == [before, before + "# two\n"]
        assert old.beside is not None
        assert (old.beside / "shapes" / "patient.ttl").is_file()
        taken = old.scratch
    assert not taken.exists()
    with pytest.raises(UsageError, match="no folder ontology"), opened("HEAD"):
        pass


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("major", 0), ("minor", 0), ("patch", 1)])
def test_the_exit_code_follows_the_level_that_is_asked_for(
    fail_on: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, words in (("old.json", "slugs"), ("new.json", "snails")):
        known = replace(garden.garden(), labels={HIP + "Slugs": words})
        (tmp_path / name).write_bytes(released(known))
    monkeypatch.chdir(tmp_path)
    arguments = ["ontology", "diff", "old.json", "new.json", "--fail-on", fail_on, "--format", "json"]
    monkeypatch.setattr("sys.argv", ["hipkg", *arguments])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert (leaving.value.code or 0) == code
    told = json.loads(capsys.readouterr().out)
    assert told["level"] == "patch"
    assert told["reasons"] == [{"level": "patch", "text": "words differ: labels"}]
    assert told["plans"] is None
