"""What a query does with its variables and its constants, by the algebra of SPARQL."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from hipkg.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.querying.text import QueryText


class Binding(Enum):
    """Whether the pattern of a query binds a variable: in every solution, in some perhaps, or never."""

    ALWAYS = "always"
    PERHAPS = "perhaps"
    NEVER = "never"


class Algebra:
    """The algebra of a query.

    Raises `UsageError` for a query that is not SPARQL 1.1.
    """

    def __init__(self, text: QueryText) -> None:
        from rdflib.plugins.sparql.algebra import translateQuery
        from rdflib.plugins.sparql.parser import parseQuery

        self._text = text
        try:
            self._query: Any = translateQuery(parseQuery(text.text), initNs=dict(text.prefixes)).algebra
        except Exception as problem:
            message = "The query is not valid SPARQL 1.1, as it must be for parameters and values to be checked."
            raise UsageError(message, place=text.place, remedy="Mend the query.") from problem
        self._pattern = _where(self._query)

    def binding(self, name: str) -> Binding:
        """Tell whether the pattern binds a variable; raises `UsageError` for one that it cannot be asked of."""
        if self._is_worked_out(name):
            message = f"The query works ?{name} out in its SELECT clause, so that nothing can be bound to it."
            raise UsageError(message, place=self._text.place, remedy="Work it out in a subquery, or use HAVING.")
        if name in _always(self._pattern):
            return Binding.ALWAYS
        if name in perhaps(self._pattern):
            return Binding.PERHAPS
        if not any(one.text[1:] == name for one in self._text.tokens if one.text[0] in "?$"):
            message = f"The query has no variable ?{name}, which a parameter binds."
            raise UsageError(message, place=self._text.place, remedy="Use it in the query, or leave the parameter out.")
        return Binding.NEVER

    def is_replaceable(self, name: str) -> bool:
        """Tell whether a variable can be replaced by its value everywhere, which only one that is selected can."""
        return self._query.name != "SelectQuery" or name in set(map(str, self._query.PV))

    def _is_worked_out(self, name: str) -> bool:
        """Tell whether what a variable stands for follows from an expression in the first SELECT clause."""
        before: list[str] = []
        for one in self._text.tokens:
            if one.text == "{":
                return False
            if before[-1:] == ["AS"] and one.text[1:] == name:
                return True
            before.append(one.word)
        return False

    @property
    def root(self) -> Any:  # noqa: ANN401
        """The query as a whole."""
        return self._query

    def parts(self) -> Iterator[Any]:
        """List the parts of the algebra: patterns and expressions."""
        return parts_of(self._query)


def parts_of(part: Any) -> Iterator[Any]:  # noqa: ANN401 - the algebra of rdflib has no types
    """List the parts of a part of the algebra, and itself."""
    from rdflib.plugins.sparql.parserutils import CompValue

    if isinstance(part, CompValue):
        yield part
        # What stands in EXISTS is translated as an attribute, beside what was parsed.
        for one in {**part, **vars(part)}.values():
            yield from parts_of(one)
    elif isinstance(part, list | tuple | set) and not hasattr(part, "n3"):
        for one in part:
            yield from parts_of(one)


EXISTS = {"Builtin_EXISTS", "Builtin_NOTEXISTS"}
_MODIFIERS = {"Slice", "Distinct", "Reduced", "Project", "OrderBy", "ToList"}
_ABOVE_GROUPS = {"Extend", "Filter"}


def _where(query: Any) -> Any:  # noqa: ANN401
    """Find the pattern of a query below what orders, cuts, selects and gathers."""
    pattern = query.p
    while pattern is not None and pattern.name in _MODIFIERS:
        pattern = pattern.p
    gathered = pattern
    while gathered is not None and gathered.name in _ABOVE_GROUPS:
        gathered = gathered.p
    return gathered.p.p if gathered is not None and gathered.name == "AggregateJoin" else pattern


def _always(part: Any) -> set[str]:  # noqa: ANN401
    """List the variables that every solution of a pattern binds."""
    match part.name if part is not None else "":
        case "BGP":
            return _named(term for triple in part.triples for term in triple)
        case "Join":
            return _always(part.p1) | _always(part.p2)
        case "Union":
            return _always(part.p1) & _always(part.p2)
        case "LeftJoin" | "Minus":
            return _always(part.p1)
        case "Filter" | "OrderBy" | "Distinct" | "Reduced" | "Slice" | "ToList" | "ToMultiSet" | "Extend":
            return _always(part.p)
        case "Graph":
            return _always(part.p) | _named([part.term])
        case "Project":
            return _always(part.p) & set(map(str, part.PV))
        case "values":
            return _listed(part, every=True)
        case "AggregateJoin":
            return _keys(part)
        case _:
            return set()


def perhaps(part: Any) -> set[str]:  # noqa: ANN401
    """List the variables that a solution of a pattern may bind."""
    match part.name if part is not None else "":
        case "BGP":
            return _named(term for triple in part.triples for term in triple)
        case "Join" | "Union" | "LeftJoin":
            return perhaps(part.p1) | perhaps(part.p2)
        case "Minus":
            return perhaps(part.p1)
        case "Extend":
            return perhaps(part.p) | {str(part.var)}
        case "Graph":
            return perhaps(part.p) | _named([part.term])
        case "Project":
            return perhaps(part.p) & set(map(str, part.PV))
        case "values":
            return _listed(part, every=False)
        case "AggregateJoin":
            return _keys(part) | {str(one.res) for one in part.A}
        case "":
            return set()
        case _:
            return perhaps(dict.get(part, "p"))


def _keys(aggregated: Any) -> set[str]:  # noqa: ANN401
    return _named(aggregated.p.expr or ()) & perhaps(aggregated.p.p)


def _listed(values: Any, *, every: bool) -> set[str]:  # noqa: ANN401
    rows = [{str(name) for name, term in row.items() if term != "UNDEF"} for row in values.res]
    return (set.intersection(*rows) if every else set().union(*rows)) if rows else set()


def _named(terms: Any) -> set[str]:  # noqa: ANN401
    from rdflib.term import Variable

    return {str(one) for one in terms if isinstance(one, Variable)}
