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

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from hipkg.base.vocabulary import curie, is_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_OPTIONS = (
    orjson.OPT_INDENT_2
    | orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_PASSTHROUGH_DATACLASS  # which a table describes
    | orjson.OPT_PASSTHROUGH_DATETIME  # none is expected
)
_EXACT = 2**53
"""Up to here a whole number is exact in a reader's double, and is written as such."""
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
    """How a field is written: under which key, and how its value is taken from a record."""

    key: str
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
        return orjson.dumps(value, self._plain, _OPTIONS).decode()

    def line(self, value: object) -> str:
        """Write a value, with all that it holds, as JSON in one line that ends with a line break."""
        return orjson.dumps(value, self._plain, _OPTIONS & ~orjson.OPT_INDENT_2).decode()

    def data(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """Turn a value, with all that it holds, into what a reader of its text gets."""
        return orjson.loads(orjson.dumps(value, self._plain, _OPTIONS))

    def _plain(self, value: object) -> object:
        """Turn what JSON has no form for into what it has one for, a record into an object of its fields.

        Raises `TypeError` for what no table describes.
        """
        entries = self._entries_of(type(value))
        if entries:
            members: dict[str, object] = {}
            self._fill(members, value, entries)
            return members
        if isinstance(value, Decimal):
            return number(value)
        if isinstance(value, date):
            return value.isoformat()
        raise TypeError(f"No table describes {type(value).__name__}.")

    def _fill(self, members: dict[str, object], record: object, entries: Iterable[Entry]) -> None:
        """Add the fields of a record to the members of an object."""
        for key, get, spread, optional in entries:
            value: Any = get(record)
            if optional and not value and (value is False or value != 0):
                continue
            if spread:
                self._fill(members, value, self._entries_of(type(value)))
            else:
                members[key] = value

    def _entries_of(self, kind: type) -> tuple[Entry, ...]:
        """Find the fields of a kind of record, which are those of what it is a kind of if it has none of its own."""
        known = self._entries.get(kind)
        if known is None:
            shape = next((self.shapes[one] for one in kind.__mro__ if one in self.shapes), "")
            known = self._entries[kind] = tuple(map(self._entry, fields(shape)))
        return known

    def _entry(self, field: Field) -> Entry:
        return _entry(field, getattr(self, field.path)) if field.made else _taken(field)


@cache
def _taken(field: Field) -> Entry:
    """Find how a field is written that is taken from a record, which is the same for every writer."""
    return _entry(field, attrgetter(field.path))


def _entry(field: Field, get: Callable[[Any], Any]) -> Entry:
    getter = (lambda record: term(get(record))) if field.term else get
    return Entry(field.key, getter, field.spread, field.optional)


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
    return curie(iri) if is_term(iri) else iri


def number(value: Decimal | str) -> int | float:
    """Turn a decimal into the number that is written shortest."""
    exact = float(value)
    return int(exact) if exact.is_integer() and abs(exact) <= _EXACT else exact


def written(data: object) -> str:
    """Write data as indented JSON that ends with a line break."""
    return Writer({}).text(data)


def one_or_all(texts: Sequence[str]) -> str:
    """Write one text of JSON that ends with a line break as it is, and several as an array."""
    return "".join(in_parts(texts, len(texts)))


def in_parts(texts: Iterable[str], count: int) -> Iterator[str]:
    """Give what `one_or_all` writes part by part; ``count`` is how many texts there are."""
    yield from texts if count == 1 else array(texts)


def array(texts: Iterable[str]) -> Iterator[str]:
    """Give part by part an array of texts of JSON that end with a line break."""
    before = "["
    # A line break within a string is escaped, so that each one here ends a line of the layout.
    for one in texts:
        yield f"{before}\n  " + one.rstrip("\n").replace("\n", "\n  ")
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"
