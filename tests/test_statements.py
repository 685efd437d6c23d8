"""Statements: each fires for its patient, and does not for one who differs in a single relevant fact.

A folder of ``cases/statements`` is named after its statement, with a slug where the statement has several triggers. It
holds the two patients and the states expected of them; a state of null means that the statement is not listed there.
That there are enough of them is the matter of ``test_coverage.py``.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rdflib

from hipkg.api.plan import plan
from hipkg.knowledge.loading import load

CASES = sorted((Path(__file__).parent / "cases" / "statements").iterdir())
FILES = {"fires": "fires.ttl", "nearMiss": "near-miss.ttl"}
STATEMENTS = sorted(info.id for info in load().statements.values())
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
def expected(case: Path) -> dict[str, Any]:
    return json.loads((case / "expected.json").read_text(encoding="utf-8"))


def statement_of(case: Path) -> str:
    return next(one for one in STATEMENTS if case.name == one or case.name.startswith(one + "-"))


@cache
def states(case: Path, patient: str) -> dict[str, str]:
    """Map each site at which the statement of a case is listed to its state there."""
    found = plan(case / FILES[patient], as_of=date.fromisoformat(expected(case)["asOf"])).statements
    return {one.site: one.state for one in found if one.id == statement_of(case)}


def graph(case: Path, patient: str) -> rdflib.Graph:
    found = rdflib.Graph(bind_namespaces="none")
    return found.parse(case / FILES[patient], format="turtle")


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_fires(case: Path) -> None:
    wanted = expected(case)["fires"]
    assert states(case, "fires").get(wanted["site"]) == wanted["state"]


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_near_miss(case: Path) -> None:
    wanted = expected(case)["nearMiss"]
    site = wanted.get("site", expected(case)["fires"]["site"])
    assert states(case, "nearMiss").get(site) == wanted["state"], wanted["why"]


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_case_is_complete(case: Path) -> None:
    assert {one.name for one in case.iterdir()} == {*FILES.values(), "expected.json"}


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_expectations_are_well_formed(case: Path) -> None:
    info = next(one for one in load().statements.values() if one.id == statement_of(case))
    fires, near = expected(case)["fires"], expected(case)["nearMiss"]
    assert fires["state"] == WHEN_HOLDING[info.effect.rpartition("/")[2]]
    assert near["state"] in {"later-if", "ruled-out", "satisfied", None}
    assert near["why"].endswith(".")


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_patients_differ_in_little(case: Path) -> None:
    fires, near = (set(graph(case, one)) for one in FILES)
    assert 0 < len(fires ^ near) <= MOST_TRIPLES_CHANGED


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
@pytest.mark.parametrize("patient", FILES)
def test_patients_are_written_in_normal_form(case: Path, patient: str) -> None:
    text = (case / FILES[patient]).read_text(encoding="utf-8")
    assert text == graph(case, patient).serialize(format="longturtle")
