"""How long does the plan of one patient take, cold and warm, beside the alternatives?

Cold: a whole process from start to the validated plan on standard output, against a process that only imports rdflib
and pySHACL, and against one that explains the first indicated action as text. Warm: the API in a running process,
against the same plan with HermiT as the engine. All in one run, so that the ratios hold whatever else the machine does;
medians of interleaved runs. But for HermiT, which is a process of its own, it is processor time that is told, which
depends less on who else is at work.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"
IMPORT_LINE = "import rdflib, pyshacl"
TARGETS = {"cold": 0.30, "import line": 0.60, "explain": 1.5, "warm": 0.010, "hermit": 100.0}


def timed(command: list[str]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = spent_by_children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return spent_by_children() - start


def spent_by_children() -> float:
    """Return the processor time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cold(example: Path, rounds: int) -> list[float]:
    """Time the processes of plan, explanation and import line in turn; return the median of each in seconds."""
    hipkg = [sys.executable, "-m", "hipkg"]
    commands = [
        [*hipkg, "plan", str(example), "--format", "json"],
        [*hipkg, "explain", str(example), first_indicated(example)],
        [sys.executable, "-c", IMPORT_LINE],
    ]
    turns = [[timed(one) for one in commands] for _ in range(rounds + 1)][1:]
    return [statistics.median(times) for times in zip(*turns, strict=True)]


def first_indicated(example: Path) -> str:
    """Name the first action that the plan indicates."""
    from hipkg.api.plan import plan

    return next(one.label for one in plan(example).actions if one.status == "indicated")


def warm(example: Path, engine: str, rounds: int) -> float:
    """Time the API from the file to the plan, after one run to warm up; return the median in seconds."""
    from hipkg.api.plan import plans

    clock = time.process_time if engine == "native" else time.perf_counter
    times = []
    for _ in range(rounds + 1):
        start = clock()
        plans(example, engine=engine)
        times.append(clock() - start)
    return statistics.median(times[1:])


def verdict(reached: bool) -> str:
    return "reached" if reached else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="runs of each command")
    parser.add_argument("--no-hermit", action="store_true", help="leave out the comparison that needs Java")
    options = parser.parse_args()
    print(
        "| example | cold plan s | to import line | cold explain s | to plan | warm plan ms | HermiT warm s | slower |"
    )
    print("|---|---|---|---|---|---|---|---|")
    notes = []
    for example in sorted(EXAMPLES.glob("*.ttl")):
        plan, explain, imports = cold(example, options.rounds)
        native = warm(example, "native", options.rounds * 4)
        hermit = None if options.no_hermit else warm(example, "hermit", 3)
        slower = f"{hermit:.1f} | {hermit / native:.0f}" if hermit else "- | -"
        print(
            f"| {example.stem} | {plan:.3f} | {plan / imports:.2f} | {explain:.3f} | {explain / plan:.2f} "
            f"| {native * 1000:.1f} | {slower} |"
        )
        notes.append(f"{example.stem}: cold ≤ {TARGETS['cold']} s {verdict(plan <= TARGETS['cold'])}")
        share = TARGETS["import line"]
        notes.append(f"{example.stem}: cold ≤ {share:.2f} of import line {verdict(plan <= share * imports)}")
        dear = TARGETS["explain"]
        notes.append(f"{example.stem}: cold explain ≤ {dear} cold plans {verdict(explain <= dear * plan)}")
        notes.append(f"{example.stem}: warm ≤ {TARGETS['warm'] * 1000:.0f} ms {verdict(native <= TARGETS['warm'])}")
        if hermit:
            reached = verdict(hermit / native >= TARGETS["hermit"])
            notes.append(f"{example.stem}: HermiT ≥ {TARGETS['hermit']:.0f} times slower {reached}")
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
