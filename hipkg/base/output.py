"""Write a result to standard output or to a file, whole or not at all."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, RdfFormat, Triple, serialize

from hipkg.base.ending import tidied, undisturbed
from hipkg.base.errors import HipkgError, UnwritableOutput, UsageError
from hipkg.base.streams import write_standard_output
from hipkg.base.vocabulary import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def write_output(text: str | bytes | Iterable[str], target: str | None, *, new: bool = False) -> None:
    """Write a result to a file, or to standard output if the target is None or ``-``.

    Text is written as UTF-8; of several texts each is written as soon as it is there. A file is written beside its
    target and then put in its place, so that a reader finds the old content or the new, never a part. A link is
    followed; a device such as ``/dev/null`` is written to as it is. ``new`` asks for a file that is not there yet.

    Raises `UsageError` where such a file exists, the folder is missing or the target is a folder, and
    `UnwritableOutput` where writing fails.
    """
    parts = _encoded([text] if isinstance(text, str | bytes) else text)
    if target is None or target == "-":
        write_standard_output(parts)
        return
    try:
        _write_file(parts, Path(target).resolve(), new=new)
    except HipkgError:
        raise
    except (OSError, ValueError) as error:
        raise _refusal(error, target) from None


def _encoded(texts: Iterable[str | bytes]) -> Iterator[bytes]:
    return (one.encode() if isinstance(one, str) else one for one in texts)


def graph_text(triples: Iterable[Triple], format: str) -> str:  # noqa: A002 - the word of the command line
    """Write triples as turtle, ntriples, rdfxml or jsonld, sorted, with the project's prefixes."""
    formats = {
        "turtle": RdfFormat.TURTLE,
        "ntriples": RdfFormat.N_TRIPLES,
        "rdfxml": RdfFormat.RDF_XML,
        "jsonld": RdfFormat.JSON_LD,
    }
    ordered = sorted(set(triples), key=str)
    used = {name for one in ordered for name in map(str, (one.subject, one.predicate, one.object))}
    prefixes = {prefix: iri for prefix, iri in PREFIXES.items() if any(iri in name for name in used)}
    text = (serialize(ordered, format=formats[format], prefixes=prefixes) or b"").decode()
    if format != "turtle":
        return text
    lines = text.splitlines(keepends=True)
    header = [one for one in lines if one.startswith("@prefix")]  # which the serialiser writes in any order
    return "".join([*sorted(header), *lines[len(header) :]])


def apart(graphs: Iterable[Iterable[Triple]]) -> list[Triple]:
    """Put graphs side by side with blank nodes numbered anew, so that equal labels in two graphs stay two nodes."""
    found: list[Triple] = []
    for number, graph in enumerate(graphs):
        labels: dict[BlankNode, BlankNode] = {}
        for one in graph:
            terms = (_numbered(term, number, labels) for term in (one.subject, one.predicate, one.object))
            found.append(Triple(*terms))  # type: ignore[arg-type]
    return found


def _numbered(term: object, graph: int, labels: dict[BlankNode, BlankNode]) -> object:
    if not isinstance(term, BlankNode):
        return term
    return labels.setdefault(term, BlankNode(f"b{graph}x{len(labels)}"))


def _write_file(parts: Iterable[bytes], path: Path, *, new: bool) -> None:
    import tempfile
    from functools import partial

    if path.is_dir():
        raise IsADirectoryError
    if new and path.exists():
        raise FileExistsError
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            file.writelines(parts)
        return
    with ExitStack() as stack:
        with undisturbed():
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", dir=path.parent)
            stack.enter_context(tidied(partial(_remove, name)))
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_mode(path))
        if new:
            path.hardlink_to(name)
        else:
            Path(name).replace(path)


def _remove(name: str) -> None:
    with suppress(OSError):
        Path(name).unlink()


def _mode(path: Path) -> int:
    """Keep the permissions of a file that is replaced; give a new one what the process gives any new file."""
    if path.exists():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _refusal(error: OSError | ValueError, target: str) -> UsageError:
    if isinstance(error, IsADirectoryError):
        return UsageError("The output is a folder.", place=target, remedy="Name a file in it.")
    if isinstance(error, FileExistsError):
        return UsageError("The file exists, and is to be a new one.", place=target, remedy="Name another file.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UsageError("The folder of the output does not exist.", place=target, remedy="Make it first.")
    if isinstance(error, PermissionError):
        return UsageError("The output may not be written there.", place=target, remedy="Choose a folder of your own.")
    reason = getattr(error, "strerror", None) or error
    return UnwritableOutput(
        f"The output cannot be written: {reason}.", place=repr(target), remedy="Choose another file."
    )
