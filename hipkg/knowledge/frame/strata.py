"""Which statements decide whether a companion is in the plan, and so the order in which statements are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip

if TYPE_CHECKING:
    from collections.abc import Callable

    from hipkg.knowledge.records import StatementInfo

OFFERING = frozenset({hip.indicates})
"""The effects of statements that put an intervention, and what it is a kind of, into the plan when they hold."""

KEEPING_OUT = frozenset({hip.contraindicates, hip.holdsBack})
"""The effects of statements that keep an intervention, and every kind of it, out of the plan when they hold."""


def decides(statement: StatementInfo, companion: str, is_a: Callable[[str, str], bool]) -> bool:
    """Tell whether a statement can put an intervention, or a kind of it, into a plan or keep it out."""
    if statement.effect in OFFERING:
        return is_a(statement.intervention, companion)
    if statement.effect in KEEPING_OUT:
        return is_a(statement.intervention, companion) or is_a(companion, statement.intervention)
    return False


def keeps_out(statement: StatementInfo, other: StatementInfo, is_a: Callable[[str, str], bool]) -> bool:
    """Tell whether a statement can keep out of a plan what another puts into it."""
    effects = statement.effect in KEEPING_OUT and other.effect in OFFERING
    return effects and is_a(other.intervention, statement.intervention)
