"""Mutation testing of the plugin: which mutants of a checkout `run` notices (docs/mutation.md)."""
