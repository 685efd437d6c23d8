"""The course of a plan in time: what is drawn of it is what the plan says."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipkg import plan
from hipkg.knowledge.loading import load
from hipkg.render.screen import screen
from hipkg.render.text import NARROWEST, WIDEST, plans_to_text
from hipkg.render.timeline import Bar, timeline
from support.cases import EXAMPLES

if TYPE_CHECKING:
    from hipkg.api.plan import Plan

VISITS = Path(__file__).parent / "cases" / "visits"
PATIENTS = {**EXAMPLES, **{one.parent.name: one for one in sorted(VISITS.glob("*/patient.ttl"))}}
AS_OF = date(2026, 11, 29)
DRAWN = re.compile(r"(?P<there>█*)(?P<to_come>░+) (?P<end>\d{4}-\d\d-\d\d)")


@cache
def made(name: str) -> Plan:
    return plan(PATIENTS[name], as_of=AS_OF)


def bars(name: str) -> tuple[Bar, ...]:
    return timeline(made(name), screen(made(name), load()), load())


def drawn(name: str, **layout: object) -> str:
    return plans_to_text([made(name)], load(), **layout).partition("IN TIME")[2]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PATIENTS)
def test_every_bar_is_drawn_with_the_day_of_its_end(name: str) -> None:
    found = bars(name)
    assert [match["end"] for match in DRAWN.finditer(drawn(name))] == [one.end.isoformat() for one in found]
    assert all(one.start <= one.now == AS_OF < one.end for one in found)


def test_what_is_on_record_and_what_is_to_come_are_as_long_as_their_days() -> None:
    found = bars("second-visit")
    assert {(one.start, one.end) for one in found} >= {(date(2026, 10, 5), date(2027, 1, 3))}
    span = (max(one.end for one in found) - min(one.start for one in found)).days
    for one, match in zip(found, DRAWN.finditer(drawn("second-visit", width=WIDEST)), strict=True):
        room = (len(match["there"]) + len(match["to_come"])) / ((one.end - one.start).days / span)
        assert len(match["there"]) == pytest.approx(room * (one.now - one.start).days / span, abs=1.5)


def test_what_opens_only_if_treatment_starts_today_says_so() -> None:
    assert "* if treatment starts today" in " ".join(drawn("d0").split())
    assert not any(one.assumed for one in bars("second-visit"))
    assert "*" not in drawn("second-visit")


def test_nothing_is_drawn_where_no_day_is_known() -> None:
    assert bars("d4") == ()
    assert "IN TIME" not in plans_to_text([made("d4")], load())


def test_a_terminal_without_symbols_or_room_is_told_the_same() -> None:
    text = drawn("second-visit", ascii=True, width=NARROWEST)
    assert text.isascii()
    assert text.count("2027-01-03") == sum(one.end == date(2027, 1, 3) for one in bars("second-visit"))
