"""Load the released knowledge that belongs to the ontology beside it.

`load` reads ``ontology/release/hipkg.json``, which `hipkg.maintenance.release` builds from the Turtle sources. The file
is one JSON object: a digest of all that follows it, by which damage is seen, and the fields of `Knowledge`. The stamp
among them is a hash of the sources, of the types of the records, and of the queries that every record goes through, so
that a release of other sources, or for records of other fields, is refused. Each field begins on a line, and each of
its entries is a line, so that a field is read when it is first asked for, and of some fields each entry.
"""

from __future__ import annotations

import re
from dataclasses import fields as dataclass_fields
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from hipkg.base.errors import StaleRelease
from hipkg.base.own import own_folder
from hipkg.base.paths import (
    INSTALLED,
    ONTOLOGY,
    PATIENT_SHAPES,
    RELEASE,
    module_files,
    normalising_queries,
    own_files,
    own_shapes,
)
from hipkg.base.vocabulary import add_namespace
from hipkg.knowledge.codec import decode_lazily, schema, write
from hipkg.knowledge.records import Knowledge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

RELEASE_FILE = RELEASE / "hipkg.json"
_CLOSING = re.compile(rb"\n[}\]]")
"""Where a field of several lines ends; no entry begins with a closing bracket."""
_JAVA = "(needs Java: pip install 'hipkg[java]')"


def source_stamp(files: Iterable[Path] | None = None, beside: Iterable[Path] | None = None) -> str:
    """Hash what a release is made of: the ontology, the shapes, the types of its records; and what it is used with.

    Parameters: ``beside`` are the shapes and the queries that every record goes through, by default those of hipkg.
    """
    digest = sha256(schema(Knowledge).encode())
    others = (PATIENT_SHAPES, *normalising_queries()) if beside is None else beside
    for path in (*(files or module_files(ONTOLOGY)), *others):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def own_stamp(base: str) -> str:
    """Hash what the release of an ontology of one's own is made of: the shipped one, by its stamp, and its files."""
    digest = sha256(base.encode())
    for path in (*own_files(), *own_shapes()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def release_file() -> Path:
    """Name the file of the release that is used: of the shipped ontology, or of one's own on top of it."""
    own = own_folder()
    return own / RELEASE.name / RELEASE_FILE.name if own else RELEASE_FILE


def load() -> Knowledge:
    """Load the released knowledge that belongs to the ontology beside it: the shipped one, or one's own on top of it.

    Raises `StaleRelease` if it is missing, damaged or was built from other sources, `UsageError` if there is no such
    ontology of one's own.
    """
    return _load(own_folder())


def load_base() -> Knowledge:
    """Load the released knowledge of the shipped ontology alone; raises `StaleRelease` as `load` does."""
    return _load(None)


@cache
def _load(own: Path | None) -> Knowledge:
    """Load the release of an ontology of one's own, or that of the shipped one."""
    file = own / RELEASE.name / RELEASE_FILE.name if own else RELEASE_FILE
    try:
        content = file.read_bytes()
        base = source_stamp()
        sources = own_stamp(base) if own else base
    except FileNotFoundError as missing:
        raise _stale(file, "is missing" if missing.filename == str(file) else f"lacks {missing.filename}") from missing
    except OSError as broken:
        raise _stale(file, "cannot be read") from broken
    knowledge = read_release(content, sources, file, base if own else "")
    for prefix, namespace in knowledge.namespaces.items() if own else ():
        add_namespace(prefix, namespace)
    return knowledge


def read_release(content: bytes, sources: str = "", file: Path = RELEASE_FILE, base: str = "") -> Knowledge:
    """Read the content of a release file.

    Parameters: ``sources`` is the hash that its sources have to have, and ``base`` that of the release that it was
    built on, each empty for any; ``file`` is named in errors.

    Raises `StaleRelease` if it is damaged, was built from other sources, or has other fields than these records.
    """
    end = content.find(b"\n") + 1
    whole = content[:end] == _head(memoryview(content)[end:]) + b"\n"
    fields = dict(_fields_of(content, end)) if whole else _fields_anyhow(content, file)
    if base and orjson.loads(fields.get("base", b'""')) != base:
        raise _stale(file, "was built on another version of hipkg's ontology")
    if sources and orjson.loads(fields["stamp"]) != sources:
        raise _stale(file, "was built from other sources")
    if not whole:
        raise _stale(file, "is not what was built: its content does not have the digest that it carries")
    if not sources and fields.keys() != {one.name for one in dataclass_fields(Knowledge)}:
        raise _stale(file, "has other fields than this version of hipkg reads")
    return decode_lazily(Knowledge, fields)


def _fields_of(content: bytes, start: int) -> Iterator[tuple[str, bytes]]:
    """Part what follows the first line of a release into its fields, each as JSON, by the lines that they begin on."""
    last = len(content) - len(b"}\n")
    while start < last:
        name, _, begin = content[start : content.index(b"\n", start)].partition(b": ")
        closing = _CLOSING.search(content, start) if begin in {b"{", b"["} else None
        end = closing.end() if closing else start + len(name) + len(b": ") + len(begin)
        yield name[1:-1].decode(), content[start + len(name) + len(b": ") : end].removesuffix(b",")
        start = content.index(b"\n", end - 1) + 1


def _fields_anyhow(content: bytes, file: Path) -> dict[str, bytes]:
    """Read the fields of what is no release as it was written, for what it was made of; raises `StaleRelease`."""
    try:
        found = orjson.loads(content)
        return {name: orjson.dumps(found[name]) for name in ("stamp", "base")}
    except (ValueError, TypeError, KeyError) as broken:
        raise _stale(file, "cannot be read") from broken


def remedy(*, installed: bool) -> str:
    """Say how a release is mended, in an installed package or in a checkout."""
    if installed:
        return "Install it again with: pip install --force-reinstall --no-deps hipkg."
    return f"Build it with: hipkg ontology release {_JAVA}."


def _stale(file: Path, why: str) -> StaleRelease:
    own = file != RELEASE_FILE
    mend = f"Build it with: hipkg ontology release --ontology {file.parent.parent} {_JAVA}." if own else ""
    return StaleRelease(f"The classified release {why}.", place=str(file), remedy=mend or remedy(installed=INSTALLED))


def released(knowledge: Knowledge) -> bytes:
    """Write the content of a release file."""
    fields = (b'"%s": %s' % (name.encode(), text) for name, text in write(knowledge).items())
    body = b",\n".join(fields) + b"}\n"
    return b"\n".join((_head(body), body))


def _head(body: bytes | memoryview) -> bytes:
    """Write the first line of a release file from what follows it."""
    return f'{{"digest": "{sha256(body).hexdigest()}",'.encode()
