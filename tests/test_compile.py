"""Compiled texts: they parse in two SPARQL engines, and answer in a bare store what hipkg itself derives."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery, prepareUpdate
from typer.testing import CliRunner

from hipkg.cli.app import app
from hipkg.compile.standalone import compile_sparql, find_target
from hipkg.derive import Evaluation, derive
from hipkg.errors import UsageError
from hipkg.knowledge import load
from hipkg.pipeline import reason_graph
from hipkg.read import PatientGraph, read
from hipkg.terms import HIP

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
CASES = sorted((Path(__file__).parent / "cases" / "statements").iterdir())
KNOWLEDGE = load()
STATEMENTS = sorted(KNOWLEDGE.statements.values(), key=lambda one: one.id)
CLASSES = sorted(KNOWLEDGE.raw_definitions)
SLOTS = ("requires", "except_for", "satisfied_by")
# Every tenth case runs on the slower of the two stores as well.
STRIDE = 10

Answer = tuple[str, str, tuple[bool, ...], str]


@cache
def graphs(path: Path, as_of: str) -> tuple[PatientGraph, ...]:
    return read(path, as_of=date.fromisoformat(as_of) if as_of else None)


@cache
def evaluations(path: Path, as_of: str) -> tuple[Evaluation, ...]:
    found = [derive(reason_graph(graph), KNOWLEDGE).evaluations for graph in graphs(path, as_of)]
    return tuple(one for each in found for one in each)


def expected(path: Path, as_of: str, statement: str) -> set[Answer]:
    """What hipkg derives for each subject: its site, the classes that the slots name, and the state of the slots."""
    info = KNOWLEDGE.statement(statement)
    assert info is not None
    classes = [cls for slot in SLOTS for cls in getattr(info, slot)]
    return {
        (subject, one.site, tuple(cls in one.meets for cls in classes), state_without_companions(one))
        for one in evaluations(path, as_of)
        if one.statement == info.iri
        for subject in one.subjects
    }


def state_without_companions(one: Evaluation) -> str:
    return one.state if one.state != "later-if" or one.awaits else "holds"


def quads(path: Path, as_of: str) -> list[ox.Quad]:
    found = [triple for graph in graphs(path, as_of) for triple in graph.triples]
    return [ox.Quad(one.subject, one.predicate, one.object) for one in found]


def row(values: dict[str, str], flags: list[str], info_holds: str) -> Answer:
    state = values["state"]
    return (values["subject"], values.get("site", ""), tuple(values[one] == "true" for one in flags), state)


def in_oxigraph(path: Path, as_of: str, statement: str) -> set[Answer]:
    store = ox.Store()
    store.extend(quads(path, as_of))
    store.update(compile_sparql(statement, KNOWLEDGE, "update"))
    solutions = store.query(compile_sparql(statement, KNOWLEDGE, "query"))
    names = [one.value for one in solutions.variables]
    rows = [{name: one[name].value for name in names if one[name] is not None} for one in solutions]
    return answers(rows, names)


def in_rdflib(path: Path, as_of: str, statement: str) -> set[Answer]:
    graph = rdflib.Graph(bind_namespaces="none")
    text = ox.serialize((one.triple for one in quads(path, as_of)), format=ox.RdfFormat.N_TRIPLES)
    graph.parse(data=text, format="nt")
    graph.update(compile_sparql(statement, KNOWLEDGE, "update"))
    solutions = graph.query(compile_sparql(statement, KNOWLEDGE, "query"))
    names = [str(one) for one in solutions.vars]
    rows = [{name: str(one[name]) for name in names if one[name] is not None} for one in solutions]
    return answers(rows, names)


def answers(rows: list[dict[str, str]], names: list[str]) -> set[Answer]:
    flags = [one for one in names if one not in {"patient", "subject", "site", "state", "refuted"}]
    return {
        (one["subject"], one.get("site", ""), tuple(one[flag] == "true" for flag in flags), one["state"])
        for one in rows
    }


def same(found: set[Answer], wanted: set[Answer], statement: str) -> bool:
    """Compare answers; where only a companion is lacking, the text says what holds without it."""
    holding = {"holds": {"now", "must-not", "knowledge"}}
    settled = {one[:3]: one[3] for one in found}
    return {one[:3] for one in wanted} == set(settled) and all(
        settled[one[:3]] in holding.get(one[3], {one[3]}) for one in wanted
    )


def as_of(case: Path) -> str:
    return json.loads((case / "expected.json").read_text(encoding="utf-8"))["asOf"]


def statement_of(case: Path) -> str:
    return next(one.id for one in STATEMENTS if case.name == one.id or case.name.startswith(one.id + "-"))


@pytest.mark.parametrize("info", STATEMENTS, ids=lambda one: one.id)
def test_every_statement_parses_in_two_engines(info) -> None:
    update, query = (compile_sparql(info.id, KNOWLEDGE, part) for part in ("update", "query"))
    ox.Store().update(update)
    ox.Store().query(query)
    prepareUpdate(update)
    prepareQuery(query)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda one: one.removeprefix(HIP))
def test_every_defined_class_runs(cls: str) -> None:
    store = ox.Store()
    store.update(compile_sparql(cls.removeprefix(HIP), KNOWLEDGE, "update"))
    assert not list(store.query(compile_sparql(cls.removeprefix(HIP), KNOWLEDGE, "query")))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda one: one.stem)
def test_examples_get_the_answers_of_hipkg_for_every_statement(path: Path) -> None:
    differing = [
        one.id for one in STATEMENTS if not same(in_oxigraph(path, "", one.id), expected(path, "", one.id), one.id)
    ]
    assert not differing


@pytest.mark.parametrize("file", ["fires.ttl", "near-miss.ttl"])
@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_cases_get_the_answers_of_hipkg(case: Path, file: str) -> None:
    statement, when = statement_of(case), as_of(case)
    found, wanted = in_oxigraph(case / file, when, statement), expected(case / file, when, statement)
    assert same(found, wanted, statement), (found, wanted)


@pytest.mark.parametrize("file", ["fires.ttl", "near-miss.ttl"])
@pytest.mark.parametrize("case", CASES[::STRIDE], ids=lambda one: one.name)
def test_two_stores_agree(case: Path, file: str) -> None:
    statement, when = statement_of(case), as_of(case)
    assert in_rdflib(case / file, when, statement) == in_oxigraph(case / file, when, statement)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda one: one.stem)
def test_members_of_every_defined_class_are_those_of_the_engine(path: Path) -> None:
    entailed = {one for graph in graphs(path, "") for one in reason_graph(graph)}
    for cls in CLASSES:
        store = ox.Store()
        store.extend(quads(path, ""))
        store.update(compile_sparql(cls.removeprefix(HIP), KNOWLEDGE, "update"))
        found = {one["member"].value for one in store.query(compile_sparql(cls.removeprefix(HIP), KNOWLEDGE, "query"))}
        typed = {one.subject.value for one in entailed if one.object == ox.NamedNode(cls)}
        assert found == typed, cls


def test_many_patients_in_one_store_keep_their_own_answers() -> None:
    store = ox.Store()
    for path in EXAMPLES:
        store.extend(quads(path, ""))
    statement = STATEMENTS[0].id
    store.update(compile_sparql(statement, KNOWLEDGE, "update"))
    found = {one["subject"].value for one in store.query(compile_sparql(statement, KNOWLEDGE, "query"))}
    assert found == {one[0] for path in EXAMPLES for one in expected(path, "", statement)}


def test_running_a_text_again_adds_nothing() -> None:
    store = ox.Store()
    store.extend(quads(EXAMPLES[0], ""))
    update = compile_sparql(STATEMENTS[0].id, KNOWLEDGE, "update")
    store.update(update)
    before = len(store)
    store.update(update)
    assert len(store) == before


def test_a_text_stands_alone() -> None:
    info = STATEMENTS[0]
    text = compile_sparql(info.id, KNOWLEDGE)
    head = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    for wanted in (info.id, info.text, KNOWLEDGE.version, KNOWLEDGE.documents[info.document].title, "How to run"):
        assert " ".join(wanted.split()) in head
    ox.Store().update(text)


def test_a_text_holds_only_what_its_target_needs() -> None:
    sizes = {info.id: len(compile_sparql(info.id, KNOWLEDGE, "update")) for info in STATEMENTS}
    whole = sum(len(rule.update) for group in KNOWLEDGE.groups for rule in group.rules)
    assert max(sizes.values()) < whole
    others = {info.iri for info in STATEMENTS[1:]}
    assert not any(f"hip:{iri.removeprefix(HIP)} " in compile_sparql(STATEMENTS[0].id, KNOWLEDGE) for iri in others)


@pytest.mark.parametrize(
    "name", [CLASSES[0].removeprefix(HIP), f"hip:{CLASSES[0].removeprefix(HIP)}", KNOWLEDGE.label(CLASSES[0])]
)
def test_a_class_goes_by_name_curie_and_label(name: str) -> None:
    assert find_target(name, KNOWLEDGE) == CLASSES[0]


def test_an_unknown_target_gets_the_nearest_names() -> None:
    with pytest.raises(UsageError, match="There is no statement or defined class") as refused:
        compile_sparql(CLASSES[0].removeprefix(HIP)[:-2], KNOWLEDGE)
    assert CLASSES[0].removeprefix(HIP) in refused.value.remedy


def test_the_command_writes_a_file_and_refuses_sql(tmp_path: Path) -> None:
    target = tmp_path / "compiled.ru"
    assert CliRunner().invoke(app, ["compile", STATEMENTS[0].id, "-o", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8") == compile_sparql(STATEMENTS[0].id, KNOWLEDGE)
    refused = CliRunner().invoke(app, ["compile", STATEMENTS[0].id, "--to", "sql"])
    assert isinstance(refused.exception, UsageError)
    assert "not available in this version" in refused.exception.message
