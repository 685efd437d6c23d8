"""The command `hipkg query`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.base.limits import QUERY_SECONDS
from hipkg.cli.options import AsOf, CodeTables, EngineOption, InputFormat, Output, released, requested
from hipkg.cli.report import deliver, on_terminal, told

if TYPE_CHECKING:
    from collections.abc import Iterable


WIDTH = 80
"""The width of a table where there is no terminal."""

AnswerFormat = Literal["table", "csv", "tsv", "json", "xml", "turtle", "ntriples"]


def complete_name(begun: str) -> list[str]:
    """Complete the name of a question in a shell."""
    from hipkg.querying.query import catalogue

    return [info.name for info in catalogue() if info.name.startswith(begun)]


QueryName = typer.Argument(
    help="Name or id of a query, or a file FILE.rq.", show_default=False, autocompletion=complete_name
)


def query(
    name: Annotated[str, QueryName],
    files: Annotated[
        list[str] | None, typer.Argument(help="Patient files; - is standard input.", show_default=False)
    ] = None,
    *,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Bind a parameter; repeatable.")
    ] = None,
    format: Annotated[AnswerFormat, typer.Option("--format", "-f", help="Format of the answer.")] = "table",  # noqa: A002 - the option's name
    iris: Annotated[bool, typer.Option("--iris", help="Write full IRIs in the table.")] = False,
    output: Output = None,
    timeout: Annotated[int, typer.Option("--timeout", min=1, help="Seconds that the answer may take.")] = (
        QUERY_SECONDS.most
    ),
    as_of: AsOf = None,
    engine: EngineOption = "native",
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Ask a named question, or a SPARQL file, over patients and the ontology.

    A question that is answered by yes or no exits with 1 for no.

    Example: hipkg query indicated-actions examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.querying.query import load_query, run_query

    info, params, knowledge = load_query(name), parse_params(param or ()), released(codes)
    request = requested(knowledge, as_of=as_of, input_format=input_format, engine=engine)
    batch = run_query(info, files or (), params, request=request, knowledge=knowledge, seconds=timeout)
    (answer,) = told(batch)
    if format != "table":
        text = answer.serialize(format).decode()
    else:
        from hipkg.render.answers import answer_to_text

        text = answer_to_text(answer, knowledge, full=iris, to_terminal=on_terminal(output))
    deliver(text, output, format, failed=batch.set_aside or answer.boolean is False)


def parse_params(given: Iterable[str]) -> dict[str, str]:
    """Split parameters at their first equals sign.

    Raises `UsageError` for one without a name or a value, and for one given twice.
    """
    params: dict[str, str] = {}
    for one in given:
        name, _, value = one.partition("=")
        if not name or not value:
            raise UsageError(
                f"{one!r} gives no value to a parameter.", place="--param", remedy="Write it as NAME=VALUE."
            )
        if name in params:
            raise UsageError(f"The parameter {name!r} is given twice.", place="--param", remedy="Give it once.")
        params[name] = value
    return params
