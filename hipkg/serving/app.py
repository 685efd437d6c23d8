"""The endpoint as an application of ASGI: queries, named questions, the description of the service and a start page.

Each query is worked out in a copy of the process that can open nothing and is stopped at its limits, as by
`hipkg query`; the answer goes out as it is found.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hipkg.api.dataset import Graph
from hipkg.api.query import over
from hipkg.base.errors import EngineUnavailable, HipkgError
from hipkg.base.limits import QUERY_TEXT
from hipkg.querying.catalogue import catalogue, inline_query
from hipkg.querying.results import STREAMED
from hipkg.querying.text import QueryText
from hipkg.serving.description import description
from hipkg.serving.kept import KeptAnswers
from hipkg.serving.pages import start_page
from hipkg.serving.protocol import RDF, RESULTS, TRUTHS, RefusedError, asked, negotiated

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import pyoxigraph as ox
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from hipkg.api.query import Prepared
    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.catalogue import QueryInfo
    from hipkg.querying.parameters import Graphs

_STATIC = Path(__file__).parent / "static"
_SENT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
        "frame-ancestors 'none'"
    ),
}
"""What goes with every answer: nothing of a patient is kept by a browser, and its pages ask no other host."""
_FORMS = {"SELECT": RESULTS, "ASK": TRUTHS, "CONSTRUCT": RDF, "DESCRIBE": RDF}


class Settings(NamedTuple):
    """How an endpoint answers: for so many seconds, so many queries at once, to requests that name these hosts."""

    seconds: int
    queries: int
    hosts: tuple[str, ...]
    lenient: bool = False
    held: str = ""


def endpoint(store: ox.Store, knowledge: Knowledge, settings: Settings) -> Starlette:
    """Make an endpoint over a dataset.

    Parameters: ``store`` is that of `hipkg.api.dataset.dataset`, which is not changed afterwards.
    """
    served = _Endpoint(store, knowledge, settings)
    return Starlette(
        routes=[
            Route("/", served.start),
            Route("/sparql", served.sparql, methods=["GET", "POST"]),
            Route("/queries", served.questions),
            Route("/queries/{name}", served.question),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*settings.hosts], www_redirect=False)],
        exception_handlers={RefusedError: _refused, HipkgError: _problem},
    )


class _Streamed(StreamingResponse):
    """An answer that is sent as it is found, as long as its client takes it and its time lasts."""

    def __init__(
        self,
        answer: Generator[bytes],
        parts: Generator[bytes],
        media_type: str,
        seconds: int,
        turn: asyncio.Semaphore,
    ) -> None:
        super().__init__(iterate_in_threadpool(answer), media_type=media_type, headers=_SENT)
        self._parts = parts
        self._seconds = seconds
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; one that takes too long breaks off, which its client is told by the missing end."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await super().__call__(scope, receive, send)
        finally:
            self._parts.close()
            self._turn.release()


class _Endpoint:
    """Answer the requests to one dataset."""

    def __init__(self, store: ox.Store, knowledge: Knowledge, settings: Settings) -> None:
        self._store = store
        self._knowledge = knowledge
        self._settings = settings
        self._free = asyncio.Semaphore(settings.queries)
        self._kept = KeptAnswers()

    async def start(self, _request: Request) -> Response:
        """Send the start page."""
        return HTMLResponse(start_page(catalogue(), self._settings.held), headers=_SENT)

    async def sparql(self, request: Request) -> Response:
        """Answer a query of the SPARQL Protocol, or describe the service where none is asked."""
        media = request.headers.get("content-type", "")
        wanted = asked(request.method, media, request.url.query, await _body(request))
        if not wanted.query:
            found = await run_in_threadpool(description, str(request.url), self._store, [*Graph])
            return Response(found, media_type="text/turtle", headers=_SENT)
        if wanted.graphs:
            _check(wanted.graphs)
        offered = _offered(wanted.query)
        chosen = negotiated(request.headers.get("accept", ""), offered)
        return await self._answered(inline_query(wanted.query), {}, wanted.graphs, chosen, offered[chosen])

    async def questions(self, _request: Request) -> Response:
        """List the named questions with their parameters."""
        listed = [
            {
                "name": one.name,
                "id": one.id,
                "summary": one.summary,
                "parameters": [{"name": it.name, "required": it.required} for it in one.parameters],
                "href": f"queries/{one.name}",
            }
            for one in catalogue()
        ]
        return JSONResponse(listed, headers=_SENT)

    async def question(self, request: Request) -> Response:
        """Answer a named question, whose parameters are those of the request."""
        name = request.path_params["name"]
        info = next((one for one in catalogue() if name in {one.name, one.id}), None)
        if info is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such question; /queries lists them.")
        offered = _offered(info.text)
        accept = request.headers.get("accept", "")
        chosen = negotiated(accept, offered) if "text/html" not in accept else next(iter(offered))
        pairs = request.query_params.multi_items()
        params = {key: [value for other, value in pairs if other == key] for key, _ in pairs}
        return await self._answered(info, params, None, chosen, offered[chosen])

    async def _answered(
        self, info: QueryInfo, params: Mapping[str, Sequence[str]], graphs: Graphs | None, media: str, form: str
    ) -> Response:
        """Work a query out, when it is its turn, and send the answer as it is found, or one that is kept."""
        question = (info.text, tuple((name, *values) for name, values in sorted(params.items())), graphs, form)
        known = self._kept.get(question)
        if known is not None:
            return Response(known, media_type=media, headers=_SENT)
        await self._free.acquire()
        try:
            prepared = await run_in_threadpool(self._prepared, info, params)
            if graphs:
                prepared = prepared._replace(query=prepared.query._replace(graphs=graphs))
            if form in STREAMED:
                first, parts = await run_in_threadpool(_begun, prepared, form, self._settings.seconds)
                answer = self._kept.keeping(question, chain((first,), parts))
                return _Streamed(answer, parts, media, self._settings.seconds, self._free)
            whole = await run_in_threadpool(_whole, prepared, form, self._settings.seconds)
        except BaseException:
            self._free.release()
            raise
        self._free.release()
        self._kept.keep(question, whole)
        return Response(whole, media_type=media, headers=_SENT)

    def _prepared(self, info: QueryInfo, params: Mapping[str, Sequence[str]]) -> Prepared:
        return over(self._store, info, params, knowledge=self._knowledge, lenient=self._settings.lenient)


def _whole(prepared: Prepared, form: str, seconds: int) -> bytes:
    """Write a whole answer, which is no work for the loop that all requests share."""
    return prepared.ask(seconds=seconds).serialize(form)


def _begun(prepared: Prepared, form: str, seconds: int) -> tuple[bytes, Generator[bytes]]:
    """Wait for the first part of an answer, so that what is wrong is told before an answer begins."""
    parts = prepared.stream(form, seconds=seconds).parts
    return next(parts, b""), parts


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > QUERY_TEXT.most:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request has {QUERY_TEXT.most} bytes at most.")
    return bytes(found)


def _offered(query: str) -> Mapping[str, str]:
    """Tell the media types in which a query can be answered, by its form; what is none is refused when it is read."""
    words = (one.word for one in QueryText(query, "the query").tokens)
    return next((_FORMS[one] for one in words if one in _FORMS), RESULTS)


def _check(graphs: Graphs) -> None:
    unknown = [one for one in (*graphs.default, *graphs.named) if one not in set(Graph)]
    if unknown:
        raise RefusedError(HTTPStatus.BAD_REQUEST, f"There is no graph {unknown[0]}; there are {', '.join(Graph)}.")


def _refused(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RefusedError)
    headers = {name.replace("_", "-"): value for name, value in problem.headers.items()}
    return PlainTextResponse(f"{problem}\n", problem.status, headers={**_SENT, **headers})


def _problem(_request: Request, problem: Exception) -> Response:
    """Say what is wrong with a query as the command line does."""
    late = isinstance(problem, EngineUnavailable)
    status = HTTPStatus.SERVICE_UNAVAILABLE if late else HTTPStatus.BAD_REQUEST
    return PlainTextResponse(f"{problem}\n", status, headers=_SENT)
