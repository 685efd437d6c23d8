"""Find with HermiT which classes of an ontology are under which, asking it about no more than bears on that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pyoxigraph as ox

from hipkg.base.vocabulary import OWL, RDF_TYPE
from hipkg.owl import reasoners
from hipkg.owl.idle import without_idle
from hipkg.owl.module import Modules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hipkg.owl.reasoners import Entailments

_CLASS = ox.NamedNode(OWL + "Class")


class Reasoner(Protocol):
    """What is asked of HermiT, as `hipkg.owl.reasoners` asks it."""

    def classify(self, triples: Iterable[ox.Triple]) -> Entailments:
        """Tell which classes are under which."""

    def check_consistency(self, triples: Iterable[ox.Triple]) -> None:
        """Raise `InconsistentData` if no world satisfies an ontology."""


def classify(ontology: Iterable[ox.Triple], reasoner: Reasoner = reasoners) -> Entailments:
    """Classify an ontology in the fragment of `hipkg.owl.axioms`.

    HermiT carries all individuals, and what is told of them, through each of a thousand questions. So it is first asked
    whether the whole is consistent, for then individuals that nothing leads to decide nothing.

    Raises `InconsistentData` if it contradicts itself, and `EngineUnavailable` if the reasoner gives no answer.
    """
    deciding = without_idle(ontology)
    reasoner.check_consistency(deciding)
    classes = [one.subject for one in deciding if one.predicate.value == RDF_TYPE and one.object == _CLASS]
    return reasoner.classify(Modules(deciding).around(classes))
