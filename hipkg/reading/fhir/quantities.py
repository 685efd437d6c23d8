"""Quantities by their UCUM codes: converted exactly, or not used.

The table holds the codes of UCUM (https://ucum.org) that the quantities of the ontology can come in. A unit in words,
a code of another system and a missing unit are never read, for the number could mean anything: but pieces, such as
tablets, are counted however they are called.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.memo import kept
from hipkg.knowledge.words import pattern
from hipkg.reading.fhir.elements import number, text

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.elements import Raw

UCUM = "http://unitsofmeasure.org"
_MASS = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "mg": Decimal("0.001"),
    "ug": Decimal("0.000001"),
    "[lb_av]": Decimal("453.59237"),
    "[oz_av]": Decimal("28.349523125"),
}
_LENGTH = {"m": Decimal(1), "cm": Decimal("0.01"), "mm": Decimal("0.001"), "[in_i]": Decimal("0.0254")}
_TIME = {"s": Decimal(1), "min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400), "wk": Decimal(604800)}
_VOLUME = {"L": Decimal(1), "dL": Decimal("0.1"), "cL": Decimal("0.01"), "mL": Decimal("0.001")}
_DIMENSIONS = (_MASS, _LENGTH, _TIME, _VOLUME)
_FORMS = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
_SOLID = {
    "TAB", "ORTAB", "BUCTAB", "SRBUCTAB", "CAPLET", "CHEWTAB", "CPTAB", "DISINTAB", "DRTAB", "ECTAB", "ERECTAB",
    "ERTAB", "ERTAB12", "ERTAB24", "ORTROCHE", "SLTAB", "CAP", "ORCAP", "ENTCAP", "ERENTCAP", "ERCAP", "ERCAP12",
    "ERCAP24", "PILL", "SUPP", "RECSUPP",
}  # fmt: skip
"""The codes of HL7's orderable drug forms that come in pieces."""
_ONE = "1"
_POWERS = {"2": 2}
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
    return value * factor(code_of(quantity), unit)


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


def factor(code: str, unit: str) -> Decimal:
    """Find what a number in one unit is to be multiplied with to be in another.

    Raises `UnusableValue` if the units do not measure the same, or one of them is not known.
    """
    if code == unit:
        return Decimal(1)
    (above, below), (wanted_above, wanted_below) = _fraction(code), _fraction(unit)
    if bool(below) == bool(wanted_below):
        over = _ratio(above, wanted_above)
        under = _ratio(below, wanted_below) if below else Decimal(1)
        if over is not None and under is not None:
            return over / under
    raise UnusableValue(f"its unit {code} cannot be turned into {unit}")


def _fraction(code: str) -> tuple[str, str]:
    above, _, below = code.partition("/")
    return above, below


def _ratio(code: str, unit: str) -> Decimal | None:
    power = _POWERS.get(unit[-1:], 1)
    if power != _POWERS.get(code[-1:], 1):
        return None
    bare, wanted = (one.rstrip("2") if power > 1 else one for one in (code, unit))
    for dimension in _DIMENSIONS:
        if bare in dimension and wanted in dimension:
            return (dimension[bare] / dimension[wanted]) ** power
    return None


def length_of(quantity: Raw) -> str:
    """Read a duration as an ISO 8601 duration in days.

    Raises `UnusableValue` for a unit without a fixed number of days, and for parts of a day.
    """
    days = amount(quantity, "d")
    if days != days.to_integral_value() or not 0 <= days <= _LONGEST:
        raise UnusableValue("it is no whole number of days, up to 99 999")
    return f"P{int(days)}D"
