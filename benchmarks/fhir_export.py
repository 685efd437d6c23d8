"""How long does it take to write a plan as FHIR, in a running process?"""

from __future__ import annotations

import statistics
import time
from datetime import date
from pathlib import Path

from hipkg.api.plan import plan
from hipkg.knowledge.loading import load
from hipkg.render import render

EXAMPLES = Path(__file__).parent.parent / "examples"
ROUNDS = 30


def main() -> None:
    knowledge = load()
    print("| example | resources | bundle ms | with its JSON ms | JSON kB |")
    print("|---|---|---|---|---|")
    for example in sorted(EXAMPLES.glob("*.ttl")):
        made = plan(example, as_of=date(2026, 11, 23))
        bundle, text = [], []
        for _ in range(ROUNDS + 1):
            start = time.perf_counter()
            resources = len(made.to_fhir()["entry"])
            middle = time.perf_counter()
            written = render((made,), "fhir", knowledge)
            bundle.append(middle - start)
            text.append(time.perf_counter() - middle)
        times = [statistics.median(one[1:]) * 1000 for one in (bundle, text)]
        print(
            f"| {example.stem} | {resources} | {times[0]:.0f} | {times[1]:.0f} | {len(written.encode()) / 1000:.0f} |"
        )


if __name__ == "__main__":
    main()
