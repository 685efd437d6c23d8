"""The header of an ontology of one's own: which namespace it has, and which ontology and version it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import OntologyError
from hipkg.base.own import own_folder
from hipkg.base.paths import module_files
from hipkg.base.vocabulary import OWL, PREFIXES, RDF_TYPE, SHARED, add_namespace, local_name
from hipkg.owl.sources import HEADER, load_sources

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VANN = PREFIXES["vann"]
_PREFIX, _NAMESPACE = VANN + "preferredNamespacePrefix", VANN + "preferredNamespaceUri"
_VERSION, _IMPORTS = OWL + "versionInfo", OWL + "imports"


class OwnOntology(NamedTuple):
    """An ontology of one's own: its folder, what the header of its main module says, and the IRIs of all modules."""

    folder: Path
    iri: str
    prefix: str
    namespace: str
    version: str
    licence: str
    modules: tuple[str, ...]

    def name(self, iri: str) -> str:
        """Name what is made of a term: in the own namespace, whichever namespace the term is in."""
        return self.namespace + local_name(iri)


def states_namespace(folder: Path) -> bool:
    """Tell whether a module of a folder states a namespace of its own, as only an ontology of one's own does."""
    stated = _NAMESPACE.removeprefix(VANN).encode()
    return any(stated in one.read_bytes() for one in module_files(folder))


def own_ontology(triples: Iterable[ox.Triple] | None = None) -> OwnOntology | None:
    """Read the header of the ontology that is used on top of the shipped one, and let its names be terms.

    Parameters: ``triples`` are those of its modules, where they are read already.

    Raises `OntologyError` if no module, or more than one, states the namespace, if that cannot be one, or if it does
    not import the shipped ontology.
    """
    folder = own_folder()
    if folder is None:
        return None
    told: dict[str, dict[str, list[str]]] = {}
    for one in load_sources(module_files(folder)) if triples is None else triples:
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode | ox.Literal):
            told.setdefault(one.subject.value, {}).setdefault(one.predicate.value, []).append(one.object.value)
    mains = [iri for iri, said in told.items() if _NAMESPACE in said and _PREFIX in said]
    if len(mains) != 1:
        raise OntologyError(
            f"{len(mains)} modules state the namespace of the ontology; one is needed.",
            place=folder.name,
            remedy=f"State {_PREFIX} and {_NAMESPACE} in the header of one module.",
        )
    (iri,), said = mains, told[mains[0]]
    found = OwnOntology(
        folder,
        iri,
        min(said[_PREFIX]),
        min(said[_NAMESPACE]),
        min(said.get(_VERSION, [""])),
        min(said.get(PREFIXES["dcterms"] + "license", [""])),
        tuple(sorted(one for one, its in told.items() if HEADER.value in its.get(RDF_TYPE, ()))),
    )
    _refuse(found, said)
    add_namespace(found.prefix, found.namespace)
    return found


def _refuse(own: OwnOntology, said: dict[str, list[str]]) -> None:
    if not own.namespace.endswith(("/", "#")) or own.namespace in SHARED:
        raise OntologyError(
            f"{own.namespace!r} cannot be the namespace.",
            place=own.iri,
            remedy="Let it be your own, and end in / or #.",
        )
    taken = PREFIXES.get(own.prefix, own.namespace) != own.namespace
    if taken or not own.prefix.isalnum() or own.prefix.lower() != own.prefix:
        raise OntologyError(
            f"{own.prefix!r} cannot be the prefix of the namespace.",
            place=own.iri,
            remedy="Choose lower-case letters and digits that are no prefix yet.",
        )
    if hip.ontology not in said.get(_IMPORTS, ()):
        raise OntologyError(
            "The ontology does not import the shipped one.",
            place=own.iri,
            remedy=f"State owl:imports <{hip.ontology}>.",
        )
