"""Read patients from FHIR R4: resources to facts, facts to a patient's graph, and an account of every resource.

The way through: `source` finds the resources, `index` the references between them, one module for each kind of resource
reads facts, `places`, `courses` and `merge` join the facts of one patient, and `graph` writes them as triples. The way
back is `export`, which writes a plan as resources.
"""
