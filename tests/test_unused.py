"""What no statement used: a case lists it, and a plan without it decides the same, whoever the patient is."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import given

from hipkg.api.plan import plan, plans
from hipkg.base import hip
from hipkg.knowledge.loading import load
from hipkg.reading.sources import read
from support.cases import CASES, NEAR_MISS, STATEMENT_CASES, Patient, in_batches
from support.random_patients import hip_patients, some_patients

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hipkg.planning.records import Plan, Unused

AS_OF = date(2026, 11, 23)
FOLDERS = sorted((CASES / "unused").iterdir())
SAMPLE = tuple(Patient(case, NEAR_MISS) for case in STATEMENT_CASES[::12])


def made(triples: Iterable[ox.Triple], as_of: date) -> Plan:
    text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    (found,) = plans(text, format="n-triples", as_of=as_of, allow_invalid=True)
    return found


def value_of(term: object) -> str:
    """Name a term as a plan does; a number is told by its property alone."""
    return load().label(term.value) if isinstance(term, ox.NamedNode) else ""


def without(triples: Iterable[ox.Triple], unused: Iterable[Unused]) -> list[ox.Triple]:
    """Leave out what is recorded of some facts."""
    values = {(one.node, one.property, "" if one.unit else one.value) for one in unused if one.property}
    nodes = {one.node for one in unused if not one.property}
    return [
        one
        for one in triples
        if (one.subject.value, one.predicate.value, value_of(one.object)) not in values
        and one.subject.value not in nodes
        and not (isinstance(one.object, ox.NamedNode) and one.object.value in nodes)
    ]


def decided(plan: Plan) -> tuple[object, ...]:
    """Give what statements decide in a plan, which is all but what validation says of the record."""
    return plan.statements, plan.actions, plan.conflicts, [one for one in plan.questions if one.statements]


def changes_nothing(triples: Iterable[ox.Triple], as_of: date) -> None:
    """Take each fact that was not used out of a record, then all of them."""
    told = list(triples)
    before = made(told, as_of)
    unused = before.unused
    for left_out in ({*unused}, *({one} for one in unused)) if unused else ():
        after = made(without(told, left_out), as_of)
        assert decided(after) == decided(before), left_out
        gone = {*unused} - left_out - {*after.unused}
        assert {*after.unused} <= {*unused} - left_out
        # Without the only problem at a site, what is absent there is no longer told of this patient.
        assert {one.property for one in gone} <= {hip.isWithout}


@pytest.mark.parametrize("case", FOLDERS, ids=lambda one: one.name)
def test_what_was_not_used_is_listed(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    made_of = plan(case / "patient.ttl", as_of=date.fromisoformat(expected["asOf"]))
    assert made_of.to_dict()["unused"] == expected["unused"], expected["why"]


@in_batches(SAMPLE, 8)
def test_what_was_not_used_of_a_case_changes_nothing(one: Patient) -> None:
    for record in read(one.path, load, as_of=one.case.as_of).results:
        changes_nothing(record.triples, one.case.as_of)


@some_patients
@given(triples=hip_patients())
def test_what_was_not_used_of_a_random_patient_changes_nothing(triples: frozenset[ox.Triple]) -> None:
    changes_nothing(sorted(triples, key=str), AS_OF)
