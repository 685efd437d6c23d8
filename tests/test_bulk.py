"""Bulk exports are planned for share by share, with what is planned for when all of it is read at once."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hipkg.base.errors import HipkgError, UsageError
from hipkg.base.paths import ROOT
from hipkg.knowledge.loading import load
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request
from hipkg.pipeline.shares import written_plans
from hipkg.reading.fhir import bulk
from hipkg.render.plan_json import plan_to_line
from support.cases import EXAMPLES
from support.fhir_cases import AS_OF, CASES, source_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.command_line import Run

ALL = sorted(one.name for one in CASES.iterdir() if one.is_dir())
_REFERENCE = re.compile(r'"reference": "([^"]+)"')
REQUEST = Request(as_of=AS_OF, allow_invalid=True)


@cache
def resources(name: str) -> tuple[dict[str, Any], ...]:
    """Take the resources of a case out of its Bundle; what is none, or holds others, stays out."""
    entries = json.loads(source_of(CASES / name).read_text("utf-8")).get("entry", ())
    found = [one.get("resource") for one in entries if isinstance(one, dict)]
    return tuple(
        one for one in found if isinstance(one, dict) and str(one.get("resourceType")) not in {"None", "Bundle"}
    )


def export(given: list[dict[str, Any]], folder: Path) -> Path:
    """Write resources as a bulk export does: a file for each type, one of them compressed."""
    by_type: dict[str, list[str]] = {}
    for one in given:
        by_type.setdefault(one["resourceType"] if one["resourceType"].isalpha() else "Other", []).append(
            json.dumps(one)
        )
    for kind, lines in by_type.items():
        content = "\n".join([*lines, ""]).encode()
        if kind == "Condition":
            (folder / f"{kind}.ndjson.gz").write_bytes(gzip.compress(content))
        else:
            (folder / f"{kind}.ndjson").write_bytes(content)
    (folder / "manifest.json").write_text('{"transactionTime": "2026-01-01T00:00:00Z", "error": []}', "utf-8")
    return folder


def at_once(source: Path) -> tuple[list[str], list[str]]:
    try:
        batch = plan_patients(str(source), REQUEST, load())
    except HipkgError as problem:
        return [], sorted(map(str, (*problem.set_aside, problem)))
    return sorted(plan_to_line(one.plan, load()) for one in batch.results), sorted(map(str, batch.set_aside))


def in_shares(source: Path, jobs: int = 1) -> tuple[list[str], list[str], int]:
    with written_plans(str(source), REQUEST, plan_to_line, jobs=jobs) as (total, made):
        parts = list(made)
    told = {str(problem) for one in parts for problem in one.set_aside}
    return sorted(text for one in parts for text in one.results), sorted(told), total


def lines_of(name: str, folder: Path) -> Path:
    """Give the case as a bulk export; one that is lines already is one."""
    source = source_of(CASES / name)
    return source if source.suffix == ".ndjson" else export(list(resources(name)), folder)


@pytest.mark.parametrize("name", ALL)
def test_shares_give_what_the_whole_gives(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = lines_of(name, tmp_path)
    assert bulk.is_bulk(str(source))
    whole, problems = at_once(source)
    monkeypatch.setattr(bulk, "BUCKET_BYTES", 200)
    monkeypatch.setattr(bulk, "SHARE_BYTES", 200)
    texts, told, _ = in_shares(source)
    assert texts == whole
    assert told == problems or not whole


def many(count: int) -> list[dict[str, Any]]:
    """Copy the patient of a case so often, under names of its own."""
    content = json.dumps(resources("22-duplicates"))
    copies = (_REFERENCE.sub(rf'"reference": "\1-{number}"', content) for number in range(count))
    return [one | {"id": f"{one['id']}-{number}"} for number, copy in enumerate(copies) for one in json.loads(copy)]


def test_jobs_give_what_one_process_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = export(many(30), tmp_path)
    monkeypatch.setattr(bulk, "BUCKET_BYTES", 1_000)
    monkeypatch.setattr(bulk, "SHARE_PATIENTS", 5)
    alone, by_two = in_shares(source), in_shares(source, jobs=2)
    assert alone == by_two
    assert alone[2] > 2
    assert len(alone[0]) == 30


def test_patients_who_are_linked_are_in_one_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [
        one for one in resources("80-replaced-records") if one["id"] in {"now", "older", "old", "pain", "arthritis"}
    ]
    monkeypatch.setattr(bulk, "BUCKET_BYTES", 1)
    monkeypatch.setattr(bulk, "SHARE_BYTES", 1)
    texts, _, _ = in_shares(export([*given, {"resourceType": "Patient", "id": "somebody"}], tmp_path))
    assert sorted(json.loads(one)["patient"] for one in texts) == [
        "urn:hipkg:fhir/Patient/now",
        "urn:hipkg:fhir/Patient/somebody",
    ]


DEAD = {"resourceType": "Patient", "id": "dead", "deceasedBoolean": True}
LIVING = {"resourceType": "Patient", "id": "living"}
THEIRS = {"resourceType": "Condition", "id": "theirs", "subject": {"reference": "Patient/dead"}}


@pytest.mark.parametrize(
    ("others", "read"),
    [
        ([LIVING, DEAD], False),
        ([LIVING, {**DEAD, "deceasedBoolean": False}], True),
        ([LIVING, DEAD, {**DEAD, "deceasedBoolean": False, "meta": {"lastUpdated": "2026-01-01T00:00:00Z"}}], True),
        ([{**LIVING, "link": [{"type": "replaces", "other": {"reference": "Patient/dead"}}]}, DEAD], True),
        ([LIVING, {"resourceType": "Bundle", "entry": [{"resource": DEAD}]}], True),
        ([DEAD], True),
    ],
    ids=["dead", "alive", "both", "linked", "in a bundle", "alone"],
)
def test_what_is_of_the_dead_is_not_read(others: list[dict[str, Any]], read: bool, tmp_path: Path) -> None:
    lines = [*others, THEIRS, {**THEIRS, "id": "other", "subject": {"reference": "Patient/living"}}]
    path = tmp_path / "all.ndjson"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines), encoding="utf-8")
    with bulk.shares_of(str(path)) as shares:
        found = [share.resources() for share in shares]
    keys = {one.key for part in found for one in part.resources}
    assert ("Condition/theirs" in keys) == read
    assert "Condition/other" in keys


def test_a_share_is_gone_when_it_is_read(tmp_path: Path) -> None:
    with bulk.shares_of(str(export(many(3), tmp_path))) as shares:
        files = [file for one in shares for file in one.files if file.exists()]
    assert files
    assert not any(file.exists() for file in files)


def test_a_share_holds_as_many_as_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = str(export(many(40), tmp_path))
    monkeypatch.setattr(bulk, "BUCKET_BYTES", 500)
    with bulk.shares_of(source) as shares:
        assert len(shares) == 1
    monkeypatch.setattr(bulk, "SHARE_PATIENTS", 10)
    with bulk.shares_of(source) as shares:
        held = [sum(one.type == "Patient" for one in share.resources().resources) for share in shares]
    assert sum(held) == 40
    assert len(held) > 2
    assert max(held) < 20


def test_no_room_for_the_parts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def full(path: Path, mode: str) -> object:
        if mode == "ab":
            raise OSError(28, "No space left on device")
        return opened(path, mode)

    source = str(export(many(3), tmp_path))
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(UsageError, match="No space left"), bulk.shares_of(source):
        pass


# The command


def test_each_plan_is_a_line(tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    source = export(many(3), tmp_path)
    told, written = hipkg("plan", source, "--format", "ndjson"), tmp_path / "plans.ndjson"
    assert told.code == 0
    assert len([json.loads(one) for one in told.out.splitlines()]) == 3
    assert hipkg("plan", source, "--format", "ndjson", "--jobs", 2, "--output", written).code == 0
    assert written.read_text("utf-8") == told.out
    as_json = hipkg("plan", source, "--format", "json")
    lines = {json.dumps(json.loads(one)) for one in told.out.splitlines()}
    assert {json.dumps(one) for one in json.loads(as_json.out)} == lines


def test_any_patients_can_be_written_line_by_line(hipkg: Callable[..., Run]) -> None:
    told = hipkg("plan", *EXAMPLES.values(), "--format", "ndjson")
    assert told.code == 0
    assert [json.loads(one)["patient"].split("/")[-2] for one in told.out.splitlines()] == [*EXAMPLES]


def test_what_is_no_bulk_export_is_not_planned_for_side_by_side(tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    (tmp_path / "bundle.json").write_bytes(source_of(CASES / "06-references").read_bytes())
    assert not bulk.is_bulk(str(export(many(1), tmp_path)))
    told = hipkg("plan", tmp_path, "--format", "ndjson", "--jobs", 2)
    assert (told.code, "--jobs" in told.err) == (2, True)
    assert hipkg("plan", tmp_path, "--format", "ndjson").code == 0


def test_who_has_died_is_told_and_the_others_go_on(tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    told = hipkg("plan", export(list(resources("19-deceased")), tmp_path), "--format", "ndjson")
    assert (told.code, len(told.out.splitlines()), told.err.count("[deceased-patient]")) == (1, 1, 2)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("Patient.ndjson.gz", b"no gzip", 2),
        ("Patient.ndjson", b'{"resourceType": "Observation"}\n', 2),
        ("Patient.ndjson", b'{"resourceType": "Patient", "id": "a", "gender": "\xff"}\n', 2),
    ],
)
def test_an_export_that_cannot_be_read_is_told(
    name: str, content: bytes, code: int, tmp_path: Path, hipkg: Callable[..., Run]
) -> None:
    (tmp_path / name).write_bytes(content)
    told = hipkg("plan", tmp_path, "--format", "ndjson")
    assert (told.code, told.out) == (code, "")
    assert "hipkg: " in told.err


@pytest.mark.parametrize("jobs", [1, 2])
def test_further_codes_are_known_to_every_process(jobs: int, tmp_path: Path, hipkg: Callable[..., Run]) -> None:
    folder, table = tmp_path / "export", tmp_path / "table.csv"
    folder.mkdir()
    table.write_text("system,code,term\nhttps://example.org/ours,H1,hip:HipPain\n", "utf-8")
    code = {"coding": [{"system": "https://example.org/ours", "code": "H1"}]}
    given = [one for one in resources("22-duplicates") if one["resourceType"] == "Patient"]
    problem = {"resourceType": "Condition", "id": "h", "subject": {"reference": "Patient/p1"}, "code": code}
    source = export([*given, problem], folder)
    alone = hipkg("plan", source, "--format", "ndjson", "--jobs", jobs)
    known = hipkg("plan", source, "--format", "ndjson", "--jobs", jobs, "--codes", table)
    assert json.loads(alone.out)["actions"] == []
    assert json.loads(known.out)["actions"]


@pytest.mark.parametrize("command", ["query", "reason", "convert"])
def test_questions_of_data_keep_those_who_have_died(command: str, hipkg: Callable[..., Run]) -> None:
    words = {"query": ["contraindicated-actions", "--format", "json"]}.get(command, [])
    told = hipkg(command, *words, source_of(CASES / "19-deceased"))
    assert "Patient/dated" in told.out


def test_jobs_that_are_interrupted_leave_nothing(tmp_path: Path) -> None:
    export, temporary = tmp_path / "P.ndjson", tmp_path / "tmp"
    temporary.mkdir()
    lines = (json.dumps({"resourceType": "Patient", "id": f"p{number}"}) for number in range(3000))
    export.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "hipkg", "plan", str(export), "--format", "ndjson", "--jobs", "2"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, env=env, start_new_session=True) as run:
        assert run.stdout is not None
        run.stdout.readline()
        os.killpg(run.pid, signal.SIGINT)
        _, message = run.communicate(timeout=60)  # which ends when no process holds the pipes any more
    assert (run.returncode, message) == (130, b"")
    assert list(temporary.iterdir()) == []
