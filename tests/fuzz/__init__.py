"""A fuzzer: damaged records, and whether a loss is told. Run it with `make fuzz`."""
