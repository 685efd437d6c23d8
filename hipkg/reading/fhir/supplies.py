"""Tell how long what is ordered or handed over lasts: from its supply, its refills and its validity.

An order that ran out is not running, whatever its status says. One that may still be filled is.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.dates import DAYS_OF, day_of, days_after, whole_day
from hipkg.reading.fhir.elements import number, part, text
from hipkg.reading.fhir.quantities import UCUM, UnusableValue, amount, pieces

if TYPE_CHECKING:
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw

_MOST_REPEATS = 999
_DAYS = {"", "d", "day", "days", "day(s)"}
_CALENDAR = {"mo": "month", "a": "year"}


class Supply(NamedTuple):
    """How long a supply lasts.

    ``end`` is the day on which it is used up, as far as it is known; ``open_until`` the day until which the order may
    still be taken from, if it is later. ``flags`` tell what is doubtful.
    """

    end: str = ""
    open_until: str = ""
    flags: tuple[str, ...] = ()

    def over(self, context: Context) -> bool:
        """Tell whether it was used up, or could no longer be filled, by the date of the plan."""
        last = max(self.end, self.open_until)
        return bool(last) and not _reaches(last, context)

    def lasts(self, context: Context) -> str:
        """Name the last day that it may last to, if that is after the date of the plan."""
        last = max(self.end, self.open_until)
        return last if last and _reaches(last, context) else ""


def _reaches(day: str, context: Context) -> bool:
    found = whole_day(day)
    return found is not None and found >= context.as_of


def ordered(request: Raw, start: str, length: str, pieces_a_day: Decimal | None, knowledge: Knowledge) -> Supply:
    """Tell how long an order lasts that begins on a day.

    Parameters: ``request`` is its ``dispenseRequest``; ``length`` that of its dosage as an ISO 8601 duration in days.
    """
    begin = whole_day(start) if start else None
    limit = _added(begin, int(length[1:-1])) if length else ""
    valid_to = text(part(request, "validityPeriod"), "end")
    validity = day_of(valid_to)
    flags = (
        ["the end of its validity is no date of the calendar, so it is not used"] if valid_to and not validity else []
    )
    try:
        days = _days(request, "expectedSupplyDuration", pieces_a_day, knowledge)
    except UnusableValue as problem:
        days = None
        flags.append(f"the length of its supply is not used: {problem}")
    repeats = number(request, "numberOfRepeatsAllowed") or Decimal(0)
    if days is None:
        return Supply(limit, "" if limit else validity, tuple(flags))
    total = days * (1 + min(repeats, Decimal(_MOST_REPEATS)))
    end = _added(begin, int(total))
    last = _added(whole_day(validity), int(days)) if validity else ""
    end = min((one for one in (end, limit) if one), default="")
    return Supply(end, "" if limit else last, tuple(flags))


def handed_over(raw: Raw, start: str, pieces_a_day: Decimal | None, knowledge: Knowledge) -> Supply:
    """Tell how long what was handed over on a day lasts."""
    try:
        days = _days(raw, "daysSupply", pieces_a_day, knowledge)
    except UnusableValue as problem:
        return Supply(flags=(f"the length of its supply is not used: {problem}",))
    return Supply(_added(whole_day(start), int(days))) if days is not None and start else Supply()


def _days(raw: Raw, name: str, pieces_a_day: Decimal | None, knowledge: Knowledge) -> Decimal | None:
    """Count the days that one filling lasts: as it says, or as its pieces do if as many are taken as is allowed."""
    if length := part(raw, name):
        days = _whole_days(length)
        if days <= 0:
            raise UnusableValue("it is not above 0")
        return days
    count = pieces(quantity, knowledge) if (quantity := part(raw, "quantity")) else None
    if not count or not pieces_a_day or count <= 0:
        return None
    return (count / pieces_a_day).to_integral_value(ROUND_CEILING)


def _whole_days(length: Raw) -> Decimal:
    """Count the days of a length, as those of a month or a year where it is told in these.

    What has no other unit than days in words, or none as a number of days needs none, is in days.
    """
    if not text(length, "code") and text(length, "unit").lower() in _DAYS:
        length = {**length, "system": UCUM, "code": "d"}
    unit = _CALENDAR.get(text(length, "code") if text(length, "system") == UCUM else "")
    value = amount({**length, "code": "d"}, "d") * DAYS_OF[unit] if unit else amount(length, "d")
    return value.to_integral_value(ROUND_CEILING)


def _added(day: date | None, days: int) -> str:
    later = days_after(day, Decimal(days)) if day else None
    return later.isoformat() if later else ""
