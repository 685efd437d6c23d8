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
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.vocabulary import HIP, curie

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        self._known: dict[type, str] = {}

    def data(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """Turn a value, with all that it holds, into data."""
        shape = self._shape(type(value))
        if shape:
            return self._record(value, shape)
        match value:
            case date():
                return value.isoformat()
            case Decimal():
                return number(value)
            case dict():
                return {key: self.data(one) for key, one in value.items()}
            case list() | tuple():
                return [self.data(one) for one in value]
            case _:
                return value

    def _shape(self, kind: type) -> str:
        """Find the description of a kind of record, which is that of what it is a kind of if it has none of its own."""
        if kind not in self._known:
            self._known[kind] = next((self.shapes[one] for one in kind.__mro__ if one in self.shapes), "")
        return self._known[kind]

    def _record(self, record: object, shape: str) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for one in fields(shape):
            value = getattr(self, one.path)(record) if one.made else attrgetter(one.path)(record)
            if one.optional and is_empty(value):
                continue
            if one.spread:
                data.update(self.data(value))
            else:
                data[one.key] = term(value) if one.term else self.data(value)
        return data


@cache
def fields(shape: str) -> tuple[Field, ...]:
    """Read the description of a record."""
    return tuple(map(_field, shape.split()))


def _field(text: str) -> Field:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} describes no field.")
    mark, key, path, made, optional = match.groups()
    return Field(
        key or _camel_case(path.rpartition(".")[2]),
        path,
        term=mark == "@",
        spread=mark == "*",
        made=bool(made),
        optional=bool(optional),
    )


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def is_empty(value: object) -> bool:
    """Tell whether a value says nothing; a number, be it zero, says something."""
    return not value and (isinstance(value, bool) or not isinstance(value, int | float | Decimal))


def term(iri: str) -> str:
    """Write a term of the ontology as a CURIE and anything else as it is."""
    return curie(iri) if iri.startswith(HIP) else iri


def number(value: Decimal | str) -> int | float:
    """Turn a decimal into the number that `json` writes shortest."""
    exact = float(value)
    return int(exact) if exact.is_integer() else exact


def written(data: object) -> str:
    """Write data as indented JSON that ends with a line break."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def one_or_all(made: Sequence[object]) -> str:
    """Write one piece of data as it is, and several as an array."""
    return written(made[0] if len(made) == 1 else made)
