"""What callers of the Python API meet: names, sources and options in every form, results that write themselves."""

from __future__ import annotations

import dataclasses
import gc
import io
import json
import multiprocessing
import pickle
import sys
import tracemalloc
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic

import hipkg
from hipkg.api.arguments import asked
from hipkg.api.result import Result, Results, Written
from hipkg.base.brief import LONGEST, brief
from hipkg.base.errors import HipkgError, SetAside, UnreadableInput, UsageError
from hipkg.base.paths import ROOT

D0 = ROOT / "examples" / "d0-painful-degenerative-hip.ttl"
D2 = ROOT / "examples" / "d2-hip-pain-not-improving.ttl"
FHIR = ROOT / "examples" / "d0-painful-degenerative-hip.json"
DAY = "2026-11-23"
pytestmark = pytest.mark.xdist_group("api")  # whose results are made once
HOSTILE = "<script>alert(1)</script>"
BUNDLE = json.loads(FHIR.read_text(encoding="utf-8"))


@cache
def results() -> tuple[Written, ...]:
    """Make a result of every kind."""
    return (
        hipkg.plan(D2, as_of=DAY),
        hipkg.plans(D2, as_of=DAY),
        hipkg.ask(D2, as_of=DAY),
        hipkg.watch(D2, as_of=DAY),
        hipkg.what_if(D2, add="age 71", as_of=DAY),
        hipkg.since(D2, before=DAY, as_of="2027-01-04"),
        hipkg.check_order(D2, "naproxen", as_of=DAY),
        hipkg.ledger(D2, as_of=DAY),
        hipkg.explain(D2, "naproxen", as_of=DAY),
        hipkg.sensitivity(D2, as_of=DAY),
        hipkg.validate(D2, as_of=DAY),
        hipkg.reason(D2, as_of=DAY),
        hipkg.convert(D2),
        hipkg.codes("hip pain"),
        hipkg.terms("hip pain"),
        hipkg.query(D2, "SELECT ?s ?label { ?s hip:status 'contraindicated' ; rdfs:label ?label }", as_of=DAY),
        hipkg.query(D2, "ASK { ?s hip:status 'contraindicated' }", as_of=DAY),
        hipkg.query(D2, "CONSTRUCT { ?s hip:status ?o } { ?s hip:status ?o }", as_of=DAY),
    )


class Tags(HTMLParser):
    """Collect the elements of a piece of HTML, and those that are open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _: object) -> None:
        self.found.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# Names


def test_the_folder_of_the_examples_is_planned_whole() -> None:
    """What is shipped beside each other has ids of its own, as one server would give."""
    with pytest.warns(SetAside):
        made = hipkg.plans(ROOT / "examples", as_of="2026-11-23")
    assert len(made) == len([*(ROOT / "examples").glob("*.json")])


def test_all_public_names_are_there_before_they_are_imported() -> None:
    assert set(hipkg.__all__) <= set(dir(hipkg))
    assert [one for one in hipkg.__all__ if getattr(hipkg, one) is None] == []
    assert hipkg.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="plam"):
        hipkg.plam  # noqa: B018 - the look-up is what is tried


# Sources


def content(source: object, **more: object) -> set[object]:
    return set(hipkg.convert(source, as_of=DAY, **more))  # type: ignore[arg-type]


def turtle() -> str:
    return D0.read_text(encoding="utf-8")


def dataset() -> rdflib.Dataset:
    made = rdflib.Dataset()
    made.addN((*one, made.graph("urn:a")) for one in rdflib.Graph().parse(D0))
    return made


SAME = {
    "a text that names a file": lambda: str(D0),
    "bytes": D0.read_bytes,
    "a bytearray": lambda: bytearray(D0.read_bytes()),
    "a text": turtle,
    "a text in memory": lambda: io.StringIO(turtle()),
    "a list of one": lambda: [D0],
    "a generator": lambda: (one for one in [turtle()]),
    "the same twice": lambda: [D0, turtle().encode()],
    "a graph": lambda: rdflib.Graph().parse(D0),
    "a dataset": dataset,
    "triples in lines": lambda: rdflib.Graph().parse(D0).serialize(format="nt"),
    "JSON-LD": lambda: rdflib.Graph().parse(D0).serialize(format="json-ld"),
    "plain JSON-LD": lambda: {"@graph": json.loads(rdflib.Graph().parse(D0).serialize(format="json-ld"))},
}
SAME_FHIR = {
    "a text": lambda: FHIR.read_text(encoding="utf-8"),
    "a text of one line": lambda: json.dumps(BUNDLE),
    "bytes": FHIR.read_bytes,
    "a Bundle": lambda: BUNDLE,
    "a resource a line": lambda: "\n".join(json.dumps(one["resource"]) for one in BUNDLE["entry"]),
    "resources": lambda: [one["resource"] for one in BUNDLE["entry"]],
}


def test_a_patient_is_the_same_in_every_form() -> None:
    expected = content(D0)
    assert len(expected) > 20
    assert {name: content(give()) == expected for name, give in SAME.items()} == dict.fromkeys(SAME, True)
    expected = content(FHIR)
    assert {name: content(give()) == expected for name, give in SAME_FHIR.items()} == dict.fromkeys(SAME_FHIR, True)


def test_an_open_file_is_read_by_the_name_that_it_has() -> None:
    with D0.open(encoding="utf-8") as text, D0.open("rb") as binary, FHIR.open("rb") as fhir:
        assert content(text) == content(binary) == content(D0)
        assert content(fhir) == content(FHIR)


def test_a_text_that_is_a_file_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one_line = "<urn:ann> a <https://w3id.org/hipkg/Patient> ."
    assert len(content(one_line)) == 1
    Path("[copy].ttl").write_text(turtle(), encoding="utf-8")
    assert content("[copy].ttl") == content(D0)
    with pytest.raises(UnreadableInput, match="no such file"):
        content("copy.ttl")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (5, "int is no source"),
        (None, "NoneType is no source"),
        ([], "list of sources is empty"),
        ([D0, 5], "int is no source"),
        ([[D0]], "list is no source"),
        ({"a": 1}, "neither FHIR nor JSON-LD"),
        ({1: 2}, "neither FHIR nor JSON-LD"),
        ({"resourceType": "Patient", "x": object()}, "no form for: .*object"),
        (b"hello", "does not tell its format"),
        ("", "input is empty"),
        (b"", "input is empty"),
        ("not there.ttl", "no such file"),
        ("@prefix : <urn:x> .\n:a :b", "text>"),
        ("\ud800\n", "does not tell its format"),
        ("@prefix : <urn:\ud800> .\n", "not valid UTF-8"),
    ],
)
def test_what_is_no_source_says_what_is_wanted(source: object, told: str) -> None:
    with pytest.raises((UsageError, UnreadableInput), match=told):
        hipkg.plan(source)  # type: ignore[arg-type]


# Options


def test_options_are_taken_as_they_come() -> None:
    for given in (DAY, f"{DAY}T10:30", date(2026, 11, 23), datetime(2026, 11, 23, 23, 59)):  # noqa: DTZ001 - no zone
        assert asked(as_of=given).request.as_of == date(2026, 11, 23)
    for documents in ("D0", "d0", ["D0"], ("d0", "D0"), {"D0"}):
        assert asked(documents=documents).request.selection.documents == ("D0",)
    assert asked(documents=["d1", "D0"]).request.selection.documents == ("D0", "D1")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"as_of": 5}, "as_of: A date is wanted, not int"),
        ({"as_of": "soon"}, "as_of: 'soon' is no date"),
        ({"as_of": "2026-02-30"}, "as_of: .* is no date"),
        ({"documents": "D9"}, "no document 'D9'.*D0, D1"),
        ({"documents": 7}, "documents: One text or several"),
        ({"documents": [3]}, "documents: A text is wanted, not int"),
        ({"codes": 5}, "codes: One text or several"),
        ({"codes": Path("none.csv")}, "none.csv"),
        ({"codes": [Path("none.csv")]}, "none.csv"),
        ({"format": 3}, "format: A text is wanted, not int"),
        ({"format": "docx"}, "'docx' is not a format"),
        ({"engine": "warp"}, "no engine 'warp'"),
        ({"min_strength": 4}, "min_strength: A text"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(options: dict[str, object], told: str) -> None:
    with pytest.raises((UsageError, UnreadableInput), match=told):
        hipkg.plan(D0, **{"as_of": DAY, **options})  # type: ignore[arg-type]


def test_what_is_no_word_is_refused_wherever_one_is_wanted() -> None:
    for call in (
        lambda: hipkg.explain(D0, 3),
        lambda: hipkg.explain(D0, None),
        lambda: hipkg.sensitivity(D0, by=[]),
        lambda: hipkg.compile("D0-41", part="half"),
        lambda: hipkg.check_order(D0, 5),
        lambda: hipkg.what_if(D0, add=5),
        lambda: hipkg.codes(None),
        lambda: hipkg.terms(None),
        lambda: hipkg.plans(D0, min_evidence=None),
    ):
        with pytest.raises(UsageError):
            call()


# Results


def records(value: object) -> list[object]:
    """List a result and all records in it."""
    if isinstance(value, str | int | float | date | None):
        return []
    names: list[str] = []
    if dataclasses.is_dataclass(value):
        names = [one.name for one in dataclasses.fields(value) if one.name not in {"knowledge", "graph"}]
    elif hasattr(value, "_fields"):
        names = [*value._fields]
    if names:
        return [value, *(one for name in names for one in records(getattr(value, name)))]
    if isinstance(value, Mapping):
        return records((*value, *value.values()))
    inner = [one for each in value for one in records(each)] if isinstance(value, tuple | list | frozenset) else []
    return [value, *inner] if isinstance(value, Written) else inner


def test_results_and_the_records_in_them_are_told_in_one_line() -> None:
    found = [one for result in results() for one in records(result)]
    assert len({type(one) for one in found}) > 40
    longest = {type(one): shown for one in found if len(shown := repr(one)) > LONGEST or not shown.isprintable()}
    assert longest == {}
    assert repr(results()[0]).startswith(f"<Plan d2 · {DAY} · ")
    assert brief((), "a\nb", "", None, ("c", "")) == "<tuple a b · c>"
    assert len(brief((), "x" * 500)) == LONGEST


@pytest.mark.parametrize("number", range(18))
def test_a_result_writes_itself(number: int) -> None:
    made = results()[number]
    assert made.to_json()
    assert json.loads(made.to_json()) == made.to_dict()
    assert made.to_text().strip()
    assert made.to_markdown().strip()
    tags = Tags(made._repr_html_())
    assert tags.found[0] == "div"
    assert tags.open == []
    again = pickle.loads(pickle.dumps(made))  # noqa: S301 - it was written right here
    assert (again, again.to_json(), repr(again)) == (made, made.to_json(), repr(made))
    graph = rdflib.Graph().parse(data=made.to_turtle(), format="turtle")
    assert isomorphic(made.to_graph(), graph)
    assert len(graph) > 0
    if isinstance(made, tuple):
        assert made[:1].to_dict() == made.to_dict()[:1] or not isinstance(made, Results)
        assert type(made[:1]) is type(made)
        assert made[:0].to_json().strip()
    if isinstance(made, Results):
        assert made.to_dict() == [one.to_dict() for one in made]
        assert all(isinstance(one, Result) for one in made)


OF_RESULTS = rdflib.Graph().parse(ROOT / "ontology" / "results.ttl")
HIP = rdflib.Namespace("https://w3id.org/hipkg/")


def test_results_are_graphs_of_the_terms_that_are_declared_for_them() -> None:
    """What is declared is used, and of what it is declared for; nothing is said of nodes of the plan."""
    declared = set(OF_RESULTS.subjects(HIP.ofResultsOnly))
    abstract = {HIP.Result, HIP.ResultPart}
    written = D2.read_text(encoding="utf-8")
    started = written.replace(":exercise\n", ':exercise hip:startDate "2026-10-30"^^xsd:date ; ').replace(
        "@prefix hip:", "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n@prefix hip:"
    )
    bare = written[: written.index(":exercise\n")].replace("hip:hasCourse :exercise ;", "")
    others = (
        hipkg.what_if(D2, add=["osteoarthritis of the hip", "naproxen daily dose 500"], as_of=DAY),
        hipkg.since(D2, started, before="2026-11-01", as_of="2027-03-01"),
        hipkg.since(D2, bare, as_of=DAY),
        hipkg.check_order(D0, "hyaluronic acid injection", as_of=DAY),
        hipkg.watch(D2, documents="S3", as_of=DAY),
    )
    graph = rdflib.Graph()
    for one in (*results()[2:8], results()[9], *others):
        graph += one.to_graph()
    used = {one for triple in graph for one in triple if str(one).startswith(HIP)}
    assert declared - abstract - used == set()
    domains = dict(OF_RESULTS.subject_objects(rdflib.RDFS.domain))
    parents = dict(OF_RESULTS.subject_objects(rdflib.RDFS.subClassOf)) | {HIP.Question: HIP.PlanPart}
    for subject, prop in {(subject, prop) for subject, prop, _ in graph if prop in domains}:
        kinds = {graph.value(subject, rdflib.RDF.type)}
        for _ in range(2):
            kinds |= {parents[one] for one in kinds if one in parents}
        assert domains[prop] in kinds, (subject, prop)
    in_plan = {*results()[0].to_graph().subjects()}
    assert in_plan & {*graph.subjects()} == set()


def test_a_changed_action_is_found_in_the_graph_of_a_comparison() -> None:
    graph = hipkg.what_if(D2, add="osteoarthritis of the hip", as_of=DAY).to_graph()
    found = graph.query(
        """PREFIX hip: <https://w3id.org/hipkg/> PREFIX dcterms: <http://purl.org/dc/terms/>
        SELECT DISTINCT ?before ?after { ?comparison hip:supposes ?fact ; dcterms:hasPart ?change .
        ?change a hip:Change ; hip:ofIntervention hip:OralNsaid ; hip:after ?after
        OPTIONAL { ?change hip:before ?before } }"""
    )
    assert [(one.before, str(one.after)) for one in found] == [(None, "indicated")]


def test_a_table_and_a_yes_are_graphs_of_the_vocabulary_for_result_sets() -> None:
    graph = hipkg.query(None, "SELECT ?a ?b { VALUES (?a ?b) { (1 UNDEF) (2 'x') } }").to_graph()
    of = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
    assert {one.toPython() for one in graph.objects(predicate=of["index"])} == {1, 2}
    assert sorted(map(str, graph.objects(predicate=of["value"]))) == ["1", "2", "x"]
    assert {*hipkg.query(None, "ASK {}").to_graph().objects(predicate=of.boolean)} == {rdflib.Literal(True)}


def test_what_a_record_says_is_text_in_html() -> None:
    bundle = json.loads(json.dumps(BUNDLE))
    patient = next(one["resource"]["id"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient")
    reference = {"reference": f"Patient/{patient}"}
    told = {"resourceType": "Condition", "id": "x", "subject": reference, "code": {"text": HOSTILE}}
    bundle["entry"].append({"resource": told})
    plan = hipkg.plan(bundle, as_of=DAY)
    assert HOSTILE in plan.to_text(everything=True) or HOSTILE in plan.to_json()
    pieces = (plan._repr_html_(), hipkg.ask(bundle, as_of=DAY)._repr_html_())
    assert "script" not in {tag for one in pieces for tag in Tags(one).found}
    assert HOSTILE not in plan.to_html()
    assert any("&lt;script&gt;" in one for one in pieces)
    assert "&lt;script&gt;" in hipkg.convert(f'<urn:a> <urn:b> "{HOSTILE}" .\n')._repr_html_()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_data_frame_has_a_row_for_each_thing_told(library: str) -> None:
    pytest.importorskip(library)
    for made in results():
        frame = made.to_frame(library)
        assert frame.shape[0] == len([*made._table()[1]])
        assert [*frame.columns] == [*made._table()[0]]
    plans = results()[1].to_frame(library)
    assert {"patient", "subject", "status", "action", "site", "earliest"} <= {*plans.columns}
    assert set(plans["status"]) == {one.status for one in results()[0].actions}
    nothing = hipkg.since(D2, as_of=DAY).to_frame(library)
    assert nothing.shape == (0, 9)
    assert "date" in str(nothing["as_of"].dtype).lower()


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match=r"polars is not installed. Install it: pip install 'hipkg\[polars\]'"):
        results()[0].to_frame("polars")
    with pytest.raises(UsageError, match="Choose among: pandas, polars"):
        results()[0].to_frame("excel")  # type: ignore[arg-type]


def test_the_logic_is_written_for_other_stores() -> None:
    assert "INSERT" in hipkg.compile("D0-41", part="update")
    assert "INSERT" not in hipkg.compile("D0-41", part="query")
    graph = "https://example.org/conclusions"
    whole = hipkg.compile(documents="D4", conclusion_graph=graph)
    assert f"DROP SILENT GRAPH <{graph}>" in whole
    assert "hip:D4-01" in whole
    assert "hip:D0-41" not in whole
    assert "hip:status" in hipkg.compile(part="actions")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"target": "D9-99"}, "D9-99"),
        ({"target": 5}, "target: A text"),
        ({"target": "D0-41", "part": "states"}, "single target there is no states.*update, query"),
        ({"part": "query"}, "all statements there is no query.*states, actions"),
        ({"target": "D0-41", "documents": "D0"}, "takes no documents"),
        ({"documents": "D9"}, "no document 'D9'"),
        ({"record_graphs": "https://example.org/a"}, "no graph for what follows"),
    ],
)
def test_what_is_not_compiled_says_why(options: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        hipkg.compile(**options)  # type: ignore[arg-type]


def test_codes_are_looked_up() -> None:
    assert {one.system for one in hipkg.codes("hip pain", system="ICD-10-CM")} == {"http://hl7.org/fhir/sid/icd-10-cm"}
    assert hipkg.codes("no such words") == ()
    with pytest.raises(UsageError, match="no known code system"):
        hipkg.codes("hip pain", system="ICD-99")


# Threads, processes, time


def planned(path: Path) -> hipkg.Plan:
    return hipkg.plan(path, as_of=DAY)


def test_threads_make_the_same_plans() -> None:
    paths = [D0, D2] * 3
    with ThreadPoolExecutor(3) as pool:
        assert [one.to_json() for one in pool.map(planned, paths)] == [planned(one).to_json() for one in (D0, D2)] * 3


@pytest.mark.every_source
def test_plans_come_back_from_other_processes() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        (made,) = pool.map(planned, [D0])
        problem = pool.submit(planned, Path("not-there.ttl")).exception()
    assert (made, made.to_json()) == (planned(D0), planned(D0).to_json())
    assert isinstance(problem, HipkgError)
    assert (problem.place, problem.message) == ("not-there.ttl", "There is no such file.")


def test_nothing_is_kept_of_patients() -> None:
    text = turtle()

    def work(numbers: range) -> None:
        for number in numbers:
            hipkg.plan(text.replace("patient/d0", f"patient/n{number}"), as_of=DAY).to_json()

    work(range(2))
    gc.collect()
    before = len(gc.get_objects())
    tracemalloc.start()
    try:
        work(range(2, 6))
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(gc.get_objects()) - before < 100
    assert grown < 200_000, "four plans of 150 kB each as JSON"


def test_what_is_set_aside_is_warned_of_where_the_call_stands() -> None:
    died = {"resourceType": "Patient", "id": "died", "deceasedBoolean": True}
    bundle = BUNDLE | {"entry": [*BUNDLE["entry"], {"resource": died}]}
    for call in (hipkg.plan, hipkg.plans, hipkg.ask, hipkg.ledger):
        with pytest.warns(hipkg.SetAside, match="has died") as told:
            call(bundle, as_of=DAY)
        assert [Path(one.filename).name for one in told] == ["test_api.py"], call
