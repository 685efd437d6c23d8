"""Dates, whole or partial, compared by the days that they can mean."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

FORM = "([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?)"
"""How a day, a month or a year is written, as a regular expression with one group."""
DATATYPES = {4: "gYear", 7: "gYearMonth", 10: "date"}
"""The datatypes of XSD for dates, by the length of what is written without a zone."""
_ZONED = re.compile(f"{FORM}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?")
_TIME = "(?:[01][0-9]|2[0-4])(?::?[0-5][0-9](?::?(?:[0-5][0-9]|60)(?:[.,][0-9]*)?)?)?"
_TIMED = re.compile(f"{FORM}(?:(?<=-..-..)T{_TIME}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?")
_DECEMBER = 12
DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
"""How many days a length counts as: a month of no calendar has 30."""
_WORDED = ("year", "week", "month", "day")


def today() -> date:
    """Tell today's date where the clock of this machine stands."""
    return datetime.now().astimezone().date()


class Span(NamedTuple):
    """The first and the last day that a date can mean."""

    first: date
    last: date


def day_of(written: str) -> str:
    """Cut a date or a time to its year, month or day, as it was written there; empty if it is none of the calendar."""
    match = _TIMED.fullmatch(written)
    return match[1] if match and span(match[1]) else ""


@lru_cache(maxsize=2**16)  # records name the same days again and again
def span(written: str) -> Span | None:
    """Find the days that a year, a month or a day can mean, with a zone or without; None for what is no such date."""
    match = _ZONED.fullmatch(written)
    if match is None:
        return None
    year, month, day, *_ = (*map(int, match[1].split("-")), 0, 0)
    try:
        last_day = day or monthrange(year, month or _DECEMBER)[1]
        return Span(date(year, month or 1, day or 1), date(year, month or _DECEMBER, last_day))
    except ValueError:
        return None


def whole_day(written: str) -> date | None:
    """Read a date of one day, with a zone or without; None for what is none."""
    found = span(written)
    return found.first if found and found.first == found.last else None


def certainly_before(one: str, other: str) -> bool:
    """Tell whether every day that the one can mean lies before every day of the other."""
    first, second = span(one), span(other)
    return first is not None and second is not None and first.last < second.first


def within_a_day(start: str, end: str) -> bool:
    """Tell whether less than a day lies between two times; unknown, and so false, where either is only a date."""
    try:
        apart = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    except (ValueError, TypeError):  # TypeError where only one of them names its zone
        return False
    return "T" in start and "T" in end and timedelta() <= apart < timedelta(days=1)


def begins_after(cut: str, day: date) -> bool:
    """Tell whether the first day that a date can mean lies after a day."""
    found = span(cut)
    return found is not None and found.first > day


def ages(birth: str, day: date) -> tuple[int, int] | None:
    """Give the least and the greatest age in completed years on a day; None for a birth after it."""
    found = span(birth)
    if found is None or found.first > day:
        return None
    return max(0, whole_years(found.last, day)), whole_years(found.first, day)


def whole_years(first: date, day: date) -> int:
    """Count the years that are completed from one day to another."""
    return day.year - first.year - ((day.month, day.day) < (first.month, first.day))


def days_after(day: date, days: Decimal) -> date | None:
    """Find the day that is a number of whole days after another, or before it; None beyond the calendar."""
    try:
        return day + timedelta(days=int(days))
    except OverflowError:
        return None


def length_in_words(days: int) -> str:
    """Say a length in the longest unit of which it is a whole number; weeks go before months, as in 12 weeks."""
    unit = next((one for one in _WORDED if days and days % DAYS_OF[one] == 0), "day")
    number = days // DAYS_OF[unit]
    return f"{number} {unit}{'' if number == 1 else 's'}"


def span_in_words(least: int, most: int) -> str:
    """Say a least and a greatest length, with their unit once where it is the same."""
    first, last = length_in_words(least), length_in_words(most)
    number, _, unit = first.partition(" ")
    return f"{number if last.endswith(f' {unit}') else first} to {last}"


def days_between(one: str, other: str) -> int | None:
    """Count the days from one whole date to another; None if either is partial."""
    first, second = whole_day(one), whole_day(other)
    return None if first is None or second is None else (second - first).days
