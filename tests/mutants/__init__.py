"""Mutants, at least one for each requirement: small faults that ports have or could have.

Each is a target, such as `python:tests.mutants.selection:CountsFromOne`. The catalogue names it in kebab case.
"""

import importlib
from collections.abc import Callable
from pathlib import Path


def class_name(mutant: str) -> str:
    """`counts-from-one` becomes CountsFromOne."""
    return "".join(part.capitalize() for part in mutant.split("-"))


def target_word(mutant: str) -> str:
    """The target word of the mutant. Raises LookupError if no class has the name."""
    name = class_name(mutant)
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        if f"\nclass {name}(" in path.read_text(encoding="utf-8"):
            return f"python:tests.mutants.{path.stem}:{name}"
    raise LookupError(f"no class {name} in tests/mutants for the mutant {mutant!r}")


def factory(mutant: str) -> Callable[[], object]:
    """The function that creates the mutant in this process."""
    module, _, attribute = target_word(mutant).removeprefix("python:").partition(":")
    made: Callable[[], object] = getattr(importlib.import_module(module), attribute)
    return made
