"""Does the text of all statements give the same in every store, and how long does each take?

The states of an example by Oxigraph, rdflib and, where its packages are, Comunica, against those of the native engine.
rdflib parses each operation by itself, since its parser recurses for each that follows; Comunica runs in Node.js, from
a folder in which ``npm install @comunica/query-sparql n3`` was run.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import rdflib

from hipkg.compilation.whole import compile_all
from hipkg.derivation.native import derive_natively
from hipkg.knowledge.loading import load
from hipkg.reading.sources import read
from hipkg.reasoning.native import entailed_graph

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
COLUMNS = ("site", "statement", "state")
States = set[tuple[str, ...]]


def natively(path: Path) -> States:
    """Give the states that the native engine derives."""
    knowledge = load()
    (record,) = read(str(path), load).results
    found = derive_natively(entailed_graph(record.normalised, knowledge), knowledge)
    return {(one.site, one.statement, str(one.state)) for one in found.evaluations}


def in_oxigraph(path: Path, update: str, query: str) -> States:
    """Run the text in Oxigraph."""
    store = ox.Store()
    store.load(path=path, format=ox.RdfFormat.TURTLE)
    store.update(update)
    return {tuple(one[name].value if one[name] else "" for name in COLUMNS) for one in store.query(query)}


def in_rdflib(path: Path, update: str, query: str) -> States:
    """Run the text in rdflib, one operation after the other."""
    graph = rdflib.Graph().parse(path)
    lines = [line for line in update.splitlines() if not line.startswith("#")]
    prefixes = "\n".join(line for line in lines if line.startswith("PREFIX"))
    body = "\n".join(line for line in lines if not line.startswith("PREFIX"))
    for operation in body.split(" ;\n\n"):
        graph.update(f"{prefixes}\n{operation}")
    return {tuple(str(one[name] or "") for name in COLUMNS) for one in graph.query(query)}


def in_comunica(packages: Path) -> Callable[[Path, str, str], States]:
    """Make a function that runs the text in Comunica, installed in a folder."""

    def run(path: Path, update: str, query: str) -> States:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("update.ru", update), ("query.rq", query)):
                Path(folder, name).write_text(text, encoding="utf-8")
            script = packages / "stores.mjs"
            script.write_text((HERE / "stores.mjs").read_text(encoding="utf-8"), encoding="utf-8")
            try:
                command = ["node", str(script), str(path), f"{folder}/update.ru", f"{folder}/query.rq", *COLUMNS]
                answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            finally:
                script.unlink()
        return {tuple(line.split("\t")) for line in answer.splitlines()}

    return run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comunica", type=Path, help="folder in which the packages of Comunica are installed")
    parser.add_argument(
        "--no-rdflib", action="store_true", help="leave out rdflib, which takes a minute for each example"
    )
    parser.add_argument("examples", nargs="*", help="names of examples, such as d0; all by default")
    options = parser.parse_args()
    stores = {"Oxigraph": in_oxigraph}
    if not options.no_rdflib:
        stores["rdflib"] = in_rdflib
    if options.comunica:
        stores["Comunica"] = in_comunica(options.comunica.resolve())
    update, query = compile_all(load(), "update"), compile_all(load(), "states")
    print(f"{update.count('INSERT')} operations, {len(update):,} characters\n")
    print("| example | store | states | s | agree |\n|---|---|---|---|---|")
    differing = 0
    for path in sorted(EXAMPLES.glob("*.ttl")):
        if options.examples and path.stem[:2] not in options.examples:
            continue
        wanted = natively(path)
        for name, run in stores.items():
            start = time.perf_counter()
            found = run(path, update, query)
            differing += found != wanted
            agree = "yes" if found == wanted else f"{len(found ^ wanted)} differ"
            print(
                f"| {path.stem[:2]} | {name} | {len(found)} | {time.perf_counter() - start:.1f} | {agree} |", flush=True
            )
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
