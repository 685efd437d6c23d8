"""Find the variables that an expression asks for in a group that does not have them.

A group is worked out by itself, from inside out: what stands around it binds nothing within it, and of a subquery
nothing is seen outside but what it selects. In EXISTS alone what is around has its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.querying.algebra import EXISTS, parts_of, perhaps

if TYPE_CHECKING:
    from collections.abc import Iterator, Set


def astray(part: Any, around: Set[str] = frozenset()) -> Iterator[str]:  # noqa: ANN401 - the algebra of rdflib has no types
    """List the variables that expressions, or what is selected, ask for where they have no value.

    Parameters: ``around`` are the variables that have values from around a pattern in EXISTS.
    """
    match part.name if part is not None else "":
        case "":
            return
        case "LeftJoin" as name:
            here: Set[str] = perhaps(part.p1) | perhaps(part.p2) | around
            asked = [part.expr]
        case "Filter" | "Extend" as name:
            here = perhaps(part.p) | around
            asked = [part.expr]
        case "OrderBy" as name:
            here = perhaps(part.p) | around
            asked = [one.expr for one in part.expr]
        case "Project" | "SelectQuery" as name:
            here = perhaps(part.p) | around
            # All that a pattern names is selected by an asterisk, by which nobody asks for one of them.
            asked = [] if _mentioned(part.p) <= set(part.PV) else list(part.PV)
        case name:
            here, asked = around, []
    for one in asked:
        yield from _asked(one, here)
    inner = [part.p1, part.p2] if name in {"Join", "LeftJoin", "Union", "Minus"} else [dict.get(part, "p")]
    for one in inner:
        yield from astray(one, around)


def _mentioned(part: Any) -> set[Any]:  # noqa: ANN401
    """List the variables of the triples of a pattern."""
    from rdflib.term import Variable

    triples = (triple for one in parts_of(part) if one.name == "BGP" for triple in one.triples)
    return {term for triple in triples for term in triple if isinstance(term, Variable)}


def _asked(expression: Any, here: Set[str]) -> Iterator[str]:  # noqa: ANN401
    """List the variables of an expression that are not here, and those of patterns within it that are nowhere."""
    from rdflib.term import Variable

    if isinstance(expression, Variable):
        if str(expression) not in here and not expression.startswith("__"):
            yield str(expression)
    elif isinstance(expression, list):
        for one in expression:
            yield from _asked(one, here)
    elif getattr(expression, "name", "") in EXISTS:
        yield from astray(expression.graph, here)
    elif isinstance(expression, dict):
        for one in expression.values():
            yield from _asked(one, here)
