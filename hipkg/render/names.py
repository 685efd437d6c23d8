"""Name what is written of a plan by IRIs that follow from the patient's graph and its date, and nodes by their text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pyoxigraph as ox

from hipkg.base.vocabulary import local_name

if TYPE_CHECKING:
    from hipkg.defence.explanations import Explanation
    from hipkg.defence.ledger import Ledger
    from hipkg.defence.sensitivity import Sensitivity
    from hipkg.planning.records import Plan


def part_iri(result: Plan | Explanation | Ledger | Sensitivity, place: str, **parts: str) -> str:
    """Make the IRI of a part of a result from the place it concerns, the patient where there is none, and its topic."""
    base = place or result.patient
    pairs = {"plan": result.as_of.isoformat(), **parts}
    query = "&".join(f"{name}={quote(local_name(value), safe='-._~')}" for name, value in pairs.items())
    return f"{base}{'&' if '?' in base else '?'}{query}"


def term_of(text: str) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Turn the text of a node into a term; a text that stands where a node should be stays a text."""
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    try:
        return ox.NamedNode(text)
    except ValueError:
        return ox.Literal(text)
