"""How prominent a statement is in its document."""

from enum import StrEnum


class Prominence(StrEnum):
    """What a document puts first, what belongs to its outline, and what adds detail."""

    LEAD = "lead"
    OUTLINE = "outline"
    NONE = ""


RANKS = {one: rank for rank, one in enumerate(Prominence)}
"""The order of prominence, the greatest first."""
