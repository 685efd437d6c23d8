"""The standard streams of a command: what goes out goes out whole and harmless, or there is an error that says why not.

A short write is completed, a pipe that does not block is waited for, and what is closed or full is no success. Where
the reader of standard output has left, as ``head`` does, nobody wants the rest, and the command goes on to its own exit
code; so it does where nobody can read standard error.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from hipkg.base.characters import harmless, harmless_in_colour
from hipkg.base.errors import UnreadableInput, UnwritableOutput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

_STREAMS = 3


class _Outlet(io.RawIOBase):
    """A descriptor that takes all that it is given, or that nobody reads any more.

    Parameters: ``needed`` says that what cannot be written is an error.
    """

    def __init__(self, descriptor: int | None, *, needed: bool) -> None:
        self._descriptor = descriptor
        self._needed = needed
        self.left = False

    def writable(self) -> bool:
        """Tell that this can be written to."""
        return True

    def fileno(self) -> int:
        """Tell the descriptor."""
        if self._descriptor is None:
            raise io.UnsupportedOperation("closed")
        return self._descriptor

    def isatty(self) -> bool:
        """Tell whether this is a terminal."""
        return self._descriptor is not None and os.isatty(self._descriptor)

    def write(self, data: Any) -> int:  # noqa: ANN401 - the base class takes any buffer
        """Write all of the data, unless the reader has left.

        Raises `UnwritableOutput` where that cannot be done and what is written is needed.
        """
        size = len(data)
        try:
            if size and not self.left:
                _write_all(self.fileno(), data)
        except BrokenPipeError:
            self.left = True
        except OSError as problem:
            self.left = not self._needed
            if self._needed:
                reason = problem.strerror or str(problem)
                raise UnwritableOutput(
                    f"It cannot be written: {reason}.", place="standard output", remedy="Write to a file: --output."
                ) from None
        return size


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            from select import select

            select((), (descriptor,), ())


class _Text(io.TextIOWrapper):
    """Text for people, without characters that steer a terminal but those that colour it."""

    def write(self, text: str) -> int:
        """Write a text."""
        super().write(harmless_in_colour(text) if self.isatty() else harmless(text))
        return len(text)


@contextmanager
def standard_streams() -> Iterator[None]:
    """Let standard output and standard error be such streams."""
    _fill_descriptors()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _opened(sys.stdout, needed=True), _opened(sys.stderr, needed=False)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def _fill_descriptors() -> None:
    """Let no file that is opened later take the place of a standard stream that is closed."""
    for one in range(_STREAMS):
        try:
            os.fstat(one)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _opened(stream: TextIO | None, *, needed: bool) -> TextIO:
    descriptor = None
    with suppress(AttributeError, OSError, ValueError):  # None for one that was closed, and one without a descriptor
        descriptor = stream.fileno() if stream else None
    if stream and descriptor is None:
        return stream
    encoding, errors = (stream.encoding, stream.errors) if stream else ("utf-8", "backslashreplace")
    outlet: Any = _Outlet(descriptor, needed=needed)
    return _Text(outlet, encoding, errors, write_through=True)


def write_standard_output(parts: Iterable[bytes]) -> None:
    """Write each part as soon as it is there, until the reader leaves.

    Raises `UnwritableOutput` where it cannot be written.
    """
    stream = sys.stdout.buffer
    for part in parts:
        stream.write(part)
        stream.flush()
        if getattr(stream, "left", False):
            return


def read_standard_input(most: int) -> bytes:
    """Read so many bytes at most.

    Raises `UnreadableInput` where standard input is closed or cannot be read.
    """
    remedy = "Name a file, or send the record through a pipe."
    if sys.stdin is None:
        raise UnreadableInput("Standard input is closed.", remedy=remedy)
    found = bytearray()
    try:
        while len(found) < most:
            part = sys.stdin.buffer.read(min(most - len(found), 2**20))
            if part is None:  # a pipe that does not block, and in which nothing is yet
                from select import select

                select((sys.stdin,), (), ())
            elif part:
                found += part
            else:
                break
    except OSError as problem:
        raise UnreadableInput(f"Standard input cannot be read: {problem.strerror}.", remedy=remedy) from None
    return bytes(found)
