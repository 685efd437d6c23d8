"""Put a published ontology into single files, for people who do not have hipkg.

The base holds what editors wrote, in one file without imports; the full one adds what a reasoner found, and leaves out
what withdrawn statements said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import OWL, RDFS
from hipkg.owl.in_force import in_force
from hipkg.owl.normal_form import in_normal_form
from hipkg.owl.sources import headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_IMPORTS = OWL + "imports"
_SUBCLASS = ox.NamedNode(RDFS + "subClassOf")


def base(triples: Iterable[ox.Triple], ontology: str = hip.ontology, needs: Iterable[str] = ()) -> list[ox.Triple]:
    """Put the modules of an ontology together: all axioms, under the header of the one that imports the others.

    Parameters: ``needs`` are ontologies that it goes on to import.
    """
    given = list(dict.fromkeys(triples))
    others = headers(given) - {ox.NamedNode(ontology)}
    kept = {*map(ox.NamedNode, needs)}
    return [
        one for one in given if one.subject not in others and (one.predicate.value != _IMPORTS or one.object in kept)
    ]


def full(merged: Iterable[ox.Triple], superclasses: Mapping[str, frozenset[str]]) -> list[ox.Triple]:
    """Add to what is in force of a base the nearest superclasses of each class that a reasoner found."""
    found = in_force(merged)
    for iri, above in sorted(superclasses.items()):
        for other in sorted(nearest(iri, superclasses)):
            if other in above and iri != other:
                found.append(ox.Triple(ox.NamedNode(iri), _SUBCLASS, ox.NamedNode(other)))
    return list(dict.fromkeys(found))


def nearest(iri: str, superclasses: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Collect the superclasses of a class that are above no other one of them; equal classes count as one."""
    above = superclasses.get(iri, frozenset())
    narrower = {one for one in above if iri not in superclasses.get(one, ())}
    return frozenset(
        one
        for one in narrower
        if not any(one in superclasses.get(it, ()) and it not in superclasses.get(one, ()) for it in narrower)
    ) | (above - narrower)


def turtle(triples: Iterable[ox.Triple]) -> str:
    """Write an ontology in Turtle."""
    return in_normal_form(ox.Quad(*one) for one in triples)
