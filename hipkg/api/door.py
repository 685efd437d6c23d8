"""What those who call from Python bring along, and what they are told beside the results."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, TypeVar

from hipkg.base.errors import HipkgError, SetAside
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hipkg.base.batch import Batch
    from hipkg.knowledge.records import Knowledge

Made = TypeVar("Made")
_CALLER = 4


def knowing(codes: Sequence[str]) -> Knowledge:
    """Return the released knowledge, with the codes of tables if there are any."""
    if not codes:
        return load()
    from hipkg.reading.supplied import with_codes

    return with_codes(load(), codes)


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
        warnings.warn(SetAside(one), stacklevel=_CALLER)
