"""End at once where a signal says so, and leave nothing behind: no temporary files, no other processes.

What has to go is noted before it is there. A handler that raised an exception could do it anywhere, also where it is
swallowed; this one tidies up and ends the process.
"""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_OFFSET = 128
"""What is added to the number of a signal to give the exit code, as shells do."""
INTERRUPTED = _OFFSET + signal.SIGINT
"""The exit code of a command that the user has interrupted."""


class _Ending:
    """What is to be tidied up, the last first, and the signals that have to wait for something that is on its way."""

    def __init__(self) -> None:
        self.tidying: list[Callable[[], object]] = []
        # A list, because what is added and taken there is never lost between threads.
        self.holding: list[None] = []
        self.waiting: list[int] = []

    def end(self, number: int, _frame: FrameType | None = None) -> None:
        """Tidy up and end the process, or do so later."""
        if self.holding:
            self.waiting.append(number)
            return
        self.holding.append(None)
        for tidy in reversed(self.tidying):
            with suppress(Exception):
                tidy()
        os._exit(_OFFSET + number)


_ending = _Ending()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP end the process with 128 and their number, unless they are ignored."""
    before = {}
    with suppress(ValueError):  # only the main thread may say what signals do
        for one in _SIGNALS:
            if signal.getsignal(one) is not signal.SIG_IGN:
                before[one] = signal.signal(one, _ending.end)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Let SIGINT raise `KeyboardInterrupt` meanwhile, where it ends the process otherwise; tell whether it came."""
    met: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        met.append(number)
        raise KeyboardInterrupt

    ending = signal.getsignal(signal.SIGINT) == _ending.end
    if ending:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield met
    finally:
        if ending:
            signal.signal(signal.SIGINT, _ending.end)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait until something is done that must not be done by halves."""
    _ending.holding.append(None)
    try:
        yield
    finally:
        _ending.holding.pop()
        if _ending.waiting and not _ending.holding:
            _ending.end(_ending.waiting[0])


@contextmanager
def tidied(tidy: Callable[[], object]) -> Iterator[None]:
    """Do something at the end, however it comes; it may be done twice."""
    _ending.tidying.append(tidy)
    try:
        yield
    finally:
        with undisturbed():
            tidy()
            _ending.tidying.remove(tidy)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that only its owner may read and that is gone afterwards."""
    from functools import partial
    from shutil import rmtree
    from tempfile import mkdtemp

    with ExitStack() as stack:
        with undisturbed():
            folder = Path(mkdtemp(prefix="hipkg-"))
            stack.enter_context(tidied(partial(rmtree, folder, ignore_errors=True)))
        yield folder


def run(command: Sequence[str], *, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run another program until it ends, and take what it writes; it never outlives this process.

    Raises what `subprocess.run` does where it cannot be started or takes longer than so many seconds.
    """
    import subprocess

    pipe = subprocess.PIPE
    with ExitStack() as stack:
        with undisturbed():
            process = subprocess.Popen(  # noqa: S603 - callers give fixed commands
                command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, encoding="utf-8", errors="replace"
            )
            stack.enter_context(process)
            stack.enter_context(tidied(process.kill))
        out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@contextmanager
def deaf_processes() -> Iterator[None]:
    """Start other Python processes meanwhile; an interrupt from the terminal, which goes to all, reaches only this."""
    from multiprocessing import resource_tracker

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    warnings = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"  # what it says when it tidies up
    resource_tracker.ensure_running()  # before, for it lets signals in when it is started
    if warnings is None:
        del os.environ["PYTHONWARNINGS"]
    else:
        os.environ["PYTHONWARNINGS"] = warnings
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def obedient() -> None:
    """Let this process end with the one that has started it, and not before."""
    from multiprocessing import parent_process
    from threading import Thread

    def follow() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=follow, daemon=True).start()


def stop_processes() -> None:
    """End the Python processes that this one has started."""
    from multiprocessing import active_children

    for one in active_children():
        one.kill()


def forget() -> None:
    """Leave the tidying up to the process that this one was copied from, and let signals do what they always do."""
    _ending.tidying.clear()
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_DFL)
