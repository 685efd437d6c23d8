"""The ontology as it is written, and what of it is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import OntologyError
from hipkg.base.paths import edited_files, files_about_ontology, ontology_files
from hipkg.base.vocabulary import OWL, RDFS, SKOS, curie
from hipkg.knowledge.records import Withdrawal
from hipkg.owl.axioms import read_axioms
from hipkg.owl.in_force import REPLACED_BY, deprecated, in_force, withdrawn_statements
from hipkg.owl.names import undeclared
from hipkg.owl.own import own_ontology
from hipkg.owl.sources import load_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hipkg.owl.axioms import Axioms
    from hipkg.owl.own import OwnOntology

_SHIPPED = ox.NamedNode(hip.ontology)


@dataclass(frozen=True)
class Sources:
    """The ontology as it is written: the files, the triples of what is in force, the axioms in them, and the rest.

    ``own`` is an ontology of one's own that is among them.
    """

    paths: tuple[Path, ...]
    triples: list[ox.Triple]
    axioms: Axioms
    withdrawn: tuple[Withdrawal, ...]
    own: OwnOntology | None = None

    @property
    def version(self) -> str:
        """Tell the version of the shipped ontology, or of what is read in its place."""
        version = (
            one.object for one in self.triples if one.predicate.value == OWL + "versionInfo" and one.subject == _SHIPPED
        )
        return next((one.value for one in version if isinstance(one, ox.Literal)), "")


def read(files: Iterable[Path] | None = None, *, edited: bool = False) -> Sources:
    """Read the sources of the ontology, by default all, with those of an ontology of one's own that is used.

    Parameters: ``edited`` leaves those out that the release writes.

    Raises `OntologyError` for a module that cannot be parsed, a name that nobody declares, or an axiom outside the
    fragment.
    """
    own = own_ontology() if files is None else None
    paths = tuple(files) if files is not None else edited_files() if edited else ontology_files()
    unknown = next(undeclared(paths, files_about_ontology() if files is None else ()), None)
    if unknown:
        raise OntologyError(
            f"{curie(unknown.iri)} {unknown.message}",
            place=unknown.place,
            remedy="`hipkg ontology check --no-reasoner` lists all such names.",
        )
    return sources_of(paths, load_sources(paths), own)


def sources_of(paths: tuple[Path, ...], written: Sequence[ox.Triple], own: OwnOntology | None = None) -> Sources:
    """Part what is in force of the triples of some files from what was withdrawn.

    Parameters: ``own`` is an ontology of one's own that is among them.

    Raises `OntologyError` for an axiom outside the fragment.
    """
    triples = in_force(written)
    return Sources(paths, triples, read_axioms(triples), withdrawals(written), own)


def withdrawals(written: Sequence[ox.Triple]) -> tuple[Withdrawal, ...]:
    """List the deprecated statements and terms, with what the ontology says of why and of what takes their place."""
    names = deprecated(written)
    if not names:
        return ()
    statements = withdrawn_statements(written)
    texts: dict[tuple[str, str], list[str]] = {}
    for one in written:
        if isinstance(one.subject, ox.NamedNode) and one.subject.value in names and hasattr(one.object, "value"):
            texts.setdefault((one.subject.value, one.predicate.value), []).append(one.object.value)

    def said(iri: str, prop: str) -> str:
        return min(texts.get((iri, prop), ("",)))

    return tuple(
        Withdrawal(
            iri=iri,
            name=said(iri, SKOS + "notation") or curie(iri),
            label=said(iri, RDFS + "label"),
            text=said(iri, SKOS + "definition"),
            document=said(iri, hip.fromDocument),
            replaced_by=tuple(sorted(texts.get((iri, REPLACED_BY), ()))),
            reason=said(iri, hip.withdrawnBecause),
            day=said(iri, hip.withdrawnOn),
            is_statement=iri in statements,
        )
        for iri in sorted(names)
    )
