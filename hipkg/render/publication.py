"""Write what a published version of an ontology is for people who do not have hipkg: its files, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.paths import own_files
from hipkg.maintenance.artefacts import base, full, turtle
from hipkg.owl.axioms import read_axioms
from hipkg.owl.functional_syntax import functional_syntax
from hipkg.owl.in_force import in_force
from hipkg.owl.sources import load_sources
from hipkg.render.history import changes_section, with_section
from hipkg.render.obograph import obograph

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.releasing import Publication
    from hipkg.owl.own import OwnOntology


def version_files(own: OwnOntology | None, knowledge: Knowledge) -> dict[str, str]:
    """Write the files of a version, by their names.

    Those of an ontology on top of the shipped one are its modules, which import that, and the whole of both.
    """
    stem, ontology = (own.prefix, own.iri) if own else ("hipkg", hip.ontology)
    merged = base(load_sources(), ontology)
    alone = base(load_sources(own_files()), ontology, [hip.ontology]) if own else merged
    whole = full(merged, knowledge.superclasses)
    axioms = read_axioms(in_force(merged))
    return {
        f"{stem}-base.ttl": turtle(alone),
        f"{stem}-full.ttl": turtle(whole),
        f"{stem}-full.ofn": functional_syntax(whole),
        f"{stem}-full.obograph.json": obograph(whole, axioms, knowledge.superclasses, ontology),
    }


def page_of_changes(older: str, made: Publication) -> str:
    """Write the page of changes with a section for a version, before those of ``older`` ones."""
    draft, difference = made.draft, made.difference
    section = changes_section(draft.version, draft.changes, made.knowledge, first=draft.first, difference=difference)
    return with_section(older, section)
