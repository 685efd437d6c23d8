"""Read the dosages of a drug: how much at one time, how much in a day at most, and for how long.

Every element that changes the amount is read, or makes the daily dose unused: a part of a dosage is never taken for the
whole. A dose for need counts with the most that it allows. Several dosages add up only where it is said that they go
together.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.numbers import plain, rounded
from hipkg.reading.fhir.directions import Said, contradicted, words_of
from hipkg.reading.fhir.elements import GREATEST, flag, number, part, parts, text
from hipkg.reading.fhir.quantities import UnusableValue, code_of, factor, length_of, pieces
from hipkg.reading.fhir.strengths import taken
from hipkg.reading.fhir.timing import NotDaily, Schedule, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.reading.fhir.context import Context
    from hipkg.reading.fhir.elements import Raw
    from hipkg.reading.fhir.strengths import Product

_RATES = ("rateRatio", "rateRange", "rateQuantity")
_BEYOND = "its dose is beyond all numbers that are used"
_SEVERAL = "it has several dosages, so no dose is used"


class Doses(NamedTuple):
    """What dosages say: amounts as pairs of a property and a number, and their length as an ISO 8601 duration.

    ``pieces_a_day`` are the tablets or the like that are taken in a day at most, None where that is not known.
    """

    amounts: tuple[tuple[str, str], ...] = ()
    length: str = ""
    pieces_a_day: Decimal | None = None
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Dose(NamedTuple):
    """One dosage: the greatest amount at one time and in a day, and the hours between two doses."""

    single: Decimal | None = None
    daily: Decimal | None = None
    interval: Decimal | None = None
    length: str = ""
    pieces_a_day: Decimal | None = None
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def doses_of(dosages: Sequence[Raw], product: Product, context: Context) -> Doses:
    """Read the dosages of one resource."""
    if not dosages:
        return Doses()
    if len(dosages) > 1 and not _together(dosages):
        return Doses(flags=(_SEVERAL,))
    read = [_Reader(one, product, context).dose() for one in dosages]
    one = read[0] if len(read) == 1 else _sum(read)
    found = {hip.singleDose: one.single, hip.dailyDose: one.daily, hip.doseInterval: one.interval}
    known = {name: rounded(value, 3) for name, value in found.items() if value is not None}
    amounts = tuple((name, plain(value)) for name, value in known.items() if value <= GREATEST)
    beyond = (_BEYOND,) if len(amounts) < len(known) else ()
    return Doses(amounts, one.length, one.pieces_a_day, (*one.flags, *beyond), one.notes)


def _together(dosages: Sequence[Raw]) -> bool:
    """Tell whether dosages go together: they have one number in the sequence, or none and moments of the day apart."""
    sequence = {one.get("sequence") for one in dosages}
    if sequence != {None}:
        return len(sequence) == 1
    moments = [_moments(part(part(one, "timing"), "repeat")) for one in dosages]
    every = [moment for each in moments for moment in each]
    return all(moments) and len(every) == len({*every})


def _moments(repeat: Raw) -> list[str]:
    return [str(one) for name in ("when", "timeOfDay") for one in repeat.get(name) or ()]


def _sum(doses: Sequence[_Dose]) -> _Dose:
    """Add dosages up; if the daily dose of one is not known, so is that of all."""
    flags = tuple(dict.fromkeys(flag for one in doses for flag in one.flags))
    notes = (f"its {len(doses)} dosages are added up", *dict.fromkeys(note for one in doses for note in one.notes))
    singles = [one.single for one in doses if one.single is not None]
    daily = [one.daily for one in doses if one.daily is not None]
    counts = [one.pieces_a_day for one in doses if one.pieces_a_day is not None]
    if len(daily) < len(doses):
        return _Dose(flags=flags)
    whole = sum(counts, Decimal()) if len(counts) == len(doses) else None
    return _Dose(max(singles, default=None), sum(daily, Decimal()), None, "", whole, flags, notes)


class _Reader:
    """Read one dosage."""

    def __init__(self, dose: Raw, product: Product, context: Context) -> None:
        self._dose = dose
        self._product = product
        self._codes = context.codes
        self._unit = context.knowledge.units[hip.singleDose]
        self._flags: list[str] = []
        self._notes: list[str] = []
        self._refused = False
        self._count: Decimal | None = None
        self._amounts: set[Decimal] = set()
        self._pieces: set[Decimal] = set()

    def dose(self) -> _Dose:
        single = self._single()
        length = self._length()
        try:
            times = schedule(part(self._dose, "timing"))
            self._flags += times.flags
            daily = self._daily(single, times)
        except UnusableValue as problem:
            self._flags.append(f"its daily dose is not used, because {problem}")
            return self._made(single, None, None, length, None)
        except NotDaily:
            self._notes.append("it is not taken every day, so that it has no daily dose")
            return self._made(single, None, None, length, None)
        return self._made(single, daily, times.interval, length, times.times)

    def _made(
        self,
        single: Decimal | None,
        daily: Decimal | None,
        interval: Decimal | None,
        length: str,
        times: Decimal | None,
    ) -> _Dose:
        a_day = self._count * times if self._count is not None and times is not None else None
        return _Dose(single, daily, interval, length, a_day, tuple(self._flags), tuple(self._notes))

    def _length(self) -> str:
        repeat = part(part(self._dose, "timing"), "repeat")
        if "boundsRange" in repeat:
            self._notes.append("the length of its dosage is a range and not used")
        bounds = part(repeat, "boundsDuration")
        try:
            return length_of(bounds) if bounds else ""
        except UnusableValue as problem:
            self._flags.append(f"the length of its dosage is not used: {problem}")
            return ""

    def _single(self) -> Decimal | None:
        """Read the greatest amount that is taken at one time."""
        try:
            amounts = [self._given(one) for one in parts(self._dose, "doseAndRate")]
            known = {one for one in amounts if one is not None}
            if len(known) > 1:
                raise UnusableValue("it is given in several ways that differ")
            return self._limited(next(iter(known), None))
        except UnusableValue as problem:
            self._flags.append(f"its dose is not used: {problem}")
            self._refused = True
            return None

    def _given(self, rate: Raw) -> Decimal | None:
        if any(name in rate for name in _RATES):
            raise UnusableValue("it is a rate")
        span = part(rate, "doseRange")
        quantity = part(rate, "doseQuantity") or part(span, "high")
        if not quantity:
            if span:
                raise UnusableValue("it has no upper limit")
            return None
        low = part(span, "low")
        for each in (low, quantity) if low else (quantity,):
            if (count := pieces(each, self._codes.knowledge)) is not None:
                self._pieces.add(count)
                self._count = count
                self._amounts |= {self._taken({**each, "value": 1})}
            self._amounts.add(self._taken(each))
        return self._taken(quantity)

    def _strength(self) -> Decimal | None:
        """Find what one piece holds, which words may name beside the dose."""
        try:
            return self._product.strength(self._codes, self._unit).amount
        except UnusableValue:
            return None

    def _taken(self, quantity: Raw) -> Decimal:
        return taken(quantity, self._product, self._codes, self._unit)

    def _limited(self, single: Decimal | None) -> Decimal | None:
        """Hold a dose to the most that is allowed at one time."""
        limit = part(self._dose, "maxDosePerAdministration")
        if not limit:
            return single
        most = self._taken(limit)
        if single is not None and single > most:
            raise UnusableValue(f"it is more than the most that is allowed at one time ({plain(most)} {self._unit})")
        return most if single is None else single

    def _daily(self, single: Decimal | None, times: Schedule) -> Decimal | None:
        """Work out the most that is taken in a day.

        Raises `UnusableValue` where not all that changes it is understood.
        """
        as_needed = bool(flag(self._dose, "asNeededBoolean")) or "asNeededCodeableConcept" in self._dose
        counted = single * times.times if single is not None and times.times is not None else None
        most = self._most()
        words = words_of(self._dose)
        if most is not None and counted is not None and counted > most and not as_needed:
            raise UnusableValue(f"it comes to {plain(counted)} and its maximum is {plain(most)} {self._unit} a day")
        daily = min((one for one in (counted, most) if one is not None), default=None)
        if daily is None:
            self._told_in_part(single, times, words)
            return None
        strength = self._strength()
        amounts = {*self._amounts, *(one for one in (single, most, strength) if one is not None)}
        said = Said(amounts, self._pieces, times.times, daily, strength)
        if otherwise := contradicted(words, said, self._unit, self._codes.knowledge):
            raise UnusableValue(otherwise)
        if as_needed:
            self._notes.append("as needed, so that its daily dose is the most that it allows")
        return daily

    def _told_in_part(self, single: Decimal | None, times: Schedule, words: str) -> None:
        """Say why there is no daily dose where a dosage says something of it."""
        if self._refused:
            return
        if single is not None:
            reason = "it says how often only in words" if words else "it does not say how often"
        elif times.times is not None:
            reason = "it says how much only in words" if words else "it does not say how much"
        elif words:
            reason = "it is told in words, which are not read"
        else:
            return
        self._flags.append(f"its daily dose is not used, because {reason}")

    def _most(self) -> Decimal | None:
        """Read the most that is allowed in a day."""
        found = [one for one in map(self._most_of, parts(self._dose, "maxDosePerPeriod")) if one is not None]
        return min(found, default=None)

    def _most_of(self, ratio: Raw) -> Decimal | None:
        try:
            above, below = part(ratio, "numerator"), part(ratio, "denominator")
            most = self._taken(above)
            days = (number(below, "value") or Decimal(1)) * factor(code_of(below), "d")
        except UnusableValue as problem:
            raise UnusableValue(f"its maximum is not understood: {problem}") from None
        if text(below, "comparator") or days <= 0:
            raise UnusableValue("its maximum is not understood")
        return most / days if days <= 1 else None
