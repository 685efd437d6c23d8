"""How does time grow with the number of statements?

The ontology is built anew with its first document, with its first two, and so on to all of them, and once more with
ten times all statements: each is copied nine times with its context links and its document, under new names, but
without its companions, since copies would decide about each other's. For every variant the release is built in a
temporary folder, and the plan of one example is timed there, cold and warm.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import rdflib
from rdflib import OWL, RDF, RDFS, SKOS

ACCOMPANIES = rdflib.URIRef("https://w3id.org/hipkg/accompanies")
EXAMPLE = Path(__file__).parent.parent / "examples" / "d0-painful-degenerative-hip.ttl"
TIMES = 10
WARM = """
import statistics, sys, time
from hipkg.api.plan import plans
times = []
for _ in range(int(sys.argv[2]) + 1):
    start = time.perf_counter()
    made = plans(sys.argv[1])
    times.append(time.perf_counter() - start)
print(statistics.median(times[1:]), len(made[0].statements))
"""
COUNT = """
import json
from hipkg.knowledge.loading import RELEASE_FILE
data = json.loads(RELEASE_FILE.read_bytes())
rules = sum(len(rules) for rules, _ in data["groups"])
print(json.dumps([len(data["statements"]), rules, RELEASE_FILE.stat().st_size]))
"""


def copy_library(home: Path) -> None:
    """Copy the library and what it ships, without the built release, so that the copy uses its own ontology."""
    from hipkg.base.paths import ONTOLOGY, QUERIES, SHAPES

    package = Path(sys.modules["hipkg"].__file__ or "").parent
    shutil.copytree(package, home / "hipkg", ignore=shutil.ignore_patterns("_data", "__pycache__"))
    for folder in (ONTOLOGY, QUERIES, SHAPES):
        shutil.copytree(folder, home / folder.name, ignore=shutil.ignore_patterns("release"))


def copy_statements(module: Path, number: int) -> None:
    """Write a copy of a guideline module in which all that it declares has a new name."""
    graph = rdflib.Graph().parse(module)
    kinds = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty}
    declared = {one for one, kind in graph.subject_objects(RDF.type) if isinstance(one, rdflib.URIRef)}
    renamed = {one: one + f"-copy{number}" for one in declared if kinds.isdisjoint(graph.objects(one, RDF.type))}
    copy = rdflib.Graph()
    for subject, predicate, target in graph:
        # Of classes, which are the same for all copies, only the link to a statement is repeated.
        if isinstance(subject, rdflib.BNode) or subject in renamed or predicate == RDFS.subClassOf:
            value = rdflib.Literal(f"{target}-copy{number}") if predicate == SKOS.notation else target
            copy.add((renamed.get(subject, subject), predicate, renamed.get(target, value)))
    copy.remove((None, ACCOMPANIES, None))
    copy.serialize(module.with_name(f"{module.stem}-copy{number}.ttl"), format="turtle")


def run(home: Path, *arguments: str) -> str:
    """Run Python on the copy of the library and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, check=True, cwd=home, env={**environment, "PYTHONPATH": str(home)}, stdout=subprocess.PIPE, text=True
    ).stdout


def cold(home: Path, rounds: int) -> float:
    """Time whole processes from start to plan, after one to warm up; return the median in seconds."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        run(home, "-m", "hipkg", "plan", str(EXAMPLE), "--format", "json")
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def measure(name: str, home: Path, rounds: int) -> str:
    """Build the release of a variant, time it, and write its row of the table."""
    start = time.perf_counter()
    run(home, "-m", "hipkg", "ontology", "release")
    built = time.perf_counter() - start
    count, rules, size = json.loads(run(home, "-c", COUNT))
    warm, concerned = run(home, "-c", WARM, str(EXAMPLE), str(rounds * 4)).split()
    times = f"{built:.0f} | {cold(home, rounds):.3f} | {float(warm) * 1000:.1f}"
    return f"| {name} | {count} | {concerned} | {rules} | {size / 1000:.0f} | {times} |"


def main() -> None:
    import hipkg  # noqa: F401 - so that it is found before any copy of it

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10, help="processes to time; warm plans are four times as many")
    parser.add_argument("--no-copies", action="store_true", help="leave out the variant with ten times the statements")
    options = parser.parse_args()
    print("| ontology | statements | concern d0 | rules | release kB | build s | cold plan s | warm plan ms |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="hipkg-statements-") as folder:
        home = Path(folder)
        copy_library(home)
        guidelines = home / "ontology" / "guidelines"
        modules = sorted(guidelines.glob("*.ttl"))
        later = home / "later"
        later.mkdir()
        for module in modules:
            module.rename(later / module.name)
        documents = []
        for module in modules:
            (later / module.name).rename(module)
            documents.append(module.stem.split("-")[0].upper())
            print(measure(" + ".join(documents), home, options.rounds), flush=True)
        if not options.no_copies:
            for module in modules:
                for number in range(1, TIMES):
                    copy_statements(module, number)
            print(measure(f"{TIMES} times all", home, options.rounds), flush=True)


if __name__ == "__main__":
    main()
