"""Answers to queries: a table, a yes or no, or a graph."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar, cast

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.output import graph_text
from hipkg.base.vocabulary import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Item = TypeVar("Item")
Found: TypeAlias = "ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples"

TABLE_FORMATS = {
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
}
GRAPH_FORMATS = {"turtle": ox.RdfFormat.TURTLE, "ntriples": ox.RdfFormat.N_TRIPLES}
LINES = "jsonl"
"""The format of which every line is a row: an object of JSON with what is bound, as in the JSON of SPARQL."""
STREAMED = frozenset({*TABLE_FORMATS, LINES, "ntriples"})
"""The formats that are written as the answer is found, and never held whole."""


@dataclass(frozen=True)
class QueryResult:
    """The answer to a query: a table, a yes or no, or a graph.

    A table has ``columns`` and ``rows`` of RDF terms, None where a cell is unbound. ``boolean`` is None and ``triples``
    are None unless the answer is of their kind. ``cut`` tells that there was more than what was asked for at most.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Term | None, ...], ...] = ()
    boolean: bool | None = None
    triples: tuple[ox.Triple, ...] | None = None
    cut: bool = False
    _results: bytes = field(default=b"", repr=False)

    @property
    def formats(self) -> tuple[str, ...]:
        """List the formats that the answer can be written in."""
        return _formats(graph=self.triples is not None, truth=self.boolean is not None)

    def serialize(self, format: str) -> bytes:  # noqa: A002 - the word that users know from every RDF library
        """Write the answer in a W3C format or in lines of JSON, with full IRIs and a final line break.

        Raises `UsageError` for a format that does not fit the kind of the answer.
        """
        check_format(format, graph=self.triples is not None, truth=self.boolean is not None)
        if self.triples is not None:
            data = graph_text(self.triples, format).encode()
        elif format == LINES:
            data = b"".join(_lines(self._parsed()))
        else:
            data = cast("bytes", self._parsed().serialize(format=TABLE_FORMATS[format]))
        return data if data.endswith(b"\n") or not data else data + b"\n"

    def _parsed(self) -> ox.QuerySolutions:
        return cast("ox.QuerySolutions", ox.parse_query_results(self._results, format=ox.QueryResultsFormat.JSON))


class Answer(NamedTuple):
    """An answer as it goes from process to process: N-Triples of a graph, or else results in JSON."""

    graph: bool
    data: bytes
    cut: bool = False

    @classmethod
    def of(cls, found: Found, most: int | None) -> Answer:
        """Take down an answer, so many rows or triples of it at most."""
        if isinstance(found, ox.QueryTriples):
            triples, cut = _first(found, most)
            return cls(True, ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"", cut)
        if most is None or isinstance(found, ox.QueryBoolean):
            return cls(False, cast("bytes", found.serialize(format=ox.QueryResultsFormat.JSON)))
        rows, cut = _first(_each(found), most)
        return cls(False, _table([one.value for one in found.variables], rows), cut)

    def result(self) -> QueryResult:
        """Read the answer."""
        if self.graph:
            triples = {one.triple for one in ox.parse(self.data, format=ox.RdfFormat.N_TRIPLES)}
            return QueryResult(triples=tuple(sorted(triples, key=str)), cut=self.cut)
        parsed = ox.parse_query_results(self.data, format=ox.QueryResultsFormat.JSON)
        if isinstance(parsed, ox.QueryBoolean):
            return QueryResult(boolean=bool(parsed), _results=self.data)
        columns = tuple(one.value for one in parsed.variables)
        rows = tuple(tuple(row[name] for name in columns) for row in _each(parsed))
        return QueryResult(columns, rows, cut=self.cut, _results=self.data)


def check_format(format: str, *, graph: bool, truth: bool) -> None:  # noqa: A002
    """Raise `UsageError` for a format that does not fit the kind of an answer."""
    formats = _formats(graph=graph, truth=truth)
    if format not in formats:
        kind = "a graph" if graph else "yes or no" if truth else "a table"
        raise UsageError(
            f"The answer is {kind}, which {format!r} cannot hold.", remedy=f"Choose among: {', '.join(formats)}."
        )


def write(found: Found, format: str, send: Callable[[bytes], None]) -> None:  # noqa: A002
    """Write an answer in one of the `STREAMED` formats as it is found."""
    if isinstance(found, ox.QueryTriples):
        ox.serialize(found, output=cast("Any", _Outlet(send)), format=GRAPH_FORMATS[format])
    elif format == LINES:
        for line in _lines(cast("ox.QuerySolutions", found)):
            send(line)
    else:
        outlet = _Outlet(send)
        found.serialize(output=cast("Any", outlet), format=TABLE_FORMATS[format])
        if outlet.last != b"\n":
            send(b"\n")


class _Outlet(io.RawIOBase):
    """A file that gives on what is written to it."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self.last = b""

    def write(self, data: Any) -> int:  # noqa: ANN401 - the base class takes any buffer
        """Give something on."""
        if data:
            self._send(bytes(data))
            self.last = bytes(data[-1:])
        return len(data)


def _formats(*, graph: bool, truth: bool) -> tuple[str, ...]:
    return tuple(GRAPH_FORMATS) if graph else tuple(TABLE_FORMATS) if truth else (*TABLE_FORMATS, LINES)


def _each(solutions: ox.QuerySolutions) -> Iterator[ox.QuerySolution]:
    yield from solutions


def _first(found: Iterable[Item], most: int | None) -> tuple[list[Item], bool]:
    """Take so many items at most, and tell whether there are more."""
    if most is None:
        return [*found], False
    kept = [*islice(found, most + 1)]
    return kept[:most], len(kept) > most


def _lines(solutions: ox.QuerySolutions) -> Iterator[bytes]:
    import orjson

    names = [one.value for one in solutions.variables]
    for row in _each(solutions):
        yield orjson.dumps(_row(names, row)) + b"\n"


def _table(names: list[str], rows: list[ox.QuerySolution]) -> bytes:
    import orjson

    bindings = [_row(names, one) for one in rows]
    return orjson.dumps({"head": {"vars": names}, "results": {"bindings": bindings}})


def _row(names: list[str], row: ox.QuerySolution) -> dict[str, object]:
    return {name: _told(term) for name in names if (term := row[name]) is not None}


def _told(term: Term) -> dict[str, object]:
    """Write a term as the JSON of SPARQL has it."""
    match term:
        case ox.NamedNode():
            return {"type": "uri", "value": term.value}
        case ox.BlankNode():
            return {"type": "bnode", "value": term.value}
        case ox.Literal():
            typed = {} if term.datatype.value == f"{XSD}string" else {"datatype": term.datatype.value}
            return {"type": "literal", "value": term.value, **({"xml:lang": term.language} if term.language else typed)}
        case ox.Triple():
            parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
            return {"type": "triple", "value": {name: _told(one) for name, one in parts.items()}}
