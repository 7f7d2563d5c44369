"""Generators of the pages, benchmarks, the soak and recordings: run by `make`, never installed."""
