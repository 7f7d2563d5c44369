"""One small vector, and a function that stores vectors."""

from pathlib import Path

from conformance.json_type import Json
from conformance.vectors.load import canonical

SELECT: Json = {"method": "select", "params": {"family": "claude", "strategy": "sticky"}}
OPEN: Json = {"method": "open", "params": {"pool": {"accounts": [{"refreshToken": "fig"}]}}}
ANSWERED: Json = SELECT | {"expect": {"index": 0, "label": "fig"}}
DOCUMENT: Json = {
    "id": "stk-one",
    "title": "One account is kept",
    "why": "The smallest pool.",
    "requirements": ["STK-001"],
    "since": "1.3.0",
    "until": "1.3.0",
    "needs": ["sticky"],
    "calls": [OPEN, ANSWERED],
}


def store(folder: Path, document: Json, name: str = "stk/stk-one.json") -> Path:
    """Write a vector, or a text instead, into a folder of vectors."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else canonical(document), encoding="utf-8")
    return path
