"""The standard streams: whole and harmless, or a documented exit code, whoever reads and whatever is full or closed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from hipkg.base.characters import harmless, harmless_in_colour
from hipkg.base.errors import UnwritableOutput
from hipkg.base.paths import ROOT
from hipkg.base.streams import standard_streams, write_standard_output
from support.command_line import D0

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.command_line import Run

AS_OF = ("--as-of", "2026-11-23")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")


def redirected(redirection: str, *arguments: object, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line with the streams as a shell redirects them."""
    command = ["bash", "-c", f'exec "$0" -m hipkg "$@" {redirection}', sys.executable, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(command, capture_output=True, env=environment, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize(
    ("redirection", "arguments", "code"),
    [
        pytest.param(">/dev/full", ("plan", D0), 2, marks=needs_full),
        pytest.param(">/dev/full", ("plan", "--help"), 2, marks=needs_full),
        pytest.param("2>/dev/full", ("plan", "nowhere.ttl"), 2, marks=needs_full),
        pytest.param("2>/dev/full", ("--version",), 0, marks=needs_full),
        (">&-", ("plan", D0), 2),
        (">&-", ("--version",), 2),
        ("2>&-", ("plan", "nowhere.ttl"), 2),
        ("2>&-", ("--version",), 0),
        ("<&-", ("plan", "-", "--input-format", "turtle"), 2),
        ("<&-", ("ask", D0, "--interactive"), 2),
        ("<&- >&- 2>&-", ("plan", D0), 2),
        ("<&-", ("--version",), 0),
    ],
)
def test_what_is_full_or_closed_has_its_exit_code(redirection: str, arguments: tuple[object, ...], code: int) -> None:
    run = redirected(redirection, *arguments)
    assert run.returncode == code
    assert b"Traceback" not in run.stderr
    assert b"Exception ignored" not in run.stderr


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_named(unbuffered: str) -> None:
    run = redirected(">/dev/full", "plan", D0, PYTHONUNBUFFERED=unbuffered)
    assert run.returncode == 2
    assert b"No space left" in run.stderr
    assert b"[unwritable-output]" in run.stderr


@needs_full
def test_a_full_device_is_named(hipkg: Callable[..., Run]) -> None:
    run = hipkg("plan", D0, "--output", "/dev/full")
    assert (run.code, "[unwritable-output]" in run.err) == (2, True)


def test_a_closed_stream_is_not_taken_by_a_file(tmp_path: Path) -> None:
    run = redirected("2>&-", "plan", tmp_path / "nowhere.ttl", D0, "--output", tmp_path / "plan.txt")
    assert run.returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "code"), [(("plan", "nowhere.ttl"), 2), (("validate", D0), 0)])
def test_a_reader_of_standard_error_may_leave(arguments: tuple[object, ...], code: int) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "hipkg", *map(str, arguments)]
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=write, check=False)
    os.close(write)
    assert run.returncode == code


def test_a_command_that_fails_does_so_without_a_reader(hipkg: Callable[..., Run], invalid: Path) -> None:
    run = redirected("> >(exec 1>&- 0<&-; exit 0)", "validate", invalid)
    assert run.returncode == hipkg("validate", invalid).code == 1


# The writer


@contextmanager
def piped() -> Iterator[int]:
    """Let standard output be the end of a pipe, of which the other end is given."""
    read, write = os.pipe()
    before = sys.stdout
    with os.fdopen(write, "w", encoding="utf-8") as sys.stdout, standard_streams():
        yield read
    sys.stdout = before


def test_short_writes_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(descriptor: int, data: bytes) -> int:
        return os.write(descriptor, bytes(data[:3]))

    monkeypatch.setattr("hipkg.base.streams.os", SimpleNamespace(**{**vars(os), "write": short}))
    with piped() as outlet:
        write_standard_output([b"DO NOT: ", b"an operation\n"])
        assert os.read(outlet, 100) == b"DO NOT: an operation\n"


def test_a_pipe_that_does_not_block_is_waited_for() -> None:
    size, found = 2**20, bytearray()
    with piped() as outlet:
        os.set_blocking(sys.stdout.fileno(), False)

        def read() -> None:
            while len(found) < size:
                found.extend(os.read(outlet, 2**16))

        reader = threading.Timer(0.1, read)
        reader.start()
        write_standard_output([b"x" * size])
        reader.join()
    assert len(found) == size


def test_when_the_reader_leaves_nothing_more_is_made() -> None:
    made = []

    def parts() -> Iterator[bytes]:
        for number in range(3):
            made.append(number)
            yield b"line\n"

    with piped() as outlet:
        os.close(outlet)
        write_standard_output(parts())
    assert made == [0]


def test_what_cannot_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (tmp_path / "file").open() as only_read:
        monkeypatch.setattr(sys, "stdout", only_read)
        with standard_streams(), pytest.raises(UnwritableOutput, match="cannot be written"):
            write_standard_output([b"line\n"])


# Characters


@pytest.mark.parametrize(
    ("format_", "written"),
    [
        ("text", "\ufffd[31m é\t\ufffd\ufffd\n"),
        ("csv", "\ufffd[31m é\t\ufffd\ufffd\n"),
        ("json", "\\u001b[31m é\t\\u202e\\udb40\\udc41\n"),
        ("turtle", "\\u001B[31m é\t\\u202E\\U000E0041\n"),
        ("xml", "\ufffd[31m é\t&#x202E;&#xE0041;\n"),
    ],
)
def test_each_format_has_its_own_way_for_what_steers(format_: str, written: str) -> None:
    assert harmless("\x1b[31m é\t\u202e\U000e0041\n", format_) == written


@pytest.mark.parametrize("text", ["a\r\nb\tc\n", "é ≥ · 年 \U0001f9b4 می‌خواهم"])
def test_what_is_only_foreign_is_left(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("code", [0x00, 0x08, 0x0D, 0x1B, 0x7F, 0x9B, 0x61C, 0x200B, 0x200F, 0x2028, 0x2066, 0xFEFF])
def test_all_that_steers_turns_or_hides_is_found(code: int) -> None:
    assert harmless(f"a{chr(code)}b") == "a\ufffdb"


def test_only_colours_reach_a_terminal() -> None:
    assert harmless_in_colour("\x1b[1;31mred\x1b[0m \x1b[2J \x1b]0;t\x07") == (
        "\x1b[1;31mred\x1b[0m \ufffd[2J \ufffd]0;t\ufffd"
    )
