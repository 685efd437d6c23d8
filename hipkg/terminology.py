"""Codes of clinical code systems and the terms of the ontology they stand for, looked up both ways.

The mappings are files of the ontology: ``ontology/mappings/<prefix>.sssom.tsv`` for each code system, in the Simple
Standard for Sharing Ontological Mappings (SSSOM/TSV), and ``code-systems.tsv`` with the names and forms of the systems.
A file that is absent, as those of licensed systems may be, leaves its system known and without mappings.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from hipkg.errors import OntologyError
from hipkg.resources import MAPPINGS
from hipkg.terms import expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SYSTEMS_FILE = "code-systems.tsv"
SUFFIX = ".sssom.tsv"
NO_TERM = "sssom:NoTermFound"
EXACT, BROADER = "skos:exactMatch", "skos:broadMatch"
COLUMNS = ("subject_id", "subject_label", "predicate_id", "object_id", "object_label", "ext_seen_in")
PREDICATES = (EXACT, BROADER, "skos:closeMatch", "skos:narrowMatch", "skos:relatedMatch")


class CodeSystem(NamedTuple):
    """A code system by its FHIR URI, other spellings of that, and the form of its codes.

    ``code_form`` is a regular expression; ``code_prefix`` and the characters in ``omissible`` may be left out of a
    code; ``may_be_absent`` says that no mapping file has to be there.
    """

    prefix: str
    system: str
    aliases: tuple[str, ...]
    name: str
    code_form: str
    code_prefix: str
    omissible: str
    may_be_absent: bool
    notice: str


class Mapping(NamedTuple):
    """A code and a term of the ontology, with what the code says besides.

    ``predicate`` says how they relate, as a CURIE: ``skos:exactMatch``, or ``skos:broadMatch`` where the term is the
    broader one. ``term`` is the IRI of a class, an intervention or a property, and empty for a code that is known and
    that no statement uses. ``site`` is the class of body site that the code implies, ``sides`` are those it names;
    ``qualifiers`` are further facts of the node as pairs of property and individual.
    """

    system: str
    code: str
    display: str
    predicate: str
    term: str
    site: str
    sides: tuple[str, ...]
    qualifiers: tuple[tuple[str, str], ...]
    label: str = ""
    comment: str = ""
    seen_in: str = ""

    @property
    def asserts(self) -> bool:
        """Tell whether what carries the code may be recorded under the term: the same or something narrower."""
        return bool(self.term) and self.predicate in {EXACT, BROADER}


class Terminology:
    """The code systems and mappings that were read.

    Parameters: ``systems`` in the order of the file; ``mappings`` in the order of systems and files.
    """

    def __init__(self, systems: Iterable[CodeSystem], mappings: Iterable[Mapping]) -> None:
        self.systems = tuple(systems)
        self.mappings = tuple(mappings)
        self._spellings = {_plain(name): one for one in self.systems for name in _names(one)}
        self._codes: dict[tuple[str, str], list[Mapping]] = {}
        self._terms: dict[str, list[Mapping]] = {}
        known = {one.system: one for one in self.systems}
        for one in self.mappings:
            self._codes.setdefault((one.system, _key(known[one.system], one.code)), []).append(one)
            self._terms.setdefault(one.term, []).append(one)

    def system(self, name: str) -> CodeSystem | None:
        """Find a code system by its URI, an OID, another known spelling, its name or its prefix."""
        return self._spellings.get(_plain(name))

    def of_code(self, system: str, code: str) -> tuple[Mapping, ...]:
        """List the mappings of a code, best first; none if the system or the code is unknown."""
        found = self.system(system)
        return _best_first(self._codes.get((found.system, _key(found, code)), ())) if found else ()

    def of_term(self, term: str) -> tuple[Mapping, ...]:
        """List the codes of a term, given as IRI or CURIE, best first."""
        return _best_first(self._terms.get(expand(term), ())) if term else ()

    def search(self, text: str) -> tuple[Mapping, ...]:
        """List the mappings of a code, or those in whose display or term each word of a text begins a word."""
        by_code = [one for system in self.systems for one in self.of_code(system.system, text)]
        if by_code:
            return tuple(by_code)
        words = _words(text)
        return _best_first(one for one in self.mappings if words and _begins(words, one))


@cache
def load() -> Terminology:
    """Load the mappings that are shipped with the ontology."""
    return read(MAPPINGS)


def read(folder: Path) -> Terminology:
    """Read the code systems and mapping files of a folder.

    Raises `OntologyError` for a file that is not in the expected form.
    """
    systems = tuple(_systems(folder / SYSTEMS_FILE))
    return Terminology(systems, (one for system in systems for one in _mappings(mapping_file(folder, system), system)))


def mapping_file(folder: Path, system: CodeSystem) -> Path:
    """Name the file that holds the mappings of a code system."""
    return folder / f"{system.prefix.lower()}{SUFFIX}"


def rows_of(path: Path, needed: Iterable[str]) -> Iterator[dict[str, str]]:
    """Read the rows of a table after its header block, by column.

    Raises `OntologyError` if a needed column is missing, or a row has not one value for each column.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as problem:
        raise OntologyError("The table cannot be read.", place=str(path), remedy="Install hipkg anew.") from problem
    body = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    table = csv.reader(lines[body:], delimiter="\t")
    columns = next(table, [])
    missing = [one for one in needed if one not in columns]
    if missing:
        raise OntologyError(f"The table has no column {missing[0]}.", place=path.name, remedy="Restore the column.")
    for number, values in enumerate(table, start=body + 2):
        if len(values) != len(columns):
            raise OntologyError(
                f"The row has {len(values)} values for {len(columns)} columns.",
                place=f"{path.name}:{number}",
                remedy="Separate the columns by one tab each.",
            )
        yield dict(zip(columns, values, strict=True))


def _systems(path: Path) -> Iterator[CodeSystem]:
    for row in rows_of(path, CodeSystem._fields):
        given = {name: row[name] for name in CodeSystem._fields}
        yield CodeSystem(**{**given, "aliases": _split(row["aliases"]), "may_be_absent": row["may_be_absent"] == "yes"})  # type: ignore[arg-type]


def _mappings(path: Path, system: CodeSystem) -> Iterator[Mapping]:
    if not path.exists():
        return
    for row in rows_of(path, COLUMNS):
        term = row["object_id"]
        yield Mapping(
            system=system.system,
            code=system.code_prefix + row["subject_id"].partition(":")[2],
            display=row["subject_label"],
            predicate=row["predicate_id"],
            term="" if term == NO_TERM else expand(term),
            site=expand(row.get("ext_site", "")),
            sides=tuple(map(expand, _split(row.get("ext_sides", "")))),
            qualifiers=tuple(_pair(one) for one in _split(row.get("ext_qualifiers", ""))),
            label=row["object_label"],
            comment=row.get("comment", ""),
            seen_in=row["ext_seen_in"],
        )


def _pair(text: str) -> tuple[str, str]:
    prop, _, value = text.partition("=")
    return expand(prop), expand(value)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _names(system: CodeSystem) -> Iterator[str]:
    yield from (system.system, *system.aliases, system.name, system.prefix)


def _plain(name: str) -> str:
    """Reduce a name of a code system to what tells it from others: no blanks, version, scheme or case."""
    text = "".join(name.split()).partition("|")[0].rstrip("/").lower()
    return text.removeprefix("urn:oid:").removeprefix("https://").removeprefix("http://")


def _key(system: CodeSystem, code: str) -> str:
    """Reduce a code to what tells it from others, without its prefix and what may be left out."""
    text = "".join(code.split()).upper().removeprefix(system.code_prefix.upper())
    return "".join(one for one in text if one not in system.omissible)


def _best_first(mappings: Iterable[Mapping]) -> tuple[Mapping, ...]:
    return tuple(sorted(mappings, key=lambda one: (not one.term, PREDICATES.index(one.predicate))))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _begins(words: list[str], mapping: Mapping) -> bool:
    there = _words(f"{mapping.display} {mapping.label}")
    return all(any(one.startswith(word) for one in there) for word in words)
