"""The command `hipkg serve`."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from hipkg.base.errors import EngineUnavailable, UsageError
from hipkg.base.limits import QUERY_SECONDS
from hipkg.cli.options import AnswerSeconds, AsOf, CodeTables, EngineOption, InputFormat, Lenient, released, requested
from hipkg.cli.report import say, told

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def serve(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Patient files, or folders of FHIR; the guideline alone without.", show_default=False),
    ] = None,
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen at; any other than this lets others ask.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen at, 0 for a free one.")] = 8080,
    timeout: AnswerSeconds = QUERY_SECONDS.most,
    queries: Annotated[int, typer.Option("--queries", min=1, help="Queries that are worked out at once.")] = 4,
    lenient: Lenient = False,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Serve patients and the guideline as an endpoint of the SPARQL 1.1 Protocol that only reads.

    Its start page is an editor; the named questions are links. It listens at this machine alone unless told otherwise.

    Example: hipkg serve examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.api.dataset import dataset

    try:
        import uvicorn

        from hipkg.serving.app import Settings, endpoint
    except ImportError as problem:
        raise EngineUnavailable(
            "Starlette and uvicorn are not installed.", remedy="Install hipkg[serve]: pip install 'hipkg[serve]'."
        ) from problem
    knowledge = released(codes)
    request = requested(knowledge, as_of=as_of, input_format=input_format, engine=engine)
    (store,) = told(dataset(files or (), request, knowledge))
    held = f"Patients of {', '.join(files)}, and the guideline" if files else "The guideline"
    hosts = (*_LOOPBACK, host) if host in _LOOPBACK else ("*",)
    app = endpoint(store, knowledge, Settings(timeout, queries, hosts, lenient, held))
    if host not in _LOOPBACK:
        say(f"hipkg: Whoever reaches {host} can read all that is served; there is no log-in.", aside=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    with _listening(host, port) as listening:
        address = f"[{host}]" if ":" in host else host
        say(f"hipkg: http://{address}:{listening.getsockname()[1]}/ answers until Ctrl-C.", aside=True)
        server.run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """Listen at an address; raises `UsageError` where that cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as problem:
        raise UsageError(
            f"Nothing can listen at {host}, port {port}: {problem.strerror}.",
            place="--host, --port",
            remedy="Choose an address of this machine and a free port; --port 0 takes one.",
        ) from problem
