"""Name blank nodes by IRIs that follow from the content alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, NamedNode, Triple

from hipkg.base.limits import BLANK_NODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.record.patient import Term


NAMELESS = "urn:hipkg:node:"
"""What the IRIs begin with that stand for blank nodes."""
MAX_COMPARISONS = BLANK_NODES.most
"""How often a blank node may be compared with its neighbours before a patient is refused as a puzzle."""


def without_blank_nodes(
    patient: Term, triples: set[Triple], copies: Counter[str], source: str
) -> tuple[NamedNode, set[Triple]]:
    """Replace blank nodes by IRIs that follow from the content, so that two people's nodes never meet in one store.

    ``copies`` counts patients of the same source who differ in nothing, for they would otherwise become one.
    """
    blanks = {node for triple in triples for node in (triple.subject, triple.object) if isinstance(node, BlankNode)}
    names = _names(blanks, triples, copies, source) if blanks else {}
    iri = patient if isinstance(patient, NamedNode) else names[patient]
    return iri, {_renamed(triple, names) for triple in triples} if names else triples


def _names(
    blanks: set[BlankNode], triples: Iterable[Triple], copies: Counter[str], source: str
) -> dict[Term, NamedNode]:
    order = _canonical_order(blanks, triples, source)
    numbers: dict[Term, NamedNode] = {node: NamedNode(f"{NAMELESS}{number}") for number, node in enumerate(order)}
    content = _hash(*sorted(str(_renamed(triple, numbers)) for triple in triples))
    copies[content] += 1
    scope = content if copies[content] == 1 else f"{content}-{copies[content]}"
    return {node: NamedNode(f"{NAMELESS}{scope}:{number}") for number, node in enumerate(order, 1)}


def _renamed(triple: Triple, names: Mapping[Term, NamedNode]) -> Triple:
    return Triple(names.get(triple.subject, triple.subject), triple.predicate, names.get(triple.object, triple.object))


def _canonical_order(blanks: set[BlankNode], triples: Iterable[Triple], source: str) -> list[BlankNode]:
    """Order blank nodes by their content alone, by colour refinement.

    RDFC-1.0 is not used: it needs factorial time for a patient with ten problems alike but for their blank sites.
    Nodes that refinement cannot tell apart are interchangeable wherever blank nodes form no symmetrical cycles, and so
    any of them may come first.
    """
    around: dict[BlankNode, list[tuple[str, Term]]] = {node: [] for node in blanks}
    for triple in triples:
        if isinstance(triple.subject, BlankNode):
            around[triple.subject].append((f">{triple.predicate}", triple.object))
        if isinstance(triple.object, BlankNode):
            around[triple.object].append((f"<{triple.predicate}", triple.subject))
    colours = dict.fromkeys(blanks, "")
    comparisons = 0
    while tied := _tied(colours):
        comparisons += sum(1 + len(around[node]) for node in tied)
        if comparisons > MAX_COMPARISONS:
            raise BLANK_NODES.exceeded(source)
        refined = {node: _hash(colours[node], *_surroundings(around[node], colours)) for node in tied}
        if len(set(refined.values())) == len({colours[node] for node in tied}):
            first = min(tied, key=lambda node: refined[node])
            refined[first] = _hash(refined[first])
        colours |= refined
    return sorted(blanks, key=lambda node: colours[node])


def _tied(colours: Mapping[BlankNode, str]) -> list[BlankNode]:
    sizes = Counter(colours.values())
    return [node for node, colour in colours.items() if sizes[colour] > 1 or not colour]


def _surroundings(around: Iterable[tuple[str, Term]], colours: Mapping[BlankNode, str]) -> list[str]:
    return sorted(f"{link} {colours[other] if isinstance(other, BlankNode) else other}" for link, other in around)


def _hash(*parts: str) -> str:
    from hashlib import blake2b

    return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
