"""Note what is told of putting facts together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.reading.fhir.records import Activity, Measure, Problem


class Merged(NamedTuple):
    """A resource whose fact went into that of another, and why."""

    resource: str
    into: str
    why: str


@dataclass
class Log:
    """What is told of joining and assembling: what was merged, and notes and doubts as pairs of resource and text."""

    merged: list[Merged] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    flags: list[tuple[str, str]] = field(default_factory=list)

    def merge(self, others: Iterable[Problem | Activity | Measure], into: str, why: str) -> None:
        """Note that the facts of other resources went into that of one."""
        found = dict.fromkeys(one.resource for one in others if one.resource != into)
        self.merged += (Merged(resource, into, why) for resource in found)
