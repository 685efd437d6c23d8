"""FHIR R4: plans written as its resources."""
