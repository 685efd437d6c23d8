"""Compile class expressions and property axioms to SPARQL 1.1.

A class expression becomes a group graph pattern (SPARQL 1.1 Query, section 5) that binds its members; an axiom becomes
an ``INSERT … WHERE`` operation (SPARQL 1.1 Update, section 3.1.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.vocabulary import HIP
from hipkg.owl.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value
from hipkg.owl.rules import ClassRule, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable


def term(iri: str) -> str:
    """Write an IRI with the prefix of the prologue, or in full."""
    local = iri.removeprefix(HIP)
    if iri.startswith(HIP) and local.replace("-", "").replace("_", "").isalnum():
        return f"hip:{local}"
    return f"<{iri}>"


class Variables:
    """Hand out fresh variable names for one query."""

    def __init__(self, stem: str = "v") -> None:
        self._stem = stem
        self._used = 0

    def fresh(self) -> str:
        """Return a variable that was not used before."""
        self._used += 1
        return f"?{self._stem}{self._used}"


def pattern(expression: Expression, subject: str, variables: Variables, indent: str = "  ") -> list[str]:
    """Write the lines of a graph pattern that binds ``subject`` to the members of an expression."""
    match expression:
        case Named(iri):
            return [f"{indent}{subject} a {term(iri)} ."]
        case And(operands):
            return [line for operand in operands for line in pattern(operand, subject, variables, indent)]
        case Or(operands):
            return _union(operands, subject, variables, indent)
        case OneOf(individuals):
            return [f"{indent}FILTER({subject} IN ({', '.join(map(term, individuals))}))"]
        case Value(prop, individual):
            return [f"{indent}{subject} {term(prop)} {term(individual)} ."]
        case Some(prop, filler):
            target = variables.fresh()
            return [f"{indent}{subject} {term(prop)} {target} .", *pattern(filler, target, variables, indent)]
        case Facet(prop, _, bounds):
            value = variables.fresh()
            tests = [f"{indent}FILTER({value} {limit})" for limit in bounds]
            return [f"{indent}{subject} {term(prop)} {value} .", *tests]


def _union(operands: tuple[Expression, ...], subject: str, variables: Variables, indent: str) -> list[str]:
    lines: list[str] = []
    for number, operand in enumerate(operands):
        lines.append(f"{indent}{'{' if number == 0 else 'UNION {'}")
        lines += pattern(operand, subject, variables, indent + "  ")
        lines.append(f"{indent}}}")
    return lines


def template(rule: Rule) -> list[str]:
    """Write the lines of what a rule adds."""
    if isinstance(rule, ClassRule):
        values = [f"?x {term(prop)} {term(target)} ." for prop, target in rule.values]
        return [*_types("?x", rule.classes), *values]
    start, *_, end = _ends(rule.path)
    return [
        *(f"{start} {term(prop)} {end} ." for prop in rule.wider),
        *(f"{end} {term(prop)} {start} ." for prop in rule.inverse),
        *_types(start, rule.domains),
        *_types(end, rule.ranges),
    ]


def where(rule: Rule) -> str:
    """Write the graph pattern of what a rule follows from."""
    if isinstance(rule, ClassRule):
        return "\n".join(pattern(rule.expression, "?x", Variables()))
    nodes = _ends(rule.path)
    return "\n".join(
        f"  {one} {term(link)} {other} ." for one, link, other in zip(nodes, rule.path, nodes[1:], strict=False)
    )


def _ends(path: tuple[str, ...]) -> list[str]:
    return ["?x", "?y"] if len(path) == 1 else [f"?n{number}" for number in range(len(path) + 1)]


def _types(subject: str, classes: Iterable[str]) -> list[str]:
    return [f"{subject} a {term(iri)} ." for iri in classes]
