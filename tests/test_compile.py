"""Compiled texts: they parse in two SPARQL engines, and answer in a bare store what hipkg itself derives."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from rdflib.plugins.sparql import prepareQuery, prepareUpdate
from typer.testing import CliRunner

from hipkg.base import hip
from hipkg.base.errors import InconsistentData, UsageError
from hipkg.base.vocabulary import HIP
from hipkg.cli.app import app
from hipkg.compilation.entailment import ROUNDS
from hipkg.compilation.operations import in_graphs
from hipkg.compilation.sparql import template, term, where
from hipkg.compilation.standalone import compile_sparql, find_target
from hipkg.compilation.whole import compile_all
from hipkg.derivation.native import derive_natively
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.loading import load
from hipkg.knowledge.selection import select
from hipkg.reasoning.native import entailed_graph
from hipkg.record.normalise import normalised
from support.cases import EXAMPLES, STATEMENT_CASES, Patient, in_batches, of_every_patient, patients_of
from support.compiled import (
    Answer,
    answers,
    compiled,
    concluded,
    concluded_by_hipkg,
    expected,
    filled,
    in_oxigraph,
    local,
    members,
    whole_text,
)
from support.doors import read, reason_over, with_entailed
from support.equality import consistent, unlike_compiled
from support.random_patients import patient_triples, triple
from support.whole_vocabulary import drawn_patients

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rdflib.plugins.sparql.sparql import Query, Update

    from hipkg.derivation.records import Derivation, Evaluation
    from hipkg.record.patient import Record
    from support.compiled import Rows

pytestmark = pytest.mark.every_source

KNOWLEDGE = load()
STATEMENTS = sorted(KNOWLEDGE.statements.values(), key=lambda one: one.id)
CONCLUDED = {made for group in KNOWLEDGE.groups for rule in group.rules for made in rule.makes}
CLASSES = sorted(
    (KNOWLEDGE.definitions.keys() | CONCLUDED & KNOWLEDGE.superclasses.keys())
    - KNOWLEDGE.auxiliary
    - KNOWLEDGE.interventions.keys()
)
"""The classes that a definition or a rule puts nodes into."""
# Every so many cases one runs on the slower of the two stores as well.
STRIDE = 20
DRAWN = 20
"""How many patients are drawn; `make engines` draws more."""

RDFLIB = "rdflib"  # the group of tests that parse for the slower store


@cache
def graphs(path: Path, as_of: str) -> tuple[Record, ...]:
    return read(path, as_of=date.fromisoformat(as_of) if as_of else None)


@cache
def derivation(record: Record) -> Derivation:
    return derive_natively(entailed_graph(normalised(record.triples), KNOWLEDGE), KNOWLEDGE)


@cache
def evaluations(path: Path, as_of: str) -> tuple[Evaluation, ...]:
    return tuple(one for record in graphs(path, as_of) for one in derivation(record).evaluations)


def concluded_here(path: Path, as_of: str = "") -> tuple[Rows, Rows]:
    found = [concluded_by_hipkg(derivation(record), record.iri) for record in graphs(path, as_of)]
    return set().union(*(states for states, _ in found)), set().union(*(statuses for _, statuses in found))


def derived(path: Path, as_of: str, statement: str) -> set[Answer]:
    return expected(evaluations(path, as_of), statement)


def quads(path: Path, as_of: str) -> list[ox.Quad]:
    found = [triple for graph in graphs(path, as_of) for triple in graph.triples]
    return [ox.Quad(one.subject, one.predicate, one.object) for one in found]


def operations(update: str) -> Iterator[str]:
    """Part a text into its operations, each with the prefixes; joined by semicolons they are the text."""
    lines = [line for line in update.splitlines() if not line.startswith("#")]
    prefixes = "\n".join(line for line in lines if line.startswith("PREFIX"))
    body = "\n".join(line for line in lines if not line.startswith("PREFIX"))
    return (f"{prefixes}\n{one}" for one in body.split(" ;\n\n"))


@cache
def prepared(operation: str) -> Update:
    """Parse an operation with rdflib, which takes far longer than all else, once for all texts that hold it."""
    return prepareUpdate(operation)


def in_rdflib(path: Path, as_of: str, statement: str) -> set[Answer]:
    graph = rdflib.Graph(bind_namespaces="none")
    text = ox.serialize((one.triple for one in quads(path, as_of)), format=ox.RdfFormat.N_TRIPLES)
    graph.parse(data=text, format="nt")
    for operation in operations(compiled(statement, "update")):
        graph.update(prepared(operation))
    solutions = graph.query(compiled(statement, "query"))
    names = [str(one) for one in solutions.vars]
    rows = [{name: str(one[name]) for name in names if one[name] is not None} for one in solutions]
    return answers(rows, names)


# What rdflib makes of a text depends neither on which names and numbers stand in it, nor on how often a line or a
# member of a list does, and most texts differ in nothing else.
_COMMENT = re.compile(r"^#.*\n", re.MULTILINE)
_NAME = re.compile(r"(?<!: )<[^<>\s]*>|\b\w*:\w[\w-]*")
_NUMBER = re.compile(r"(?<= )\d+\b")
_AGAIN = re.compile(r"^(.*\n)\1+|(<urn:name>)(?:, <urn:name>)+", re.MULTILINE)


def form(text: str) -> str:
    """Reduce a text to its form, which other texts share."""
    named = _NUMBER.sub("0", _NAME.sub("<urn:name>", _COMMENT.sub("", text)))
    return _AGAIN.sub(lambda found: found[1] or found[2], named)


@in_batches([info.id for info in STATEMENTS], 100, group=RDFLIB)
def test_every_statement_parses_in_two_engines(statement: str) -> None:
    ox.Store().update(compiled(statement, "update"))
    ox.Store().query(compiled(statement, "query"))
    for operation in operations(compiled(statement, "update")):
        prepared(form(operation))
    prepared_query(form(compiled(statement, "query")))


@cache
def prepared_query(text: str) -> Query:
    return prepareQuery(text)


def test_every_class_finds_nothing_in_an_empty_store() -> None:
    assert {cls: found for cls in CLASSES if (found := members((), cls))} == {}


@pytest.mark.xdist_group(RDFLIB)
@pytest.mark.parametrize("path", EXAMPLES.values(), ids=EXAMPLES)
def test_examples_get_the_answers_of_hipkg_for_every_statement(path: Path) -> None:
    ids = [one.id for one in STATEMENTS]
    assert not [one for one in ids if in_oxigraph(quads(path, ""), one) != derived(path, "", one)]


@of_every_patient
def test_cases_get_the_answers_of_hipkg(patient: Patient) -> None:
    case = patient.case
    where_ = (patient.path, case.expected["asOf"], case.statement)
    found, wanted = in_oxigraph(quads(*where_[:2]), case.statement), derived(*where_)
    assert found == wanted


@in_batches(patients_of(STATEMENT_CASES[::STRIDE]), group=RDFLIB)
def test_two_stores_agree(patient: Patient) -> None:
    where_ = (patient.path, patient.case.expected["asOf"], patient.case.statement)
    assert in_rdflib(*where_) == in_oxigraph(quads(*where_[:2]), where_[2])


@pytest.mark.parametrize("path", EXAMPLES.values(), ids=EXAMPLES)
def test_members_of_every_class_are_those_of_the_engine(path: Path) -> None:
    entailed = {one for graph in graphs(path, "") for one in with_entailed(graph)}
    for cls in CLASSES:
        typed = {one.subject.value for one in entailed if one.object == ox.NamedNode(cls)}
        assert members(quads(path, ""), cls) == typed, cls


@settings(max_examples=60, deadline=None)
@given(patient_triples(), st.sampled_from(CLASSES))
def test_members_are_those_of_the_engine_for_random_patients(triples: frozenset[ox.Triple], cls: str) -> None:
    try:
        entailed = reason_over(triples)
    except InconsistentData:
        reject()
    typed = {one.subject.value for one in entailed if one.object == ox.NamedNode(cls)}
    assert members((ox.Quad(one.subject, one.predicate, one.object) for one in triples), cls) == typed


def test_patients_drawn_over_the_whole_vocabulary_get_the_answers_of_hipkg() -> None:
    drawn = dict(consistent(drawn_patients(2, DRAWN)))
    assert len(drawn) > DRAWN / 2
    assert {name: found for name, triples in drawn.items() if (found := unlike_compiled(name, triples))} == {}


def test_sites_may_be_parts_of_parts_as_deep_as_the_text_says() -> None:
    base = "https://example.org/deep/"
    sites = [f"{base}site{number}" for number in range(2**ROUNDS + 1)]
    triples = [triple(lower, "partOf", upper) for lower, upper in pairwise(sites)]
    triples += [triple(base + "patient", "hasProblem", base + "problem"), triple(base + "problem", "hasSite", sites[0])]
    triples += [triple(base + "problem", "a", HIP + "Pain"), triple(sites[-1], "a", HIP + "HipJoint")]
    store = [ox.Quad(one.subject, one.predicate, one.object) for one in triples]
    assert members(store, HIP + "PainAtHip") == {base + "problem"}


def test_many_patients_in_one_store_keep_their_own_answers() -> None:
    store = ox.Store()
    for path in EXAMPLES.values():
        store.extend(quads(path, ""))
    statement = STATEMENTS[0].id
    store.update(compiled(statement, "update"))
    found = {one["subject"].value for one in store.query(compiled(statement, "query"))}
    assert found == {one[0] for path in EXAMPLES.values() for one in derived(path, "", statement)}


def test_running_a_text_again_adds_nothing() -> None:
    store = ox.Store()
    store.extend(quads(EXAMPLES["d0"], ""))
    update = compiled(STATEMENTS[0].id, "update")
    store.update(update)
    before = len(store)
    store.update(update)
    assert len(store) == before


def test_a_text_stands_alone() -> None:
    info = STATEMENTS[0]
    text = compiled(info.id, "all")
    head = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    for wanted in (info.id, info.text, KNOWLEDGE.version, KNOWLEDGE.documents[info.document].title, "How to run"):
        assert " ".join(wanted.split()) in head
    ox.Store().update(text)


def test_a_text_holds_only_what_its_target_needs() -> None:
    whole = sum(len("".join([*template(rule), where(rule)])) for group in KNOWLEDGE.groups for rule in group.rules)
    assert max(len(compiled(info.id, "update")) for info in STATEMENTS) < whole / 2
    text = compiled(STATEMENTS[0].id, "all")
    assert not any(term(info.iri) + " " in text for info in STATEMENTS[1:])


@pytest.mark.parametrize("name", [local(CLASSES[0]), f"hip:{local(CLASSES[0])}", KNOWLEDGE.label(CLASSES[0])])
def test_a_class_goes_by_name_curie_and_label(name: str) -> None:
    assert find_target(name, KNOWLEDGE) == CLASSES[0]


def test_an_unknown_target_gets_the_nearest_names() -> None:
    with pytest.raises(UsageError, match="There is no statement or class") as refused:
        compile_sparql(local(CLASSES[0])[:-2], KNOWLEDGE)
    assert local(CLASSES[0]) in refused.value.remedy


def test_what_hangs_on_a_companion_alone_is_not_final() -> None:
    companied = next(one.id for one in STATEMENTS if one.accompanies and one.effect == hip.specifies)
    query = compiled(companied, "query")
    assert f'BIND(IF(?final, ?alone, "{State.LATER}") AS ?state)' in query
    assert "decided by all statements together" in " ".join(compiled(companied, "all").replace("# ", "").split())
    alone = next(one.id for one in STATEMENTS if not one.accompanies)
    assert "BIND(true AS ?final)" in compiled(alone, "query")


@pytest.mark.parametrize("path", EXAMPLES.values(), ids=EXAMPLES)
def test_the_text_of_all_statements_gives_the_states_and_the_statuses_of_hipkg(path: Path) -> None:
    store = filled(quads(path, ""))
    assert concluded(store) == concluded_here(path)
    before = len(store)
    assert concluded(store) == concluded_here(path)
    assert len(store) == before, "a second run adds nothing"


@in_batches(patients_of(STATEMENT_CASES[::STRIDE]))
def test_the_text_of_all_statements_agrees_on_cases(patient: Patient) -> None:
    case = patient.path, patient.case.expected["asOf"]
    assert concluded(filled(quads(*case))) == concluded_here(*case)


def test_the_text_of_all_statements_keeps_patients_apart() -> None:
    store = filled(quad for path in EXAMPLES.values() for quad in quads(path, ""))
    each = [concluded_here(path) for path in EXAMPLES.values()]
    assert concluded(store) == (set().union(*(one[0] for one in each)), set().union(*(one[1] for one in each)))


def test_no_text_denies_within_what_it_denies() -> None:
    """Comunica answers a NOT EXISTS within a NOT EXISTS wrongly."""
    marks = re.compile(r"(NOT EXISTS\s*)?\{|\}")
    for text in (whole_text("all"), *(compiled(one.id, "all") for one in STATEMENTS[::10])):
        open_groups: list[bool] = []
        for mark in marks.finditer(re.sub(r'"[^"\n]*"|<[^>\s]*>', "", text)):
            if mark[0] == "}":
                open_groups.pop()
            else:
                assert not (mark[1] and any(open_groups)), text[mark.start() - 200 : mark.end() + 100]
                open_groups.append(bool(mark[1]))
        assert open_groups == []


def test_the_text_of_all_statements_takes_a_selection() -> None:
    selection = select(KNOWLEDGE, ["D4"])
    text = compile_all(KNOWLEDGE, "update", selection=selection)
    store = filled(quads(EXAMPLES["d4"], ""))
    store.update(text)
    of = {one["statement"].value for one in store.query(whole_text("states"))}
    assert of == {one.iri for one in STATEMENTS if one.id.startswith("D4")} & of != set()
    assert not any(f"{term(one.iri)} " in text for one in STATEMENTS if not one.id.startswith("D4"))


RECORDS, CONCLUSIONS = "https://example.org/graph/records", "https://example.org/graph/conclusions"
GRAPHS = in_graphs([RECORDS], CONCLUSIONS)


def in_graph(triples: Iterable[ox.Triple]) -> list[ox.Quad]:
    return [ox.Quad(*one, ox.NamedNode(RECORDS)) for one in triples]


def test_conclusions_go_into_a_graph_that_is_rebuilt() -> None:
    """A corrected record loses what followed from the error, and the graph of records is left as it is."""
    full, less = (graphs(path, "")[0] for path in (EXAMPLES["d0"], EXAMPLES["d2"]))
    recorded = in_graph(full.triples)
    store = filled(recorded)
    assert concluded(store, GRAPHS) == concluded_here(EXAMPLES["d0"])
    assert set(store.quads_for_pattern(None, None, None, ox.NamedNode(RECORDS))) == set(recorded)
    assert not [*store.quads_for_pattern(None, None, None, ox.DefaultGraph())]
    store.clear_graph(ox.NamedNode(RECORDS))
    store.extend(in_graph(less.triples))
    assert concluded(store, GRAPHS) == concluded_here(EXAMPLES["d2"])
    again = len(store)
    assert concluded(store, GRAPHS) == concluded_here(EXAMPLES["d2"])
    assert len(store) == again


@pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated")  # which rdflib itself uses
@pytest.mark.xdist_group(RDFLIB)
def test_a_store_whose_default_graph_is_the_union_of_its_graphs_needs_no_names_of_records() -> None:
    statement = next(
        one.id
        for one in STATEMENTS
        if one.id in {KNOWLEDGE.statements[it.statement].id for it in evaluations(EXAMPLES["d0"], "")}
    )
    union = in_graphs((), CONCLUSIONS)
    dataset = rdflib.Dataset(default_union=True)
    text = ox.serialize((one.triple for one in quads(EXAMPLES["d0"], "")), format=ox.RdfFormat.N_TRIPLES)
    dataset.graph(rdflib.URIRef(RECORDS)).parse(data=text, format="nt")
    recorded = len(dataset.graph(rdflib.URIRef(RECORDS)))
    for operation in operations(compile_sparql(statement, KNOWLEDGE, "update", union)):
        dataset.update(prepareUpdate(operation))
    solutions = dataset.query(compile_sparql(statement, KNOWLEDGE, "query", union))
    names = [str(one) for one in solutions.vars]
    rows = [{name: str(one[name]) for name in names if one[name] is not None} for one in solutions]
    assert answers(rows, names) == derived(EXAMPLES["d0"], "", statement) != set()
    assert len(dataset.graph(rdflib.URIRef(RECORDS))) == recorded


@pytest.mark.parametrize(
    ("records", "conclusions", "what"),
    [
        (["records"], CONCLUSIONS, "is no IRI"),
        ([RECORDS], "a b", "is no IRI"),
        ([RECORDS], "", "no graph for what follows"),
        ([RECORDS], RECORDS, "would hold patients and conclusions"),
    ],
)
def test_graphs_that_cannot_be_are_refused(records: list[str], conclusions: str, what: str) -> None:
    with pytest.raises(UsageError, match=what) as refused:
        in_graphs(records, conclusions)
    assert refused.value.remedy


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    target = tmp_path / "compiled.ru"
    assert CliRunner().invoke(app, ["compile", STATEMENTS[0].id, "-o", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8") == compiled(STATEMENTS[0].id, "all")
    everything = ["compile", "--record-graph", RECORDS, "--conclusion-graph", CONCLUSIONS, "-o", str(target)]
    assert CliRunner().invoke(app, everything).exit_code == 0
    assert target.read_text(encoding="utf-8") == whole_text("all", GRAPHS)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([STATEMENTS[0].id, "--part", "states"], "a single target there is no states"),
        ([STATEMENTS[0].id, "--document", "D0"], "takes no documents"),
        (["--part", "query"], "all statements there is no query"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], what: str) -> None:
    refused = CliRunner().invoke(app, ["compile", *arguments])
    assert isinstance(refused.exception, UsageError)
    assert what in refused.exception.message
