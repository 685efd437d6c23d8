"""Checks of the mappings of codes: each is silent on what is shipped and finds what it is there for."""

from __future__ import annotations

import json
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.base.errors import EngineUnavailable
from hipkg.maintenance.checks import runner as quality
from hipkg.maintenance.checks.mappings import check_mappings
from hipkg.maintenance.checks.workspace import workspace
from hipkg.owl.sources import load_sources

if TYPE_CHECKING:
    import pyoxigraph as ox

    from hipkg.maintenance.checks.issue import Issue

CASES = Path(__file__).parent / "cases" / "mappings"
SOUND = CASES / "sound"


@cache
def triples() -> tuple[ox.Triple, ...]:
    return tuple(load_sources())


def issues(folder: Path) -> list[Issue]:
    return list(check_mappings(folder, triples()))


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda one: one.name)
def test_a_check_finds_what_it_is_there_for_and_nothing_else(case: Path, tmp_path: Path) -> None:
    """The files of a case stand in for those of the sound set."""
    folder = tmp_path / "mappings"
    shutil.copytree(SOUND, folder)
    shutil.copytree(case, folder, dirs_exist_ok=True)
    found = [[one.check, one.entity, one.property, one.value] for one in issues(folder)]
    assert sorted(found) == sorted(json.loads((case / "expected.json").read_text("utf-8")))
    assert {one[0] for one in found} <= {case.name, case.name.rsplit("-", 1)[0]}


def test_the_shipped_mappings_pass() -> None:
    assert list(quality.mappings(workspace())) == []


def test_the_checks_of_the_ontology_include_the_mappings(monkeypatch: pytest.MonkeyPatch) -> None:
    issue = quality.Issue("mapping-code", "X:1", "subject_id", "is no code")
    monkeypatch.setattr("hipkg.maintenance.checks.mappings.check_mappings", lambda *_: iter([issue]))
    assert issue in [one.issue for one in quality.check_ontology(reasoner=False).findings]


def test_a_missing_reader_of_metadata_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(EngineUnavailable) as raised:
        issues(SOUND)
    assert "pip install" in raised.value.remedy


def test_a_missing_table_of_code_systems_is_an_issue(tmp_path: Path) -> None:
    (issue,) = issues(tmp_path)
    assert issue.check == "mapping-table"
    assert issue.value == "The table cannot be read."
