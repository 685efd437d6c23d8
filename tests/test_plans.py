"""Whole plans: none of them changes unseen. `support.plans` says whose they are; ``make goldens`` writes them anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.cases import hold_all
from support.plans import FOLDER, choose, golden, lacking, source_of, written

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("plans")
UPDATE = bool(os.environ.get("HIPKG_UPDATE_GOLDEN"))
MOST_BYTES = 1_750_000


def test_every_plan_is_as_reviewed() -> None:
    files = sorted(FOLDER.glob("*.txt"))
    sources = {file: source_of(file) for file in files}
    if UPDATE:
        for file in files:
            file.unlink()
        for path in choose(path for path in sources.values() if path.exists()):
            golden(path).write_text(written(path), encoding="utf-8")
        return

    def law(file: Path) -> None:
        assert written(sources[file]) == file.read_text(encoding="utf-8")

    hold_all(law, files)


def test_every_feature_of_a_plan_is_shown() -> None:
    assert lacking(map(source_of, FOLDER.glob("*.txt"))) == {}


def test_the_plans_can_be_read() -> None:
    """They are few, small, and named after their patients."""
    files = sorted(FOLDER.glob("*.txt"))
    assert files == sorted(golden(source_of(file)) for file in files)
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
