"""A statement or class in, text out that derives it in any SPARQL store."""
