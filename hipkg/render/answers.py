"""Write answers to questions, and the list of the named questions, for people."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyoxigraph as ox
from rich import box
from rich.table import Table
from rich.text import Text

from hipkg.base.vocabulary import RDF_TYPE, XSD, query_name
from hipkg.render.console import printed
from hipkg.render.rdf import turtle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.catalogue import QueryInfo
    from hipkg.querying.results import QueryResult, Term

DEFAULT_WIDTH = 80
_NARROWEST = 40
_RESULTS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"


def answer_to_text(answer: QueryResult, knowledge: Knowledge, *, full: bool, to_terminal: bool) -> str:
    """Write an answer for people: yes or no, a graph in Turtle, or a table."""
    if answer.boolean is not None:
        return "yes\n" if answer.boolean else "no\n"
    if answer.triples is not None:
        return answer.serialize("turtle").decode()
    if not answer.rows:
        return "No answers.\n"
    cells = _full_cells(answer) if full else _short_cells(answer, knowledge)
    width = answer_width(to_terminal=to_terminal)
    fits = sum(map(_least_width, zip(answer.columns, *cells, strict=True))) <= width
    laid_out = _table(answer.columns, cells) if fits else _records(answer.columns, cells)
    return printed(laid_out, width=width, to_terminal=to_terminal).strip("\n") + "\n"


def _full_cells(answer: QueryResult) -> list[tuple[str, ...]]:
    return [tuple("" if term is None else _plain(term) for term in row) for row in answer.rows]


def _plain(term: Term) -> str:
    return str(getattr(term, "value", term))


def _short_cells(answer: QueryResult, knowledge: Knowledge) -> list[tuple[str, ...]]:
    """Name terms of the ontology by label and CURIE, and others by their IRIs without the part that all share."""
    named = {term.value for row in answer.rows for term in row if isinstance(term, ox.NamedNode)}
    foreign = sorted(iri for iri in named if query_name(iri).startswith("<"))
    shared = len(_namespace(os.path.commonprefix(foreign)))  # noqa: RUF071 - IRIs are no paths, and are cut after

    def short(term: Term | None) -> str:
        if term is None:
            return ""
        if not isinstance(term, ox.NamedNode):
            return _plain(term)
        name = query_name(term.value)
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
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for column in columns:
        table.add_column(column, overflow="fold")  # so that what is too long for its column is broken and not cut
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _records(columns: tuple[str, ...], cells: list[tuple[str, ...]]) -> RenderableType:
    """Write each row as a block of named values, for answers that are too wide for a table."""
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


def catalogue_to_text(infos: Iterable[QueryInfo], *, to_terminal: bool) -> str:
    """Write for each question its id, how to ask it, and the question."""
    grid = Table.grid(padding=(0, 2))
    for info in infos:
        grid.add_row(info.id, Text(usage(info), style="bold"))
        grid.add_row("", Text(info.summary))
    return printed(grid, width=answer_width(to_terminal=to_terminal), to_terminal=to_terminal).strip("\n") + "\n"


def usage(info: QueryInfo) -> str:
    """Write how to ask a question: its name, whether it takes files, and its parameters, optional ones in brackets."""
    files = ["FILE..."] if info.needs == "patient" else []
    params = [one.name if one.required else f"[{one.name}]" for one in info.parameters]
    return " ".join([info.name, *files, *params])


def answer_width(*, to_terminal: bool) -> int:
    """Return the width of the terminal, 40 columns at least, or `DEFAULT_WIDTH`."""
    return max(os.get_terminal_size().columns, _NARROWEST) if to_terminal else DEFAULT_WIDTH


def answer_to_turtle(answer: QueryResult) -> str:
    """Write a graph as Turtle, and a table, or a yes or no, in the vocabulary for result sets of the W3C.

    Source: https://www.w3.org/2001/sw/DataAccess/tests/README, section on result sets.
    """
    if answer.triples is not None:
        return answer.serialize("turtle").decode()
    return turtle(_result_set(answer), {"rs": _RESULTS, "xsd": XSD})


def _result_set(answer: QueryResult) -> Iterator[ox.Triple]:
    made = ox.BlankNode("answer")
    yield ox.Triple(made, ox.NamedNode(RDF_TYPE), _of_results("ResultSet"))
    if answer.boolean is not None:
        yield ox.Triple(made, _of_results("boolean"), ox.Literal(answer.boolean))
    for column in answer.columns:
        yield ox.Triple(made, _of_results("resultVariable"), ox.Literal(column))
    for number, row in enumerate(answer.rows, 1):
        solution = ox.BlankNode(f"row{number}")
        yield ox.Triple(made, _of_results("solution"), solution)
        yield ox.Triple(solution, _of_results("index"), ox.Literal(number))
        for column, value in zip(answer.columns, row, strict=True):
            if value is not None:
                bound = ox.BlankNode(f"row{number}-{column}")
                yield ox.Triple(solution, _of_results("binding"), bound)
                yield ox.Triple(bound, _of_results("variable"), ox.Literal(column))
                yield ox.Triple(bound, _of_results("value"), value)


def _of_results(name: str) -> ox.NamedNode:
    return ox.NamedNode(_RESULTS + name)
