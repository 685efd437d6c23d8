"""The command `hipkg query`."""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hipkg.base.errors import UsageError
from hipkg.cli.options import AsOf, EngineOption, InputFormat, Output, requested
from hipkg.cli.report import deliver, on_terminal, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.query import QueryResult, Term

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
    as_of: AsOf = None,
    engine: EngineOption = "native",
    input_format: InputFormat = None,
) -> None:
    """Ask a named question, or a SPARQL file, over patients and the ontology.

    A question that is answered by yes or no exits with 1 for no.

    Example: hipkg query indicated-actions examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.knowledge.loading import load
    from hipkg.querying.query import load_query, run_query

    info, params, knowledge = load_query(name), parse_params(param or ()), load()
    request = requested(knowledge, as_of=as_of, input_format=input_format, engine=engine)
    batch = run_query(info, files or (), params, request=request, knowledge=knowledge)
    (answer,) = told(batch)
    if format != "table":
        data: str | bytes = answer.serialize(format)
    else:
        data = to_text(answer, knowledge, full=iris, to_terminal=on_terminal(output))
    deliver(data, output, failed=batch.set_aside or answer.boolean is False)


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


def to_text(answer: QueryResult, knowledge: Knowledge, *, full: bool, to_terminal: bool) -> str:
    """Write an answer for people: yes or no, a graph in Turtle, or a table."""
    if answer.boolean is not None:
        return "yes\n" if answer.boolean else "no\n"
    if answer.triples is not None:
        return answer.serialize("turtle").decode()
    if not answer.rows:
        return "No answers.\n"
    cells = _full_cells(answer) if full else _short_cells(answer, knowledge)
    width = terminal_width() if to_terminal else WIDTH
    fits = sum(map(_least_width, zip(answer.columns, *cells, strict=True))) <= width
    return render_text(_table(answer.columns, cells) if fits else _records(answer.columns, cells), width, to_terminal)


def terminal_width() -> int:
    """Tell how wide the terminal is, 40 columns at least."""
    return max(os.get_terminal_size().columns, 40)


def _full_cells(answer: QueryResult) -> list[tuple[str, ...]]:
    return [tuple("" if term is None else _plain(term) for term in row) for row in answer.rows]


def _plain(term: Term) -> str:
    return str(getattr(term, "value", term))


def _short_cells(answer: QueryResult, knowledge: Knowledge) -> list[tuple[str, ...]]:
    """Name terms of the ontology by label and CURIE, and others by their IRIs without the part that all share."""
    import pyoxigraph as ox

    from hipkg.base.vocabulary import curie

    named = {term.value for row in answer.rows for term in row if isinstance(term, ox.NamedNode)}
    foreign = sorted(iri for iri in named if curie(iri).startswith("<"))
    shared = len(_namespace(os.path.commonprefix(foreign)))  # noqa: RUF071 - IRIs are no paths, and are cut after

    def short(term: Term | None) -> str:
        if term is None:
            return ""
        if not isinstance(term, ox.NamedNode):
            return _plain(term)
        name = curie(term.value)
        if name.startswith("<"):
            return term.value[shared:]
        label = knowledge.labels.get(term.value, "")
        says_more = label and not label.startswith(name.partition(":")[2])
        return f"{label} ({name})" if says_more else name

    return [tuple(map(short, row)) for row in answer.rows]


def _namespace(iri: str) -> str:
    """Cut an IRI after its last slash or hash."""
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _least_width(column: tuple[str, ...]) -> int:
    """Tell how wide a column must be so that no word is broken; a column of sentences wants more."""
    longest_word = max((len(word) for cell in column for word in cell.split()), default=0)
    typical = max(map(len, column)) // 6
    return max(longest_word, typical) + 2


def _table(columns: tuple[str, ...], cells: list[tuple[str, ...]]) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _records(columns: tuple[str, ...], cells: list[tuple[str, ...]]) -> RenderableType:
    """Write each row as a block of named values, for answers that are too wide for a table."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for number, row in enumerate(cells):
        if number:
            grid.add_row()
        for column, cell in zip(columns, row, strict=True):
            if cell:
                grid.add_row(column, Text(cell))
    return grid


def render_text(content: RenderableType, width: int, to_terminal: bool) -> str:
    """Lay something out as text, in colour only for a terminal."""
    from rich.console import Console

    text = StringIO()
    Console(file=text, width=width, force_terminal=to_terminal or None, highlight=False).print(content)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()).strip("\n") + "\n"
