"""The wire, version 1: the protocol between the kit and an adapter. This package starts no processes.

A Python port needs `serve`. The kit and adapters share `framing` and `answers`. The documentation, the JSON Schema and
the kit's checks come from the table in `methods`.
"""

from conformance.wire.answers import Refusal
from conformance.wire.serve import serve

__all__ = ["Refusal", "serve"]
