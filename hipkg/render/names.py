"""Name the parts of a plan by IRIs that follow from the patient's graph and the date of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from hipkg.base.vocabulary import HIP

if TYPE_CHECKING:
    from hipkg.planning.records import Plan


def part_iri(plan: Plan, place: str, **parts: str) -> str:
    """Make the IRI of a part of a plan from the place it concerns, the patient where there is none, and its topic."""
    base = place or plan.patient
    pairs = {"plan": plan.as_of.isoformat(), **parts}
    query = "&".join(f"{name}={quote(value.removeprefix(HIP), safe='-._~')}" for name, value in pairs.items())
    return f"{base}{'&' if '?' in base else '?'}{query}"
