"""Load the released knowledge that belongs to the ontology beside it.

`load` reads ``ontology/release/hipkg.json``, which `hipkg.maintenance.release` builds from the Turtle sources. The file
is one JSON object: a digest of all that follows it, by which damage is seen, and the fields of `Knowledge`. The stamp
among them is a hash of the sources, of the types of the records, and of the queries that every record goes through, so
that a release of other sources, or for records of other fields, is refused. Each field begins on a line, and each of
its entries is a line, so that a field is read when it is first asked for, and of some fields each entry.
"""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from hipkg.base.errors import StaleRelease
from hipkg.base.paths import INSTALLED, PATIENT_SHAPES, RELEASE, normalising_queries, ontology_files
from hipkg.knowledge.codec import decode_lazily, schema, write
from hipkg.knowledge.records import Knowledge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

RELEASE_FILE = RELEASE / "hipkg.json"


def source_stamp(files: Iterable[Path] | None = None, beside: Iterable[Path] | None = None) -> str:
    """Hash what a release is made of: the ontology, the shapes, the types of its records; and what it is used with.

    Parameters: ``beside`` are the shapes and the queries that every record goes through, by default those of hipkg.
    """
    digest = sha256(schema(Knowledge).encode())
    others = (PATIENT_SHAPES, *normalising_queries()) if beside is None else beside
    for path in (*(files or ontology_files()), *others):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def load() -> Knowledge:
    """Load the released knowledge that belongs to the ontology beside it.

    Raises `StaleRelease` if it is missing, damaged or was built from other sources.
    """
    try:
        content = RELEASE_FILE.read_bytes()
        sources = source_stamp()
    except FileNotFoundError as missing:
        raise _stale(
            "is missing" if missing.filename == str(RELEASE_FILE) else f"lacks {missing.filename}"
        ) from missing
    except OSError as broken:
        raise _stale("cannot be read") from broken
    return read_release(content, sources)


def read_release(content: bytes, sources: str | None = None) -> Knowledge:
    """Read the content of a release file.

    Parameters: ``sources`` is the hash that its sources have to have, None for any.

    Raises `StaleRelease` if it is damaged, was built from other sources, or has other fields than these records.
    """
    end = content.find(b"\n") + 1
    whole = content[:end] == _head(memoryview(content)[end:]) + b"\n"
    fields = dict(_fields_of(content, end)) if whole else _fields_anyhow(content)
    if sources is not None and orjson.loads(fields["stamp"]) != sources:
        raise _stale("was built from other sources")
    if not whole:
        raise _stale("is not what was built: its content does not have the digest that it carries")
    if sources is None and fields.keys() != {one.name for one in dataclass_fields(Knowledge)}:
        raise _stale("has other fields than this version of hipkg reads")
    return decode_lazily(Knowledge, fields)


def _fields_of(content: bytes, start: int) -> Iterator[tuple[str, bytes]]:
    """Part what follows the first line of a release into its fields, each as JSON, by the lines that they begin on."""
    last = len(content) - len(b"}\n")
    while start < last:
        name, _, begin = content[start : content.index(b"\n", start)].partition(b": ")
        closing = {b"{": b"\n}", b"[": b"\n]"}.get(begin)
        end = content.index(closing, start) + len(closing) if closing else start + len(name) + len(b": ") + len(begin)
        yield name[1:-1].decode(), content[start + len(name) + len(b": ") : end].removesuffix(b",")
        start = content.index(b"\n", end - 1) + 1


def _fields_anyhow(content: bytes) -> dict[str, bytes]:
    """Read the fields of what is no release as it was written, for what it was made of; raises `StaleRelease`."""
    try:
        return {"stamp": orjson.dumps(orjson.loads(content)["stamp"])}
    except (ValueError, TypeError, KeyError) as broken:
        raise _stale("cannot be read") from broken


def remedy(*, installed: bool) -> str:
    """Say how a release is mended, in an installed package or in a checkout."""
    if installed:
        return "Install it again with: pip install --force-reinstall --no-deps hipkg."
    return "Build it with: hipkg ontology release (needs Java: pip install 'hipkg[java]')."


def _stale(why: str) -> StaleRelease:
    return StaleRelease(f"The classified release {why}.", place=str(RELEASE_FILE), remedy=remedy(installed=INSTALLED))


def released(knowledge: Knowledge) -> bytes:
    """Write the content of a release file."""
    fields = (b'"%s": %s' % (name.encode(), text) for name, text in write(knowledge).items())
    body = b",\n".join(fields) + b"}\n"
    return b"\n".join((_head(body), body))


def _head(body: bytes | memoryview) -> bytes:
    """Write the first line of a release file from what follows it."""
    return f'{{"digest": "{sha256(body).hexdigest()}",'.encode()
