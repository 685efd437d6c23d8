"""Say what cannot be so because it is recorded as absent (`hip:isWithout`), or because what is recorded excludes it.

The absence of a kind at a patient denies that kind and its sub-kinds everywhere, at a body site only there; of a
treatment it says that none runs or is planned, and of an act that it was not done. What a class expression asks for is
denied when one of its conjuncts is, or all of its disjuncts: De Morgan's rule, over what can be recorded as absent.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.numbers import COMPLEMENTS, Bounds, Limit
from hipkg.knowledge.memo import kept
from hipkg.owl.expression import (
    And,
    Expression,
    Facet,
    Named,
    OneOf,
    Or,
    Some,
    Value,
    conjuncts,
    intersection,
    properties,
    union,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from hipkg.knowledge.records import Knowledge

_RECORDED = frozenset({hip.Problem, hip.Intervention})
_PROBLEMS = frozenset({hip.hasProblem, hip.locationOf})
_ACTIVITIES = frozenset({hip.hasActivity, hip.hasCourse, hip.hasStudy, hip.targetedBy})
_NOW = frozenset({hip.ongoing, hip.planned})


@kept
def is_absent(cls: str, knowledge: Knowledge) -> Expression | None:
    """Return the expression of those of whom recorded absence tells that they are not, or not yet, in a class."""
    return denied(Named(cls), knowledge)


@kept
def denied(expression: Expression, knowledge: Knowledge) -> Expression | None:
    """Return the expression of those of whom recorded absence tells that they are not in another one."""

    def wider(iri: str) -> tuple[str, ...]:
        return _kinds_above(iri, knowledge)

    excluded = knowledge.excluded_by
    denier = Denier(knowledge.definitions, wider, knowledge.upper_ends, excluded, knowledge.result_of, past=True)
    return denier.denial(expression)


@kept
def to_record(cls: str, anywhere: bool, knowledge: Knowledge) -> Expression | None:
    """Return the expression of those of whom just as much is absent as is needed for them not to be in a class."""

    def itself(iri: str) -> tuple[str, ...]:
        return (iri,) if _kinds_above(iri, knowledge) else ()

    denier = Denier(knowledge.definitions, itself, knowledge.upper_ends, past=True, anywhere=anywhere)
    return denier.denial(Named(cls))


def kinds_above(iri: str, above: Callable[[str], Collection[str]], defined: Collection[str]) -> tuple[str, ...]:
    """List a kind of problem or intervention with the kinds above it, as far as they can be recorded as absent.

    Parameters: ``above`` lists all the classes above one; ``defined`` are those with a definition, which follow from
    other facts and are not recorded.
    """
    kinds = [one for one in (iri, *above(iri)) if one not in defined]
    return tuple(one for one in kinds if not _RECORDED.isdisjoint(above(one)))


def _kinds_above(iri: str, knowledge: Knowledge) -> tuple[str, ...]:
    return kinds_above(iri, lambda one: knowledge.superclasses.get(one, ()), knowledge.definitions)


class Denier(NamedTuple):
    """Turn what is asked for into what denies it.

    ``definitions`` are those of the defined classes, ``wider`` lists the kinds whose absence denies a kind, itself
    first, and none for a class that is no kind of problem or intervention; ``ranged`` are the properties whose numbers
    may be the lower ends of ranges; ``excluded`` maps a defined class to the one whose members are not in it, and
    ``results`` a kind of finding to the study that yields it. With ``past``, the absence of an intervention says, too,
    that it was never done, so that what it yields is not there yet; without ``anywhere``, what is asked of a
    site is denied by what is absent there alone.
    """

    definitions: Mapping[str, Expression]
    wider: Callable[[str], tuple[str, ...]]
    ranged: Collection[str] = ()
    excluded: Mapping[str, str] = MappingProxyType({})
    results: Mapping[str, str] = MappingProxyType({})
    past: bool = False
    anywhere: bool = True

    def denial(self, expression: Expression) -> Expression | None:
        """Return the expression of those that cannot be in another, by what is absent; None if nothing can tell."""
        match expression:
            case Named(iri) if iri in self.definitions:
                excluding = self.excluded.get(iri)
                return _any_of((self.denial(self.definitions[iri]), Named(excluding) if excluding else None))
            case Named(iri):
                here = self._without(expression)
                return self._located(Some(hip.locatedIn, here), here) if here else None
            case And(operands):
                return _any_of(map(self.denial, operands))
            case Or(operands):
                return self._none_of(operands)
            case Some(prop, filler) if prop in _PROBLEMS:
                return _any_of((self._without(filler), *self._sided(prop, filler)))
            case Some(prop, filler) if prop in _ACTIVITIES:
                return self._without(filler) if self.past or self._is_now(filler) else None
            case Some(hip.explains, filler):
                absent = self._without(filler)
                return Some(hip.problemOf, absent) if absent else None
            case Some(hip.problemOf, filler):
                denied = self.denial(filler)
                return Some(hip.problemOf, denied) if denied else None
            case Some(hip.locatedIn, filler):
                return self._at_site(filler)
            case _:
                return None

    def _none_of(self, operands: Iterable[Expression]) -> Expression | None:
        """Deny each of some expressions; a number can tell of one of them, and not of all."""
        found = _all_of(self.denial(one) or self._beyond(one) for one in operands)
        return found if found and hip.isWithout in properties(found) else None

    def _beyond(self, expression: Expression) -> Expression | None:
        """Return the numbers that do not fit the one limit of a property."""
        match expression:
            case Facet(prop, datatype, bounds) if prop not in self.ranged and len(bounds) == 1:
                (limit,) = bounds
                return Facet(prop, datatype, Bounds([Limit(COMPLEMENTS[limit.symbol], limit.number)]))
            case Named(iri) if iri in self.definitions:
                return self._beyond(self.definitions[iri])
            case And(operands):
                return _any_of(map(self._beyond, operands))
            case _:
                return None

    def _at_site(self, filler: Expression) -> Expression | None:
        """Deny what is asked of a site: by what is absent there, or anywhere in its patient."""
        asked = conjuncts(filler)
        denied: dict[Expression, Expression | None] = {
            one: self.denial(one) for one in asked if not isinstance(one, Named)
        }
        absent = _any_of(denied.values())
        if absent is None:
            return None
        kept = [one for one in asked if not denied.get(one)]
        return self._located(Some(hip.locatedIn, And((*kept, absent)) if kept else absent), absent)

    def _located(self, here: Expression, absent: Expression) -> Expression:
        return Or((here, Some(hip.problemOf, absent))) if self.anywhere else here

    def _sided(self, prop: str, filler: Expression) -> Iterable[Expression | None]:
        """Deny that a patient has a problem at a site of a side, by what is absent at that site."""
        if prop != hip.hasProblem or (absent := self._without(filler)) is None:
            return
        for one in walk(filler):
            if isinstance(one, Some) and one.prop == hip.locatedIn and hip.hasSide in properties(one.filler):
                yield Some(prop, Some(hip.locatedIn, And((*conjuncts(one.filler), absent))))

    def _without(self, filler: Expression) -> Expression | None:
        """Return those who are without a kind of problem or of intervention that an expression asks for."""
        match filler:
            case Named(iri) if iri in self.definitions:
                return self._without(self.definitions[iri])
            case Named(iri) | Value(hip.ofIntervention, iri):
                kinds = (*self.wider(iri), *self._yielding(iri))
                if len(kinds) == 1:
                    return Value(hip.isWithout, kinds[0])
                return Some(hip.isWithout, OneOf(tuple(sorted(kinds)))) if kinds else None
            case And(operands):
                return _any_of(map(self._without, operands))
            case Or(operands):
                return _all_of(map(self._without, operands))
            case Some(hip.ofIntervention, kind):
                return self._without(kind)
            case _:
                return None

    def _yielding(self, finding: str) -> tuple[str, ...]:
        """List the kinds of studies without which a finding is not there yet."""
        study = self.results.get(finding) if self.past else None
        return self.wider(study) if study else ()

    def _is_now(self, filler: Expression) -> bool:
        """Tell whether an expression asks for an activity that runs or is planned."""
        match filler:
            case Named(iri) if iri in self.definitions:
                return self._is_now(self.definitions[iri])
            case And(operands):
                return any(map(self._is_now, operands))
            case Value(hip.hasStatus, status):
                return status in _NOW
            case Some(hip.hasStatus, OneOf(statuses)):
                return _NOW.issuperset(statuses)
            case _:
                return False


def _any_of(denials: Iterable[Expression | None]) -> Expression | None:
    """Join what can tell, if anything can."""
    found = [one for one in denials if one]
    return union(found) if found else None


def _all_of(denials: Iterable[Expression | None]) -> Expression | None:
    """Join what can tell of each, if something can of every one."""
    found = [*denials]
    told = [one for one in found if one]
    return intersection(told) if told and len(told) == len(found) else None
