"""How much a change of the ontology weighs."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How much a change weighs: plans may change, there are new terms, or only words differ."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"

    @property
    def weight(self) -> int:
        """Count from 0 for what weighs least."""
        return [Level.PATCH, Level.MINOR, Level.MAJOR].index(self)
