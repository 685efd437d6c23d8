"""What a request of the SPARQL 1.1 Protocol asks, and in which of the formats that its client takes it is answered.

Source: SPARQL 1.1 Protocol, section 2.1, and HTTP Semantics (RFC 9110), section 12.5.1.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from hipkg.querying.parameters import Graphs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

FORM = "application/x-www-form-urlencoded"
_QUERY, _UPDATE = "application/sparql-query", "application/sparql-update"
_DEFAULT, _NAMED = "default-graph-uri", "named-graph-uri"

RESULTS = {
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "jsonl",
}
"""The formats of a table by their media types, the preferred first; a yes or no has the first two formats."""
TRUTHS = {media: form for media, form in RESULTS.items() if form in {"json", "xml"}}
RDF = {"text/turtle": "turtle", "application/n-triples": "ntriples"}
"""The formats of a graph by their media types."""


class RefusedError(Exception):
    """Refuse a request with a status of HTTP and a sentence that says why."""

    def __init__(self, status: HTTPStatus, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers


class Asked(NamedTuple):
    """The query of a request, empty for none, with the graphs that it names for the query."""

    query: str
    graphs: Graphs | None


def asked(method: str, media: str, parameters: str, body: bytes) -> Asked:
    """Read a request.

    Parameters: ``media`` is its content type, ``parameters`` the query string of its URL. Raises `RefusedError`.
    """
    given = _pairs(parameters)
    if method == "POST":
        kind = media.partition(";")[0].strip().lower()
        if kind == FORM:
            given += _pairs(_text(body))
        elif kind == _QUERY:
            given.append(("query", _text(body)))
        elif kind == _UPDATE:
            raise _only_reads()
        else:
            raise RefusedError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A query is posted as {FORM} or as {_QUERY}.", accept_post=_QUERY
            )
    if any(name in {"update", "using-graph-uri", "using-named-graph-uri"} for name, _ in given):
        raise _only_reads()
    queries = [value for name, value in given if name == "query"]
    if len(queries) > 1:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "A request asks one query.")
    if not queries and (method == "POST" or given):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The request has no parameter named query.")
    default, named = (tuple(value for name, value in given if name == one) for one in (_DEFAULT, _NAMED))
    return Asked(queries[0] if queries else "", Graphs(default, named) if default or named else None)


def _only_reads() -> RefusedError:
    return RefusedError(HTTPStatus.FORBIDDEN, "The endpoint only reads, and takes no update.")


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as problem:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The parameters of the request cannot be read.") from problem


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The request is not written in UTF-8.") from problem


def negotiated(accept: str, offered: Collection[str]) -> str:
    """Choose the media type that a client likes best, the first offered of those that it likes alike.

    Parameters: ``accept`` is the header, empty for anything. Raises `RefusedError` where nothing fits.
    """
    ranges = [_range(one) for one in accept.split(",") if one.strip()] or [("*/*", 1.0)]
    weights = {media: _weight(media, ranges) for media in offered}
    best = max(offered, key=lambda media: weights[media])
    if not weights[best]:
        raise RefusedError(HTTPStatus.NOT_ACCEPTABLE, f"The answer can be had as {', '.join(offered)}.")
    return best


def _range(text: str) -> tuple[str, float]:
    media, *parameters = (one.strip() for one in text.split(";"))
    quality = next((one[2:] for one in parameters if one.lower().startswith("q=")), "1")
    try:
        return media.lower(), float(quality)
    except ValueError:
        return media.lower(), 0.0


def _weight(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Weigh a media type by the narrowest range that holds it."""
    widest_last = (media, f"{media.partition('/')[0]}/*", "*/*")
    return next((weight for one in widest_last for wanted, weight in ranges if wanted == one), 0.0)
