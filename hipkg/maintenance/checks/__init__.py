"""The ontology's sources in, issues out: one module for each kind of check."""
