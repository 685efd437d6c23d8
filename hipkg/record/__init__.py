"""The facts of one patient: triples in, an indexed and normalised record out."""
