"""Results that hold the knowledge that they were made with, and are written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.base.errors import StaleRelease
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge


class Known:
    """A result with the knowledge that it was made with.

    When it is pickled, the stamp of the release stands for the knowledge, which is loaded again on the other side.
    """

    knowledge: Knowledge

    def __getstate__(self) -> dict[str, Any]:
        known = self.knowledge
        return {**vars(self), "knowledge": known.stamp if known is load() else known}

    def __setstate__(self, state: dict[str, Any]) -> None:
        known = state["knowledge"]
        if isinstance(known, str):
            if known != load().stamp:
                raise StaleRelease(
                    "The result was made with another release of the ontology.",
                    remedy="Make it again, or use the release that it was made with.",
                )
            known = load()
        vars(self).update(state, knowledge=known)
