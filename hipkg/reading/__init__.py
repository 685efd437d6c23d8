"""Files in, patients' records out: RDF, FHIR, and the short sentences of what-if."""
