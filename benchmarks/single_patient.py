"""How long does the plan of one patient take, cold and warm, beside the alternatives?

Cold: a whole process from start to the validated plan on standard output, against a process that only imports rdflib
and pySHACL. Warm: the API in a running process, against the same plan with HermiT as the engine. All in one run, so
that the ratios hold whatever else the machine does; medians of interleaved runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"
IMPORT_LINE = "import rdflib, pyshacl"
TARGETS = {"cold": 0.30, "warm": 0.010, "hermit": 100.0}


def timed(command: list[str]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


def cold(example: Path, rounds: int) -> tuple[float, float]:
    """Time plan process and import process in turn; return the median of each in seconds."""
    plan = [sys.executable, "-m", "hipkg", "plan", str(example), "--format", "json"]
    imports = [sys.executable, "-c", IMPORT_LINE]
    pairs = [(timed(plan), timed(imports)) for _ in range(rounds + 1)][1:]
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)


def warm(example: Path, engine: str, rounds: int) -> float:
    """Time the API from the file to the plan, after one run to warm up; return the median in seconds."""
    from hipkg.api.plan import plans

    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        plans(example, engine=engine)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def verdict(reached: bool) -> str:
    return "reached" if reached else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="runs of each command")
    parser.add_argument("--no-hermit", action="store_true", help="leave out the comparison that needs Java")
    options = parser.parse_args()
    print("| example | cold plan s | import line s | ratio | warm plan ms | HermiT warm s | times slower |")
    print("|---|---|---|---|---|---|---|")
    notes = []
    for example in sorted(EXAMPLES.glob("*.ttl")):
        plan, imports = cold(example, options.rounds)
        native = warm(example, "native", options.rounds * 4)
        hermit = None if options.no_hermit else warm(example, "hermit", 3)
        slower = f"{hermit:.1f} | {hermit / native:.0f}" if hermit else "- | -"
        print(
            f"| {example.stem} | {plan:.3f} | {imports:.3f} | {plan / imports:.2f} | {native * 1000:.1f} | {slower} |"
        )
        notes.append(f"{example.stem}: cold ≤ {TARGETS['cold']} s {verdict(plan <= TARGETS['cold'])}")
        notes.append(f"{example.stem}: cold ≤ import line {verdict(plan <= imports)}")
        notes.append(f"{example.stem}: warm ≤ {TARGETS['warm'] * 1000:.0f} ms {verdict(native <= TARGETS['warm'])}")
        if hermit:
            reached = verdict(hermit / native >= TARGETS["hermit"])
            notes.append(f"{example.stem}: HermiT ≥ {TARGETS['hermit']:.0f} times slower {reached}")
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
