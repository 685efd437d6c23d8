"""How firmly a statement asks for its intervention."""

from enum import StrEnum


class Modality(StrEnum):
    """The modalities of statements and actions, the firmest first; what only informs has none."""

    DO = "do"
    CONSIDER = "consider"
    DO_NOT = "do-not"
    AVOID = "avoid"
    NONE = ""
