"""Of which choices an action is nothing but a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from hipkg.knowledge.records import StatementInfo


def shared_choices(advising: Iterable[StatementInfo]) -> Set[str]:
    """Collect the choices of which each of the statements that advise an action offers a member."""
    first, *others = [one.choices for one in advising] or [()]
    return frozenset(first).intersection(*others)
