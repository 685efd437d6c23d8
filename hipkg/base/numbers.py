"""Exact numbers: read from text or literals, compared with limits, and written in one way.

A number is finite and no greater than a double can hold. Anything else (a literal of another datatype, another text,
NaN, an infinity) is read as none: validation refuses it, and reasoning passes over it.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from math import isfinite
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.vocabulary import XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyoxigraph as ox

COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}
"""The comparisons of limits by their symbols."""
COMPLEMENTS = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
"""The symbol of the limit that holds exactly where another does not."""
_UNITS = {
    "1": "",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "wk": "weeks",
    "mo": "months",
    "a": "years",
    "mg/d": "mg a day",
    "Cel": "°C",
}
"""Units of UCUM in words, where those differ from the code."""
_ANNOTATION = re.compile(r"\{([^{}]*)\}")
_NUMERIC = frozenset(
    XSD + name
    for name in (
        "integer", "decimal", "double", "float", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
        "negativeInteger", "long", "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort",
        "unsignedByte",
    )
)  # fmt: skip
_EXACT = Context(prec=999)
_FORM = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*", re.ASCII)


class Limit(NamedTuple):
    """One end of what is allowed: a symbol of `COMPARISONS` and a number."""

    symbol: str
    number: Decimal

    def __str__(self) -> str:
        """Write the limit as Manchester syntax does."""
        return f"{self.symbol} {self.number:f}"


class Bounds(tuple[Limit, ...]):
    """Limits that hold together."""

    __slots__ = ()

    def __str__(self) -> str:
        """Write the limits, joined by "and"."""
        return " and ".join(map(str, self))


class Range(NamedTuple):
    """The least and the greatest number that a record allows; the greatest is None where it allows any."""

    least: Decimal
    most: Decimal | None

    def __str__(self) -> str:
        """Write one number, two joined by "to", or what there is at least."""
        return self.written("{:f}".format)

    def written(self, write: Callable[[Decimal], str]) -> str:
        """Write the numbers with a function, as `str` does with all their digits."""
        ends = (self.least,) if self.most is None or self.most == self.least else (self.least, self.most)
        return " to ".join(map(write, ends))


def read(value: str | ox.Literal) -> Decimal | None:
    """Read a number in the notation of XSD; None for what is none, and for a literal that is not of a numeric datatype.

    What is too small for a double is nothing.
    """
    if not isinstance(value, str):
        if value.datatype.value not in _NUMERIC:
            return None
        value = value.value
    match = _FORM.fullmatch(value)
    if match is None:
        return None
    size = float(match[1])
    if not isfinite(size):
        return None
    return Decimal(match[1]) if size else Decimal(0)


def within(number: Decimal, bounds: Bounds) -> bool:
    """Tell whether a number is within bounds."""
    return all(COMPARISONS[symbol](number, limit) for symbol, limit in bounds)


def fits(value: str | ox.Literal, bounds: Bounds) -> bool:
    """Tell whether a value is a number within bounds; without bounds any value is."""
    if not bounds:
        return True
    number = read(value)
    return number is not None and within(number, bounds)


def rounded(number: Decimal, places: int) -> Decimal:
    """Round a number to some decimal places, however many digits stand before them."""
    return _EXACT.quantize(number, Decimal(1).scaleb(-places))


def unit_in_words(unit: str) -> str:
    """Write a unit of UCUM in words; its annotations stand without their marks."""
    return _UNITS[unit] if unit in _UNITS else unmarked(unit)


def unmarked(unit: str) -> str:
    """Write the code of a unit of UCUM with its annotations as words."""
    return _ANNOTATION.sub(lambda match: match[1].replace("_", " "), unit)


def plain(number: Decimal | str) -> str:
    """Write a number without an exponent and without a fraction of zeros; a text that is none stays as it is."""
    if isinstance(number, str):
        known = read(number)
        if known is None:
            return number
        number = known
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
