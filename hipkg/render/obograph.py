"""Write an ontology as an OBO Graph in JSON: nodes with names and texts, and edges, for programs that read no OWL.

The form is that of https://github.com/geneontology/obographs: what it has no place for, such as numeric facets, is left
to the other files.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import OWL, RDF_TYPE, RDFS, SKOS
from hipkg.maintenance.artefacts import nearest
from hipkg.owl.expression import Expression, Named, Some, conjuncts
from hipkg.owl.in_force import REPLACED_BY
from hipkg.render.encoder import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.owl.axioms import Axioms

_TYPES = {
    OWL + "Class": "CLASS",
    OWL + "ObjectProperty": "PROPERTY",
    OWL + "DatatypeProperty": "PROPERTY",
    OWL + "AnnotationProperty": "PROPERTY",
    OWL + "NamedIndividual": "INDIVIDUAL",
}
_PROPERTY_TYPES = {
    OWL + "ObjectProperty": "OBJECT",
    OWL + "DatatypeProperty": "DATA",
    OWL + "AnnotationProperty": "ANNOTATION",
}
_LABEL, _DEFINITION, _SYNONYM, _NOTE = RDFS + "label", SKOS + "definition", SKOS + "altLabel", SKOS + "scopeNote"
_TOLD = frozenset({_LABEL, _DEFINITION, _SYNONYM, _NOTE, OWL + "deprecated"})
_IS_A, _TYPE, _SUBPROPERTY = "is_a", "type", "subPropertyOf"
_REPLACED = "http://purl.obolibrary.org/obo/IAO_0100001"
"""The annotation by which OBO ontologies name what takes the place of a term."""


def obograph(
    triples: Iterable[ox.Triple],
    axioms: Axioms,
    superclasses: Mapping[str, frozenset[str]],
    ontology: str = hip.ontology,
) -> str:
    """Write an ontology as an OBO Graph.

    Parameters: ``triples`` are those of all modules, ``axioms`` what they say, ``superclasses`` what a reasoner found.
    """
    about: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
    for one in triples:
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode | ox.Literal):
            about[one.subject.value][one.predicate.value].append(one.object)
    told = {iri: about[iri] for iri in sorted(about)}
    graph = {
        "id": ontology,
        "meta": {
            "version": next((one.value for one in about[ontology][OWL + "versionIRI"]), ""),
            "basicPropertyValues": _values(about[ontology], _TOLD | {RDF_TYPE, OWL + "versionIRI", OWL + "imports"}),
        },
        "nodes": [node for iri, said in told.items() for node in _nodes(iri, said)],
        "edges": sorted(_edges(axioms, superclasses), key=lambda one: (one["sub"], one["pred"], one["obj"])),
        "logicalDefinitionAxioms": [one for iri in sorted(axioms.definitions) for one in _definition(iri, axioms)],
        "domainRangeAxioms": [
            {"predicateId": iri, "domainClassIds": sorted(prop.domains), "rangeClassIds": sorted(prop.ranges)}
            for iri, prop in sorted(axioms.properties.items())
            if prop.domains or prop.ranges
        ],
        "propertyChainAxioms": [
            {"predicateId": iri, "chainPredicateIds": [*chain]}
            for iri, prop in sorted(axioms.properties.items())
            for chain in prop.chains
        ],
    }
    return written({"graphs": [graph]})


def _nodes(iri: str, said: Mapping[str, Sequence[ox.NamedNode | ox.Literal]]) -> Iterator[dict[str, object]]:
    """Describe what is declared; a term that is a class and an individual of it is a class."""
    kinds = {one.value for one in said.get(RDF_TYPE, ())}
    kind = next((name for of, name in _TYPES.items() if of in kinds), "")
    if not kind:
        return
    meta: dict[str, object] = {}
    if texts := said.get(_DEFINITION):
        meta["definition"] = {"val": min(one.value for one in texts)}
    if notes := said.get(_NOTE):
        meta["comments"] = sorted(one.value for one in notes)
    if words := said.get(_SYNONYM):
        meta["synonyms"] = [{"pred": "hasRelatedSynonym", "val": one} for one in sorted(it.value for it in words)]
    if values := _values(said, _TOLD | {RDF_TYPE, RDFS + "subClassOf", RDFS + "subPropertyOf"}):
        meta["basicPropertyValues"] = values
    if any(one.value == "true" for one in said.get(OWL + "deprecated", ())):
        meta["deprecated"] = True
    node: dict[str, object] = {"id": iri, "type": kind}
    if labels := said.get(_LABEL):
        node["lbl"] = min(one.value for one in labels)
    if kind == "PROPERTY":
        node["propertyType"] = next(name for of, name in _PROPERTY_TYPES.items() if of in kinds)
    yield {**node, **({"meta": meta} if meta else {})}


def _values(said: Mapping[str, Iterable[ox.NamedNode | ox.Literal]], others: frozenset[str]) -> list[dict[str, str]]:
    """List annotations and facts, by property."""
    return [
        {"pred": _REPLACED if prop == REPLACED_BY else prop, "val": value}
        for prop in sorted(said)
        if prop not in others
        and (prop == REPLACED_BY or not prop.startswith((OWL, RDFS)) or prop == OWL + "versionInfo")
        for value in sorted(one.value for one in said[prop])
    ]


def _edges(axioms: Axioms, superclasses: Mapping[str, frozenset[str]]) -> Iterator[dict[str, str]]:
    for iri in superclasses:
        for other in nearest(iri, superclasses) - {iri}:
            yield {"sub": iri, "pred": _IS_A, "obj": other}
    for iri, pairs in axioms.values.items():
        for prop, value in pairs:
            yield {"sub": iri, "pred": prop, "obj": value}
    for iri, property_ in axioms.properties.items():
        for other in property_.superproperties:
            yield {"sub": iri, "pred": _SUBPROPERTY, "obj": other}
        for other in property_.inverses:
            yield {"sub": iri, "pred": "inverseOf", "obj": other}
    for iri, kinds in axioms.individual_types.items():
        for kind in kinds - {iri}:
            yield {"sub": iri, "pred": _TYPE, "obj": kind}


def _definition(iri: str, axioms: Axioms) -> Iterator[dict[str, object]]:
    """Describe a definition of kinds and restrictions to kinds; of others the graph has no form."""
    parts: tuple[Expression, ...] = conjuncts(axioms.definitions[iri])
    genera = [one.iri for one in parts if isinstance(one, Named)]
    restrictions = [one for one in parts if isinstance(one, Some) and isinstance(one.filler, Named)]
    if genera and len(genera) + len(restrictions) == len(parts) and restrictions:
        yield {
            "definedClassId": iri,
            "genusIds": genera,
            "restrictions": [
                {"propertyId": one.prop, "fillerId": one.filler.iri}
                for one in restrictions
                if isinstance(one.filler, Named)
            ],
        }
