"""The command `hipkg convert`."""

from __future__ import annotations

from typing import Annotated

import typer

from hipkg.cli.options import Files, InputFormat, Output
from hipkg.cli.reason import GraphFormat


def convert(
    files: Files,
    to: Annotated[GraphFormat, typer.Option("--to", "-t", help="Format to write.")] = GraphFormat.turtle,
    output: Output = None,
    input_format: InputFormat = None,
) -> None:
    """Rewrite files in another RDF format, without adding or losing anything.

    Example: hipkg convert examples/d0-painful-degenerative-hip.ttl --to jsonld
    """
    from hipkg.read import read_triples
    from hipkg.write import apart, graph_text, write_output

    graphs = [read_triples(file, format=input_format) for file in files]
    write_output(graph_text(apart(graphs), to.value), str(output) if output else None)
