"""Clean ends: an interrupt at any moment has its exit code and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hipkg.base.paths import ROOT
from support.command_line import D0

ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
WAITING = """
import sys, time
from pathlib import Path
from hipkg.base import ending
with ending.ended_by_signals(), ending.temporary_folder() as folder:
    (folder / "patient.nt").write_text("a patient")
    print(folder, flush=True)
    {wait}
"""


def started(code: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=ENV, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "wait",
    [
        "time.sleep(60)",
        "ending.run([sys.executable, '-c', 'import time; time.sleep(60)'], timeout=60)",
        "import threading; threading.Event().wait()",
        "\n    while True:\n        try: time.sleep(60)\n        except BaseException: pass",
    ],
)
def test_a_signal_ends_all_and_leaves_nothing(number: signal.Signals, wait: str) -> None:
    with started(WAITING.format(wait=wait)) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        assert folder.is_dir()
        time.sleep(0.1)
        run.send_signal(number)
        _, message = run.communicate(timeout=20)
    assert (run.returncode, message) == (128 + number, "")
    assert not folder.exists()


def test_another_program_does_not_outlive_its_time() -> None:
    from hipkg.base.ending import run

    with pytest.raises(subprocess.TimeoutExpired):
        run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.3)


def test_what_must_not_be_done_by_halves_is_done() -> None:
    code = """
import os, signal
from hipkg.base import ending
with ending.ended_by_signals():
    with ending.undisturbed():
        os.kill(os.getpid(), signal.SIGTERM)
        print("whole", flush=True)
    print("more", flush=True)
"""
    with started(code) as run:
        out, message = run.communicate(timeout=20)
    assert (run.returncode, out, message) == (143, "whole\n", "")


def test_an_ignored_signal_stays_ignored() -> None:
    code = """
import os, signal
from hipkg.base import ending
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with ending.ended_by_signals():
    os.kill(os.getpid(), signal.SIGHUP)
"""
    with started(code) as run:
        assert run.wait(timeout=20) == 0


def test_half_a_file_is_removed_and_an_old_one_stays(tmp_path: Path) -> None:
    target = tmp_path / "plan.ndjson"
    target.write_text("old")
    code = """
import sys, time
from hipkg.base.ending import ended_by_signals
from hipkg.base.output import write_output
def parts():
    yield "half"
    print("begun", flush=True)
    time.sleep(60)
with ended_by_signals():
    write_output(parts(), sys.argv[1])
"""
    with started(code, target) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=20) == 130
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_isolated_ends_with_the_command(number: signal.Signals) -> None:
    code = """
import os, time
from hipkg.base.ending import ended_by_signals
from hipkg.base.isolation import isolated
def work():
    print(os.getpid(), flush=True)
    while True:
        pass
with ended_by_signals():
    isolated(work, seconds=60, memory=2**30)
"""
    with started(code) as run:
        assert run.stdout is not None
        child = int(run.stdout.readline())
        run.send_signal(number)
        assert run.wait(timeout=20) == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_an_interrupted_interview_saves_what_was_answered(tmp_path: Path) -> None:
    saved = tmp_path / "answered.ttl"
    command = [sys.executable, "-m", "hipkg", "ask", str(D0), "--interactive", "--save", str(saved)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=ENV) as run:
        assert run.stdout is not None
        while not run.stdout.readline().startswith("1. "):
            pass
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=20)
    assert run.returncode == 130
    assert saved.read_text(encoding="utf-8").startswith("@prefix")
