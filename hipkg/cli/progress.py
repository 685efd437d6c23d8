"""Show on a terminal how far a long piece of work is, how fast it goes, and how long it will take."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Made = TypeVar("Made")


def shown(made: Iterable[Made], total: int, count: Callable[[Made], int], what: str) -> Iterator[Made]:
    """Pass on what is made, and tell of it on standard error where that is a terminal.

    Parameters: ``total`` is how many there will be, ``count`` how many of ``what`` is counted each holds.
    """
    if not sys.stderr.isatty():
        yield from made
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        number = 0
        for one in made:
            number += count(one)
            elapsed = progress.tasks[0].elapsed or 0.0
            rate = f", {number / elapsed:.0f}/s" if elapsed > 0 else ""
            progress.update(task, advance=1, description=f"{number} {what}{rate}")
            yield one
