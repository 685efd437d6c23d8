"""The public functions and results: a source in, a record with the knowledge it was made with out."""
