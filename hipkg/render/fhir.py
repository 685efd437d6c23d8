"""Write plans as a FHIR R4 Bundle in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.fhir.export import plans_bundle
from hipkg.render.data import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.knowledge import Knowledge
    from hipkg.planning import Plan


def plans_to_fhir(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write plans as one Bundle, because several beside each other are no FHIR."""
    return written(plans_bundle(plans, knowledge))
