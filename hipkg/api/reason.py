"""Derive what the ontology entails for patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.arguments import asked
from hipkg.api.door import warned
from hipkg.api.graph import Triples
from hipkg.pipeline.process import entailed
from hipkg.reading.sources import read

if TYPE_CHECKING:
    from hipkg.api.arguments import Day, Tables
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.reasoning.engines import EngineName


def reason(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    codes: Tables = (),
) -> Triples:
    """Return the graphs of a source's patients with all that the ontology entails for them.

    The parameters and errors are those of `hipkg.plans`.
    """
    wanted = asked(format=format, as_of=as_of, engine=engine, codes=codes)

    def load() -> Knowledge:
        return wanted.knowledge

    return Triples(
        warned(
            lambda: read(wanted.opened(source), load, as_of=wanted.request.as_of, deceased=True).gathered(
                lambda record: entailed(record, load, engine)
            )
        )
    )
