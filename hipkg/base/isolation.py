"""Do a piece of work in a copy of this process, which can be stopped whatever it does, and cannot take all memory."""

from __future__ import annotations

import os
import pickle
import signal
import time
from contextlib import ExitStack, suppress
from enum import Enum
from typing import TYPE_CHECKING, NoReturn, TypeVar

from hipkg.base.ending import forget, tidied, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")
_PART = 2**20


class Reason(Enum):
    """Why a piece of work came to no end."""

    TIME = "time"
    MEMORY = "memory"
    CRASH = "crash"


class UnfinishedError(Exception):
    """Tell that a piece of work came to no end, and the ``reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def isolated(work: Callable[[], Made], *, seconds: float, memory: int) -> Made:
    """Do a piece of work within so many seconds, and so many bytes of memory beyond what this process has.

    What the work returns or raises is pickled. Where a process cannot be copied there are no such limits.

    Raises what the work raises, and `UnfinishedError`.
    """
    if not hasattr(os, "fork"):
        return work()
    until = time.monotonic() + seconds
    with ExitStack() as stack:
        with undisturbed():
            read, write = os.pipe()
            stack.callback(os.close, read)
            child = _forked()
            if child == 0:
                _serve(work, write, memory)
            os.close(write)
            worker = _Worker(child)
            stack.enter_context(tidied(worker.kill))
        data = _received(read, until)
    if data is None:
        raise UnfinishedError(Reason.TIME)
    if not data:
        raise UnfinishedError(Reason.CRASH if worker.status == signal.SIGSEGV else Reason.MEMORY)
    problem, made = pickle.loads(data)  # noqa: S301 - of this process's own copy
    if problem is not None:
        raise problem
    return made  # type: ignore[no-any-return]


class _Worker:
    """A copy of this process, and how it ended."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.status: int | None = None

    def kill(self) -> None:
        """End it, if it has not ended yet."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self._number, signal.SIGKILL)
            _, self.status = os.waitpid(self._number, 0)


def _forked() -> int:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads, which the copy does not have or need
        return os.fork()


def _received(descriptor: int, until: float) -> bytes | None:
    """Read all that comes, or nothing if that takes longer than until some time."""
    from select import select

    parts: list[bytes] = []
    while (left := until - time.monotonic()) > 0:
        if select((descriptor,), (), (), left)[0]:
            part = os.read(descriptor, _PART)
            if not part:
                return b"".join(parts)
            parts.append(part)
    return None


def _serve(work: Callable[[], object], descriptor: int, memory: int) -> NoReturn:
    """Do the work in the copy, write what it gives, and end."""
    try:
        forget()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where native code would tell of its end
        _limit(memory)
        try:
            told = pickle.dumps((None, work()))
        except MemoryError:
            os._exit(1)
        except Exception as problem:  # noqa: BLE001 - it goes on in the other process
            told = pickle.dumps((problem, None))
        with os.fdopen(descriptor, "wb") as file:
            file.write(told)
    finally:
        os._exit(0)


def _limit(memory: int) -> None:
    """Bound the address space, where the system tells how large it is."""
    with suppress(ImportError, OSError, ValueError):
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
