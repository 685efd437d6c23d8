"""Read the Patient: the birth, the age on the day of the plan, and whether the patient has died."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.dates import ages, day_of
from hipkg.knowledge.intervals import Interval, stand_in
from hipkg.reading.fhir.elements import Malformed, flag, modified_by, text

if TYPE_CHECKING:
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.fhir.elements import Raw

_OLDEST = 120
_GENDERS = {"female": hip.female, "male": hip.male}


class Person(NamedTuple):
    """What a Patient says.

    ``birth`` is a date, perhaps partial, or empty; ``age`` is None unless the birth leaves no doubt of it, or of what
    follows from it; ``died`` tells in words that the patient has died, and is empty otherwise. ``gender`` is the term
    for the administrative gender, empty where it is another one, not known or not given.
    """

    birth: str
    age: int | None
    died: str
    flags: tuple[str, ...]
    notes: tuple[str, ...] = ()
    gender: str = ""


def read_person(raw: Raw, as_of: date, knowledge: Knowledge) -> Person:
    """Read a Patient for the date of a plan."""
    person = _read_birth(raw, as_of, knowledge)
    try:
        gender = "" if modified_by(raw) else _GENDERS.get(text(raw, "gender"), "")
    except Malformed:
        return person
    return person._replace(gender=gender)


def _read_birth(raw: Raw, as_of: date, knowledge: Knowledge) -> Person:
    """Read when a patient was born, and whether the patient has died."""
    died = death(raw)
    try:
        written, modifier = text(raw, "birthDate"), modified_by(raw)
    except Malformed as problem:
        return Person("", None, died, (str(problem),))
    if modifier:
        told = "it has an extension that may change its meaning and is not known, so the age is not used"
        return Person("", None, died, (f"{told} ({modifier[:120]})",))
    birth = day_of(written) if written else ""
    if written and not birth:
        return Person("", None, died, ("the birth date is no date of the calendar, so the age is not known",))
    return _aged(Person(birth, None, died, ()), as_of, knowledge) if birth else Person("", None, died, ())


def completed(person: Person, *replaced: Person) -> Person:
    """Complete what a Patient says by what those say that it replaces; where they contradict, no birth is used.

    A year of birth does not contradict a day of that year. Of several genders none is used.
    """
    genders = {one.gender for one in (person, *replaced)} - {""}
    gender = genders.pop() if len(genders) == 1 else ""
    torn = ("the records of one person give different genders, so none is used",) if genders else ()
    known = [one for one in (person, *replaced) if one.birth]
    died = next((one.died for one in (person, *replaced) if one.died), "")
    exact = max(known, key=lambda one: len(one.birth), default=person)
    if not all(exact.birth.startswith(one.birth) for one in known):
        births = ", ".join(sorted({one.birth for one in known}))
        told = f"the records of one person give different births ({births}), so the age is not used"
        return Person("", None, died, (*person.flags, told, *torn), gender=gender)
    return exact._replace(died=died, flags=(*exact.flags, *torn), gender=gender)


def _aged(person: Person, as_of: date, knowledge: Knowledge) -> Person:
    """Add the age that follows from the birth, or the least that it can be if no definition tells the ages apart."""
    birth = person.birth
    found = ages(birth, as_of)
    if found is None or found[1] > _OLDEST:
        return person._replace(flags=(f"the birth date {birth} gives no age on {as_of.isoformat()}",))
    least, most = found
    if least == most:
        return person._replace(age=least)
    told = f"the birth date {birth} leaves open whether the age is {least} or {most}"
    if stand_in(Interval(Decimal(least), Decimal(most)), hip.age, knowledge) is None:
        return person._replace(flags=(f"{told}, so it is not used",))
    return person._replace(age=least, notes=(f"{told}, which nothing tells apart",))


def death(raw: Raw) -> str:
    """Say that the patient has died, or nothing; what is said in a form that FHIR does not have counts as well."""
    try:
        if raw.get("deceasedDateTime") is not None:
            return f"died on {day_of(text(raw, 'deceasedDateTime')) or 'a date that is not readable'}"
        return "has died" if flag(raw, "deceasedBoolean") else ""
    except Malformed:
        return "is recorded as deceased in a form that is not readable"
