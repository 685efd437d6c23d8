"""The triples of the ontology's Turtle modules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from hipkg.base.errors import OntologyError
from hipkg.base.paths import ontology_files
from hipkg.base.vocabulary import OWL, PREFIXES, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_UNKNOWN_PREFIX = re.compile(r"The prefix ([\w-]+): has not been declared")
HEADER = ox.NamedNode(OWL + "Ontology")
"""The class of which the header of a file is."""

Node: TypeAlias = "ox.NamedNode | ox.BlankNode | ox.Triple"


def headers(triples: Iterable[ox.Triple]) -> frozenset[Node]:
    """Collect the nodes that are headers: what is said of them is said of a file or of an ontology."""
    return frozenset(one.subject for one in triples if one.object == HEADER and one.predicate.value == RDF_TYPE)


def parsed(path: Path) -> Iterator[ox.Quad]:
    """Parse a Turtle module; raises `OntologyError` with the line where it is none."""
    try:
        yield from ox.parse(path=path, format=ox.RdfFormat.TURTLE)
    except SyntaxError as problem:
        said = parser_message(problem)
        raise OntologyError(f"is not valid Turtle: {said}.", place=f"{path.name}:{problem.lineno}") from problem


def parser_message(problem: SyntaxError) -> str:
    """Return what a parser says, with the line that declares a well-known prefix where it misses one."""
    missing = _UNKNOWN_PREFIX.search(problem.msg)
    space = PREFIXES.get(missing[1]) if missing else None
    return f"{problem.msg}; write above: @prefix {missing[1]}: <{space}>" if missing and space else problem.msg


def header_of(path: Path) -> str:
    """Return the IRI of the ontology that a module is, empty if it says none; the errors are those of `parsed`."""
    found = headers(quad.triple for quad in parsed(path))
    return min((one.value for one in found if isinstance(one, ox.NamedNode)), default="")


def load_sources(files: Iterable[Path] | None = None) -> list[ox.Triple]:
    """Parse Turtle modules, by default all of the ontology; the errors are those of `parsed`."""
    return [quad.triple for path in files or ontology_files() for quad in parsed(path)]
