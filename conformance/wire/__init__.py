"""The wire, version 1: what the kit and an adapter say to each other. No processes here.

`serve` is what a Python port needs; `framing` and `answers` are shared by both ends; `methods` is the table
that the documentation, the JSON Schema and the kit's own checks are made from.
"""

from conformance.wire.answers import Refusal
from conformance.wire.serve import serve

__all__ = ["Refusal", "serve"]
