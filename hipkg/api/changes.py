"""What data frames have of the actions that change between two plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.vocabulary import curie

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.api.result import Row
    from hipkg.defence.difference import ActionChange
    from hipkg.defence.since import Moved

COLUMNS: Mapping[str, type] = {
    "action": str,
    "intervention": str,
    "site": str,
    "before": str,
    "after": str,
    "statements": str,
}
"""The columns of a change, after those that name the patient and the dates."""


def rows(changes: Iterable[ActionChange | Moved], *beginning: object) -> Iterator[Row]:
    """List the rows of some changes, each after what it begins with."""
    for one in changes:
        changed = tuple(it.id for it in one.statements)
        yield (*beginning, one.label, curie(one.intervention), one.site, one.before, one.after, changed)
