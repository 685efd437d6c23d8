"""Answer questions over patients and the ontology: the named competency questions and the SPARQL of users.

A query is a plain ``.rq`` file. Lines that begin with ``#+`` form its header in TOML; ``queries/README.md`` lists the
keys. Nothing is ever pasted into the text of a query: parameters are bound to its variables. A query only reads, and
only what is given to it: updates and federation are refused before the engine sees them.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast, get_args

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.batch import Batch, each_source
from hipkg.base.errors import UsageError
from hipkg.base.isolation import Reason, UnfinishedError, isolated
from hipkg.base.limits import ANSWER, QUERY_DEPTH, QUERY_MEMORY, QUERY_SECONDS
from hipkg.base.paths import QUERIES
from hipkg.base.vocabulary import HIP, PREFIXES, RDF_TYPE, RDFS, XSD, curie
from hipkg.knowledge.memo import kept
from hipkg.owl.sources import load_sources

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.base.errors import HipkgError
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request
    from hipkg.reading.joint import Joint, Named
    from hipkg.record.patient import Record

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Needs: TypeAlias = Literal["patient", "ontology"]
ParameterType: TypeAlias = Literal["iri", "string", "integer", "date"]

TABLE_FORMATS = {
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
}
GRAPH_FORMATS = {"turtle": ox.RdfFormat.TURTLE, "ntriples": ox.RdfFormat.N_TRIPLES}

_HEADER = "#+"
_FLAGS = {"ordered", "required"}
_KEYS = frozenset({"id", "summary", "description", "tags", "needs", "ordered", "parameters", "columns"})
# The property by which a derived node shows what it is.
_DERIVED = {hip.ofStatement: hip.Evaluation, hip.basedOn: hip.Action, hip.about: hip.Conflict}
_SUBCLASS = ox.NamedNode(f"{RDFS}subClassOf")
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"})
_PLACE_IN_QUERY = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_TOKEN = re.compile(
    r"""
    (?P<quiet>
        <[^<>"{}|^`\\\s]*>                                       # an IRI
      | \#[^\n\r]*                                               # a comment
      | '''(?:[^\\]|\\.)*?''' | \"\"\"(?:[^\\]|\\.)*?\"\"\"      # long strings
      | '(?:[^'\\\n\r]|\\.)*' | "(?:[^"\\\n\r]|\\.)*"            # strings
      | [?$]\w+ | @[A-Za-z]+(?:-\w+)*                           # a variable, a language tag
    )
    | (?P<prefix>[A-Za-z][\w.-]*)?:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*  # a prefixed name, with escapes
    | (?P<bare>[A-Za-z]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that the user of a query binds; ``default`` is empty where there is none."""

    name: str
    type: ParameterType
    description: str
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer with what it means."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class QueryInfo:
    """A query with what its header says.

    ``name`` is the file name without its extension; ``needs`` says whether it runs over patients or over the ontology
    alone, and is None where the author does not say. ``declared`` is False for a file without a header, whose
    parameters are not checked; ``place`` names the file and ``text`` is all of it.
    """

    name: str
    text: str
    place: str
    declared: bool = True
    id: str = ""
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    needs: Needs | None = None
    ordered: bool = False
    parameters: tuple[Parameter, ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class QueryResult:
    """The answer to a query: a table, a yes or no, or a graph.

    A table has ``columns`` and ``rows`` of RDF terms, None where a cell is unbound. ``boolean`` is None and ``triples``
    are None unless the answer is of their kind.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Term | None, ...], ...] = ()
    boolean: bool | None = None
    triples: tuple[ox.Triple, ...] | None = None
    _results: bytes = field(default=b"", repr=False)

    @property
    def formats(self) -> tuple[str, ...]:
        """List the formats that the answer can be written in."""
        return tuple(TABLE_FORMATS if self.triples is None else GRAPH_FORMATS)

    def serialize(self, format: str) -> bytes:  # noqa: A002 - the word that users know from every RDF library
        """Write the answer in a W3C format, with full IRIs and a final line break.

        Raises `UsageError` for a format that does not fit the kind of the answer.
        """
        if format not in self.formats:
            kind = "a table" if self.boolean is None else "yes or no"
            raise UsageError(
                f"The answer is {kind if self.triples is None else 'a graph'}, which {format!r} cannot hold.",
                remedy=f"Choose among: {', '.join(self.formats)}.",
            )
        if self.triples is None:
            parsed = ox.parse_query_results(self._results, format=ox.QueryResultsFormat.JSON)
            data = parsed.serialize(format=TABLE_FORMATS[format])
        else:
            data = ox.serialize(self.triples, format=GRAPH_FORMATS[format], prefixes=PREFIXES)
        written = cast("bytes", data)
        return written if written.endswith(b"\n") else written + b"\n"


@cache
def catalogue() -> tuple[QueryInfo, ...]:
    """List the competency questions in the order of their ids."""
    files = (QUERIES / "competency").glob("*.rq")
    return tuple(sorted((_read_query(path) for path in files), key=lambda info: info.id))


def load_query(name: str | os.PathLike[str]) -> QueryInfo:
    """Find a competency question by its name or id, or read the query file of a user.

    Raises `UsageError` for an unknown name and for a file that cannot be read or used as a query.
    """
    wanted = str(name)
    if wanted.endswith((".rq", ".sparql")) or "/" in wanted or "\\" in wanted:
        return _read_query(Path(wanted))
    for info in catalogue():
        if wanted.casefold() in {info.name, info.id.casefold()}:
            return info
    names = [info.name for info in catalogue()]
    near = get_close_matches(wanted, names, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else "A file is named with its extension .rq."
    raise UsageError(f"There is no query {wanted!r}.", remedy=f"{hint} `hipkg queries` lists all.")


def run_query(
    info: QueryInfo,
    sources: Iterable[Named] = (),
    params: Mapping[str, str] | None = None,
    *,
    request: Request,
    knowledge: Knowledge,
    seconds: int | None = None,
) -> Batch[QueryResult]:
    """Ask a query over the patients of some files, or over the ontology alone.

    Parameters: ``sources`` are paths, ``-`` or bytes as in `hipkg.plan`, none for a question to the ontology;
    ``params`` binds variables by name, a term given as CURIE, IRI, local name or label; ``request`` says how the files
    are read and by which engine is reasoned; ``seconds`` are those that the answer may take, by default those of
    `QUERY_SECONDS`. Returns the one answer, with what was set aside of the files.

    Raises `UsageError` for a query or a parameter that cannot be used, `EngineUnavailable` for a query that takes too
    long or too much memory, and what `hipkg.plan` raises for the files.
    """
    files = tuple(sources)
    _check_sources(info, files)
    bindings = _bindings(info, params or {}, knowledge)
    return patient_store(files, request, knowledge).each(lambda store: _ask(info, store, bindings, seconds))


def patient_store(sources: Iterable[Named], request: Request, knowledge: Knowledge) -> Batch[ox.Store]:
    """Fill one store with the ontology and with the patients of some files, all in the default graph.

    The ontology comes with its classified hierarchy. Each patient comes as recorded, with what is entailed and what is
    derived: evaluations, actions and conflicts, each of which names its patient.
    """
    from hipkg.pipeline.process import derivation_of
    from hipkg.reading.joint import together
    from hipkg.reading.sources import read

    def of_patient(record: Record) -> Iterator[ox.Quad]:
        derived = tuple(ox.Quad(*triple) for triple in derivation_of(record, request, knowledge).triples())
        yield from derived
        yield from _owned(derived, record.iri)

    def of_source(source: Joint) -> Batch[ox.Quad]:
        records = read(source, lambda: knowledge, format=request.format, as_of=request.as_of, deceased=True)
        return records.gathered(of_patient)

    quads = each_source(together(sources, format=request.format), of_source)
    store = ox.Store()
    store.extend(_ontology(knowledge))
    store.extend(quads.results)
    return Batch((store,), quads.set_aside)


def _owned(derived: Iterable[ox.Quad], patient: str) -> Iterator[ox.Quad]:
    """Name the patient of each derived node, which a derivation of one patient has no need to do."""
    for quad in derived:
        kind = _DERIVED.get(quad.predicate.value)
        if kind:
            yield ox.Quad(quad.subject, ox.NamedNode(hip.ofPatient), ox.NamedNode(patient))
            yield ox.Quad(quad.subject, ox.NamedNode(RDF_TYPE), ox.NamedNode(kind))


@kept
def _ontology(knowledge: Knowledge) -> tuple[ox.Quad, ...]:
    """Read the modules of the ontology, and add the subclasses that a reasoner found."""
    told = [ox.Quad(one.subject, one.predicate, one.object) for one in load_sources()]
    entailed = [
        ox.Quad(ox.NamedNode(one), _SUBCLASS, ox.NamedNode(other))
        for one, others in knowledge.superclasses.items()
        for other in others
    ]
    return (*told, *entailed)


def _read_query(path: Path) -> QueryInfo:
    place = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError("There is no such query file.", place=place, remedy="Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"The query cannot be read: {reason}.", place=place, remedy="Name a text file.") from None
    _check_form(text, place)
    lines = text.splitlines()
    header = "\n".join(line.lstrip()[len(_HEADER) :] if line.lstrip().startswith(_HEADER) else "" for line in lines)
    if not header.strip():
        return QueryInfo(path.stem, text, place, declared=False)
    return _described(path.stem, text, place, header)


def _described(name: str, text: str, place: str, header: str) -> QueryInfo:
    """Read a header, in which every line stands where it stands in the file, so that errors name the right one."""
    remedy = "queries/README.md describes the header."
    try:
        data = tomllib.loads(header)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The #+ header is not valid TOML: {error}.", place=place, remedy=remedy) from None
    try:
        _check_keys(data)
        given: dict[str, Any] = {
            **data,
            "tags": tuple(data.get("tags", ())),
            "parameters": tuple(Parameter(**one) for one in data.get("parameters", ())),
            "columns": tuple(Column(**one) for one in data.get("columns", ())),
        }
        return QueryInfo(name, text, place, **given)
    except (TypeError, ValueError) as error:
        raise UsageError(f"The #+ header cannot be used: {error}.", place=place, remedy=remedy) from None


def _check_keys(data: Mapping[str, Any]) -> None:
    strange = sorted(set(data) - _KEYS)
    if strange:
        raise ValueError(f"unknown key {strange[0]!r}")
    if data.get("needs") not in {None, *get_args(Needs)}:
        raise ValueError(f"needs must be one of {', '.join(get_args(Needs))}")
    for name in ("parameters", "columns"):
        if not all(isinstance(one, dict) for one in data.get(name, ())):
            raise ValueError(f"{name} must be a list of tables")
    described = {key: value for key, value in data.items() if key not in {"tags", "parameters", "columns"}}
    for one in (described, *data.get("parameters", ()), *data.get("columns", ())):
        _check_values(one)
    for tag in data.get("tags", ()):
        _check_values({"tags": tag})
    for parameter in data.get("parameters", ()):
        if parameter.get("type") not in get_args(ParameterType):
            raise ValueError(f"the type of a parameter must be one of {', '.join(get_args(ParameterType))}")


def _check_values(described: Mapping[str, Any]) -> None:
    for name, value in described.items():
        if not isinstance(value, bool if name in _FLAGS else str):
            raise TypeError(f"{name} must be {'true or false' if name in _FLAGS else 'a text'}")


def _check_form(text: str, place: str) -> None:
    """Refuse what changes data or reaches out, by the words of the query that are neither names nor values.

    The parser wants no space around a keyword: ``SERVICE:x`` and ``trueSERVICE<x>`` reach out too, so any word and any
    prefix that holds the keyword is refused.
    """
    depth = end = 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        depth = _depth(text[end:start], depth, place)
        end = match.end()
        if "SERVICE" in (match["prefix"] or match["bare"] or "").upper():
            message = "The query asks another service, and nothing is fetched."
            raise UsageError(message, place=_where(text, start, place), remedy="Load that data from a file.")
        if (match["bare"] or "").upper() in _UPDATES:
            message = f"{match['bare']} changes data, and a query only reads."
            remedy = "Use SELECT, ASK, CONSTRUCT or DESCRIBE."
            raise UsageError(message, place=_where(text, start, place), remedy=remedy)
    _depth(text[end:], depth, place)


def _where(text: str, start: int, place: str) -> str:
    return f"{place}:{text.count(chr(10), 0, start) + 1}:{start - text.rfind(chr(10), 0, start)}"


def _depth(between: str, depth: int, place: str) -> int:
    """Count how many brackets are open after a text that holds no names and no values."""
    for one in between:
        depth += (one in "([{") - (one in ")]}")
        if depth > QUERY_DEPTH.most:
            raise QUERY_DEPTH.exceeded(place)
    return depth


def _check_sources(info: QueryInfo, files: tuple[object, ...]) -> None:
    if info.needs == "patient" and not files:
        raise UsageError(
            f"The query {info.name} asks about a patient, and no file is named.",
            remedy=f"For example: hipkg query {info.name} examples/d0-painful-degenerative-hip.ttl",
        )
    if info.needs == "ontology" and files:
        raise UsageError(
            f"The query {info.name} asks about the ontology alone.",
            place=str(files[0])[:80],
            remedy="Leave out the files.",
        )


def _bindings(
    info: QueryInfo, params: Mapping[str, str], knowledge: Knowledge
) -> dict[ox.Variable, ox.NamedNode | ox.Literal]:
    """Turn the values of parameters into terms, those of a query without a header by what they look like."""
    if not info.declared:
        return {_variable(name): _guessed(value, knowledge) for name, value in params.items()}
    declared = {one.name: one for one in info.parameters}
    for name in params:
        if name not in declared:
            known = f"It has: {', '.join(declared)}." if declared else "It has none."
            raise UsageError(f"The query {info.name} has no parameter {name!r}.", place="--param", remedy=known)
    values = {name: params.get(name, one.default) for name, one in declared.items()}
    for name, value in values.items():
        if declared[name].required and not value:
            remedy = f"Give it with --param {name}=..., {declared[name].description}."
            raise UsageError(f"The query {info.name} needs the parameter {name!r}.", remedy=remedy)
    return {ox.Variable(name): _term(declared[name], value, knowledge) for name, value in values.items() if value}


def _variable(name: str) -> ox.Variable:
    if not re.fullmatch(r"\w+", name):
        message = f"{name!r} is not the name of a variable."
        raise UsageError(message, place="--param", remedy="Write it without ? and $.")
    return ox.Variable(name)


def _term(parameter: Parameter, value: str, knowledge: Knowledge) -> ox.NamedNode | ox.Literal:
    try:
        return _typed(parameter.type, value, knowledge)
    except ValueError as error:
        if isinstance(error, UsageError):
            raise UsageError(error.message, place=f"--param {parameter.name}", remedy=error.remedy) from None
        example = {"integer": "a whole number such as 3", "date": "a date such as 2026-11-23"}[parameter.type]
        message = f"{value!r} is no {parameter.type}."
        raise UsageError(message, place=f"--param {parameter.name}", remedy=f"Write {example}.") from None


def _typed(kind: ParameterType, value: str, knowledge: Knowledge) -> ox.NamedNode | ox.Literal:
    if kind == "iri":
        return resolve(value, knowledge)
    if kind == "integer":
        return ox.Literal(int(value))
    if kind == "date":
        return ox.Literal(date.fromisoformat(value).isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
    return ox.Literal(value)


def _guessed(value: str, knowledge: Knowledge) -> ox.NamedNode | ox.Literal:
    """Take what is written as a term for one, and everything else for a string."""
    looks_like_term = value.partition(":")[0] in PREFIXES or re.match(r"<|(https?://|urn:)", value)
    return resolve(value, knowledge) if looks_like_term else ox.Literal(value)


def resolve(name: str, knowledge: Knowledge) -> ox.NamedNode:
    """Find the term that a CURIE, an IRI, a local name such as ``D0-41`` or a label names.

    An IRI outside the namespace of hipkg, such as that of a patient, is taken as it is. Raises `UsageError` for a name
    that no term, or more than one, has.
    """
    iri = _expanded(name.strip())
    if iri and not iri.startswith(HIP):
        return _node(iri)
    if iri in knowledge.terms:
        return ox.NamedNode(iri)
    wanted = name.strip()
    if HIP + wanted in knowledge.terms:
        return ox.NamedNode(HIP + wanted)
    labelled = [one for one, label in knowledge.labels.items() if label.casefold() == wanted.casefold()]
    found = sorted(knowledge.terms.intersection(labelled))
    if len(found) == 1:
        return ox.NamedNode(found[0])
    if found:
        names = ", ".join(map(curie, found))
        raise UsageError(f"{name!r} names more than one term.", remedy=f"Say which: {names}.")
    raise UsageError(f"The ontology has no term {name!r}.", remedy=_nearest(name, knowledge))


def _expanded(name: str) -> str:
    """Return the IRI that is written in full or as a CURIE, or an empty string."""
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    prefix, colon, local = name.partition(":")
    if colon and prefix in PREFIXES:
        return PREFIXES[prefix] + local
    return name if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", name) else ""


def _node(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError:
        raise UsageError(f"{iri!r} is not an IRI.", remedy="Write it in full, without spaces.") from None


def _nearest(name: str, knowledge: Knowledge) -> str:
    """Name the terms whose local name or label is like a mistyped one."""
    names = {iri.removeprefix(HIP).casefold(): iri for iri in knowledge.terms}
    names |= {knowledge.labels[iri].casefold(): iri for iri in sorted(knowledge.terms) if iri in knowledge.labels}
    near = get_close_matches(name.removeprefix("hip:").casefold(), names, n=3, cutoff=0.6)
    found = list(dict.fromkeys(curie(names[one]) for one in near))
    return f"Did you mean {' or '.join(found)}?" if found else "Write a CURIE, a local name or a label of the ontology."


class _Answer(NamedTuple):
    """An answer as it goes from process to process: N-Triples of a graph, or else results in JSON."""

    graph: bool
    data: bytes


def _ask(
    info: QueryInfo, store: ox.Store, bindings: dict[ox.Variable, ox.NamedNode | ox.Literal], seconds: int | None
) -> QueryResult:
    time = QUERY_SECONDS.most if seconds is None else seconds

    def answer() -> _Answer:
        return _written(store.query(info.text, substitutions=dict(bindings) or None), info.place)

    try:
        return _result(isolated(answer, seconds=time, memory=QUERY_MEMORY.most))
    except SyntaxError as error:
        raise _syntax_error(error, info) from None
    except RuntimeError as error:
        raise _binding_error(error, info) from None
    except UnfinishedError as problem:
        raise _unfinished(problem.reason, info.place, time) from None


def _written(answer: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, place: str) -> _Answer:
    if isinstance(answer, ox.QueryTriples):
        found = _Answer(graph=True, data=ox.serialize(answer, format=ox.RdfFormat.N_TRIPLES) or b"")
    else:
        found = _Answer(graph=False, data=cast("bytes", answer.serialize(format=ox.QueryResultsFormat.JSON)))
    if len(found.data) > ANSWER.most:
        raise ANSWER.exceeded(place)
    return found


def _unfinished(reason: Reason, place: str, seconds: int) -> HipkgError:
    match reason:
        case Reason.TIME:
            return QUERY_SECONDS.exceeded(place, seconds)
        case Reason.MEMORY:
            return QUERY_MEMORY.exceeded(place)
        case Reason.CRASH:
            return UsageError("The query is too long to be worked out.", place=place, remedy="Ask for less at once.")


def _result(answer: _Answer) -> QueryResult:
    if answer.graph:
        triples = {one.triple for one in ox.parse(answer.data, format=ox.RdfFormat.N_TRIPLES)}
        return QueryResult(triples=tuple(sorted(triples, key=str)))
    results = answer.data
    parsed = ox.parse_query_results(results, format=ox.QueryResultsFormat.JSON)
    if isinstance(parsed, ox.QueryBoolean):
        return QueryResult(boolean=bool(parsed), _results=results)
    columns = tuple(one.value for one in parsed.variables)
    rows = tuple(tuple(solution[name] for name in columns) for solution in _each(parsed))
    return QueryResult(columns, rows, _results=results)


def _each(solutions: ox.QuerySolutions) -> Iterator[ox.QuerySolution]:
    yield from solutions


def _syntax_error(error: SyntaxError, info: QueryInfo) -> UsageError:
    match = _PLACE_IN_QUERY.match(error.msg or "")
    line, column, detail = match.groups() if match else ("", "", str(error.msg))
    place = f"{info.place}:{line}:{column}" if match else info.place
    brief = " ".join(detail.split())
    brief = brief if len(brief) <= 120 else brief[:120].rpartition(",")[0] + " ..."  # noqa: PLR2004 - about two lines
    return UsageError(f"The query is not valid SPARQL: {brief}.", place=place, remedy="Mend the query there.")


def _binding_error(error: RuntimeError, info: QueryInfo) -> UsageError:
    name = re.search(r"does not contains? variable \?(\w+)", str(error))
    if name:
        remedy = f"Add ?{name[1]} to its SELECT clause, or leave the parameter out."
        message = f"The query does not select ?{name[1]}, which a parameter binds."
        return UsageError(message, place=info.place, remedy=remedy)
    return UsageError(f"The query cannot be answered: {error}.", place=info.place, remedy="Mend the query.")
