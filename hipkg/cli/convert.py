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
    from hipkg.write import graph_text, write_output

    triples = [one for file in files for one in read_triples(file, format=input_format)]
    write_output(graph_text(triples, to.value), str(output) if output else None)
