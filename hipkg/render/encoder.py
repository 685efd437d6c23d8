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
from json.encoder import encode_basestring
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.vocabulary import HIP, curie

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_FIELD = re.compile(r"([@*]?)(?:(\w+)=)?([\w.]+)(\(\))?(\??)")


class Field(NamedTuple):
    """A field as a table describes it; ``path`` is a chain of attributes, or a method of the writer if ``made``."""

    key: str
    path: str
    term: bool
    spread: bool
    made: bool
    optional: bool


class Writer:
    """Turn records into data that `json` can write: dates as ISO dates, and decimals as numbers.

    Parameters: ``shapes`` describe each kind of record; a subclass has the methods that they name.
    """

    def __init__(self, shapes: Mapping[type, str]) -> None:
        self.shapes = shapes
        self._getters: dict[type, tuple[tuple[Field, Callable[[Any], Any]], ...]] = {}

    def data(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """Turn a value, with all that it holds, into data."""
        kind = type(value)
        if kind is bool or isinstance(value, str):  # enumerated texts too
            return value
        getters = self._getters_of(kind)
        if getters:
            return self._record(value, getters)
        if isinstance(value, list | tuple):
            return [self.data(one) for one in value]
        if isinstance(value, dict):
            return {key: self.data(one) for key, one in value.items()}
        if isinstance(value, date):
            return value.isoformat()
        return number(value) if isinstance(value, Decimal) else value

    def _record(self, record: object, getters: Iterable[tuple[Field, Callable[[Any], Any]]]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for (key, _, is_term, spread, _, optional), get in getters:
            value = get(record)
            if optional and not value and (value is False or not isinstance(value, int | float | Decimal)):
                continue
            if spread:
                data.update(self.data(value))
            else:
                data[key] = term(value) if is_term else self.data(value)
        return data

    def _getters_of(self, kind: type) -> tuple[tuple[Field, Callable[[Any], Any]], ...]:
        """Find the fields of a kind of record, which are those of what it is a kind of if it has none of its own."""
        if kind not in self._getters:
            shape = next((self.shapes[one] for one in kind.__mro__ if one in self.shapes), "")
            getters = [(one, getattr(self, one.path) if one.made else attrgetter(one.path)) for one in fields(shape)]
            self._getters[kind] = tuple(getters)
        return self._getters[kind]


def fields(shape: str) -> Iterator[Field]:
    """Read the description of a record."""
    for text in shape.split():
        match = _FIELD.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} describes no field.")
        mark, key, path, made, optional = match.groups()
        name = key or _camel_case(path.rpartition(".")[2])
        yield Field(name, path, mark == "@", mark == "*", made=bool(made), optional=bool(optional))


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def term(iri: str) -> str:
    """Write a term of the ontology as a CURIE and anything else as it is."""
    return curie(iri) if iri.startswith(HIP) else iri


def number(value: Decimal | str) -> int | float:
    """Turn a decimal into the number that `json` writes shortest."""
    exact = float(value)
    return int(exact) if exact.is_integer() else exact


def written(data: object) -> str:
    """Write data as indented JSON that ends with a line break."""
    return _indented(data, "\n") + "\n"


def _indented(data: object, end: str) -> str:
    """Write data as `json.dumps` does with an indent of two, which leaves its C code for that and takes twice as long.

    Parameters: ``end`` ends a line and begins the next at the depth of the data.
    """
    further = end + "  "
    if isinstance(data, str):
        return encode_basestring(data)
    if isinstance(data, dict) and data:
        entries = [f"{encode_basestring(key)}: {_indented(value, further)}" for key, value in data.items()]
        return f"{{{further}{f',{further}'.join(entries)}{end}}}"
    if isinstance(data, list | tuple) and data:
        entries = [_indented(one, further) for one in data]
        return f"[{further}{f',{further}'.join(entries)}{end}]"
    return json.dumps(data)


def one_or_all(made: Sequence[object]) -> str:
    """Write one piece of data as it is, and several as an array."""
    return written(made[0] if len(made) == 1 else made)
