"""Suggests the nearest word for a misspelt one."""

import difflib
from collections.abc import Collection

ALIKE = 0.6


def did_you_mean(word: str, known: Collection[str], alike: float = ALIKE) -> str:
    """`; did you mean --only?`, or an empty text."""
    near = difflib.get_close_matches(word, known, 1, alike)
    return f"; did you mean {near[0]}?" if near else ""
