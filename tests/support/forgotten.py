"""The assertion of completeness tests, which names missing entries."""

from collections.abc import Iterable


def assert_none(forgotten: Iterable[object], advice: str) -> None:
    named = sorted(map(str, forgotten))
    assert not named, f"{advice}: {', '.join(named)}"
