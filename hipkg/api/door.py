"""What a source had that was set aside, told to those who call from Python."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, TypeVar

from hipkg.base.errors import HipkgError, SetAside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hipkg.base.batch import Batch

Made = TypeVar("Made")
_PACKAGE = __name__.partition(".")[0]


def warned(make: Callable[[], Batch[Made]]) -> tuple[Made, ...]:
    """Return the results of a batch, and warn of what was set aside, also where an error ends the work."""
    try:
        batch = make()
    except HipkgError as problem:
        _warn(problem.set_aside)
        raise
    _warn(batch.set_aside)
    return batch.results


def _warn(problems: Iterable[HipkgError]) -> None:
    for one in problems:
        warnings.warn(SetAside(one), stacklevel=_caller())


def _caller() -> int:
    """Count how many frames above the warning the first one is that is not of this package."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level += 1
    return level
