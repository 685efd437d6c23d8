"""Compare the numbers that stand in several places: facets, names, labels, definitions, bounds and timings.

A number of days agrees with one of weeks, months or years, and one of milligrams with one of grams. Numbers in words
are not read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.numbers import read
from hipkg.base.vocabulary import RDFS, SKOS, curie, local_name
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.expression import Facet, Named, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.maintenance.checks.workspace import Workspace
    from hipkg.owl.axioms import Axioms

_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?!\w)|(?<=\d-)\d+(?:[.,]\d+)*(?!\w)")
_IN_NAME = re.compile(r"(?<=Over|fter|fore|nder)\d+$|\d+(?=Days|Weeks|Months|Years|Hours)")
_RATIOS = {"d": (1, 7, 28, 30, 365), "h": (1, 24), "mg": (1, 1000), "wk": (1,), "a": (1,)}
"""How many of a unit one of a larger unit is; a month is read as four weeks or as thirty days."""
_MOST_TIMES = 6
"""How many times a day a single dose may be taken that makes a daily one."""


class _Amount(NamedTuple):
    """A number with its unit, and the property that it is of."""

    prop: str
    number: Decimal
    unit: str

    def is_told(self, numbers: Iterable[Decimal]) -> bool:
        """Tell whether one of some numbers, in a unit of its own, is this one."""
        ratios = _RATIOS.get(self.unit.partition("/")[0], (1,))
        return any(self.number == one * ratio for one in numbers for ratio in ratios)


def check_copies(space: Workspace, axioms: Axioms) -> Iterator[Issue]:
    """Find classes and statements in which a number is told differently in different places."""
    amounts = _Amounts(space, axioms)
    for iri in sorted(axioms.definitions):
        if iri not in space.generated:
            yield from _of_class(space, amounts, iri)
    for iri, bounds in sorted(amounts.bounds().items()):
        yield from _of_statement(space, amounts, iri, bounds)


class _Amounts:
    """The numbers of definitions and of bounds."""

    def __init__(self, space: Workspace, axioms: Axioms) -> None:
        self._space = space
        self._axioms = axioms
        self._units = {iri: values[0].value for iri, values in space.links.get(hip.unit, {}).items()}

    def own(self, iri: str) -> list[_Amount]:
        """List the numbers of the definition of a class."""
        found = (one for one in walk(self._axioms.definitions[iri]) if isinstance(one, Facet))
        return [_Amount(one.prop, it.number, self._units.get(one.prop, "")) for one in found for it in one.bounds]

    def all(self, iri: str, path: frozenset[str] = frozenset()) -> list[_Amount]:
        """List the numbers of the definition of a class and of those that it names."""
        if iri not in self._axioms.definitions or iri in path:
            return []
        named = (one.iri for one in walk(self._axioms.definitions[iri]) if isinstance(one, Named))
        return [*self.own(iri), *(it for one in named for it in self.all(one, path | {iri}))]

    def bounds(self) -> Mapping[str, list[_Amount]]:
        """Map each statement to the numbers of its bounds."""
        links = [one for one in self._space.triples if one.predicate.value == hip.hasBound]
        facts: dict[str, dict[str, str]] = {one.object.value: {} for one in links}  # type: ignore[union-attr]
        for one in self._space.triples:
            if isinstance(one.subject, ox.BlankNode) and one.subject.value in facts:
                facts[one.subject.value][one.predicate.value] = one.object.value  # type: ignore[union-attr]
        found: dict[str, list[_Amount]] = {}
        for one in links:
            bound = facts[one.object.value]  # type: ignore[union-attr]
            for limit in (hip.lowerBound, hip.upperBound):
                number = read(bound.get(limit, ""))
                if number is not None:
                    amount = _Amount(bound.get(hip.measuredBy, ""), number, bound.get(hip.unit, ""))
                    found.setdefault(one.subject.value, []).append(amount)  # type: ignore[union-attr]
        return found


def _of_class(space: Workspace, amounts: _Amounts, iri: str) -> Iterator[Issue]:
    own, every = amounts.own(iri), amounts.all(iri)
    name = [Decimal(one) for one in _IN_NAME.findall(local_name(iri))]
    told = {prop: _numbers(space, iri, prop) for prop in (RDFS + "label", hip.brief, SKOS + "definition", hip.question)}
    if not every:
        return
    shown = {"its name": name, **{curie(prop): numbers for prop, numbers in told.items()}}
    copies = ", ".join(f"{', '.join(map(str, numbers))} in {where}" for where, numbers in shown.items() if numbers)
    limits = ", ".join(sorted({f"{one.number} {one.unit}".strip() for one in own or every}))
    said = f"its logic says {limits}; there is {copies}"
    shortly = [*name, *told[RDFS + "label"], *told[hip.brief], *told[hip.question]]
    if not all(any(one.is_told([number]) for one in every) for number in shortly) or (
        told[SKOS + "definition"] and not all(one.is_told(told[SKOS + "definition"]) for one in own)
    ):
        yield Issue("number-copies", curie(iri), "owl:equivalentClass", said)


def _of_statement(space: Workspace, amounts: _Amounts, iri: str, bounds: list[_Amount]) -> Iterator[Issue]:
    timing = _numbers(space, iri, hip.timing)
    words = [*timing, *_numbers(space, iri, hip.brief), *_numbers(space, iri, SKOS + "definition")]
    shown = ", ".join(map(str, words))
    for one in bounds if words else ():
        if not one.is_told(words) and not _is_sum(one, bounds):
            says = f"{_shown(one.number)} {one.unit} is in none of its texts, which say {shown}"
            yield Issue("number-copies", curie(iri), curie(hip.hasBound), says)
    for number in timing:
        if not any(one.is_told([number]) for one in bounds):
            limits = ", ".join(f"{_shown(one.number)} {one.unit}" for one in bounds)
            yield Issue("number-copies", curie(iri), curie(hip.timing), f"says {number}; its bounds say {limits}")
    for cls in space.named(iri, hip.requires):
        needed = {(it.prop, it.number) for it in amounts.all(cls)}
        for prop in sorted({it for it, _ in needed}):
            limits_of = [one.number for one in bounds if one.prop == prop]
            if limits_of and not any((prop, number) in needed for number in limits_of):
                asked = ", ".join(sorted({_shown(number) for it, number in needed if it == prop}))
                says = f"{curie(cls)} asks for {asked}; the bound says {', '.join(map(_shown, limits_of))}"
                yield Issue("number-copies", curie(iri), curie(hip.requires), says)


def _is_sum(amount: _Amount, bounds: Iterable[_Amount]) -> bool:
    """Tell whether an amount is some times that of another bound: what is taken in a day, of what is taken at once."""
    counts = range(2, _MOST_TIMES + 1)
    return any(amount.number == one.number * count for one in bounds for count in counts if one.prop != amount.prop)


def _numbers(space: Workspace, iri: str, prop: str) -> list[Decimal]:
    texts = (one.value for one in space.links.get(prop, {}).get(iri, ()))
    return [Decimal(number.replace(",", "")) for text in texts for number in _NUMBER.findall(text)]


def _shown(number: Decimal) -> str:
    return f"{number.normalize():f}"
