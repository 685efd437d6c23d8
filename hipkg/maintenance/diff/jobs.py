"""Compare the plans of patients in several processes at once, each of which reads both releases once."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.ending import deaf_processes, obedient, stop_processes, tidied
from hipkg.base.errors import EngineUnavailable
from hipkg.knowledge.loading import read_release, released
from hipkg.maintenance.diff.plans import Plans, plan_changes
from hipkg.maintenance.diff.sides import with_codes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.diff.patients import PatientFile
    from hipkg.maintenance.diff.sides import Side

_SHARE = 40
"""How many files a process is given at once."""


class _Release(NamedTuple):
    """Where a process finds what a side holds, and the folder that has its codes, None for those of hipkg."""

    path: Path
    folder: Path | None


def plans_in_jobs(
    files: Sequence[PatientFile],
    old: tuple[Side, Knowledge],
    new: tuple[Side, Knowledge],
    differing: frozenset[str],
    jobs: int,
) -> Plans:
    """Do what `hipkg.maintenance.diff.plans.plan_changes` does, in so many processes.

    Raises `EngineUnavailable` where one of them ends before its time.
    """
    before, after = _written(*old), _written(*new)
    shares = [files[start : start + _SHARE] for start in range(0, len(files), _SHARE)]
    with tidied(stop_processes), ExitStack() as stack:
        with deaf_processes():
            pool = stack.enter_context(ProcessPoolExecutor(jobs, get_context("spawn"), initializer=obedient))
            made = [pool.submit(_compared, one, before, after, differing) for one in shares]
        try:
            found = [one.result() for one in made]
        except BrokenProcessPool:
            raise EngineUnavailable(
                "One of the processes that plan has ended, perhaps for want of memory.", remedy="Use fewer --jobs."
            ) from None
    return Plans(
        sum(one.patients for one in found),
        sum(one.without_plan for one in found),
        tuple(it for one in found for it in one.changed),
    )


def _written(side: Side, knowledge: Knowledge) -> _Release:
    path = side.scratch / "held.json"
    path.write_bytes(released(knowledge))
    return _Release(path, side.folder)


@cache
def _read(release: _Release) -> Knowledge:
    return with_codes(read_release(release.path.read_bytes()), release.folder)


def _compared(files: Sequence[PatientFile], old: _Release, new: _Release, differing: frozenset[str]) -> Plans:
    return plan_changes(files, _read(old), _read(new), differing)
