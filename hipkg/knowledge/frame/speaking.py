"""Which statements speak for an action, and so give it its modality and its grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.knowledge.modality import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


FIRMNESS: Mapping[Modality, int] = {modality: number for number, modality in enumerate(Modality)}
"""The place of a modality; of several statements of equal standing the firmest gives an action its modality."""

STANDING: Mapping[ClaimKind, int] = {
    ClaimKind.REFUSED: 0,
    ClaimKind.INDICATED: 1,
    ClaimKind.GUARDING: 1,
    ClaimKind.FULFILLED: 2,
    ClaimKind.GUARDED: 2,
    ClaimKind.AWAITED: 3,
    ClaimKind.GUARD_AWAITED: 4,
    ClaimKind.SPECIFIED: 5,
    ClaimKind.HELD_BACK: 6,
    ClaimKind.GATE_AWAITED: 6,
    ClaimKind.REFUSAL_AWAITED: 6,
    ClaimKind.DISCOURAGED: 6,
    ClaimKind.DISCOURAGEMENT_AWAITED: 6,
}
"""Whose modality an action has: that of the statements that make a claim of the least number.

What holds comes before what is fulfilled, and that before what waits, so that a gate that opens makes no advice firmer,
nor does a precaution that waits.
"""

OUTSPOKEN = frozenset({ClaimKind.DISCOURAGED})
"""The claims that come before any other where they give an action its status."""


def speaking(kinds: Iterable[ClaimKind], decisive: ClaimKind) -> tuple[ClaimKind, ...]:
    """Pick, of the claims for an action, those of the statements that give it its modality and its grade."""
    if decisive in OUTSPOKEN:
        return (decisive,)
    standing = [(STANDING[kind], kind) for kind in kinds if kind in STANDING]
    best = min(standing)[0]
    return tuple([kind for place, kind in standing if place == best])
