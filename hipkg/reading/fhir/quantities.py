"""Quantities by their UCUM codes: converted exactly, or not used.

The tables hold the codes of UCUM (https://ucum.org) that the quantities of the ontology can come in, with the values of
ucum-essence.xml of its version 2.2; other units are products of these. A unit in words, a code of another system and a
missing unit are never read, for the number could mean anything: but pieces, such as tablets, are counted however they
are called.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.memo import kept
from hipkg.knowledge.words import pattern
from hipkg.reading.fhir.elements import number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.elements import Raw

UCUM = "http://unitsofmeasure.org"
_ATOMS: Mapping[str, tuple[Fraction, str, int]] = {
    **{
        code: (Fraction(worth), "mass", 1)
        for code, worth in (
            ("kg", "1000"), ("g", "1"), ("mg", "0.001"), ("ug", "0.000001"), ("ng", "0.000000001"),
            ("[lb_av]", "453.59237"), ("[oz_av]", "28.349523125"),
        )
    },
    **{
        code: (Fraction(worth), "length", 1)
        for code, worth in (
            ("km", "1000"), ("m", "1"), ("dm", "0.1"), ("cm", "0.01"), ("mm", "0.001"), ("um", "0.000001"),
            ("[in_i]", "0.0254"), ("[ft_i]", "0.3048"), ("[yd_i]", "0.9144"), ("[mi_i]", "1609.344"),
        )
    },
    **{
        code: (Fraction(worth), "time", 1)
        for code, worth in (("s", "1"), ("min", "60"), ("h", "3600"), ("d", "86400"), ("wk", "604800"))
    },
    **{
        code: (Fraction(worth) / 1000, "length", 3)
        for letter in "Ll"
        for code, worth in (
            (letter, "1"), (f"d{letter}", "0.1"), (f"c{letter}", "0.01"), (f"m{letter}", "0.001"),
            (f"u{letter}", "0.000001"), (f"n{letter}", "0.000000001"), (f"p{letter}", "0.000000000001"),
            (f"f{letter}", "0.000000000000001"),
        )
    },
    "%": (Fraction(1, 100), "", 1),
    "10*": (Fraction(10), "", 1),
    "10^": (Fraction(10), "", 1),
}  # fmt: skip
"""What units are worth in grams, metres and seconds, by the tables of UCUM: the number, the dimension, its power."""
_TERM = re.compile(r"(?P<atom>10[*^]|\d{1,9}|\[\w+\]|[A-Za-z%]+)?(?P<power>[+-]?\d{1,2})?(?P<note>\{[^{}]*\})?")
_SCALES = {
    "Cel": (Decimal(1), Decimal(0)),
    "K": (Decimal(1), Decimal("273.15")),
    "[degF]": (Decimal("1.8"), Decimal(32)),
}
"""Temperatures by UCUM's special units: how many degrees one of Celsius is, and how many its zero."""
_FORMS = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
_SOLID = {
    "TAB", "ORTAB", "BUCTAB", "SRBUCTAB", "CAPLET", "CHEWTAB", "CPTAB", "DISINTAB", "DRTAB", "ECTAB", "ERECTAB",
    "ERTAB", "ERTAB12", "ERTAB24", "ORTROCHE", "SLTAB", "CAP", "ORCAP", "ENTCAP", "ERENTCAP", "ERCAP", "ERCAP12",
    "ERCAP24", "PILL", "SUPP", "RECSUPP",
}  # fmt: skip
"""The codes of HL7's orderable drug forms that come in pieces."""
_ONE = "1"
_LONGEST = 99_999


class UnusableValue(Exception):
    """Tell why a value cannot be used."""


def amount(quantity: Raw, unit: str) -> Decimal:
    """Read a quantity in a unit of UCUM.

    Raises `UnusableValue` if it has no value, a comparator, or no unit that converts exactly.
    """
    value = number(quantity, "value")
    if value is None:
        raise UnusableValue("it has no value")
    if comparator := text(quantity, "comparator"):
        raise UnusableValue(f"it is only a limit ({comparator})")
    code = code_of(quantity)
    if code in _SCALES and unit in _SCALES:
        (degrees, zero), (wanted, wanted_zero) = _SCALES[code], _SCALES[unit]
        return (value - zero) * wanted / degrees + wanted_zero
    return value * factor(code, unit)


def positive(quantity: Raw, unit: str) -> Decimal:
    """Read a quantity above 0 in a unit of UCUM; the errors are those of `amount`, and one for the rest."""
    value = amount(quantity, unit)
    if value <= 0:
        raise UnusableValue("it is not above 0")
    return value


def pieces(quantity: Raw, knowledge: Knowledge) -> Decimal | None:
    """Count tablets, capsules and the like; None for a quantity that is not counted in pieces.

    Parameters: ``knowledge`` has the words for what comes in pieces.

    Raises `UnusableValue` for one that is without a number, or only a limit.
    """
    code, system, words = text(quantity, "code"), text(quantity, "system"), text(quantity, "unit")
    counted = (system == _FORMS and code in _SOLID) or (system == UCUM and code == _ONE)
    if not counted and not _piece_words(knowledge).fullmatch(code if system == UCUM else words or code):
        return None
    return amount({**quantity, "system": UCUM, "code": _ONE}, _ONE)


@kept
def _piece_words(knowledge: Knowledge) -> re.Pattern[str]:
    return re.compile(rf"\{{?{pattern(hip.PieceWord, knowledge)}(?:\(s\))?\.?\}}?", re.IGNORECASE)


def code_of(quantity: Raw) -> str:
    """Return the UCUM code of a quantity; raises `UnusableValue` where it has none."""
    code = text(quantity, "code")
    if code and text(quantity, "system") == UCUM:
        return code
    words = text(quantity, "unit") or code
    raise UnusableValue(f"its unit {words!r} is not a UCUM code" if words else "it has no unit")


@lru_cache(1024)
def factor(code: str, unit: str) -> Decimal:
    """Find what a number in one unit is to be multiplied with to be in another.

    Raises `UnusableValue` if the units do not measure the same, or one of them is not known.
    """
    if code == unit:
        return Decimal(1)
    given, wanted = _worth(code), _worth(unit)
    if given is None or wanted is None or given.dimensions != wanted.dimensions or not _same_notes(given, wanted):
        raise UnusableValue(f"its unit {code} cannot be turned into {unit}")
    ratio = given.number / wanted.number
    return Decimal(ratio.numerator) / Decimal(ratio.denominator)


class _Worth(NamedTuple):
    """What a unit is worth in the base units; ``notes`` are its annotations, ``per`` those that it is divided by."""

    number: Fraction
    dimensions: Mapping[str, int]
    notes: tuple[str, ...]
    per: tuple[str, ...]


def _worth(code: str) -> _Worth | None:
    """Multiply the terms of a unit out; None for what is not of the table."""
    number = Fraction(1)
    dimensions: Counter[str] = Counter()
    notes: list[str] = []
    per: list[str] = []
    for sign, part in re.findall(r"([./]?)([^./{}]*(?:\{[^{}]*\})?)", code)[:-1]:
        term = _TERM.fullmatch(part)
        if term is None:
            return None
        atom, power, note = term["atom"] or "", int(term["power"] or 1), re.sub(r"[^0-9A-Za-z]", "", term["note"] or "")
        if note:
            (per if sign == "/" and not atom else notes).append(note)
        if not atom:
            if not note and (sign or part):
                return None
            continue
        direction = -power if sign == "/" else power
        if atom.isdecimal():
            number *= Fraction(atom) ** direction
        elif atom in _ATOMS:
            worth, dimension, of = _ATOMS[atom]
            number *= worth**direction
            dimensions[dimension] += direction * of
        else:
            return None
    return _Worth(number, {one: power for one, power in dimensions.items() if one and power}, tuple(notes), tuple(per))


def _same_notes(given: _Worth, wanted: _Worth) -> bool:
    """Tell whether the annotations of two units agree; what is measured may be left out."""
    counted = given.dimensions or not wanted.notes or given.notes == wanted.notes
    return bool(counted) and _related(given) == _related(wanted)


def _related(unit: _Worth) -> list[str]:
    return sorted((*unit.per, *(one for one in unit.notes if any(map(str.isdigit, one)))))


def length_of(quantity: Raw) -> str:
    """Read a duration as an ISO 8601 duration in days.

    Raises `UnusableValue` for a unit without a fixed number of days, and for parts of a day.
    """
    days = amount(quantity, "d")
    if days != days.to_integral_value() or not 0 <= days <= _LONGEST:
        raise UnusableValue("it is no whole number of days, up to 99 999")
    return f"P{int(days)}D"
