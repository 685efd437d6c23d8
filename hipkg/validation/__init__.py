"""Patients' records and SHACL shapes in, findings out."""
