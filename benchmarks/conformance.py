"""Run the SPARQL 1.1 query tests of the W3C through the engine of `hipkg query`.

The suite is not part of the project: give the path of ``sparql/sparql11`` in a checkout of https://github.com/w3c/rdf-tests.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base.errors import HipkgError
from hipkg.base.vocabulary import RDF, XSD
from hipkg.querying.asking import ask, check_syntax
from hipkg.querying.catalogue import inline_query
from hipkg.querying.parameters import bound
from hipkg.querying.results import Answer, QueryResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.querying.parameters import Bound
    from hipkg.querying.results import Term

MANIFEST = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QUERY = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
TABLE = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
MANIFESTS = ("manifest-sparql11-query.ttl", "manifest-sparql11-results.ttl")
RESULTS = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}
NUMBERS = {f"{XSD}{name}" for name in ("integer", "decimal", "double", "float")}


class Test(NamedTuple):
    """A test of the suite: its name, its kind, the query, the data and the graphs it is asked of, and the answer."""

    name: str
    kind: str
    query: Path
    data: tuple[Path, ...]
    graphs: tuple[Path, ...]
    result: Path | None


class Manifest:
    """The triples of a manifest."""

    def __init__(self, path: Path) -> None:
        quads = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=path.as_uri())
        self._triples: defaultdict[tuple[Term, str], list[Term]] = defaultdict(list)
        for one in quads:
            self._triples[one.subject, one.predicate.value].append(one.object)
        self._node = ox.NamedNode(path.as_uri())

    def included(self) -> Iterator[Path]:
        """List the manifests that this one includes."""
        for head in self._triples[self._node, f"{MANIFEST}include"]:
            yield from map(path_of, self._members(head))

    def tests(self) -> Iterator[Test]:
        """List the tests."""
        for head in self._triples[self._node, f"{MANIFEST}entries"]:
            for entry in self._members(head):
                yield self._test(entry)

    def _test(self, entry: Term) -> Test:
        (kind,) = (one.value.rpartition("#")[2] for one in self._of(entry, f"{RDF}type"))
        (action,) = self._of(entry, f"{MANIFEST}action")
        results = [path_of(one) for one in self._of(entry, f"{MANIFEST}result") if isinstance(one, ox.NamedNode)]
        queries = self._of(action, f"{QUERY}query") or [action]
        return Test(
            str(self._of(entry, f"{MANIFEST}name")[0].value),
            kind,
            path_of(queries[0]),
            tuple(map(path_of, self._of(action, f"{QUERY}data"))),
            tuple(map(path_of, self._of(action, f"{QUERY}graphData"))),
            results[0] if results else None,
        )

    def _of(self, subject: Term, prop: str) -> list:  # terms of any kind
        return self._triples[subject, prop]

    def _members(self, head: Term) -> Iterator[Term]:
        while firsts := self._triples[head, f"{RDF}first"]:
            yield firsts[0]
            (head,) = self._triples[head, f"{RDF}rest"]


def path_of(term: Term) -> Path:
    return Path(term.value.removeprefix("file://"))


def asked(test: Test) -> Bound:
    text = f"BASE <{test.query.as_uri()}> {test.query.read_text(encoding='utf-8')}"
    query = bound(inline_query(text), {}, None)
    check_syntax(query)
    return query


def store_of(test: Test) -> ox.Store:
    store = ox.Store()
    for path in test.data:
        store.load(path=path, base_iri=path.as_uri())
    for path in test.graphs:
        store.load(path=path, base_iri=path.as_uri(), to_graph=ox.NamedNode(path.as_uri()))
    return store


def passes(test: Test) -> bool:
    try:
        query = asked(test)
    except HipkgError:
        return test.kind.startswith("Negative")
    if "Syntax" in test.kind:
        return test.kind.startswith("Positive")
    try:
        found = ask(query, store_of(test))
    except HipkgError:
        return False
    if test.result is None:
        return False
    if test.result.suffix == ".csv":
        return rows_of(found.serialize("csv").decode()) == rows_of(test.result.read_text(encoding="utf-8"))
    if found.triples is not None:
        expected = ox.parse(path=test.result, base_iri=test.result.as_uri())
        return same_graphs(found.triples, (one.triple for one in expected))
    if test.result.suffix == ".ttl":
        return same_results(found, result_set(test.result))
    parsed = ox.parse_query_results(path=test.result, format=RESULTS[test.result.suffix])
    return same_results(found, Answer.of(parsed, None).result())


def rows_of(text: str) -> Counter[frozenset[tuple[str, str]]]:
    """Read a table in CSV, in which blank nodes have any label and columns any order."""
    rows = csv.DictReader(text.splitlines())
    return Counter(frozenset((name, re.sub("^_:.*", "_:", value)) for name, value in row.items()) for row in rows)


def result_set(path: Path) -> QueryResult:
    """Read a table that is written in RDF."""
    told: defaultdict[tuple[Term, str], list[Term]] = defaultdict(list)
    for one in ox.parse(path=path, base_iri=path.as_uri()):
        told[one.subject, one.predicate.value].append(one.object)
    named = {subject: found[0].value for (subject, prop), found in told.items() if prop == f"{TABLE}variable"}
    columns = tuple(one.value for (_, prop), found in told.items() if prop == f"{TABLE}resultVariable" for one in found)
    solutions = [one for (_, prop), found in told.items() if prop == f"{TABLE}solution" for one in found]
    values = [{named[one]: told[one, f"{TABLE}value"][0] for one in told[row, f"{TABLE}binding"]} for row in solutions]
    return QueryResult(columns, tuple(tuple(row.get(name) for name in columns) for row in values))


def same_results(one: QueryResult, other: QueryResult) -> bool:
    if (one.boolean, set(one.columns)) != (other.boolean, set(other.columns)):
        return False
    return same_graphs(as_graph(one), as_graph(other)) if one.boolean is None else True


def as_graph(result: QueryResult) -> Iterator[ox.Triple]:
    """Write each row as a node, so that blank nodes can be compared whatever their labels."""
    for number, row in enumerate(result.rows):
        node = ox.BlankNode(f"row{number}")
        yield ox.Triple(node, ox.NamedNode(f"{RDF}type"), ox.NamedNode("urn:row"))
        for column, term in zip(result.columns, row, strict=True):
            if term is not None:
                yield ox.Triple(node, ox.NamedNode(f"urn:column:{column}"), plain(term))


def plain(term: Term) -> Term:
    """Write a number or a truth in one way, as the store does."""
    if isinstance(term, ox.Literal) and term.datatype.value == f"{XSD}boolean":
        return ox.Literal({"1": "true", "0": "false"}.get(term.value, term.value), datatype=term.datatype)
    if isinstance(term, ox.Literal) and term.datatype.value in NUMBERS:
        try:
            return ox.Literal(f"{Decimal(term.value).normalize():f}", datatype=term.datatype)
        except ArithmeticError:
            return term
    return term


def same_graphs(one: Iterable[ox.Triple], other: Iterable[ox.Triple]) -> bool:
    return canonical(one) == canonical(other)


def canonical(triples: Iterable[ox.Triple]) -> set[ox.Quad]:
    dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(dataset)


def main(folder: Path) -> None:
    rows, failed = [], []
    manifests = [one for name in MANIFESTS for one in Manifest(folder / name).included()]
    for path in manifests:
        tests = [
            one
            for one in Manifest(path).tests()
            if one.kind.endswith(("EvaluationTest", "SyntaxTest11", "ResultFormatTest"))
        ]
        results = {one.name: passes(one) for one in tests}
        rows.append((path.parent.name, sum(results.values()), len(results)))
        failed += [f"{path.parent.name}: {name}" for name, passed in results.items() if not passed]
    print("| group | passed | of |\n|---|---|---|")
    for name, passed, count in (*rows, ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))):
        print(f"| {name} | {passed} | {count} |")
    print("\nNot passed:\n")
    print("\n".join(f"* {one}" for one in failed))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
