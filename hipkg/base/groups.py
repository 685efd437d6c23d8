"""Group what refers to each other, and follow what leads from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


Key = TypeVar("Key", str, int)
Node = TypeVar("Node")


class Groups(Generic[Key]):
    """Things that belong together, as a union-find; the least key names a group."""

    def __init__(self) -> None:
        self._up: dict[Key, Key] = {}

    def find(self, key: Key) -> Key:
        """Name the group of a key."""
        first = key
        while first in self._up:
            first = self._up[first]
        while key != first:  # so that no chain is followed twice
            self._up[key], key = first, self._up[key]
        return first

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


def circles(onward: Mapping[Node, Iterable[Node]]) -> dict[Node, int]:
    """Give the nodes that lead to each other one number, and a lower one to what they lead to and not back.

    The algorithm is Tarjan's for strongly connected components.
    """
    found: dict[Node, int] = {}
    seen: dict[Node, int] = {}
    low: dict[Node, int] = {}
    open_: list[Node] = []
    for start in onward:
        agenda = [] if start in seen else [(start, iter(onward[start]))]
        while agenda:
            node, others = agenda[-1]
            if node not in seen:
                seen[node] = low[node] = len(seen)
                open_.append(node)
            for other in others:
                if other not in seen:
                    agenda.append((other, iter(onward.get(other, ()))))
                    break
                if other not in found:
                    low[node] = min(low[node], seen[other])
            else:
                agenda.pop()
                if agenda:
                    above = agenda[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == seen[node]:
                    number, last = len(found), None
                    while last != node:
                        last = open_.pop()
                        found[last] = number
    return found
