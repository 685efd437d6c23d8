"""Answer questions over patients and the guideline: the named competency questions, and the SPARQL of users."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.api.arguments import asked
from hipkg.api.dataset import Graph, dataset
from hipkg.api.door import warned
from hipkg.api.graph import Triples, term_name
from hipkg.api.result import Known, Written
from hipkg.base.batch import Batch
from hipkg.base.errors import UsageError
from hipkg.querying import asking
from hipkg.querying.catalogue import inline_query, load_query
from hipkg.querying.comparisons import Meaning
from hipkg.querying.graphs import elsewhere
from hipkg.querying.kinds import misplaced
from hipkg.querying.parameters import bound
from hipkg.querying.patterns import impossible
from hipkg.querying.results import QueryResult
from hipkg.querying.spellings import otherwise_written
from hipkg.querying.vocabulary import unknown_names, unknown_values, unused_names
from hipkg.reading.joint import Joint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pyoxigraph as ox

    from hipkg.api.arguments import Day, Tables
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request
    from hipkg.querying.asking import Streamed
    from hipkg.querying.catalogue import QueryInfo
    from hipkg.querying.parameters import Bound
    from hipkg.querying.results import Term
    from hipkg.reading.joint import Named
    from hipkg.reasoning.engines import EngineName


class Prepared(NamedTuple):
    """A query with its parameters, and the store that it is asked of; ``doubts`` are what it names and is not known."""

    query: Bound
    store: ox.Store
    doubts: tuple[UsageError, ...] = ()

    @property
    def warnings(self) -> int:
        """How many warnings there are about what was read for the dataset."""
        import pyoxigraph as ox

        from hipkg.render.rdf import SH

        found = ox.NamedNode(SH + "resultSeverity"), ox.NamedNode(SH + "Warning")
        return sum(1 for _ in self.store.quads_for_pattern(None, *found, ox.DefaultGraph()))

    def ask(self, *, seconds: int | None = None, limit: int | None = None) -> QueryResult:
        """Hold the answer; parameters and errors are those of `hipkg.querying.asking.ask`."""
        return asking.ask(self.query, self.store, seconds=seconds, limit=limit)

    def stream(self, form: str, *, seconds: int | None = None) -> Streamed:
        """Write the answer as it is found; parameters and errors are those of `hipkg.querying.asking.stream`."""
        return asking.stream(self.query, self.store, form, seconds=seconds)


@dataclass(frozen=True, repr=False)
class Answer(Known, Written, QueryResult):
    """The answer to a query: a table, a yes or no, or a graph, which alone can be written as RDF."""

    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)

    def _written(self, form: Form) -> str:
        from hipkg.render.answers import answer_to_text

        match form:
            case "json":
                return self._triples.to_json() if self.triples is not None else self.serialize("json").decode()
            case "turtle":
                from hipkg.render.answers import answer_to_turtle

                return answer_to_turtle(self)
            case "html" | "markdown":
                from hipkg.render.tables import write_table

                return write_table(*self._table(), form, repr(self))
            case _:
                return answer_to_text(self, self.knowledge, full=False, to_terminal=False)

    def _table(self) -> tuple[Mapping[str, type], Iterable[Row]]:
        if self.triples is not None:
            return self._triples._table()
        if self.boolean is not None:
            return {"answer": bool}, [(self.boolean,)]
        return dict.fromkeys(self.columns, str), [tuple(map(_shown, row)) for row in self.rows]

    @property
    def _triples(self) -> Triples:
        return Triples(self.triples or ())

    def __repr__(self) -> str:
        if self.boolean is not None:
            return f"<Answer: {'yes' if self.boolean else 'no'}>"
        size = f"{len(self.rows)} rows of {', '.join(self.columns)}"
        return f"<Answer: {size if self.triples is None else f'{len(self.triples)} triples'}>"

    def __bool__(self) -> bool:
        """Tell whether the answer is yes, or holds anything."""
        return bool(self.rows or self.triples) if self.boolean is None else self.boolean


def _shown(term: Term | None) -> str | None:
    """Name a term as a cell of a table has it."""
    return None if term is None else term_name(term)


def prepare(
    info: QueryInfo,
    sources: Sequence[Named] | Joint = (),
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
    _check_sources(info, sources)
    ask_of = _ready(info, params or {}, knowledge, lenient=lenient)
    return dataset(sources, request, knowledge, coded=not info.named).each(ask_of)


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
        doubts = (*names, *_doubts(query, knowledge, store))
        if doubts and not lenient:
            raise _together(doubts)
        return Prepared(query, store, doubts)

    return checked


def _doubts(query: Bound, knowledge: Knowledge, store: ox.Store) -> list[UsageError]:
    """List what a query asks in vain of a dataset, or that it cannot be told, as it is not SPARQL 1.1."""
    meaning = Meaning(query)
    checks = (unknown_values, misplaced, otherwise_written, elsewhere, impossible)
    try:
        found = [problem for check in checks for problem in check(meaning, knowledge, store)]
    except UsageError as problem:
        found = [problem]
    return [*unused_names(query.written, store), *found]


def _together(problems: Sequence[UsageError]) -> UsageError:
    """Tell the first of some problems, and what the others are."""
    first, *others = problems
    also = f" Also: {' '.join(one.message for one in others)}" if others else ""
    return UsageError(first.message + also, place=first.place, remedy=first.remedy)


def query(
    source: Source | None,
    question: str | os.PathLike[str],
    *,
    params: Mapping[str, Any] | None = None,
    limit: int | None = None,
    timeout: int | None = None,
    lenient: bool = False,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Answer:
    """Ask a named question, a query file or the text of a query over the patients of a source and the guideline.

    Parameters: ``source`` is as for `hipkg.plan`, None for the guideline alone; ``params`` gives variables a value, or
    several in a list; ``limit`` bounds the rows or triples of the answer, and ``timeout`` the seconds it may take, by
    default 30; ``lenient`` only warns of names and values that the vocabulary does not have; the others are those of
    `hipkg.plan`.

    Raises `UsageError` for what is no query, a parameter that cannot be used and an answer larger than 64 MB,
    `EngineUnavailable` for one that takes too long or too much memory, and what `hipkg.plan` raises.
    """
    wanted = asked(format=format, as_of=as_of, engine=engine, allow_invalid=allow_invalid, codes=codes)
    if not isinstance(question, str | os.PathLike):
        raise UsageError(
            f"A question is wanted, not {type(question).__name__}.",
            place="question",
            remedy="Give the name of one, a file of SPARQL, or a text of SPARQL.",
        )
    written = str(question)
    info = inline_query(written) if any(one in written for one in "{\n") else load_query(question)
    values = {name: _texts(value) for name, value in (params or {}).items()}

    def prepared() -> Batch[Prepared]:
        sources = () if source is None else wanted.opened(source)
        made = prepare(info, sources, values, request=wanted.request, knowledge=wanted.knowledge, lenient=lenient)
        return Batch(made.results, (*made.set_aside, *(doubt for one in made.results for doubt in one.doubts)))

    (ready,) = warned(prepared)
    return Answer(**vars(ready.ask(seconds=timeout, limit=limit)), knowledge=wanted.knowledge)


def _texts(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in several)


def _check_sources(info: QueryInfo, sources: Sequence[Named] | Joint) -> None:
    if info.needs == "patient" and not sources:
        raise UsageError(
            f"The query {info.name} asks about a patient, and no file is named.",
            remedy=f"For example: hipkg query {info.name} examples/d0-painful-degenerative-hip.ttl",
        )
    if info.needs == "ontology" and sources:
        raise UsageError(
            f"The query {info.name} asks about the ontology alone.",
            place=sources.name if isinstance(sources, Joint) else str(sources[0])[:80],
            remedy="Leave out the files.",
        )
