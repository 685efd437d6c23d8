"""Compare the numbers that stand in several places: facets, names, labels, definitions, bounds and timings.

A number of days agrees with one of weeks, months or years, and one of milligrams with one of grams; where a text tells
the unit, with that one alone. Numbers in words ("three to six months", "twice a day") are read by the words of records
that the ontology has (`hip:CountWord` and its like).
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.numbers import read
from hipkg.base.vocabulary import RDF_TYPE, RDFS, SKOS, curie, local_name
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.expression import Facet, Named, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.maintenance.checks.workspace import Workspace
    from hipkg.owl.axioms import Axioms
    from hipkg.owl.expression import Expression

_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?!\w)|(?<=\d-)\d+(?:[.,]\d+)*(?!\w)")
_UNIT = re.compile(r"[ -]?(?:(?:-|to|or|and)[ -]?\d+(?:[.,]\d+)*[ -]?)?([A-Za-z]+?)s?\b")
_BEFORE = r"\b(?:{word}) (?P<number>\d+(?:[.,]\d+)*)(?!\w)"
_BEHIND = r"(?<![\w.,-])(?P<number>\d+(?:[.,]\d+)*)(?!\w)[^,;:]{{0,30}}? (?:{word})\b"
"""Where a number stands that words call a least or a most one: behind them, or before them."""
_IN_NAME = re.compile(r"(?<=Over|fter|fore|nder)\d+$|\d+(?=Days|Weeks|Months|Years|Hours)")
_RATIOS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "d": {"day": (1,), "week": (7,), "month": (28, 30), "year": (365,)},
    "h": {"h": (1,), "hour": (1,), "day": (24,)},
    "mg": {"mg": (1,), "g": (1000,), "gram": (1000,)},
    "wk": {"week": (1,)},
    "a": {"year": (1,)},
}
"""How many of a unit one of a larger unit is; a month is read as four weeks or as thirty days."""
_UNITS = frozenset(one for known in _RATIOS.values() for one in known)
_TIMES = frozenset({"d", "h"})
_HOURS = Decimal(24)
_LANGUAGE = "en"
_MOST_TIMES = 6
"""How many times a day a single dose may be taken that makes a daily one."""


class _Told(NamedTuple):
    """A number of a text, or two that are the ends of a range in words, and the unit that follows if it is known."""

    numbers: tuple[Decimal, ...]
    unit: str = ""

    def __str__(self) -> str:
        """Write it with its unit."""
        return f"{' to '.join(map(_shown, self.numbers))} {self.unit}".strip()


class _Amount(NamedTuple):
    """A number with its unit, and the property that it is of."""

    prop: str
    number: Decimal
    unit: str

    def is_told(self, told: Iterable[_Told]) -> bool:
        """Tell whether one of some numbers of texts is this one."""
        known = _ratios(self.unit)
        every = (1, *(it for some in known.values() for it in some))
        return any(
            self.number == number * ratio
            for one in told
            for ratio in known.get(one.unit, every)
            for number in one.numbers
        )


def check_copies(space: Workspace, axioms: Axioms) -> Iterator[Issue]:
    """Find classes and statements in which a number is told differently in different places."""
    amounts, texts = _Amounts(space, axioms), _Texts(space)
    for iri in sorted(axioms.definitions):
        if iri not in space.generated:
            yield from _of_class(texts, amounts, iri)
            yield from _of_limits(texts, axioms.definitions[iri], iri)
    for iri, bounds in sorted(amounts.bounds().items()):
        yield from _of_statement(space, texts, amounts, iri, bounds)


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


class _Texts:
    """The numbers that texts tell, in figures and in words."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        counts = self._values(hip.CountWord)
        word, to = "|".join(counts) or "(?!)", "|".join(self._words(hip.RangeWord)) or "(?!)"
        self._counts, self._often = counts, self._values(hip.OftenWord)
        often, times = "|".join(self._often) or "(?!)", "|".join(self._words(hip.TimesWord)) or "(?!)"
        self._length = re.compile(rf"\b({word})(?:[ -](?:{to})[ -]({word}))?[ -]([a-z]+?)s?\b", re.IGNORECASE)
        self._ends = [
            (re.compile(form.format(word="|".join(self._words(kind)) or "(?!)"), re.IGNORECASE), symbol)
            for kind, symbol, form in (
                (hip.MinimumWord, ">=", _BEFORE),
                (hip.OrMoreWord, ">=", _BEHIND),
                (hip.MaximumWord, "<=", _BEFORE),
            )
        ]
        self._daily = re.compile(
            rf"\b(?:({often})|({word}|\d+)[ -](?:{times}))[ -](?:(?:a|per|each|every)[ -]day|daily)\b", re.IGNORECASE
        )

    def numbers(self, iri: str, prop: str) -> list[_Told]:
        """List the numbers that the texts of a term tell, but not how many times a day."""
        found = []
        for text in self._of(iri, prop):
            plain = self._daily.sub(" ", text)
            for one in _NUMBER.finditer(plain):
                unit = _UNIT.match(plain, one.end())
                found.append(_Told((Decimal(one[0].replace(",", "")),), _known(unit[1] if unit else "")))
            for words in self._length.finditer(plain):
                if measured := _known(words[3]):
                    ends = (self._counts[it.casefold()] for it in words.groups()[:2] if it)
                    found.append(_Told(tuple(ends), measured))
        return found

    def ends(self, iri: str, prop: str) -> Iterator[tuple[_Told, str]]:
        """List the numbers of texts that are told to be a least or a most one, with the symbol for that."""
        for text in self._of(iri, prop):
            for pattern, symbol in self._ends:
                for one in pattern.finditer(text):
                    unit = _UNIT.match(text, one.end("number"))
                    number = Decimal(one["number"].replace(",", ""))
                    yield _Told((number,), _known(unit[1] if unit else "")), symbol

    def times_a_day(self, iri: str, prop: str) -> list[Decimal]:
        """List how many times a day the texts of a term tell."""
        found = (one for text in self._of(iri, prop) for one in self._daily.finditer(text))
        known = {**self._often, **self._counts}
        said = (one[1] or one[2] for one in found)
        return [known[one.casefold()] if one.casefold() in known else Decimal(one) for one in said]

    def _of(self, iri: str, prop: str) -> list[str]:
        return [one.value for one in self._space.links.get(prop, {}).get(iri, ())]

    def _words(self, kind: str) -> list[str]:
        """List the English words of a kind."""
        types = self._space.links.get(RDF_TYPE, {})
        mine = [iri for iri, kinds in types.items() if ox.NamedNode(kind) in kinds]
        words = (one for iri in mine for one in self._space.links.get(hip.word, {}).get(iri, ()))
        return [re.escape(one.value) for one in words if isinstance(one, ox.Literal) and one.language == _LANGUAGE]

    def _values(self, kind: str) -> dict[str, Decimal]:
        """Map the words of a kind that are the labels of what they mean to the numbers that they mean."""
        types, values = self._space.links.get(RDF_TYPE, {}), self._space.links.get(hip.wordValue, {})
        mine = [iri for iri, kinds in types.items() if ox.NamedNode(kind) in kinds and iri in values]
        told = {self._space.labels[iri]: read(values[iri][0].value) for iri in mine if iri in self._space.labels}
        return {word: number for word, number in told.items() if number is not None}


def _ratios(unit: str) -> Mapping[str, tuple[int, ...]]:
    """Map units of texts to how many of a unit one of them is."""
    return _RATIOS.get(unit.partition("/")[0], {})


def _known(unit: str) -> str:
    """Return a unit if it is one of those that are compared."""
    return unit.casefold() if unit.casefold() in _UNITS else ""


def _of_class(texts: _Texts, amounts: _Amounts, iri: str) -> Iterator[Issue]:
    own, every = amounts.own(iri), amounts.all(iri)
    name = [_Told((Decimal(one),)) for one in _IN_NAME.findall(local_name(iri))]
    told = {prop: texts.numbers(iri, prop) for prop in (RDFS + "label", hip.brief, SKOS + "definition", hip.question)}
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


def _of_limits(texts: _Texts, definition: Expression, iri: str) -> Iterator[Issue]:
    """Find numbers that a text calls a least or a most one and that the logic of a class has as another end."""
    limits = [it for one in walk(definition) if isinstance(one, Facet) for it in one.bounds]
    for prop in (RDFS + "label", hip.brief, SKOS + "definition"):
        for told, symbol in texts.ends(iri, prop):
            symbols = sorted({one.symbol for one in limits if one.number in told.numbers})
            if symbols and symbol not in symbols:
                says = f"says {symbol} {told}; its logic says {symbols[0]} {_shown(told.numbers[0])}"
                yield Issue("limit-direction", curie(iri), curie(prop), says)


def _of_statement(
    space: Workspace, texts: _Texts, amounts: _Amounts, iri: str, bounds: list[_Amount]
) -> Iterator[Issue]:
    timing = texts.numbers(iri, hip.timing)
    words = [*timing, *texts.numbers(iri, hip.brief), *texts.numbers(iri, SKOS + "definition")]
    shown = ", ".join(map(str, words))
    for one in bounds if words else ():
        if not one.is_told(words) and not _is_sum(one, bounds):
            says = f"{_shown(one.number)} {one.unit} is in none of its texts, which say {shown}"
            yield Issue("number-copies", curie(iri), curie(hip.hasBound), says)
    yield from _of_texts(texts, iri, bounds)
    for cls in space.named(iri, hip.requires):
        needed = {(it.prop, it.number) for it in amounts.all(cls)}
        for prop in sorted({it for it, _ in needed}):
            limits_of = [one.number for one in bounds if one.prop == prop]
            if limits_of and not any((prop, number) in needed for number in limits_of):
                asked = ", ".join(sorted({_shown(number) for it, number in needed if it == prop}))
                says = f"{curie(cls)} asks for {asked}; the bound says {', '.join(map(_shown, limits_of))}"
                yield Issue("number-copies", curie(iri), curie(hip.requires), says)


def _of_texts(texts: _Texts, iri: str, bounds: list[_Amount]) -> Iterator[Issue]:
    """Find texts of a statement that say other than its bounds."""
    limits = ", ".join(f"{_shown(one.number)} {one.unit}" for one in bounds)
    for prop in (hip.timing, hip.brief, SKOS + "definition"):
        for number in texts.numbers(iri, prop):
            # A length is that of a bound; a dose that a definition names may be the first of several.
            alike = [one for one in bounds if one.unit in _TIMES and number.unit in _ratios(one.unit)]
            if (prop == hip.timing or alike) and not any(one.is_told([number]) for one in bounds):
                yield Issue("number-copies", curie(iri), curie(prop), f"says {number}; its bounds say {limits}")
        for count in texts.times_a_day(iri, prop):
            if not _is_often(count, bounds):
                yield Issue(
                    "number-copies", curie(iri), curie(prop), f"says {count} times a day; its bounds say {limits}"
                )


def _is_sum(amount: _Amount, bounds: Iterable[_Amount]) -> bool:
    """Tell whether an amount is some times that of another bound: what is taken in a day, of what is taken at once."""
    counts = range(2, _MOST_TIMES + 1)
    return any(amount.number == one.number * count for one in bounds for count in counts if one.prop != amount.prop)


def _is_often(count: Decimal, bounds: Iterable[_Amount]) -> bool:
    """Tell whether bounds agree with how many times a day something is taken, as far as they tell that."""
    hours = [one.number for one in bounds if one.unit == "h"]
    daily = sorted(one.number for one in bounds if one.prop == hip.dailyDose)
    single = sorted(one.number for one in bounds if one.prop == hip.singleDose)
    doses = zip(single, daily, strict=True) if len(single) == len(daily) else product(single, daily)
    told = [*(one * count for one in hours), *(_HOURS * day / (one * count) for one, day in doses if one)]
    return not told or _HOURS in told


def _shown(number: Decimal) -> str:
    return f"{number.normalize():f}"
