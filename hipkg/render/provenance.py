"""Write explanations as provenance: each claim is an entity derived from its premises, down to the recorded triples.

The terms are those of PROV-O; a claim that is a triple is also reified in RDF. Nodes have IRIs that follow from the
place, the date and what is explained, so the same explanation gives the same triples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, RDFS, SKOS
from hipkg.render.names import part_iri
from hipkg.render.words import clean, software

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from hipkg.defence.explanations import Explanation, StatementExplanation
    from hipkg.defence.prover import Proof

_PROV, _RDF = PREFIXES["prov"], PREFIXES["rdf"]
_USED = {name: PREFIXES[name] for name in ("hip", "prov", "rdf", "rdfs", "skos")}


def explanations_to_turtle(explanations: Sequence[Explanation]) -> str:
    """Write explanations as Turtle, the prefixes in order."""
    triples = dict.fromkeys(one for explanation in explanations for one in _Writer(explanation).triples())
    text = (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=_USED) or b"").decode()
    lines = text.splitlines()
    header = [one for one in lines if one.startswith("@prefix")]
    return "\n".join([*sorted(header), *lines[len(header) :]]) + "\n"


class _Writer:
    """Describe one explanation."""

    def __init__(self, explanation: Explanation) -> None:
        self._explanation = explanation
        self._root = part_iri(explanation, explanation.place, why=explanation.iri)
        self._claims: dict[tuple[object, ...], str] = {}

    def triples(self) -> Iterator[ox.Triple]:
        """Describe the answer, the statements it rests on, and the proofs of what they ask for."""
        one = self._explanation
        yield _link(self._root, RDF_TYPE, _PROV + "Entity")
        yield _text(self._root, RDFS + "label", clean(f"{one.label}: {one.status}"))
        if one.rule:
            yield _text(self._root, SKOS + "note", clean(one.rule))
        yield _link(self._root, _PROV + "wasAttributedTo", hip.software)
        yield _link(hip.software, RDF_TYPE, _PROV + "SoftwareAgent")
        yield _text(hip.software, RDFS + "label", software())
        for number, statement in enumerate(one.statements):
            yield from self._statement(statement, f"{self._root}&statement={number}")

    def _statement(self, statement: StatementExplanation, node: str) -> Iterator[ox.Triple]:
        yield _link(self._root, _PROV + "wasDerivedFrom", node)
        yield _link(node, RDF_TYPE, _PROV + "Entity")
        yield _text(node, RDFS + "label", clean(f"{statement.id} {statement.role}: {statement.state}"))
        yield _link(node, _PROV + "wasDerivedFrom", statement.iri)
        for slot in statement.slots:
            for proof in (*((slot.proof,) if slot.proof else ()), *slot.also):
                claim = yield from self._claim(proof)
                yield _link(node, _PROV + "wasDerivedFrom", claim)

    def _claim(self, proof: Proof) -> Generator[ox.Triple, None, str]:
        """Describe a claim with all that it rests on, and return its node; a claim is described once."""
        key = (proof.claim, proof.kind, proof.facts())
        if key in self._claims:
            return self._claims[key]
        node = self._claims[key] = f"{self._root}&claim={len(self._claims)}"
        yield _link(node, RDF_TYPE, _PROV + "Entity")
        yield _text(node, RDFS + "label", clean(proof.claim))
        yield _text(node, SKOS + "note", proof.kind)
        if proof.axiom:
            yield _text(node, RDFS + "comment", proof.axiom)
        if proof.triple:
            yield _link(node, RDF_TYPE, _RDF + "Statement")
            parts = (
                ("subject", proof.triple.subject),
                ("predicate", proof.triple.predicate),
                ("object", proof.triple.object),
            )
            for name, term in parts:
                yield ox.Triple(ox.NamedNode(node), ox.NamedNode(_RDF + name), term)
        for one in proof.because:
            premise = yield from self._claim(one)
            yield _link(node, _PROV + "wasDerivedFrom", premise)
        return node


def _link(subject: str, prop: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), ox.NamedNode(target))


def _text(subject: str, prop: str, text: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), ox.Literal(text, language="en"))
