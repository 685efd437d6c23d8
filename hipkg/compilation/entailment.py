"""Write the rules of the release as operations: what a store needs before it can tell who is in some classes.

These are the native engine's own rules, without the consequences that nothing asks for. Rules that feed each other are
written out several times, since SPARQL Update cannot repeat a request until nothing is added.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.groups import reached
from hipkg.base.paths import QUERIES
from hipkg.base.vocabulary import HIP
from hipkg.compilation.operations import Operation, operation_of
from hipkg.compilation.sparql import template, term, where
from hipkg.derivation.queries import summary_of
from hipkg.knowledge.memo import kept
from hipkg.record.facts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set
    from pathlib import Path

    from hipkg.knowledge.records import Knowledge
    from hipkg.owl.rules import Rule

# Each round doubles the length of a chain of parts, and lets one kind of rule see what the others found.
ROUNDS = 3
_NAME = re.compile(r"hip:([\w-]+)|<([^>\s]+)>")
_TEMPLATE_LINE = re.compile(r"\s*\?\w+ (?P<predicate>\S+) (?P<object>\S+) \.")
_CLASS_RULE = re.compile(r"\s*\?x a (\S+) \.")
_VALUES = re.compile(r"VALUES[^{]*\{(.*?)\}", re.DOTALL)


class _Written(NamedTuple):
    """One rule as text: what it looks at, the lines that it adds, each with the term that it adds, and its title.

    ``told`` is the class of a rule that only gives the members of a class without a definition their superclasses.
    """

    defines: str
    title: str
    lines: tuple[tuple[str, str], ...]
    where: str
    uses: frozenset[str]
    told: str

    @property
    def makes(self) -> frozenset[str]:
        """The terms that it adds."""
        return frozenset(made for _, made in self.lines)

    @property
    def template(self) -> tuple[str, ...]:
        """The lines that it adds."""
        return tuple(line for line, _ in self.lines)

    def cut(self, needed: Set[str]) -> _Written:
        """Leave the lines that add a needed term."""
        return self._replace(lines=tuple(one for one in self.lines if one[1] in needed))

    def operation(self, title: str) -> Operation:
        """Give the operation, with a title of its own."""
        return Operation(title, self.template, f"{{\n{self.where}\n}}")


class Entailment:
    """Collect the operations that entail some terms; `entailment` makes one for each `Knowledge`."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        # A rule that only says what an intervention is has no place here: that is stated of the intervention itself.
        groups = [
            [rule for rule in group.rules if rule.defines not in knowledge.interventions] for group in knowledge.groups
        ]
        written = [[self._written(rule) for rule in rules] for rules in groups]
        self._told = sorted({one.told for rules in written for one in rules if one.told})
        self._groups = [[one for one in rules if not one.told] for rules in written]
        self._makers: dict[str, list[_Written]] = {}
        for rules in self._groups:
            for one in rules:
                # A superclass needs no rule for each class below it: every rule adds the whole chain of superclasses.
                for made in one.makes:
                    self._makers.setdefault(made, []).append(one)

    def operations(self, targets: Iterable[str], kinds: frozenset[str] = NOTHING) -> list[Operation]:
        """List the operations that entail the target terms: what is known first, then the rules in their order.

        Parameters: ``kinds`` are further classes of which it is told which interventions and values are in them.
        """
        needed = self._needed(targets)
        cut = [[one for rule in rules if (one := rule.cut(needed)).lines] for rules in self._groups]
        on_properties = [one for rules in cut for one in rules if not self._is_class(one.defines)]
        on_classes = [[one for one in rules if self._is_class(one.defines)] for rules in cut]
        asked = frozenset[str]().union(*(one.uses for rules in on_classes for one in rules))
        return [
            *(one for one, made in _normalising() if made & asked),
            *self._terms(needed | kinds),
            *_relations(on_properties),
            *self._hierarchy(needed),
            *(one for rules in on_classes for one in _unrolled(rules)),
        ]

    def _is_class(self, iri: str) -> bool:
        return iri in self._knowledge.superclasses

    def _needed(self, targets: Iterable[str]) -> set[str]:
        """Collect the terms on which the targets depend, through all rules that can add them."""
        return reached(targets, lambda one: [used for rule in self._makers.get(one, ()) for used in rule.uses])

    def _written(self, rule: Rule) -> _Written:
        looked_at = where(rule)
        lines = tuple((line, _made(line)) for line in template(rule))
        title = self._knowledge.label(rule.defines)
        return _Written(rule.defines, title, lines, looked_at, _names(looked_at), self._told_by(rule, looked_at))

    def _told_by(self, rule: Rule, looked_at: str) -> str:
        """Return the class of a rule that gives the members of a class without a definition their superclasses."""
        if _CLASS_RULE.fullmatch(looked_at) is None or rule.defines in self._knowledge.definitions:
            return ""
        only_classes = rule.makes <= self._knowledge.superclasses.keys()
        return rule.defines if only_classes or self._is_class(rule.defines) else ""

    def _hierarchy(self, needed: set[str]) -> Iterator[Operation]:
        """Write all told superclasses as one operation: the rules after it add whole chains of superclasses."""
        pairs = [(one, upper) for one in self._told for upper in sorted(self._knowledge.superclasses[one] & needed)]
        if pairs:
            rows = "\n".join(f"    ({term(lower)} {term(upper)})" for lower, upper in pairs)
            where = f"{{\n  VALUES (?class ?superclass) {{\n{rows}\n  }}\n  ?x a ?class .\n}}"
            yield Operation("superclasses", ("?x a ?superclass .",), where)

    def _terms(self, needed: set[str]) -> Iterator[Operation]:
        """State the classes of the interventions and values that patient graphs point to."""
        lines = [
            f"{term(iri)} a {', '.join(map(term, kinds))} ."
            for iri, types in sorted(self._knowledge.individual_types.items())
            if (kinds := sorted(needed & set(types))) and iri not in self._knowledge.statements
        ]
        if lines:
            yield Operation("what interventions and coded values are", tuple(lines))


def _made(line: str) -> str:
    """Return the class or property that a line of a template adds."""
    match = _TEMPLATE_LINE.fullmatch(line if line.endswith(".") else f"{line} .")
    if match is None:  # pragma: no cover - the compiler writes one form only
        raise ValueError(line)
    return next(iter(_names(match["object"] if match["predicate"] == "a" else match["predicate"])))


def _names(text: str) -> frozenset[str]:
    return frozenset(HIP + local if local else iri for local, iri in _NAME.findall(text))


@kept
def entailment(knowledge: Knowledge) -> Entailment:
    """Write all rules of the released knowledge out, once."""
    return Entailment(knowledge)


def _unrolled(updates: list[_Written]) -> list[Operation]:
    """Write updates once, or several times if what they add makes them fire again."""
    if not any(one.uses & other.makes for one in updates for other in updates):
        return [one.operation(one.title) for one in updates]
    return [one.operation(f"{one.title} ({_round(number)})") for number in range(1, ROUNDS + 1) for one in updates]


def _round(number: int) -> str:
    return f"round {number} of {ROUNDS}"


def _relations(updates: list[_Written]) -> list[Operation]:
    """Write the rules on properties as tables: relations first, in rounds, then the classes that follow from them."""
    simple = [one for one in updates if one.where == f"  ?x {term(one.defines)} ?y ."]
    pairs: dict[str, list[tuple[str, str]]] = {"?x ?to ?y": [], "?y ?to ?x": [], "?x a ?to": [], "?y a ?to": []}
    for one in simple:
        for line in one.template:
            subject, predicate, target, _ = line.split(" ")
            shape = f"{subject} a ?to" if predicate == "a" else f"{subject} ?to {target}"
            pairs[shape].append((term(one.defines), target if predicate == "a" else predicate))
    wider, reverse, subjects, objects = pairs.items()
    chains = [one for one in updates if one not in simple]
    rounds = [
        one
        for number in range(1, ROUNDS + 1)
        for one in (
            *_table(f"wider relations, {_round(number)}", *wider),
            *(one.operation(f"{one.title}, {_round(number)}") for one in chains),
            *_table(f"reverse relations, {_round(number)}", *reverse),
        )
    ]
    return [
        *rounds,
        *_table("what has a relation", *subjects),
        *_table("what a relation leads to", *objects),
    ]


def _table(title: str, template: str, pairs: list[tuple[str, str]]) -> Iterator[Operation]:
    if pairs:
        rows = "\n".join(f"    ({one} {other})" for one, other in pairs)
        yield Operation(title, (f"{template} .",), f"{{\n  VALUES (?from ?to) {{\n{rows}\n  }}\n  ?x ?from ?y .\n}}")


@cache
def _normalising() -> tuple[tuple[Operation, frozenset[str]], ...]:
    """Turn the queries that bring dates, durations and sides into one form into operations, with what they make."""
    return tuple(_normalisation(path) for path in sorted((QUERIES / "normalise").glob("*.rq")))


def _normalisation(path: Path) -> tuple[Operation, frozenset[str]]:
    text = path.read_text(encoding="utf-8")
    found = operation_of(summary_of(text), text)
    template = " ".join(found.template)
    table = _VALUES.search(found.where)
    variable = re.search(r"\?\w+ \?\w+ \?", template)
    return found, _names(table[1] if variable and table else template)
