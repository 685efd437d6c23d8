"""An ontology of one's own on top of the shipped one: the example, used with the wheel from an empty directory."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hipkg as api
from hipkg.base.errors import OntologyError, StaleRelease, UsageError
from hipkg.base.own import VARIABLE
from hipkg.knowledge.loading import load, load_base
from hipkg.owl.own import own_ontology
from support.installed import run_installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.command_line import Run

EXAMPLE = Path(__file__).parents[1] / "examples" / "own-guideline"
CASE = Path("cases") / "statements" / "GTP-02" / "fires.ttl"
NEW = ("GTP-06", "--applies-to", "gtp:TrochantericPain", "--effect", "indicates", "--intervention", "aquatic exercise")
DAY = ("--as-of", "2026-11-23")
pytestmark = [pytest.mark.xdist_group("wheel"), pytest.mark.every_source]


@pytest.fixture(scope="session")
def made(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the release of the example with the installed wheel, in an empty directory."""
    folder = tmp_path_factory.mktemp("empty") / "guideline"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("release"))
    told = ("--section", "Movement", "--strength", "not stated", "--quality", "not stated", "--modality", "do")
    for arguments in (
        ("new", "statement", *NEW, "--definition", "Exercise goes on in the pool.", *told),
        ("release",),
    ):
        done = run_installed(installed, folder, "ontology", *arguments, "--ontology", ".")
        assert done.returncode == 0, done.stderr
    case = folder / "cases" / "statements" / "GTP-06"
    shutil.copytree(case, folder / "as-made")
    expected = case / "expected.json"
    expected.write_text(expected.read_text("utf-8").replace("TODO", "Here it hurts elsewhere"), "utf-8")
    return folder


@pytest.fixture
def used(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Use the example in this process, as the variable says."""
    monkeypatch.setenv(VARIABLE, str(made))
    return made


@pytest.fixture
def copy(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a copy of the example that may be changed."""
    folder = tmp_path / "guideline"
    shutil.copytree(made, folder)
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


@pytest.mark.java
def test_the_release_leaves_the_example_and_the_package_as_they_are(made: Path, installed: Path) -> None:
    for path in {*EXAMPLE.rglob("*.ttl")} - {EXAMPLE / "guidelines" / "gtp.ttl"}:
        assert (made / path.relative_to(EXAMPLE)).read_bytes() == path.read_bytes()
    shipped = installed / "hipkg" / "_data" / "ontology" / "release" / "hipkg.json"
    assert shipped.read_bytes() == (EXAMPLE.parents[1] / "ontology" / "release" / "hipkg.json").read_bytes()


@pytest.mark.java
def test_every_command_of_its_readme_works_with_the_wheel(made: Path, installed: Path) -> None:
    text = (EXAMPLE / "README.md").read_text("utf-8")
    commands = [line.split() for line in text.splitlines() if line.startswith("    hipkg ")]
    assert len(commands) == 6
    for _, *arguments in commands:
        if arguments[:2] != ["ontology", "release"]:
            done = run_installed(installed, made, *arguments, "--ontology", ".")
            assert done.returncode == 0, done.stderr
    refused = run_installed(installed, made, "ontology", "new", "finding", "Click")
    assert (refused.returncode, "The shipped ontology stays as it is." in refused.stderr) == (2, True)
    assert "DO TODAY" in done.stdout
    assert "GTP-02" in done.stdout


@pytest.mark.java
def test_the_patients_of_a_new_statement_show_what_it_does_and_its_coverage_fails_until_that_is_said(
    copy: Path, hipkg: Callable[..., Run]
) -> None:
    assert hipkg("ontology", "coverage", "GTP-06").code == 0
    shutil.copytree(copy / "as-made", copy / "cases" / "statements" / "GTP-06", dirs_exist_ok=True)
    found = hipkg("ontology", "coverage", "GTP-06", "--format", "json")
    assert found.code == 1
    told = json.loads(found.out)
    assert (told["missing"], told["unfilled"]) == ([], ["GTP-06"])
    assert hipkg("ontology", "coverage", "GTP-01").code == 0


@pytest.mark.java
def test_what_is_below_and_above_is_as_the_whole_would_be_classified(used: Path) -> None:
    """The classes that the shipped release makes are not classified anew; the rest is."""
    shipped, whole = load_base().superclasses, load().superclasses
    assert {iri: above for iri, above in whole.items() if iri in shipped} == dict(shipped)
    own = {iri: above for iri, above in whole.items() if iri not in shipped}
    assert {iri.rpartition("/")[2] for iri in own} >= {
        "AbductorWeakness",
        "TrochantericPain",
        "TrochanterLoadedForSixWeeks",
    }


@pytest.mark.java
def test_all_doors_know_its_terms(used: Path, hipkg: Callable[..., Run]) -> None:
    case = used / CASE
    told = json.loads(hipkg("plan", case, "--format", "json", *DAY).out)
    assert told["ontologyVersion"] == f"{load_base().version}+gtp-2026-11-30"
    actions = {one["intervention"]: one["status"] for one in told["actions"]}
    assert actions["gtp:SleepingPositionAdvice"] == "indicated"
    assert actions["hip:IntraArticularHipInjection"] == "contraindicated"
    assert "weak hip abductors" in hipkg("explain", case, "GTP-02", *DAY).out
    assert "gtp:AbductorWeakness" in hipkg("terms", "weak abductors").out
    query = "SELECT ?s { ?s hip:appliesTo gtp:TrochantericPain } ORDER BY ?s"
    found = hipkg("query", "-e", query, "--format", "csv")
    assert found.out.split() == ["s", *(f"https://example.org/trochanter/GTP-0{one}" for one in range(1, 7))]
    assert hipkg("query", "-e", query.replace("Pain }", "Pian }")).err.count("gtp:TrochantericPain") == 1
    assert "GTP-02" in hipkg("compile", "GTP-02").out
    assert api.plan(case, as_of="2026-11-23").actions
    fhir = json.loads(hipkg("plan", case, "--format", "fhir", *DAY).out)
    codings = {(one["system"], one["code"]) for one in codings_in(fhir)}
    assert ("https://example.org/trochanter/", "SleepingPositionAdvice") in codings


@pytest.mark.java
def test_a_record_of_fhir_names_its_terms_by_the_namespace(used: Path) -> None:
    system = "https://example.org/trochanter/"
    ann = {"resourceType": "Patient", "id": "ann"}
    for coding in (
        {"system": system, "code": "AbductorWeakness"},
        {"system": "urn:example:ward", "code": "WEAK-ABD"},  # of the table of codes of the example
    ):
        weak = {"resourceType": "Condition", "id": "weak", "subject": {"reference": "Patient/ann"}}
        weak |= {"clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"coding": [coding]}}
        graph = api.convert([ann, weak], as_of="2026-11-23").to_turtle()
        assert "a gtp:AbductorWeakness" in graph


def codings_in(node: object) -> Iterator[dict[str, str]]:
    if isinstance(node, dict):
        yield from node.get("coding", ())
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from codings_in(one)


@pytest.mark.java
def test_its_engines_agree(used: Path, hipkg: Callable[..., Run]) -> None:
    """HermiT and the portable queries derive the plan that the native engine derives."""
    native, hermit = (
        json.loads(hipkg("plan", used / CASE, "--engine", engine, "--format", "json", *DAY).out)
        for engine in ("native", "hermit")
    )
    assert native.pop("engine") != hermit.pop("engine")
    assert native == hermit


@pytest.mark.java
def test_a_record_is_validated_by_its_vocabulary(used: Path, tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    wrong = tmp_path / "wrong.ttl"
    wrong.write_text((used / CASE).read_text("utf-8").replace("gtp:AbductorWeakness", "gtp:AbductorWeekness"), "utf-8")
    told = hipkg("validate", wrong, "--format", "json")
    assert told.code == 1
    assert "gtp:AbductorWeekness is not a term of the ontology. Did you mean gtp:AbductorWeakness?" in told.out
    assert "gtp:weakness-without-site" not in told.out


@pytest.mark.java
def test_its_shapes_are_held_beside_the_shipped_ones(used: Path, tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    placeless = tmp_path / "placeless.ttl"
    text = (used / CASE).read_text("utf-8")
    head, block = text.split(":weakness\n", 1)
    placeless.write_text(f"{head}:weakness\n{block.replace('hip:hasSite :trochanter ;', '', 1)}", "utf-8")
    found = {one["shape"]: one for one in json.loads(hipkg("validate", placeless, "--format", "json").out)}
    assert found["gtp:weakness-without-site"]["severity"] == "warning"
    assert "hip:P04-patient-age-missing" in found
    assert "gtp:weakness-without-site" not in hipkg("validate", used / CASE, "--format", "json").out


@pytest.mark.java
def test_only_what_is_wrong_with_it_is_told(copy: Path, hipkg: Callable[..., Run]) -> None:
    terms = copy / "terms.ttl"
    terms.write_text(
        terms.read_text("utf-8").replace("a owl:Class", "a owl:Clas", 1)
        + '\nhip:Pain skos:scopeNote "Changed from afar."@en .\ngtp:GaitTraining a owl:Class .\n',
        "utf-8",
    )
    found = json.loads(hipkg("ontology", "check", "--no-reasoner", "--format", "json").out)["findings"]
    assert {one["check"] for one in found} >= {
        "normal-form",
        "own-namespace",
        "foreign-name",
        "name-case",
        "term-label",
    }
    files = ("terms.ttl", "guidelines/gtp.ttl", "shapes/patient.ttl", "denials.ttl")  # the last follows from the first
    assert {one["file"] for one in found} <= {(copy / name).as_posix() for name in files}


def test_a_module_that_cannot_be_parsed_is_told_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hipkg: Callable[..., Run]
) -> None:
    folder = tmp_path / "own"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("release"))
    monkeypatch.setenv(VARIABLE, str(folder))
    with (folder / "terms.ttl").open("a", encoding="utf-8") as file:
        file.write("gtp:Half a")
    found = json.loads(hipkg("ontology", "check", "--no-reasoner", "--format", "json").out)["findings"]
    assert [(one["check"], one["file"]) for one in found] == [("syntax", (folder / "terms.ttl").as_posix())]
    assert "cannot be parsed" in hipkg("ontology", "new", "finding", "Click").err


@pytest.mark.java
def test_its_versions_are_published_and_compared(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hipkg: Callable[..., Run]
) -> None:
    monkeypatch.chdir(copy)
    (copy / ".gitignore").write_text("release\n", "utf-8")

    def committed() -> None:
        named = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        for command in (("init", "-q"), ("add", "."), (*named, "commit", "-qm", "one")):
            subprocess.run(["git", *command], check=True, capture_output=True)

    done = hipkg("ontology", "release", "--to", tmp_path / "one", "--on", "2026-11-30")
    assert done.code == 0, done.err
    names = {"gtp-base.ttl", "gtp-full.ttl", "gtp-full.ofn", "gtp-full.obograph.json", "hipkg.json"}
    assert {one.name for one in (tmp_path / "one").iterdir()} == names
    base, full = ((tmp_path / "one" / f"gtp-{one}.ttl").read_text("utf-8") for one in ("base", "full"))
    assert "owl:imports hip:ontology" in base
    assert "\nhip:HipPain\n    a owl:Class" not in base
    assert all(f"\n{name}\n    a owl:Class" in full for name in ("hip:HipPain", "gtp:TrochantericPain"))
    assert "owl:imports" not in full
    committed()

    module = copy / "guidelines" / "gtp.ttl"
    block, rest = module.read_text("utf-8").split("gtp:GTP-02\n    a\n", 1)
    module.write_text(f"{block}gtp:GTP-02\n    a\n{rest.replace('modalityDo', 'modalityConsider', 1)}", "utf-8")
    refused = hipkg("ontology", "release", "--to", tmp_path / "two", "--bump", "minor")
    assert "The changes are major, not minor: gtp:GTP-02 has another logic" in refused.err
    done = hipkg("ontology", "release", "--to", tmp_path / "two", "--bump", "major", "--on", "2026-12-01")
    assert done.code == 0, done.err
    assert {path.read_text("utf-8").count('owl:versionInfo "2026-12-01"') for path in copy.rglob("*.ttl")} <= {0, 1}
    page = (copy / "CHANGES.md").read_text("utf-8")
    newest, oldest = page.split("\n## ")[1:]
    assert newest.startswith("2026-12-01 (major, 2026-12-01)")
    assert (
        "\n- **GTP-02** Where the abductors are weak, loading that grows step by step follows.\n  - modality changed"
        in newest
    )
    assert re.search(r"### Plans: \d+ of \d+ patients differ\n", newest)
    assert newest.index("### Statements that hold, or say what to do, otherwise") < newest.index("### Plans")
    assert "modality do → consider (by GTP-02, modality changed)" in newest
    assert oldest.startswith("2026-11-30 (major, 2026-11-30)")

    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file() and ".git" not in path.parts}
    found = hipkg("ontology", "diff", tmp_path / "one" / "hipkg.json", ".", "--format", "json")
    assert found.code == 0, found.err
    told = json.loads(found.out)
    assert [(one["id"], one["patterns"]) for one in told["statements"]] == [("GTP-02", ["modality changed"])]
    files = {name for one in told["plans"]["changed"] for name in one["files"]}
    assert "cases/statements/GTP-02/fires.ttl" in files
    assert {path: path.read_bytes() for path in before} == before
    assert json.loads(hipkg("ontology", "diff", ".", ".", "--format", "json").out)["level"] == "none"


@pytest.mark.java
def test_a_release_of_other_files_is_refused_and_says_what_to_do(copy: Path) -> None:
    release = copy / "release" / "hipkg.json"
    with (copy / "terms.ttl").open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(StaleRelease, match="built from other sources") as raised:
        load()
    assert f"hipkg ontology release --ontology {copy}" in raised.value.remedy
    content = release.read_bytes()
    release.write_bytes(content.replace(load_base().stamp.encode(), b"0" * 64, 1))
    with pytest.raises(StaleRelease, match="another version of hipkg's ontology"):
        load()
    release.unlink()
    with pytest.raises(StaleRelease, match="is missing"):
        load()


def test_what_is_no_ontology_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")
    for name in ("nowhere", tmp_path):
        with pytest.raises(UsageError, match="--ontology"):
            api.use_ontology(name)
    shutil.copytree(EXAMPLE, tmp_path / "own")
    header = tmp_path / "own" / "trochanter.ttl"
    text = header.read_text("utf-8")
    api.use_ontology(tmp_path / "own")
    for old, new, why in (
        ("vann:preferredNamespacePrefix", "skos:note", "0 modules state the namespace"),
        ('"gtp"', '"hip"', "cannot be the prefix"),
        ('"https://example.org/trochanter/"', '"https://w3id.org/hipkg/"', "cannot be the namespace"),
        ("hip:ontology", "gtp:nothing", "does not import the shipped one"),
    ):
        assert old in text
        header.write_text(text.replace(old, new), "utf-8")
        with pytest.raises(OntologyError, match=why):
            own_ontology()


@pytest.mark.java
def test_a_package_brings_one(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "trochanter_guideline"
    shutil.copytree(made, package / "ontology")
    (package / "__init__.py").touch()
    about = tmp_path / "trochanter_guideline-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: trochanter-guideline\nVersion: 1\n", "utf-8")
    (about / "entry_points.txt").write_text("[hipkg.ontologies]\ntrochanter = trochanter_guideline.ontology\n", "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv(VARIABLE, "")
    assert not load().namespaces
    api.use_ontology("trochanter")
    assert load().namespaces == {"gtp": "https://example.org/trochanter/"}
    with pytest.raises(UsageError, match="Installed packages bring: trochanter"):
        api.use_ontology("trochantr")
    api.use_ontology(None)
    assert load() is load_base()
