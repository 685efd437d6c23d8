"""Answer questions over patients and the guideline: the named competency questions, and the SPARQL of users."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.api.dataset import Graph, dataset
from hipkg.api.door import warned
from hipkg.base.batch import Batch
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import PREFIXES
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.request import Request
from hipkg.querying import asking
from hipkg.querying.catalogue import inline_query, load_query
from hipkg.querying.parameters import bound
from hipkg.querying.results import QueryResult
from hipkg.querying.vocabulary import unknown_names, unknown_values, unused_names

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    import pyoxigraph as ox
    import rdflib

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.asking import Streamed
    from hipkg.querying.catalogue import QueryInfo
    from hipkg.querying.parameters import Bound
    from hipkg.reading.joint import AnySource, Named
    from hipkg.reasoning.engines import EngineName


class Prepared(NamedTuple):
    """A query with its parameters, and the store that it is asked of; ``doubts`` are what it names and is not known."""

    query: Bound
    store: ox.Store
    doubts: tuple[UsageError, ...] = ()

    def ask(self, *, seconds: int | None = None, limit: int | None = None) -> QueryResult:
        """Hold the answer; parameters and errors are those of `hipkg.querying.asking.ask`."""
        return asking.ask(self.query, self.store, seconds=seconds, limit=limit)

    def stream(self, form: str, *, seconds: int | None = None) -> Streamed:
        """Write the answer as it is found; parameters and errors are those of `hipkg.querying.asking.stream`."""
        return asking.stream(self.query, self.store, form, seconds=seconds)


@dataclass(frozen=True, repr=False)
class Answer(QueryResult):
    """The answer to a query: a table, a yes or no, or a graph."""

    def __repr__(self) -> str:
        """Tell what the answer is, and how much of it there is."""
        if self.boolean is not None:
            return f"<Answer: {'yes' if self.boolean else 'no'}>"
        size = f"{len(self.rows)} rows of {', '.join(self.columns)}"
        return f"<Answer: {size if self.triples is None else f'{len(self.triples)} triples'}>"

    def __bool__(self) -> bool:
        """Tell whether the answer is yes, or holds anything."""
        return bool(self.rows or self.triples) if self.boolean is None else self.boolean

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as the JSON of SPARQL has it; raises `UsageError` for a graph."""
        found: dict[str, Any] = json.loads(self.serialize("json"))
        return found

    def to_json(self) -> str:
        """Write the answer as the JSON of SPARQL; raises `UsageError` for a graph."""
        return self.serialize("json").decode()

    def to_graph(self) -> rdflib.Graph:
        """Return the graph that CONSTRUCT or DESCRIBE gives as one of rdflib; raises `UsageError` for a table."""
        import rdflib

        graph = rdflib.Graph(bind_namespaces="none")
        for prefix, namespace in PREFIXES.items():
            graph.bind(prefix, namespace)
        return graph.parse(data=self.serialize("ntriples"), format="nt")


def prepare(
    info: QueryInfo,
    sources: Iterable[Named] = (),
    params: Mapping[str, Sequence[str]] | None = None,
    *,
    request: Request,
    knowledge: Knowledge,
    lenient: bool = False,
) -> Batch[Prepared]:
    """Bind a query, and fill the dataset that it is asked of: patients of some files, or the guideline alone.

    Parameters: ``sources`` are paths, ``-`` or bytes as in `hipkg.plan`, none for a question to the guideline;
    ``params`` gives variables their values, a term as CURIE, IRI, local name or label; ``request`` says how the files
    are read and by which engine is reasoned; ``lenient`` asks also with names and values that the vocabulary does not
    have, and tells them as ``doubts``. What was set aside of the files comes with the one result.

    Raises `UsageError` for a query, a parameter, a name or a value that cannot be used, and what `hipkg.plan` raises
    for the files.
    """
    files = tuple(sources)
    _check_sources(info, files)
    ask_of = _ready(info, params or {}, knowledge, lenient=lenient)
    return dataset(files, request, knowledge, coded=not info.named).each(ask_of)


def over(
    store: ox.Store,
    info: QueryInfo,
    params: Mapping[str, Sequence[str]],
    *,
    knowledge: Knowledge,
    lenient: bool = False,
) -> Prepared:
    """Bind a query to ask it of a dataset that is filled already; parameters and errors are those of `prepare`."""
    return _ready(info, params, knowledge, lenient=lenient)(store)


def _ready(
    info: QueryInfo, params: Mapping[str, Sequence[str]], knowledge: Knowledge, *, lenient: bool
) -> Callable[[ox.Store], Prepared]:
    """Bind a query, check all of it that needs no dataset, and return what checks the rest with one."""
    query = bound(info, params, knowledge)
    if info.named:
        return lambda store: Prepared(query, store)
    asking.check_syntax(query)
    names = unknown_names(query.written, knowledge, list(Graph))
    if names and not lenient:
        raise _together(names)

    def checked(store: ox.Store) -> Prepared:
        doubts = (*names, *unused_names(query.written, store), *unknown_values(query, knowledge, store))
        if doubts and not lenient:
            raise _together(doubts)
        return Prepared(query, store, doubts)

    return checked


def _together(problems: Sequence[UsageError]) -> UsageError:
    """Tell the first of some problems, and what the others are."""
    first, *others = problems
    also = f" Also: {' '.join(one.message for one in others)}" if others else ""
    return UsageError(first.message + also, place=first.place, remedy=first.remedy)


def query(
    source: AnySource | None,
    question: str | os.PathLike[str],
    *,
    params: Mapping[str, Any] | None = None,
    limit: int | None = None,
    timeout: int | None = None,
    lenient: bool = False,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> Answer:
    """Ask a named question, a query file or the text of a query over the patients of a source and the guideline.

    Parameters: ``source`` is as for `hipkg.plan`, None for the guideline alone; ``params`` gives variables a value, or
    several in a list; ``limit`` bounds the rows or triples of the answer, and ``timeout`` the seconds it may take, by
    default 30; ``lenient`` only warns of names and values that the vocabulary does not have; the others are those of
    `hipkg.plan`.

    Raises `UsageError` for what is no query, a parameter that cannot be used and an answer larger than 64 MB,
    `EngineUnavailable` for one that takes too long or too much memory, and what `hipkg.plan` raises.
    """
    knowledge = knowing(codes)
    text = str(question)
    info = inline_query(text) if any(one in text for one in "{\n") else load_query(question)
    request = Request(format=format, as_of=as_of, engine=engine, allow_invalid=allow_invalid)
    given = {name: _texts(value) for name, value in (params or {}).items()}
    sources = () if source is None else source if isinstance(source, list | tuple) else (source,)

    def prepared() -> Batch[Prepared]:
        made = prepare(info, sources, given, request=request, knowledge=knowledge, lenient=lenient)
        return Batch(made.results, (*made.set_aside, *(doubt for one in made.results for doubt in one.doubts)))

    (asked,) = warned(prepared)
    return Answer(**vars(asked.ask(seconds=timeout, limit=limit)))


def _texts(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in several)


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
