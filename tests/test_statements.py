"""Statements: each fires for its patient, and does not for one who differs in a single relevant fact.

A folder of ``cases/statements`` is named after its statement, with a slug where the statement has several triggers. It
holds the two patients and the states expected of them; a state of null means that the statement is not listed there.
That there are enough of them is the matter of ``test_coverage.py``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
import rdflib

from hipkg.api.plan import plan
from hipkg.knowledge.loading import load
from support.cases import FIRES, NEAR_MISS, Case, Patient, of_every_case, of_every_patient
from support.sources import guidelines

pytestmark = pytest.mark.every_source

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from hipkg.api.plan import Plan

WHEN_HOLDING = {
    "indicates": "now",
    "safeguardsWith": "now",
    "specifies": "now",
    "informsOn": "knowledge",
    "contraindicates": "must-not",
    "discourages": "must-not",
    "holdsBack": "must-not",
}
MOST_TRIPLES_CHANGED = 8


@cache
def made(path: Path, as_of: date, documents: tuple[str, ...]) -> Plan:
    return plan(path, as_of=as_of, documents=documents)


def states(case: Case, file: str) -> dict[str, str]:
    """Map each site at which the context of the statement of a case holds to its state there.

    Safety modules hold advice of guidelines back; they are there only where the statement is one of theirs.
    """
    knowledge = load()
    safety = knowledge.documents[knowledge.statement(case.statement).document].safety
    documents = () if safety else guidelines(knowledge)
    found = made(Patient(case, file).path, case.as_of, documents).statements
    return {one.site: one.state for one in found if one.id == case.statement and not one.context_lacks}


def graph(patient: Patient) -> rdflib.Graph:
    return rdflib.Graph(bind_namespaces="none").parse(patient.path, format="turtle")


@of_every_case
def test_fires(case: Case) -> None:
    wanted = case.expected["fires"]
    assert states(case, FIRES).get(wanted["site"]) == wanted["state"]


@of_every_case
def test_near_miss(case: Case) -> None:
    wanted = case.expected["nearMiss"]
    site = wanted.get("site", case.expected["fires"]["site"])
    assert states(case, NEAR_MISS).get(site) == wanted["state"], wanted["why"]


@of_every_case
def test_a_case_is_complete(case: Case) -> None:
    assert {one.name for one in case.folder.iterdir()} == {FIRES, NEAR_MISS, "expected.json"}


@of_every_case
def test_expectations_are_well_formed(case: Case) -> None:
    info = load().statement(case.statement)
    fires, near = case.expected["fires"], case.expected["nearMiss"]
    assert fires["state"] == WHEN_HOLDING[info.effect.rpartition("/")[2]]
    assert near["state"] in {"later-if", "ruled-out", "satisfied", None}
    assert near["why"].endswith(".")


@of_every_case
def test_patients_differ_in_little(case: Case) -> None:
    fires, near = (set(graph(Patient(case, file))) for file in (FIRES, NEAR_MISS))
    assert 0 < len(fires ^ near) <= MOST_TRIPLES_CHANGED


@of_every_patient
def test_patients_are_written_in_normal_form(patient: Patient) -> None:
    assert patient.path.read_text(encoding="utf-8") == graph(patient).serialize(format="longturtle")
