"""What of an ontology bears on some facts is kept, and what decides nothing about those whom they name is not."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from hipkg.base.vocabulary import PREFIXES
from hipkg.owl.module import module

OWN = "urn:m:"
PREFIX = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in {**PREFIXES, "": OWN}.items())
ONTOLOGY = """
:Oak a owl:Class ; rdfs:subClassOf :Tree . :Tree a owl:Class . :Rock a owl:Class ; owl:disjointWith :Tree .
:Soil a owl:Class .
:grows a owl:ObjectProperty ; rdfs:domain :Soil . :growsIn a owl:ObjectProperty ; owl:inverseOf :grows .
:helps a owl:ObjectProperty . :feeds a owl:ObjectProperty ; rdfs:subPropertyOf :helps .
:reaches a owl:ObjectProperty ; owl:propertyChainAxiom ( :grows :feeds ) .
:height a owl:DatatypeProperty . :like a owl:AnnotationProperty . :Tree :like :Rock .
:Wood a owl:Class . [] rdfs:subClassOf :Wood ; owl:intersectionOf ( :Soil
    [ a owl:Restriction ; owl:onProperty :grows ; owl:someValuesFrom [ owl:unionOf ( :Oak :Elm ) ] ] ) .
:Elm a owl:Class .
:Tall a owl:Class . [] rdfs:subClassOf :Tall ; a owl:Restriction ; owl:onProperty :height ; owl:someValuesFrom
    [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive 9 ] ) ] .
:Fed a owl:Class . [] rdfs:subClassOf :Fed ; a owl:Restriction ; owl:onProperty :feeds ; owl:hasValue :owl .
:Known a owl:Class . [] rdfs:subClassOf :Known ; owl:oneOf ( :owl :asp ) .
:Hard a owl:Class ; owl:equivalentClass [ owl:unionOf ( :Rock :Bone ) ] . :Bone a owl:Class .
:Nest a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :feeds ; owl:hasValue :owl ] .
:owl a owl:NamedIndividual , :Bird . :Bird a owl:Class .
:asp a owl:NamedIndividual , :Snake ; :feeds :cub . :Snake a owl:Class . :cub a owl:NamedIndividual .
"""
BEARING = {
    "": "",
    ":p a :Tree .": "Tree",
    ":p a :Oak .": "Oak Tree",
    ":p a :Oak , :Rock .": "Oak Tree Rock Hard Bone",
    ":p :growsIn :q .": "growsIn grows Soil",
    ":p :grows :q . :q a :Oak .": "grows growsIn Soil Oak Tree Wood Elm",
    ":p :feeds :q .": "feeds helps",
    ":p :feeds :q ; :growsIn :r .": "feeds helps growsIn grows Soil reaches",
    ":p :height 9 .": "height Tall",
    ":p a :Nest .": "Nest feeds helps owl Bird Fed Known asp",
    ":p :helps :owl .": "helps owl Bird Known asp",
    ":p :helps :cub .": "helps cub feeds asp Snake Known owl",
}


def parsed(turtle: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse((PREFIX + turtle).encode(), format=ox.RdfFormat.TURTLE)]


@pytest.mark.parametrize("facts", BEARING)
def test_what_bears_on_facts_is_kept_and_nothing_else(facts: str) -> None:
    given, asked = parsed(ONTOLOGY), parsed(facts)
    found = module(given, asked)
    names = {one for triple in found for one in (triple.subject, triple.object) if isinstance(one, ox.NamedNode)}
    own = {one.value.removeprefix(OWN) for one in names if one.value.startswith(OWN)}
    assert own == set(BEARING[facts].split())
    assert set(found) <= set(given)
    assert set(module(found, asked)) == set(found)


def test_classes_that_exclude_each_other_are_kept_where_both_can_be() -> None:
    disjoint = parsed(":Rock owl:disjointWith :Tree .")[0]
    assert disjoint in module(parsed(ONTOLOGY), parsed(":p a :Oak , :Rock ."))
    assert disjoint not in module(parsed(ONTOLOGY), parsed(":p a :Rock ."))


def test_what_is_of_an_unknown_form_is_kept() -> None:
    given = parsed("[] a owl:AllDifferent ; owl:distinctMembers ( :owl :asp ) .")
    assert set(module(given, [])) == set(given)
