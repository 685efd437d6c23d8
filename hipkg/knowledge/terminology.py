"""Codes of clinical code systems and the terms of the ontology they stand for, looked up both ways.

The mappings are files of the ontology: ``ontology/mappings/<prefix>.sssom.tsv`` for each code system, in the Simple
Standard for Sharing Ontological Mappings (SSSOM/TSV), and ``code-systems.tsv`` with the names and forms of the systems.
A file that is absent, as those of licensed systems may be, leaves its system known and without mappings.

A row speaks of one code, or is a rule for those that begin with it: the family of a category of ICD-10, a table of
ICD-10-PCS, a level of ATC. A code has the rows that name it; else those of the longest beginning whose rule it fits.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.brief import shown_by
from hipkg.base.errors import OntologyError, UsageError
from hipkg.base.paths import MAPPINGS
from hipkg.base.vocabulary import expand, with_local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SYSTEMS_FILE = "code-systems.tsv"
SUFFIX = ".sssom.tsv"
NO_TERM = "sssom:NoTermFound"
EXACT, BROADER, CLOSE, NARROWER, RELATED = PREDICATES = (
    "skos:exactMatch",
    "skos:broadMatch",
    "skos:closeMatch",
    "skos:narrowMatch",
    "skos:relatedMatch",
)
COLUMNS = ("subject_id", "subject_label", "predicate_id", "object_id", "object_label", "ext_seen_in")
NONE_KNOWN, NO_INFORMATION = "none known", "no information"
ABSENCES = (NONE_KNOWN, NO_INFORMATION)
YES, NO, NOT_CLEAR, NO_LONGER, PRESENCE = "yes", "no", "not clear", "no longer", "whether present"
ANSWERS = (YES, NO, NOT_CLEAR, NO_LONGER, PRESENCE)

_SPACE = re.compile(r"^#  (\w+): (\S+)$", re.MULTILINE)


class CodeSystem(NamedTuple):
    """A code system by its FHIR URI, other spellings of that, and the form of its codes.

    ``code_form`` is a regular expression, also for what a rule for several codes may begin with; ``code_prefix`` and
    the characters in ``omissible`` may be left out of a code; ``may_be_absent`` says that no mapping file has to be
    there. ``part_lengths`` are the digits of each part of a code, such as ``5-4-2``, to which zeros fill it up.
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
    part_lengths: str = ""

    @property
    def spellings(self) -> tuple[str, ...]:
        """List all names of the system."""
        return (self.system, *self.aliases, self.name, self.prefix)

    def key(self, code: str) -> str:
        """Reduce a code to what tells it from others, without its prefix and what may be left out."""
        text = "".join(code.split()).upper().removeprefix(self.code_prefix)
        if self.part_lengths:
            text = _filled_up(text, self._lengths)
        for mark in self.omissible:
            text = text.replace(mark, "")
        return text

    def other_keys(self, key: str) -> frozenset[str]:
        """List what a reduced code may be as well, where it is a zero short or long and nothing tells in which part.

        The national drug codes have ten digits in parts of 4-4-2, 5-3-2 or 5-4-1, and eleven where each part is filled
        up, with hyphens or without (https://terminology.hl7.org/NDC.html; Food and Drug Administration).
        """
        if not self.part_lengths or not key.isdecimal():
            return frozenset()
        starts = [sum(self._lengths[:place]) for place in range(len(self._lengths))]
        whole = sum(self._lengths)
        if len(key) == whole:
            return frozenset(key[:at] + key[at + 1 :] for at in starts if key[at] == "0")
        return frozenset(f"{key[:at]}0{key[at:]}" for at in starts) if len(key) == whole - 1 else frozenset()

    @property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(map(int, self.part_lengths.split("-")))

    def spelled(self, key: str) -> str:
        """Write a reduced code in the form of the system; empty if it has none there."""
        bare = self.code_prefix + key
        marked = (bare[:place] + mark + bare[place:] for mark in self.omissible for place in range(1, len(bare)))
        return next((one for one in (bare, *marked) if re.fullmatch(self.code_form, one)), "")


@shown_by("system", "code", "display", "label")
class Mapping(NamedTuple):
    """A code and a term of the ontology, with what the code says besides.

    ``predicate`` says how they relate, as a CURIE: ``skos:exactMatch``, or ``skos:broadMatch`` where the term is the
    broader one. ``term`` is the IRI of a class, an intervention or a property, and empty for a code that is known and
    that no statement uses. ``site`` is the class of body site that the code implies, ``sides`` are those it names;
    ``qualifiers`` are further facts of the node as pairs of property and individual. ``absence`` is one of `ABSENCES`
    for a code that stands where others name something, and says that there is none or that nothing is known of it; with
    a term, there is none of that. ``answer`` is one of `ANSWERS` for a code that answers whether something is
    there, or asks it. ``below`` makes it a rule: a regular expression for what follows the code in all others that it
    is for, and ``sides_below`` are the sides that the first character of that names. ``rule`` is the beginning by
    whose rule a code has the mapping.
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
    absence: str = ""
    answer: str = ""
    below: str = ""
    sides_below: tuple[tuple[str, str], ...] = ()
    rule: str = ""

    def for_code(self, code: str, rest: str) -> Mapping:
        """Return what the rule says of a code that goes on with ``rest``: a part of it means what is narrower."""
        named = tuple(side for first, side in self.sides_below if rest.startswith(first))
        return self._replace(
            code=code,
            predicate=BROADER if rest and self.predicate == EXACT and self.term else self.predicate,
            sides=named or self.sides,
            below="",
            sides_below=(),
            rule=self.code,
        )

    @property
    def asserts(self) -> bool:
        """Tell whether what carries the code may be recorded under the term: the same or something narrower."""
        return bool(self.term) and not self.absence and self.predicate in {EXACT, BROADER}

    @property
    def denies(self) -> bool:
        """Tell whether the term is absent where the code is: they mean the same, but for the side that the code names.

        Where a broader term is broader by more than the side, the comment of the mapping says how.
        """
        only_sided = self.predicate == BROADER and bool(self.sides) and not self.comment
        return self.asserts and (self.predicate == EXACT or only_sided)


class Terminology:
    """The code systems and mappings that were read.

    Parameters: ``systems`` in the order of the file; ``mappings`` in the order of systems and files.
    """

    def __init__(self, systems: Iterable[CodeSystem], mappings: Iterable[Mapping]) -> None:
        self.systems = tuple(systems)
        self.mappings = tuple(mappings)
        self._spellings = {plain(name): one for one in self.systems for name in one.spellings}
        self._codes: dict[tuple[str, str], list[Mapping]] = {}
        self._rules: dict[str, dict[str, list[Mapping]]] = {}
        self._terms: dict[str, list[Mapping]] = {}
        known = {one.system: one for one in self.systems}
        for one in self.mappings:
            key = known[one.system].key(one.code)
            if one.below:
                self._rules.setdefault(one.system, {}).setdefault(key, []).append(one)
            else:
                self._codes.setdefault((one.system, key), []).append(one)
            self._terms.setdefault(one.term, []).append(one)

    @property
    def absent(self) -> tuple[CodeSystem, ...]:
        """List the code systems that are known by name and have no mappings here."""
        present = {one.system for one in self.mappings}
        return tuple(one for one in self.systems if one.system not in present)

    def system(self, name: str) -> CodeSystem | None:
        """Find a code system by its URI, an OID, another known spelling, its name or its prefix."""
        return self._spellings.get(plain(name))

    def of_code(self, system: str, code: str) -> tuple[Mapping, ...]:
        """List the mappings of a code, best first; none if the system or the code is unknown."""
        found = self.system(system)
        if found is None:
            return ()
        key = found.key(code)
        named = self._codes.get((found.system, key))
        if named is None:
            others = [each for each in found.other_keys(key) if (found.system, each) in self._codes]
            named = self._codes[found.system, others[0]] if len(others) == 1 else None
        return _best_first(self._by_rule(found, key) if named is None else named)

    def _by_rule(self, system: CodeSystem, key: str) -> Iterable[Mapping]:
        """List what the longest beginning whose rules a code fits says of it."""
        rules = self._rules.get(system.system, {})
        code = system.spelled(key) if rules else ""
        for end in range(len(key), 0, -1) if code else ():
            fitting = [one for one in rules.get(key[:end], ()) if re.fullmatch(one.below, key[end:])]
            if fitting:
                return [one.for_code(code, key[end:]) for one in fitting]
        return ()

    def of_term(self, term: str) -> tuple[Mapping, ...]:
        """List the codes of a term, given as IRI or CURIE, best first."""
        return _best_first(self._terms.get(expand(term), ())) if term else ()

    def search(self, text: str, system: str = "") -> tuple[Mapping, ...]:
        """List the mappings of a code, of ``system|code``, or of a term; or those with such words.

        Each word then begins a word of the display or the term.

        Parameters: ``system`` keeps to one code system. Raises `UsageError` if that is unknown.
        """
        wanted = [self._wanted(system).system] if system else [one.system for one in self.systems]
        words = _words(text)
        named, _, code = text.partition("|")
        return (
            tuple(one for name in wanted for one in self.of_code(name, text))
            or tuple(one for one in self.of_code(named, code) if one.system in wanted)
            or tuple(one for one in self._named(text) if one.system in wanted)
            or _best_first(one for one in self.mappings if words and one.system in wanted and _begins(words, one))
        )

    def _named(self, text: str) -> Iterator[Mapping]:
        """List the codes of what a text names as a term, in full or by its local name."""
        return (one for name in (text, *with_local_name(text)) for one in self.of_term(name))

    def _wanted(self, name: str) -> CodeSystem:
        found = self.system(name)
        if found is None:
            names = ", ".join(one.name for one in self.systems)
            raise UsageError(f"{name!r} is no known code system.", place="--system", remedy=f"Choose one of: {names}.")
        return found


def read(folder: Path = MAPPINGS) -> Terminology:
    """Read the code systems and mapping files of a folder, by default those that are shipped with the ontology.

    Raises `OntologyError` for a file that is not in the expected form.
    """
    systems = tuple(systems_of(folder))
    return Terminology(systems, (one for system in systems for one in _mappings(mapping_file(folder, system), system)))


def mapping_file(folder: Path, system: CodeSystem) -> Path:
    """Name the file that holds the mappings of a code system."""
    return folder / f"{system.prefix.lower()}{SUFFIX}"


def namespaces(folder: Path = MAPPINGS) -> dict[str, str]:
    """Read what the IRIs of codes begin with, by the prefixes of code systems, from the headers of mapping files."""
    return {
        found[1]: found[2]
        for path in sorted(folder.glob(f"*{SUFFIX}"))
        for found in _SPACE.finditer(path.read_text(encoding="utf-8").partition("subject_id")[0])
    }


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


def systems_of(folder: Path) -> Iterator[CodeSystem]:
    """Read the code systems of a folder.

    Raises `OntologyError` for a table that is not in the expected form.
    """
    needed = [one for one in CodeSystem._fields if one not in CodeSystem._field_defaults]
    for row in rows_of(folder / SYSTEMS_FILE, needed):
        given = {name: row[name] for name in CodeSystem._fields if name in row}
        yield CodeSystem(**{**given, "aliases": _split(row["aliases"]), "may_be_absent": row["may_be_absent"] == "yes"})  # type: ignore[arg-type]


def _mappings(path: Path, system: CodeSystem) -> Iterator[Mapping]:
    if not path.exists():
        return
    for row in rows_of(path, COLUMNS):
        if row["predicate_id"] not in PREDICATES:
            raise OntologyError(
                f"{row['predicate_id']} is no predicate of mappings.",
                place=f"{path.name}, {row['subject_id']}",
                remedy=f"Use one of: {', '.join(PREDICATES)}.",
            )
        yield Mapping(
            system=system.system,
            code=system.code_prefix + row["subject_id"].partition(":")[2],
            display=row["subject_label"],
            predicate=row["predicate_id"],
            term=_iri(row["object_id"]),
            site=_iri(row.get("ext_site", "")),
            sides=_iris(row.get("ext_sides", "")),
            qualifiers=_facts(row.get("ext_qualifiers", "")),
            label=row["object_label"],
            comment=row.get("comment", ""),
            seen_in=row["ext_seen_in"],
            absence=row.get("ext_absence", ""),
            answer=row.get("ext_answer", ""),
            below=row.get("ext_below", ""),
            sides_below=_pairs(row.get("ext_sides_below", "")),
        )


@cache
def _iri(name: str) -> str:
    return "" if name == NO_TERM else expand(name)


@cache
def _iris(names: str) -> tuple[str, ...]:
    return tuple(map(expand, _split(names)))


@cache
def _facts(names: str) -> tuple[tuple[str, str], ...]:
    pairs = (one.partition("=") for one in _split(names))
    return tuple((expand(prop), expand(value)) for prop, _, value in pairs)


@cache
def _pairs(names: str) -> tuple[tuple[str, str], ...]:
    pairs = (one.partition("=") for one in _split(names))
    return tuple((first, expand(side)) for first, _, side in pairs)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


@lru_cache(maxsize=1024)
def plain(name: str) -> str:
    """Reduce a name of a code system to what tells it from others: no blanks, version, scheme or case."""
    text = "".join(name.split()).partition("|")[0].rstrip("/").lower()
    return text.removeprefix("urn:oid:").removeprefix("https://").removeprefix("http://")


def _best_first(mappings: Iterable[Mapping]) -> tuple[Mapping, ...]:
    return tuple(sorted(mappings, key=lambda one: (not one.term, PREDICATES.index(one.predicate))))


def _filled_up(text: str, lengths: tuple[int, ...]) -> str:
    """Fill the parts of a code up with zeros; one without parts, or with longer ones, stays as it is."""
    parts = text.split("-")
    pairs = [*zip(parts, lengths, strict=False)]
    fits = 1 < len(parts) == len(pairs) and all(len(one) <= length for one, length in pairs)
    return "-".join(one.zfill(length) for one, length in pairs) if fits else text


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _begins(words: list[str], mapping: Mapping) -> bool:
    there = _words(f"{mapping.display} {mapping.label}")
    return all(any(one.startswith(word) for one in there) for word in words)
