"""Which rows of the files of codes differ between two folders of an ontology."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.paths import MAPPINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class CodeChange(NamedTuple):
    """A file of codes, with how many of its rows come and go; one that is changed does both."""

    file: str
    added: int
    removed: int


def code_changes(old: Path, new: Path) -> tuple[CodeChange, ...]:
    """Compare the files of codes of two folders of an ontology, by their rows, where both have some of their own."""
    before, after = (_tables(folder / MAPPINGS.name) for folder in (old, new))
    return tuple(_changes(before, after)) if before and after else ()


def _tables(folder: Path) -> dict[str, frozenset[str]]:
    return {
        path.name: frozenset(path.read_text(encoding="utf-8").splitlines()) for path in sorted(folder.glob("*.tsv"))
    }


def _changes(before: dict[str, frozenset[str]], after: dict[str, frozenset[str]]) -> Iterator[CodeChange]:
    nothing: frozenset[str] = frozenset()
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, nothing), after.get(name, nothing)
        if old != new:
            yield CodeChange(name, len(new - old), len(old - new))
