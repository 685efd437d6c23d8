"""Derive what the ontology entails for patients."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from hipkg.api.door import warned
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import entailed
from hipkg.reading.sources import read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pyoxigraph as ox

    from hipkg.reading.joint import AnySource
    from hipkg.reasoning.engines import EngineName


def reason(
    source: AnySource,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    codes: Sequence[str] = (),
) -> tuple[ox.Triple, ...]:
    """Return the graphs of a file's patients with all that the ontology entails for them."""
    load = cache(partial(knowing, codes))
    return warned(
        lambda: read(source, load, format=format, as_of=as_of, deceased=True).gathered(
            lambda record: entailed(record, load, engine)
        )
    )
