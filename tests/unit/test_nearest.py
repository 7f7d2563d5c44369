"""Suggestions for misspelt rules and sections."""

import pytest

from conformance.cli.nearest import near_rule
from conformance.requirements import load_catalogue


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("PID-999", "; PID has PID-001 to PID-013."),
        ("pid-1", "; PID has PID-001 to PID-013."),
        ("PIDD", "; did you mean PID?"),
        ("POOOL-001", "; did you mean POOL?"),
        ("XYZQ", "."),
    ],
)
def test_nearest_rule_or_section_is_named(word: str, said: str) -> None:
    assert near_rule(word, load_catalogue()) == said
