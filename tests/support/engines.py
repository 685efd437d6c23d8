"""Reason over several patients in one run of a reference engine, which takes little longer than over one.

A reasoner spends its time on the ontology: HermiT takes as long for five patients as for one, half as long again for a
dozen, and far longer for thirty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pyoxigraph as ox

from hipkg.base.vocabulary import PREFIXES
from support.doors import reason_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hipkg.reasoning.engines import EngineName

TOGETHER = 12
Name = TypeVar("Name")
_VOCABULARY = tuple(PREFIXES.values())


def reason_together(
    patients: Mapping[Name, Iterable[ox.Triple]], engine: EngineName
) -> dict[Name, frozenset[ox.Triple]]:
    """Return for each patient, by name, the triples with all that the ontology entails, as if each had been alone."""
    apart = {name: f"urn:apart:{number}:" for number, name in enumerate(patients)}
    joined = [_renamed(one, lambda iri, base=apart[name]: base + iri) for name in patients for one in patients[name]]
    found = reason_over(joined, engine)
    return {
        name: frozenset(
            _renamed(one, lambda iri, base=base: iri.removeprefix(base))
            for one in found
            if one.subject.value.startswith(base)
        )
        for name, base in apart.items()
    }


def _renamed(triple: ox.Triple, rename: Callable[[str], str]) -> ox.Triple:
    """Give other names to the nodes of a patient, which are all that no vocabulary has named."""

    def name(term: object) -> object:
        if isinstance(term, ox.NamedNode) and not term.value.startswith(_VOCABULARY):
            return ox.NamedNode(rename(term.value))
        return term

    return ox.Triple(name(triple.subject), triple.predicate, name(triple.object))
