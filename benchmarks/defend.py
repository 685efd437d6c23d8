"""How long does it take to defend a plan: to explain, to contrast, to try a change, to ask, to watch?

All in one running process through the API, after one run to warm up; medians of processor time in milliseconds, for
each example. The targets are for one action at one place, and for one patient.
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parent.parent / "examples"
DAY = date(2026, 11, 23)
TARGETS = {"why": 50, "why not": 50, "ask": 1000}


def median(run: Callable[[], object], rounds: int) -> float:
    """Time a call several times after a first one; return the median in milliseconds."""
    run()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def chosen(example: Path) -> tuple[str, str]:
    """Pick the first action at one place that the plan indicates and the first that waits, by label."""
    from hipkg.api.plan import plan

    made = plan(example, as_of=DAY)
    indicated = next(one.label for one in made.actions if one.status == "indicated")
    waiting = next(one.label for one in made.actions if one.status == "conditional")
    return indicated, waiting


def calls_of(example: Path, indicated: str, waiting: str) -> dict[str, Callable[[], tuple[object, ...]]]:
    """Prepare what is timed for one example."""
    from hipkg.api.ask import ask
    from hipkg.api.explain import explain
    from hipkg.api.ledger import ledger
    from hipkg.api.watch import watch
    from hipkg.api.what_if import what_if

    return {
        "why": partial(explain, example, indicated, as_of=DAY),
        "why not": partial(explain, example, waiting, as_of=DAY),
        "contrast": partial(contrasted, example, indicated, waiting),
        "what-if": partial(what_if, example, add=["age 71"], as_of=DAY),
        "ask": partial(ask, example, as_of=DAY),
        "watch": partial(watch, example, as_of=DAY),
        "ledger": partial(ledger, example, as_of=DAY),
    }


def contrasted(example: Path, indicated: str, waiting: str) -> tuple[object, ...]:
    """Compare two actions of the plan of an example."""
    from hipkg.defence.contrast import contrast, find_actions
    from hipkg.knowledge.loading import load
    from hipkg.pipeline.process import plan_patients
    from hipkg.pipeline.request import Request

    knowledge = load()
    planned = plan_patients(example, Request(as_of=DAY), knowledge)
    return contrast(planned, *find_actions(indicated, waiting, knowledge), knowledge).results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="runs of each call")
    rounds = parser.parse_args().rounds
    names = ("why", "why not", "contrast", "what-if", "ask", "watch", "ledger")
    print(f"| example | {' | '.join(f'{one} ms' for one in names)} |")
    print(f"|---|{'---|' * len(names)}")
    notes = []
    for example in sorted(EXAMPLES.glob("*.ttl")):
        indicated, waiting = chosen(example)
        calls = calls_of(example, indicated, waiting)
        times = {name: median(calls[name], rounds) for name in names}
        print(f"| {example.stem} | {' | '.join(f'{times[one]:.0f}' for one in names)} |", flush=True)
        for name, limit in TARGETS.items():
            each = times[name] / len(calls[name]())
            notes.append(f"{example.stem}: {name} ≤ {limit} ms {'reached' if each <= limit else 'missed'} ({each:.0f})")
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
