"""Ask a store a query, in a copy of this process that can be stopped and reaches nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.isolation import Reason, UnfinishedError, isolated_parts
from hipkg.base.limits import ANSWER, QUERY_MEMORY, QUERY_SECONDS
from hipkg.base.vocabulary import QUERY_PREFIXES
from hipkg.querying.results import Answer, check_format, write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from hipkg.base.errors import HipkgError
    from hipkg.base.isolation import Send
    from hipkg.querying.parameters import Bound
    from hipkg.querying.results import Found, QueryResult

_PLACE_IN_QUERY = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_YES, _NO, _OTHER = b"y", b"n", b"-"


class Streamed(NamedTuple):
    """An answer that is written as it is found; ``boolean`` is None unless it is a yes or no."""

    boolean: bool | None
    parts: Generator[bytes]


def ask(query: Bound, store: ox.Store, *, seconds: int | None = None, limit: int | None = None) -> QueryResult:
    """Ask a query and hold the answer, so many rows or triples of it at most.

    Raises `UsageError` for what is no query, and for an answer that is too large; `EngineUnavailable` for a query that
    takes more than so many seconds, by default those of `QUERY_SECONDS`, or too much memory.
    """

    def answered(send: Send) -> None:
        graph, data, cut = Answer.of(_found(query, store), limit)
        if len(data) > ANSWER.most:
            raise ANSWER.exceeded(query.text.place)
        send(bytes([graph, cut]))
        send(data)

    (graph, cut), *data = _parts(answered, query, seconds)
    return Answer(bool(graph), b"".join(data), bool(cut)).result()


def stream(query: Bound, store: ox.Store, form: str, *, seconds: int | None = None) -> Streamed:
    """Ask a query and write the answer in one of the `STREAMED` formats as it is found.

    Raises what `ask` does but for the size of the answer, also later, while the parts come.
    """

    def answered(send: Send) -> None:
        found = _found(query, store)
        truth = bool(found) if isinstance(found, ox.QueryBoolean) else None
        check_format(form, graph=isinstance(found, ox.QueryTriples), truth=truth is not None)
        send(_OTHER if truth is None else _YES if truth else _NO)
        write(found, form, send)

    parts = _parts(answered, query, seconds)
    return Streamed({_YES: True, _NO: False}.get(next(parts)), parts)


def check_syntax(query: Bound) -> None:
    """Raise `UsageError` for what is no query, before anything else is done for it."""

    def parsed(_send: Send) -> None:
        _found(query, ox.Store())

    for _ in _parts(parsed, query, None):
        pass


def _found(query: Bound, store: ox.Store) -> Found:
    replaced: dict[Any, Any] = {ox.Variable(name): value for name, value in query.substitutions.items()}
    graphs: dict[str, Any] = {}
    if query.graphs is not None:
        graphs = {"default_graph": _nodes(query.graphs.default), "named_graphs": _nodes(query.graphs.named)}
    return store.query(query.text.text, prefixes=QUERY_PREFIXES, substitutions=replaced or None, **graphs)


def _nodes(names: Iterable[str]) -> list[ox.NamedNode]:
    return [ox.NamedNode(one) for one in names]


def _parts(work: Callable[[Send], None], query: Bound, seconds: int | None) -> Generator[bytes]:
    """Give on what the work sends, and say what is wrong in terms of the query."""
    place, time = query.text.place, QUERY_SECONDS.most if seconds is None else seconds
    try:
        yield from isolated_parts(work, seconds=time, memory=QUERY_MEMORY.most, sealed=True)
    except SyntaxError as error:
        raise _syntax_error(error, place) from None
    except (RuntimeError, OSError) as error:
        raise UsageError(f"The query cannot be answered: {error}.", place=place, remedy="Mend the query.") from None
    except UnfinishedError as problem:
        raise _unfinished(problem.reason, place, time) from None


def _unfinished(reason: Reason, place: str, seconds: int) -> HipkgError:
    match reason:
        case Reason.TIME:
            return QUERY_SECONDS.exceeded(place, seconds)
        case Reason.MEMORY:
            return QUERY_MEMORY.exceeded(place)
        case Reason.CRASH:
            return UsageError("The query is too long to be worked out.", place=place, remedy="Ask for less at once.")


def _syntax_error(error: SyntaxError, where: str) -> UsageError:
    match = _PLACE_IN_QUERY.match(error.msg or "")
    line, column, detail = match.groups() if match else ("", "", str(error.msg))
    place = f"{where}:{line}:{column}" if match else where
    brief = " ".join(detail.split())
    brief = brief if len(brief) <= 120 else brief[:120].rpartition(",")[0] + " ..."  # noqa: PLR2004 - about two lines
    return UsageError(f"The query is not valid SPARQL: {brief}.", place=place, remedy="Mend the query there.")
