"""Make reasons minimal, and find further ones: proofs that do without some fact that the first one needs.

The shortest proof may cite a fact that another part of it makes needless; such facts are left out. Then one fact of a
known reason after the other is left out of the record: where the claim still follows, the proof from the rest is
another reason, and is told if it does not merely add facts to one that is known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.english import English
from hipkg.errors import InconsistentData
from hipkg.native import entailed_graph
from hipkg.pipeline import normalised
from hipkg.proof import Prover
from hipkg.terms import HIP, RDF_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.knowledge import Knowledge
    from hipkg.proof import Proof
    from hipkg.read import PatientGraph

MOST = 4
"""How many reasons are told for one claim."""
_PATIENT = HIP + "Patient"


class Reasons:
    """Find the reasons why nodes of one patient are in a class."""

    def __init__(self, graph: PatientGraph, given: Sequence[ox.Triple], knowledge: Knowledge) -> None:
        """Take the record of a patient, and the same with the days and sides that follow from it."""
        self._graph = graph
        self._given = tuple(given)
        self._knowledge = knowledge
        self._without: dict[ox.Triple, frozenset[ox.Triple]] = {}

    def minimal(self, proof: Proof, cls: str) -> Proof:
        """Prove the same from as few of the facts as are enough together, none of which can be left out."""
        node = proof.triple.subject.value if proof.triple else ""  # type: ignore[union-attr]
        facts = sorted(proof.facts(), key=str)
        kept = facts
        for fact in facts:
            rest = [one for one in kept if one != fact]
            if _type(node, cls) in self._following(rest):
                kept = rest
        if len(kept) == len(facts):
            return proof
        return self._prover(kept, self._following(kept)).prove(node, cls) or proof

    def _following(self, facts: Sequence[ox.Triple]) -> frozenset[ox.Triple]:
        """Collect what follows from some facts alone."""
        given = normalised(replace(self._graph, triples=tuple(facts)))
        try:
            return frozenset(entailed_graph(given, self._knowledge).triples(self._knowledge.terms))
        except InconsistentData:
            return frozenset()

    def _prover(self, record: Sequence[ox.Triple], entailed: frozenset[ox.Triple]) -> Prover:
        return Prover(record, entailed, self._knowledge, English(self._knowledge, self._given, self._graph.iri))

    def further(self, first: Proof, cls: str, nodes: Sequence[str]) -> tuple[Proof, ...]:
        """List other reasons than the first why one of some nodes is in a class, those that need fewest facts first."""
        known = [first]
        for fact in sorted(first.facts(), key=str):
            if len(known) < MOST and not self._names_the_patient(fact):
                known += self._new(known, fact, cls, nodes)
        return tuple(sorted(known[1:], key=lambda one: (len(one.facts()), one.claim)))

    def _names_the_patient(self, fact: ox.Triple) -> bool:
        return fact.predicate.value == RDF_TYPE and fact.object.value == _PATIENT  # type: ignore[union-attr]

    def _new(self, known: list[Proof], fact: ox.Triple, cls: str, nodes: Sequence[str]) -> Iterator[Proof]:
        """Prove the claim without a fact, and yield the shortest proof that is no longer version of a known one."""
        entailed = self._entailed(fact)
        if fact in entailed:
            return  # what follows from the rest anyway makes no other reason
        record = [one for one in self._graph.triples if one != fact]
        kept = [node for node in nodes if _type(node, cls) in entailed]
        if not kept:
            return
        prover = self._prover(record, entailed)
        proofs = [self.minimal(proof, cls) for node in kept if (proof := prover.prove(node, cls)) is not None]
        for proof in sorted(proofs, key=lambda one: len(one.facts()))[:1]:
            if all(_nodes(one) != _nodes(proof) and not one.facts() <= proof.facts() for one in known):
                yield proof

    def _entailed(self, left_out: ox.Triple) -> frozenset[ox.Triple]:
        if left_out not in self._without:
            given = [one for one in self._given if one != left_out]
            try:
                graph = entailed_graph(given, self._knowledge)
            except InconsistentData:
                self._without[left_out] = frozenset()
            else:
                self._without[left_out] = frozenset(graph.triples(self._knowledge.terms))
        return self._without[left_out]


def _nodes(proof: Proof) -> frozenset[str]:
    """Collect the nodes that a proof tells something of; one that tells it in another way is no other reason."""
    return frozenset(str(one.subject) for one in proof.facts())


def _type(node: str, cls: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(node), ox.NamedNode(RDF_TYPE), ox.NamedNode(cls))
