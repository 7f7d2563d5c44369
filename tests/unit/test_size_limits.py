"""Files and public functions are short; the lists here give the reasons for exceptions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import CHECKOUT

FOLDERS = ("conformance", "reference_impl", "tools", "tests")
KINDS = (".py", ".mjs", ".cjs", ".css", ".md", ".toml", ".json")
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 7

LONG_FILES = {
    "conformance/cases/index.json": "made by `make docs`: one line for each requirement of each module",
    "conformance/requirements/11_storage.toml": "data: the requirements of one section, in the order of their ids",
    "conformance/requirements/60_config.toml": "data: the requirements of one section, in the order of their ids",
    "conformance/wire/schema.json": "made by `make docs`: one JSON Schema of every message",
    "tools/config_docs.toml": "data: what the plugin's documents say about each key of the config",
    "tools/mutation_reasons.toml": "data: why mutants of the plugin survive, file by file",
    "tools/config_docs_lines.json": "made by `python -m tools.documents`: a line for each line of those documents",
}
LONG_FUNCTIONS: dict[str, str] = {}
MANY_PARAMETERS = {
    "reference_impl/events.py:mark_rate_limited_with_reason": "five of the wire, and the selector, clock and draws",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files() -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((CHECKOUT / folder).rglob("*")):
            if path.suffix in KINDS:
                yield path.relative_to(CHECKOUT).as_posix(), path


def functions(path: Path) -> Iterator[Function]:
    """The public functions of a module, and the public methods of its classes."""
    scopes: list[ast.Module | ast.ClassDef] = [ast.parse(path.read_text(encoding="utf-8"))]
    while scopes:
        for node in scopes.pop().body:
            if isinstance(node, ast.ClassDef):
                scopes.append(node)
            elif isinstance(node, Function) and (not node.name.startswith("_") or node.name == "__init__"):
                yield node


def parameters(function: Function) -> int:
    """The number of parameters without `self` and `cls`."""
    arguments = function.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


MODULES = [(name, path) for name, path in files() if path.suffix == ".py"]
FUNCTIONS = [(f"{name}:{function.name}", function) for name, path in MODULES for function in functions(path)]


@pytest.mark.parametrize(
    ("measured", "most", "exceptions"),
    [
        ([(name, len(path.read_bytes().splitlines())) for name, path in files()], MAX_FILE_LINES, LONG_FILES),
        ([(name, lines(function)) for name, function in FUNCTIONS], MAX_FUNCTION_LINES, LONG_FUNCTIONS),
        ([(name, parameters(function)) for name, function in FUNCTIONS], MAX_PARAMETERS, MANY_PARAMETERS),
    ],
    ids=["lines of files", "lines of functions", "parameters"],
)
def test_only_listed_exceptions_exceed_the_limit(
    measured: list[tuple[str, int]], most: int, exceptions: dict[str, str]
) -> None:
    """Split new long code; remove an exception from the list when the code is short enough."""
    over = {name: size for name, size in measured if size > most}
    assert sorted(over) == sorted(exceptions), over
