"""Check the mappings of codes: that both ends exist, that they agree, and that the files are sound SSSOM/TSV.

SSSOM is the Simple Standard for Sharing Ontological Mappings, version 1.1 (https://w3id.org/sssom).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hipkg.base import hip
from hipkg.base.errors import EngineUnavailable, OntologyError
from hipkg.base.paths import MAPPINGS
from hipkg.base.vocabulary import RDFS, curie, expand
from hipkg.knowledge.terminology import (
    ABSENCES,
    ANSWERS,
    COLUMNS,
    NO_TERM,
    NONE_KNOWN,
    PREDICATES,
    SUFFIX,
    SYSTEMS_FILE,
    CodeSystem,
    mapping_file,
    plain,
    rows_of,
    systems_of,
)
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.axioms import Axioms, read_axioms
from hipkg.owl.reasoners import close
from hipkg.owl.sources import load_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyoxigraph as ox

_BUILT_IN = {"linkml", "owl", "rdf", "rdfs", "semapv", "skos", "sssom", "xsd"}
_JUSTIFICATION = re.compile(r"semapv:[A-Z]\w+")
_NEEDED_SLOTS = ("curie_map", "mapping_set_id", "license")
# The slots of a mapping (https://w3id.org/sssom/Mapping) that the files may use; any other column has to be declared.
_SLOTS = {
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "comment",
}
_SAID_OF_TERMS = ("object_label", "ext_site", "ext_sides", "ext_sides_below", "ext_qualifiers")


@dataclass(frozen=True)
class _Ontology:
    """What the checks ask of the ontology; ``above`` maps a class to all classes above it, itself included."""

    axioms: Axioms
    labels: Mapping[str, str]
    above: Mapping[str, frozenset[str]]

    def is_a(self, iri: str, cls: str) -> bool:
        return cls in self.above.get(iri, ())

    def individual_of(self, iri: str, cls: str) -> bool:
        return any(self.is_a(kind, cls) for kind in self.axioms.individual_types.get(iri, ()))

    def disjoint(self, one: str, other: str) -> bool:
        pairs = ((left, right) for left in self.above.get(one, ()) for right in self.above.get(other, ()))
        return any(pair in self.axioms.disjoint for pair in pairs)


def check_mappings(
    folder: Path = MAPPINGS, triples: Iterable[ox.Triple] | None = None, axioms: Axioms | None = None
) -> Iterator[Issue]:
    """Check the code systems and mapping files of a folder against the triples of an ontology, by default the shipped.

    Parameters: ``axioms`` are those of the triples, where they are read already.
    Raises `EngineUnavailable` if PyYAML is not installed.
    """
    try:
        systems = tuple(systems_of(folder))
    except OntologyError as problem:
        yield Issue("mapping-table", problem.place, "", problem.message)
        return
    ontology = _read(load_sources() if triples is None else triples, axioms)
    yield from _spellings(systems)
    yield from _files(folder, systems)
    for system in systems:
        path = mapping_file(folder, system)
        if path.exists():
            yield from _file(path, system, ontology)


def _read(triples: Iterable[ox.Triple], axioms: Axioms | None) -> _Ontology:
    given = list(triples)
    axioms = axioms or read_axioms(given)
    labels = {
        str(one.subject).strip("<>"): one.object.value  # type: ignore[union-attr]
        for one in given
        if one.predicate.value == RDFS + "label"
    }
    told = close((iri, other) for iri, above in axioms.superclasses.items() for other in (iri, *above))
    return _Ontology(axioms, labels, told)


def _spellings(systems: Iterable[CodeSystem]) -> Iterator[Issue]:
    """Find spellings that would name two code systems."""
    named = Counter(name for one in systems for name in {plain(name) for name in one.spellings})
    for name, count in sorted(named.items()):
        if count > 1:
            yield Issue("mapping-system", SYSTEMS_FILE, "aliases", f"{name} names {count} code systems")


def _files(folder: Path, systems: Iterable[CodeSystem]) -> Iterator[Issue]:
    """Find mapping files that are missing, and those of unknown code systems."""
    expected = {mapping_file(folder, one).name: one for one in systems}
    present = {path.name for path in folder.glob(f"*{SUFFIX}")}
    for name in sorted({name for name, one in expected.items() if not one.may_be_absent} - present):
        yield Issue("mapping-file", name, "", "is missing")
    for name in sorted(present - set(expected)):
        yield Issue("mapping-file", name, "", f"belongs to no code system of {SYSTEMS_FILE}")


def _file(path: Path, system: CodeSystem, ontology: _Ontology) -> Iterator[Issue]:
    try:
        rows = list(rows_of(path, (*COLUMNS, "mapping_justification")))
    except OntologyError as problem:
        yield Issue("mapping-table", problem.place, "", problem.message)
        return
    header = _header(path)
    if isinstance(header, str):
        yield Issue("mapping-header", path.name, "", header)
        return
    yield from _check_header(path.name, header, rows)
    if header.get("comment") != system.notice:
        yield Issue("mapping-header", path.name, "comment", f"is not the notice of {SYSTEMS_FILE}")
    for row in rows:
        yield from _check_row(row, system, ontology)
    yield from _duplicates(rows)
    yield from _clashes(rows, ontology)


def _header(path: Path) -> dict[str, Any] | str:
    """Read the metadata block, or say what is wrong with it."""
    try:
        import yaml
    except ImportError as missing:
        raise EngineUnavailable(
            "The reader of the metadata of mappings is not installed.",
            remedy="Install it with: pip install 'hipkg[check]'.",
        ) from missing
    lines = (line[1:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#"))
    try:
        header = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text, lists and maps
    except yaml.YAMLError:
        return "is no YAML"
    return header if isinstance(header, dict) else "is no YAML map"


def _check_header(name: str, header: dict[str, Any], rows: list[dict[str, str]]) -> Iterator[Issue]:
    for slot in _NEEDED_SLOTS:
        if not header.get(slot):
            yield Issue("mapping-header", name, slot, "missing")
    extensions = header.get("extension_definitions") or []
    declared = {one.get("slot_name", "") for one in extensions}
    for column in sorted({column for row in rows for column in row} - _SLOTS - declared):
        yield Issue("mapping-header", name, column, "is no slot of SSSOM and not declared as an extension")
    prefixes = _BUILT_IN | set(header.get("curie_map") or {})
    used = {text for row in rows for column, text in row.items() if column.endswith("_id")}
    used |= {one.get("property", "") for one in extensions} | {str(header.get("object_source", ""))}
    for prefix in sorted({text.partition(":")[0] for text in used if text} - prefixes):
        yield Issue("mapping-header", name, "curie_map", f"{prefix} is not declared")


def _check_row(row: dict[str, str], system: CodeSystem, ontology: _Ontology) -> Iterator[Issue]:
    subject = row["subject_id"]
    prefix, _, local = subject.partition(":")
    if prefix != system.prefix or not re.fullmatch(system.code_form, system.code_prefix + local):
        yield Issue("mapping-code", subject, "subject_id", f"is no code of {system.name}")
    if row["predicate_id"] not in PREDICATES:
        yield Issue("mapping-predicate", subject, "predicate_id", row["predicate_id"])
    if not _JUSTIFICATION.fullmatch(row["mapping_justification"]):
        yield Issue("mapping-justification", subject, "mapping_justification", row["mapping_justification"])
    if not row["ext_seen_in"]:
        yield Issue("mapping-source", subject, "ext_seen_in", "missing")
    term = row["object_id"]
    yield from _check_saying(row)
    yield from _check_rule(row)
    if term == NO_TERM:
        extra = [name for name in _SAID_OF_TERMS if row.get(name)]
        for name in extra:
            yield Issue("mapping-term", subject, name, f"is said of {NO_TERM}")
        return
    yield from _check_term(subject, expand(term), row["object_label"], ontology)
    yield from _check_place(row, ontology)
    yield from _check_qualifiers(row, ontology)


def _check_saying(row: dict[str, str]) -> Iterator[Issue]:
    """Check what a code says in place of naming something: that there is none, or an answer."""
    subject, named = row["subject_id"], row["object_id"] != NO_TERM
    for column, check, known, naming in (
        ("ext_absence", "mapping-absence", ABSENCES, (NONE_KNOWN,)),
        ("ext_answer", "mapping-answer", ANSWERS, ()),
    ):
        said = row.get(column, "")
        if said and said not in known:
            yield Issue(check, subject, column, f"{said} is none of: {', '.join(known)}")
        elif said and named and said not in naming:
            yield Issue(check, subject, column, "is said of a code with a term")


def _check_rule(row: dict[str, str]) -> Iterator[Issue]:
    """Check for which codes a row is a rule, and that the sides it names there are told by what follows the code."""
    subject, below, named = row["subject_id"], row.get("ext_below", ""), row.get("ext_sides_below", "")
    try:
        re.compile(below)
    except re.error as problem:
        yield Issue("mapping-rule", subject, "ext_below", f"{below} is no regular expression: {problem}")
    if named and not below:
        yield Issue("mapping-rule", subject, "ext_sides_below", "sides of codes that it is no rule for")
    for one in filter(None, named.split("|")):
        first, _, side = one.partition("=")
        if len(first) != 1 or not side:
            yield Issue("mapping-rule", subject, "ext_sides_below", f"{one} is no character with its side")


def _check_term(subject: str, term: str, label: str, ontology: _Ontology) -> Iterator[Issue]:
    value = ontology.individual_of(term, hip.Value) or ontology.individual_of(term, hip.Side)
    if term not in ontology.axioms.classes and term not in ontology.axioms.properties and not value:
        message = f"{curie(term)} is no class, property, side or coded value of the ontology"
        yield Issue("mapping-term", subject, "object_id", message)
    elif term in ontology.axioms.definitions:
        yield Issue("mapping-term", subject, "object_id", f"{curie(term)} is defined and cannot be recorded")
    elif ontology.labels.get(term) != label:
        yield Issue("mapping-term", subject, "object_label", f"{label} is not the label of {curie(term)}")


def _check_place(row: dict[str, str], ontology: _Ontology) -> Iterator[Issue]:
    subject, site = row["subject_id"], row.get("ext_site", "")
    below = [one.partition("=")[2] for one in row.get("ext_sides_below", "").split("|")]
    sides = [one for one in (*row.get("ext_sides", "").split("|"), *below) if one]
    if site and not ontology.is_a(expand(site), hip.BodySite):
        yield Issue("mapping-place", subject, "ext_site", f"{site} is no body site")
    for side in sides:
        if not ontology.individual_of(expand(side), hip.Side):
            yield Issue("mapping-place", subject, "ext_sides", f"{side} is no side")
    if sides and not site:
        yield Issue("mapping-place", subject, "ext_sides", "a side without a site")


def _check_qualifiers(row: dict[str, str], ontology: _Ontology) -> Iterator[Issue]:
    for one in row.get("ext_qualifiers", "").split("|"):
        prop, _, value = one.partition("=")
        if not prop:
            continue
        known = ontology.axioms.properties.get(expand(prop))
        kinds = known.ranges if known else frozenset()
        if not any(ontology.individual_of(expand(value), kind) for kind in kinds):
            yield Issue(
                "mapping-qualifier", row["subject_id"], "ext_qualifiers", f"{one} is no fact that can be recorded"
            )


def _duplicates(rows: list[dict[str, str]]) -> Iterator[Issue]:
    counted = Counter((row["subject_id"], row.get("ext_below", ""), row["object_id"]) for row in rows)
    named = Counter((subject, below) for subject, below, _ in counted)
    for (subject, below, term), count in sorted(counted.items()):
        if count > 1:
            yield Issue("mapping-duplicate", subject, "object_id", f"{term} {count} times")
        if term == NO_TERM and named[subject, below] > 1:
            yield Issue("mapping-duplicate", subject, "object_id", f"{NO_TERM} beside a term")


def _clashes(rows: list[dict[str, str]], ontology: _Ontology) -> Iterator[Issue]:
    """Find codes that stand for two terms which nothing can be both."""
    terms: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        terms.setdefault((row["subject_id"], row.get("ext_below", "")), []).append(expand(row["object_id"]))
    for (subject, _), given in sorted(terms.items()):
        for number, one in enumerate(given):
            for other in given[number + 1 :]:
                if ontology.disjoint(one, other):
                    yield Issue("mapping-disjoint", subject, "object_id", f"{curie(one)} and {curie(other)}")
