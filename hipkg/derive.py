"""Derive statement states and action statuses in the closed world, from what is entailed for a patient.

The logic is in ``queries/derive/*.rq``: generic SPARQL over the slots of the statements, run in the order of their
numbers on a store that holds the entailed graph of one patient beside the facts of the ontology.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias, cast

import pyoxigraph as ox

from hipkg.knowledge import individual_types
from hipkg.resources import QUERIES
from hipkg.terms import HIP

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hipkg.knowledge import Knowledge

_NEEDS = re.compile(r"^#\+ needs: hip:(\w+)$", re.MULTILINE)
_ABOUT = re.compile(r"^#\+ about: (.+)$", re.MULTILINE)
_OF_INTERVENTION = ox.NamedNode(HIP + "ofIntervention")
_STRATUM = ox.Variable("stratum")
_COLLECTED = {
    ox.NamedNode(HIP + name): name
    for name in (
        "ofStatement", "state", "hasSubject", "atSite", "meets", "refutes", "awaits", "mayBeLiftedBy", "lacksCompanion",
        "ofIntervention", "status", "basedOn", "refusedBy", "heldBackBy", "discouragedBy",
        "about", "advisedBy", "opposedBy", "decidedBy", "decidedFor",
    )
}  # fmt: skip
_Nodes: TypeAlias = "dict[str, dict[str, set[str]]]"
_Substitutions: TypeAlias = "dict[ox.Variable, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]"


@dataclass(frozen=True, slots=True)
class Step:
    """One derivation query.

    A stratified step is run once for each stratum that has a statement with one of the properties it is ``about``; one
    that ``needs`` a property is skipped where no triple has it.
    """

    name: str
    text: str
    stratified: bool
    needs: ox.NamedNode | None
    about: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What holds of one statement at one place of a patient.

    ``site`` is the body site the statement concerns, empty for the patient as a whole. ``awaits`` are requirements not
    met, ``may_be_lifted_by`` exceptions not known to hold, ``lacks`` companions that the plan does not offer.
    """

    iri: str
    statement: str
    state: str
    subjects: tuple[str, ...]
    site: str
    meets: tuple[str, ...]
    refutes: tuple[str, ...]
    awaits: tuple[str, ...]
    may_be_lifted_by: tuple[str, ...]
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DerivedAction:
    """An intervention at a place with its status and the evaluations it rests on."""

    iri: str
    intervention: str
    site: str
    status: str
    based_on: tuple[str, ...]
    refused_by: tuple[str, ...]
    held_back_by: tuple[str, ...]
    discouraged_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DerivedConflict:
    """Two evaluations that pull an action in opposite directions; ``winner`` is empty if nothing decides."""

    action: str
    advice: str
    objection: str
    rule: str
    winner: str


@dataclass(frozen=True)
class Derivation:
    """All that is derived for one patient; ``store`` still holds the graph it was derived from."""

    evaluations: tuple[Evaluation, ...]
    actions: tuple[DerivedAction, ...]
    conflicts: tuple[DerivedConflict, ...]
    store: ox.Store


def derive(entailed: Iterable[ox.Triple], knowledge: Knowledge, documents: Collection[str] = ()) -> Derivation:
    """Derive states and statuses for one patient.

    Parameters: ``entailed`` is the graph of one patient with its entailments; ``documents`` restricts the statements to
    those of the documents with these ids. The derivation borrows a shared store: use its result before the next call.
    """
    store = _store(knowledge)
    store.clear_graph(ox.DefaultGraph())
    quads = _quads(entailed, _left_out(knowledge, documents))
    store.extend(quads)
    store.extend(individual_types((one for one in quads if one.predicate == _OF_INTERVENTION), knowledge))
    nodes: _Nodes = {}
    for step, substitutions in _programme(knowledge):
        _run(store, step, substitutions, nodes)
    return _collect(nodes, store)


@cache
def _store(knowledge: Knowledge) -> ox.Store:
    return knowledge.new_store()


def _left_out(knowledge: Knowledge, documents: Collection[str]) -> frozenset[str]:
    if not documents:
        return frozenset()
    wanted = {info.iri for info in knowledge.documents.values() if info.id in documents}
    return frozenset(info.iri for info in knowledge.statements.values() if info.document not in wanted)


def _quads(triples: Iterable[ox.Triple], left_out: frozenset[str]) -> list[ox.Quad]:
    return [
        ox.Quad(one.subject, one.predicate, one.object)
        for one in triples
        if not (left_out and isinstance(one.object, ox.NamedNode) and one.object.value in left_out)
    ]


@cache
def _programme(knowledge: Knowledge) -> tuple[tuple[Step, _Substitutions | None], ...]:
    """Order the runs of the steps: one each, and for stratified steps one for each stratum they have a say in."""
    runs: list[tuple[Step, _Substitutions | None]] = []
    for stratified, steps in groupby(_steps(), key=lambda step: step.stratified):
        chosen = tuple(steps)
        for number in range(knowledge.strata) if stratified else [None]:
            members = [info for info in knowledge.statements.values() if info.stratum == number]
            used = {info.effect for info in members} | {HIP + "accompanies" for info in members if info.accompanies}
            bound: _Substitutions | None = None if number is None else {_STRATUM: ox.Literal(number)}
            runs += [(step, bound) for step in chosen if number is None or used & step.about]
    return tuple(runs)


@cache
def _steps() -> tuple[Step, ...]:
    files = sorted((QUERIES / "derive").glob("*.rq"))
    return tuple(_step(path.stem, path.read_text(encoding="utf-8")) for path in files)


def _step(name: str, text: str) -> Step:
    needs, about = _NEEDS.search(text), _ABOUT.search(text)
    query = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return Step(
        name,
        query,
        "#+ parameters: stratum" in text,
        ox.NamedNode(HIP + needs[1]) if needs else None,
        frozenset(HIP + one.removeprefix("hip:") for one in about[1].split()) if about else frozenset(),
    )


def _run(store: ox.Store, step: Step, substitutions: _Substitutions | None, nodes: _Nodes) -> None:
    """Run a step, add what it constructs to the store, and note what the records of the derivation need."""
    if step.needs and next(store.quads_for_pattern(None, step.needs, None), None) is None:
        return
    found = []
    solutions = store.query(step.text, use_default_graph_as_union=True, substitutions=substitutions)
    for subject, predicate, target in cast("ox.QueryTriples", solutions):
        found.append(ox.Quad(subject, predicate, target))
        name = _COLLECTED.get(predicate)
        if name is not None:
            nodes.setdefault(subject.value, {}).setdefault(name, set()).add(target.value)
    store.extend(found)


def _collect(nodes: _Nodes, store: ox.Store) -> Derivation:
    evaluations = [_evaluation(iri, node) for iri, node in nodes.items() if "state" in node]
    actions = [_action(iri, node) for iri, node in nodes.items() if "status" in node]
    conflicts = [_conflict(node) for node in nodes.values() if "decidedBy" in node]
    return Derivation(
        tuple(sorted(evaluations, key=lambda one: (one.statement, one.iri))),
        tuple(sorted(actions, key=lambda one: one.iri)),
        tuple(sorted(conflicts, key=lambda one: (one.action, one.advice, one.objection))),
        store,
    )


def _evaluation(iri: str, node: dict[str, set[str]]) -> Evaluation:
    return Evaluation(
        iri,
        _one(node, "ofStatement"),
        _one(node, "state"),
        _sorted(node, "hasSubject"),
        _one(node, "atSite"),
        _sorted(node, "meets"),
        _sorted(node, "refutes"),
        _sorted(node, "awaits"),
        _sorted(node, "mayBeLiftedBy"),
        _sorted(node, "lacksCompanion"),
    )


def _action(iri: str, node: dict[str, set[str]]) -> DerivedAction:
    return DerivedAction(
        iri,
        _one(node, "ofIntervention"),
        _one(node, "atSite"),
        _one(node, "status"),
        _sorted(node, "basedOn"),
        _sorted(node, "refusedBy"),
        _sorted(node, "heldBackBy"),
        _sorted(node, "discouragedBy"),
    )


def _conflict(node: dict[str, set[str]]) -> DerivedConflict:
    names = ("about", "advisedBy", "opposedBy", "decidedBy", "decidedFor")
    return DerivedConflict(*(_one(node, name) for name in names))


def _one(node: dict[str, set[str]], name: str) -> str:
    return min(node.get(name, ("",)))


def _sorted(node: dict[str, set[str]], name: str) -> tuple[str, ...]:
    return tuple(sorted(node.get(name, [])))
