"""Read the Patient: the birth, the age on the day of the plan, and whether the patient has died."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.dates import ages, day_of
from hipkg.reading.fhir.elements import Malformed, flag, modified_by, text

if TYPE_CHECKING:
    from datetime import date

    from hipkg.reading.fhir.elements import Raw

_OLDEST = 120


class Person(NamedTuple):
    """What a Patient says.

    ``birth`` is a date, perhaps partial, or empty; ``age`` is None unless the birth leaves no doubt of it; ``died``
    tells in words that the patient has died, and is empty otherwise.
    """

    birth: str
    age: int | None
    died: str
    flags: tuple[str, ...]


def read_person(raw: Raw, as_of: date) -> Person:
    """Read a Patient for the date of a plan."""
    died = _death(raw)
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
    age, flags = _age(birth, as_of) if birth else (None, ())
    return Person(birth, age, died, flags)


def completed(person: Person, *replaced: Person) -> Person:
    """Complete what a Patient says by what those say that it replaces; where they contradict, no birth is used."""
    births = {one.birth for one in (person, *replaced) if one.birth}
    died = next((one.died for one in (person, *replaced) if one.died), "")
    if len(births) > 1:
        told = f"the records of one person give different births ({', '.join(sorted(births))}), so the age is not used"
        return Person("", None, died, (*person.flags, told))
    known = next((one for one in (person, *replaced) if one.birth), person)
    return known._replace(died=died)


def _age(birth: str, as_of: date) -> tuple[int | None, tuple[str, ...]]:
    found = ages(birth, as_of)
    if found is None or found[1] > _OLDEST:
        return None, (f"the birth date {birth} gives no age on {as_of.isoformat()}",)
    least, most = found
    if least != most:
        return None, (f"the birth date {birth} leaves open whether the age is {least} or {most}, so it is not used",)
    return least, ()


def _death(raw: Raw) -> str:
    """Say that the patient has died; what is said of it in a form that FHIR does not have counts as well."""
    try:
        if raw.get("deceasedDateTime") is not None:
            return f"died on {day_of(text(raw, 'deceasedDateTime')) or 'a date that is not readable'}"
        return "has died" if flag(raw, "deceasedBoolean") else ""
    except Malformed:
        return "is recorded as deceased in a form that is not readable"
