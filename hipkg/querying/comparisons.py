"""What a query compares the values of properties with, and which names it uses as properties and as classes."""

from __future__ import annotations

from collections import defaultdict
from enum import Enum
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from hipkg.base.isolation import isolated
from hipkg.base.limits import QUERY_MEMORY, QUERY_SECONDS
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.querying.algebra import EXISTS, Algebra, parts_of
from hipkg.querying.scopes import astray

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.querying.parameters import Bound

_EQUAL = {"=", "!=", "IN", "NOT IN"}
_PARTS = {"Builtin_CONTAINS", "Builtin_STRSTARTS", "Builtin_STRENDS"}


class How(Enum):
    """How a value is compared: as the same term, by its value, by its place in an order, or as all or part is written.

    ``LOWERED`` and ``RAISED`` tell that it is compared, whole or in part, after its letters were made small or capital.
    """

    SAME = "same"
    EQUAL = "equal"
    ORDER = "order"
    WRITTEN = "written"
    PART = "part"
    LOWERED = "lowered"
    RAISED = "raised"


_WRITINGS = {"Builtin_STR": How.WRITTEN, "Builtin_LCASE": How.LOWERED, "Builtin_UCASE": How.RAISED}


class Comparison(NamedTuple):
    """A term that a query compares with the values of properties; an empty name is one of a property not told."""

    properties: frozenset[str]
    term: ox.NamedNode | ox.Literal
    how: How


class Pattern(NamedTuple):
    """A triple of a query: variables with their mark, names as IRIs, nothing for a text or what a path leaves open."""

    subject: str
    property: str
    target: str

    def named(self) -> str:
        """Name the term that tells what is asked for: a class, or a property."""
        return self.target if self.property == RDF_TYPE else self.property


class Clause(NamedTuple):
    """Triples that have to hold together, those that hold ``beside`` them, and the graph that they are asked of.

    The graph is a name or a variable with its mark, and empty for the default graph.
    """

    patterns: tuple[Pattern, ...]
    beside: tuple[Pattern, ...]
    graph: str


class Uses(NamedTuple):
    """The names that a query uses as properties and as classes, all that it compares, and its patterns.

    ``unbound`` are the variables that nothing in the query binds, ``bound`` the others; ``astray`` are those that are
    asked for in a group that does not have them.
    """

    properties: tuple[str, ...]
    classes: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    clauses: tuple[Clause, ...]
    bound: frozenset[str]
    unbound: tuple[str, ...]
    astray: tuple[str, ...]


class Meaning:
    """What a query uses and compares, worked out once, and only if that is asked for."""

    def __init__(self, query: Bound) -> None:
        self.query = query

    @cached_property
    def uses(self) -> Uses:
        """What the query uses; raises `UsageError` for one that is not SPARQL 1.1."""
        query = self.query
        import_module("rdflib.plugins.sparql.algebra")  # once, and not in each copy of this process
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
    bound = {*given, *_bound(parts)}
    named = dict.fromkeys(one for one in _variables(parts) if not one.startswith("__"))
    clauses = tuple(_clauses(algebra.root))
    unbound = tuple(one for one in named if one not in bound)
    strays = tuple(one for one in dict.fromkeys(astray(algebra.root)) if one in bound and one not in given)
    return Uses(tuple(properties), tuple(classes), tuple(found), clauses, frozenset(bound), unbound, strays)


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
                name, how = _side(side, How.EQUAL if part.op in _EQUAL else How.ORDER)
                if isinstance(name, Variable):
                    yield from ((str(name), term, how) for one in against if (term := _term(one)) is not None)
        elif part.name in _PARTS:
            name, how = _side(part.arg1, How.PART)
            if isinstance(name, Variable) and (term := _term(part.arg2)) is not None:
                yield str(name), term, How.PART if how is How.WRITTEN else how
        elif part.name == "values":
            for name, one in (pair for row in part.res for pair in row.items()):
                if (term := _term(one)) is not None:
                    yield str(name), term, How.SAME


def _side(side: Any, how: How) -> tuple[Any, How]:  # noqa: ANN401
    """Tell what a side of a comparison is of, and how that is compared: of functions around it the outermost tells."""
    made = []
    while (one := _WRITINGS.get(getattr(side, "name", ""))) is not None:
        side = side.arg
        made.append(one)
    letters = next((one for one in made if one is not How.WRITTEN), None)
    return side, letters or (made[0] if made else how)


def _clauses(part: Any, beside: tuple[Pattern, ...] = (), graph: str = "") -> Iterator[Clause]:  # noqa: ANN401
    """List the triples of a query that have to hold together, with all that surely holds beside them."""
    name = part.name if part is not None else ""
    if name == "BGP" and (patterns := tuple(_patterns(part))):
        yield Clause(patterns, beside, graph)
    elif name in {"Join", "LeftJoin", "Union", "Minus"}:
        inner = {"Union": beside, "Minus": ()}.get(name, (*beside, *_certain(part.p1)))
        yield from _clauses(part.p1, beside, graph)
        yield from _clauses(part.p2, inner, graph)
    elif name == "Graph":
        yield from _clauses(part.p, beside, _marked(part.term))
    elif name:
        # What these parts give for a key that they lack is the key.
        yield from _clauses(dict.get(part, "p"), beside, graph)
    if name == "Filter":
        inner = (*beside, *_certain(part.p))
        exists = (one for one in parts_of(part.expr) if one.name in EXISTS)
        yield from (clause for one in exists for clause in _clauses(one.graph, inner, graph))


def _certain(part: Any) -> tuple[Pattern, ...]:  # noqa: ANN401
    """List the triples that hold in every solution of a pattern."""
    match part.name if part is not None else "":
        case "BGP":
            return tuple(_patterns(part))
        case "Join":
            return (*_certain(part.p1), *_certain(part.p2))
        case "LeftJoin" | "Minus":
            return _certain(part.p1)
        case "Filter" | "Extend" | "Graph":
            return _certain(part.p)
        case _:
            return ()


def _patterns(part: Any) -> Iterator[Pattern]:  # noqa: ANN401
    """List the triples of a basic pattern; the steps of a path meet in variables that are marked by the path."""
    from rdflib.paths import InvPath, SequencePath
    from rdflib.term import URIRef

    for subject, path, target in part.triples:
        steps = path.args if isinstance(path, SequencePath) else [path]
        meets = [f"?{_marked(subject)}/{number}/{path}" for number in range(1, len(steps))]
        for step, one, other in zip(steps, [_marked(subject), *meets], [*meets, _marked(target)], strict=True):
            match step:
                case URIRef():
                    yield Pattern(one, str(step), other)
                case InvPath(arg=URIRef() as name):
                    yield Pattern(other, str(name), one)


def _marked(term: Any) -> str:  # noqa: ANN401
    from rdflib.term import URIRef, Variable

    return f"?{term}" if isinstance(term, Variable) else str(term) if isinstance(term, URIRef) else ""


def _bound(parts: Sequence[Any]) -> Iterator[str]:
    """List the variables that patterns, values, or expressions with a name bind."""
    from rdflib.term import Variable

    for part in parts:
        match part.name:
            case "BGP":
                yield from (str(term) for triple in part.triples for term in triple if isinstance(term, Variable))
            case "values":
                yield from (str(name) for row in part.res for name in row)
            case "Extend":
                yield str(part.var)
            case "Graph" if isinstance(part.term, Variable):
                yield str(part.term)
            case "AggregateJoin":
                yield from (str(one.res) for one in part.A)


def _variables(parts: Sequence[Any]) -> Iterator[str]:
    """List the variables that are selected, or that expressions speak of."""
    for part in parts:
        match part.name:
            case "SelectQuery":
                yield from map(str, part.PV)
            case "Filter" | "LeftJoin" | "Extend" | "OrderCondition":
                yield from _spoken_of(part.expr)
            case "AggregateJoin":
                yield from _spoken_of([one.vars for one in part.A])


def _spoken_of(expression: Any) -> Iterator[str]:  # noqa: ANN401
    """List the variables of an expression, but for those in patterns within it."""
    from rdflib.term import Variable

    if isinstance(expression, Variable):
        yield str(expression)
    elif isinstance(expression, list):
        yield from (name for one in expression for name in _spoken_of(one))
    elif isinstance(expression, dict) and getattr(expression, "name", "") not in EXISTS:
        yield from (name for one in expression.values() for name in _spoken_of(one))
