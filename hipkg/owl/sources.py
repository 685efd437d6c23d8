"""The triples of the ontology's Turtle modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.paths import ontology_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def load_sources(files: Iterable[Path] | None = None) -> list[ox.Triple]:
    """Parse Turtle modules, by default all of the ontology."""
    return [
        quad.triple for path in files or ontology_files() for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)
    ]
