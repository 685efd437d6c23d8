"""Notice when the files that the checks read are saved."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hipkg.base.paths import files_about_ontology, module_files
from hipkg.maintenance.checks.profile import PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 0.5
"""How long is waited between two looks at the files."""


def saved(folder: Path, *, seconds: float = _SECONDS) -> Iterator[None]:
    """Tell at once, and then each time that the modules of a folder, or the files about them, have changed."""
    before: dict[Path, int] = {}
    while True:
        now = _times(folder)
        if now != before:
            before = now
            yield
        time.sleep(seconds)


def _times(folder: Path) -> dict[Path, int]:
    found: dict[Path, int] = {}
    for path in (*module_files(folder), *files_about_ontology(), folder / PROFILE):
        try:
            found[path] = path.stat().st_mtime_ns
        except OSError:
            continue  # replaced this very moment, or not there
    return found
