"""Gather from proofs the facts on record that count, each once, and what is inferred from several of them together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.knowledge.wording import listed
from hipkg.record.facts import text_of_term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.defence.prover import Proof
    from hipkg.knowledge.records import Knowledge

_OF_NODE = re.compile(r"(?P<name>.+?) \([^()]*\) (?P<claim>.+)")
"""A claim about a node, which is named by what it is of, and by its own name in brackets."""
_HAS = re.compile(r".+ has (?P<name>.+?) \([^()]*\)")
_TOLD_WITH_VALUES = {hip.hasOutcome, hip.hasAdequacy}


class Grounds(NamedTuple):
    """The facts that statements rest on, in words, and the conditions that are inferred from several of them."""

    facts: tuple[str, ...]
    inferred: tuple[str, ...]


NO_GROUNDS = Grounds((), ())


class _Ground(NamedTuple):
    """A name, what is claimed of it unless that is only that it is there, and its class where it is one."""

    name: str
    claim: str = ""
    cls: str = ""


def grounds(proofs: Sequence[Proof], knowledge: Knowledge) -> Grounds:
    """Gather the facts that proofs rest on, in their order, and what is inferred."""
    found = [one for proof in proofs for one in _leaves(proof, knowledge)]
    classes = {one.cls for one in found if one.cls}
    claims: dict[str, list[str]] = {}
    for one in found:
        narrower = any(other != one.cls and knowledge.is_a(other, one.cls) for other in classes)
        if not (one.cls and narrower):
            some = claims.setdefault(one.name, [])
            if one.claim and one.claim not in some:
                some.append(one.claim)
    facts = tuple(f"{name} {listed(some, 'and')}".strip() for name, some in claims.items())
    inferred = dict.fromkeys(cls for proof in proofs for cls in _inferred(proof, knowledge))
    return Grounds(facts, tuple(knowledge.label(cls) for cls in inferred if cls not in classes))


def _leaves(proof: Proof, knowledge: Knowledge) -> Iterator[_Ground]:
    """List the problems and the treatments that a proof rests on, the numbers that count, and what came of courses."""
    cls = _class_of(proof)
    if proof.kind == "recorded" and cls and knowledge.is_a(cls, hip.Problem):
        yield _Ground(knowledge.label(cls), cls=cls)
    elif proof.kind == "recorded" and (treatment := _treatment(proof)):
        yield _Ground(treatment)
    elif proof.kind == "computed" or (proof.triple and _is_counted(proof.triple)):
        match = _OF_NODE.fullmatch(proof.claim)
        yield _Ground(match["name"], match["claim"]) if match else _Ground(proof.claim)
        return
    for one in proof.because:
        yield from _leaves(one, knowledge)


def _inferred(proof: Proof, knowledge: Knowledge) -> Iterator[str]:
    """Name the widest conditions that follow from several problems of a proof, none of which says so by itself."""
    cls = _class_of(proof)
    named = knowledge.is_a(cls, hip.Condition) and knowledge.definition(cls) is None
    if proof.kind != "recorded" and named:
        problems = {one.cls for one in _leaves(proof, knowledge) if one.cls}
        if len(problems) > 1 and not any(knowledge.is_a(one, cls) or knowledge.is_a(cls, one) for one in problems):
            yield cls
            return
    for one in proof.because:
        yield from _inferred(one, knowledge)


def _class_of(proof: Proof) -> str:
    """Return the class that a node is claimed to be in, if that is the claim."""
    triple = proof.triple
    return text_of_term(triple.object) if triple and triple.predicate.value == RDF_TYPE else ""


def _treatment(proof: Proof) -> str:
    """Name what a course of the patient is of, if that is the claim."""
    match = _HAS.fullmatch(proof.claim) if proof.triple and proof.triple.predicate.value == hip.hasCourse else None
    return match["name"] if match else ""


def _is_counted(triple: ox.Triple) -> bool:
    """Tell whether a fact gives a number, or an outcome."""
    outcome = triple.predicate.value in _TOLD_WITH_VALUES
    return outcome or (isinstance(triple.object, ox.Literal) and triple.predicate.value != hip.asOf)
