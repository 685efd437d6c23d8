"""What is asked of the patients of a source, whoever asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.knowledge.selection import EVERYTHING

if TYPE_CHECKING:
    from datetime import date

    from hipkg.knowledge.selection import Selection
    from hipkg.reasoning.engines import EngineName


class Request(NamedTuple):
    """How a source is read, and how its patients are planned for.

    ``format`` names the format of the source where its extension does not; ``as_of`` is the date of the plans, by
    default that which the source records, or today; ``selection`` says which statements count; ``allow_invalid`` goes
    on in spite of violations, and the results say so.
    """

    format: str | None = None
    as_of: date | None = None
    engine: EngineName = "native"
    selection: Selection = EVERYTHING
    allow_invalid: bool = False
