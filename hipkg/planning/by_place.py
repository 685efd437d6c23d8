"""Find what of a plan is at a place without looking at all places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Set


class _AtPlace(Protocol):
    """What stands at a place of a patient, or at none where it is of the whole patient."""

    @property
    def place(self) -> str:
        """The place, or an empty text."""


Placed = TypeVar("Placed", bound=_AtPlace)


class ByPlace(Generic[Placed]):
    """Actions or statements by their places, each in the order of the plan."""

    def __init__(self, told: Iterable[Placed]) -> None:
        self._at: dict[str, dict[int, Placed]] = {}
        for number, one in enumerate(told):
            self._at.setdefault(one.place, {})[number] = one

    @property
    def places(self) -> Set[str]:
        """The places at which anything is."""
        return self._at.keys()

    def only(self, place: str) -> list[Placed]:
        """List what is at a place itself."""
        return [*self._at.get(place, {}).values()]

    def reaching(self, place: str) -> list[Placed]:
        """List what is at a place or of the whole patient."""
        found = self._at.get(place, {}) | self._at.get("", {})
        return [found[number] for number in sorted(found)]
