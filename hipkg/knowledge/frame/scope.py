"""Which statements of a document wait for what the document is about: those that advise, and say how to do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip

if TYPE_CHECKING:
    from collections.abc import Collection

    from hipkg.knowledge.records import Bound

ADVISES = frozenset({hip.indicates, hip.specifies})
"""The effects of statements that advise something, or say how it is to be done."""


def waits_for_scope(effect: str, bounds: Collection[Bound]) -> bool:
    """Tell whether a statement advises; one that specifies an upper limit does not, for a limit holds anywhere."""
    return effect in ADVISES and not (effect == hip.specifies and any(one.upper for one in bounds))
