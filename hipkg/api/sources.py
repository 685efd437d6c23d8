"""Sources as callers have them: files by name or open, content, graphs, plain data, or several of these."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast

from hipkg.base.errors import UsageError
from hipkg.reading.joint import Joint, parsed
from hipkg.reading.opening import FORMAT_NAMES, MAX_BYTES, looks_like

if TYPE_CHECKING:
    import rdflib

    from hipkg.reading.joint import Part

One: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | IO[str] | IO[bytes] | rdflib.Graph | Mapping[str, Any]"
Source: TypeAlias = "One | Iterable[One]"

_WANTED = (
    "Give a path, a text of RDF or FHIR, bytes, an open file, a graph of rdflib, a dict of FHIR or JSON-LD, "
    "or a list of these."
)
_TEXT = re.compile(r"[\ufeff\s]*(?:[{\[<@#]|_:|(?:prefix|base)\s)", re.IGNORECASE)
"""How a text of one line begins that is content; what else it might be is the name of a file."""
_TRIPLES = re.compile(rb"[\s\xef\xbb\xbf]*(?:<[^>\s]*>|_:\S+|\[|#)")
_LINES = re.compile(rb"\}[ \t]*\r?\n[ \t]*\{")
"""What stands between resources of FHIR of which each is a line, and nowhere in other JSON."""
_FORMATS = {"FHIR": "fhir", "JSON-LD": "json-ld", "RDF/XML": "rdf/xml", "Turtle": "turtle"}


def given(source: Source, format: str | None = None) -> Joint:  # noqa: A002 - the word that users know
    """Open and parse a source, or several that are read as one.

    A text that has several lines, or begins as Turtle, JSON or XML do, is content, unless a file has that name; any
    other text is a name. Bytes are never a name. ``format`` names the format of what a file's name does not tell;
    without it, that of content is told from how it begins.

    Raises `UsageError` for what is no source, and what `hipkg.reading.sources.read` raises.
    """
    if _is_one(source):
        return Joint((_part(cast("One", source), format, ""),))
    if not isinstance(source, Iterable):
        raise _refused(source)
    several = tuple(source)
    if not several:
        raise UsageError("The list of sources is empty.", remedy=_WANTED)
    return Joint(tuple(_part(cast("One", one), format, f" {number}") for number, one in enumerate(several, 1)))


def _is_one(source: object) -> bool:
    return (
        isinstance(source, str | bytes | bytearray | os.PathLike | Mapping) or hasattr(source, "read") or _graph(source)
    )


def _graph(source: object) -> bool:
    """Tell whether a source is a graph of rdflib, which is imported if there is one."""
    module = sys.modules.get("rdflib")
    return module is not None and isinstance(source, module.Graph)


def _part(source: One, format: str | None, number: str) -> Part:  # noqa: A002 - as above
    match source:
        case str() if _is_content(source):
            return _content(source.encode("utf-8", "surrogatepass"), format, f"<text{number}>")
        case str() | os.PathLike():
            return parsed(source, format=format)
        case bytes() | bytearray():
            return _content(bytes(source), format, f"<bytes{number}>")
        case Mapping():
            return _plain_data(source, f"<dict{number}>")
    if _graph(source):
        return _of_graph(cast("rdflib.Graph", source), f"<graph{number}>")
    if hasattr(source, "read"):
        return _of_file(cast("IO[str] | IO[bytes]", source), format, number)
    raise _refused(source)


def _is_content(text: str) -> bool:
    if "\n" in text or "\r" in text or not text:
        return True
    if not _TEXT.match(text):
        return False
    try:
        return not Path(text).exists()
    except (OSError, ValueError):  # no file can have such a name
        return True


def _content(data: bytes, format: str | None, name: str) -> Part:  # noqa: A002 - as above
    told = format or _FORMATS.get(looks_like(data) or "") or ("turtle" if _TRIPLES.match(data) else None)
    if told is None and data.strip():
        raise UsageError(
            "The content does not tell its format.", place=name, remedy=f"Name it by format=: {FORMAT_NAMES}."
        )
    if told == "fhir" and _LINES.search(data):
        told = "ndjson"
    return parsed(data, format=told or "turtle", name=name)


def _plain_data(data: Mapping[str, Any], name: str) -> Part:
    """Parse plain data, which says itself whether it is FHIR or JSON-LD."""
    import orjson

    told = (
        "fhir"
        if {"resourceType", "hook"} & data.keys()
        else "json-ld"
        if any(str(key).startswith("@") for key in data)
        else None
    )
    if told is None:
        raise UsageError(
            "The dict is neither FHIR nor JSON-LD: it has no resourceType and no @context.",
            place=name,
            remedy="Give a resource or a Bundle of FHIR, or JSON-LD.",
        )
    try:
        written = orjson.dumps(data, _number, orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)
    except TypeError as problem:
        raise UsageError(
            f"The dict holds what JSON has no form for: {problem}.", place=name, remedy="Give what json.loads gives."
        ) from None
    return parsed(written, format=told, name=name)


def _number(value: object) -> object:
    """Turn a decimal into a number, and a date into a text, as libraries of FHIR give them."""
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _of_graph(graph: rdflib.Graph, name: str) -> Part:
    """Take the triples of a graph, or of all graphs of a dataset."""
    if hasattr(graph, "quads"):
        plain = sys.modules["rdflib"].Graph()
        for subject, prop, value, _ in graph.quads():
            plain.add((subject, prop, value))
        graph = plain
    return parsed(graph.serialize(format="nt", encoding="utf-8"), format="nt", name=name)


def _of_file(file: IO[str] | IO[bytes], format: str | None, number: str) -> Part:  # noqa: A002 - as above
    """Read an open file from where it stands, its format told by its name as far as it has one."""
    named = getattr(file, "name", "")
    name = named if isinstance(named, str) and named else f"<file{number}>"
    if isinstance(file, io.TextIOBase):
        data = file.read(MAX_BYTES + 1).encode()
    else:
        read = file.read(MAX_BYTES + 1)
        data = read.encode() if isinstance(read, str) else read
    if not isinstance(data, bytes):
        raise _refused(file)
    if format is None and PurePath(name).suffix:
        return parsed(data, name=name)
    return _content(data, format, name)


def _refused(source: object) -> UsageError:
    return UsageError(f"{type(source).__name__} is no source.", place="source", remedy=_WANTED)
