"""Do a piece of work in a copy of this process, which can be stopped whatever it does, and cannot take all memory."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import time
from contextlib import ExitStack, suppress
from enum import Enum
from typing import TYPE_CHECKING, NoReturn, TypeVar

from hipkg.base.ending import forget, tidied, undisturbed

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

    Send = Callable[[bytes], None]

Made = TypeVar("Made")
_PART = 2**20
_HEAD = struct.Struct(">?Q")
"""What stands before a part: whether it is a problem that the work raised, and its size."""


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
    parts = isolated_parts(lambda send: send(pickle.dumps(work())), seconds=seconds, memory=memory)
    return pickle.loads(b"".join(parts))  # type: ignore[no-any-return]  # noqa: S301 - of this process's own copy


def isolated_parts(
    work: Callable[[Send], None], *, seconds: float, memory: int, sealed: bool = False
) -> Iterator[bytes]:
    """Do a piece of work as `isolated` does, and give on what it sends as it comes.

    Parameters: ``seconds`` are those that are waited for the work, not those that pass between the parts; ``sealed``
    work can open no file and no connection.
    """
    if not hasattr(os, "fork"):
        sent: list[bytes] = []
        work(sent.append)
        yield from sent
        return
    with ExitStack() as stack:
        with undisturbed():
            read, write = os.pipe()
            stack.callback(os.close, read)
            child = _forked()
            if child == 0:
                _serve(work, write, memory, sealed=sealed)
            os.close(write)
            worker = _Worker(child)
            stack.enter_context(tidied(worker.kill))
        received = _Received(read, seconds)
        while (head := received.take(_HEAD.size)) and len(head) == _HEAD.size:
            failed, size = _HEAD.unpack(head)
            part = received.take(size)
            if len(part) < size:
                break
            if failed:
                raise pickle.loads(part)  # noqa: S301 - of this process's own copy
            if not size:
                return
            yield part
        worker.kill()
        raise UnfinishedError(Reason.CRASH if worker.status == signal.SIGSEGV else Reason.MEMORY)


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


class _Received:
    """What comes from a process, as long as it is not waited for more than so many seconds in all."""

    def __init__(self, descriptor: int, seconds: float) -> None:
        self._descriptor = descriptor
        self._left = seconds
        self._there = bytearray()

    def take(self, size: int) -> bytes:
        """Take so many bytes, fewer at the end; raises `UnfinishedError`."""
        while len(self._there) < size and (part := self._part()):
            self._there += part
        taken = bytes(self._there[:size])
        del self._there[:size]
        return taken

    def _part(self) -> bytes:
        from select import select

        begun = time.monotonic()
        ready = select((self._descriptor,), (), (), max(self._left, 0))[0]
        self._left -= time.monotonic() - begun
        if not ready:
            raise UnfinishedError(Reason.TIME)
        return os.read(self._descriptor, _PART)


def _serve(work: Callable[[Send], None], descriptor: int, memory: int, *, sealed: bool) -> NoReturn:
    """Do the work in the copy, write what it sends, and end."""
    try:
        forget()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where native code would tell of its end
        _limit(memory)
        if sealed:
            _seal()
        with os.fdopen(descriptor, "wb", buffering=0) as file:

            def send(data: bytes, *, failed: bool = False) -> None:
                if data or failed:
                    _write(file, _HEAD.pack(failed, len(data)) + data)

            try:
                work(send)
            except MemoryError:
                os._exit(1)
            except Exception as problem:  # noqa: BLE001 - it goes on in the other process
                send(pickle.dumps(problem), failed=True)
            else:
                _write(file, _HEAD.pack(False, 0))
    finally:
        os._exit(0)


def _write(file: io.RawIOBase, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) or 0 :]


def _limit(memory: int) -> None:
    """Bound the address space, where the system tells how large it is."""
    with suppress(ImportError, OSError, ValueError):
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _seal() -> None:
    """Open nothing any more: no file and no connection."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
