"""Read patients from FHIR R4: resources to facts, facts to a patient's graph, and an account of every resource.

The way through: `source` finds the resources, out of files by `folders`, `json_form`, `xml_form` and `unfolding`;
`gathering` keeps one of each name, `versions` writes those of other versions as R4 would, and `index` follows the
references between them; `conditions`, `allergies`, `observations`, `reports`, `activities`, `care_plans`, `drugs` and
`mentions` read facts, with `codes`, `places`, `findings` and `quantities`, and for drugs with `dosage`, `timing`,
`directions`, `strengths` and `supplies`; `sides`, `joining` and `courses` put together what belongs together; `graph`
writes triples and `account` tells what became of each resource. `patients` is the whole way.
"""
