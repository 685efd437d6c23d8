"""Take elements out of a FHIR resource in JSON, and say where one is not of the form that it must have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from hipkg.base.numbers import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

GREATEST = 10**15
"""The greatest number that is taken from a record, for numbers in RDF have an end."""
Raw: TypeAlias = dict[str, Any]


class Malformed(Exception):
    """Tell that an element is not of the form that FHIR gives it; ``path`` names the element."""

    def __init__(self, path: str, wanted: str) -> None:
        super().__init__(f"{path} is not {wanted}")


def text(raw: Raw, name: str) -> str:
    """Take a text, empty where there is none."""
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(name, "a text")
    return value.strip()


def part(raw: Raw, name: str) -> Raw:
    """Take an element with elements of its own, empty where there is none."""
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(name, "an object")
    return value


def parts(raw: Raw, name: str) -> list[Raw]:
    """Take the repetitions of an element; one that stands alone counts as a list of one."""
    value = raw.get(name)
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    found = value if isinstance(value, list) else [value]
    for one in found:
        if not isinstance(one, dict):
            raise Malformed(name, "a list of objects")
    return found


def codes_in(concept: Raw) -> set[str]:
    """List the codes of a concept, whatever their code systems."""
    return {code for one in parts(concept, "coding") if (code := text(one, "code"))}


def flag(raw: Raw, name: str) -> bool | None:
    """Take a truth value, None where there is none."""
    value = raw.get(name)
    if value is not None and not isinstance(value, bool):
        raise Malformed(name, "true or false")
    return value


def number(raw: Raw, name: str) -> Decimal | None:
    """Take a number with all the digits that JSON gives it, None where there is none."""
    value = raw.get(name)
    if value is None:
        return None
    exact = read(repr(value)) if isinstance(value, int | float) else None
    if exact is None or abs(exact) > GREATEST:
        raise Malformed(name, "a number" if exact is None else f"a number up to {GREATEST}")
    return exact


def modified_by(raw: Raw) -> str:
    """Name an extension that can change what an element or the elements in it mean; empty where there is none.

    FHIR forbids to process an element whose modifier extension is not known, and none is known here. What
    is contained is a resource of its own, and so is the ``detail`` of an activity of a plan an activity of its own.
    """
    agenda: list[Any] = [raw] if b'"modifierExtension"' in written(raw) else []
    while agenda:
        one = agenda.pop()
        if isinstance(one, list):
            agenda += one
        elif isinstance(one, dict):
            for extension in parts(one, "modifierExtension"):
                return text(extension, "url") or "without a URL"
            agenda += (value for name, value in one.items() if name not in {"contained", "detail"})
    return ""


def written(raw: Raw) -> bytes:
    """Write an element as it stands, by which what follows from it is found again."""
    try:
        return orjson.dumps(raw)
    except orjson.JSONEncodeError:  # half a character, or a number of many digits
        return json.dumps(raw).encode()


def references(raw: Raw, *names: str) -> list[str]:
    """Take the literal references of elements, in order."""
    found = [text(one, "reference") for name in names for one in parts(raw, name)]
    return [one for one in found if one]


def texts_of(concepts: Iterable[Raw]) -> Iterator[str]:
    """List the texts of concepts and the displays of their codings."""
    for concept in concepts:
        yield from (text(concept, "text"), *(text(coding, "display") for coding in parts(concept, "coding")))
