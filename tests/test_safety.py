"""Whole pages by all sources: what safety modules refuse, hold back or call for is told as such, and no more than that.

A folder of ``cases/safety`` holds a patient and what the page of the plan has to show: the titles of every row of each
section that a reader acts on, what the first screen says and does not, and what is asked first.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hipkg import plan
from hipkg.knowledge.loading import load
from hipkg.render.screen_text import plans_to_text
from hipkg.render.sheet import sheet
from support.pages import ACTED_ON, titles

if TYPE_CHECKING:
    from hipkg.planning.records import Plan

pytestmark = pytest.mark.every_source
AS_OF = date(2026, 11, 23)
LONGEST, WIDTH = 60, 80
CASES = sorted((Path(__file__).parent / "cases" / "safety").iterdir())
of_every_case = pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)


@cache
def made(case: Path) -> Plan:
    return plan(case / "patient.ttl", as_of=AS_OF)


@cache
def lines(case: Path) -> list[str]:
    return plans_to_text([made(case)], load(), width=WIDTH).splitlines()


def expected(case: Path) -> dict[str, Any]:
    return tomllib.loads((case / "expected.toml").read_text("utf-8"))


@of_every_case
def test_the_page_shows_all_that_it_should_and_nothing_else(case: Path) -> None:
    page = sheet(made(case), load())
    shown = {one.key: [*titles(one.rows)] for one in page.sections if one.key in ACTED_ON}
    assert shown == expected(case)["sections"], expected(case)["why"]


@of_every_case
def test_the_first_screen_says_what_it_should_and_nothing_that_misleads(case: Path) -> None:
    told = " ".join(" ".join(lines(case)).split()).lower()
    wanted = expected(case)
    assert [one for one in wanted["says"] if one.lower() not in told] == [], wanted["why"]
    assert [one for one in wanted.get("never", ()) if one.lower() in told] == [], wanted["why"]


@of_every_case
def test_what_matters_most_is_asked_first(case: Path) -> None:
    wanted = expected(case)["asks"]
    assert [one.text for one in sheet(made(case), load()).questions[: len(wanted)]] == wanted


@of_every_case
def test_the_first_screen_is_short(case: Path) -> None:
    assert len(lines(case)) <= LONGEST
    assert max(map(len, lines(case))) <= WIDTH
