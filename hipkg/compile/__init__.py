"""Compilers from the axioms of the ontology to the languages of other engines."""
