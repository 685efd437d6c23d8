"""The triples of the ontology's Turtle modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from hipkg.base.errors import OntologyError
from hipkg.base.paths import ontology_files
from hipkg.base.vocabulary import OWL, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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
        raise OntologyError(f"is not valid Turtle: {problem.msg}.", place=f"{path.name}:{problem.lineno}") from problem


def header_of(path: Path) -> str:
    """Return the IRI of the ontology that a module is, empty if it says none; the errors are those of `parsed`."""
    found = headers(quad.triple for quad in parsed(path))
    return min((one.value for one in found if isinstance(one, ox.NamedNode)), default="")


def load_sources(files: Iterable[Path] | None = None) -> list[ox.Triple]:
    """Parse Turtle modules, by default all of the ontology; the errors are those of `parsed`."""
    return [quad.triple for path in files or ontology_files() for quad in parsed(path)]
