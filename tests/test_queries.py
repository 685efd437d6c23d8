"""Questions: each answers as its cases say, describes itself, and can neither change nor fetch anything.

Set HIPKG_UPDATE_GOLDEN=1 to write the expected answers and the index anew, and review the difference.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
from rdflib import XSD, BNode, Graph, Literal, URIRef
from rdflib.plugins.sparql import prepareQuery
from typer.testing import CliRunner

from hipkg.api.dataset import Graph as Named
from hipkg.api.dataset import dataset
from hipkg.api.query import over
from hipkg.base.errors import HipkgError, UsageError
from hipkg.base.paths import QUERIES, ROOT
from hipkg.base.vocabulary import HIP, PREFIXES, curie
from hipkg.cli.app import app
from hipkg.knowledge.loading import load
from hipkg.pipeline.request import Request
from hipkg.querying.catalogue import catalogue, load_query
from hipkg.querying.names import resolve
from support.doors import listed, run_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.querying.results import QueryResult

# A large group is tried first, while its process is small and forks fast.
pytestmark = pytest.mark.xdist_group("queries")

FOLDER = Path(__file__).parent / "cases" / "queries"
CASES = sorted(path.parent for path in FOLDER.glob("*/*/case.toml"))
DAY = date(2026, 11, 23)
D0 = ROOT / "examples" / "d0-painful-degenerative-hip.ttl"
D1 = ROOT / "examples" / "d1-bilateral-hip-osteoarthritis.ttl"
OF_PATIENTS = [ox.NamedNode(one) for one in (Named.RECORD, Named.ENTAILED, Named.PLAN)]
UPDATE = bool(os.environ.get("HIPKG_UPDATE_GOLDEN"))
INDEX_START = "<!-- index: held true by tests/test_queries.py -->"
INDEX_END = "<!-- end of index -->"

every_query = pytest.mark.parametrize("info", catalogue(), ids=lambda info: info.name)


def case_name(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def cell(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    """Write a term so that a clinician can review it: the label beside the CURIE."""
    if term is None:
        return ""
    if not isinstance(term, ox.NamedNode):
        return term.value
    name, label = curie(term.value), load().labels.get(term.value, "")
    return f"{name} ({label})" if label and not label.startswith(name.partition(":")[2]) else name


def as_csv(result: QueryResult) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if result.boolean is not None:
        writer.writerows([["answer"], ["yes" if result.boolean else "no"]])
    else:
        writer.writerows([result.columns, *([cell(term) for term in row] for row in result.rows)])
    return text.getvalue()


def read_case(case: Path) -> tuple[list[Path], dict[str, str]]:
    data = tomllib.loads((case / "case.toml").read_text())
    assert data.keys() <= {"about", "patient", "params"}
    assert data["about"].endswith(".")
    own = case / "patient.ttl"
    sources = [own] if own.exists() else [ROOT / data["patient"]] if "patient" in data else []
    return sources, data.get("params", {})


def hold_to(file: Path, actual: str) -> None:
    if UPDATE:
        file.write_text(actual, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == actual


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_answers_as_expected(case):
    sources, params = read_case(case)
    hold_to(case / "expected.csv", as_csv(run_query(load_query(case.parent.name), sources, params, as_of=DAY)))


@every_query
def test_has_a_case_that_answers_and_one_that_does_not(info):
    answers = [(case / "expected.csv").read_text() for case in CASES if case.parent.name == info.name]
    if "ASK" in info.text:
        assert {"answer\nyes\n", "answer\nno\n"} == set(answers)
    else:
        assert {len(answer.splitlines()) > 1 for answer in answers} == {True, False}


@every_query
def test_header_is_complete(info):
    assert re.fullmatch(r"CQ-\d\d", info.id)
    assert info.summary.endswith("?")
    assert info.description.strip().endswith(".")
    assert info.tags
    assert info.needs in info.tags
    assert info.ordered
    assert all(one.description for one in info.parameters)
    assert all(one.meaning for one in info.columns)


@every_query
def test_text_holds_every_parameter_and_column_and_fixes_the_order(info):
    query = "\n".join(line for line in info.text.splitlines() if not line.startswith("#"))
    assert {one.name for one in (*info.parameters, *info.columns)} <= set(re.findall(r"\?(\w+)", query))
    assert "ORDER BY" in query or "ASK" in query
    assert "SELECT *" not in query


def test_queries_share_one_block_of_prefixes_and_have_ids_of_their_own():
    assert len({"\n".join(re.findall(r"^PREFIX .*$", info.text, re.MULTILINE)) for info in catalogue()}) == 1
    assert [info.id for info in catalogue()] == [f"CQ-{number:02}" for number in range(1, len(catalogue()) + 1)]


@every_query
def test_columns_of_the_answer_are_those_of_the_header(info):
    params = {one.name: "hip:D0" for one in info.parameters if one.required}
    result = run_query(info, [D0] if info.needs == "patient" else [], params, as_of=DAY)
    assert [one.name for one in info.columns] == list(result.columns)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_another_sparql_engine_gives_the_same_answer(case):
    info = load_query(case.parent.name)
    sources, params = read_case(case)
    given = {one.name: params.get(one.name, one.default) for one in info.parameters}
    bindings = {name: URIRef(resolve(one, load()).value) for name, one in given.items() if one}
    ours = run_query(info, sources, params, as_of=DAY)
    with graph_of(sources) as graph:
        other = graph.query(prepareQuery(info.text), initBindings=bindings)
        if ours.boolean is not None:
            assert other.askAnswer == ours.boolean
        else:
            assert [[one and str(one) for one in row] for row in other] == [
                [one and one.value for one in row] for row in ours.rows
            ]


@contextmanager
def graph_of(sources: list[Path]) -> Iterator[Graph]:
    """Add the patients of some files to the graph that all queries share, for a while."""
    graph = graph_of_ontology()
    added = {one for one in triples_of(sources, *OF_PATIENTS) if one not in graph} if sources else ()
    for one in added:
        graph.add(one)
    yield graph
    for one in added:
        graph.remove(one)


@cache
def graph_of_ontology() -> Graph:
    graph = Graph()
    for one in triples_of([], ox.DefaultGraph()):
        graph.add(one)
    return graph


def triples_of(sources: list[Path], *graphs: ox.NamedNode | ox.DefaultGraph) -> Iterator[tuple[Any, ...]]:
    (store,) = dataset(sources, Request(as_of=DAY), load()).results
    found = (quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph))
    return (tuple(map(in_rdflib, quad.triple)) for quad in found)


@cache
def in_rdflib(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> URIRef | BNode | Literal:
    match term:
        case ox.NamedNode():
            return URIRef(term.value)
        case ox.BlankNode():
            return BNode(term.value)
    datatype = None if term.language else URIRef(term.datatype.value)
    return Literal(term.value, lang=term.language, datatype=None if datatype == XSD.string else datatype)


def test_index_lists_every_query():
    rows = "\n".join(
        f"| {i.id} | [{i.name}](competency/{i.name}.rq) | {i.summary} | {i.needs} | {parameters(i)} |"
        for i in catalogue()
    )
    index = (
        f"{INDEX_START}\n| id | name | question | runs over | parameters |\n|---|---|---|---|---|\n{rows}\n{INDEX_END}"
    )
    file = QUERIES / "README.md"
    text = file.read_text()
    start, end = text.index(INDEX_START), text.index(INDEX_END) + len(INDEX_END)
    hold_to(file, text[:start] + index + text[end:])


def parameters(info) -> str:
    return ", ".join(f"`{one.name}`" if one.required else f"`{one.name}`?" for one in info.parameters)


def refusal(name: str | Path, *args, **options) -> HipkgError:
    with pytest.raises(UsageError) as caught:
        run_query(load_query(name), *args, **options)
    assert caught.value.message
    assert caught.value.remedy
    return caught.value


@pytest.fixture
def ask(tmp_path):
    """Return a function that writes a query file and answers it, or passes its refusal on."""

    def run(text: str, sources=(), **params: str | list[str]) -> QueryResult:
        file = tmp_path / "mine.rq"
        file.write_text("".join(f"PREFIX {key}: <{iri}>\n" for key, iri in PREFIXES.items() if key == "hip") + text)
        if sources:
            return run_query(load_query(file), sources, params, as_of=DAY)
        return over(guideline(), load_query(file), listed(params), knowledge=load()).ask()

    return run


@cache
def guideline() -> ox.Store:
    (store,) = dataset([], Request(as_of=DAY), load()).results
    return store


def test_asks_the_query_file_of_a_user(ask):
    assert ask("ASK { hip:Opioid a <http://www.w3.org/2002/07/owl#Class> }").boolean is True
    assert ask("SELECT ?p { ?p a hip:Patient } ORDER BY ?p", [D0, D1]).rows == (
        (ox.NamedNode("https://example.org/patient/d0/patient"),),
        (ox.NamedNode("https://example.org/patient/d1/patient"),),
    )
    graph = ask("CONSTRUCT { ?s hip:indicates ?i } WHERE { ?s hip:indicates ?i }", s="hip:D0-02")
    assert graph.serialize("ntriples") == f"<{HIP}D0-02> <{HIP}indicates> <{HIP}OralNsaid> .\n".encode()
    assert b"hip:indicates hip:OralNsaid" in graph.serialize("turtle")


def test_sees_what_is_recorded_entailed_and_derived(ask):
    classes = "hip:HipPain", "hip:PainAtHip", "hip:SymptomaticHipOsteoarthritis", "hip:Evaluation", "hip:Action"
    assert all(ask(f"ASK {{ ?any a {name} }}", [D0]).boolean for name in classes)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("iri", "oral NSAID", "OralNsaid"),
        ("string", "D0-02", "D0-02"),
        ("integer", "3", "3"),
        ("date", "2026-01-22", "2026-01-22"),
    ],
)
def test_binds_a_declared_parameter_as_its_type(ask, kind, value, expected):
    header = f'#+ parameters = [{{ name = "x", type = "{kind}", description = "any" }}]\n'
    result = ask(f"{header}SELECT ?x (DATATYPE(?x) AS ?type) {{ }}", x=value)
    assert result.rows[0][0].value.removeprefix(HIP) == expected
    assert ("" if result.rows[0][1] is None else result.rows[0][1].value.partition("#")[2]) == (
        "" if kind == "iri" else kind
    )


@pytest.mark.parametrize("name", ["hip:D0-41", f"{HIP}D0-41", f"<{HIP}D0-41>", "D0-41"])
def test_finds_a_term_however_it_is_named(name):
    assert resolve(name, load()) == ox.NamedNode(f"{HIP}D0-41")


def test_finds_a_term_by_its_label_and_leaves_foreign_iris_alone():
    assert resolve("Oral nsaid", load()).value == f"{HIP}OralNsaid"
    assert resolve("https://example.org/patient/d0/patient", load()).value == "https://example.org/patient/d0/patient"
    with pytest.raises(UsageError, match="more than one term") as caught:
        resolve("not stated", load())
    assert caught.value.remedy == "Say which: hip:qualityNotStated, hip:strengthNotStated."


@pytest.mark.parametrize(
    ("query", "params", "message", "place", "remedy"),
    [
        ("indicated-action", {}, "no query", "", "indicated-actions"),
        ("no-such.rq", {}, "no such query file", "no-such.rq", "Check the name"),
        ("indicated-actions", {}, "no file is named", "", "hipkg query indicated-actions examples/"),
        ("statements-about", {}, "needs the parameter 'intervention'", "", "--param intervention="),
        ("statements-about", {"drug": "x"}, "no parameter 'drug'", "--param", "It has: intervention."),
        ("statements-about", {"intervention": "Opiod"}, "no term 'Opiod'", "--param intervention", "hip:Opioid"),
        ("statements-about", {"intervention": "hip:Ibuprofn"}, "no term", "--param intervention", "hip:Ibuprofen"),
        ("statements-about", {"intervention": "urn:a b"}, "no term", "--param intervention", "CURIE"),
        ("statements-about", {"intervention": "<urn:a b>"}, "not an IRI", "--param intervention", "in full"),
    ],
)
def test_refuses_with_place_and_remedy(query, params, message, place, remedy):
    error = refusal(query, params=params)
    assert message in error.message
    assert place in error.place
    assert remedy in error.remedy


def test_refuses_a_patient_where_none_is_asked_about():
    assert "about the ontology alone" in refusal("disagreements", [D0]).message


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("SELECT ?s {\n  ?s <urn:p ?o }", "not valid SPARQL", ":3:"),
        ("SELECT ?s { ?s <urn:p> ?o", "not valid SPARQL", ":2:"),
        ("", "not valid SPARQL", ":2:"),
        ("INSERT DATA { hip:a hip:b 1 }", "INSERT changes data", ":2:1"),
        ("LOAD <http://x.invalid/>", "LOAD changes data", ":2:1"),
        ("SELECT * {\n SERVICE <http://x.invalid/> { ?s ?p ?o } }", "asks another service", ":3:2"),
        ("ASK { FILTER EXISTS { service silent <http://x.invalid/> { ?s ?p ?o } } }", "asks another service", ":2:"),
        ("PREFIX : <http://x.invalid/> SELECT * {SERVICE:x{?s ?p ?o}}", "asks another service", ":2:"),
        ("SELECT * {?s ?p trueSERVICE<http://x.invalid/>{?s ?p ?o}}", "asks another service", ":2:"),
        ("SELECT * { ?s ?p ?o FILTER(?o<3)SERVICE<http://x.invalid/>{?a ?b ?c} }", "asks another service", ":2:"),
        (r"SELECT * { ?s hip:a\# ?o SERVICE <http://x.invalid/> { ?s ?p ?o } }", "asks another service", ":2:"),
        (r"SELECT * { ?s hip:a\' ?o SERVICE <http://x.invalid/> { ?s hip:b\' ?o } }", "asks another service", ":2:"),
        ('SELECT * { ?s ?p "a\\"#" . SERVICE <http://x.invalid/> { ?s ?p ?o } }', "asks another service", ":2:"),
        ("#+ id: CQ-01\nASK { }", "not valid TOML", "mine.rq"),
        ('#+ title = "x"\nASK { }', "unknown key 'title'", "mine.rq"),
        ('#+ needs = "time"\nASK { }', "needs must be one of", "mine.rq"),
        (
            '#+ parameters = [{ name = "x", type = "drug", description = "" }]\nASK { }',
            "the type of a parameter",
            "mine.rq",
        ),
        ('#+ columns = [{ title = "x" }]\nASK { }', "header cannot be used", "mine.rq"),
        ("#+ columns = [1]\nASK { }", "columns must be a list of tables", "mine.rq"),
        ("#+ columns = 1\nASK { }", "header cannot be used", "mine.rq"),
        ("#+ parameters = [1]\nASK { }", "parameters must be a list of tables", "mine.rq"),
        ('#+ columns = [{ name = 1, meaning = "x" }]\nASK { }', "name must be a text", "mine.rq"),
        ("#+ summary = 1\nASK { }", "summary must be a text", "mine.rq"),
        ('#+ ordered = "yes"\nASK { }', "ordered must be true or false", "mine.rq"),
        ("#+ tags = [1]\nASK { }", "tags must be a text", "mine.rq"),
    ],
)
def test_refuses_a_query_file_with_its_place(ask, text, message, place):
    with pytest.raises(UsageError) as caught:
        ask(text)
    assert message in caught.value.message
    assert place in caught.value.place
    assert caught.value.remedy


def test_takes_the_word_service_for_what_it_is_elsewhere(ask):
    objects = """<urn:service> "SERVICE", '''it's a SERVICE''', "load"@en-service ; a <urn:SERVICE>"""
    assert ask(f"# SERVICE\nSELECT ?service {{ ?service {objects} }}").rows == ()


@pytest.mark.parametrize(("kind", "value"), [("integer", "three"), ("date", "22.1.2026")])
def test_refuses_a_value_of_another_type(ask, kind, value):
    with pytest.raises(UsageError, match=f"is no {kind}"):
        ask(f'#+ parameters = [{{ name = "x", type = "{kind}", description = "any" }}]\nSELECT ?x {{ }}', x=value)


TWO = ["hip:OralNsaid", "hip:Duloxetine"]
ONE = "FILTER(?i = hip:OralNsaid)"
EITHER = "FILTER(?i IN (hip:OralNsaid, hip:Duloxetine))"


@pytest.mark.parametrize(
    ("text", "params", "same"),
    [
        ("SELECT (COUNT(*) AS ?n) { ?s hip:indicates ?i # }", {"i": "hip:OralNsaid"}, ONE),
        ("SELECT (COUNT(*) AS ?n) { ?s hip:indicates ?i # }", {"i": TWO}, EITHER),
        ("SELECT ?s { ?s hip:indicates ?i # }", {"i": TWO}, EITHER),
        ("SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?i { ?s hip:indicates ?i # } }", {"i": TWO}, EITHER),
        ("SELECT ?i { ?s hip:indicates ?i # } GROUP BY ?i HAVING(COUNT(?s) > @3)", {"x": "3", "i": TWO}, EITHER),
        ("SELECT ?s { ?s hip:indicates ?i # FILTER(?s != @hip:D0-02) }", {"i": TWO, "x": "hip:D0-02"}, EITHER),
        ("SELECT ?s { { ?s hip:indicates ?i FILTER(?s != @hip:D0-02) } UNION { } }", {"x": "hip:D0-02"}, ""),
        ("SELECT ?s ?i { ?s hip:fromDocument hip:D0 OPTIONAL { ?s hip:indicates ?i } # }", {"i": TWO}, EITHER),
        ("SELECT ?s ?i { ?s hip:fromDocument hip:D0 OPTIONAL { ?s hip:indicates ?i } # }", {"i": TWO[0]}, ONE),
        ("CONSTRUCT { ?s a ?i } { ?s hip:indicates ?i # }", {"i": TWO}, EITHER),
    ],
)
def test_a_parameter_restricts_as_a_filter_does(ask, text, params, same):
    parametrised, spelled = re.sub(r"@[\w:-]+", "?x", text.replace("#", "")), text.replace("#", same).replace("@", "")
    found, expected = ask(parametrised, **params), ask(spelled)
    assert expected.rows or expected.triples
    assert sorted(map(str, found.rows)) == sorted(map(str, expected.rows))
    assert found.triples == expected.triples


def test_counts_rows_by_a_parameter(ask):
    assert len(ask("SELECT ?s { ?s hip:indicates ?i } LIMIT ?n OFFSET ?m", n="3", m="1").rows) == 3
    for params in ({}, {"n": "three"}, {"n": "-1"}, {"n": ["1", "2"]}):
        with pytest.raises(UsageError, match=r"counts rows by \?n"):
            ask("SELECT ?s { ?s hip:indicates ?i } LIMIT ?n", **params)


@pytest.mark.parametrize(
    ("text", "params", "message"),
    [
        ("SELECT ?s { ?s hip:indicates ?i }", {"x": "1"}, r"no variable \?x"),
        ("SELECT (COUNT(?s) AS ?n) { ?s hip:indicates ?i }", {"n": "1"}, r"works \?n out"),
        ("CONSTRUCT WHERE { ?s hip:indicates ?i }", {"i": ["hip:A", "hip:B"]}, "no term"),
        (
            "CONSTRUCT WHERE { ?s hip:indicates ?i }",
            {"i": ["hip:OralNsaid", "hip:Duloxetine"]},
            "no pattern of its own",
        ),
        ("SELECT ?s { ?s hip:indicates ?i { FILTER(?x > 1) } }", {"x": ["1", "2"]}, "one value only"),
    ],
)
def test_refuses_what_cannot_be_bound(ask, text, params, message):
    with pytest.raises(UsageError, match=message):
        ask(text, **params)


def test_refuses_a_query_file_that_is_no_text(tmp_path):
    file = tmp_path / "binary.rq"
    file.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in refusal(file).message
    assert refusal(tmp_path / "folder.rq" / "none.rq").exit_code == 2


runner = CliRunner()


def hipkg(*args: str | Path):
    return runner.invoke(app, [str(arg) for arg in args])


def test_command_writes_a_table_of_labels_and_curies_within_80_columns():
    answer = hipkg("query", "contraindicated-actions", D0, "--as-of", "2026-11-23")
    assert answer.exit_code == 0
    assert "intra-articular hyaluronic acid injection" in answer.stdout
    assert "(hip:IaHyaluronicAcidInjection)" in answer.stdout
    assert "https:" not in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80
    assert f"{HIP}D0-41" in hipkg("query", "contraindicated-actions", D0, "--iris").stdout


def test_command_tells_patients_apart():
    answer = hipkg("query", "decided-conflicts", D0, D1)
    assert {"d0/patient", "d1/patient"} <= set(answer.stdout.split())


@pytest.mark.parametrize(("intervention", "word", "code"), [("HylanGF20Injection", "yes", 0), ("Ibuprofen", "no", 1)])
def test_command_answers_yes_or_no_by_word_and_exit_code(intervention, word, code):
    answer = hipkg("query", "is-contraindicated", D0, "--param", f"intervention={intervention}")
    assert (answer.stdout, answer.exit_code) == (f"{word}\n", code)


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "xml"])
def test_command_writes_the_formats_of_the_standard(form, tmp_path):
    target = tmp_path / f"answer.{form}"
    assert hipkg("query", "slot-definitions", "-p", "statement=D0-41", "-f", form, "-o", target).exit_code == 0
    data = target.read_bytes()
    assert data.endswith(b"\n")
    assert f"{HIP}HipOsteoarthritis".encode() in data
    if form == "json":
        assert json.loads(data)["head"]["vars"][0] == "statement"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["slot-definitions", "-p", "statement=D0-41", "-f", "turtle"], "a table, which 'turtle' cannot hold"),
        (["slot-definitions", "-p", "statement"], "gives no value"),
        (["slot-definitions", "-p", "statement=D0-41", "-f", "ntriples"], "a table, which 'ntriples' cannot hold"),
        (["-e", "ASK {}", "-f", "jsonl"], "yes or no, which 'jsonl' cannot hold"),
        (["-", "-"], "cannot be the query and a patient"),
        ([], "No query is named"),
        (["indicated-actions", D0, "--as-of", "today"], "is no date"),
    ],
)
def test_command_refuses_arguments(args, message):
    answer = hipkg("query", *args)
    assert isinstance(answer.exception, UsageError)
    assert message in answer.exception.message
    assert not answer.stdout


def test_command_ends_with_the_documented_exit_code_and_message():
    command = [sys.executable, "-c", "from hipkg.cli import main; main()", "query", "statemnts-about"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "hipkg: There is no query 'statemnts-about'. [usage]\n  Did you mean statements-about"
    )


def test_command_lists_and_shows_queries():
    listing = hipkg("queries").stdout
    assert all(info.id in listing and info.name in listing for info in catalogue())
    assert max(map(len, listing.splitlines())) <= 80
    assert hipkg("queries", "cq-01").stdout == load_query("indicated-actions").text
