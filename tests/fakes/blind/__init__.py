"""Ports with one subtle fault each, written without sight of the cases, the vectors and the generator.

Each port is the reference with one mistake that an engineer could make in a port. Its docstring states the mistake. Its
proof is a short scenario whose answers differ from those of the reference. docs/subtle-ports.md shows what `run` and
`fuzz` find. `python -P -m tests.fakes.blind SECTION/NAME` serves a port.
"""
