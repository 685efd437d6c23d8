"""What is derived for a goal alone is what the whole derivation has there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg.base.vocabulary import HIP
from hipkg.derivation.native import derive_natively, goals_of
from hipkg.knowledge.loading import load
from hipkg.knowledge.relevance import on_action, on_statement
from hipkg.reasoning.native import entailed_graph
from hipkg.record.normalise import normalised
from support.cases import Patient, of_every_patient
from support.doors import read

if TYPE_CHECKING:
    from hipkg.derivation.records import Derivation, Evaluation

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
APPLICABLE = HIP + "applicableStatement"


@cache
def whole(path: Path) -> tuple[Derivation, ...]:
    return tuple(derive_natively(entailed_graph(normalised(one.triples), load()), load()) for one in read(path))


def in_part(path: Path, statements: frozenset[str]) -> tuple[Derivation, ...]:
    goals = goals_of(statements, load())
    return tuple(
        derive_natively(entailed_graph(normalised(one.triples), load(), goals), load(), None, statements)
        for one in read(path)
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem[:2])
def test_a_goal_has_the_members_that_the_whole_ontology_entails(path: Path) -> None:
    (graph,) = read(path)
    triples = normalised(graph.triples)
    found = entailed_graph(triples, load())
    classes = {*load().superclasses, *load().definitions}
    assert any(found.members.get(one) for one in classes)
    for cls in sorted(classes):
        alone = entailed_graph(triples, load(), frozenset({cls}))
        assert alone.members.get(cls, set()) == found.members.get(cls, set()), cls
    for statement in load().statements:
        alone = entailed_graph(triples, load(), frozenset({statement}))
        nodes = alone.subjects[APPLICABLE].get(statement, set())
        assert nodes == found.subjects[APPLICABLE].get(statement, set()), statement


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem[:2])
def test_what_bears_on_an_action_decides_its_status(path: Path) -> None:
    (found,) = whole(path)
    for intervention in sorted({one.intervention for one in found.actions}):
        (alone,) = in_part(path, on_action(intervention, load()))
        wanted = [one for one in found.actions if one.intervention == intervention]
        assert [one for one in alone.actions if one.intervention == intervention] == wanted


@of_every_patient
def test_what_bears_on_a_statement_decides_its_state(patient: Patient) -> None:
    statement = HIP + patient.case.statement

    def evaluations(derivations: tuple[Derivation, ...]) -> list[Evaluation]:
        found = (one for derivation in derivations for one in derivation.evaluations if one.statement == statement)
        return [one._replace(compares=()) for one in found]

    alone = in_part(patient.path, on_statement(statement, load()))
    assert evaluations(alone) == evaluations(whole(patient.path))


def test_few_statements_bear_on_an_action() -> None:
    assert HIP + "D0-41" in on_statement(HIP + "D0-41", load())
    assert len(on_statement(HIP + "D0-41", load())) < len(load().statements) / 2
