"""Two releases of the ontology are used side by side in one process, and one that is dropped is forgotten."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hipkg.api.plan import Plan
from hipkg.api.query import prepare
from hipkg.base.errors import StaleRelease
from hipkg.base.paths import ROOT
from hipkg.base.vocabulary import HIP
from hipkg.defence.asking import interview
from hipkg.defence.explainer import Explainer
from hipkg.defence.ledger import ledger
from hipkg.defence.sensitivity import selections, sensitivity
from hipkg.defence.watching import watch_list
from hipkg.defence.what_if import what_if
from hipkg.knowledge.codec import decode_lazily, write
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.loading import load
from hipkg.knowledge.records import Knowledge
from hipkg.knowledge.selection import select
from hipkg.pipeline.process import plan_patients, read_checked
from hipkg.pipeline.request import Request
from hipkg.querying.catalogue import load_query
from hipkg.render import FORMATS, render
from hipkg.render.explanation import render_explanations
from hipkg.render.html import plan_to_html
from hipkg.render.ledger import render_ledgers

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = [
    ROOT / "examples" / "d0-painful-degenerative-hip.ttl",
    ROOT / "examples" / "d1-bilateral-hip-osteoarthritis.json",
]
of_sources = pytest.mark.parametrize("source", SOURCES, ids=["rdf", "fhir"])
DAY = date(2026, 11, 23)
NAME, VERSION = "zyxwv", "2099-01-01"


class Change(NamedTuple):
    """What another release says otherwise: the name of an intervention, and the effect of the statement about it."""

    intervention: str
    statement: str


def change_for(source: Path) -> Change:
    """Choose an action that one statement alone indicates."""
    (made,) = plan_patients(source, Request(as_of=DAY), load()).results
    action = next(one for one in made.plan.actions if one.status == Status.INDICATED and len(one.statements) == 1)
    return Change(action.intervention, load().by_id[action.statements[0]].iri)


def changed_release(change: Change) -> Knowledge:
    """Read the release once more, and change its version and what is said of one intervention."""
    whole: Knowledge = decode_lazily(Knowledge, write(load()))
    intervention = whole.interventions[change.intervention]._replace(label=NAME)
    statement = whole.statements[change.statement]._replace(effect=HIP + "contraindicates")
    return replace(
        whole,
        version=VERSION,
        labels={**whole.labels, change.intervention: NAME},
        interventions={**whole.interventions, change.intervention: intervention},
        statements={**whole.statements, change.statement: statement},
    )


def planned(source: Path, knowledge: Knowledge) -> Plan:
    request = Request(as_of=DAY, selection=select(knowledge))
    return Plan.of(plan_patients(source, request, knowledge).results[0].plan, knowledge)


def written(plan: Plan) -> dict[str, str]:
    """Write a plan in every format."""
    told = {form: render((plan,), form, plan.knowledge, everything=True) for form in FORMATS}
    told |= {"html": plan_to_html(plan, plan.knowledge), "graph": "\n".join(sorted(map(str, plan.to_graph())))}
    return {form: text.casefold() for form, text in told.items()}


def defended(source: Path, intervention: str, knowledge: Knowledge) -> dict[str, str]:
    """Put a plan to every use that has a result of its own."""
    request = Request(as_of=DAY, selection=select(knowledge))
    (made,) = plan_patients(source, request, knowledge).results
    (checked,) = read_checked(source, request, knowledge).results
    (asked,) = prepare(load_query("indicated-actions"), [source], request=request, knowledge=knowledge).results
    answer = asked.ask()
    by_strength = selections(knowledge, "strength", (), grade_objections=False)
    return {
        "explanation": render_explanations(Explainer(made).explain(intervention), "json"),
        "ledger": render_ledgers([ledger(made)], "text", knowledge),
        "questions": str(interview(made)),
        "watch list": str(watch_list(made)),
        "what if": str(what_if(made, ["age 71"], []).difference),
        "sensitivity": str(sensitivity(checked, "strength", by_strength, knowledge)),
        "query": str(sorted(map(str, answer.rows))),
    }


@of_sources
def test_each_plan_is_written_with_the_release_that_it_was_made_with(source: Path) -> None:
    change = change_for(source)
    before = written(planned(source, load()))
    other = changed_release(change)
    ours, theirs = planned(source, load()), planned(source, other)
    statuses = [
        {one.intervention: one.status for one in made.actions}.get(change.intervention) for made in (ours, theirs)
    ]
    assert statuses == [Status.INDICATED, Status.CONTRAINDICATED]
    their_first, our_second, their_second = written(theirs), written(ours), written(theirs)
    assert our_second == before
    assert their_second == their_first
    assert {form for form in before if NAME in before[form]} == set()
    assert {form for form in before if NAME not in their_first[form]} == set()
    assert VERSION in theirs.to_json()
    assert VERSION not in ours.to_json()


def test_each_plan_is_defended_with_the_release_that_it_was_made_with() -> None:
    source = SOURCES[0]
    change = change_for(source)
    before = defended(source, change.intervention, load())
    other = changed_release(change)
    theirs = defended(source, change.intervention, other)
    assert defended(source, change.intervention, load()) == before
    assert defended(source, change.intervention, other) == theirs
    assert before["explanation"] != theirs["explanation"]
    assert NAME in theirs["explanation"]
    assert {name for name, told in before.items() if NAME in told} == set()


@of_sources
def test_a_plan_travels_between_processes_with_the_stamp_of_its_release(source: Path) -> None:
    made = planned(source, load())
    parcel = pickle.dumps(made)
    assert len(parcel) < 100_000
    again = pickle.loads(parcel)  # noqa: S301 - it was written right above
    assert (again, again.to_json()) == (made, made.to_json())
    with pytest.raises(StaleRelease, match="another release"):
        pickle.loads(parcel.replace(load().stamp.encode(), b"0" * len(load().stamp)))  # noqa: S301 - as above
    other = planned(source, changed_release(change_for(source)))
    assert written(copy.copy(other)) == written(other)


@of_sources
def test_a_release_that_is_dropped_is_forgotten(source: Path) -> None:
    change = change_for(source)
    other = changed_release(change)
    kept = weakref.ref(other)
    written(planned(source, other))
    defended(source, change.intervention, other)
    del other
    gc.collect()
    assert kept() is None
