"""What was published of an ontology: its versions, the terms of each with hashes of what they said, and what changed.

The history is two tables beside the modules, ``published/versions.tsv`` and ``published/terms.tsv``, which publishing
writes and nobody edits. They are enough to tell what a new version changes, without the modules of the old one: a term
that is lost or is in force again after it was withdrawn, and how much a change weighs.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import OntologyError
from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, curie, expand
from hipkg.maintenance.levels import Level
from hipkg.owl.in_force import DEPRECATED, REPLACED_BY, deprecated, statements
from hipkg.owl.sources import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FOLDER = "published"
VERSIONS, TERMS = "versions.tsv", "terms.tsv"
_HASH = 12
"""How many digits of a hash tell what a term says from what it said before."""
_FOREIGN = tuple(PREFIXES[one] for one in ("rdf", "rdfs", "owl", "xsd", "skos", "dcterms", "prov", "sh", "vann"))
_LIFE = frozenset({DEPRECATED, REPLACED_BY, hip.withdrawnOn, hip.withdrawnBecause})
_READ = frozenset({hip.word, hip.sideWord})
"""Properties with words that the software acts on, unlike those for readers."""


class Version(NamedTuple):
    """A version that was published: on which day, of which level, and a hash of what all its terms say."""

    version: str
    day: str
    level: str
    content: str


class Said(NamedTuple):
    """What a term says, as hashes: of its logic, and of its words for readers; and whether it is withdrawn."""

    logic: str
    words: str
    withdrawn: bool
    statement: bool


class Entry(NamedTuple):
    """A term in the history: in which versions it was first published and withdrawn, and what it said last."""

    term: str
    since: str
    withdrawn: str
    logic: str
    words: str


@dataclass(frozen=True, slots=True)
class History:
    """The versions that were published, the oldest first, and all their terms by IRI."""

    versions: tuple[Version, ...]
    entries: Mapping[str, Entry]

    def of(self, version: str) -> Version | None:
        """Find a version that was published."""
        return next((one for one in self.versions if one.version == version), None)


class Change(NamedTuple):
    """What became of a term since the last version that was published."""

    term: str
    kind: Kind
    statement: bool

    @property
    def level(self) -> Level:
        """Tell how much it weighs: whatever changes what statements say can change plans."""
        if self.kind is Kind.WORDS:
            return Level.PATCH
        if self.kind is Kind.LOGIC or self.statement:
            return Level.MAJOR
        return Level.MINOR


class Kind(StrEnum):
    """What can become of a term."""

    NEW = "new"
    WITHDRAWN = "withdrawn"
    LOGIC = "logic"
    WORDS = "words"


def said(triples: Iterable[ox.Triple], below: Iterable[ox.Triple] = ()) -> dict[str, Said]:
    """Hash what each term of an ontology says, but for those that the release adds.

    Parameters: ``below`` are the triples of the ontology that it rests on, which tells what a statement is.
    """
    given = tuple(triples)
    about: dict[object, list[ox.Triple]] = {}
    for one in given:
        about.setdefault(one.subject, []).append(one)
    old, of_statements = deprecated(given), statements((*below, *given))
    return {
        node.value: Said(
            _hashed(about, node, words=False),
            _hashed(about, node, words=True),
            node.value in old,
            node.value in of_statements,
        )
        for node, told in sorted(about.items(), key=lambda item: str(item[0]))
        if isinstance(node, ox.NamedNode) and _is_term(node.value, told)
    }


def _is_term(iri: str, told: Iterable[ox.Triple]) -> bool:
    """Tell whether a name is declared, and neither a module nor a term that the release adds."""
    properties = {one.predicate.value for one in told}
    return (
        RDF_TYPE in properties
        and not iri.startswith(_FOREIGN)
        and not properties & {hip.possibleContext, hip.denies}
        and not any(one.object == HEADER for one in told)
    )


def _hashed(about: Mapping[object, list[ox.Triple]], node: ox.NamedNode, *, words: bool) -> str:
    parts = [
        _text(about, one) for one in about[node] if one.predicate.value not in _LIFE and _is_for_readers(one) is words
    ]
    return sha256("\n".join(sorted(parts)).encode()).hexdigest()[:_HASH]


def _is_for_readers(one: ox.Triple) -> bool:
    return isinstance(one.object, ox.Literal) and bool(one.object.language) and one.predicate.value not in _READ


def _text(about: Mapping[object, list[ox.Triple]], one: ox.Triple) -> str:
    """Write a triple, with all that a blank node says in place of its name."""
    if not isinstance(one.object, ox.BlankNode):
        return f"{one.predicate} {one.object}"
    inner = sorted(_text(about, part) for part in about.get(one.object, ()))
    return f"{one.predicate} [{' ; '.join(inner)}]"


def content(terms: Mapping[str, Said]) -> str:
    """Hash what all terms say."""
    lines = (f"{iri} {one.logic} {one.words} {one.withdrawn}" for iri, one in sorted(terms.items()))
    return sha256("\n".join(lines).encode()).hexdigest()[:_HASH]


def changes(history: History, terms: Mapping[str, Said]) -> tuple[Change, ...]:
    """List what became of each term since the last version, statements first."""
    found: list[Change] = []
    for iri, one in terms.items():
        before = history.entries.get(iri)
        if before is None:
            found.append(Change(iri, Kind.NEW, one.statement))
        elif one.withdrawn and not before.withdrawn:
            found.append(Change(iri, Kind.WITHDRAWN, one.statement))
        elif one.logic != before.logic:
            found.append(Change(iri, Kind.LOGIC, one.statement))
        elif one.words != before.words:
            found.append(Change(iri, Kind.WORDS, one.statement))
    return tuple(sorted(found, key=lambda it: (not it.statement, list(Kind).index(it.kind), it.term)))


def lost(history: History, terms: Mapping[str, Said]) -> tuple[Entry, ...]:
    """List the terms that were published and that no module declares any more."""
    return tuple(one for iri, one in history.entries.items() if iri not in terms)


def revived(history: History, terms: Mapping[str, Said]) -> tuple[Entry, ...]:
    """List the terms that were published as withdrawn and that are in force again."""
    return tuple(
        one for iri, one in history.entries.items() if one.withdrawn and iri in terms and not terms[iri].withdrawn
    )


def extended(history: History, terms: Mapping[str, Said], version: Version) -> History:
    """Add a version to a history, with what its terms say."""
    entries = dict(history.entries)
    for iri, one in terms.items():
        before = history.entries.get(iri)
        withdrawn = (before.withdrawn if before else "") or (version.version if one.withdrawn else "")
        entries[iri] = Entry(iri, before.since if before else version.version, withdrawn, one.logic, one.words)
    return History((*history.versions, version), entries)


# The tables


def read_history(folder: Path) -> History:
    """Read the history of the ontology of a folder, empty if nothing was published.

    Raises `OntologyError` with the line for a table in another form.
    """
    versions = tuple(Version(*row) for row in _rows(folder / FOLDER / VERSIONS, Version._fields))
    entries = (Entry(expand(row[0]), *row[1:]) for row in _rows(folder / FOLDER / TERMS, Entry._fields))
    return History(versions, {one.term: one for one in entries})


def _rows(path: Path, header: tuple[str, ...]) -> list[list[str]]:
    if not path.is_file():
        return []
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
    for number, row in enumerate(rows, 1):
        if len(row) != len(header) or (number == 1 and tuple(row) != header):
            raise OntologyError(
                f"is no line of the history: it needs the columns {', '.join(header)}.",
                place=f"{path.name}:{number}",
                remedy="Take the table as it was committed: publishing writes it.",
            )
    return rows[1:]


def written(history: History) -> dict[str, str]:
    """Write the tables of a history, by the names of their files."""
    return {
        VERSIONS: _table(Version._fields, history.versions),
        TERMS: _table(
            Entry._fields,
            (one._replace(term=curie(one.term)) for one in sorted(history.entries.values())),
        ),
    }


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t", lineterminator="\n").writerows([[*header], *map(list, rows)])
    return stream.getvalue()
