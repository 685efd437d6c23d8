"""The endpoint: the SPARQL 1.1 Protocol over a real connection, what it refuses, its pages, and its limits."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pyoxigraph as ox
import pytest
import uvicorn
from SPARQLWrapper import JSON, POST, SPARQLWrapper
from typer.testing import CliRunner

from hipkg.api.dataset import Graph, dataset
from hipkg.base.errors import UsageError
from hipkg.base.limits import QUERY_DEPTH
from hipkg.cli.app import app
from hipkg.knowledge.loading import load
from hipkg.pipeline.request import Request as Wanted
from hipkg.querying.catalogue import catalogue
from hipkg.serving.app import Settings, endpoint
from hipkg.serving.kept import LARGEST, MOST, KeptAnswers
from hipkg.serving.protocol import RDF, RESULTS, RefusedError, negotiated
from support.cases import EXAMPLES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.every_source, pytest.mark.xdist_group("serving")]

PATIENT = "https://example.org/patient/d0/patient"
SELECT = "SELECT ?one WHERE { ?one a hip:Patient }"
SLOW = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
JSON_RESULTS = "application/sparql-results+json"


class Answer(NamedTuple):
    status: int
    media: str
    body: bytes
    headers: dict[str, str]

    @property
    def rows(self) -> list[dict[str, str]]:
        found = json.loads(self.body)["results"]["bindings"]
        return [{name: term["value"] for name, term in row.items()} for row in found]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    (store,) = dataset([str(EXAMPLES["d0"])], Wanted(as_of=date(2026, 11, 23)), load()).results
    served = endpoint(store, load(), Settings(3, 2, ("127.0.0.1", "localhost"), held="One patient"))
    config = uvicorn.Config(served, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def call(url: str, body: bytes | None = None, method: str | None = None, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, body, sent, method=method), timeout=30) as got:  # noqa: S310 - of the test's own server
            return Answer(got.status, got.headers.get_content_type(), got.read(), dict(got.headers))
    except HTTPError as problem:
        return Answer(problem.code, problem.headers.get_content_type(), problem.read(), dict(problem.headers))


def get(base: str, query: str, accept: str = "*/*", **more: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return call(f"{base}/sparql?{urlencode({'query': query, **named})}", Accept=accept)


def post(base: str, body: str | bytes, media: str, accept: str = "*/*", parameters: str = "") -> Answer:
    data = body.encode() if isinstance(body, str) else body
    return call(f"{base}/sparql{parameters}", data, Content_Type=media, Accept=accept)


def test_a_query_comes_by_get_by_form_and_as_itself(base: str) -> None:
    answers = [
        get(base, SELECT),
        post(base, urlencode({"query": SELECT}), FORM),
        post(base, urlencode({"query": SELECT}), f"{FORM}; charset=utf-8"),
        post(base, SELECT, QUERY),
    ]
    assert {(one.status, one.media) for one in answers} == {(200, JSON_RESULTS)}
    assert all(one.rows == [{"one": PATIENT}] for one in answers)


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "text/csv", "text/csv"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values"),
        (SELECT, "text/html, text/csv;q=0.5, */*;q=0.1", "text/csv"),
        ("ASK { ?one a hip:Patient }", "application/sparql-results+json", JSON_RESULTS),
        ("ASK { ?one a hip:Patient }", "application/sparql-results+xml", "application/sparql-results+xml"),
        ("CONSTRUCT { ?one a hip:Patient } WHERE { ?one a hip:Patient }", "text/turtle", "text/turtle"),
        ("CONSTRUCT WHERE { ?one a hip:Patient }", "application/n-triples", "application/n-triples"),
        ("DESCRIBE hip:D0-41", "*/*", "text/turtle"),
    ],
)
def test_an_answer_comes_in_the_format_that_the_client_takes(base: str, query: str, accept: str, media: str) -> None:
    found = get(base, query, accept)
    assert (found.status, found.media) == (200, media)
    assert found.body
    if media in RDF:
        assert [*ox.parse(found.body, format=ox.RdfFormat.from_media_type(media))]
    elif media != "text/csv":  # which says nothing of terms, so that nothing parses it
        ox.parse_query_results(found.body, format=ox.QueryResultsFormat.from_media_type(media))


def test_the_graphs_of_a_request_are_those_that_the_query_is_asked_of(base: str) -> None:
    count = "SELECT (COUNT(*) AS ?n) WHERE { %s }"
    union = int(get(base, count % "?a ?b ?c").rows[0]["n"])
    record = int(get(base, count % "?a ?b ?c", default_graph_uri=Graph.RECORD).rows[0]["n"])
    two = urlencode([("default-graph-uri", Graph.RECORD), ("default-graph-uri", Graph.PLAN)])
    several = int(post(base, count % "?a ?b ?c", QUERY, parameters=f"?{two}").rows[0]["n"])
    assert 0 < record < several < union
    named = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?a ?b ?c } }"
    assert {one["g"] for one in get(base, named, named_graph_uri=Graph.CODES).rows} == {Graph.CODES}
    assert get(base, count % "?a ?b ?c", named_graph_uri=Graph.CODES).rows == [{"n": "0"}], "no default graph is named"
    over = "SELECT (COUNT(*) AS ?n) FROM <%s> WHERE { ?a ?b ?c }" % Graph.CODES  # noqa: S608, UP031
    assert int(get(base, over, default_graph_uri=Graph.RECORD).rows[0]["n"]) == record, "the request goes before"
    assert get(base, SELECT, default_graph_uri="https://example.org/none").status == 400


@pytest.mark.parametrize(
    ("send", "status", "why"),
    [
        (lambda base: call(f"{base}/sparql?query=ASK%7B%7D&query=ASK%7B%7D"), 400, "one query"),
        (lambda base: get(base, "SELECT WHERE"), 400, "not valid SPARQL"),
        (lambda base: get(base, "ASK { ?one a hip:Patien }"), 400, "Did you mean hip:Patient"),
        (
            lambda base: get(base, "SELECT * WHERE { SERVICE <http://example.org/> { ?a ?b ?c } }"),
            400,
            "another service",
        ),
        (lambda base: get(base, "DELETE WHERE { ?a ?b ?c }"), 400, "changes data"),
        (lambda base: get(base, "ASK {" + "{" * QUERY_DEPTH.most + "}" * QUERY_DEPTH.most + "}"), 400, "brackets"),
        (lambda base: call(f"{base}/sparql?other=1"), 400, "no parameter named query"),
        (lambda base: post(base, "", FORM), 400, "no parameter named query"),
        (lambda base: post(base, b"query=%FF", FORM), 400, "cannot be read"),
        (lambda base: post(base, SELECT.encode("utf-16"), QUERY), 400, "UTF-8"),
        (lambda base: post(base, SELECT, "text/plain"), 415, "posted as"),
        (lambda base: call(f"{base}/sparql", SELECT.encode(), Content_Type=""), 415, "posted as"),
        (lambda base: post(base, "CLEAR ALL", "application/sparql-update"), 403, "only reads"),
        (lambda base: post(base, urlencode({"update": "CLEAR ALL"}), FORM), 403, "only reads"),
        (lambda base: post(base, "a" * 2**21, QUERY), 413, "at most"),
        (lambda base: get(base, SELECT, "image/png"), 406, "text/csv"),
        (lambda base: call(f"{base}/sparql", method="PUT"), 405, ""),
        (lambda base: call(f"{base}/queries/nothing"), 404, "/queries lists them"),
        (lambda base: call(f"{base}/queries/is-contraindicated"), 400, "intervention"),
        (lambda base: call(f"{base}/", Host="attacker.example"), 400, "host"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(base: str, send: object, status: int, why: str) -> None:
    found = send(base)  # type: ignore[operator]  # a function of the base
    assert (found.status, why in found.body.decode()) == (status, True), found.body[:300]


def test_no_file_is_read(base: str) -> None:
    found = get(base, "SELECT * FROM <FILE> WHERE { ?a ?b ?c }".replace("FILE", EXAMPLES["d1"].as_uri()))
    assert (found.status, b"There is no graph" in found.body) == (400, True)


def test_a_query_that_takes_too_long_is_stopped_and_others_go_on(base: str) -> None:
    begun, late = time.monotonic(), []
    threads = [threading.Thread(target=lambda: late.append(get(base, SLOW))) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.status for one in late] == [503, 503]
    assert b"within 3 s" in late[0].body
    assert time.monotonic() - begun < 20
    assert get(base, SELECT).rows == [{"one": PATIENT}]


def test_a_client_that_does_not_read_on_loses_its_turn(base: str) -> None:
    host, port = base.removeprefix("http://").split(":")
    path = f"/sparql?query={quote('SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }')}"
    connections = [socket.create_connection((host, int(port))) for _ in range(3)]
    for one in connections:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert get(base, SELECT).rows == [{"one": PATIENT}]
    for one in connections:
        one.close()


def test_named_questions_are_links(base: str) -> None:
    listed = json.loads(call(f"{base}/queries").body)
    assert {one["name"] for one in listed} == {one.name for one in catalogue()}
    found = call(f"{base}/queries/is-contraindicated?intervention=hip:IaHyaluronicAcidInjection", Accept=JSON_RESULTS)
    assert (found.status, json.loads(found.body)["boolean"]) == (200, True)
    assert call(f"{base}/queries/indicated-actions", Accept="text/csv").media == "text/csv"


def test_the_service_is_described(base: str) -> None:
    found = call(f"{base}/sparql")
    assert found.media == "text/turtle"
    described = {
        (one.predicate.value.partition("#")[2], str(one.object))
        for one in ox.parse(found.body, format=ox.RdfFormat.TURTLE)
    }
    assert ("endpoint", f"<{base}/sparql>") in described
    assert {one for prop, one in described if prop == "name"} == {f"<{one}>" for one in Graph}


def test_the_start_page_holds_all_that_it_shows(base: str) -> None:
    page = call(f"{base}/")
    text = page.body.decode()
    assert page.media == "text/html"
    assert "not medical advice" in text
    assert all(f'href="queries/{one.name}' in text for one in catalogue())
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in text.replace("&quot;", "").split("</head>")[0]
    for name in ("yasgui.min.js", "yasgui.min.css", "page.js", "page.css", "yasgui.LICENSE.txt"):
        assert call(f"{base}/static/{name}").status == 200


def test_the_command_answers_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "hipkg", "serve", str(EXAMPLES["d4"]), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stderr is not None
        line = next(one for one in server.stderr if "answers until Ctrl-C" in one)
        address = line.split()[1].rstrip("/")
        taken = CliRunner().invoke(app, ["serve", "--port", address.rpartition(":")[2]])
        assert isinstance(taken.exception, UsageError)
        assert "Nothing can listen at 127.0.0.1" in str(taken.exception)
        assert call(f"{address}/queries/current-interventions", Accept="text/csv").status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 130
        assert "Traceback" not in server.stderr.read()


def test_what_is_asked_again_gets_the_same_answer(base: str) -> None:
    path = f"{base}/queries/indicated-actions"
    first, again, other = (call(path, Accept=media) for media in ("text/csv", "text/csv", JSON_RESULTS))
    assert first == again._replace(headers=first.headers)
    assert first.body != other.body
    turtle = [get(base, "CONSTRUCT WHERE { ?one a hip:Patient }", "text/turtle").body for _ in range(2)]
    assert turtle[0] == turtle[1] != b""


def test_only_small_and_whole_answers_are_kept() -> None:
    kept = KeptAnswers()
    assert b"".join(kept.keeping("small", [b"a", b"b"])) == b"ab" == kept.get("small")
    assert len(b"".join(kept.keeping("large", [b"a" * LARGEST, b"b"]))) == LARGEST + 1
    assert kept.get("large") is None
    next(broken := kept.keeping("broken", [b"a", b"b"]))
    broken.close()
    assert kept.get("broken") is None
    for number in range(MOST // LARGEST):
        assert kept.get("small"), "what is asked for is not let go of"
        kept.keep(number, b"a" * LARGEST)
    assert kept.get(0) is None
    assert kept.get("small") == b"ab"


def test_a_client_of_others_understands_it(base: str) -> None:
    client = SPARQLWrapper(f"{base}/sparql")
    client.setReturnFormat(JSON)
    for method in ("GET", POST):
        client.setMethod(method)
        client.setQuery(SELECT)
        assert client.query().convert()["results"]["bindings"] == [{"one": {"type": "uri", "value": PATIENT}}]


def test_what_a_client_likes_best_is_chosen() -> None:
    assert negotiated("", RESULTS) == JSON_RESULTS
    assert negotiated("text/*", RESULTS) == "text/csv"
    assert negotiated("text/csv;q=0.2, text/tab-separated-values;q=0.8", RESULTS) == "text/tab-separated-values"
    assert negotiated("*/*, application/sparql-results+json;q=0", RESULTS) == "application/json"
    with pytest.raises(RefusedError):
        negotiated("text/csv;q=never", RESULTS)
