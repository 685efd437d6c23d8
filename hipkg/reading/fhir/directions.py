"""Hold the words of a dosage against its numbers: what they say otherwise makes the numbers doubtful.

Words are never read for an amount. What is looked for in them is how often, how much, at most how much, and whether
that changes, in the words and the shorthand that the ontology has.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.memo import kept
from hipkg.knowledge.words import pattern, value_of
from hipkg.reading.fhir.elements import part, parts, text
from hipkg.reading.fhir.quantities import factor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.elements import Raw

_HOURS = 24
_LONGEST = 10_000
"""How many characters of words are looked through."""
_SLOTS = re.compile(r"(?<![\w-])([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})(?:-([0-9]{1,2}))?(?![\w-])")
"""The pieces in the morning, at noon, in the evening and at night, as prescriptions on the continent have them."""


class _Patterns(NamedTuple):
    """What is looked for; ``at_once`` is what stands after an amount that is taken at one time."""

    times: re.Pattern[str]
    every: re.Pattern[str]
    once: re.Pattern[str]
    short: re.Pattern[str]
    most: re.Pattern[str]
    mass: re.Pattern[str]
    at_once: re.Pattern[str]
    pieces: re.Pattern[str]
    change: re.Pattern[str]


@kept
def _patterns(knowledge: Knowledge) -> _Patterns:
    def words(kind: str) -> str:
        return pattern(kind, knowledge)

    number = rf"(?:[0-9]+(?:[.,][0-9]+)?|{words(hip.CountWord)})"
    numbers = rf"({number})(?: ?(?:-|{words(hip.RangeWord)}) ?({number}))?"
    unit, day = words(hip.MassWord), rf"{words(hip.DayWord)}(?!\w)"
    times = rf"\b{numbers} ?{words(hip.TimesWord)} ?{day}|\b({words(hip.OftenWord)}) {day}"
    every = (
        rf"\b{words(hip.EveryWord)} ?{numbers} ?{words(hip.HourWord)}(?!\w)"
        rf"|\b({number})[ -]?{words(hip.HourlyWord)}\b"
    )
    short = rf"\b({words(hip.DailyTimesWord)})\b"
    return _Patterns(
        times=re.compile(times),
        every=re.compile(every),
        once=re.compile(rf"\b{words(hip.OnceDailyWord)}\b"),
        short=re.compile(short),
        most=re.compile(rf"\b{words(hip.MaximumWord)}[^0-9]{{0,24}}?({number}) ?({unit})\b(?P<daily> ?(?:in )?{day})?"),
        mass=re.compile(rf"(?<![\w.,])([0-9]+(?:,[0-9]{{3}})*(?:\.[0-9]+)?) ?({unit})\b(?! ?/)"),
        at_once=re.compile(rf",? ?(?:{words(hip.OralWord)},? ?)?(?:{times}|{every}|{short})"),
        pieces=re.compile(rf"(?<![\w.,]){numbers} ?(?:\([^)]*\) ?)?{words(hip.PieceWord)}\b"),
        change=re.compile(rf"\b({words(hip.ChangeWord)})\b"),
    )


class Said(NamedTuple):
    """What numbers say of a dosage: amounts of the drug, pieces at one time, times a day, and the most in a day.

    ``strength`` is what one piece holds, None where that is not known.
    """

    amounts: Collection[Decimal]
    pieces: Collection[Decimal]
    times: Decimal | None
    daily: Decimal
    strength: Decimal | None = None


def words_of(dose: Raw) -> str:
    """Gather what a dosage says in words."""
    told = [text(dose, "text"), text(dose, "patientInstruction"), text(part(part(dose, "timing"), "code"), "text")]
    told += [text(one, "text") for one in parts(dose, "additionalInstruction")]
    return "; ".join(filter(None, told))


def contradicted(words: str, said: Said, unit: str, knowledge: Knowledge) -> str:
    """Say what the words of a dosage say otherwise than its numbers; empty if they say nothing else.

    Parameters: ``unit`` is that of the amounts, in UCUM.
    """
    if len(words) > _LONGEST:
        return "its words are too many to be looked through"
    words, known = " ".join(words.lower().split()), _patterns(knowledge)
    if found := known.change.search(words):
        return f"its words speak of a change ({found[0]})"
    rest = known.most.sub(" ", words)
    times = {*_times_in(rest, knowledge)} or ({Decimal(1)} if known.once.search(rest) else set())
    if times and said.times is not None and said.times not in times:
        return "its words say another number of times"
    for found in known.most.finditer(words):
        most = _mass(found[1], found[2], unit, knowledge)
        if most < said.daily and (found["daily"] or most > min(said.amounts)):
            return "its words name a smaller maximum"
    for found in known.mass.finditer(rest):
        amounts = said.amounts if known.at_once.match(rest, found.end()) else {*said.amounts, said.daily}
        if _mass(found[1], found[2], unit, knowledge) not in amounts:
            return "its words name another amount"
    counts = {_count(one, knowledge) for found in known.pieces.finditer(rest) for one in found.groups() if one}
    counts |= {Decimal(one) for found in _SLOTS.finditer(rest) for one in found.groups() if one not in {None, "0"}}
    return "its words name another number of pieces" if _are_others(counts, said) else ""


def _are_others(counts: set[Decimal], said: Said) -> bool:
    """Tell whether words count other pieces than the numbers, or a range of them where those are of one amount."""
    if said.pieces:
        return bool(counts - {*said.pieces})
    if said.strength is not None:
        return not {count * said.strength for count in counts} <= {*said.amounts, said.daily}
    return len(counts) > len({*said.amounts})


def _times_in(words: str, knowledge: Knowledge) -> Iterator[Decimal]:
    """List how many times a day words say that a drug is taken, at most where they leave it open."""
    known = _patterns(knowledge)
    for found in known.times.finditer(words):
        yield max(_count(one, knowledge) for one in found.groups() if one)
    for found in known.every.finditer(words):
        hours = min(_count(one, knowledge) for one in found.groups() if one)
        yield (_HOURS / hours).to_integral_value(ROUND_CEILING) if hours else Decimal(0)
    for found in _SLOTS.finditer(words):
        yield Decimal(sum(one not in {None, "0"} for one in found.groups()))
    for found in known.short.finditer(words):
        yield Decimal(value_of(hip.DailyTimesWord, found[1], knowledge))


def _count(written: str, knowledge: Knowledge) -> Decimal:
    kinds = (hip.CountWord, hip.OftenWord)
    known = next(filter(None, (value_of(kind, written, knowledge) for kind in kinds)), "")
    return Decimal(known or written.replace(",", "."))


def _mass(written: str, unit: str, wanted: str, knowledge: Knowledge) -> Decimal:
    value = Decimal(value_of(hip.CountWord, written, knowledge) or written.replace(",", ""))
    return value * factor(value_of(hip.MassWord, unit, knowledge), wanted)
