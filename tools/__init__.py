"""Page generators, benchmarks, the soak test and recordings. `make` runs them; the package does not contain them."""
