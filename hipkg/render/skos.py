"""Describe codes of clinical code systems, and terms of the ontology, as concepts of SKOS."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import OWL, PREFIXES, RDF, RDF_TYPE, RDFS, SKOS, expand
from hipkg.knowledge.terminology import namespaces
from hipkg.knowledge.terms import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.knowledge.terminology import Mapping, Terminology
    from hipkg.knowledge.terms import Term

_INVERSE = {
    "skos:exactMatch": "skos:exactMatch",
    "skos:closeMatch": "skos:closeMatch",
    "skos:relatedMatch": "skos:relatedMatch",
    "skos:broadMatch": "skos:narrowMatch",
    "skos:narrowMatch": "skos:broadMatch",
}
"""How a term relates to a code that relates to it."""
_KINDS = {Kind.CLASS: OWL + "Class", Kind.INTERVENTION: OWL + "Class", Kind.PROPERTY: RDF + "Property"}
SKOS_PREFIXES = {name: PREFIXES[name] for name in ("hip", "owl", "rdf", "rdfs", "skos")}


def code_triples(mappings: Iterable[Mapping], terminology: Terminology) -> Iterator[ox.Triple]:
    """Describe codes, with the terms that they stand for and the systems that they are of."""
    spaces = namespaces()
    systems = {one.system: one for one in terminology.systems}
    found: dict[str, None] = {}
    for one in mappings:
        found[one.system] = None
        code = one.code.removeprefix(systems[one.system].code_prefix)
        space = spaces.get(systems[one.system].prefix) or f"{one.system}/"
        yield from _of_code(space + quote(code), one)
    for name in found:
        yield _triple(name, RDF_TYPE, SKOS + "ConceptScheme")
        yield _told(name, SKOS + "prefLabel", systems[name].name)


def term_triples(terms: Iterable[Term], terminology: Terminology) -> Iterator[ox.Triple]:
    """Describe terms with their words, the terms right above them, and their codes."""
    for one in terms:
        kind = _KINDS.get(one.kind)
        above = RDFS + ("subPropertyOf" if one.kind == Kind.PROPERTY else "subClassOf" if kind else "seeAlso")
        yield _told(one.iri, SKOS + "notation", one.name)
        if kind:
            yield _triple(one.iri, RDF_TYPE, kind)
        words = ((RDFS + "label", one.label), (SKOS + "definition", one.definition), (SKOS + "scopeNote", one.note))
        for prop, text in (*words, *((SKOS + "altLabel", text) for text in one.synonyms)):
            if text:
                yield _told(one.iri, prop, text, language="en")
        for parent in one.parents:
            yield _triple(one.iri, above, expand(parent))
        yield from code_triples(one.codes, terminology)


def _of_code(iri: str, mapping: Mapping) -> Iterator[ox.Triple]:
    yield _triple(iri, RDF_TYPE, SKOS + "Concept")
    yield _triple(iri, SKOS + "inScheme", mapping.system)
    yield _told(iri, SKOS + "notation", mapping.code)
    if mapping.display:
        yield _told(iri, SKOS + "prefLabel", mapping.display)
    if not mapping.term or mapping.absence or mapping.answer:
        return
    yield _triple(iri, expand(mapping.predicate), mapping.term)
    yield _triple(mapping.term, expand(_INVERSE[mapping.predicate]), iri)
    if mapping.site:
        yield _triple(iri, hip.namesSite, mapping.site)
    for side in mapping.sides:
        yield _triple(iri, hip.namesSide, side)


def _told(subject: str, prop: str, text: str, language: str | None = None) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), ox.Literal(text, language=language))


def _triple(subject: str, prop: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), ox.NamedNode(target))
