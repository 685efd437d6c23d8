"""Numbers that stand for others: what holds of one holds of all of its interval, and no age is left out."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipkg.base.dates import whole_years
from hipkg.base.hip import age
from hipkg.base.numbers import COMPARISONS, Limit
from hipkg.knowledge.intervals import Interval, limited, stand_in
from hipkg.knowledge.loading import load
from hipkg.reading.fhir.uncertain import aged

NUMBERS = st.integers(-40, 40).map(lambda tenths: Decimal(tenths) / 10)


def within(number: Decimal, interval: Interval) -> bool:
    above = number > interval.least or (number == interval.least and not interval.above_least)
    return above and (number < interval.most or (number == interval.most and not interval.below_most))


@given(NUMBERS, NUMBERS, st.booleans(), st.booleans(), st.sampled_from([*COMPARISONS]), NUMBERS, NUMBERS)
def test_what_settles_a_limit_holds_for_all_or_for_none(
    least: Decimal, most: Decimal, above: bool, below: bool, symbol: str, bound: Decimal, number: Decimal
) -> None:
    interval = Interval(least, most, above, below)
    if interval.empty:
        assert not within(number, interval)
        return
    representative = interval.representative()
    assert within(representative, interval)
    holds = COMPARISONS[symbol]
    if interval.settles(Limit(symbol, bound)) and within(number, interval):
        assert holds(number, bound) == holds(representative, bound)


@pytest.mark.parametrize(
    ("interval", "number"),
    [
        (limited(">=", Decimal(90)), Decimal(90)),
        (limited(">", Decimal(89)), Decimal(90)),
        (limited("<", Decimal(16)), Decimal(15)),
        (limited("<", Decimal(60)), None),
        (limited("<=", Decimal(65)), None),
        (limited(">", Decimal(65)), None),
        (limited(">", Decimal(75)), Decimal(76)),
        (Interval(Decimal(16), Decimal(65)), Decimal(16)),
        (limited(">=", Decimal(65)), None),
        (limited("<=", Decimal(66)), None),
        (Interval(Decimal(65), Decimal(66)), None),
        (Interval(Decimal(67), Decimal(68)), Decimal(67)),
        (Interval(Decimal(68), Decimal(67)), None),
        (Interval(), None),
    ],
    ids=str,
)
def test_one_age_stands_for_those_on_one_side_of_what_definitions_ask_for(
    interval: Interval, number: Decimal | None
) -> None:
    assert stand_in(interval, age, load()) == number


@given(
    st.dates(date(1930, 1, 1), date(1990, 12, 31)),
    st.dates(date(2000, 1, 1), date(2024, 12, 31)),
    st.integers(0, 9000),
    st.sampled_from([4, 7, 10]),
)
def test_an_age_of_an_earlier_day_leaves_open_no_more_than_a_birthday(
    birth: date, then: date, days: int, length: int
) -> None:
    """The age is among those given, and these are no more than the days of a partial date and one birthday explain."""
    as_of = then + timedelta(days)
    measured = Decimal(whole_years(birth, then))
    found = aged(Interval(measured, measured), then.isoformat()[:length], as_of)
    assert found.least <= whole_years(birth, as_of) <= found.most
    assert found.most - found.least <= (1 if length == 10 else 2)
