"""What properties tell that put nobody into a class is left out of an ontology, and nothing else."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from hipkg.base.vocabulary import PREFIXES
from hipkg.owl.idle import without_idle

PREFIX = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in {**PREFIXES, "": "urn:i:"}.items())
OTHERS = """
:Bee a owl:Class ; rdfs:subClassOf :Insect . :Insect a owl:Class . :Flower a owl:Class .
:rose a :Flower . :buzz a :Bee .
"""
TOLD = """
:likes a owl:ObjectProperty . :buzz :likes :rose .
:Bee rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :likes ; owl:hasValue :rose ] .
"""
KEPT = {
    "nothing follows": ("", False),
    "a definition names it": (
        ":Fond owl:equivalentClass [ a owl:Restriction ; owl:onProperty :likes ; owl:someValuesFrom :Flower ] .",
        True,
    ),
    "a definition names what follows": (
        """:likes rdfs:subPropertyOf :knows . :knows a owl:ObjectProperty .
        :Fond owl:equivalentClass [ a owl:Restriction ; owl:onProperty :knows ; owl:someValuesFrom :Flower ] .""",
        True,
    ),
    "a definition names its reverse": (
        """:likedBy a owl:ObjectProperty ; owl:inverseOf :likes .
        :Liked owl:equivalentClass [ a owl:Restriction ; owl:onProperty :likedBy ; owl:someValuesFrom :Bee ] .""",
        True,
    ),
    "a definition names what a chain gives": (
        """:near a owl:ObjectProperty ; owl:propertyChainAxiom ( :likes :grows ) . :grows a owl:ObjectProperty .
        :Close owl:equivalentClass [ a owl:Restriction ; owl:onProperty :near ; owl:someValuesFrom :Bee ] .""",
        True,
    ),
    "what follows is named by nothing": (
        """:likes rdfs:subPropertyOf :knows . :knows a owl:ObjectProperty ; owl:inverseOf :knownBy .
        :knownBy a owl:ObjectProperty ; rdfs:domain :Flower .""",
        False,
    ),
    "the domain is told": (":likes rdfs:domain :Insect .", False),
    "the domain is news": (":likes rdfs:domain :Fond . :Fond a owl:Class .", True),
    "the range is told": (":likes rdfs:range :Flower .", False),
    "the range of what follows is news": (
        ":likes rdfs:subPropertyOf :knows . :knows a owl:ObjectProperty ; rdfs:range :Known . :Known a owl:Class .",
        True,
    ),
    "the reverse has a domain that is news": (
        ":likedBy a owl:ObjectProperty ; owl:inverseOf :likes ; rdfs:domain :Liked . :Liked a owl:Class .",
        True,
    ),
    "both ends of a symmetric one are told": (":likes a owl:SymmetricProperty .", False),
    "an end of a symmetric one is news": (":likes a owl:SymmetricProperty ; rdfs:domain :Insect .", True),
    "a chain of nothing gives what would be news": (
        """:near a owl:ObjectProperty ; owl:propertyChainAxiom ( :grows :likes ) ; rdfs:domain :Spot .
        :grows a owl:ObjectProperty . :Spot a owl:Class .""",
        False,
    ),
    "a chain gives what is news": (
        """:near a owl:ObjectProperty ; owl:propertyChainAxiom ( :grows :likes ) ; rdfs:domain :Spot .
        :grows a owl:ObjectProperty . :buzz :grows :rose . :Spot a owl:Class .""",
        True,
    ),
}


def parsed(turtle: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse((PREFIX + turtle).encode(), format=ox.RdfFormat.TURTLE)]


@pytest.mark.parametrize("case", KEPT)
def test_what_an_idle_property_tells_is_left_out(case: str) -> None:
    further, kept = KEPT[case]
    given = parsed(OTHERS + TOLD + further)
    found = set(without_idle(given))
    assert found <= set(given)
    likes = ox.NamedNode("urn:i:likes")
    assert any(likes in one for one in found) == kept
    assert set(parsed(OTHERS)) <= found
    assert kept or not any(isinstance(term, ox.BlankNode) for one in found for term in one)
