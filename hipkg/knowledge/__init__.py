"""The released ontology: its file in, typed records, terminology, selections and wordings out."""
