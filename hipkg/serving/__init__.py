"""A dataset in, an endpoint of the SPARQL 1.1 Protocol out that only reads it."""
