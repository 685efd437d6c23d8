"""A patient's record in, the same with all that the ontology entails out."""
