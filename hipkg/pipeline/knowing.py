"""Find the knowledge that work is done with: what is released, with the codes of the user's tables."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hipkg.base.own import own_folder
from hipkg.base.paths import own_code_tables
from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hipkg.knowledge.records import Knowledge


def knowing(codes: Sequence[str] = ()) -> Knowledge:
    """Return the released knowledge, with the codes of tables if there are any: of one's own ontology, and others.

    Parameters: ``codes`` are as for `hipkg.reading.supplied.with_codes`, and so are the errors.
    """
    own = tuple(map(str, own_code_tables()))
    if not codes:
        return _once(own, own_folder()) if own else load()
    return _with((*own, *codes))


def knowing_once(codes: tuple[str, ...]) -> Knowledge:
    """Return the same, and read the tables once in a process, which ends before they change."""
    tables = (*map(str, own_code_tables()), *codes)
    return _once(tables, own_folder()) if tables else load()


@cache
def _once(tables: tuple[str, ...], _: Path | None) -> Knowledge:
    return _with(tables)


def _with(tables: tuple[str, ...]) -> Knowledge:
    from hipkg.reading.supplied import with_codes

    return with_codes(load(), tables)
