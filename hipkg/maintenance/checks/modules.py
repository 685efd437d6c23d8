"""Hold imports, catalog and folder to one another, and every name to its declaration."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.groups import reached
from hipkg.base.paths import CATALOG, ONTOLOGY, PATIENT_SHAPES, files_about_ontology, own_shapes
from hipkg.base.vocabulary import HIP, OWL, RDF, RDF_TYPE, RDFS, XSD, curie, is_term, local_name
from hipkg.maintenance.checks.issue import Issue
from hipkg.owl.names import declared, undeclared_beside, undeclared_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hipkg.maintenance.checks.workspace import Module, Workspace

_IMPORTS = OWL + "imports"
_STANDARD = {
    RDF: "type first rest nil langString",
    RDFS: "label comment seeAlso isDefinedBy subClassOf subPropertyOf domain range Datatype Literal",
    OWL: "AnnotationProperty Class DatatypeProperty FunctionalProperty NamedIndividual ObjectProperty Ontology"
    " Restriction SymmetricProperty Thing TransitiveProperty allValuesFrom complementOf deprecated disjointWith"
    " equivalentClass hasValue"
    " imports intersectionOf inverseOf onDatatype onProperty oneOf propertyChainAxiom someValuesFrom unionOf versionIRI"
    " versionInfo withRestrictions",
    XSD: "boolean date dateTime decimal gYear gYearMonth integer maxExclusive maxInclusive minExclusive minInclusive"
    " nonNegativeInteger positiveInteger string",
}
_KNOWN = frozenset(space + name for space, names in _STANDARD.items() for name in names.split())
"""The names of RDF, RDFS, OWL and XSD that an ontology of this project can have a use for."""


def vocabulary(space: Workspace) -> Iterator[Issue]:
    """Find the names that the ontology and the files about it use and that no module declares."""
    known = frozenset(space.links.get(RDF_TYPE, {}))
    files = own_shapes() if space.own else files_about_ontology() if space.folder == ONTOLOGY else ()
    beside = undeclared_beside(files, known | declared([PATIENT_SHAPES]) if space.own else known)
    in_modules = (one for module in space.checked for one in undeclared_in(module.path, module.text, known))
    for one in (*in_modules, *beside):
        yield Issue("vocabulary", one.place, curie(one.iri), one.message)


def foreign(space: Workspace) -> Iterator[Issue]:
    """Find names of other namespaces that nobody declares."""
    from difflib import get_close_matches

    known = _KNOWN | space.links.get(RDF_TYPE, {}).keys()
    shown = [curie(iri) for iri in sorted(known)]
    for module in space.checked:
        told = set()
        for one in module.triples:
            is_kind = one.predicate.value == RDF_TYPE and isinstance(one.object, ox.NamedNode)
            for iri in (one.predicate.value, *([one.object.value] if is_kind else [])):  # type: ignore[union-attr]
                subject = "" if is_term(iri) or iri in known else space.owner(one.subject)
                if subject and (subject, iri) not in told:
                    told.add((subject, iri))
                    near = get_close_matches(curie(iri), shown, n=3)
                    hint = f" Did you mean {' or '.join(near)}?" if near else ""
                    yield Issue("foreign-name", curie(subject), curie(iri), f"is declared nowhere.{hint}")


def catalog(space: Workspace) -> Iterator[Issue]:
    """Find modules that the catalog of Protégé does not lead to, and entries that lead nowhere."""
    path = space.folder / CATALOG
    try:
        entries = [dict(one.attrib) for one in ET.parse(path).getroot()]  # noqa: S314 - a file of the project
    except FileNotFoundError:
        yield Issue("catalog", CATALOG, "", "is missing")
        return
    except ET.ParseError as problem:
        yield Issue("catalog", f"{CATALOG}:{problem.position[0]}", "", f"is no XML: {problem.msg}")
        return
    listed = {(space.folder / one.get("uri", "")).resolve(): one.get("name", "") for one in entries}
    for module in space.checked:
        if listed.get(module.path.resolve()) not in module.headers:
            yield Issue("catalog", module.path.name, "", "is not listed under its ontology IRI")
    for file, name in listed.items():
        if not file.is_file():
            yield Issue("catalog", name, "", f"leads to {file.name}, which does not exist")
    if len(listed) < len(entries) or len({one.get("name", "") for one in entries}) < len(entries):
        yield Issue("catalog", CATALOG, "", "lists a file or a name twice")


def imports(space: Workspace) -> Iterator[Issue]:
    """Find modules that nothing imports, imports that no module is, and names used without an import of theirs."""
    for module in space.checked:
        if len(module.headers) != 1:
            yield Issue("header", module.path.name, "owl:Ontology", f"{len(module.headers)} headers; one is needed")
    modules = {iri: module for module in space.modules for iri in module.headers}
    links = {iri: space.named(iri, _IMPORTS) for iri in modules}
    found = reached([space.main], lambda iri: links.get(iri, ()))
    for iri in sorted(modules.keys() - found):
        yield Issue("imports", modules[iri].path.name, curie(iri), f"is not imported by {curie(space.main)}")
    for iri, named in sorted(links.items()):
        for other in named:
            if other not in modules:
                yield Issue("imports", curie(iri), "owl:imports", f"{curie(other)} is no module")
    yield from _used(modules, links, {iri for module in space.checked for iri in module.headers})


def namespaces(space: Workspace) -> Iterator[Issue]:
    """Find what an ontology of one's own says of terms of the shipped one, which stays as it is."""
    for module in space.checked if space.own else ():
        for one in module.triples:
            subject = one.subject.value if isinstance(one.subject, ox.NamedNode) else ""
            linked = one.predicate.value == RDFS + "subClassOf" and isinstance(one.object, ox.BlankNode)
            if subject.startswith(HIP) and not linked:
                yield Issue(
                    "own-namespace", curie(subject), curie(one.predicate.value), f"is said in {module.path.name}"
                )


def _used(
    modules: Mapping[str, Module], links: Mapping[str, tuple[str, ...]], checked: Collection[str]
) -> Iterator[Issue]:
    """Find names that a module uses and neither declares nor imports, so that an editor who opens it lacks them."""
    home: dict[str, set[str]] = defaultdict(set)
    for iri, module in modules.items():
        for one in module.triples:
            if one.predicate.value == RDF_TYPE and isinstance(one.subject, ox.NamedNode):
                home[one.subject.value].add(iri)
    for iri, module in sorted((iri, module) for iri, module in modules.items() if iri in checked):
        seen = reached([iri], lambda one: links.get(one, ()))
        told: set[frozenset[str]] = set()
        for one in module.triples:
            for term in (one.subject, one.predicate, one.object):
                where = home.get(term.value, set()) if isinstance(term, ox.NamedNode) else set()
                if where and not where & seen and frozenset(where) not in told:
                    told.add(frozenset(where))
                    lacks = curie(min(where))
                    yield Issue("import-missing", curie(iri), "owl:imports", f"{curie(term.value)} is of {lacks}")  # type: ignore[union-attr]


def declarations(space: Workspace) -> Iterator[Issue]:
    """Find terms that two modules declare, names that differ in case only, and statements away from their document."""
    kinds = {
        OWL + name for name in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "NamedIndividual")
    }
    home: dict[str, set[str]] = defaultdict(set)
    for module in space.modules:
        name = space.name(module.path)
        for one in module.triples:
            is_kind = (
                one.predicate.value == RDF_TYPE and isinstance(one.object, ox.NamedNode) and one.object.value in kinds
            )
            if is_kind and isinstance(one.subject, ox.NamedNode):
                home[one.subject.value].add(name)
    spelt: dict[str, str] = {}
    for iri, where in sorted(home.items(), key=lambda one: (not one[0].startswith(HIP), one)):
        if len(where) > 1:
            yield Issue("declared-twice", curie(iri), "rdf:type", f"is declared in {' and '.join(sorted(where))}")
        local = local_name(iri)
        other = spelt.setdefault(local[:1] + local[1:].casefold(), iri)
        if other != iri:
            says = "in case only" if local_name(other) != local else "in the namespace only"
            yield Issue("name-case", curie(iri), "rdf:type", f"differs from {curie(other)} {says}")
    for iri in space.links.get(hip.fromDocument, {}):
        for document in space.named(iri, hip.fromDocument):
            if home.get(document) and home.get(iri) and not home[document] & home[iri]:
                says = f"{curie(document)} is in {min(home[document])}"
                yield Issue("statement-module", curie(iri), curie(hip.fromDocument), says)
