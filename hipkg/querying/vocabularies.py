"""Know which terms the public vocabularies have in which the dataset is written; nothing may be added to them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from hipkg.base.vocabulary import RDF, RDF_TYPE, RDFS, SHARED, SKOS, XSD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rdflib.namespace import DefinedNamespace

_USUAL = {RDF_TYPE, RDFS + "label", RDFS + "subClassOf", SKOS + "notation", SKOS + "definition"}
"""Terms of which most queries name no others, so that the vocabularies need not be loaded."""
_FURTHER = {
    RDF: {"dirLangString", "reifies"},
    XSD: {"anyAtomicType", "anySimpleType", "anyType"},
}
"""Terms that rdflib does not list: those of RDF 1.2, and the roots of the types of XML Schema."""
_SPACE = re.compile(r"https?://(?:www\.)?|[#/]+$")
_MOST = 3


def misnamed(iri: str) -> tuple[str, ...] | None:
    """Tell the terms that may be meant if a name of a public vocabulary is none of its terms, and None otherwise.

    The namespace may be written with another scheme, letter case or end.
    """
    if iri in _USUAL:
        return None
    local = _local(iri)
    space = iri[: len(iri) - len(local)]
    meant = space if space in SHARED else _spaces().get(_bare(space), "")
    if not local or meant not in _terms():
        return None
    terms = _terms()[meant]
    if space == meant and (local in terms or local in _FURTHER.get(meant, ())):
        return None
    listed = {_local(str(one)).casefold(): str(one) for one in dir(terms)}
    return tuple(listed[one] for one in get_close_matches(local.casefold(), listed, n=_MOST, cutoff=0.6))


def _local(iri: str) -> str:
    return iri[max(iri.rfind("/"), iri.rfind("#")) + 1 :]


@cache
def _spaces() -> Mapping[str, str]:
    return {_bare(one): one for one in SHARED}


def _bare(space: str) -> str:
    return _SPACE.sub("", space.casefold())


@cache
def _terms() -> Mapping[str, type[DefinedNamespace]]:
    """Map namespaces to what holds their terms."""
    from rdflib import namespace as known

    spaces = (known.DCTERMS, known.OWL, known.PROV, known.RDF, known.RDFS, known.SH, known.SKOS, known.VANN, known.XSD)
    return {str(one): one for one in spaces}
