"""Count how often a Timing has something done in a day: from its numbers, its moments of the day, and its code.

What a Timing says twice must agree; what is not understood of it leaves the number unknown, for a part of it would be
taken for the whole.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.numbers import plain
from hipkg.reading.fhir.elements import Malformed, number, part, parts, text
from hipkg.reading.fhir.quantities import UnusableValue, factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.reading.fhir.elements import Raw

_UNITS = {"s", "min", "h", "d", "wk"}
_DAY = Decimal(1)
_HOURS = Decimal(24)
_LONGEST_INTERVAL = 744
_AT_MEALS = {"C", "AC", "PC"}
"""The moments that are as many as there are meals, which is not said."""
_MOMENTS = {
    "MORN", "MORN.early", "MORN.late", "NOON", "AFT", "AFT.early", "AFT.late", "EVE", "EVE.early", "EVE.late", "NIGHT",
    "PHS", "HS", "WAKE", "CM", "CD", "CV", "ACM", "ACD", "ACV", "PCM", "PCD", "PCV",
}  # fmt: skip
"""The codes of FHIR's EventTiming that come once a day."""


class NotDaily(Exception):
    """Tell that something is not done every day, so that there is no number of times for each."""


class Schedule(NamedTuple):
    """How often something is done on a day on which it is, at most, and the hours between two times if it tells them.

    ``times`` is None where nothing is said of it; ``flags`` tell what is doubtful.
    """

    times: Decimal | None = None
    interval: Decimal | None = None
    flags: tuple[str, ...] = ()


_SEVERAL_TIMES = {"BID": 2, "TID": 3, "QID": 4, "QD": 1, "AM": 1, "PM": 1, "BED": 1}
_ABBREVIATIONS: Mapping[str, Schedule] = {
    **{code: Schedule(Decimal(times)) for code, times in _SEVERAL_TIMES.items()},
    **{f"Q{hours}H": Schedule(_HOURS / hours, Decimal(hours)) for hours in (1, 2, 3, 4, 6, 8)},
}
"""The codes of FHIR's TimingAbbreviation that give something at least once a day."""
_SELDOM = {"QOD", "WK", "MO"}
"""Its codes that give something less often."""


def schedule(timing: Raw) -> Schedule:
    """Read how often a Timing has something done.

    Raises `UnusableValue` for what is not understood or contradicts itself, and `NotDaily` for less than once a day.
    """
    repeat = part(timing, "repeat")
    structured = _by_structure(repeat)
    coded = _by_code(part(timing, "code"), known=structured.times is not None)
    events = _by_events(timing)
    found = [one for one in (structured, coded, events) if one.times is not None]
    if len({one.times for one in found}) > 1:
        raise UnusableValue(f"its timing says {_listed(found)} times a day")
    if not found:
        return structured
    first = found[0]._replace(interval=next((one.interval for one in found if one.interval), None))
    most = number(repeat, "countMax") or number(repeat, "count")
    return first._replace(times=min(first.times, most)) if most and first.times else first


def _listed(found: list[Schedule]) -> str:
    return " and ".join(dict.fromkeys(plain(one.times) for one in found if one.times is not None))


def _by_structure(repeat: Raw) -> Schedule:
    moments, loose = _moments(repeat)
    days = _texts(repeat, "dayOfWeek")
    if not any(repeat.get(name) is not None for name in ("frequency", "frequencyMax", "period")):
        if moments and loose:
            raise UnusableValue("its timing is tied to meals, and does not say to how many")
        return Schedule(Decimal(moments)) if moments else Schedule(Decimal(len(days) and 1) or None)
    explicit = number(repeat, "frequencyMax") or number(repeat, "frequency")
    period = number(repeat, "period")
    if not period or period < 0 or (explicit is not None and explicit <= 0):
        raise UnusableValue("its timing gives a frequency without a period")
    length = _length_of(repeat, period)
    if days:
        return _on_days(len(days), explicit, length, moments)
    if length > _DAY:
        times = (explicit or Decimal(1)) / length
        if times < 1:
            raise NotDaily
        return Schedule(times)
    if moments:
        return _at_moments(moments, explicit, length, loose=loose)
    frequency = explicit or Decimal(1)
    if length == _DAY:
        return Schedule(frequency)
    hours = length * _HOURS
    within = (_HOURS / hours).to_integral_value(ROUND_CEILING)
    single = frequency == 1 and repeat.get("frequencyMax") is None and text(repeat, "periodUnit") in {"min", "h"}
    return Schedule(frequency * within, hours if single and 0 < hours <= _LONGEST_INTERVAL else None)


def _length_of(repeat: Raw, period: Decimal) -> Decimal:
    """Tell how many days a period lasts, at least."""
    unit, most = text(repeat, "periodUnit"), number(repeat, "periodMax")
    if most is not None and most < period:
        raise UnusableValue("its timing gives a greatest period below its period")
    if unit not in _UNITS:
        raise UnusableValue(f"its timing is in a unit ({unit or 'none'}) without a fixed number of days")
    return period * factor(unit, "d")


def _moments(repeat: Raw) -> tuple[int, bool]:
    """Count the moments of a day that are named, and tell whether they are those of meals, whatever their number."""
    named, clock = _texts(repeat, "when"), _texts(repeat, "timeOfDay")
    if unknown := [one for one in named if one not in _MOMENTS | _AT_MEALS]:
        raise UnusableValue(f"its timing names a moment that is not known ({unknown[0][:20]})")
    if named and clock:
        raise UnusableValue("its timing names both moments and hours of the day")
    return len({*named, *clock}), bool(_AT_MEALS & {*named})


def _at_moments(moments: int, frequency: Decimal | None, length: Decimal, *, loose: bool) -> Schedule:
    """Hold the moments of a day against the number of times; once is what systems write where each moment counts."""
    if length != _DAY:
        raise UnusableValue("its timing names moments of a day for less than a day")
    if loose:
        if frequency is None or frequency < moments:
            raise UnusableValue("its timing is tied to meals, and does not say to how many")
        return Schedule(frequency)
    if frequency is None or frequency == moments:
        return Schedule(Decimal(moments))
    if frequency == 1:
        told = f"its timing says once a day and names {moments} moments of it, so that {moments} times count at most"
        return Schedule(Decimal(moments), flags=(told,))
    raise UnusableValue(f"its timing says {plain(frequency)} times a day and names {moments} moments of it")


def _on_days(days: int, frequency: Decimal | None, length: Decimal, moments: int) -> Schedule:
    """Count for one of the days of a week that are named."""
    if length <= _DAY:
        return Schedule(Decimal(moments) if moments and frequency in {None, 1} else (frequency or 1) / length)
    if moments and frequency in {None, 1, moments * days}:
        return Schedule(Decimal(moments))
    times = (frequency or Decimal(days)) / days
    if length != factor("wk", "d") or times != times.to_integral_value() or moments:
        raise UnusableValue("its timing gives days of the week that its numbers do not fit")
    return Schedule(times)


def _by_code(concept: Raw, *, known: bool) -> Schedule:
    """Read the code of a Timing; one that is not understood leaves what is said beside it, which says the same."""
    codes = [text(one, "code").upper() for one in parts(concept, "coding")]
    for code in (*codes, text(concept, "text").upper()):
        if code in _SEVERAL_TIMES or code in _ABBREVIATIONS:
            return _ABBREVIATIONS[code]
        if code in _SELDOM:
            raise NotDaily
        if found := re.fullmatch(r"Q([1-9][0-9]?)H", code):
            hours = Decimal(found[1])
            return Schedule((_HOURS / hours).to_integral_value(ROUND_CEILING), hours)
    if codes and not known:
        raise UnusableValue(f"the code of its timing ({codes[0][:20] or 'none'}) is not known")
    return Schedule()


def _by_events(timing: Raw) -> Schedule:
    """Count the times that are listed for the day that has most of them."""
    days = [one[:10] for one in _texts(timing, "event")]
    return Schedule(Decimal(max(map(days.count, days)))) if days else Schedule()


def _texts(raw: Raw, name: str) -> list[str]:
    value = raw.get(name)
    found = value if isinstance(value, list) else [] if value is None else [value]
    if any(not isinstance(one, str) for one in found):
        raise Malformed(name, "a list of texts")
    return found
