"""How long does it take to import FHIR, and to make a plan from a bundle of 1 000 resources?

The bundle is generated: a patient with arthritis of both hips and a decade of observations, conditions, procedures,
orders of drugs and bills, in the proportions of synthetic records. Import: resources per second in a running process,
on one core. Cold: a whole process from the bundle to the plan on standard output. Medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TARGETS = {"rate": 2000.0, "cold": 1.0}
LOINC, SNOMED, RXNORM = "http://loinc.org", "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
STATUS = "http://terminology.hl7.org/CodeSystem/condition-"


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": f"display of {code}"}], "text": f"text of {code}"}


def observation(number: int, day: str) -> dict[str, Any]:
    code = ("39156-5", "8480-6", "2093-3", "33914-3", "72514-3")[number % 5]
    quantity = {"value": 20 + number % 12, "unit": "unit", "system": "http://unitsofmeasure.org", "code": "kg/m2"}
    return {"status": "final", "code": concept(LOINC, code), "effectiveDateTime": day, "valueQuantity": quantity}


def condition(number: int, day: str) -> dict[str, Any]:
    system, code = ((ICD, "M16.11"), (ICD, "M16.12"), (SNOMED, "195662009"), (SNOMED, "44054006"))[number % 4]
    return {
        "clinicalStatus": {"coding": [{"system": f"{STATUS}clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{STATUS}ver-status", "code": "confirmed"}]},
        "code": concept(system, code),
        "onsetDateTime": day,
    }


def procedure(number: int, day: str) -> dict[str, Any]:
    code = ("91251008", "430193006", "783628002")[number % 3]
    return {"status": "completed", "code": concept(SNOMED, code), "performedPeriod": {"start": day, "end": day}}


def drug(number: int, day: str) -> dict[str, Any]:
    code, status = ("849574", "313782", "855332")[number % 3], ("active", "stopped", "completed")[number % 3]
    dose = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}}
    return {
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": concept(RXNORM, code),
        "authoredOn": day,
        "dosageInstruction": [dose],
    }


def claim(number: int, day: str) -> dict[str, Any]:
    items = [{"sequence": one, "productOrService": concept(SNOMED, str(number + one))} for one in range(6)]
    return {"status": "active", "use": "claim", "created": day, "item": items}


KINDS = {
    "Observation": (observation, 50),
    "Condition": (condition, 5),
    "Procedure": (procedure, 10),
    "MedicationRequest": (drug, 5),
    "Claim": (claim, 30),
}


def bundle(size: int) -> bytes:
    """Generate a bundle of one patient with as many resources."""
    resources: list[dict[str, Any]] = [{"resourceType": "Patient", "id": "p", "birthDate": "1955-03-04"}]
    wheel = [name for name, (_, share) in KINDS.items() for _ in range(share)]
    for number in range(size - 1):
        name = wheel[number * 37 % len(wheel)]
        day = f"{2014 + number % 10}-{1 + number % 12:02}-{1 + number % 28:02}"
        owner = {"patient" if name == "Claim" else "subject": {"reference": "urn:uuid:p"}}
        resources.append({"resourceType": name, "id": f"r{number}", **KINDS[name][0](number, day), **owner})
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def rate(content: bytes, size: int, rounds: int) -> float:
    """Import in this process, after one run to warm up; return the median of the resources per second."""
    from hipkg.knowledge.loading import load
    from hipkg.reading.sources import read_import

    times = []
    for _ in range(rounds + 1):
        start = time.process_time()
        read_import(content, load, format="fhir")
        times.append(time.process_time() - start)
    return size / statistics.median(times[1:])


def cold(content: bytes, rounds: int) -> float:
    """Make the plan in a process of its own; return the median in seconds."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.json"
        path.write_bytes(content)
        times = []
        for _ in range(rounds + 1):
            start = time.perf_counter()
            command = [sys.executable, "-m", "hipkg", "plan", str(path), "--format", "json"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
            times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    print("| resources | MB | import resources/s | cold plan s |\n|---|---|---|---|")
    found = {}
    for size in (100, 1000, 10000):
        content = bundle(size)
        found[size] = rate(content, size, arguments.rounds), cold(content, max(3, arguments.rounds // 2))
        print(f"| {size} | {len(content) / 2**20:.2f} | {found[size][0]:,.0f} | {found[size][1]:.3f} |")
    reached = found[1000][0] >= TARGETS["rate"], found[1000][1] <= TARGETS["cold"]
    words = ["reached" if one else "missed" for one in reached]
    print(f"\nimport ≥ 2 000 resources/s per core: {words[0]}; 1 000 resources to plan ≤ 1 s cold: {words[1]}")


if __name__ == "__main__":
    main()
