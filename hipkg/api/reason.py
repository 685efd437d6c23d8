"""Derive what the ontology entails for patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.pipeline.process import reason_graph
from hipkg.reading.sources import read

if TYPE_CHECKING:
    import os
    from datetime import date

    import pyoxigraph as ox

    from hipkg.reasoning.engines import EngineName


def reason(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
) -> tuple[ox.Triple, ...]:
    """Return the graphs of a file's patients with all that the ontology entails for them."""
    graphs = read(source, format=format, as_of=as_of)
    return tuple(triple for graph in graphs for triple in reason_graph(graph, engine))
