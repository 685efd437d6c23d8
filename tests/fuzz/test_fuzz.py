"""Damaged inputs of a few seeds; and the fuzzer itself, which must see what it looks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from fuzz.oracle import Ended, Told, faults_of_end, faults_of_output, silently_lost
from hipkg.base.paths import ROOT

INPUTS = int(os.environ.get("HIPKG_FUZZ_INPUTS", "300"))
SEEDS = (1, 2, 3)
UNTOLD = """
import os, sys
import fuzz.__main__ as fuzzer
from fuzz.trials import Trial

fuzzer.SECONDS = 1

def trial(seed, number, folder):
    match number:
        case 1:
            os.abort()
        case 2:
            while True: pass
        case 3:
            raise KeyboardInterrupt
        case 4:
            return Trial("told", ["a fault"])
    return Trial("told", [])

fuzzer.trial = trial
sys.argv = ["fuzz", "--count", "6"]
fuzzer.main()
"""


def fuzzed(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Run the fuzzer in a process of its own, and read what it tells."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    run = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=env, check=False)
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_inputs_end_well_and_lose_nothing_without_a_word(seed: int) -> None:
    assert fuzzed("-m", "fuzz", "--seed", str(seed), "--count", str(INPUTS // len(SEEDS))) == (0, [])


def test_a_crash_a_hang_and_a_fault_are_told_and_the_others_go_on() -> None:
    code, told = fuzzed("-c", UNTOLD)
    assert code == 1
    assert {one["number"]: one["faults"] for one in told} == {
        1: ["the process ended by signal 6"],
        2: ["more than 1 s of processor time"],
        3: ["raised KeyboardInterrupt: "],
        4: ["a fault"],
    }


def told(code: int = 0, facts: str = "", notices: str = "", plan: str = "") -> Told:
    return Told(Ended(code, b"", ""), Counter((one,) for one in facts), plan, Counter(notices.split()))


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (told(facts="ab", plan="x"), told(facts="a", plan="y"), [("b",)]),
        (told(facts="abb", plan="x"), told(facts="ab", plan="y"), [("b",)]),
        (told(facts="ab", notices="old", plan="x"), told(facts="a", notices="old", plan="y"), [("b",)]),
        (told(1, "ab", plan="x"), told(1, "a", plan="y"), [("b",)]),
        (told(1, "ab", plan="x"), told(0, "a", plan="y"), [("b",)]),
        (told(facts="ab", plan="x"), told(facts="abc", plan="y"), []),
        (told(facts="ab", plan="x"), told(facts="a", plan="x"), []),
        (told(facts="ab", plan="x"), told(facts="a", notices="new", plan="y"), []),
        (told(facts="ab", notices="once", plan="x"), told(facts="a", notices="once once", plan="y"), []),
        (told(facts="ab", plan="x"), told(2), []),
    ],
)
def test_a_loss_is_silent_unless_something_tells_of_it(before: Told, after: Told, lost: list[tuple[str]]) -> None:
    assert silently_lost(before, after) == lost


@pytest.mark.parametrize(
    ("ended", "faults"),
    [
        (Ended(0, b"{}", ""), 0),
        (Ended(2, b"", "hipkg: no [usage]\n"), 0),
        (Ended(101, b"", "hipkg: internal error\n"), 1),
        (Ended(1, b"", ""), 1),
        (Ended(2, b"", "Traceback (most recent call last)\n"), 1),
        (Ended(2, b"", "hipkg: \x1b[31m\n"), 1),
    ],
)
def test_an_end_is_judged_by_its_code_and_its_words(ended: Ended, faults: int) -> None:
    assert len(faults_of_end(ended)) == faults


@pytest.mark.parametrize(
    ("out", "form", "faults"),
    [
        (b'{"a": 1}', "json", 0),
        (b'{"a": 1', "json", 1),
        (b'{"a": 1}\n{"a": 2}\n', "ndjson", 0),
        (b"<urn:a> <urn:b> <urn:c> .", "turtle", 0),
        (b"<urn:a> <urn:b>", "turtle", 1),
        ("─ hip\n".encode(), "text", 0),
        ("\u202ehip\n".encode(), "text", 1),
        (b"\xff", "html", 1),
        (b"", "json", 0),
    ],
)
def test_an_output_is_judged_by_reading_it_again(out: bytes, form: str, faults: int) -> None:
    assert len(faults_of_output(Ended(0, out, ""), form)) == faults
