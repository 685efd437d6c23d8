"""A source and a request in, a batch of plans out: the whole way for each of its patients."""
