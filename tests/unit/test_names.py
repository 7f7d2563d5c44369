"""Names of tests and cases have at most eight words; the docstring has the rest."""

import ast
from pathlib import Path

import pytest

from conformance.cases.engine import CASES
from tests.support.command import CHECKOUT

MAX_WORDS = 8
MAX_CHARACTERS = 70
MODULES = sorted([*(CHECKOUT / "tests").rglob("test_*.py"), *CASES.glob("test_*.py")])


def names(text: str) -> list[str]:
    """The names of all tests in a module."""
    functions = (node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    return [name for name in functions if name.startswith("test_")]


def is_short(name: str) -> bool:
    words = name.removeprefix("test_").split("_")
    return len(words) <= MAX_WORDS and len(name) <= MAX_CHARACTERS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_names_of_a_module_are_short(path: Path) -> None:
    assert [name for name in names(path.read_text(encoding="utf-8")) if not is_short(name)] == []


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("test_one_two_three_four_five_six_seven_eight", True),
        ("test_one_two_three_four_five_six_seven_eight_nine", False),
        (f"test_{'a' * 65}", True),
        (f"test_{'a' * 66}", False),
    ],
)
def test_limits_are_eight_words_and_70_characters(name: str, short: bool) -> None:
    assert is_short(name) is short
