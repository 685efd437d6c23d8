"""Name what is written of a plan by IRIs that follow from the patient's graph and the date of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

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
