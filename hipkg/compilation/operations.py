"""Operations of SPARQL 1.1 Update, and how they are written as one request over the graphs of a store."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WIDTH = 100
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+")
_FORM = re.compile(r"(?:CONSTRUCT|INSERT)\s*\{(?P<template>.*?)\}\s*WHERE\s*(?P<where>\{.*\})\s*", re.DOTALL)


class Graphs(NamedTuple):
    """The named graphs of a store: those of the patients, and the one into which conclusions go.

    With none of them all is in the default graph; with conclusions alone, the store takes the union of its graphs for
    the default graph. Use `in_graphs` to check them.
    """

    records: tuple[str, ...] = ()
    conclusions: str = ""

    def clauses(self, keyword: str) -> tuple[str, ...]:
        """Write the clauses that make the graphs the default graph of a pattern: SPARQL 1.1 Update, section 3.1.3."""
        return tuple(f"{keyword} <{one}>" for one in (*self.records, self.conclusions)) if self.records else ()


DEFAULT = Graphs()
"""All is in the default graph."""


def in_graphs(records: Iterable[str], conclusions: str) -> Graphs:
    """Put the graphs of a store together.

    Raises `UsageError` for what is no IRI, for graphs of patients without one of conclusions, since a pattern cannot
    join the default graph with named ones, and for a graph of both.
    """
    found = Graphs(tuple(dict.fromkeys(records)), conclusions)
    for one in (*found.records, conclusions):
        if one and not _IRI.fullmatch(one):
            raise UsageError(f"{one!r} is no IRI of a graph.", remedy="Write it in full, as in https://example.org/g.")
    if found.records and not conclusions:
        raise UsageError(
            "There is no graph for what follows from the graphs of patients.",
            place="--conclusion-graph",
            remedy="Name one; a pattern cannot join the default graph with named ones.",
        )
    if conclusions in found.records:
        raise UsageError(
            f"The graph {conclusions} would hold patients and conclusions, and is emptied before each run.",
            place="--conclusion-graph",
            remedy="Name another graph for the conclusions.",
        )
    return found


class Operation(NamedTuple):
    """One operation that inserts: its title, the lines of what it adds, and the pattern it follows from, if any."""

    title: str
    template: tuple[str, ...]
    where: str = ""

    def text(self, graphs: Graphs) -> str:
        """Write the operation below a comment; one without a pattern inserts data."""
        lines = [f"  {line}" for line in self.template]
        if graphs.conclusions:
            lines = [f"  GRAPH <{graphs.conclusions}> {{", *(f"  {line}" for line in lines), "  }"]
        head = "INSERT" if self.where else "INSERT DATA"
        adding = [f"# {self.title}", f"{head} {{", *lines, "}"]
        return "\n".join([*adding, *graphs.clauses("USING"), f"WHERE {self.where}"] if self.where else adding)


def operation_of(title: str, query: str) -> Operation:
    """Turn a query that constructs triples, or an update that inserts them, into an operation."""
    match = _FORM.search(query)
    if match is None:  # pragma: no cover - the queries that are compiled are of this form
        raise ValueError(title)
    template = textwrap.dedent(match["template"].strip("\n")).strip()
    return Operation(title, tuple(template.splitlines()), match["where"])


def request(head: Iterable[str], operations: Iterable[Operation], graphs: Graphs) -> str:
    """Write operations as one request, below a comment of some paragraphs.

    A graph of conclusions is dropped first, so that nothing is left of what followed from a record that has changed.
    """
    begun = [f"# what was concluded before\nDROP SILENT GRAPH <{graphs.conclusions}>"] if graphs.conclusions else []
    body = " ;\n\n".join([*begun, *(one.text(graphs) for one in operations)])
    return "\n".join([*comment(head), "", prologue(body), "", body, ""])


def select(columns: Iterable[str], lines: Iterable[str], graphs: Graphs, order: Iterable[str]) -> str:
    """Write a query over the graphs from the lines of its pattern."""
    body = (f"  {line}" for line in lines)
    dataset = graphs.clauses("FROM")
    return "\n".join([f"SELECT {' '.join(columns)}", *dataset, "WHERE {", *body, "}", f"ORDER BY {' '.join(order)}"])


def alone(query: str) -> str:
    """Write a query as a text of its own."""
    return f"{prologue(query)}\n\n{query}\n"


def with_query(text: str, query: str, command: str) -> str:
    """Add the query that reads the answers of a request, as a comment that names the command which writes it alone."""
    lines = [*prologue(query).splitlines(), *query.splitlines()]
    shown = "\n".join(f"# {line}".rstrip() for line in lines)
    return f"{text}\n# To read the answers, run this query afterwards ({command}):\n#\n{shown}\n"


def prologue(body: str) -> str:
    """Declare the prefixes that a text uses."""
    used = [(one, namespace) for one, namespace in PREFIXES.items() if re.search(rf"(?<!\w){one}:", body)]
    return "\n".join(f"PREFIX {one}: <{namespace}>" for one, namespace in used)


def comment(paragraphs: Iterable[str]) -> Iterator[str]:
    """Write paragraphs as the lines of a comment."""
    for one in paragraphs:
        yield from textwrap.wrap(" ".join(one.split()), _WIDTH, initial_indent="# ", subsequent_indent="#   ")
