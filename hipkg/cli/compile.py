"""The command `hipkg compile`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hipkg.cli.options import Output


class Language(StrEnum):
    """The languages that logic can be compiled to."""

    sparql = "sparql"
    sql = "sql"


class Part(StrEnum):
    """The parts of a compiled text."""

    all = "all"
    update = "update"
    query = "query"


def compile(  # noqa: A001 - the verb's name
    target: Annotated[
        str, typer.Argument(metavar="ID", help="Statement id, or name or label of a defined class.", show_default=False)
    ],
    to: Annotated[Language, typer.Option("--to", help="Language to compile to.")] = Language.sparql,
    part: Annotated[
        Part, typer.Option("--part", help="The update, the query that reads its answers, or both.")
    ] = Part.all,
    output: Output = None,
) -> None:
    """Write the logic of a statement or a defined class as text that runs on any SPARQL 1.1 store of patient graphs.

    Example: hipkg compile D0-41 --to sparql
    """
    from hipkg.base.errors import UsageError
    from hipkg.base.output import write_output
    from hipkg.compilation.standalone import compile_sparql
    from hipkg.knowledge.loading import load

    if to is not Language.sparql:
        raise UsageError("SQL is not available in this version.", place="--to", remedy="Use --to sparql.")
    write_output(compile_sparql(target, load(), part.value), str(output) if output else None)
