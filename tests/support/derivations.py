"""Compare the native derivation with that of the queries, which are its reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.derivation.native import derive_natively
from hipkg.derivation.queries import derive
from hipkg.knowledge.loading import load
from hipkg.reasoning.native import entailed_graph

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyoxigraph as ox

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.selection import Selection


def assert_same(
    triples: Iterable[ox.Triple], selection: Selection | None = None, knowledge: Knowledge | None = None
) -> Derivation:
    """Derive both ways and compare the records, what runs, and every triple that explanations and queries see.

    Raises `InconsistentData` for a patient who contradicts the ontology.
    """
    knowledge = knowledge or load()
    facts = entailed_graph(triples, knowledge)
    entailed = tuple(facts.triples(knowledge.terms))
    found = derive_natively(facts, knowledge, selection)
    wanted = derive(entailed, knowledge, selection)
    assert found.evaluations == wanted.evaluations
    assert found.actions == wanted.actions
    assert found.conflicts == wanted.conflicts
    assert found.running == wanted.running
    assert sorted(map(str, set(found.triples()) ^ set(wanted.triples()))) == []
    return found
