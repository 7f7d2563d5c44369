"""The files of a scenario: laid out in a folder, and that folder written as `{root}`."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.wire.answers import Answer, Raised, Result
from conformance.wire.scenario import ROOT

Json = Any


def write_files(root: Path, files: Mapping[str, Mapping[str, Json]]) -> None:
    """Lay out the files of a scenario."""
    (root / "home").mkdir()
    (root / "project").mkdir()
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.get("folder"):
            path.mkdir()
        elif "link" in content:
            path.symlink_to(content["link"])
        elif "base64" in content:
            path.write_bytes(base64.b64decode(content["base64"]))
        else:
            path.write_bytes(content["text"].encode("utf-8"))


def replace_text(value: Json, old: str, new: str) -> Json:
    """The same JSON with one text replaced by another in every string."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: replace_text(item, old, new) for key, item in value.items()}
    return [replace_text(item, old, new) for item in value] if isinstance(value, list) else value


def place_free(answer: Answer, root: str) -> Answer:
    """Where the scenario's folder happened to lie is no part of an answer."""
    if isinstance(answer, Result):
        return Result(replace_text(answer.value, root, ROOT))
    return Raised(answer.message.replace(root, ROOT)) if isinstance(answer, Raised) else answer
