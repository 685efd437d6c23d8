"""Hold the words of a dosage against its numbers: what they say otherwise makes the numbers doubtful.

Words are never read for an amount. What is looked for in them is the shorthand of prescriptions, mostly English and
Latin, with a few words of other languages: how often, how much, at most how much, and whether that changes.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.reading.fhir.elements import part, parts, text
from hipkg.reading.fhir.quantities import MASS_WORDS, PIECE_WORDS, factor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hipkg.reading.fhir.elements import Raw

_HOURS = 24
_COUNTS = {
    "half": "0.5", "½": "0.5", "a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "twelve": "12", "once": "1", "twice": "2",
    "thrice": "3",
    "ein": "1", "eine": "1", "zwei": "2", "drei": "3", "vier": "4", "sechs": "6", "acht": "8",
    "un": "1", "une": "1", "deux": "2", "trois": "3", "quatre": "4", "huit": "8",
    "una": "1", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "ocho": "8", "due": "2", "tre": "3", "quattro": "4",
    "een": "1", "twee": "2", "drie": "3", "ii": "2", "iii": "3", "iv": "4",
}  # fmt: skip
_UNIT = "|".join(MASS_WORDS)
_NUMBER = rf"(?:[0-9]+(?:[.,][0-9]+)?|{'|'.join(_COUNTS)})"
_DAILY = (
    r"(?:an?|per|each|every|/) ?(?:day|24 ?(?:h|hours|hrs)\b)|daily|/d\b"
    r"|täglich|tgl\b|(?:am|pro) tag|par (?:jour|24)|(?:al|por) d[ií]a|al giorno|per dag"
)
_FOLD = r"times?|x|mal|fois|veces|volte|keer"
_TIMES = re.compile(
    rf"\b({_NUMBER})(?: ?(?:-|to|or) ?({_NUMBER}))? ?(?:{_FOLD}) ?(?:{_DAILY})|\b(once|twice|thrice) (?:{_DAILY})"
)
_EVERY = re.compile(
    rf"\b(?:every|each|q\.?|alle|toutes les|cada|ogni|om de) ?({_NUMBER})(?: ?(?:-|to|bis|[àa]) ?({_NUMBER}))?"
    r" ?(?:h|hours?|hrs?|hourly|std\.?|stunden|heures|horas|ore|uur)\b"
    rf"|\b({_NUMBER})[ -]?hourly\b"
)
_ONCE = re.compile(r"\b(?:daily|(?:every|each) (?:day|morning|evening|night)|nightly|at bedtime)\b")
_SHORT = re.compile(r"\b(b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|o\.?d|q\.?d|b\.?d|t\.?d\.?s|q\.?d\.?s|qhs)\b", re.IGNORECASE)
_SHORT_TIMES = {"bid": 2, "tid": 3, "qid": 4, "od": 1, "qd": 1, "bd": 2, "tds": 3, "qds": 4, "qhs": 1}
_MOST = re.compile(
    rf"\b(?:max(?:imum)?\.?|not (?:to exceed|more than|exceed(?:ing)?)|no more than|do not exceed|at most|up to)"
    rf"[^0-9]{{0,24}}?({_NUMBER}) ?({_UNIT})\b(?P<daily> ?(?:in )?(?:{_DAILY}))?"
)
_MASS = re.compile(rf"(?<![\w.,])([0-9]+(?:,[0-9]{{3}})*(?:\.[0-9]+)?) ?({_UNIT})\b(?! ?/)")
_AT_ONCE = re.compile(
    rf",? ?(?:(?:po|oral|orally|by mouth),? ?)?(?:{_TIMES.pattern}|{_EVERY.pattern}|{_SHORT.pattern})"
)
"""What stands after an amount that is taken at one time."""
_PIECES = re.compile(
    rf"(?<![\w.,])({_NUMBER})(?: ?(?:-|to|or) ?({_NUMBER}))? ?(?:\([^)]*\) ?)?"
    rf"{PIECE_WORDS}\b"
)
_SLOTS = re.compile(r"(?<![\w-])([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})(?:-([0-9]{1,2}))?(?![\w-])")
"""The pieces in the morning, at noon, in the evening and at night, as prescriptions on the continent have them."""
_CHANGE = re.compile(
    r"\b(taper\w*|titrat\w*|increas\w*|decreas\w*|reduc\w*|then|alternat\w*|loading|initially"
    r"|extra|additional\w*|plus|more (?:at|in|for)|double[ds]?)\b"
)


class Said(NamedTuple):
    """What numbers say of a dosage: amounts of the drug, pieces at one time, times a day, and the most in a day."""

    amounts: Collection[Decimal]
    pieces: Collection[Decimal]
    times: Decimal | None
    daily: Decimal


def words_of(dose: Raw) -> str:
    """Gather what a dosage says in words."""
    told = [text(dose, "text"), text(dose, "patientInstruction"), text(part(part(dose, "timing"), "code"), "text")]
    told += [text(one, "text") for one in parts(dose, "additionalInstruction")]
    return "; ".join(filter(None, told))


def contradicted(words: str, said: Said, unit: str) -> str:
    """Say what the words of a dosage say otherwise than its numbers; empty if they say nothing else.

    Parameters: ``unit`` is that of the amounts, in UCUM.
    """
    words = " ".join(words.lower().split())
    if found := _CHANGE.search(words):
        return f"its words speak of a change ({found[0]})"
    rest = _MOST.sub(" ", words)
    times = {*_times_in(rest)} or ({Decimal(1)} if _ONCE.search(rest) else set())
    if times and said.times is not None and said.times not in times:
        return "its words say another number of times"
    for found in _MOST.finditer(words):
        most = _mass(found[1], found[2], unit)
        if most < said.daily and (found["daily"] or most > min(said.amounts)):
            return "its words name a smaller maximum"
    for found in _MASS.finditer(rest):
        known = said.amounts if _AT_ONCE.match(rest, found.end()) else {*said.amounts, said.daily}
        if _mass(found[1], found[2], unit) not in known:
            return "its words name another amount"
    counts = {_count(one) for found in _PIECES.finditer(rest) for one in found.groups() if one}
    counts |= {Decimal(one) for found in _SLOTS.finditer(rest) for one in found.groups() if one not in {None, "0"}}
    if said.pieces and counts - {*said.pieces}:
        return "its words name another number of pieces"
    return ""


def _times_in(words: str) -> Iterator[Decimal]:
    for found in _TIMES.finditer(words):
        yield from (_count(one) for one in found.groups() if one)
    for found in _EVERY.finditer(words):
        for hours in (_count(one) for one in found.groups() if one):
            yield (_HOURS / hours).to_integral_value(ROUND_CEILING) if hours else Decimal(0)
    for found in _SLOTS.finditer(words):
        yield Decimal(sum(one not in {None, "0"} for one in found.groups()))
    for found in _SHORT.finditer(words):
        yield Decimal(_SHORT_TIMES[found[1].replace(".", "").lower()])


def _count(written: str) -> Decimal:
    return Decimal(_COUNTS.get(written, written.replace(",", ".")))


def _mass(written: str, unit: str, wanted: str) -> Decimal:
    value = Decimal(_COUNTS.get(written, written.replace(",", "")))
    return value * factor(MASS_WORDS[unit], wanted)
