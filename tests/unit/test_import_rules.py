"""Every package of the kit has a layer in the import rules."""

import tomllib

from conformance.json_type import Json
from tests.support.command import CHECKOUT

RULES: Json = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def test_every_package_has_a_layer() -> None:
    """The linter ignores modules that no contract names."""
    layers = {name for line in RULES["contracts"][0]["layers"] for name in line.split(" | ")}
    found = {path.stem for path in (CHECKOUT / "conformance").iterdir() if path.suffix == ".py" or path.is_dir()}
    found -= {"__init__", "__pycache__", "templates"}  # projects that `init` copies
    assert layers == {"reference_impl", *(f"conformance.{name}" for name in found)}
