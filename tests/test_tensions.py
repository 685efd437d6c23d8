"""Tensions: each disagreement of the documents is scoped away, or shown in the plan of a patient who brings it out.

A folder of ``cases/tensions`` is named after the number of its tension. It holds the patients and what their plans must
say: the states of statements and the statuses of actions by site, the conflicts among the statements named there, and
the parameters of actions with their bounds; null means that a statement or an action is not in the plan. ``how`` is
"conflict" where the plan shows a conflict between statements of the tension, "parallel" where their outputs stand side
by side, and "scoped" where their conditions keep them apart.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rdflib

from hipkg.api.plan import plan
from hipkg.base.vocabulary import HIP
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from hipkg.knowledge.records import Bound
    from hipkg.planning.records import Plan

CASES = sorted((Path(__file__).parent / "cases" / "tensions").iterdir())
STATEMENTS = {info.id: info for info in load().statements.values()}
HOLDING = {"now", "must-not", "knowledge"}
RULES = {"advised_by": "advisedBy", "opposed_by": "opposedBy", "rule": "rule", "decided_for": "decidedFor"}


@cache
def expected(case: Path) -> dict[str, Any]:
    return json.loads((case / "expected.json").read_text(encoding="utf-8"))


@cache
def derived(patient: Path) -> Plan:
    return plan(patient, as_of=date.fromisoformat(expected(patient.parent)["asOf"]))


def wanted(patient: Path) -> dict[str, Any]:
    return expected(patient.parent)["patients"][patient.stem]


def graph(patient: Path) -> rdflib.Graph:
    return rdflib.Graph(bind_namespaces="none").parse(patient, format="turtle")


def in_words(bounds: tuple[Bound, ...]) -> dict[str, str]:
    """Write each bound as a range of numbers with its unit, under the quantity that it limits."""
    ends = {one.quantity: [f"{float(end):g}" if end else "" for end in (one.lower, one.upper)] for one in bounds}
    return {one.quantity: f"{' to '.join(ends[one.quantity]).strip()} {one.unit}" for one in bounds}


each_case = pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
each_patient = pytest.mark.parametrize(
    "patient",
    [one for case in CASES for one in sorted(case.glob("*.ttl"))],
    ids=lambda one: f"{one.parent.name}/{one.stem}",
)


def test_there_is_a_case_for_each_tension() -> None:
    assert [case.name[:3] for case in CASES] == [f"{number:02d}-" for number in range(1, 41)]


@each_case
def test_expectations_are_well_formed(case: Path) -> None:
    patients = expected(case)["patients"]
    assert {one.name for one in case.iterdir()} == {"expected.json", *(f"{name}.ttl" for name in patients)}
    assert {name for one in patients.values() for name in one["statements"]} <= STATEMENTS.keys()
    assert all(text.endswith(".") for text in (expected(case)["note"], *(one["who"] for one in patients.values())))


@each_case
def test_every_statement_of_a_tension_concerns_one_of_its_patients(case: Path) -> None:
    patients = expected(case)["patients"].values()
    assert set(expected(case)["between"]) <= {
        name for one in patients for name, sites in one["statements"].items() if sites
    }


@each_case
def test_patients_bring_out_how_the_tension_is_shown(case: Path) -> None:
    between, patients = set(expected(case)["between"]), expected(case)["patients"].values()
    clashes = [{one["advisedBy"], one["opposedBy"]} for patient in patients for one in patient["conflicts"]]
    holding = [
        {name for name in between if HOLDING & set((one["statements"].get(name) or {}).values())} for one in patients
    ]
    shown = {
        "conflict": any(one <= between for one in clashes),
        "parallel": any(len(one) > 1 for one in holding),
        "scoped": any(0 < len(one) < len(between) for one in holding),
    }
    assert shown[expected(case)["how"]]
    assert shown["conflict"] == (expected(case)["how"] == "conflict")


@each_case
def test_bounds_and_grades_stay_as_each_document_gives_them(case: Path) -> None:
    bounds, grades = expected(case).get("bounds", {}), expected(case).get("grades", {})
    assert {name: in_words(STATEMENTS[name].bounds) for name in bounds} == bounds
    assert {name: [STATEMENTS[name].strength, STATEMENTS[name].quality] for name in grades} == grades


@each_patient
def test_states(patient: Path) -> None:
    found = {
        name: {one.site: one.state for one in derived(patient).statements if one.id == name and not one.context_lacks}
        for name in STATEMENTS
    }
    assert derived(patient).valid
    assert {name: found[name] or None for name in wanted(patient)["statements"]} == wanted(patient)["statements"]


@each_patient
def test_statuses(patient: Path) -> None:
    actions = derived(patient).actions
    names = wanted(patient)["actions"]
    found = {
        name: {one.site: one.status for one in actions if one.intervention == HIP + name} or None for name in names
    }
    assert found == names


@each_patient
def test_conflicts(patient: Path) -> None:
    named = wanted(patient)["statements"].keys()
    clashes = [one._asdict() for one in derived(patient).conflicts if {one.advised_by, one.opposed_by} <= named]
    found = [{name: one[field] for field, name in RULES.items()} for one in clashes]
    assert sorted(found, key=str) == sorted(wanted(patient)["conflicts"], key=str)


@each_patient
def test_parameters(patient: Path) -> None:
    names = wanted(patient).get("parameters", {})
    shown = {
        name: {
            parameter.statement: in_words(parameter.bounds)
            for action in derived(patient).actions
            if action.intervention == HIP + name
            for parameter in action.parameters
            if parameter.statement in wanted(patient)["statements"]
        }
        for name in names
    }
    assert shown == names


@each_patient
def test_patients_are_written_in_normal_form(patient: Path) -> None:
    assert patient.read_text(encoding="utf-8") == graph(patient).serialize(format="longturtle")


@each_case
def test_the_ontology_knows_the_tension(case: Path) -> None:
    (tension,) = (one for one in load().tensions if one.id == f"tension-{case.name[:2]}")
    assert set(expected(case)["between"]) <= set(tension.statements)
