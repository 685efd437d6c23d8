"""The command `hipkg compile`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.cli.options import Documents, Output, released
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
    from hipkg.base.errors import UsageError
    from hipkg.compilation.operations import in_graphs

    graphs = in_graphs(record_graph or (), conclusion_graph)
    knowledge = released()
    if target:
        from hipkg.compilation.standalone import compile_sparql

        if document:
            raise UsageError("A single target takes no --document.", remedy="Leave out the target, or the option.")
        if part == "states" or part == "actions":  # noqa: PLR1714 - mypy narrows literals so
            raise UsageError(f"A single target has no {part}.", place="--part", remedy="Use --part query.")
        text = compile_sparql(target, knowledge, part, graphs)
    else:
        from hipkg.compilation.whole import compile_all
        from hipkg.knowledge.selection import select

        if part == "query":
            raise UsageError(
                "All statements have two queries.", place="--part", remedy="Use --part states or --part actions."
            )
        text = compile_all(knowledge, part, graphs, select(knowledge, document or ()))
    deliver(text, output, "sparql")
