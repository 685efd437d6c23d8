"""Find the knowledge that work is done with: what is released, with the codes of the user's tables."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hipkg.base.own import own_folder
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hipkg.knowledge.records import Knowledge


def knowing(codes: Sequence[str] = ()) -> Knowledge:
    """Return the released knowledge, with the codes of tables if there are any.

    Parameters: ``codes`` are as for `hipkg.reading.supplied.with_codes`, and so are the errors.
    """
    if not codes:
        return load()
    from hipkg.reading.supplied import with_codes

    return with_codes(load(), codes)


def knowing_once(codes: tuple[str, ...]) -> Knowledge:
    """Return the same, and read the tables once in a process, which ends before they change."""
    return _knowing_once(codes, own_folder())


@cache
def _knowing_once(codes: tuple[str, ...], _: Path | None) -> Knowledge:
    return knowing(codes)
