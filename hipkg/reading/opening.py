"""Open a source once and tell what it is: RDF of some format, FHIR, or a folder.

A file may come from anyone. Nothing that it names is fetched, and its size is bounded before anything reads it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pyoxigraph import RdfFormat

from hipkg.base.errors import UnreadableInput, UsageError
from hipkg.base.limits import FOLDER, INPUT
from hipkg.base.streams import read_standard_input

MAX_BYTES = INPUT.most
"""The largest input that is read unless a caller allows more."""
MAX_FOLDER_BYTES = FOLDER.most
"""The most that is read from the files of a folder together, unpacked, unless a caller allows another number."""
_FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "n-triples": RdfFormat.N_TRIPLES,
    "n-quads": RdfFormat.N_QUADS,
    "rdf/xml": RdfFormat.RDF_XML,
    "json-ld": RdfFormat.JSON_LD,
}
_SYNONYMS = {
    "ttl": "turtle",
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "application/trig": "trig",
    "nt": "n-triples",
    "ntriples": "n-triples",
    "application/n-triples": "n-triples",
    "nq": "n-quads",
    "nquads": "n-quads",
    "application/n-quads": "n-quads",
    "rdf": "rdf/xml",
    "owl": "rdf/xml",
    "xml": "rdf/xml",
    "rdfxml": "rdf/xml",
    "rdf-xml": "rdf/xml",
    "application/rdf+xml": "rdf/xml",
    "application/xml": "rdf/xml",
    "text/xml": "rdf/xml",
    "json": "json-ld",
    "jsonld": "json-ld",
    "application/json": "json-ld",
    "application/ld+json": "json-ld",
}
_FHIR = frozenset({
    "fhir", "application/fhir+json", "application/fhir+ndjson", "application/fhir+xml", "ndjson", "jsonl"
})  # fmt: skip
RDF_EXTENSIONS = frozenset({"ttl", "trig", "nt", "nq", "rdf", "owl", "xml", "jsonld", "json"})
"""The extensions of files that are read as RDF, two of which FHIR has as well."""
_COMPRESSED = frozenset({"bz2", "xz", "zst", "zip"})
_GZIPPED = ".gz"
_GZIP_MAGIC = b"\x1f\x8b"
FORMAT_NAMES = f"{', '.join(_FORMATS)} or fhir"
_STDIN = "<stdin>"
_MEMORY = "<memory>"


class Source(NamedTuple):
    """An input that has been opened: its name, its content, and its RDF format, None for FHIR.

    A ``folder`` has no content of its own; ``lines`` says that each line is a resource.
    """

    name: str
    data: bytes
    rdf_format: RdfFormat | None
    folder: Path | None = None
    lines: bool = False


def opened(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    max_bytes: int | None = None,
    name: str = "",
) -> Source:
    """Open a source once and tell what it is; the parameters and errors are those of :func:`read`.

    ``name`` is that of a content that is given as bytes, and may tell its format as the name of a file does.
    """
    named = _key(format) if format is not None else ""
    if not named and ((isinstance(source, bytes) and not name) or source == "-"):
        raise UsageError("No format is given for standard input.", remedy=f"Say which it is: {FORMAT_NAMES}.")
    rdf_format = _named_format(named) if named and named not in _FHIR else None
    folder = _folder(source) if rdf_format is None else None
    if folder is not None:
        return Source(str(folder), b"", None, folder)
    name, data = _load(source, MAX_BYTES if max_bytes is None else max_bytes, name)
    extension = _extension(name)
    either = rdf_format in {RdfFormat.JSON_LD, RdfFormat.RDF_XML} or (not named and extension in {"json", "xml"})
    if named in _FHIR or (not named and extension in _FHIR) or (either and looks_like(data) == "FHIR"):
        refuse_binary(data, name)
        return Source(name, data, None, lines=extension in _FHIR or named.endswith("ndjson") or named == "jsonl")
    if either and looks_like(data) == "CDA":
        raise UnreadableInput(
            "This is a document in CDA, which is not read.", place=name, remedy="Export the record as FHIR."
        )
    return Source(name, data, rdf_format or _format_by_extension(name, data))


def _extension(name: str) -> str:
    """Take the extension of a file's name, of one that is compressed that of what is in it."""
    bare = name[: -len(_GZIPPED)] if name.lower().endswith(_GZIPPED) else name
    return Path(bare).suffix.lower().lstrip(".")


def _folder(source: str | os.PathLike[str] | bytes) -> Path | None:
    if isinstance(source, bytes) or source == "-":
        return None
    path = Path(os.fsdecode(source))
    try:
        return path if path.name and path.is_dir() else None
    except (OSError, ValueError):  # a name that no file can have; opening it says so
        return None


def _key(name: str) -> str:
    return name.partition(";")[0].strip().lower()


def _named_format(name: str) -> RdfFormat:
    try:
        return _FORMATS[_SYNONYMS.get(name, name)]
    except KeyError:
        raise UsageError(f"{name!r} is not a format that is read.", remedy=f"Use {FORMAT_NAMES}.") from None


def _format_by_extension(name: str, data: bytes) -> RdfFormat:
    extension = _extension(name)
    if extension in RDF_EXTENSIONS:
        return _FORMATS[_SYNONYMS.get(extension, extension)]
    if extension in _COMPRESSED:
        raise UsageError("Of compressed files only those of gzip are read.", place=name, remedy="Decompress it first.")
    guess = looks_like(data)
    hint = f" It looks like {guess}." if guess else ""
    extensions = ", ".join(f".{known}" for known in sorted(RDF_EXTENSIONS))
    raise UsageError(
        f"The file name does not tell the format.{hint}",
        place=name,
        remedy=f"Give the file one of the extensions {extensions}, or name its format.",
    )


def _load(source: str | os.PathLike[str] | bytes, max_bytes: int, name: str) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        name, data = name or _MEMORY, source
    elif source == "-":
        name, data = _STDIN, read_standard_input(max_bytes + 1)
    else:
        name = os.fsdecode(source)
        data = _load_file(name, max_bytes)
    if data.startswith(_GZIP_MAGIC) or name.lower().endswith(_GZIPPED):
        data = _unpacked(data, name, max_bytes)
    if len(data) > max_bytes:
        raise INPUT.exceeded(name, max_bytes)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnreadableInput("The input is empty.", place=name, remedy="Check how it was written.")
    return name, data


def _unpacked(data: bytes, name: str, max_bytes: int) -> bytes:
    """Decompress what gzip wrote, up to one byte more than is allowed."""
    import gzip
    import io
    import zlib

    try:
        with gzip.open(io.BytesIO(data)) as file:
            return file.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error):
        raise UnreadableInput(
            "The input is not compressed as it says.", place=name, remedy="Compress it again, or decompress it first."
        ) from None


def _load_file(name: str, max_bytes: int) -> bytes:
    if re.match(r"[a-z][a-z0-9+.-]+://", name, re.IGNORECASE):
        raise UsageError(
            "This is an address, and nothing is fetched.", place=name, remedy="Download it and name the file."
        )
    try:
        with Path(name).open("rb") as file:
            return _load_stream(file, name, max_bytes)
    except UnreadableInput:  # a ValueError itself, which says what is wrong
        raise
    except FileNotFoundError:
        raise UnreadableInput("There is no such file.", place=name, remedy="Check the name and the folder.") from None
    except IsADirectoryError:
        raise UnreadableInput("This is a folder.", place=name, remedy="Name the files in it.") from None
    except PermissionError:
        raise UnreadableInput(
            "The file may not be read.", place=name, remedy="Give yourself permission to read it."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableInput(
            f"The file cannot be opened: {reason}.", place=repr(name), remedy="Check the name."
        ) from None


def _load_stream(file: BinaryIO, name: str, max_bytes: int) -> bytes:
    if os.fstat(file.fileno()).st_size > max_bytes:
        raise INPUT.exceeded(name, max_bytes)
    return file.read(max_bytes + 1)


def refuse_binary(data: bytes, name: str) -> None:
    """Refuse what is not text in UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableInput("The input is encoded as UTF-16.", place=name, remedy="Save it as UTF-8.")
    if b"\0" in data[:8192]:
        raise UnreadableInput("The input is binary, not text.", place=name, remedy=f"Export it as {FORMAT_NAMES}.")


def looks_like(data: bytes) -> str | None:
    """Guess from its beginning what a text is, for a better message than "syntax error"."""
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b'["')) or re.match(rb"\[\s*\{", start):
        fhir = b'"resourceType"' in data or (b'"hook"' in data and b'"hookInstance"' in data)
        return "FHIR" if fhir and b'"@context"' not in data else "JSON-LD"
    if re.match(rb"<!doctype html|<html", start, re.IGNORECASE):
        return "HTML"
    if re.match(rb"<\?xml|<!DOCTYPE|<rdf:RDF|<\w+ xmlns", start):
        if b"urn:hl7-org:v3" in start:
            return "CDA"
        return "FHIR" if b'xmlns="http://hl7.org/fhir"' in start else "RDF/XML"
    if re.search(rb"^\s*(@?prefix\s+[\w.-]*:|@?base\s)\s*<", start, re.IGNORECASE | re.MULTILINE):
        return "Turtle"
    return None
