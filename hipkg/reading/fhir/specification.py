"""The names that FHIR has in any of its versions: types of resources, and elements of those that are read.

The files beside this module hold them as the specifications do: https://hl7.org/fhir/DSTU2, https://hl7.org/fhir/STU3,
https://hl7.org/fhir/R4, https://hl7.org/fhir/R4B and https://hl7.org/fhir/R5.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hipkg.base.errors import printable
from hipkg.reading.account import few
from hipkg.reading.fhir.json_form import TWICE
from hipkg.reading.fhir.lenient import objects
from hipkg.reading.fhir.records import HELPERS

if TYPE_CHECKING:
    from hipkg.reading.fhir.elements import Raw

_FOLDER = Path(__file__).parent
_READ_WITHIN = (*HELPERS, "Condition")
_LONGEST = 40


@cache
def resource_types() -> frozenset[str]:
    """Return the types of resources that any version of FHIR has."""
    return _names("resource_types.txt")


@cache
def element_names() -> frozenset[str]:
    """Return the names that any version of FHIR gives to an element of the resources that are read."""
    return _names("element_names.txt")


def irregular(raw: Raw, *, deep: bool = True) -> tuple[str, ...]:
    """Tell of the elements of a resource whose names FHIR does not have, and of codings without a code.

    Parameters: ``deep`` looks at the elements in its elements even if all of its own have such names.
    """
    if not deep and element_names().issuperset(raw):
        return ()
    found, bare = _looked_through(raw)
    told = ("it has a coding without a code",) if bare else ()
    if not found:
        return told
    names = few([printable(one[:_LONGEST]) for one in found])
    return (f"it has elements that FHIR does not have, which are not read: {names}", *told)


def _looked_through(raw: Raw) -> tuple[list[str], int]:
    """List the names of elements, at any depth, that FHIR does not have, and count the codings without a code.

    A ``_`` before a name is a sign of FHIR.
    """
    known = element_names()
    found: list[str] = []
    bare = 0
    agenda: list[Any] = [raw]
    for one in agenda:
        if not known.issuperset(one):
            found += [name for name in one if name.removeprefix("_") not in known and name != TWICE]
        if "coding" in one:
            bare += sum("system" in each and not each.get("code") for each in objects(one["coding"]))
        for value in one.values():
            kind = type(value)
            if kind is dict:
                agenda.append(value)
            elif kind is list:
                agenda += [each for each in value if type(each) is dict and not _is_unread(each)]
    return [*dict.fromkeys(found)], bare


def _is_unread(raw: Raw) -> bool:
    """Tell whether an object is a resource, contained in another, of a type that is not read where it is contained."""
    return "resourceType" in raw and raw["resourceType"] not in _READ_WITHIN


def _names(file: str) -> frozenset[str]:
    return frozenset((_FOLDER / file).read_text(encoding="utf-8").split())
