"""How much a change of the ontology weighs."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How much a change weighs: plans may change, there is more to use, only words differ, or nothing does."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"

    @property
    def weight(self) -> int:
        """Count from 0 for what weighs nothing."""
        return [*Level][::-1].index(self)
