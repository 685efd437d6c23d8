"""The command `hipkg compile`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.cli.options import Output
from hipkg.cli.report import deliver


def compile(  # noqa: A001 - the verb's name
    target: Annotated[
        str, typer.Argument(metavar="ID", help="Statement id, or name or label of a defined class.", show_default=False)
    ],
    to: Annotated[Literal["sparql", "sql"], typer.Option("--to", help="Language to compile to.")] = "sparql",
    part: Annotated[
        Literal["all", "update", "query"],
        typer.Option("--part", help="The update, the query that reads its answers, or both."),
    ] = "all",
    output: Output = None,
) -> None:
    """Write the logic of a statement or a defined class as text that runs on any SPARQL 1.1 store of patient graphs.

    Example: hipkg compile D0-41 --to sparql
    """
    from hipkg.base.errors import UsageError
    from hipkg.compilation.standalone import compile_sparql
    from hipkg.knowledge.loading import load

    if to != "sparql":
        raise UsageError("SQL is not available in this version.", place="--to", remedy="Use --to sparql.")
    deliver(compile_sparql(target, load(), part), output, to)
