"""Checks: what is recorded, compared with the bounds of the statements that hold.

A folder of ``cases/checks`` holds a patient with a painful left hip and what the checks of one statement are to say
there; ``bounds`` replace those of the statement, for ways of comparing that the documents use elsewhere.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyshacl
import pytest
import rdflib
from jsonschema import Draft202012Validator

from hipkg.api.explain import explain
from hipkg.api.plan import plan
from hipkg.base.paths import ROOT, SHAPES
from hipkg.base.vocabulary import expand
from hipkg.knowledge.loading import load
from hipkg.knowledge.records import Bound
from hipkg.knowledge.selection import Selection
from hipkg.planning.bounds import Comparison
from hipkg.planning.planner import Planner
from hipkg.render import render
from hipkg.render.explanation import render_explanations
from hipkg.render.rdf import plans_to_turtle, rdflib_graph
from hipkg.render.schemas import PLAN
from hipkg.render.words import describe_check
from support.doors import derivation_of, findings_of, read

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.bounds import Check
    from hipkg.planning.records import Plan

CASES = sorted((Path(__file__).parent / "cases" / "checks").iterdir())
SITE = "left hip"


@cache
def expected(case: Path) -> dict[str, Any]:
    return json.loads((case / "expected.json").read_text(encoding="utf-8"))


def knowledge_of(case: Path) -> Knowledge:
    """Give the statement of a case the bounds that the case sets."""
    known = load()
    info = known.statement(expected(case)["statement"])
    bounds = [Bound(**{**one, "measured_by": expand(one["measured_by"])}) for one in expected(case).get("bounds", ())]
    return replace(known, statements={**known.statements, info.iri: info._replace(bounds=tuple(bounds) or info.bounds)})


@cache
def made(case: Path) -> Plan:
    (graph,) = read(case / "patient.ttl", as_of=date.fromisoformat(expected(case)["asOf"]))
    planner = Planner(derivation_of(graph), knowledge_of(case), graph.iri, graph.as_of, Selection())
    return planner.plan("native", findings_of(graph))


def checks(case: Path) -> list[Check]:
    wanted = expected(case)["statement"]
    return [check for one in made(case).statements if (one.id, one.site) == (wanted, SITE) for check in one.checks]


def told(check: Check) -> dict[str, Any]:
    """Write a check as the cases do: what is empty left out, nodes by their last name."""
    fields = {
        "verdict": check.verdict,
        "have": str(check.have or ""),
        "earliest": check.earliest.isoformat() if check.earliest else "",
        "latest": check.latest.isoformat() if check.latest else "",
        "record": check.record.replace(expand("hip:"), "hip:"),
        "note": check.note,
        "alarm": check.alarm,
        "activities": [one.rpartition("/")[2] for one in check.activities],
    }
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_a_check_compares_what_is_recorded(case: Path) -> None:
    assert [told(one) for one in checks(case)] == expected(case)["checks"]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("dose-above", "daily dose above 4,000 mg a day D0-17 D2-35 · 5,000"),
        ("dose-above-of-what-may-apply", "daily dose above 4,000 mg a day, if hip pain: 5,000"),
    ],
)
def test_a_limit_is_told_with_what_decides_on_its_statement(case: str, told: str) -> None:
    made = plan(Path(__file__).parent / "cases" / "checks" / case / "patient.ttl", as_of=date(2026, 11, 23))
    assert told in " ".join(made.to_text().split())
    entries = [one["resource"] for one in made.to_fhir()["entry"]]
    issues = [str(one) for one in entries if one["resourceType"] == "DetectedIssue" and "above 4,000 mg" in str(one)]
    assert [("if hip pain" in one) == ("if hip pain" in told) for one in issues] == [True] * len(issues) != []


@pytest.mark.parametrize("case", [one for one in CASES if "said" in expected(one)], ids=lambda one: one.name)
def test_a_check_says_the_numbers(case: Path) -> None:
    assert [describe_check(one) for one in checks(case)] == expected(case)["said"]


def test_every_verdict_has_a_case() -> None:
    assert {one["verdict"] for case in CASES for one in expected(case)["checks"]} == {*Comparison}


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_every_format_carries_the_checks(case: Path) -> None:
    text, data, turtle = (render((made(case),), name, load()) for name in ("text", "json", "turtle"))
    Draft202012Validator(json.loads(PLAN.read_text(encoding="utf-8"))).validate(json.loads(data))
    alarming = [one for one in made(case).statements for check in one.checks if check.alarm]
    assert bool(alarming) == any(one.get("alarm") for one in expected(case)["checks"])
    first = text.partition("\nCHECK ")[2].partition("\n\n")[0]
    assert {one.id for one in alarming} <= {*re.findall(r"D\d-\d+", first)}
    graph = rdflib.Graph().parse(data=turtle, format="turtle")
    told_checks = [check for one in made(case).statements for check in one.checks]
    found = set(graph.objects(None, rdflib.URIRef(expand("hip:hasCheck"))))
    assert len(found) == len(told_checks)


def test_what_breaks_a_bound_stands_before_everything_else() -> None:
    text = render((made(next(one for one in CASES if one.name == "dose-above")),), "text", load())
    first = text.splitlines()[2]
    assert first.startswith("CHECK")
    assert "Acetaminophen" in first
    assert "Acetaminophen daily dose above 4,000 mg a day" in " ".join(text.split())


def test_checks_in_turtle_conform_to_the_shapes_of_plans() -> None:
    shapes = rdflib.Graph().parse(SHAPES / "plan.ttl")
    plan = made(next(one for one in CASES if one.name == "programme-not-yet"))
    graph = rdflib_graph(plans_to_turtle((plan,), load()))
    assert pyshacl.validate(graph, shacl_graph=shapes)[0]
    graph.remove((None, rdflib.URIRef(expand("hip:verdict")), None))
    conforming, _, report = pyshacl.validate(graph, shacl_graph=shapes)
    assert not conforming
    assert "R09" in report


def test_parameters_carry_their_checks() -> None:
    data = json.loads(render((made(next(one for one in CASES if one.name == "dose-above")),), "json", load()))
    (action,) = [one for one in data["actions"] if one["label"] == "acetaminophen"]
    (parameter,) = [one for one in action["parameters"] if one["statement"] == "D0-17"]
    assert [one["verdict"] for one in parameter["checks"]] == ["above"]


def test_an_explanation_shows_the_checks() -> None:
    path = next(one for one in CASES if one.name == "dose-above") / "patient.ttl"
    found = explain(path, "D0-17", as_of=date(2026, 11, 23))
    text = " ".join(render_explanations(found, "text", proof=True).split())
    assert "✗ On record: acetaminophen daily dose above 4,000 mg a day: 5,000 mg a day on record" in text
    data = json.loads(render_explanations(found, "json"))
    assert [one["verdict"] for one in data["statements"][0]["checks"]] == ["above"]


def test_a_patient_without_courses_has_no_checks() -> None:
    (example,) = (ROOT / "examples").glob("d0-*.ttl")
    assert not [check for one in plan(example, as_of=date(2026, 11, 23)).statements for check in one.checks]
