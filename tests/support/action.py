"""The GitHub action, and the page that describes its use in CI."""

import re

import yaml

from conformance.json_type import Json
from tests.support.command import CHECKOUT

ACTION: Json = yaml.safe_load((CHECKOUT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[Json] = ACTION["runs"]["steps"]
PAGE = (CHECKOUT / "docs" / "ci.md").read_text(encoding="utf-8")
INPUTS = {name: entry["default"] for name, entry in ACTION["inputs"].items()}


def blocks(language: str) -> list[str]:
    """The code blocks of the page in this language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
