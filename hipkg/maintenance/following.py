"""The modules that follow from the others, which the release writes and nobody edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.paths import DENIALS, POSSIBLE_CONTEXTS
from hipkg.maintenance.denials import denials_module
from hipkg.maintenance.possible import possible_module
from hipkg.maintenance.sources import read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLLOWING = frozenset({POSSIBLE_CONTEXTS.name, DENIALS.name})
"""The names of their files."""


def following_modules(files: Iterable[Path] | None = None) -> dict[str, str]:
    """Write the modules that follow from the others in Turtle, by the names of their files.

    Parameters: ``files`` are the other modules, by default those of the ontology that editors write.

    Raises `OntologyError` as `hipkg.maintenance.sources.read` does.
    """
    sources = read(files, edited=True)
    return {POSSIBLE_CONTEXTS.name: possible_module(sources), DENIALS.name: denials_module(sources)}
