"""How records show themselves in an interactive session: in one line, whatever they hold."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = TypeVar("Kind", bound=type)
LONGEST = 160
"""How many characters a record shows itself in at most."""


def brief(record: object, *parts: object) -> str:
    """Name a record by its kind and by those of some parts that are not empty, in one line of bounded length."""
    told = " · ".join(filter(None, map(_words, parts)))
    shown = "".join(char if char.isprintable() else "?" for char in told)
    name = type(record).__name__
    most = LONGEST - len(f"<{name} >")
    cut = f"{shown[: most - 1]}…" if len(shown) > most else shown
    return f"<{name} {cut}>" if cut else f"<{name}>"


def shown_by(*names: str) -> Callable[[Kind], Kind]:
    """Let records of a class show themselves by some of their fields, a path of attributes each."""
    paths = [attrgetter(one) for one in names]

    def shown(self: object) -> str:
        return brief(self, *(get(self) for get in paths))

    def decorate(kind: Kind) -> Kind:
        kind.__repr__ = shown  # type: ignore[assignment]
        return kind

    return decorate


def _words(part: object) -> str:
    """Say a value; several beside each other, and nothing for none."""
    if isinstance(part, frozenset):
        return ", ".join(sorted(map(_words, part)))
    if isinstance(part, tuple) and type(part) is tuple:
        return ", ".join(filter(None, map(_words, part)))
    return "" if part is None else " ".join(str(part).split())
