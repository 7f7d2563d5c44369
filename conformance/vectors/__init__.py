"""Vectors: stored scenarios that any test framework can run; see `docs/vectors.md`."""

from conformance.vectors.load import Vector, VectorError, load_vectors, read_vectors

__all__ = ["Vector", "VectorError", "load_vectors", "read_vectors"]
