"""The ontology's sources in, a release, the findings of checks and the coverage of cases out."""
