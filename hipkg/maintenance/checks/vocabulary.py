"""Check that every name of the project's namespace is declared, and that the ontology imports all its modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.base.paths import files_about_ontology, ontology_files
from hipkg.base.vocabulary import OWL, RDF_TYPE, curie
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.names import undeclared
from hipkg.owl.sources import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_ONTOLOGY, _IMPORTS = OWL + "Ontology", OWL + "imports"


def vocabulary(files: Iterable[Path] | None = None) -> Iterator[Issue]:
    """Find the names that the ontology and the files about it use and that no module declares.

    Parameters: ``files`` are the modules of the ontology, by default all.
    """
    for one in undeclared(files or ontology_files(), files_about_ontology()):
        yield Issue("vocabulary", one.place, curie(one.iri), one.message)


def imports() -> Iterator[Issue]:
    """Find modules that the ontology does not import, and imports that no module is."""
    modules: dict[str, Path] = {}
    links: dict[str, list[str]] = {}
    for path in ontology_files():
        for quad in parsed(path):
            if quad.predicate.value == _IMPORTS:
                links.setdefault(quad.subject.value, []).append(quad.object.value)  # type: ignore[union-attr]
            elif quad.predicate.value == RDF_TYPE and quad.object == ox.NamedNode(_ONTOLOGY):
                modules[quad.subject.value] = path  # type: ignore[union-attr]
    found = reached([hip.ontology], lambda iri: links.get(iri, ()))
    for iri in sorted(modules.keys() - found):
        yield Issue("imports", modules[iri].name, curie(iri), f"is not imported by {curie(hip.ontology)}")
    for iri in sorted(found - modules.keys()):
        yield Issue("imports", curie(hip.ontology), "owl:imports", f"{curie(iri)} is no module")
