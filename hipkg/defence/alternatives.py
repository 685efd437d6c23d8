"""Make reasons minimal, and find further ones: proofs that do without some fact that the first one needs.

The shortest proof may cite a fact that another part of it makes needless; such facts are left out. Then one fact of a
known reason after the other is left out of the record: where the claim still follows, the proof from the rest is
another reason, and is told if it does not merely add facts to one that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.errors import InconsistentData
from hipkg.base.vocabulary import DERIVED_FROM, RDF_TYPE
from hipkg.defence.prover import Prover
from hipkg.knowledge.wording import English
from hipkg.reasoning.native import entailed_graph
from hipkg.record.facts import Facts
from hipkg.record.normalise import normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyoxigraph as ox

    from hipkg.defence.prover import Proof
    from hipkg.knowledge.records import Knowledge
    from hipkg.record.patient import Record

MOST = 4
"""How many reasons are told for one claim."""


class Reasons:
    """Find the reasons why nodes of one patient are in a class."""

    def __init__(self, record: Record, knowledge: Knowledge) -> None:
        self._graph = record
        self._given = record.normalised
        self._knowledge = knowledge
        self._without: dict[tuple[frozenset[ox.Triple], str], Facts] = {}

    def minimal(self, proof: Proof, cls: str) -> Proof:
        """Prove the same from as few of the facts as are enough together, none of which can be left out."""
        node = proof.triple.subject.value if proof.triple else ""  # type: ignore[union-attr]
        facts, computed = sorted(proof.facts(), key=str), _is_computed(proof)
        kept = facts
        for fact in facts:
            rest = [one for one in kept if one != fact]
            if self._following(rest, cls, computed=computed).is_a(node, cls):
                kept = rest
        if len(kept) == len(facts):
            return proof
        return self._prover(kept, self._following(kept, cls, computed=computed)).prove(node, cls) or proof

    def further(self, first: Proof, cls: str, nodes: Sequence[str]) -> tuple[Proof, ...]:
        """List other reasons than the first why one of some nodes is in a class, those that need fewest facts first.

        A fact of each reason that is known is left out, and what still follows is another one.
        """
        known = [first]
        left_out: dict[Proof, frozenset[ox.Triple]] = {first: frozenset()}
        seen: set[ox.Triple] = set()
        for reason in known:
            tried = sorted(reason.facts() - seen, key=str)
            seen.update(tried)
            for fact in tried:
                if len(known) < MOST and not self._names_the_patient(fact):
                    without = left_out[reason] | {fact}
                    for one in self._new(known, without, cls, nodes):
                        known.append(one)
                        left_out[one] = without
        return tuple(sorted(known[1:], key=lambda one: (len(one.facts()), one.claim)))

    def _names_the_patient(self, fact: ox.Triple) -> bool:
        return fact.predicate.value == RDF_TYPE and fact.object.value == hip.Patient  # type: ignore[union-attr]

    def _new(
        self, known: Sequence[Proof], without: frozenset[ox.Triple], cls: str, nodes: Sequence[str]
    ) -> list[Proof]:
        """Prove the claim without some facts, and list the shortest proof if it is no longer version of a known one."""
        rest = self._rest(without, cls)
        kept = [node for node in nodes if rest.is_a(node, cls)]
        if not kept or not without.isdisjoint(rest.triples()):
            return []  # what follows from the rest anyway makes no other reason
        prover = self._prover([one for one in self._graph.triples if one not in without], rest)
        proofs = [self.minimal(proof, cls) for node in kept if (proof := prover.prove(node, cls)) is not None]
        shortest = sorted(proofs, key=lambda one: len(one.facts()))[:1]
        return [
            proof
            for proof in shortest
            if all(_nodes(one) != _nodes(proof) and not one.facts() <= proof.facts() for one in known)
        ]

    def _rest(self, left_out: frozenset[ox.Triple], cls: str) -> Facts:
        """Derive what leads to a class, and to some facts, without these facts."""
        key = (left_out, cls)
        if key not in self._without:
            given = [one for one in self._given if one not in left_out]
            self._without[key] = self._entailed(given, frozenset({cls, *map(_term_of, left_out)}))
        return self._without[key]

    def _following(self, facts: Sequence[ox.Triple], cls: str, *, computed: bool) -> Facts:
        """Derive what leads to a class from some facts alone, with days and sides where a proof needs them."""
        given = normalised(facts) if computed else facts
        return self._entailed(given, frozenset({cls}))

    def _entailed(self, given: Sequence[ox.Triple], goals: frozenset[str]) -> Facts:
        try:
            return entailed_graph(given, self._knowledge, goals)
        except InconsistentData:
            return Facts()

    def _prover(self, record: Sequence[ox.Triple], entailed: Facts) -> Prover:
        words = English(self._knowledge, self._given, self._graph.iri)
        derivations = [one for one in self._graph.triples if one.predicate.value == DERIVED_FROM]
        return Prover([*record, *derivations], entailed.triples(self._knowledge.terms), self._knowledge, words)


def _term_of(fact: ox.Triple) -> str:
    """Return the class that a fact puts a node into, or the property that it gives a value of."""
    is_type = fact.predicate.value == RDF_TYPE
    return fact.object.value if is_type else fact.predicate.value  # type: ignore[union-attr]


def _is_computed(proof: Proof) -> bool:
    """Tell whether a proof rests on days or sides that were worked out."""
    return proof.kind == "computed" or any(map(_is_computed, proof.because))


def _nodes(proof: Proof) -> frozenset[str]:
    """Collect the nodes that a proof tells something of; one that tells it in another way is no other reason."""
    return frozenset(str(one.subject) for one in proof.facts())
