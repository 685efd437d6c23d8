"""What a page of a plan shows under the headings that a reader acts on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.render.sheet import Row

ACTED_ON = ("check", "may-apply", "do-today", "consider", "tried", "already")


def titles(rows: Iterable[Row]) -> Iterator[str]:
    """Name the rows, each before what is told in it."""
    for row in rows:
        yield row.title
        yield from (f"with {one.title}" for one in row.riders)
