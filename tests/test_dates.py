"""Dates, whole or partial: how they are read, and the days that they can mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from hipkg.base.dates import (
    ages,
    begins_after,
    certainly_before,
    day_of,
    days_after,
    days_between,
    length_in_words,
    span,
    whole_day,
    within_a_day,
)

NO_DATES = ["", "2026-13", "2026-02-30", "0000", "26", "2026-1-1", "-0044-03-15", "12026-01-01", "2026-", "day"]


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("9999-12", date(9999, 12, 1), date(9999, 12, 31)),
        ("2026-11-23", date(2026, 11, 23), date(2026, 11, 23)),
        ("2026-11-23Z", date(2026, 11, 23), date(2026, 11, 23)),
        ("2026-11-23+02:00", date(2026, 11, 23), date(2026, 11, 23)),
        ("2026-11-05:00", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026Z", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_date_means_the_days_of_its_year_month_or_day(written, first, last):
    assert span(written) == (first, last)
    assert whole_day(written) == (first if first == last else None)


@pytest.mark.parametrize("written", [*NO_DATES, "2026-11-23T10:00:00", "\u0662\u0660\u0662\u0666"])
def test_anything_else_is_no_date(written):
    assert span(written) is None
    assert whole_day(written) is None


@pytest.mark.parametrize(
    ("written", "cut"),
    [
        *(("2026", "2026"), ("2026-11", "2026-11"), ("2026-11-23", "2026-11-23")),
        *(("2026-11-23T10:00:00Z", "2026-11-23"), ("2026-11-23T10:00:00.5+0200", "2026-11-23")),
        *(("2026-11-23T24:00:00", "2026-11-23"), ("2026-11-23T1030Z", "2026-11-23")),
        *((f"2026-11-23T{one}", "") for one in ("25:00:00Z", "10:60", "10:00:61", "", "10:", ".", "1")),
        *((one, "") for one in [*NO_DATES, "2026-11T10:00", "2026T10:00", "\u0662\u0660\u0662\u0666-01-01"]),
    ],
)
def test_a_time_is_cut_to_its_day(written, cut):
    assert day_of(written) == cut


def test_days_are_counted_where_they_are_known():
    assert days_between("2026-11-01", "2026-11-23") == 22
    assert days_between("2026-11", "2026-11-23") is None


def test_days_end_with_the_calendar():
    day = date(2026, 11, 23)
    assert days_after(day, Decimal("7.5")) == date(2026, 11, 30)
    assert days_after(day, Decimal(-23)) == date(2026, 10, 31)
    assert [days_after(day, Decimal(one)) for one in ("1e7", "-1e7", "1e300")] == [None] * 3


@pytest.mark.parametrize(
    ("start", "end", "within"),
    [
        ("2026-11-23T10:00:00", "2026-11-23T10:00:00", True),
        ("2026-11-23T10:00:00", "2026-11-24T09:59:59", True),
        ("2026-11-23T10:00:00", "2026-11-24T10:00:00", False),
        ("2026-11-23T10:00:00", "2026-11-23T09:59:59", False),
        ("2026-11-23", "2026-11-23T10:00:00", False),
        ("2026-11-23T10:00:00", "2026-11-24", False),
        ("2026-11-23T10:00:00Z", "2026-11-23T11:00:00", False),
        ("2026-11-23T10:00:00", "later", False),
    ],
)
def test_two_times_are_within_a_day(start, end, within):
    assert within_a_day(start, end) == within


@pytest.mark.parametrize(
    ("written", "after"),
    [("2026-11-24", True), ("2026-11-23", False), ("2026-12", True), ("2026-11", False), ("", False)],
)
def test_a_date_begins_after_a_day(written, after):
    assert begins_after(written, date(2026, 11, 23)) == after


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [
        ("2026-10", "2026-11", True),
        ("2025", "2026-01", True),
        ("2026", "2026-01", False),
        ("", "2026-01", False),
        ("2026-10-31", "2026-11", True),
        ("2026-11-01", "2026-11", False),
        ("2026-11-23", "2026-11-23", False),
        ("2026", "", False),
    ],
)
def test_a_date_is_certainly_before_another(one, other, before):
    assert certainly_before(one, other) == before


@pytest.mark.parametrize(
    ("birth", "years"),
    [
        ("1960-11-23", (66, 66)),
        ("1960-11-24", (65, 65)),
        ("1960-11", (65, 66)),
        ("1960", (65, 66)),
        ("2026", (0, 0)),
        ("2026-11-23", (0, 0)),
        ("2026-11-24", None),
        ("2027", None),
        ("", None),
    ],
)
def test_ages_are_completed_years(birth, years):
    assert ages(birth, date(2026, 11, 23)) == years


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "0 days"),
        (1, "1 day"),
        (6, "6 days"),
        (7, "1 week"),
        (28, "4 weeks"),
        (30, "1 month"),
        (84, "12 weeks"),
        (90, "3 months"),
        (365, "1 year"),
    ],
)
def test_a_length_is_told_in_the_longest_unit_of_which_it_is_a_whole_number(days: int, words: str) -> None:
    assert length_in_words(days) == words
