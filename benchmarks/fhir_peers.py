"""How fast do other libraries read the same FHIR? None of them is a dependency; those that are not there are left out.

The bundle is that of `fhir_import.py`. hipkg imports it: JSON to facts, graph and account. fhir.resources validates
each resource as a model (`pip install fhir.resources`). cql-exec-fhir wraps the bundle as the data of cql-execution and
retrieves all resources of five types (`npm install cql-execution cql-exec-fhir` in the folder that `--node` names).
Resources per second, medians; each library in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fhir_import import bundle, rate

MODELS = """
import json, sys, time
try:
    from fhir.resources.R4B import get_fhir_model_class as model
except ImportError:
    from fhir.resources import get_fhir_model_class as model
content = open(sys.argv[1]).read()
for _ in range(int(sys.argv[2])):
    start = time.process_time()
    for entry in json.loads(content)["entry"]:
        raw = entry["resource"]
        try:
            model(raw["resourceType"]).model_validate(raw)
        except ValueError:
            pass
    print(time.process_time() - start)
"""
CQL = """
const fs = require('fs'), fhir = require('cql-exec-fhir');
const content = fs.readFileSync(process.argv[2], 'utf8');
for (let round = 0; round < Number(process.argv[3]); round++) {
  const start = process.cpuUsage();
  const source = fhir.PatientSource.FHIRv401();
  source.loadBundles([JSON.parse(content)]);
  const patient = source.currentPatient();
  for (const type of ['Observation', 'Condition', 'Procedure', 'MedicationRequest', 'Claim']) {
    for (const one of patient.findRecords(type)) { one.id && one.id.value; }
  }
  const used = process.cpuUsage(start);
  console.log((used.user + used.system) / 1e6);
}
"""


def peer(command: list[str], path: Path, rounds: int, cwd: str | None = None) -> float | None:
    """Run a peer; return the median of its seconds, or nothing where it is not there."""
    made = subprocess.run([*command, str(path), str(rounds)], capture_output=True, text=True, cwd=cwd, check=False)
    times = [float(one) for one in made.stdout.split()]
    return statistics.median(times[1:] or times) if made.returncode == 0 and times else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="a Python that has fhir.resources")
    parser.add_argument("--node", help="a folder with cql-exec-fhir in its node_modules")
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    content = bundle(arguments.size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.json"
        path.write_bytes(content)
        script = Path(folder) / "models.py"
        script.write_text(MODELS)
        start = time.process_time()
        json.loads(content)
        bare = time.process_time() - start
        found = {
            "json alone": arguments.size / bare,
            "hipkg import": rate(content, arguments.size, arguments.rounds),
        }
        if (seconds := peer([arguments.python, str(script)], path, arguments.rounds)) is not None:
            found["fhir.resources"] = arguments.size / seconds
        if arguments.node:
            cql = Path(arguments.node).resolve() / "peer.js"
            cql.write_text(CQL)
            seconds = peer(["node", str(cql)], path, arguments.rounds, arguments.node)
            cql.unlink()
            if seconds is not None:
                found["cql-exec-fhir"] = arguments.size / seconds
    print("| reads | resources/s |\n|---|---|")
    for name, number in found.items():
        print(f"| {name} | {number:,.0f} |")


if __name__ == "__main__":
    main()
