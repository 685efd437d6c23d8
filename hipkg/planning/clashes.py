"""Find what a plan asks for at the same place and that does not go together.

Two statements may bound the same quantity so that no value suits both, and two interventions that the ontology calls
incompatible may both be advised. Nothing decides between them: the plan shows both sides.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.derivation.records import DerivedAction, Evaluation
    from hipkg.knowledge.records import Bound, Knowledge

BOUNDS = "bounds"
INCOMPATIBLE = "incompatible"


class Clash(NamedTuple):
    """Two evaluations that ask for what does not go together, and the intervention and site that they are about."""

    intervention: str
    site: str
    one: Evaluation
    other: Evaluation
    kind: str


def clashing_bounds(specifying: Iterable[Evaluation], knowledge: Knowledge) -> Iterator[Clash]:
    """Pair the specifying evaluations of an intervention at a site that leave no common value for a quantity."""
    bounded = [one for one in specifying if knowledge.statements[one.statement].bounds]
    for one, other in combinations(bounded, 2):
        first, second = knowledge.statements[one.statement], knowledge.statements[other.statement]
        together = first.intervention == second.intervention and one.site == other.site
        if together and any(_apart(a, b) for a in first.bounds for b in second.bounds):
            yield Clash(intervention=first.intervention, site=one.site, one=one, other=other, kind=BOUNDS)


def clashing_actions(
    pursued: Iterable[DerivedAction], advice: Mapping[str, Evaluation], knowledge: Knowledge
) -> Iterator[Clash]:
    """Pair the pursued actions at a site whose interventions are incompatible; ``advice`` holds one reason for each."""
    exclusive = [one for one in pursued if one.iri in advice and knowledge.interventions[one.intervention].incompatible]
    for one, other in combinations(exclusive, 2):
        if one.site == other.site and other.intervention in knowledge.interventions[one.intervention].incompatible:
            yield Clash(
                intervention=one.intervention,
                site=one.site,
                one=advice[one.iri],
                other=advice[other.iri],
                kind=INCOMPATIBLE,
            )


def _apart(one: Bound, other: Bound) -> bool:
    """Tell whether two bounds of the same quantity have no value in common."""
    same = bool(one.measured_by) and one.measured_by == other.measured_by and one.unit == other.unit
    return same and (_above(one, other) or _above(other, one))


def _above(one: Bound, other: Bound) -> bool:
    return bool(one.lower and other.upper) and Decimal(one.lower) > Decimal(other.upper)
