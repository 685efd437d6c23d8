"""Compare a run of mutmut with the score and the survivors that ``tests/mutants.toml`` accepts.

Run as a program after ``mutmut run``, this module names the mutants that survived and are not accepted, those that are
accepted and did not survive, and the score; it ends with an error unless all is as the file says, or better.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ACCEPTED = Path(__file__).parent.parent / "mutants.toml"
DETECTED = frozenset({"killed", "caught by type check", "timeout"})
_RESULT = re.compile(r"^ *(\S+): (.+)$", re.MULTILINE)
_NAME = re.compile(r"(?P<module>.+)\.x_?(?:ǁ(?P<cls>\w+)ǁ)?(?P<function>\w+)__mutmut_\d+")
_HEADER = ("+++", "---")


class Mutant(NamedTuple):
    """A change of a function: what stands there instead, or what is left out."""

    function: str
    change: str


def results() -> dict[str, str]:
    """Map each mutant of the last run to what became of it."""
    return dict(_RESULT.findall(_mutmut("results", "--all", "true")))


def mutant(name: str) -> Mutant:
    """Describe a mutant by its function and its change, which stay the same when others come and go."""
    lines = [line for line in _mutmut("show", name).splitlines() if not line.startswith(_HEADER)]
    put, left_out = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "+-")
    match = _NAME.fullmatch(name)
    assert match is not None, name
    function = ".".join(filter(None, match.groups()))
    return Mutant(function, " ".join(put) or f"without {' '.join(left_out)}")


def main() -> int:
    """Compare, tell, and return the exit code."""
    wanted = tomllib.loads(ACCEPTED.read_text("utf-8"))
    accepted = {
        Mutant(function, change)
        for entry in wanted["accepted"]
        for function, changes in entry["mutants"].items()
        for change in changes
    }
    found = results()
    survivors = {mutant(name) for name, status in found.items() if status not in DETECTED}
    for heading, some in (("survived", survivors - accepted), ("accepted, and killed", accepted - survivors)):
        for one in sorted(some):
            print(f"{heading}: {one.function}: {one.change}")  # noqa: T201
    score = 100 * sum(status in DETECTED for status in found.values()) / len(found)
    print(f"{len(found)} mutants, {dict(Counter(found.values()))}: {score:.1f} %")  # noqa: T201
    return int(survivors != accepted or round(score, 1) < wanted["score"])


def _mutmut(*arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
