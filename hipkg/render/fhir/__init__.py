"""Write plans as FHIR R4 resources (FHIR 4.0.1), and these as one Bundle in JSON.

`bundle` assembles; `requests` writes each action as a request, under the `conditions` that its statements set;
`group` orders them, `issues` tells what speaks against them, `guidance` what is asked, `provenance` what it rests on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.render.encoder import written
from hipkg.render.fhir.bundle import plan_bundle, plans_bundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan

__all__ = ["plan_bundle", "plans_bundle", "plans_to_fhir"]


def plans_to_fhir(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write plans as one Bundle, because several beside each other are no FHIR."""
    return written(plans_bundle(plans, knowledge))
