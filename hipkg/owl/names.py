"""The names of the project's namespace that files use: where each stands, and which of them nobody declares.

A name is declared if a module of the ontology says of what type it is. Files are read as text, because no parser tells
where a name stands: Turtle and SPARQL by their tokens, anything else by its words. What stands in comments and strings
is no name, but for the queries in strings of SHACL and the headers of queries.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

import pyoxigraph as ox

from hipkg.base.spelling import nearest
from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, curie, is_plain_term, namespaces
from hipkg.owl.sources import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_TOKEN = re.compile(
    r"""
    (?P<header>^\#\+.*$)
  | \#.*$
  | (?P<query>\bsh:(?:ask|construct|select)\s+)?
    (?P<string>
        \"{3}(?:[^"\\]|\\.|"(?!""))*"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*'{3} | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*'
    )
  | @?prefix\s+(?P<prefix>[^\s:]*):\s*<(?P<namespace>[^>]*)>
  | @?base\s+<(?P<base>[^>]*)>
  | <(?P<iri>[^<>"{}|^`\s]*)>
  | (?<![\w?$@:-])(?P<qualifier>[^\W\d_][\w-]*(?:\.[\w-]+)*|):(?P<local>(?:[\w:-]|\\.|%[\da-f]{2}|\.(?=[\w:\\%-]))+)
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_WORD = re.compile(r"""[^\s|="'\\,;()<>{}\[\]]+""")
_BINDING = re.compile(r"""([\w-]+)["']?:\s*["']?(https?://[^\s"'<>,]+)""")
_RDF_SUFFIXES = {".ttl", ".rq"}
_SUGGESTIONS = 3


class Undeclared(NamedTuple):
    """A name that nobody declares, with the file and the line where it stands and the declared names nearest to it."""

    path: Path
    line: int
    iri: str
    near: tuple[str, ...]

    @property
    def place(self) -> str:
        """Name the file and the line."""
        return f"{self.path.name}:{self.line}"

    @property
    def message(self) -> str:
        """Say what is wrong, and what may be meant."""
        hint = f" Did you mean {' or '.join(map(curie, self.near))}?" if self.near else ""
        return f"is declared nowhere.{hint}"


def undeclared(modules: Iterable[Path], others: Iterable[Path] = ()) -> Iterator[Undeclared]:
    """Find the names that nobody declares in the modules of an ontology and in other files about it.

    Raises `OntologyError` for a module that cannot be parsed.
    """
    modules = tuple(modules)
    known = declared(modules)
    for path in modules:
        yield from undeclared_in(path, path.read_text(encoding="utf-8"), known)
    yield from undeclared_beside(others, known)


def undeclared_beside(files: Iterable[Path], known: frozenset[str]) -> Iterator[Undeclared]:
    """Find the names that are not known in files about an ontology; those with shapes declare the names of these."""
    for path in files:
        own = declared([path]) if path.suffix == ".ttl" else frozenset()
        yield from undeclared_in(path, path.read_text(encoding="utf-8"), known, own)


def undeclared_in(
    path: Path, text: str, known: frozenset[str], own: frozenset[str] = frozenset()
) -> Iterator[Undeclared]:
    """Find the names that are not known in the text of a file, nor among those that it declares for its own use."""
    for line, iri in names(text, rdf=path.suffix in _RDF_SUFFIXES):
        if iri not in known and iri not in own:
            yield Undeclared(path, line, iri, nearest(iri, known, _SUGGESTIONS))


def declared(paths: Iterable[Path]) -> frozenset[str]:
    """Collect the names that Turtle files give a type to."""
    return frozenset(
        one.subject.value
        for path in paths
        for one in parsed(path)
        if one.predicate.value == RDF_TYPE and isinstance(one.subject, ox.NamedNode)
    )


def names(text: str, *, rdf: bool = True) -> Iterator[tuple[int, str]]:
    """List the names of the namespace in a text, each with its line; ``rdf`` tells that it is Turtle or SPARQL."""
    breaks = [match.start() for match in re.finditer("\n", text)]
    found = _in_rdf(text, {}, 0, len(text)) if rdf else _in_words(text, 0, len(text))
    return ((bisect_left(breaks, start) + 1, iri) for start, iri in found if is_plain_term(iri))


def _in_rdf(text: str, prefixes: Mapping[str, str], start: int, end: int) -> Iterator[tuple[int, str]]:
    """List IRIs, each with where it begins, in a part of a text of Turtle or SPARQL."""
    bound, base = dict(prefixes), ""
    for match in _TOKEN.finditer(text, start, end):
        if match["namespace"] is not None:
            bound[match["prefix"]] = urljoin(base, match["namespace"])
        elif match["base"] is not None:
            base = urljoin(base, match["base"])
        elif match["iri"] is not None:
            yield match.start(), urljoin(base, match["iri"])
        elif match["local"] is not None:
            yield match.start(), bound.get(match["qualifier"], "") + re.sub(r"\\(.)", r"\1", match["local"])
        elif match["header"] is not None:
            yield from _in_words(text, match.start(), match.end())
        elif match["query"] is not None:
            yield from _in_rdf(text, {**PREFIXES, **bound}, match.start("string") + 3, match.end() - 3)


def _in_words(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """List IRIs, each with where it begins, in a part of a text that is neither Turtle nor SPARQL."""
    told = {prefix: space for prefix, space in _BINDING.findall(text, start, end) if space in namespaces()}
    bound = {**told, **{prefix: space for prefix, space in PREFIXES.items() if space in namespaces()}}
    for match in _WORD.finditer(text, start, end):
        word = match[0].rstrip(".:?!")
        prefix, _, local = word.partition(":")
        yield match.start(), bound[prefix] + local if prefix in bound else word
