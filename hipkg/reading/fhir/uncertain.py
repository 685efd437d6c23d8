"""Quantities that are known only within limits: those with a comparator, ranges, and ages as of an earlier day."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from hipkg.base.dates import span, whole_years
from hipkg.knowledge.intervals import Interval, limited
from hipkg.reading.fhir.elements import part, text
from hipkg.reading.fhir.quantities import UnusableValue, amount

if TYPE_CHECKING:
    from datetime import date

    from hipkg.reading.fhir.elements import Raw


def interval_of(raw: Raw, unit: str) -> Interval | None:
    """Read the value of an Observation as the numbers that it can mean, in a unit of UCUM; None where it has none.

    Raises `UnusableValue` for a unit that does not convert, a comparator that is none of FHIR, and an empty range.
    """
    if quantity := part(raw, "valueQuantity"):
        value = amount({name: given for name, given in quantity.items() if name != "comparator"}, unit)
        comparator = text(quantity, "comparator")
        found = limited(comparator, value) if comparator else Interval(value, value)
        if found is None:
            raise UnusableValue(f"it is only a limit ({comparator})")
        return found
    if given := part(raw, "valueRange"):
        low, high = part(given, "low"), part(given, "high")
        found = Interval()
        found = found._replace(least=amount(low, unit)) if low else found
        found = found._replace(most=amount(high, unit)) if high else found
        if found.empty or found == Interval():
            raise UnusableValue("its range has no numbers")
        return found
    return None


def aged(then: Interval, day: str, as_of: date) -> Interval:
    """Give the ages in completed years on the day of a plan of somebody who had one of some ages on an earlier day.

    A birthday may have been on any day since.
    """
    on = span(day)
    if on is None or on.first > as_of:
        raise UnusableValue("it has no date before that of the plan")
    least, most = then.least, then.most
    if least.is_finite():
        least = _whole(least) + int(then.above_least and least == _whole(least))
        least += whole_years(min(on.last, as_of), as_of)
    if most.is_finite():
        most = _whole(most) - int(then.below_most and most == _whole(most))
        most += whole_years(on.first, as_of) + int((on.first.month, on.first.day) != (as_of.month, as_of.day))
    return Interval(least, most)


def _whole(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_FLOOR)
