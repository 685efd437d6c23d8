"""The command `hipkg reason`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import AsOf, Engine, EngineOption, Files, InputFormat, Output, parse_date


class GraphFormat(StrEnum):
    """The formats that a graph can be written in."""

    turtle = "turtle"
    ntriples = "ntriples"
    rdfxml = "rdfxml"
    jsonld = "jsonld"


def reason(
    files: Files,
    format: Annotated[GraphFormat, typer.Option("--format", "-f", help="Format of the graph.")] = GraphFormat.turtle,  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = Engine.native,
    only_entailed: Annotated[bool, typer.Option("--only-entailed", help="Leave out what the files record.")] = False,
    input_format: InputFormat = None,
) -> None:
    """Write the patients' graphs with the classes and property values that the ontology entails.

    Example: hipkg reason examples/d0-painful-degenerative-hip.ttl --only-entailed
    """
    from hipkg.base.output import graph_text, write_output
    from hipkg.pipeline.process import reason_graph
    from hipkg.reading.sources import read

    triples = []
    for file in files:
        for graph in read(file, format=input_format, as_of=parse_date(as_of)):
            recorded = set(graph.triples) if only_entailed else set()
            triples += [one for one in reason_graph(graph, engine.value) if one not in recorded]
    write_output(graph_text(triples, format.value), str(output) if output else None)
