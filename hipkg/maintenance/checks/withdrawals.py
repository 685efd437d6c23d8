"""Find what still uses what was withdrawn, and ids of published versions that are lost or used again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import OntologyError
from hipkg.base.paths import ONTOLOGY, files_about_ontology
from hipkg.base.vocabulary import OWL, curie
from hipkg.maintenance.checks.issue import Issue
from hipkg.maintenance.history import TERMS, VERSIONS, changes, lost, read_history, revived, said
from hipkg.owl.in_force import REPLACED_BY, deprecated
from hipkg.owl.names import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.maintenance.checks.workspace import Workspace

_HARMLESS = frozenset({OWL + "disjointWith"})
"""What may lead from something in force to what is not: an opposite stays one."""
_RDF_SUFFIXES = frozenset({".ttl", ".rq"})
_GENERATED = ".jsonld"
"""The ending of the context, which the software writes and by which old records are read."""


def deprecated_use(space: Workspace) -> Iterator[Issue]:
    """Find what is in force and uses what is deprecated, with what takes the place of that."""
    old = deprecated(space.triples)
    if not old:
        return
    seen: set[Issue] = set()
    for one in space.triples:
        owner = space.owner(one.subject)
        if owner in old | space.generated or one.predicate.value in _HARMLESS:
            continue
        used = {it.value for it in (one.predicate, one.object) if isinstance(it, ox.NamedNode)} & old
        for iri in used:
            prop = curie(one.predicate.value) if one.subject == ox.NamedNode(owner) else ""
            issue = Issue("deprecated-use", curie(owner), prop, _withdrawn(iri, space))
            if issue not in seen:
                seen.add(issue)
                yield issue
    for path in files_about_ontology() if space.folder == ONTOLOGY else ():
        if path.suffix != _GENERATED:
            for line, iri in names(path.read_text(encoding="utf-8"), rdf=path.suffix in _RDF_SUFFIXES):
                if iri in old:
                    yield Issue("deprecated-use", f"{path.name}:{line}", "", _withdrawn(iri, space))


def _withdrawn(iri: str, space: Workspace) -> str:
    """Name something that was withdrawn, and what takes its place."""
    others = " or ".join(map(curie, space.named(iri, REPLACED_BY)))
    return f"{curie(iri)} is withdrawn{f', replaced by {others}' if others else ''}"


def published(space: Workspace) -> Iterator[Issue]:
    """Hold the modules to what was published: no term is lost, and none comes back that was withdrawn."""
    try:
        history = read_history(space.folder)
    except OntologyError as problem:
        yield Issue("syntax", problem.place, "", problem.message)
        return
    if not history.versions:
        return
    terms = said((one for module in space.checked for one in module.triples), space.triples)
    lines = {iri: number for number, iri in enumerate(history.entries, 2)}
    for one in lost(history, terms):
        yield Issue(
            "id-lost", f"{TERMS}:{lines[one.term]}", "", f"{curie(one.term)} of version {one.since} is declared no more"
        )
    for one in revived(history, terms):
        yield Issue("id-reused", curie(one.term), "", f"was withdrawn with version {one.withdrawn}")
    last = history.versions[-1]
    if found := changes(history, terms) if space.versions == {last.version} else ():
        told = f"version {last.version} was published with other content: {len(found)} terms changed since"
        yield Issue("version-published", f"{VERSIONS}:{len(history.versions) + 1}", "", told)
