"""Compile class expressions and property axioms to SPARQL 1.1.

A class expression becomes a group graph pattern (SPARQL 1.1 Query, section 5) that binds its members; an axiom becomes
an ``INSERT … WHERE`` operation (SPARQL 1.1 Update, section 3.1.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.expression import And, Expression, Facet, Named, OneOf, Or, Some, Value
from hipkg.terms import HIP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROLOGUE = f"PREFIX hip: <{HIP}>\n"


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
            tests = [f"{indent}FILTER({value} {symbol} {limit})" for symbol, limit in bounds]
            return [f"{indent}{subject} {term(prop)} {value} .", *tests]


def _union(operands: tuple[Expression, ...], subject: str, variables: Variables, indent: str) -> list[str]:
    lines: list[str] = []
    for number, operand in enumerate(operands):
        lines.append(f"{indent}{'{' if number == 0 else 'UNION {'}")
        lines += pattern(operand, subject, variables, indent + "  ")
        lines.append(f"{indent}}}")
    return lines


def insert(template: Iterable[str], where: Iterable[str], title: str = "") -> str:
    """Write one ``INSERT … WHERE`` operation, without prologue, with an optional comment above it."""
    head = f"# {title}\n" if title else ""
    body = "\n".join(f"  {line}" for line in template)
    return f"{head}INSERT {{\n{body}\n}}\nWHERE {{\n" + "\n".join(where) + "\n}"


def membership(
    expression: Expression,
    classes: Iterable[str],
    values: Iterable[tuple[str, str]],
    labels: Mapping[str, str],
    title: str,
) -> str:
    """Compile a definition: members of ``expression`` get the classes and the property values.

    ``labels`` supply the comment; ``title`` is the class that is defined.
    """
    template = consequences("?x", classes, values)
    return insert(template, pattern(expression, "?x", Variables()), labels.get(title, ""))


def consequences(subject: str, classes: Iterable[str], values: Iterable[tuple[str, str]]) -> list[str]:
    """Write the template lines that give a subject its classes and property values."""
    lines = [f"{subject} a {term(iri)} ." for iri in sorted(classes)]
    lines += [f"{subject} {term(prop)} {term(target)} ." for prop, target in sorted(values)]
    return lines
