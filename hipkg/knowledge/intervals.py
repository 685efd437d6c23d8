"""Numbers that are known only to lie between others, and the one that can stand for them.

A number can stand for an interval if every limit that a definition compares it with holds for all numbers of the
interval or for none. Then whatever is entailed for it is entailed for each of them. Where a limit tells some of them
from others, none can.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.numbers import COMPARISONS, Limit, plain
from hipkg.knowledge.memo import kept
from hipkg.owl.expression import Facet, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.knowledge.records import Knowledge

_MOST, _LEAST = Decimal("Infinity"), Decimal("-Infinity")


class Interval(NamedTuple):
    """The limits between which a number lies, infinite where there is none; an open end is not itself in it."""

    least: Decimal = _LEAST
    most: Decimal = _MOST
    above_least: bool = False
    below_most: bool = False

    @property
    def empty(self) -> bool:
        """Tell that no number lies in it."""
        return self.least > self.most or (self.least == self.most and (self.above_least or self.below_most))

    def settles(self, limit: Limit) -> bool:
        """Tell whether all of its numbers keep a limit, or none does."""
        compare, end = COMPARISONS[limit.symbol], (limit.number, 0)
        low, high = (self.least, int(self.above_least)), (self.most, -int(self.below_most))
        return compare(low, end) == compare(high, end)  # type: ignore[arg-type]  # pairs are ordered as numbers are

    def representative(self) -> Decimal:
        """Choose a number that lies in it: an end where it has one, or a whole number near by."""
        if not self.above_least and self.least.is_finite():
            return self.least
        if not self.below_most and self.most.is_finite():
            return self.most
        if self.least.is_finite() and self.most.is_finite():
            return (self.least + self.most) / 2
        return self.least + 1 if self.least.is_finite() else self.most - 1

    def __str__(self) -> str:
        """Say the limits in words."""
        ends = []
        if self.least.is_finite():
            ends.append(f"{'above' if self.above_least else 'at least'} {plain(self.least)}")
        if self.most.is_finite():
            ends.append(f"{'below' if self.below_most else 'at most'} {plain(self.most)}")
        return " and ".join(ends)


def limited(symbol: str, number: Decimal) -> Interval | None:
    """Give the numbers that keep a limit; None for a symbol that is none of a limit."""
    known = {
        ">": Interval(least=number, above_least=True),
        ">=": Interval(least=number),
        "<": Interval(most=number, below_most=True),
        "<=": Interval(most=number),
    }
    return known.get(symbol)


def around(numbers: Iterable[Decimal]) -> Interval:
    """Give the interval from the least to the greatest of some numbers."""
    given = [*numbers]
    return Interval(min(given), max(given))


def stand_in(interval: Interval, prop: str, knowledge: Knowledge) -> Decimal | None:
    """Find a number of an interval that no definition tells from the others; None if some are told apart."""
    if interval.empty or interval == Interval() or not all(map(interval.settles, _limits(prop, knowledge))):
        return None
    return interval.representative()


@kept
def _limits(prop: str, knowledge: Knowledge) -> frozenset[Limit]:
    """Collect the limits that definitions compare the numbers of a property with."""
    return frozenset(
        limit
        for definition in knowledge.definitions.values()
        for one in walk(definition)
        if isinstance(one, Facet) and one.prop == prop
        for limit in one.bounds
    )
