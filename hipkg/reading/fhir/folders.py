"""Tell which files of a folder hold resources, and open them, compressed or plain."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from hipkg.base.errors import UnreadableInput
from hipkg.base.limits import FILES
from hipkg.reading.opening import RDF_EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hipkg.reading.account import Outcome

_GZIPPED = ".gz"
_OF_LINES = (".ndjson", ".jsonl")
_PLAIN = (".json", ".xml", *_OF_LINES)
_MOST_FILES = FILES.most
EXTENSIONS = (*_PLAIN, *(f"{one}{_GZIPPED}" for one in _PLAIN))
_BLOCK = 2**18


def holds_lines(name: str) -> bool:
    """Tell by its name whether each line of a file is a resource, once it is unpacked."""
    return name.lower().removesuffix(_GZIPPED).endswith(_OF_LINES)


def is_compressed(path: Path) -> bool:
    """Tell by its name whether a file is compressed."""
    return path.suffix.lower() == _GZIPPED


@contextmanager
def unpacked(path: Path, name: str) -> Iterator[BinaryIO]:
    """Open a file, compressed or plain, and read it.

    Parameters: ``name`` is that of the file in errors.

    Raises `UnreadableInput` for one that cannot be read, or is not compressed as its name says.
    """
    import gzip
    import zlib

    try:
        if is_compressed(path):
            with gzip.open(path) as packed, io.BufferedReader(packed, _BLOCK) as file:
                yield file  # lines of what gzip opens are found slowly
        else:
            with path.open("rb") as file:
                yield file
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UnreadableInput("The file is not compressed as its name says.", place=name) from None
    except OSError as error:
        raise UnreadableInput(
            f"The file cannot be read: {error.strerror}.", place=name, remedy="Allow reading it, or take it out."
        ) from None


def names_in(folder: Path) -> list[tuple[str, tuple[Outcome, str] | None]]:
    """List what is in a folder and the folders in it, sorted, with the reason where that is not read.

    No link is followed: it may lead out of the folder, or in circles.
    """
    found: list[tuple[str, tuple[Outcome, str] | None]] = []
    agenda = [""]
    while agenda:
        inner = agenda.pop()
        try:
            inside = [(f"{inner}{one.name}", one) for one in os.scandir(folder / inner)]
        except OSError as error:
            found.append((inner or "./", ("set aside", f"the folder cannot be read: {error.strerror}")))
            continue
        agenda += [f"{name}/" for name, one in inside if one.is_dir(follow_symlinks=False)]
        found += [(name, _why_not_read(one)) for name, one in inside if not one.is_dir(follow_symlinks=False)]
        if len(found) > _MOST_FILES:
            raise FILES.exceeded(str(folder), _MOST_FILES)
    return sorted(found, key=lambda one: one[0].split("/"))


def _why_not_read(one: os.DirEntry[str]) -> tuple[Outcome, str] | None:
    if one.is_symlink():
        return "set aside", "it is a link, and links are not followed"
    name = one.name.lower()
    if one.is_file(follow_symlinks=False) and name.endswith(EXTENSIONS):
        return None
    if name.removesuffix(_GZIPPED).rpartition(".")[2] in RDF_EXTENSIONS:
        return "set aside", "it is RDF, and of a folder FHIR is read: name the file itself"
    return "ignored", "it is no file of resources"
