"""The release: what ships is what the sources give, and a release of other sources is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from hipkg.api.plan import plans
from hipkg.base import hip
from hipkg.base.errors import StaleRelease
from hipkg.base.paths import ONTOLOGY, PATIENT_SHAPES, normalising_queries, ontology_files
from hipkg.base.version import software_version
from hipkg.cli.app import app
from hipkg.knowledge import loading as knowledge
from hipkg.knowledge.codec import encode, schema
from hipkg.knowledge.loading import RELEASE_FILE, released, source_stamp
from hipkg.maintenance.release import build, write

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.ttl"))


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the ontology with its release, and let the package load the copy."""
    folder = tmp_path / "ontology"
    shutil.copytree(ONTOLOGY, folder)
    sources = [folder / path.relative_to(ONTOLOGY) for path in ontology_files()]
    monkeypatch.setattr(knowledge, "RELEASE_FILE", folder / RELEASE_FILE.relative_to(ONTOLOGY))
    monkeypatch.setattr(knowledge, "module_files", lambda _: tuple(sources))
    monkeypatch.setattr(knowledge, "_load", knowledge._load.__wrapped__)
    return folder


def release_of(copy: Path) -> Path:
    return copy / RELEASE_FILE.relative_to(ONTOLOGY)


def refusal() -> StaleRelease:
    with pytest.raises(StaleRelease) as raised:
        knowledge.load()
    assert raised.value.exit_code == 3
    assert "hipkg ontology release" in raised.value.remedy
    assert raised.value.place.endswith("hipkg.json")
    return raised.value


def test_an_unchanged_copy_is_loaded(copy: Path) -> None:
    assert knowledge.load().stamp == source_stamp(ontology_files())


@pytest.mark.parametrize("path", ontology_files(), ids=lambda path: path.stem)
def test_one_byte_in_any_module_makes_the_release_stale(copy: Path, path: Path) -> None:
    source = copy / path.relative_to(ONTOLOGY)
    source.write_bytes(source.read_bytes() + b"\n")
    assert "other sources" in refusal().message


def test_one_byte_in_the_shapes_makes_the_release_stale(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = tmp_path / PATIENT_SHAPES.name
    shapes.write_bytes(PATIENT_SHAPES.read_bytes() + b"\n")
    monkeypatch.setattr(knowledge, "PATIENT_SHAPES", shapes)
    assert "other sources" in refusal().message


@pytest.mark.parametrize("number", range(len(normalising_queries())))
def test_a_query_that_every_record_goes_through_is_part_of_it(
    number: int, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = [*normalising_queries()]
    missing = tuple(queries[:number] + queries[number + 1 :])
    monkeypatch.setattr(knowledge, "normalising_queries", lambda: missing)
    assert "other sources" in refusal().message


def test_a_release_of_another_stamp_is_refused(copy: Path) -> None:
    data = json.loads(release_of(copy).read_text("utf-8"))
    release_of(copy).write_text(json.dumps({**data, "stamp": "0" * 64}), encoding="utf-8")
    assert "other sources" in refusal().message


def test_a_missing_release_is_refused(copy: Path) -> None:
    release_of(copy).unlink()
    assert "missing" in refusal().message


@pytest.mark.parametrize("kept", [0, 1, 1000])
def test_a_truncated_release_is_refused(copy: Path, kept: int) -> None:
    release_of(copy).write_bytes(release_of(copy).read_bytes()[:kept])
    assert "cannot be read" in refusal().message


@pytest.mark.parametrize("text", ["[]", "null", '"hipkg"', "\udcff"])
def test_another_file_in_its_place_is_refused(copy: Path, text: str) -> None:
    release_of(copy).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "cannot be read" in refusal().message


@pytest.mark.parametrize(("found", "put"), [(b'">=","25.0"', b'">=","26.0"'), (b'"D0-41"', b'"D0-42"'), (b"}\n", b"}")])
def test_a_release_with_one_other_character_is_refused(copy: Path, found: bytes, put: bytes) -> None:
    content = release_of(copy).read_bytes()
    assert found in content
    release_of(copy).write_bytes(put.join(content.rsplit(found, 1)))
    assert "digest" in refusal().message


def test_a_release_for_records_of_other_fields_is_stale(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "schema", lambda kind: schema(kind).replace("version: str", "version: int"))
    assert "other sources" in refusal().message


def test_a_release_that_lacks_a_part_is_refused(copy: Path) -> None:
    data = json.loads(release_of(copy).read_text("utf-8"))
    del data["groups"]
    release_of(copy).write_text(json.dumps(data), encoding="utf-8")
    assert "digest" in refusal().message


def test_a_release_without_what_speaks_against_treatments_is_refused(copy: Path) -> None:
    data = json.loads(release_of(copy).read_text("utf-8"))
    head = release_of(copy).read_bytes().partition(b"\n")[0]
    kept = {iri: one for iri, one in data["statements"].items() if hip.contraindicates not in one}
    assert 0 < len(kept) < len(data["statements"])
    body = {name: kept if name == "statements" else part for name, part in data.items() if name != "digest"}
    release_of(copy).write_bytes(head + b"\n" + json.dumps(body)[1:].encode())
    assert json.loads(release_of(copy).read_bytes())["statements"] == kept
    assert "digest" in refusal().message


def test_a_release_that_may_not_be_read_is_refused(copy: Path) -> None:
    release_of(copy).unlink()
    release_of(copy).mkdir()
    assert "cannot be read" in refusal().message


def test_a_source_that_is_missing_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "PATIENT_SHAPES", copy / "patient.ttl")
    assert "patient.ttl" in refusal().message


def test_the_remedy_is_that_of_the_errors_page(copy: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "errors.md").read_text("utf-8")
    told = page.partition("### stale-release")[2].partition("###")[0]
    for installed in (True, False):
        assert knowledge.remedy(installed=installed).partition(" with: ")[2].partition(" (")[0].rstrip(".") in told


@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_the_version_of_the_software_is_told_whatever_the_release(
    content: bytes | None, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_of(copy).unlink()
    if content is not None:
        release_of(copy).write_bytes(content)
    told = CliRunner().invoke(app, ["--version"])
    assert told.exit_code == 0
    assert told.stdout == f"hipkg {software_version()}, ontology unusable\n"
    assert "[stale-release]" in told.stderr


def test_no_plan_comes_from_a_stale_release(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipkg.pipeline.knowing.load", knowledge.load)
    source = copy / "core.ttl"
    source.write_bytes(source.read_bytes() + b"\n")
    with pytest.raises(StaleRelease):
        plans(EXAMPLES[0])


def test_the_stamp_depends_on_names_and_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one.ttl", tmp_path / "other.ttl"
    for path in (one, other):
        path.write_text("", encoding="utf-8")
    assert source_stamp([one]) != source_stamp([other])
    assert source_stamp([one]) == source_stamp([one])


def test_the_stamp_does_not_depend_on_the_folder(copy: Path) -> None:
    assert source_stamp([copy / path.relative_to(ONTOLOGY) for path in ontology_files()]) == source_stamp()


def test_the_shipped_release_is_written_in_stable_order(tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    write(knowledge.load(), again)
    assert again.read_bytes() == RELEASE_FILE.read_bytes()


def test_the_release_names_no_path_and_no_time() -> None:
    text = RELEASE_FILE.read_text("utf-8")
    assert str(Path.home()) not in text
    assert str(ONTOLOGY.parent) not in text
    assert "T00:00" not in text


anew = pytest.mark.xdist_group("build")


@pytest.fixture(scope="session")
def fresh() -> Knowledge:
    """Build the release anew, once for all tests."""
    return build()


@anew
@pytest.mark.java
def test_the_shipped_release_is_what_the_sources_give(fresh: Knowledge) -> None:
    shipped = json.loads(RELEASE_FILE.read_text("utf-8"))
    built = encode(fresh)
    assert sorted({"digest", *built}) == sorted(shipped)
    assert [key for key in built if built[key] != shipped[key]] == []


@anew
@pytest.mark.java
def test_two_builds_are_equal(fresh: Knowledge) -> None:
    """The shipped release was built before, by another process."""
    assert released(fresh) == RELEASE_FILE.read_bytes()


@anew
@pytest.mark.java
def test_a_fresh_build_can_be_loaded(fresh: Knowledge) -> None:
    assert fresh.statements == knowledge.load().statements
