"""Wrong implementations, one for each requirement: small ways of being wrong that ports have or could have.

Each is a target: `python:tests.mutants.selection:CountsFromOne`. The catalogue names it in `wrong`, in kebab case.
"""

from pathlib import Path


def class_name(wrong: str) -> str:
    """`counts-from-one` is the class CountsFromOne."""
    return "".join(part.capitalize() for part in wrong.split("-"))


def target_word(wrong: str) -> str:
    """The target that the kit is given. Raises LookupError where no class has the name."""
    name = class_name(wrong)
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        if f"\nclass {name}(" in path.read_text(encoding="utf-8"):
            return f"python:tests.mutants.{path.stem}:{name}"
    raise LookupError(f"no class {name} in tests/mutants for the wrong implementation {wrong!r}")
