"""Write plans as FHIR R4 resources (FHIR 4.0.1).

`bundle` assembles; `requests` writes each action as a request, under the `conditions` that its statements set;
`group` orders them, `issues` tells what speaks against them, `guidance` what is asked, `provenance` what it rests on.
"""

from hipkg.fhir.export.bundle import plan_bundle, plans_bundle

__all__ = ["plan_bundle", "plans_bundle"]
