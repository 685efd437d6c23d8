"""Write records of patients as a file that Protégé opens with the ontology."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import OWL, RDF_TYPE, namespace_of
from hipkg.owl.normal_form import in_normal_form
from hipkg.owl.sources import HEADER, headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CATALOG = "catalog-v001.xml"
_INDIVIDUAL = ox.NamedNode(OWL + "NamedIndividual")


def patients_for_protege(triples: Iterable[ox.Triple], ontology: str = hip.ontology) -> str:
    """Write records in Turtle, with a header that imports the ontology, and what has a name as an individual."""
    written = list(triples)
    before = headers(written)  # of which there is one anew
    given = [one for one in written if one.subject not in before]
    names = {one.subject.value for one in given if isinstance(one.subject, ox.NamedNode)}
    patients = sorted(
        one.subject.value
        for one in given
        if one.predicate.value == RDF_TYPE
        and one.object == ox.NamedNode(hip.Patient)
        and isinstance(one.subject, ox.NamedNode)
    )
    header = f"{namespace_of(patients[0]) if patients else 'urn:'}record"
    while header in names:
        header += "-"
    given += [ox.Triple(ox.NamedNode(one), ox.NamedNode(RDF_TYPE), _INDIVIDUAL) for one in sorted(names)]
    about = ox.NamedNode(header)
    given.append(ox.Triple(about, ox.NamedNode(RDF_TYPE), HEADER))
    given.append(ox.Triple(about, ox.NamedNode(OWL + "imports"), ox.NamedNode(ontology)))
    return in_normal_form(ox.Quad(*one) for one in given)


def catalog(modules: Mapping[str, Path]) -> str:
    """Write the catalog by which Protégé finds the modules of the ontology without a network, by their IRIs."""
    lines = (
        f"    <uri name={quoteattr(iri)} uri={quoteattr(path.resolve().as_uri())}/>"
        for iri, path in sorted(modules.items())
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
    opening = '<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
    return "\n".join([head, opening, *lines, "</catalog>"]) + "\n"
