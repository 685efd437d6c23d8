"""Take elements out of what stands in a source, whatever it is: one of another form is as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.reading.fhir.elements import Raw


def object_in(raw: Raw, name: str) -> Raw:
    """Take an element with elements of its own, empty where there is none."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Raw]:  # noqa: ANN401 - any JSON
    """List the objects of a list; an object that stands alone counts as a list of one."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def objects_within(content: object) -> Iterator[Raw]:
    """List all objects in a value, at any depth, and itself if it is one."""
    agenda = [content]
    while agenda:
        one = agenda.pop()
        if isinstance(one, dict):
            yield one
            agenda += one.values()
        elif isinstance(one, list):
            agenda += one


def identifiers_of(raw: Raw) -> Iterator[tuple[str, str]]:
    """List the identifiers of a resource as pairs of system, which may be empty, and value."""
    for one in objects(raw.get("identifier")):
        if value := text_in(one, "value").strip():
            yield text_in(one, "system").strip(), value


def text_in(raw: Raw, *path: str) -> str:
    """Take a text at the end of a path of elements, empty where there is none."""
    for name in path[:-1]:
        raw = object_in(raw, name)
    said = raw.get(path[-1])
    return said if isinstance(said, str) else ""
