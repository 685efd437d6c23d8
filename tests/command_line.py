"""Run the command line in the process of the tests."""

from __future__ import annotations

from typing import NamedTuple


class Run(NamedTuple):
    """What a run of the command line gave."""

    code: int
    out: str
    err: str
