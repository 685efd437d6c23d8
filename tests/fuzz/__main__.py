"""Try the numbers of a seed, each within limits of time and memory, and tell what went wrong."""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fuzz.trials import trial

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 20
"""The processor time that one input may take."""
WAITING = 300
"""The time in seconds after which an input that takes no processor time is taken to hang."""
MEMORY = 3 * 2**30
AT_ONCE = 250
"""After how many inputs a fresh process goes on."""
Told = dict[str, Any]


def tried(seed: int, numbers: range) -> Iterator[Told]:
    """Try numbers of a seed, some in each process, go on after one that a crash takes away, and give the faults."""
    start = numbers.start
    while start < numbers.stop:
        reader, writer = os.pipe()
        with tempfile.TemporaryDirectory(prefix="hipkg-fuzz-") as folder:
            child = os.fork()
            if not child:
                os.close(reader)
                _try_all(seed, range(start, min(start + AT_ONCE, numbers.stop)), writer, Path(folder))
            os.close(writer)
            with os.fdopen(reader, encoding="utf-8") as lines:
                last: Told = {"number": start}
                for line in lines:
                    last = json.loads(line)
                    if last.get("faults"):
                        yield last
            _, status = os.waitpid(child, 0)
        if status:
            yield {"seed": seed, "number": last["number"], "told": "", "faults": [_why(status)]}
        start = last["number"] + 1


def _try_all(seed: int, numbers: range, writer: int, folder: Path) -> None:
    """Try numbers of a seed, tell of each before it begins and after it ends, and end the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter("ignore")
    with os.fdopen(writer, "w", encoding="utf-8") as out:
        for number in numbers:
            out.write(json.dumps({"number": number}) + "\n")
            out.flush()
            used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
            resource.setrlimit(resource.RLIMIT_CPU, (int(used) + SECONDS, resource.RLIM_INFINITY))
            signal.alarm(WAITING)
            try:
                told, faults = trial(seed, number, folder)
            except BaseException as surprise:  # noqa: BLE001 - a panic of a native library is no Exception
                told, faults = "", [f"raised {type(surprise).__name__}: {surprise}"]
            out.write(json.dumps({"seed": seed, "number": number, "told": told, "faults": faults}) + "\n")
    os._exit(0)


def _why(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return f"the process ended with {os.WEXITSTATUS(status)}"
    match os.WTERMSIG(status):
        case signal.SIGXCPU:
            return f"more than {SECONDS} s of processor time"
        case signal.SIGALRM:
            return f"no end in {WAITING} s"
        case other:
            return f"the process ended by signal {other}"


def main() -> None:
    """Try as many numbers of a seed as are asked for; exit with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what the inputs are drawn by")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--count", type=int, default=300, help="how many inputs are tried")
    given = parser.parse_args()
    faults = 0
    for one in tried(given.seed, range(given.first, given.first + given.count)):
        faults += 1
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    sys.stderr.write(f"seed {given.seed}: {given.count} inputs, {faults} with faults\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
