"""Write records as JSON: a table says for each record which of its fields are written, under which names.

A record is described by its fields in the order of the JSON, parted by spaces. The name of a field becomes the key in
camel case. Marks around the name say what else to do:

    name?       leave it out where it is empty; a number is never empty
    @name       write a term of the ontology as a CURIE
    key=name    write it under another key
    one.name    take it from a record that the record holds
    *name       write the fields of the record that it holds in its place
    name()      take it from the method of the writer with that name, which is given the record
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from json.encoder import encode_basestring
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.vocabulary import HIP, curie

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_FIELD = re.compile(r"([@*]?)(?:(\w+)=)?([\w.]+)(\(\))?(\??)")


class Field(NamedTuple):
    """A field as a table describes it; ``path`` is a chain of attributes, or a method of the writer if ``made``."""

    key: str
    path: str
    term: bool
    spread: bool
    made: bool
    optional: bool


class Entry(NamedTuple):
    """How a field is written: what stands before its value, and how that is taken from a record."""

    lead: str
    get: Callable[[Any], Any]
    spread: bool
    optional: bool


class Writer:
    """Write records as JSON: dates as ISO dates, and decimals as numbers.

    Parameters: ``shapes`` describe each kind of record; a subclass has the methods that they name.
    """

    def __init__(self, shapes: Mapping[type, str]) -> None:
        self.shapes = shapes
        self._entries: dict[type, tuple[Entry, ...]] = {}

    def text(self, value: object) -> str:
        """Write a value, with all that it holds, as indented JSON that ends with a line break."""
        return self._text(value, "\n") + "\n"

    def data(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """Turn a value, with all that it holds, into what `json` reads of its text."""
        return json.loads(self._text(value, "\n"))

    def _text(self, value: object, end: str) -> str:
        """Write a value as `json.dumps` does with an indent of two, which leaves its C code for that.

        Parameters: ``end`` ends a line and begins the next at the depth of the value.
        """
        if isinstance(value, str):  # enumerated texts too
            return encode_basestring(value)
        if isinstance(value, int):  # truth values too
            return str(value).lower()
        entries = self._entries_of(type(value))
        if entries:
            return self._object(value, entries, end)
        further = end + "  "
        if isinstance(value, list | tuple):
            if value and type(value[0]) is int and all(type(one) is int for one in value):
                return _enclosed("[", [*map(str, value)], "]", end)
            return _enclosed("[", [self._text(one, further) for one in value], "]", end)
        if isinstance(value, dict):
            members = [f"{encode_basestring(key)}: {self._text(one, further)}" for key, one in value.items()]
            return _enclosed("{", members, "}", end)
        if isinstance(value, date):
            return encode_basestring(value.isoformat())
        return json.dumps(number(value) if isinstance(value, Decimal) else value)

    def _object(self, record: object, entries: Iterable[Entry], end: str) -> str:
        """Write a record as an object."""
        return _enclosed("{", self._record(record, entries, end + "  "), "}", end)

    def _record(self, record: object, entries: Iterable[Entry], end: str) -> list[str]:
        """Write the members of the object that a record becomes."""
        members: list[str] = []
        for lead, get, spread, optional in entries:
            value = get(record)
            if not value and optional and (value is False or value != 0):
                continue
            if spread:
                members += self._record(value, self._entries_of(type(value)), end)
            else:
                members.append(lead + (encode_basestring(value) if isinstance(value, str) else self._text(value, end)))
        return members

    def _entries_of(self, kind: type) -> tuple[Entry, ...]:
        """Find the fields of a kind of record, which are those of what it is a kind of if it has none of its own."""
        if kind not in self._entries:
            shape = next((self.shapes[one] for one in kind.__mro__ if one in self.shapes), "")
            self._entries[kind] = tuple(map(self._entry, fields(shape)))
        return self._entries[kind]

    def _entry(self, field: Field) -> Entry:
        get = getattr(self, field.path) if field.made else attrgetter(field.path)
        getter = (lambda record: term(get(record))) if field.term else get
        return Entry(f"{encode_basestring(field.key)}: ", getter, field.spread, field.optional)


@cache
def fields(shape: str) -> tuple[Field, ...]:
    """Read the description of a record."""
    return tuple(map(_field, shape.split()))


def _field(text: str) -> Field:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} describes no field.")
    mark, key, path, made, optional = match.groups()
    name = key or _camel_case(path.rpartition(".")[2])
    return Field(name, path, mark == "@", mark == "*", made=bool(made), optional=bool(optional))


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@lru_cache(maxsize=4096)
def term(iri: str) -> str:
    """Write a term of the ontology as a CURIE and anything else as it is."""
    return curie(iri) if iri.startswith(HIP) else iri


def number(value: Decimal | str) -> int | float:
    """Turn a decimal into the number that `json` writes shortest."""
    exact = float(value)
    return int(exact) if exact.is_integer() else exact


def _enclosed(opening: str, members: Sequence[str], closing: str, end: str) -> str:
    """Write what an array or an object holds on lines between its brackets.

    Parameters: ``end`` ends a line and begins the next at the depth of the brackets.
    """
    further = end + "  "
    return f"{opening}{further}{f',{further}'.join(members)}{end}{closing}" if members else opening + closing


def written(data: object) -> str:
    """Write data as indented JSON that ends with a line break."""
    return Writer({}).text(data)


def one_or_all(texts: Sequence[str]) -> str:
    """Write one text of JSON that ends with a line break as it is, and several as an array."""
    if len(texts) == 1:
        return texts[0]
    # A line break within a string is escaped, so that each one here ends a line of the layout.
    return _enclosed("[", [one.rstrip("\n").replace("\n", "\n  ") for one in texts], "]", "\n") + "\n"
