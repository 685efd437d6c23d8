"""Make something of each share of a bulk export, side by side if wanted, in memory that does not grow with it."""

from __future__ import annotations

import gc
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.batch import Batch
from hipkg.base.ending import deaf_processes, obedient, stop_processes, tidied
from hipkg.base.errors import DeceasedPatient, EngineUnavailable, InconsistentData, InvalidPatient, NoPatient
from hipkg.pipeline.knowing import knowing_once
from hipkg.pipeline.process import each_alone, planned, read_checked
from hipkg.reading.fhir.bulk import Share, shares_of
from hipkg.reading.joint import Joint, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request
    from hipkg.planning.records import Plan

    Write = Callable[[Plan, Knowledge], str]

_AHEAD = 2
"""How many shares wait for each job, so that none is idle and few results are kept."""


class _Task(NamedTuple):
    """What a process is to do with a share; ``codes`` name the tables of further codes."""

    request: Request
    write: Write
    codes: tuple[str, ...]


@contextmanager
def written_plans(
    source: str, request: Request, write: Write, *, jobs: int = 1, codes: Sequence[str] = ()
) -> Iterator[tuple[int, Iterator[Batch[str]]]]:
    """Plan for the patients of a bulk export share by share, and tell how many shares there are.

    Parameters: ``write`` turns a plan into text, in the process that made it; ``jobs`` is the number of processes;
    ``codes`` name the tables of further codes.

    Raises `UnreadableInput` for what cannot be read, and what `plan_patients` raises but for reasons of the patients.
    """
    task = _Task(request, write, tuple(codes))
    if jobs == 1:
        with shares_of(source) as shares:
            yield len(shares), (_written(one, task) for one in shares)
        return
    with tidied(stop_processes), ExitStack() as stack:
        with deaf_processes():
            pool = stack.enter_context(ProcessPoolExecutor(jobs, get_context("spawn"), initializer=obedient))
            for _ in range(jobs):  # they begin while the export is parted
                pool.submit(knowing_once, task.codes)
        with shares_of(source) as shares:
            yield len(shares), _in_order(pool, shares, task, jobs * _AHEAD)


def _in_order(pool: ProcessPoolExecutor, shares: tuple[Share, ...], task: _Task, most: int) -> Iterator[Batch[str]]:
    """Give the results in the order of the shares, and keep no more than so many under way."""
    under_way: deque[Future[Batch[str]]] = deque()
    try:
        for one in shares:
            if len(under_way) == most:
                yield under_way.popleft().result()
            under_way.append(pool.submit(_written, one, task))
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool:
        raise EngineUnavailable(
            "One of the processes that plan has ended, perhaps for want of memory.", remedy="Use fewer --jobs."
        ) from None


@contextmanager
def _without_collection() -> Iterator[None]:
    """Let no garbage be looked for meanwhile: that takes a third of the time, and what is of a share goes with it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _written(share: Share, task: _Task) -> Batch[str]:
    """Plan for the patients of a share; what is wrong with all of them is set aside as what is wrong with one."""
    with _without_collection():
        return _planned(share, task.request, task.write, knowing_once(task.codes))


def _planned(share: Share, request: Request, write: Write, knowledge: Knowledge) -> Batch[str]:
    try:
        checked = read_checked(Joint((Part(share.name, found=share.resources()),), at_once=False), request, knowledge)
        return each_alone(checked, lambda one: write(planned(one, request, knowledge).plan, knowledge))
    except (DeceasedPatient, InconsistentData, InvalidPatient, NoPatient) as problem:
        told = () if isinstance(problem, NoPatient) else (problem,)
        return Batch((), (*problem.set_aside, *told))
