"""Read the ontology as it is written, without a reasoner, for those who look things up in it while they edit it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.errors import StaleRelease
from hipkg.knowledge.loading import load, load_base
from hipkg.maintenance.release import compile_knowledge
from hipkg.maintenance.sources import Sources, read
from hipkg.owl.expression import Named, conjuncts, disjuncts
from hipkg.owl.reasoners import Entailments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.owl.axioms import Axioms


def knowledge_as_written() -> Knowledge:
    """Read and compile the ontology as `compiled_as_written` does.

    Raises `OntologyError` as `hipkg.maintenance.release.build` does.
    """
    return compiled_as_written(read())


def compiled_as_written(sources: Sources) -> Knowledge:
    """Compile an ontology with the superclasses that are written, and those that a current release has.

    The latter are of the ontology before an edit that only adds, or of the shipped one below one's own. What only a
    reasoner finds of the rest is not known, so no plan may be made with it.

    Raises `OntologyError` as `hipkg.maintenance.release.compile_knowledge` does.
    """
    pairs = frozenset({*told(sources.axioms), *_released()})
    return compile_knowledge(sources, Entailments(pairs, frozenset(), frozenset(), frozenset()))


def told(axioms: Axioms) -> Iterator[tuple[str, str]]:
    """List the pairs of a class and a superclass that are written, as an axiom or as a part of a definition."""
    yield from ((one, above) for one, some in axioms.superclasses.items() for above in some)
    for one, logic in axioms.definitions.items():
        yield from ((one, it.iri) for it in conjuncts(logic) if isinstance(it, Named))
        yield from ((it.iri, one) for it in disjuncts(logic) if isinstance(it, Named))


def _released() -> Iterator[tuple[str, str]]:
    for loaded in (load, load_base):
        try:
            known = loaded()
        except StaleRelease:
            continue
        yield from ((one, other) for one, above in known.superclasses.items() for other in above)
        return
