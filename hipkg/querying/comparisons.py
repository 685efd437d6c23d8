"""What a query compares the values of properties with, and which names it uses as properties and as classes."""

from __future__ import annotations

from collections import defaultdict
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from hipkg.base.isolation import isolated
from hipkg.base.limits import QUERY_MEMORY, QUERY_SECONDS
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.querying.algebra import Algebra

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.querying.parameters import Bound

_EQUAL = {"=", "!=", "IN", "NOT IN"}


class How(Enum):
    """How a value is compared: as the very same term, by its value, by its place in an order, or as it is written."""

    SAME = "same"
    EQUAL = "equal"
    ORDER = "order"
    WRITTEN = "written"


class Comparison(NamedTuple):
    """A term that a query compares with the values of properties; an empty name is one of a property not told."""

    properties: frozenset[str]
    term: ox.NamedNode | ox.Literal
    how: How


class Uses(NamedTuple):
    """The names that a query uses as properties and as classes, and all that it compares."""

    properties: tuple[str, ...]
    classes: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


class Meaning:
    """What a query uses and compares, worked out once, and only if that is asked for."""

    def __init__(self, query: Bound) -> None:
        self.query = query

    @cached_property
    def uses(self) -> Uses:
        """What the query uses; raises `UsageError` for one that is not SPARQL 1.1."""
        query = self.query
        return isolated(
            lambda: uses(Algebra(query.text), query.substitutions),
            seconds=QUERY_SECONDS.most,
            memory=QUERY_MEMORY.most,
        )


def uses(algebra: Algebra, given: Mapping[str, ox.NamedNode | ox.Literal]) -> Uses:
    """Find what a query compares by triples, conditions and lists of values.

    Parameters: ``given`` are the values that variables have.
    """
    from rdflib.term import URIRef, Variable

    parts = [*algebra.parts()]
    of_variable: dict[str, set[str]] = defaultdict(set)
    properties: dict[str, None] = {}
    classes: dict[str, None] = {}
    found: list[Comparison] = []
    for _, path, target in (triple for part in parts if part.name == "BGP" for triple in part.triples):
        properties.update(dict.fromkeys(_named(path)))
        ends = frozenset(_last(path))
        if isinstance(target, Variable):
            of_variable[str(target)] |= ends
        elif ends == {RDF_TYPE} and isinstance(target, URIRef):
            classes[str(target)] = None
        elif (term := _term(target)) is not None:
            found.append(Comparison(ends, term, How.SAME))
    for name, term, how in (*_conditions(parts), *((name, term, How.SAME) for name, term in given.items())):
        if of_variable[name] == {RDF_TYPE} and isinstance(term, ox.NamedNode):
            classes[term.value] = None
        else:
            found.append(Comparison(frozenset(of_variable[name]), term, how))
    return Uses(tuple(properties), tuple(classes), tuple(found))


def _term(term: Any) -> ox.NamedNode | ox.Literal | None:  # noqa: ANN401 - terms of rdflib, or parts of its algebra
    from rdflib.term import Literal, URIRef

    match term:
        case Literal() if term.language:
            return ox.Literal(str(term), language=term.language)
        case Literal() if term.datatype:
            return ox.Literal(str(term), datatype=ox.NamedNode(term.datatype))
        case Literal():
            return ox.Literal(str(term))
        case URIRef():
            return ox.NamedNode(str(term))
        case _:
            return None


def _named(path: Any) -> Iterator[str]:  # noqa: ANN401 - the algebra of rdflib has no types
    """List the names of a path."""
    from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, SequencePath
    from rdflib.term import URIRef

    match path:
        case URIRef():
            yield str(path)
        case SequencePath() | AlternativePath() | NegatedPath():
            for one in path.args:
                yield from _named(one)
        case MulPath():
            yield from _named(path.path)
        case InvPath():
            yield from _named(path.arg)


def _last(path: Any) -> Iterator[str]:  # noqa: ANN401
    """List the properties by which a path ends, an empty name for those that are not told."""
    from rdflib.paths import AlternativePath, MulPath, SequencePath
    from rdflib.term import URIRef

    match path:
        case URIRef():
            yield str(path)
        case SequencePath():
            yield from _last(path.args[-1])
        case AlternativePath():
            for one in path.args:
                yield from _last(one)
        case MulPath():
            yield from _last(path.path)
            if path.zero:
                yield ""  # What the path begins with may be what it ends with.
        case _:
            yield ""


def _conditions(parts: Sequence[Any]) -> Iterator[tuple[str, ox.NamedNode | ox.Literal, How]]:
    """List the variables that conditions or lists of values compare with terms."""
    from rdflib.term import Variable

    for part in parts:
        if part.name == "RelationalExpression":
            others = part.other if isinstance(part.other, list) else [part.other]
            for side, against in ((part.expr, others), *((one, [part.expr]) for one in others)):
                written = getattr(side, "name", "") == "Builtin_STR"
                name = side.arg if written else side
                how = How.WRITTEN if written else How.EQUAL if part.op in _EQUAL else How.ORDER
                if isinstance(name, Variable):
                    yield from ((str(name), term, how) for one in against if (term := _term(one)) is not None)
        elif part.name == "values":
            for name, one in (pair for row in part.res for pair in row.items()):
                if (term := _term(one)) is not None:
                    yield str(name), term, How.SAME
