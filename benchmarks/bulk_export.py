"""How long do the plans of a bulk export take, and how much memory?

To the plans: the wall time of one command that writes the plan of each patient as a line, held against the time that
Python's `gzip` and `json` take to read the same lines in one process; and the processor time of both, which tells more
where the machine has other work as well. Of generated hip patients of eleven resources too the rate at which one warm
process plans for the same patients in Turtle. `--folder` takes an export instead.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from fhir_import import ICD, LOINC, RXNORM, SNOMED, concept

DAY = date(2026, 11, 23)


def patient(number: int) -> list[dict[str, Any]]:
    """Generate one patient with a painful arthritic hip, and ten resources more."""
    owner, side = f"n{number}", number % 2
    status = {
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        }
    }
    about = {"subject": {"reference": f"Patient/{owner}"}}
    final = {"status": "final", "effectiveDateTime": "2026-10-01"}
    number_of = {"unit": "kg/m2", "system": "http://unitsofmeasure.org", "code": "kg/m2"}
    rest: list[dict[str, Any]] = [
        {"resourceType": "Condition", **status, "code": concept(ICD, f"M16.1{1 + side}")},
        {"resourceType": "Condition", **status, "code": concept(ICD, f"M25.55{1 + side}")},
        {
            "resourceType": "Observation",
            **final,
            "code": concept(LOINC, "39156-5"),
            "valueQuantity": {"value": 20 + number % 15, **number_of},
        },
        *(
            {"resourceType": "Observation", **final, "code": concept(LOINC, code), "valueQuantity": {"value": 90.5}}
            for code in ("8480-6", "2093-3", "33914-3")
        ),
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "authoredOn": "2026-10-01",
            "medicationCodeableConcept": concept(RXNORM, "5640"),
        },
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "authoredOn": "2026-10-01",
            "medicationCodeableConcept": concept(RXNORM, "314076"),
        },
        {
            "resourceType": "Procedure",
            "status": "completed",
            "code": concept(SNOMED, "430193006"),
            "performedDateTime": "2026-09-01",
        },
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "authoredOn": "2026-10-01",
            "code": concept(SNOMED, "91251008"),
        },
    ]
    made = [one | about | {"id": f"{owner}-{index}"} for index, one in enumerate(rest)]
    return [{"resourceType": "Patient", "id": owner, "birthDate": f"{1940 + number % 40}-03-04"}, *made]


def export(count: int, folder: Path) -> None:
    """Write an export of generated patients, a file for each type."""
    files: dict[str, Any] = {}
    for number in range(count):
        for one in patient(number):
            name = one["resourceType"]
            if name not in files:
                files[name] = (folder / f"{name}.ndjson").open("w", encoding="utf-8")
            files[name].write(json.dumps(one) + "\n")
    for file in files.values():
        file.close()


def lines(folder: Path) -> tuple[float, float, int]:
    """Read all lines with gzip and json; return the seconds of the clock and the processor, and the number of lines."""
    start, begun, count = time.perf_counter(), time.process_time(), 0
    for path in sorted(folder.glob("*.ndjson*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for line in file:
                json.loads(line)
                count += 1
    return time.perf_counter() - start, time.process_time() - begun, count


def planned(folder: Path, jobs: int) -> tuple[float, float, int, float]:
    """Plan with the command; return the seconds of the clock and the processors, the plans and the most MB."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as beside:
        target = Path(beside) / "plans.ndjson"
        command = [sys.executable, "-m", "hipkg", "plan", str(folder), "--format", "ndjson", "--as-of", DAY.isoformat()]
        start = time.perf_counter()
        command += ["--jobs", str(jobs), "-o", str(target)]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL, env=environment)
        seconds = time.perf_counter() - start
        with target.open("rb") as file:
            plans = sum(1 for _ in file)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, used.ru_utime + used.ru_stime, plans, used.ru_maxrss / 1024


def twins(count: int) -> float:
    """Plan in this process for some of the same patients in Turtle, after one to warm up; return plans per second."""
    from hipkg.base.output import graph_text
    from hipkg.knowledge.loading import load
    from hipkg.pipeline.process import plan_patients
    from hipkg.pipeline.request import Request
    from hipkg.reading.sources import read_triples
    from hipkg.render.plan_json import plan_to_line

    knowledge, request = load(), Request(format="turtle", as_of=DAY)
    texts = []
    for number in range(count):
        content = "\n".join(map(json.dumps, patient(number))).encode()
        triples = read_triples(content, load, format="ndjson", as_of=DAY).results
        texts.append(graph_text(triples, "turtle").encode())
    start = time.perf_counter()
    for number, text in enumerate(texts):
        start = time.perf_counter() if number == 1 else start
        for one in plan_patients(text, request, knowledge).results:
            plan_to_line(one.plan, knowledge)
    return (count - 1) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="an export to plan for instead of generated patients")
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--twins", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.folder or Path(made)
        if arguments.folder is None:
            export(arguments.patients, folder)
        bare, bare_used, count = lines(folder)
        seconds, used, plans, memory = planned(folder, arguments.jobs)
    print(
        "| lines | plans | gzip and json s | plans s | times as long | of the processor s | plans/s | MB of a process |"
    )
    print("|---|---|---|---|---|---|---|---|")
    ratio, both = f"{seconds / bare:.1f}", f"{bare_used:.2f}, {used:.2f}"
    row = (f"{bare:.2f}", f"{seconds:.2f}", ratio, both, f"{plans / seconds:.0f}", f"{memory:.0f}")
    print(f"| {count} | {plans} | {' | '.join(row)} |")
    if arguments.folder is None:
        warm = twins(arguments.twins)
        times = plans / seconds / warm
        print(f"\nTurtle twins in one warm process: {warm:.0f} plans/s; the export goes {times:.2f} times as fast")


if __name__ == "__main__":
    main()
