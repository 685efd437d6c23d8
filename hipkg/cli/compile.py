"""The command `hipkg compile`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.cli.options import Documents, Output
from hipkg.cli.report import deliver


def compile(  # noqa: A001 - the verb's name
    target: Annotated[
        str,
        typer.Argument(
            metavar="[ID]",
            help="Statement id, or name or label of a class; all statements without.",
            show_default=False,
        ),
    ] = "",
    part: Annotated[
        Literal["all", "update", "query", "states", "actions"],
        typer.Option(
            "--part",
            help="The update, the query that reads its answers (of all statements, states or actions), or all.",
        ),
    ] = "all",
    document: Documents = None,
    record_graph: Annotated[
        list[str] | None,
        typer.Option("--record-graph", metavar="IRI", help="Named graph of the store with patients; repeatable."),
    ] = None,
    conclusion_graph: Annotated[
        str, typer.Option("--conclusion-graph", metavar="IRI", help="Named graph that is rebuilt with what follows.")
    ] = "",
    output: Output = None,
) -> None:
    """Write the logic of statements or of a class as text that runs on any SPARQL 1.1 store of patient graphs.

    Example: hipkg compile D0-41
    """
    from hipkg.api.compile import compile as compiled

    text = compiled(
        target,
        part=part,
        documents=document or (),
        record_graphs=record_graph or (),
        conclusion_graph=conclusion_graph,
    )
    deliver(text, output, "sparql")
