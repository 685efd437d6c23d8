"""Tell which contexts of statements fall under another without being seen to.

Where one context is entailed to be part of another, every statement of the wider one reaches the patients of the
narrower one as well. An editor *sees* that in the axioms if it follows from told superclasses and from definitions
compared part by part. What only the reasoner finds out is a mistake, or a discovery that ``hip:expectedSubsumption``
records on the narrower class.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import curie
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.expression import And, Expression, Named, OneOf, Or, Some, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.maintenance.checks.statements import Answers, Rule
    from hipkg.maintenance.sources import Sources
    from hipkg.owl.axioms import Axioms

_Pair = tuple[str, str]


def check_contexts(rules: Iterable[Rule], answers: Answers, sources: Sources) -> Iterator[Issue]:
    """Find contexts that fall under another unseen, and expectations that do not come true or are not needed."""
    contexts = sorted({one for rule in rules for one in rule.contexts})
    expected = _expected(sources)
    entailed = {pair for pair in permutations(contexts, 2) if answers.below(Named(pair[0]), Named(pair[1]))}
    for one, other in _nearest(_unseen(entailed, Sight(sources.axioms, expected)), entailed):
        text = (
            "is entailed, but not to be seen in the definitions: correct them, or accept it by hip:expectedSubsumption"
        )
        yield Issue("unexpected-subsumption", curie(one), "rdfs:subClassOf", f"{curie(other)} {text}")
    plain = Sight(sources.axioms)
    for one, other in sorted(expected):
        if not answers.below(Named(one), Named(other)):
            yield _needless(one, other, "is not entailed")
        elif plain.sees(Named(one), Named(other)):
            yield _needless(one, other, "is to be seen in the definitions without")


def _expected(sources: Sources) -> frozenset[_Pair]:
    links = (one for one in sources.triples if one.predicate.value == hip.expectedSubsumption)
    return frozenset(
        (one.subject.value, one.object.value)
        for one in links
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode)
    )


def _needless(one: str, other: str, why: str) -> Issue:
    return Issue("expected-subsumption", curie(one), curie(hip.expectedSubsumption), f"{curie(other)} {why}")


def _unseen(entailed: set[_Pair], sight: Sight) -> set[_Pair]:
    return {(one, other) for one, other in entailed if not sight.sees(Named(one), Named(other))}


def _nearest(unseen: set[_Pair], entailed: set[_Pair]) -> list[_Pair]:
    """Keep the pairs that have no third context between them, from which the others follow."""

    def between(one: str, other: str) -> bool:
        steps = ({(one, middle), (middle, other)} for start, middle in entailed if start == one and middle != other)
        return any(step <= entailed and not {(b, a) for a, b in step} & entailed for step in steps)

    return sorted(pair for pair in unseen if not between(*pair))


class Sight:
    """What an editor sees in the axioms, told superclasses and definitions part by part.

    Parameters: ``expected`` are pairs of a class and a superclass that count as seen.
    """

    def __init__(self, axioms: Axioms, expected: frozenset[_Pair] = frozenset()) -> None:
        self._axioms = axioms
        self._expected = expected

    def sees(self, one: Expression, other: Expression, path: frozenset[object] = frozenset()) -> bool:
        """Tell whether one expression is seen to fall under another; ``path`` are the pairs being compared."""
        if one == other:
            return True
        if (one, other) in path:
            return False
        path |= {(one, other)}
        return self._by_other(one, other, path) or self._by_one(one, other, path)

    def _by_other(self, one: Expression, other: Expression, path: frozenset[object]) -> bool:
        match other:
            case And(operands):
                return all(self.sees(one, part, path) for part in operands)
            case Or(operands):
                return any(self.sees(one, part, path) for part in operands)
            case Named(iri) if iri in self._axioms.definitions:
                return self.sees(one, self._axioms.definitions[iri], path)
            case _:
                return False

    def _by_one(self, one: Expression, other: Expression, path: frozenset[object]) -> bool:
        match one, other:
            case And(operands), _:
                return any(self.sees(part, other, path) for part in operands)
            case Or(operands), _:
                return all(self.sees(part, other, path) for part in operands)
            case Named(iri), _:
                return any(self.sees(wider, other, path) for wider in self._wider(iri))
            case Some(prop, filler), Some(wider, wider_filler):
                return self._is_kind(prop, wider) and self.sees(filler, wider_filler, path)
            case Value(prop, individual), Some(wider, wider_filler):
                return self._is_kind(prop, wider) and self.sees(OneOf((individual,)), wider_filler, path)
            case OneOf(individuals), OneOf(more):
                return set(individuals) <= set(more)
            case _:
                return False

    def _wider(self, iri: str) -> Iterator[Expression]:
        yield from map(Named, sorted(self._axioms.superclasses.get(iri, ())))
        yield from (Named(other) for one, other in sorted(self._expected) if one == iri)
        if iri in self._axioms.definitions:
            yield self._axioms.definitions[iri]

    def _is_kind(self, prop: str, wider: str) -> bool:
        above = self._axioms.properties[prop].superproperties if prop in self._axioms.properties else ()
        return prop == wider or any(self._is_kind(one, wider) for one in above)
