"""The command `hipkg query`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.base.limits import QUERY_SECONDS
from hipkg.cli.options import (
    AnswerSeconds,
    AsOf,
    CodeTables,
    EngineOption,
    InputFormat,
    Lenient,
    Output,
    released,
    requested,
)
from hipkg.cli.report import deliver, on_terminal, report, say, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.querying.catalogue import QueryInfo


WIDTH = 80
"""The width of a table where there is no terminal."""

AnswerFormat = Literal["table", "csv", "tsv", "json", "jsonl", "xml", "turtle", "ntriples"]


def complete_name(begun: str) -> list[str]:
    """Complete the name of a question in a shell."""
    from hipkg.querying.catalogue import catalogue

    return [info.name for info in catalogue() if info.name.startswith(begun)]


QueryName = typer.Argument(
    help="Name or id of a query, or a file FILE.rq.", show_default=False, autocompletion=complete_name
)


def query(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Name or id of a query, a file FILE.rq, or - for standard input; with -e a patient file.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ] = None,
    files: Annotated[
        list[str] | None, typer.Argument(help="Patient files; - is standard input.", show_default=False)
    ] = None,
    *,
    text: Annotated[str | None, typer.Option("--text", "-e", metavar="QUERY", help="The text of a query.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="Bind a parameter; repeatable, also for one name."),
    ] = None,
    format: Annotated[AnswerFormat, typer.Option("--format", "-f", help="Format of the answer.")] = "table",  # noqa: A002 - the option's name
    iris: Annotated[bool, typer.Option("--iris", help="Write full IRIs in the table.")] = False,
    output: Output = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=0, help="Rows or triples of the answer at most.", show_default="all")
    ] = None,
    timeout: AnswerSeconds = QUERY_SECONDS.most,
    lenient: Lenient = False,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Ask a named question, or a query of SPARQL, over patients and the guideline.

    A question that is answered by yes or no exits with 1 for no.

    Example: hipkg query indicated-actions examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.api.query import prepare
    from hipkg.querying.results import STREAMED

    info, sources = _asked(name, files or [], text)
    params, knowledge = parse_params(param or ()), released(codes)
    request = requested(knowledge, as_of=as_of, input_format=input_format, engine=engine)
    batch = prepare(info, sources, params, request=request, knowledge=knowledge, lenient=lenient)
    (prepared,) = told(batch)
    report(prepared.doubts)
    if warnings := prepared.warnings:
        from hipkg.render.words import counted

        say(f"hipkg: {counted(warnings, 'warning')} about what was read, which `hipkg validate` tells.", aside=True)
    if format in STREAMED and limit is None:
        answer = prepared.stream(format, seconds=timeout)
        deliver(_texts(answer.parts), output, format, failed=batch.set_aside or answer.boolean is False)
        return
    whole = prepared.ask(seconds=timeout, limit=limit)
    if whole.cut:
        say(f"hipkg: There is more than the first {limit}, which --limit allows.", aside=True)
    if format != "table":
        written = whole.serialize(format).decode()
    else:
        from hipkg.render.answers import answer_to_text

        written = answer_to_text(whole, knowledge, full=iris, to_terminal=on_terminal(output))
    deliver(written, output, format, failed=batch.set_aside or whole.boolean is False)


def _asked(name: str | None, files: list[str], text: str | None) -> tuple[QueryInfo, list[str]]:
    """Tell the query and the patient files, of which the first stands in the place of a name beside a text.

    Raises `UsageError` where there is no query, or standard input is to be both.
    """
    from hipkg.querying.catalogue import STANDARD_INPUT, inline_query, load_query

    if text is not None:
        return inline_query(text), [*([name] if name else []), *files]
    if name is None:
        raise UsageError("No query is named.", remedy="Name one that `hipkg queries` lists, FILE.rq, or -e QUERY.")
    if name == STANDARD_INPUT and name in files:
        raise UsageError("Standard input cannot be the query and a patient.", remedy="Give the query with -e.")
    return load_query(name), files


def _texts(parts: Iterable[bytes]) -> Iterator[str]:
    """Decode an answer as it comes, without parting a character or the end of a line."""
    from codecs import getincrementaldecoder

    decoder, kept = getincrementaldecoder("utf-8")(), ""
    for part in parts:
        text = kept + decoder.decode(part)
        kept = "\r" if text.endswith("\r") else ""
        yield text.removesuffix("\r") if kept else text
    yield kept


def parse_params(given: Iterable[str]) -> dict[str, list[str]]:
    """Split parameters at their first equals sign, and gather the values of each.

    Raises `UsageError` for one without a name or a value.
    """
    params: dict[str, list[str]] = {}
    for one in given:
        name, _, value = one.partition("=")
        if not name or not value:
            raise UsageError(
                f"{one!r} gives no value to a parameter.", place="--param", remedy="Write it as NAME=VALUE."
            )
        params.setdefault(name, []).append(value)
    return params
