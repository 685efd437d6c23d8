"""Run the SHACL tests of the W3C that use what the shapes of patients use, with pySHACL and with the compiled shapes.

The suite is not part of the project: give the path of ``data-shapes-test-suite/tests`` in a checkout of
https://github.com/w3c/data-shapes.

A test counts if its shapes, once lowered, use nothing but what `hipkg.validation.compiler` compiles. Lowering changes
no meaning: a property shape gets the targets of the node shape that it hangs on, an implicit target is written out, a
node that is a target becomes the object of a property of its own, and what compiled shapes have to say for people is
filled in. Results are compared by focus node, path, value and shape.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox
import pyshacl
import rdflib
from rdflib import RDF, RDFS, SH
from rdflib.collection import Collection

from hipkg.base.errors import OntologyError
from hipkg.validation.compiler import Background, check, compile_shapes

MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = rdflib.Namespace("http://www.w3.org/ns/shacl-test#")
TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
ONES = re.compile(r'(?<="\d)\.0(?="\^\^<http://www.w3.org/2001/XMLSchema#decimal>)')
"""What the store leaves out of a number, which it writes in one form only."""
LEFT_OUT = {RDF.type, RDFS.label, RDFS.comment, RDFS.subClassOf, SH.property, SH.deactivated, SH.message, *TARGETS}
FOLDERS = ("core", "sparql")


class Test(NamedTuple):
    """A test: its file, its data, its shapes, and the report that is expected, None where a failure is."""

    path: Path
    data: rdflib.Graph
    shapes: rdflib.Graph
    report: rdflib.Graph | None
    node: rdflib.term.Node


class OutsideSubset(Exception):
    """What shapes use that compiled ones do not have."""


def tests(folder: Path) -> list[Test]:
    found = []
    for path in sorted(one for name in FOLDERS for one in (folder / name).rglob("*.ttl") if one.name != "manifest.ttl"):
        graph = rdflib.Graph().parse(path, publicID=path.as_uri())
        for node in graph.subjects(RDF.type, SHT.Validate):
            action, result = graph.value(node, MF.action), graph.value(node, MF.result)
            data, shapes = (
                graph_of(graph.value(action, prop), path, graph) for prop in (SHT.dataGraph, SHT.shapesGraph)
            )
            found.append(Test(path, data, shapes, None if result == SHT.Failure else graph, result))
    return found


def graph_of(name: rdflib.term.Node | None, path: Path, graph: rdflib.Graph) -> rdflib.Graph:
    file = Path(str(name).removeprefix("file://"))
    return graph if file == path else rdflib.Graph().parse(file, publicID=file.as_uri())


def told(graph: rdflib.Graph, report: rdflib.term.Node | None, *, by_component: bool) -> Counter[tuple[str, ...]]:
    """List the results of a report, without blank names."""
    parts = (SH.focusNode, SH.value, SH.sourceShape)
    if by_component:
        parts = (*parts, SH.sourceConstraintComponent, SH.resultSeverity)
    found: Counter[tuple[str, ...]] = Counter()
    for one in graph.objects(report, SH.result):
        terms = (name_of(graph.value(one, part)) for part in parts)
        found[(*terms, path_of(graph, graph.value(one, SH.resultPath)))] += 1
    return found


def name_of(term: rdflib.term.Node | None) -> str:
    if term is None:
        return ""
    return "_:" if isinstance(term, rdflib.BNode) else term.n3()


def path_of(graph: rdflib.Graph, path: rdflib.term.Node | None) -> str:
    if path is None or not isinstance(path, rdflib.BNode):
        return name_of(path)
    if (path, RDF.first, None) in graph:
        return f"({' '.join(path_of(graph, one) for one in Collection(graph, path))})"
    return f"[{' '.join(f'{prop} {path_of(graph, to)}' for prop, to in sorted(graph.predicate_objects(path)))}]"


def by_pyshacl(test: Test) -> bool:
    try:
        _, report, _ = pyshacl.validate(test.data, shacl_graph=test.shapes, inference="none", advanced=False)
    except Exception:  # noqa: BLE001 - whatever is raised is the failure that some tests expect
        return test.report is None
    if test.report is None or not isinstance(report, rdflib.Graph):
        return False
    node = report.value(None, RDF.type, SH.ValidationReport)
    return told(report, node, by_component=True) == told(test.report, test.node, by_component=True)


def by_compiled(test: Test) -> bool:
    if test.report is None:
        raise OutsideSubset("a failure is expected")
    lowered = Lowered(test.shapes)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shapes.ttl"
        lowered.graph.serialize(file, format="turtle")
        try:
            shapes = compile_shapes(file)
        except OntologyError as problem:
            raise OutsideSubset(problem.message) from None
    text = (test.data + lowered.marks).serialize(format="nt")
    triples = [one.triple for one in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)]
    found = set()
    for one in check(triples, shapes, Background(superclasses(test.data))):
        shape = name_of(lowered.of[rdflib.URIRef(one.shape.iri)])
        path = f"<{one.path}>" if one.path else ""
        found.add((shown(one.node), "" if one.value is None else shown(one.value), shape, path))
    expected = told(test.report, test.node, by_component=False)
    return found == {tuple(ONES.sub("", term) for term in one) for one in expected}


def shown(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    match term:
        case ox.NamedNode():
            return rdflib.URIRef(term.value).n3()
        case ox.Literal():
            datatype = None if term.language else rdflib.URIRef(term.datatype.value)
            plain = datatype == rdflib.XSD.string
            return rdflib.Literal(term.value, lang=term.language, datatype=None if plain else datatype).n3()
        case _:
            return "_:"


def superclasses(data: rdflib.Graph) -> dict[str, frozenset[str]]:
    return {
        str(one): frozenset(map(str, data.transitive_objects(one, RDFS.subClassOf)))
        for one in set(data.subjects(RDFS.subClassOf))
    }


class Lowered:
    """Shapes as the compiler takes them; ``of`` maps each to the shape that it was, ``marks`` are what targets are."""

    def __init__(self, shapes: rdflib.Graph) -> None:
        self._from = shapes
        self.graph = rdflib.Graph()
        self.marks = rdflib.Graph()
        self.of: dict[rdflib.URIRef, rdflib.term.Node] = {}
        nodes = {*shapes.subjects(RDF.type, SH.NodeShape), *shapes.subjects(RDF.type, SH.PropertyShape)}
        nodes |= {one for prop in TARGETS for one in shapes.subjects(prop)}
        for node in sorted(nodes, key=str):
            if targets := self._targets(node):
                self._lower(node, targets)

    def _targets(self, node: rdflib.term.Node) -> list[tuple[rdflib.term.Node, rdflib.term.Node]]:
        found = [(prop, one) for prop in TARGETS for one in self._from.objects(node, prop)]
        if (node, RDF.type, RDFS.Class) in self._from:
            found.append((SH.targetClass, node))
        return [self._target(prop, one) for prop, one in found]

    def _target(self, prop: rdflib.term.Node, node: rdflib.term.Node) -> tuple[rdflib.term.Node, rdflib.term.Node]:
        if prop != SH.targetNode:
            return prop, node
        made = rdflib.URIRef(f"urn:target:{len(self.marks)}")
        self.marks.add((made, made, node))
        return SH.targetObjectsOf, made

    def _lower(self, node: rdflib.term.Node, targets: list[tuple[rdflib.term.Node, rdflib.term.Node]]) -> None:
        """Write a shape with some targets, and those that hang on it; of a path, nothing may hang on it."""
        if (node, SH.deactivated, rdflib.Literal(True)) in self._from:
            return
        name = rdflib.URIRef(f"urn:shape:{len(self.of)}")
        own = defaultdict(list)
        for prop, value in self._from.predicate_objects(node):
            own[prop].append(value)
        kept = {prop: values for prop, values in own.items() if prop not in LEFT_OUT}
        if kept.keys() - {SH.path, SH.severity}:
            self.of[name] = node
            kind = SH.PropertyShape if SH.path in own else SH.NodeShape
            for triple in ((RDF.type, kind), (SH.message, rdflib.Literal("broken")), *targets):
                self.graph.add((name, *triple))
            if SH.severity not in own:
                self.graph.add((name, SH.severity, SH.Violation))
            for prop, values in kept.items():
                for value in values:
                    self.graph.add((name, prop, value))
                    self._copy(value)
        for one in own.get(SH.property, ()):
            if SH.path in own:
                raise OutsideSubset("sh:property at a path")
            self._lower(one, targets)

    def _copy(self, node: rdflib.term.Node) -> None:
        if isinstance(node, rdflib.BNode) or (node, SH.declare, None) in self._from:
            for prop, value in self._from.predicate_objects(node):
                self.graph.add((node, prop, value))
                self._copy(value)


def main(folder: Path) -> None:
    rows: dict[str, list[int]] = defaultdict(lambda: [0] * 4)
    failed: list[str] = []
    outside: Counter[str] = Counter()
    for test in tests(folder):
        name = "/".join((*test.path.relative_to(folder).parts[:2],))
        row = rows[name]
        row[1] += 1
        if by_pyshacl(test):
            row[0] += 1
        else:
            failed.append(f"pySHACL: {test.path.relative_to(folder).with_suffix('')}")
        try:
            passed = by_compiled(test)
        except OutsideSubset as problem:
            outside[str(problem)] += 1
            continue
        row[3] += 1
        row[2] += passed
        if not passed:
            failed.append(f"compiled: {test.path.relative_to(folder).with_suffix('')}")
    print("| group | pySHACL passed | of | compiled shapes passed | of |\n|---|---|---|---|---|")
    total = [sum(row[number] for row in rows.values()) for number in range(4)]
    for name, row in (*rows.items(), ("all", total)):
        print(f"| {name} | {' | '.join(map(str, row))} |")
    print("\nNot passed:\n")
    print("\n".join(f"* {one}" for one in failed))
    print("\nOutside:\n")
    print("\n".join(f"* {count} {what}" for what, count in outside.most_common()))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
