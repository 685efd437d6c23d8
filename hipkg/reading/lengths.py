"""Read how long something lasted, as people say it: a number of days, weeks, months or years, or since when."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.dates import DATATYPES, DAYS_OF, FORM, begins_after, span
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import XSD

if TYPE_CHECKING:
    from datetime import date

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS = {word: str(number) for number, word in enumerate(_COUNTS, 1)}
LENGTH = rf"([0-9]{{1,4}}|{'|'.join(_COUNTS)}) ?(days?|weeks?|wks?|months?|years?|yrs?|[dwmy])\b"
"""How a length is written, as a regular expression with a group for the number and one for the unit."""
_LENGTH = re.compile(rf"(?:for )?{LENGTH}")
_SINCE = re.compile(f"(?:since |from )?{FORM}")
_ISO = re.compile("p([0-9]{1,4})([dwmy])")
_UNITS = {one[0]: one for one in DAYS_OF}
_COUNTED = {"day": "D", "week": "W"}


def length(number: str, unit: str) -> ox.Literal:
    """Write a length as a duration; of months and years, which have no fixed number of days, as the days that count."""
    count, unit = int(_WORDS.get(number, number)), _UNITS[unit[0]]
    letter = _COUNTED.get(unit)
    written = f"P{count}{letter}" if letter else f"P{count * DAYS_OF[unit]}D"
    return ox.Literal(written, datatype=ox.NamedNode(XSD + "duration"))


def read_length(text: str, as_of: date) -> tuple[str, ox.Literal]:
    """Read a length, or the day or month since when, and return the property that records it with its value.

    Raises `UsageError` for anything else, and for a day after ``as_of``.
    """
    said = " ".join(text.casefold().split())
    if found := _LENGTH.fullmatch(said) or _ISO.fullmatch(said):
        if not found[1].strip("0"):
            raise UsageError(f"{text!r} is no length.", remedy="Leave out what was not given, or write since when.")
        return hip.duration, length(found[1], found[2])
    found = _SINCE.fullmatch(said)
    if found and span(found[1]):
        if begins_after(found[1], as_of):
            raise UsageError(f"{found[1]} lies after the day of the plan.", remedy="Give a day that is over.")
        return hip.startDate, ox.Literal(found[1], datatype=ox.NamedNode(XSD + DATATYPES[len(found[1])]))
    raise UsageError(f"{text!r} is no length.", remedy="Write it as 6 weeks, 3 months or since 2026-05.")
