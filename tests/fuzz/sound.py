"""The sound inputs that are damaged: the examples and the cases of other tests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from support.cases import CASES, EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2026-11-23"
STATEMENT_STRIDE = 9
"""Of how many cases of statements, which are much alike, one is damaged."""


class Sound(NamedTuple):
    """An input as it was before the damage: its name, its extension, and its content."""

    name: str
    extension: str
    data: bytes


@cache
def graphs() -> tuple[Sound, ...]:
    """List patients in Turtle."""
    folders = ("actions", "checks", "ledger", "tensions", "unused", "visits")
    found = [*EXAMPLES.values(), *(path for one in folders for path in sorted(CASES.glob(f"{one}/*/*.ttl")))]
    return _read([*found, *sorted(CASES.glob("statements/*/fires.ttl"))[::STATEMENT_STRIDE]])


@cache
def bundles() -> tuple[Sound, ...]:
    """List patients in FHIR."""
    examples = [path.with_suffix(".json") for path in EXAMPLES.values()]
    return _read([*examples, *sorted(CASES.glob("fhir/*/bundle.json"))])


@cache
def tables() -> tuple[Sound, ...]:
    """List tables of further codes."""
    return _read(sorted(path for path in CASES.glob("codes/*/*") if path.suffix in {".csv", ".tsv", ".json"}))


def _read(paths: list[Path]) -> tuple[Sound, ...]:
    return tuple(
        Sound(path.relative_to(CASES.parent.parent).as_posix(), path.suffix.lstrip("."), path.read_bytes())
        for path in paths
    )
