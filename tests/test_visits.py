"""Whole pages of visits: what stands under the headings that a reader acts on, all of it and nothing else.

A folder of ``cases/visits`` holds a patient and what the page of the plan has to show: the titles of every row of each
section, and what some rows have to say.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hipkg import plan
from hipkg.base.paths import DENIALS, POSSIBLE_CONTEXTS
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import Fulfilment, Status
from hipkg.knowledge.loading import load
from hipkg.maintenance.following import following_modules
from hipkg.render.sheet import sheet
from support.pages import ACTED_ON, titles

if TYPE_CHECKING:
    from hipkg.planning.records import Plan
    from hipkg.render.sheet import Sheet

AS_OF = date(2026, 11, 23)
CASES = sorted((Path(__file__).parent / "cases" / "visits").iterdir())
of_every_visit = pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)


@cache
def made(case: Path) -> Plan:
    return plan(case / "patient.ttl", as_of=AS_OF)


@cache
def page(case: Path) -> Sheet:
    return sheet(made(case), load())


def expected(case: Path) -> dict[str, Any]:
    return tomllib.loads((case / "expected.toml").read_text("utf-8"))


@of_every_visit
def test_the_page_shows_all_that_it_should_and_nothing_else(case: Path) -> None:
    shown = {one.key: [*titles(one.rows)] for one in page(case).sections if one.key in ACTED_ON}
    assert shown == expected(case)["sections"], expected(case)["why"]


@of_every_visit
def test_rows_say_what_they_should(case: Path) -> None:
    top = [row for one in page(case).sections for row in one.rows]
    rows = {row.title: row for row in (*(rider for row in top for rider in row.riders), *top)}
    for title, parts in expected(case)["says"].items():
        told = [part for line in rows[title].lines for part in line.parts]
        assert [one for one in parts if one not in told] == [], title


@of_every_visit
def test_what_matters_most_is_asked_first(case: Path) -> None:
    wanted = expected(case).get("asks", [])
    assert [one.text for one in page(case).questions[: len(wanted)]] == wanted


@of_every_visit
def test_what_is_told_as_done_or_running_is_on_record(case: Path) -> None:
    for one in made(case).actions:
        assert bool(one.fulfilment) == (one.status == Status.SATISFIED)
        match one.fulfilment:
            case Fulfilment.RUNNING:
                assert one.current
            case Fulfilment.DONE:
                assert any(it.counts for it in one.done)
            case Fulfilment.ORDERED:
                assert one.planned
            case Fulfilment.NOT_NEEDED:
                assert not one.current


@of_every_visit
def test_a_shown_grade_is_that_of_a_statement_of_the_row_with_its_modality(case: Path) -> None:
    infos = load().by_id
    for one in made(case).actions:
        graded = {
            (info.strength, info.quality)
            for state in {state for some in one.claimed.values() for state in some}
            if (info := infos[state.id]).modality == one.modality
        }
        assert one.strength in {"not stated", *(strength for strength, _ in graded)}
        assert one.evidence in {"not stated", *(quality for _, quality in graded)}


def test_what_a_context_lacks_brings_its_statements(tmp_path: Path) -> None:
    """As soon as the osteonecrosis is recorded as chronic, nothing of it only may apply any more."""
    (case,) = (one for one in CASES if one.name == "osteonecrosis-not-called-chronic")
    before = {one.id: one for one in made(case).statements if one.state == State.MAY_APPLY}
    (gap, _), *_ = Counter(gap for one in before.values() for gap in one.context_lacks).most_common(1)
    asked = [one for one in before.values() if gap in one.context_lacks]
    (problem,) = {node for one in asked for node in one.subjects}
    answered = tmp_path / "patient.ttl"
    text = (case / "patient.ttl").read_text("utf-8")
    answered.write_text(f"{text}\n<{problem}> a <{gap.requirement}> .\n", encoding="utf-8")
    after = {one.id: one.state for one in plan(answered, as_of=AS_OF).statements}
    assert len(asked) > 100
    assert {after[one.id] for one in asked} <= {*State} - {State.MAY_APPLY}


def test_the_modules_of_possible_contexts_and_of_denials_follow_from_the_others() -> None:
    written = {one.name: one.read_text("utf-8") for one in (POSSIBLE_CONTEXTS, DENIALS)}
    assert written == following_modules()
