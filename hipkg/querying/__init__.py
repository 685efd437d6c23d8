"""A SPARQL question and sources in, a table of answers out."""
