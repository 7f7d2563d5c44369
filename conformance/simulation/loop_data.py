"""Reads loop.toml: the constants and steps of the plugin's request loop, with their sources."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

from conformance.json_type import Json


@functools.cache
def document() -> Json:
    """The content of loop.toml."""
    return tomllib.loads(resources.files("conformance.simulation").joinpath("loop.toml").read_text(encoding="utf-8"))


@functools.cache
def constants() -> Mapping[str, float]:
    """The constants of the loop, by name."""
    return {name: row["value"] for name, row in document()["constants"].items()}
