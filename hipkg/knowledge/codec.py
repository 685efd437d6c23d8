"""Turn records into JSON data and back, as the types of their fields say.

A record, be it a data class or a named tuple, becomes the list of its fields in their order, after its name where a
union leaves open which record it is. A mapping is an object with sorted keys, a tuple a list, a set a sorted list, a
decimal number its text, an enumerated text itself. So equal records give equal data. A `Sequence` is a list as well,
but each of its entries is read and decoded when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from threading import Lock
from typing import Any, NamedTuple, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import orjson

Kind: TypeAlias = Any
"""The type of a field, or of its parts; mypy has no name for all of them."""
Made = TypeVar("Made")
_ORIGINAL = "_original"
_ENCODED = "_encoded"
_DECODING = Lock()


class Codec(NamedTuple):
    """How values of a type are written as JSON data and read from it."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def encode(record: object) -> dict[str, Any]:
    """Write the fields of a record as JSON data."""
    kind: Kind = type(record)
    return {name: one.encode(getattr(record, name)) for name, one in _codecs(kind)}


def write(record: object) -> dict[str, bytes]:
    """Write the fields of a record as JSON, with each entry on a line, so that what changes shows as changed lines."""
    return {name: _written(data) for name, data in encode(record).items()}


def _written(data: object) -> bytes:
    match data:
        case dict():
            entries = (orjson.dumps(key) + b": " + orjson.dumps(value) for key, value in data.items())
            return b"{\n" + b",\n".join(entries) + b"\n}"
        case list():
            return b"[\n" + b",\n".join(map(orjson.dumps, data)) + b"\n]"
        case _:
            return orjson.dumps(data)


def decode_lazily(kind: type[Made], texts: dict[str, bytes]) -> Made:
    """Make a record of what was written of its fields, each of which is read and decoded when it is first asked for."""
    any_kind: Kind = kind
    record: Made = object.__new__(_lazy(any_kind))
    vars(record)[_ENCODED] = texts
    return record


def schema(kind: Kind) -> str:
    """Describe a record, and those that it is made of, by the names and the types of their fields."""
    found: dict[Any, str] = {}
    agenda = [kind]
    while agenda:
        one = agenda.pop()
        parts = _taken_apart(one)[1]
        agenda += parts
        if _is_record(one) and one not in found:
            fields = _fields(one)
            found[one] = f"{one.__name__}({', '.join(f'{name}: {_name(of)}' for name, of in fields.items())})"
            agenda += fields.values()
        elif parts and not get_args(one):
            found[one] = f"{one.__name__}[{', '.join(map(_name, parts))}]"
    return "\n".join(sorted(found.values()))


@cache
def codec(kind: Kind) -> Codec:
    """Find how values of a type are written and read: one that the head of this file names, or what JSON knows."""
    origin, parts = _taken_apart(kind)
    if _is_record(kind):
        return _of_record(kind)
    if any(map(_is_record, parts)) and origin not in {Mapping, Sequence, tuple, frozenset}:
        return _of_union({one.__name__: codec(one) for one in parts})
    if origin is Mapping:
        return _of_mapping(codec(parts[1]))
    if origin is tuple and len({*parts} - {Ellipsis}) > 1:
        return _of_tuple(tuple(map(codec, parts)))
    if origin is Sequence:
        return _of_sequence(codec(parts[0]))
    if origin in {tuple, frozenset}:
        return _of_collection(get_origin(kind) or kind, codec(parts[0]))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Codec(_as_it_is, kind)
    return Codec("{:f}".format, Decimal) if kind is Decimal else _PLAIN


def _is_record(kind: Kind) -> bool:
    return is_dataclass(kind) or hasattr(kind, "_fields")


@cache
def _taken_apart(kind: Kind) -> tuple[Kind, tuple[Kind, ...]]:
    """Return what a type, or the first base of a class, is made of: a generic type and the types in its brackets."""
    generic = next((one for one in (kind, *getattr(kind, "__orig_bases__", ())) if get_args(one)), None)
    return get_origin(generic), get_args(generic)


def _as_it_is(value: Made) -> Made:
    return value


_PLAIN = Codec(_as_it_is, _as_it_is)


def _of_record(kind: Kind) -> Codec:
    def decode(data: list[Any]) -> object:
        for place, decoder in _decoders(kind):
            data[place] = decoder(data[place])
        return kind(*data)

    # The codecs of the fields are asked for later, for a record can be part of itself.
    return Codec(lambda value: [one.encode(getattr(value, name)) for name, one in _codecs(kind)], decode)


@cache
def _codecs(kind: Kind) -> tuple[tuple[str, Codec], ...]:
    return tuple((name, codec(of)) for name, of in _fields(kind).items())


@cache
def _decoders(kind: Kind) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    return tuple((place, one.decode) for place, (_, one) in enumerate(_codecs(kind)) if one is not _PLAIN)


def _of_union(kinds: Mapping[str, Codec]) -> Codec:
    def encode(value: object) -> list[Any]:
        name = type(value).__name__
        return [name, *kinds[name].encode(value)]

    return Codec(encode, lambda data: kinds[data.pop(0)].decode(data))


def _of_mapping(inner: Codec) -> Codec:
    def decode(data: dict[str, Any]) -> Mapping[str, object]:
        return data if inner is _PLAIN else {key: inner.decode(value) for key, value in data.items()}

    return Codec(lambda value: {key: inner.encode(value[key]) for key in sorted(value)}, decode)


def _of_tuple(inner: tuple[Codec, ...]) -> Codec:
    return Codec(
        lambda value: [one.encode(part) for one, part in zip(inner, value, strict=True)],
        lambda data: tuple(one.decode(part) for one, part in zip(inner, data, strict=True)),
    )


def _of_collection(kind: Kind, inner: Codec) -> Codec:
    decode = inner.decode

    def encode(value: tuple[Any, ...] | frozenset[Any]) -> list[Any]:
        found = map(inner.encode, value)
        return sorted(found) if kind is frozenset else list(found)

    return Codec(encode, kind if inner is _PLAIN else lambda data: kind(map(decode, data)))


class _Entries(Sequence[Any]):
    """Entries that are decoded one by one."""

    def __init__(self, data: list[Any], decode: Callable[[Any], Any]) -> None:
        self._data = data
        self._decode = decode
        self._decoded: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 - a place, or a slice of them that nobody asks for
        place = range(len(self._data))[place]
        if place not in self._decoded:
            with _DECODING:
                if place not in self._decoded:
                    self._decoded[place] = self._decode(self._data[place])
        return self._decoded[place]


def _of_sequence(inner: Codec) -> Codec:
    return Codec(lambda value: list(map(inner.encode, value)), lambda data: _Entries(data, inner.decode))


def _read(kind: Kind, text: bytes) -> object:
    """Read and decode a field; of a sequence, each entry when it is asked for."""
    origin, parts = _taken_apart(kind)
    if origin is not Sequence:
        return codec(kind).decode(orjson.loads(text))
    entries = text.removeprefix(b"[\n").removesuffix(b"\n]")
    decode = codec(parts[0]).decode
    return _Entries(entries.split(b",\n") if entries else [], lambda entry: decode(orjson.loads(entry)))


@cache
def _lazy(kind: Kind) -> Kind:
    """Make a kind of record that decodes a field when it is not there yet."""
    fields = _fields(kind)

    def decode(record: object, name: str) -> object:
        if name not in fields:
            raise AttributeError(name)
        decoded = vars(record)
        if _ORIGINAL in decoded:
            return decoded.setdefault(name, getattr(decoded[_ORIGINAL], name))
        with _DECODING:
            if name not in decoded:
                decoded[name] = _read(fields[name], decoded[_ENCODED].pop(name))
        return decoded[name]

    def copied(record: object) -> object:
        """Make a copy for which the record decodes."""
        other: object = object.__new__(type(record))
        vars(other).update({name: value for name, value in vars(record).items() if name != _ENCODED})
        vars(other).setdefault(_ORIGINAL, record)
        return other

    return type(kind.__name__, (kind,), {"__doc__": kind.__doc__, "__getattr__": decode, "__copy__": copied})


@cache
def _fields(kind: Kind) -> dict[str, Any]:
    """Map the fields of a record to their types."""
    return get_type_hints(kind)


@cache
def _name(kind: Kind) -> str:
    """Name a type in the same way in every version of Python."""
    parts = f"[{', '.join(map(_name, get_args(kind)))}]" if get_args(kind) else ""
    return getattr(get_origin(kind) or kind, "__name__", repr(kind)).replace("UnionType", "Union") + parts
