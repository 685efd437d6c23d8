"""The rules of the native engine as records, shared by the compiler, the release and the engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One SPARQL update, without prologue.

    ``defines`` is the class or property it belongs to, ``needs`` the terms that must occur in a graph for it to fire,
    ``makes`` the terms it may add.
    """

    defines: str
    needs: frozenset[str]
    makes: frozenset[str]
    update: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that run together; a recursive group is repeated until nothing is added."""

    rules: tuple[Rule, ...]
    recursive: bool
