"""Group what refers to each other, and follow what leads from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


Key = TypeVar("Key", str, int)
Node = TypeVar("Node")


class Groups(Generic[Key]):
    """Things that belong together, as a union-find; the least key names a group."""

    def __init__(self) -> None:
        self._up: dict[Key, Key] = {}

    def find(self, key: Key) -> Key:
        """Name the group of a key."""
        while key in self._up:
            key = self._up[key]
        return key

    def tie(self, one: Key, other: Key) -> None:
        """Put two keys, and all that is tied to them, into one group."""
        first, second = sorted((self.find(one), self.find(other)))
        if first != second:
            self._up[second] = first

    def tie_all(self, one: Key, others: Iterable[Key]) -> None:
        """Put a key and others into one group."""
        for other in others:
            self.tie(one, other)


def reached(starts: Iterable[Node], onward: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """Collect what a function leads to from some starts, step by step, with these."""
    found: set[Node] = set()
    agenda = list(starts)
    while agenda:
        one = agenda.pop()
        if one not in found:
            found.add(one)
            agenda += onward(one)
    return found
