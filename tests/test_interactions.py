"""Interactions: what is advised, taken and ordered, and how it bears on each other, told the same everywhere."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hipkg
from hipkg.base.vocabulary import HIP
from hipkg.defence.difference import difference
from hipkg.defence.explainer import Explainer
from hipkg.defence.orders import AGAINST, Aspect
from hipkg.defence.since import since
from hipkg.knowledge.loading import load
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request
from hipkg.planning.records import InteractionKind, Standing
from hipkg.render.explanation import render_explanations
from hipkg.render.since import render_since
from hipkg.render.words import told_interaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Interaction, Treatment

CASES = Path(__file__).parent / "cases" / "interactions"
NAMES = sorted(one.name for one in CASES.iterdir())
FILES = ("fires.ttl", "near-miss.ttl")
pytestmark = pytest.mark.every_source
DAY = date(2026, 11, 23)
of_each = pytest.mark.parametrize("name", NAMES)


def expected(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
    return told


def made(name: str, file: str) -> hipkg.Plan:
    return hipkg.plan(CASES / name / file, as_of=DAY)


def named(treatments: Iterable[Treatment]) -> list[str]:
    return [f"{one.label} {one.standing}" for one in treatments]


def summary(interactions: Iterable[Interaction]) -> list[dict[str, Any]]:
    """Say of each interaction its kind, what it is of, beside what, at which place, and who says so."""
    return [
        {
            "kind": one.kind,
            "of": f"{one.label} {one.site}".strip(),
            "treatments": named(one.treatments),
            **({"beside": named(one.beside)} if one.beside else {}),
            "statements": [*one.statements],
            **({"settled": True} if one.settled else {}),
        }
        for one in interactions
    ]


@of_each
def test_interactions_are_found_where_they_are_and_not_where_they_nearly_are(name: str) -> None:
    told, found = expected(name), {one: summary(made(name, one).interactions) for one in FILES}
    if os.environ.get("HIPKG_UPDATE_GOLDEN"):
        told.update({"fires": found["fires.ttl"], "nearMiss": found["near-miss.ttl"]})
        (CASES / name / "expected.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    assert found["fires.ttl"] == told["fires"]
    assert found["near-miss.ttl"] == told["nearMiss"]
    assert told["fires"] != told["nearMiss"]


@of_each
def test_the_page_tells_an_interaction_and_none_that_is_not_there(name: str) -> None:
    fires, near = (" ".join(made(name, one).to_text().split()) for one in FILES)
    assert [one for one in expected(name)["page"] if one not in fires] == []
    assert [one for one in expected(name)["page"] if one in near] == []


@of_each
@pytest.mark.parametrize("file", FILES)
def test_an_order_is_answered_as_the_plan_tells_it(name: str, file: str) -> None:
    (checked,) = hipkg.check_order(CASES / name / file, as_of=DAY)
    for order in checked.orders:
        own = [
            one for one in made(name, file).interactions if any(order.node in it.activities for it in one.treatments)
        ]
        because = {one.statement for one in order.reasons if one.with_drugs and one.aspect in AGAINST}
        told = {id_ for one in own if one.kind != InteractionKind.REPETITION for id_ in one.statements}
        assert because <= told <= {one.statement for one in order.reasons}
        repeated = any(one.kind == InteractionKind.REPETITION for one in own)
        assert repeated == any(one.aspect == Aspect.DUPLICATE and one.beside for one in order.reasons)


@of_each
def test_every_writer_tells_each_interaction(name: str) -> None:
    plan, knowledge = made(name, "fires.ttl"), load()
    data = plan.to_dict()["interactions"]
    assert [(one["kind"], one["label"]) for one in data] == [(one.kind, one.label) for one in plan.interactions]
    graph = plan.to_graph()
    kinds = [str(one) for one in graph.objects(predicate=_term("interactionKind"))]
    assert sorted(kinds) == sorted(plan.interactions[i].kind for i in range(len(plan.interactions)))
    issues = [one["resource"] for one in plan.to_fhir()["entry"] if one["resource"]["resourceType"] == "DetectedIssue"]
    told = [one["detail"] for one in issues if one["code"]["coding"][0]["code"] == "Interaction"]
    assert len(told) == len(plan.interactions)
    for one in plan.interactions:
        assert any(all(it.label.lower() in words.lower() for it in one.treatments) for words in told)
        assert one.label == knowledge.label(one.intervention)


@of_each
def test_what_comes_and_goes_is_told_by_comparisons(name: str) -> None:
    """What a record has anew comes, what it has no longer goes, and both are told in the words of the plan."""
    near, fires = (planned(name, one) for one in reversed(FILES))
    there, then = near.plan.interactions, fires.plan.interactions
    for one, other in ((near, fires), (fires, near)):
        found = since(one, other)
        assert {it.after for it in found.interactions if it.after} == {*other.plan.interactions} - {
            *one.plan.interactions
        }
        assert {it.before for it in found.interactions if it.before} == {*one.plan.interactions} - {
            *other.plan.interactions
        }
        assert difference(one.plan, other.plan).interactions == found.interactions
    told = " ".join(render_since([since(near, fires)], "text").split())
    assert [one for one in then if one not in there and told_interaction(one).removesuffix("settled") not in told] == []
    assert "Interactions" not in render_since([since(fires, fires)], "text")


@of_each
def test_explanations_of_what_takes_part_tell_an_interaction_and_no_others(name: str) -> None:
    made, knowledge = planned(name, "fires.ttl"), load()
    explainer = Explainer(made, thorough=False)
    for one in made.plan.interactions:
        ids = [knowledge.by_id[it].iri for it in one.statements[:1]]
        for target in (*ids, one.treatments[0].intervention, *(it.intervention for it in one.beside[:1])):
            found = explainer.explain(target)
            assert one in [it for explained in found for it in explained.interactions]
            assert told_interaction(one)[1:] in " ".join(render_explanations(found, "text").split())
    assert not [it for explained in explainer.explain(HIP + "Cane") for it in explained.interactions]


def planned(name: str, file: str) -> Planned:
    (made,) = plan_patients(CASES / name / file, Request(as_of=DAY), load()).results
    return made


def _term(name: str) -> Any:
    from rdflib import URIRef

    return URIRef(f"https://w3id.org/hipkg/{name}")


def test_each_kind_and_each_standing_has_a_case() -> None:
    found = [one for name in NAMES for one in made(name, "fires.ttl").interactions]
    assert {one.kind for one in found} == {*InteractionKind}
    assert {it.standing for one in found for it in one.treatments} == {*Standing}
