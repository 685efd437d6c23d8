"""Load the released knowledge that belongs to the ontology beside it.

`load` reads ``ontology/release/hipkg.json``, which `hipkg.maintenance.release` builds from the Turtle sources. The file
is one JSON object: a digest of all that follows it, by which damage is seen, and the fields of `Knowledge`. The stamp
among them is a hash of the sources, of the types of the records, and of the queries that every record goes through, so
that a release of other sources, or for records of other fields, is refused.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from hipkg.base.errors import StaleRelease
from hipkg.base.paths import INSTALLED, PATIENT_SHAPES, RELEASE, normalising_queries, ontology_files
from hipkg.knowledge.codec import decode_lazily, encode, schema
from hipkg.knowledge.records import Knowledge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RELEASE_FILE = RELEASE / "hipkg.json"


def source_stamp(files: Iterable[Path] | None = None) -> str:
    """Hash what a release is made of: the ontology, the shapes, the types of its records; and what it is used with."""
    digest = sha256(schema(Knowledge).encode())
    for path in (*(files or ontology_files()), PATIENT_SHAPES, *normalising_queries()):
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
        data = orjson.loads(content)
        stamp = data["stamp"]
        sources = source_stamp()
    except FileNotFoundError as missing:
        raise _stale(
            "is missing" if missing.filename == str(RELEASE_FILE) else f"lacks {missing.filename}"
        ) from missing
    except (OSError, ValueError, TypeError, KeyError) as broken:
        raise _stale("cannot be read") from broken
    if stamp != sources:
        raise _stale("was built from other sources")
    end = content.find(b"\n")
    if content[:end] != _head(memoryview(content)[end + 1 :]):
        raise _stale("is not what was built: its content does not have the digest that it carries")
    return decode_lazily(Knowledge, data)


def remedy(*, installed: bool) -> str:
    """Say how a release is mended, in an installed package or in a checkout."""
    if installed:
        return "Install it again with: pip install --force-reinstall --no-deps hipkg."
    return "Build it with: hipkg ontology release (needs Java: pip install 'hipkg[java]')."


def _stale(why: str) -> StaleRelease:
    return StaleRelease(f"The classified release {why}.", place=str(RELEASE_FILE), remedy=remedy(installed=INSTALLED))


def released(knowledge: Knowledge) -> bytes:
    """Write the content of a release file."""
    body = (",\n".join(_lines(name, part) for name, part in encode(knowledge).items()) + "}\n").encode()
    return b"\n".join((_head(body), body))


def _head(body: bytes | memoryview) -> bytes:
    """Write the first line of a release file from what follows it."""
    return f'{{"digest": "{sha256(body).hexdigest()}",'.encode()


def _lines(name: str, part: object) -> str:
    """Write a field with each of its entries on a line, so that a change of the ontology shows as a change of lines."""
    match part:
        case dict():
            text = "{\n" + ",\n".join(f"{_text(key)}: {_text(value)}" for key, value in part.items()) + "\n}"
        case list():
            text = "[\n" + ",\n".join(map(_text, part)) + "\n]"
        case _:
            text = _text(part)
    return f"{_text(name)}: {text}"


def _text(data: object) -> str:
    return orjson.dumps(data).decode()
