"""Read patient graphs from RDF or FHIR: the first step of the pipeline.

A file may come from anyone. Nothing that it names is fetched, nothing is expanded, its size and depth are bounded
before a native parser sees it, and every refusal is a :class:`~hipkg.base.errors.HipkgError` with place and remedy.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from hipkg.base.errors import DeceasedPatient, NoPatient, SetAside, UnreadableInput, UsageError
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.reading.fhir.records import Import
    from hipkg.validation.compiler import Severity

BASE = "urn:hipkg:file/"
"""The base that relative IRIs are resolved against, so that a moved file keeps its IRIs."""

NAMELESS = "urn:hipkg:node:"
"""What the IRIs begin with that stand for blank nodes."""

MAX_BYTES = 64 * 2**20
"""The largest input that is read unless a caller allows more."""

MAX_FOLDER_BYTES = 512 * 2**20
"""The most that is read from the files of a folder together, unpacked, unless a caller allows another number."""

MAX_LITERAL = 2**20
"""The longest literal that is read, in characters."""

MAX_DEPTH = 200
"""The deepest nesting of JSON-LD, RDF/XML and triple terms that is read; native parsers overflow the stack beyond."""

MAX_COMPARISONS = 1_000_000
"""How often a blank node may be compared with its neighbours before a patient is refused as a puzzle."""

_Term: TypeAlias = NamedNode | BlankNode | Literal | Triple

_FORMATS = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "n-triples": RdfFormat.N_TRIPLES,
    "n-quads": RdfFormat.N_QUADS,
    "rdf/xml": RdfFormat.RDF_XML,
    "json-ld": RdfFormat.JSON_LD,
}
_SYNONYMS = {
    "ttl": "turtle",
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "application/trig": "trig",
    "nt": "n-triples",
    "ntriples": "n-triples",
    "application/n-triples": "n-triples",
    "nq": "n-quads",
    "nquads": "n-quads",
    "application/n-quads": "n-quads",
    "rdf": "rdf/xml",
    "owl": "rdf/xml",
    "xml": "rdf/xml",
    "rdfxml": "rdf/xml",
    "rdf-xml": "rdf/xml",
    "application/rdf+xml": "rdf/xml",
    "application/xml": "rdf/xml",
    "text/xml": "rdf/xml",
    "json": "json-ld",
    "jsonld": "json-ld",
    "application/json": "json-ld",
    "application/ld+json": "json-ld",
}
_FHIR = frozenset({"fhir", "application/fhir+json", "application/fhir+ndjson", "ndjson", "jsonl"})
_EXTENSIONS = frozenset({"ttl", "trig", "nt", "nq", "rdf", "owl", "xml", "jsonld", "json"})
_COMPRESSED = frozenset({"gz", "bz2", "xz", "zst", "zip"})
_NAMES = f"{', '.join(_FORMATS)} or fhir"
_STDIN = "<stdin>"
_MEMORY = "<memory>"

_TYPE = NamedNode(RDF_TYPE)
_PATIENT = NamedNode(f"{HIP}Patient")
_HAS_PROBLEM = NamedNode(f"{HIP}hasProblem")
_AS_OF = NamedNode(f"{HIP}asOf")
_DATE = NamedNode(f"{XSD}date")
_DATE_FORM = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?")


class Notice(NamedTuple):
    """Something doubtful that was met while a patient was read, which validation tells.

    ``shape`` is the CURIE it is told under, ``node`` the IRI it is about.
    """

    severity: Severity
    shape: str
    node: str
    message: str
    fix: str


class Source(NamedTuple):
    """An input that has been opened: its name, its content, and its RDF format, None for FHIR.

    A ``folder`` has no content of its own; ``lines`` says that each line is a resource.
    """

    name: str
    data: bytes
    rdf_format: RdfFormat | None
    folder: Path | None = None
    lines: bool = False


@dataclass(frozen=True, slots=True)
class PatientGraph:
    """One patient with everything recorded about them.

    ``iri`` names the patient; ``triples`` are sorted and free of blank nodes, whose place is taken by IRIs that follow
    from the content alone; ``source`` is the file name, ``<stdin>`` or ``<memory>``; ``as_of`` is the date the plan is
    made for, also among the triples as ``hip:asOf``; ``unused`` counts the triples of the source that belong to no
    patient; ``dated`` tells whether the source records that date; ``notices`` are what was doubtful in reading it;
    ``alone`` tells that other patients of the source share no node with this one.
    """

    iri: str
    triples: tuple[Triple, ...]
    source: str
    as_of: date
    unused: int = 0
    dated: bool = True
    notices: tuple[Notice, ...] = ()
    alone: bool = False


def linked(patient: str, triples: Iterable[Triple]) -> tuple[Triple, ...]:
    """Keep the triples that are found from a patient by following links, which are those that belong to the patient."""
    given = tuple(triples)
    node = NamedNode(patient)
    found = _reachable(node, _links(given, {node}), {node})
    return tuple(one for one in given if one in found)


def read(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> tuple[PatientGraph, ...]:
    """Read every patient of a source, sorted by IRI.

    ``source`` is a file name, ``-`` for standard input, the content itself as bytes, or a folder of FHIR resources.
    ``format`` is ``fhir``, or a name or media type of an RDF format; without it the extension of the file decides, for
    JSON the content, and standard input and bytes are refused. ``as_of`` overrides a ``hip:asOf`` in the source;
    without either it is today. ``max_bytes`` bounds what is read, by default :data:`MAX_BYTES`, or
    :data:`MAX_FOLDER_BYTES` of a folder. Named graphs are merged. A patient is a node typed ``hip:Patient``; to it
    belongs what it links to, step by step, short of other patients and of the ontology's own terms, and what points at
    it with a ``hip:`` property. Of FHIR, patients who have died and malformed resources are left out with a
    :class:`SetAside` warning.

    Raises :class:`UsageError` for an argument that cannot be used, :class:`NoPatient` where no patient is described,
    :class:`DeceasedPatient` where all have died, and :class:`UnreadableInput` for everything else.
    """
    given = opened(source, format=format, max_bytes=max_bytes)
    if given.rdf_format is None:
        return _living(_imported(given, as_of, max_bytes))
    return _patients(_parse(given.data, given.rdf_format, given.name), given.name, as_of)


def read_import(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> Import:
    """Read the patients of a FHIR source with the account of every resource; the parameters are those of :func:`read`.

    Raises :class:`UsageError` for a source that is not FHIR, and what :func:`read` raises for one that cannot be read.
    """
    given = opened(source, format=format, max_bytes=max_bytes)
    if given.rdf_format is not None:
        raise UsageError(
            "Only FHIR is imported.", place=given.name, remedy="RDF is read as it stands: leave the report out."
        )
    return _imported(given, as_of, max_bytes)


def _imported(given: Source, as_of: date | None, max_bytes: int | None) -> Import:
    from hipkg.reading.fhir.patients import imported
    from hipkg.reading.fhir.source import resources_in, resources_of

    if given.folder is not None:
        found = resources_in(given.folder, MAX_FOLDER_BYTES if max_bytes is None else max_bytes)
    else:
        found = resources_of(given.data, given.name, lines=given.lines)
    made = imported(found, given.name, as_of or _today())
    if not made.patients:
        raise NoPatient(
            f"None of the {len(found.resources)} resources is a Patient.",
            place=given.name,
            remedy="Export the Patient with its resources.",
        )
    return made


def _living(made: Import) -> tuple[PatientGraph, ...]:
    """Return the graphs of the patients who have not died, and warn of the others and of malformed resources."""
    import warnings

    graphs = tuple(sorted((one.graph for one in made.patients if one.graph), key=lambda graph: graph.iri))
    died = [
        DeceasedPatient(
            f"The patient {one.deceased}, so no plan is made.", place=f"{made.source}: {one.patient}", remedy=""
        )
        for one in made.patients
        if one.graph is None
    ]
    if not graphs:
        raise died[0]
    broken = [use for part in (made.strays, *(one.uses for one in made.patients)) for use in part]
    malformed = [
        UnreadableInput(f"A resource is malformed: {use.detail}.", place=f"{made.source}: {use.resource}")
        for use in dict.fromkeys(broken)
        if use.outcome == "malformed"
    ]
    for problem in (*died, *malformed):
        warnings.warn(SetAside(problem), stacklevel=3)
    return graphs


def _today() -> date:
    return datetime.now().astimezone().date()


def read_triples(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    max_bytes: int | None = None,
) -> tuple[Triple, ...]:
    """Read all triples of an RDF source as they stand, with the same care and the same errors as :func:`read`.

    Of a FHIR source they are those of its patients on the day ``as_of``.
    """
    given = opened(source, format=format, max_bytes=max_bytes)
    if given.rdf_format is None:
        return tuple(triple for graph in _living(_imported(given, as_of, max_bytes)) for triple in graph.triples)
    return tuple(_parse(given.data, given.rdf_format, given.name))


def opened(
    source: str | os.PathLike[str] | bytes,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    max_bytes: int | None = None,
) -> Source:
    """Open a source once and tell what it is; the parameters and errors are those of :func:`read`."""
    named = _key(format) if format is not None else ""
    if not named and (isinstance(source, bytes) or source == "-"):
        raise UsageError("No format is given for standard input.", remedy=f"Say which it is: {_NAMES}.")
    rdf_format = _named_format(named) if named and named not in _FHIR else None
    folder = _folder(source) if rdf_format is None else None
    if folder is not None:
        return Source(str(folder), b"", None, folder)
    name, data = _load(source, MAX_BYTES if max_bytes is None else max_bytes)
    extension = Path(name).suffix.lower().lstrip(".")
    json_like = rdf_format == RdfFormat.JSON_LD or (not named and extension == "json")
    if named in _FHIR or (not named and extension in _FHIR) or (json_like and _looks_like(data) == "FHIR"):
        _refuse_binary(data, name)
        return Source(name, data, None, lines=extension in _FHIR or named.endswith("ndjson") or named == "jsonl")
    return Source(name, data, rdf_format or _format_by_extension(name, data))


def _folder(source: str | os.PathLike[str] | bytes) -> Path | None:
    if isinstance(source, bytes) or source == "-":
        return None
    path = Path(os.fsdecode(source))
    try:
        return path if path.name and path.is_dir() else None
    except (OSError, ValueError):  # a name that no file can have; opening it says so
        return None


def _key(name: str) -> str:
    return name.partition(";")[0].strip().lower()


def _named_format(name: str) -> RdfFormat:
    try:
        return _FORMATS[_SYNONYMS.get(name, name)]
    except KeyError:
        raise UsageError(f"{name!r} is not a format that is read.", remedy=f"Use {_NAMES}.") from None


def _format_by_extension(name: str, data: bytes) -> RdfFormat:
    extension = Path(name).suffix.lower().lstrip(".")
    if extension in _EXTENSIONS:
        return _FORMATS[_SYNONYMS.get(extension, extension)]
    if extension in _COMPRESSED:
        raise UsageError("A compressed file is not read.", place=name, remedy="Decompress it first.")
    guess = _looks_like(data)
    hint = f" It looks like {guess}." if guess else ""
    extensions = ", ".join(f".{known}" for known in sorted(_EXTENSIONS))
    raise UsageError(
        f"The file name does not tell the format.{hint}",
        place=name,
        remedy=f"Give the file one of the extensions {extensions}, or name its format.",
    )


def _load(source: str | os.PathLike[str] | bytes, max_bytes: int) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        name, data = _MEMORY, source
    elif source == "-":
        name, data = _STDIN, sys.stdin.buffer.read(max_bytes + 1)
    else:
        name = os.fsdecode(source)
        data = _load_file(name, max_bytes)
    if len(data) > max_bytes:
        raise _too_large(name, max_bytes)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnreadableInput("The input is empty.", place=name, remedy="Check how it was written.")
    return name, data


def _load_file(name: str, max_bytes: int) -> bytes:
    if re.match(r"[a-z][a-z0-9+.-]+://", name, re.IGNORECASE):
        raise UsageError(
            "This is an address, and nothing is fetched.", place=name, remedy="Download it and name the file."
        )
    try:
        with Path(name).open("rb") as file:
            return _load_stream(file, name, max_bytes)
    except UnreadableInput:  # a ValueError itself, which says what is wrong
        raise
    except FileNotFoundError:
        raise UnreadableInput("There is no such file.", place=name, remedy="Check the name and the folder.") from None
    except IsADirectoryError:
        raise UnreadableInput("This is a folder.", place=name, remedy="Name the files in it.") from None
    except PermissionError:
        raise UnreadableInput(
            "The file may not be read.", place=name, remedy="Give yourself permission to read it."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableInput(
            f"The file cannot be opened: {reason}.", place=repr(name), remedy="Check the name."
        ) from None


def _load_stream(file: BinaryIO, name: str, max_bytes: int) -> bytes:
    if os.fstat(file.fileno()).st_size > max_bytes:
        raise _too_large(name, max_bytes)
    return file.read(max_bytes + 1)


def _too_large(name: str, max_bytes: int) -> UnreadableInput:
    return UnreadableInput(
        f"The input is larger than {max_bytes / 2**20:g} MB.",
        place=name,
        remedy="Split it into files of fewer patients, or allow a larger max_bytes from Python.",
    )


def _parse(data: bytes, rdf_format: RdfFormat, name: str) -> list[Triple]:
    _refuse_traps(data, rdf_format, name)
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        triples = list({quad.triple: None for quad in parse(data, format=rdf_format, base_iri=BASE)})
    except SyntaxError as error:
        raise _syntax_error(error, data, rdf_format, name) from None
    except MemoryError:  # what the parser says of a token that outgrows its buffer
        raise _length_error("A value", name) from None
    _refuse_strange_objects(triples, name, check_length=len(data) > MAX_LITERAL)
    return triples


def _refuse_traps(data: bytes, rdf_format: RdfFormat, name: str) -> None:
    """Refuse what a native parser would expand, follow, take for something else, or crash on."""
    _refuse_binary(data, name)
    if _looks_like(data) == "FHIR":
        raise _fhir_error(name)
    text = _decode(data, name)
    if rdf_format == RdfFormat.RDF_XML:
        _refuse_xml_traps(data, name)
    elif rdf_format == RdfFormat.JSON_LD:
        _refuse_json_traps(text, data, name)
    elif data.count(b"<<") > MAX_DEPTH:
        raise _triple_term_error(name)


def _refuse_binary(data: bytes, name: str) -> None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableInput("The input is encoded as UTF-16.", place=name, remedy="Save it as UTF-8.")
    if b"\0" in data[:8192]:
        raise UnreadableInput("The input is binary, not text.", place=name, remedy=f"Export it as {_NAMES}.")


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        place = f"{name}:{line}:{column}"
        raise UnreadableInput("The text is not valid UTF-8.", place=place, remedy="Save it as UTF-8.") from None


def _refuse_xml_traps(data: bytes, name: str) -> None:
    """Check that RDF/XML is whole, shallow, in UTF-8 and without entity declarations.

    The native parser expands entities, takes a truncated document for a complete one, and names no line. Another
    encoding could show the two parsers two different documents.
    """
    from xml.parsers import expat

    depth = 0

    def enter(_tag: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _nesting_error(f"{name}:{parser.CurrentLineNumber}")

    def leave(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse_entity(*_declaration: object) -> None:
        raise UnreadableInput(
            "The document declares an entity, and entities are not expanded.",
            place=f"{name}:{parser.CurrentLineNumber}",
            remedy="Write the names out and remove the DOCTYPE.",
        )

    def refuse_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
            message = f"The document declares the encoding {encoding[:40]!r}."
            raise UnreadableInput(message, place=f"{name}:1", remedy="Save it as UTF-8.")

    parser = expat.ParserCreate("utf-8")
    parser.XmlDeclHandler = refuse_encoding
    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    parser.EntityDeclHandler = refuse_entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise _malformed(
            f"{expat.ErrorString(error.code)}", RdfFormat.RDF_XML, data, f"{name}:{error.lineno}:{error.offset + 1}"
        ) from None


def _refuse_json_traps(text: str, data: bytes, name: str) -> None:
    """Check that JSON-LD is well-formed, shallow and self-contained."""
    import json

    try:
        document = json.loads(text, parse_int=str)
    except RecursionError:
        raise _nesting_error(name) from None
    except json.JSONDecodeError as error:
        raise _malformed(error.msg, RdfFormat.JSON_LD, data, f"{name}:{error.lineno}:{error.colno}") from None
    for depth, key, value in _members(document):
        if depth > MAX_DEPTH:
            raise _nesting_error(name)
        if key == "@import" or (key == "@context" and _names_address(value)):
            raise UnreadableInput(
                f"The {key} is an address ({str(value)[:80]!r}), and nothing is fetched.",
                place=name,
                remedy="Put the content of the context into the file.",
            )
        if key == "@container" and "@graph" in str(value):  # a list in one aborts the process of pyoxigraph 0.5.13
            raise UnreadableInput(
                "The context declares a graph container.", place=name, remedy="Write the graphs out with @graph."
            )


def _members(document: object) -> Iterator[tuple[int, str, object]]:
    waiting: list[tuple[int, str, object]] = [(0, "", document)]
    while waiting:
        depth, _key, value = member = waiting.pop()
        yield member
        if isinstance(value, dict):
            waiting.extend((depth + 1, inner, part) for inner, part in value.items())
        elif isinstance(value, list):
            waiting.extend((depth + 1, "", part) for part in value)


def _names_address(context: object) -> bool:
    return isinstance(context, str) or (isinstance(context, list) and any(isinstance(part, str) for part in context))


def _looks_like(data: bytes) -> str | None:
    """Guess from its beginning what a text is, for a better message than "syntax error"."""
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b'["')) or re.match(rb"\[\s*\{", start):
        return "FHIR" if b'"resourceType"' in data and b'"@context"' not in data else "JSON-LD"
    if re.match(rb"<!doctype html|<html", start, re.IGNORECASE):
        return "HTML"
    if re.match(rb"<\?xml|<!DOCTYPE|<rdf:RDF|<\w+ xmlns", start):
        return "FHIR" if b'xmlns="http://hl7.org/fhir"' in start else "RDF/XML"
    if re.search(rb"^\s*(@?prefix\s+[\w.-]*:|@?base\s)\s*<", start, re.IGNORECASE | re.MULTILINE):
        return "Turtle"
    return None


def _syntax_error(error: SyntaxError, data: bytes, rdf_format: RdfFormat, name: str) -> UnreadableInput:
    detail = re.sub(r"^Parser error at .*?: ", "", error.msg or "")
    place = f"{name}:{error.lineno}:{error.offset}" if error.lineno else name
    return _malformed(detail, rdf_format, data, place)


def _malformed(detail: str, rdf_format: RdfFormat, data: bytes, place: str) -> UnreadableInput:
    guess = _looks_like(data)
    if guess is None or guess in {rdf_format.name, "Turtle" if rdf_format == RdfFormat.TRIG else ""}:
        remedy = "Mend the file there, or write it again with the tool it came from."
        return UnreadableInput(
            f"The input is not valid {rdf_format.name}: {detail.rstrip('.')}.", place=place, remedy=remedy
        )
    remedy = (
        f"Export it as {_NAMES}."
        if guess == "HTML"
        else "Give the file the extension of its format, or name the format."
    )
    return UnreadableInput(f"The input is not {rdf_format.name}; it looks like {guess}.", place=place, remedy=remedy)


def _fhir_error(place: str) -> UnreadableInput:
    return UnreadableInput(
        "This is FHIR, which is read as JSON alone.", place=place, remedy="Export it as JSON, or name the format fhir."
    )


def _nesting_error(place: str) -> UnreadableInput:
    return UnreadableInput(
        f"The input is nested more than {MAX_DEPTH} levels deep.", place=place, remedy="Link the nodes by IRI instead."
    )


def _triple_term_error(place: str) -> UnreadableInput:
    return UnreadableInput(
        "The input makes triples about triples, which no patient graph has.", place=place, remedy="Write it in RDF 1.1."
    )


def _length_error(what: str, place: str) -> UnreadableInput:
    return UnreadableInput(
        f"{what} is longer than {MAX_LITERAL} characters.",
        place=place,
        remedy="Keep documents and images out of the patient graph and link to them.",
    )


def _refuse_strange_objects(triples: Iterable[Triple], name: str, *, check_length: bool) -> None:
    for triple in triples:
        value = triple.object
        if isinstance(value, Triple):
            raise _triple_term_error(name)
        if check_length and isinstance(value, Literal) and len(value.value) > MAX_LITERAL:
            raise _length_error(f"The value of {triple.predicate}", f"{name}: {triple.subject}")


def _patients(triples: Sequence[Triple], name: str, as_of: date | None) -> tuple[PatientGraph, ...]:
    patients: set[_Term] = {
        triple.subject for triple in triples if triple.object == _PATIENT and triple.predicate == _TYPE
    }
    if not patients:
        raise _no_patient(triples, name)
    links = _links(triples, patients)
    parts = {patient: _reachable(patient, links, patients) for patient in patients}
    unused = len(triples) - len(set().union(*parts.values()))
    copies: Counter[str] = Counter()
    graphs = []
    for patient, part in parts.items():
        iri, named = _without_blank_nodes(patient, part, copies, name)
        recorded = _recorded_date(iri, named, name)
        day = as_of or recorded or _today()
        graphs.append(PatientGraph(iri.value, _dated(iri, named, day), name, day, unused, recorded is not None))
    return tuple(sorted(graphs, key=lambda graph: graph.iri))


def _no_patient(triples: Sequence[Triple], name: str) -> NoPatient:
    if not triples:
        remedy = "In JSON-LD, give names an @context or write full IRIs; examples/ shows a patient."
        return NoPatient("The input holds no triples.", place=name, remedy=remedy)
    untyped = sorted({str(triple.subject) for triple in triples if triple.predicate == _HAS_PROBLEM})
    others = sorted({str(triple.object) for triple in triples if triple.predicate == _TYPE})
    foreign = [kind for kind in others if re.search(r"[/#]Patient>$", kind)]
    if untyped:
        return NoPatient(
            f"{untyped[0]} has problems but is not typed as a patient.",
            place=name,
            remedy=f"Add the triple {untyped[0]} a {_PATIENT} .",
        )
    if foreign:
        return NoPatient(
            f"Patients are typed {foreign[0]}, which is not this vocabulary.",
            place=name,
            remedy=f"Type them {_PATIENT}.",
        )
    return NoPatient(
        f"None of the {len(triples)} triples describes a patient.",
        place=name,
        remedy=f"Type the patient {_PATIENT}; examples/ shows how.",
    )


def _links(triples: Iterable[Triple], patients: set[_Term]) -> dict[_Term, list[Triple]]:
    """Index triples by the node they are found from: the subject, and the patient whom they point at."""
    links: dict[_Term, list[Triple]] = defaultdict(list)
    for triple in triples:
        links[triple.subject].append(triple)
        if triple.object in patients and triple.predicate.value.startswith(HIP) and triple.subject not in patients:
            links[triple.object].append(triple)
    return links


def _reachable(patient: _Term, links: Mapping[_Term, list[Triple]], patients: set[_Term]) -> set[Triple]:
    seen: set[_Term] = {patient}
    waiting: list[_Term] = [patient]
    found: set[Triple] = set()
    while waiting:
        node = waiting.pop()
        for triple in links.get(node, ()):
            found.add(triple)
            other = triple.object if triple.subject == node else triple.subject
            if other not in seen and other not in patients and not _is_term(other):
                seen.add(other)
                waiting.append(other)
    return found


def _is_term(node: _Term) -> bool:
    """Tell whether a node is a term of the ontology rather than something of a patient."""
    return isinstance(node, NamedNode) and node.value.startswith(HIP) and not re.search("[/#]", node.value[len(HIP) :])


def _recorded_date(patient: NamedNode, triples: Iterable[Triple], name: str) -> date | None:
    recorded = {
        triple.object.value
        for triple in triples
        if triple.predicate == _AS_OF and triple.subject == patient and isinstance(triple.object, Literal)
    }
    if len(recorded) > 1:
        raise UnreadableInput(
            f"The patient has several dates of plan: {', '.join(sorted(recorded))}.",
            place=f"{name}: {patient}",
            remedy="Keep one hip:asOf, or give the date when you ask for the plan.",
        )
    return next((_date(text, f"{name}: {patient}") for text in recorded), None)


def _date(text: str, place: str) -> date:
    match = _DATE_FORM.fullmatch(text)
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise UnreadableInput(
            f"The date of the plan, {text[:40]!r}, is not a date.", place=place, remedy="Write hip:asOf as YYYY-MM-DD."
        ) from None


def _dated(patient: NamedNode, triples: Iterable[Triple], day: date) -> tuple[Triple, ...]:
    kept = [triple for triple in triples if not (triple.predicate == _AS_OF and triple.subject == patient)]
    return tuple(sorted([*kept, Triple(patient, _AS_OF, Literal(day.isoformat(), datatype=_DATE))], key=str))


def _without_blank_nodes(
    patient: _Term, triples: set[Triple], copies: Counter[str], source: str
) -> tuple[NamedNode, set[Triple]]:
    """Replace blank nodes by IRIs that follow from the content, so that two people's nodes never meet in one store.

    ``copies`` counts patients of the same source who differ in nothing, for they would otherwise become one.
    """
    blanks = {node for triple in triples for node in (triple.subject, triple.object) if isinstance(node, BlankNode)}
    names = _names(blanks, triples, copies, source) if blanks else {}
    iri = patient if isinstance(patient, NamedNode) else names[patient]
    return iri, {_renamed(triple, names) for triple in triples} if names else triples


def _names(
    blanks: set[BlankNode], triples: Iterable[Triple], copies: Counter[str], source: str
) -> dict[_Term, NamedNode]:
    order = _canonical_order(blanks, triples, source)
    numbers: dict[_Term, NamedNode] = {node: NamedNode(f"{NAMELESS}{number}") for number, node in enumerate(order)}
    content = _hash(*sorted(str(_renamed(triple, numbers)) for triple in triples))
    copies[content] += 1
    scope = content if copies[content] == 1 else f"{content}-{copies[content]}"
    return {node: NamedNode(f"{NAMELESS}{scope}:{number}") for number, node in enumerate(order, 1)}


def _renamed(triple: Triple, names: Mapping[_Term, NamedNode]) -> Triple:
    return Triple(names.get(triple.subject, triple.subject), triple.predicate, names.get(triple.object, triple.object))


def _canonical_order(blanks: set[BlankNode], triples: Iterable[Triple], source: str) -> list[BlankNode]:
    """Order blank nodes by their content alone, by colour refinement.

    RDFC-1.0 is not used: it needs factorial time for a patient with ten problems alike but for their blank sites.
    Nodes that refinement cannot tell apart are interchangeable wherever blank nodes form no symmetrical cycles, and so
    any of them may come first.
    """
    around: dict[BlankNode, list[tuple[str, _Term]]] = {node: [] for node in blanks}
    for triple in triples:
        if isinstance(triple.subject, BlankNode):
            around[triple.subject].append((f">{triple.predicate}", triple.object))
        if isinstance(triple.object, BlankNode):
            around[triple.object].append((f"<{triple.predicate}", triple.subject))
    colours = dict.fromkeys(blanks, "")
    comparisons = 0
    while tied := _tied(colours):
        comparisons += sum(1 + len(around[node]) for node in tied)
        if comparisons > MAX_COMPARISONS:
            raise UnreadableInput(
                "Too many blank nodes are alike, or their chains are too long.",
                place=source,
                remedy="Give the nodes IRIs.",
            )
        refined = {node: _hash(colours[node], *_surroundings(around[node], colours)) for node in tied}
        if len(set(refined.values())) == len({colours[node] for node in tied}):
            first = min(tied, key=lambda node: refined[node])
            refined[first] = _hash(refined[first])
        colours |= refined
    return sorted(blanks, key=lambda node: colours[node])


def _tied(colours: Mapping[BlankNode, str]) -> list[BlankNode]:
    sizes = Counter(colours.values())
    return [node for node, colour in colours.items() if sizes[colour] > 1 or not colour]


def _surroundings(around: Iterable[tuple[str, _Term]], colours: Mapping[BlankNode, str]) -> list[str]:
    return sorted(f"{link} {colours[other] if isinstance(other, BlankNode) else other}" for link, other in around)


def _hash(*parts: str) -> str:
    from hashlib import blake2b

    return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
