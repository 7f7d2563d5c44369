"""Hypothesis property tests whose verdict never changes from run to run.

What Hypothesis draws depends on its version and on the modules that are imported, so `run` judges a stored corpus:
the rows of `fixtures/corpus/NAME.json`, replayed as explicit examples, smallest first. `--draw N` and the tests of
this project draw fresh examples beside them, and shrink what fails. `python -m conformance.cases.properties`
refreshes the corpus.
"""

import functools
import importlib
import inspect
import json
import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from conformance.cases.settings import DRAW_VARIABLE
from conformance.fixtures import fixtures_folder

Property = Callable[..., None]
ROWS_A_PROPERTY = 24

registered: dict[str, dict[str, st.SearchStrategy[Any]]] = {}


class CorpusError(Exception):
    """A property has no stored rows, so that a run would judge nothing by it."""


def property_case(**arguments: st.SearchStrategy[Any]) -> Callable[[Property], Property]:
    """A case that holds for all values of its arguments; `judge` is the first parameter, before them."""

    def decorate(function: Property) -> Property:
        name = function.__name__
        registered[name] = arguments
        rows = stored_rows(name)
        if not rows:  # Hypothesis would run the test on nothing, and let it pass
            return _without_rows(function, arguments)
        test: Property = given(**arguments)(function)
        for row in reversed(rows):  # Hypothesis runs the example added last first
            test = example(**row)(test)
        fresh = int(os.environ.get(DRAW_VARIABLE, "0"))
        return settings(
            phases=[Phase.explicit, Phase.generate, Phase.shrink] if fresh else [Phase.explicit],
            max_examples=max(1, fresh),
            derandomize=True,
            database=None,
            deadline=None,  # nothing here depends on how fast a target is
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )(test)

    return decorate


def _without_rows(function: Property, arguments: Collection[str]) -> Property:
    """A case that fails, and has the parameters that pytest gives. Importing it must work: `make corpus` does."""
    name, signature = function.__name__, inspect.signature(function)

    @functools.wraps(function)
    def fail(**_given: Any) -> None:
        raise CorpusError(f"{name} has no rows in fixtures/corpus/{name}.json; run `make corpus`")

    given_by_pytest = [each for each in signature.parameters.values() if each.name not in arguments]
    fail.__signature__ = signature.replace(parameters=given_by_pytest)  # type: ignore[attr-defined]
    return fail


def stored_rows(name: str) -> list[dict[str, Any]]:
    """The stored examples of one property; none where the file is missing."""
    path = fixtures_folder() / "corpus" / f"{name}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return rows


def draw_rows(arguments: dict[str, st.SearchStrategy[Any]]) -> list[dict[str, Any]]:
    """Draw distinct examples, smallest first."""
    found: dict[str, dict[str, Any]] = {}

    @settings(max_examples=400, derandomize=True, database=None, deadline=None)
    @given(st.fixed_dictionaries(arguments))
    def collect(row: dict[str, Any]) -> None:
        found.setdefault(json.dumps(row, sort_keys=True), row)

    collect()
    ordered = sorted(found.values(), key=lambda row: (len(json.dumps(row)), json.dumps(row, sort_keys=True)))
    step = max(1, len(ordered) // ROWS_A_PROPERTY)
    return ordered[::step][:ROWS_A_PROPERTY]


def refresh_corpus() -> None:
    """Draw the corpus anew and write it, one file a property, one row a line."""
    for module in sorted(Path(__file__).parent.glob("test_*.py")):
        importlib.import_module(f"conformance.cases.{module.stem}")
    folder = fixtures_folder() / "corpus"
    folder.mkdir(exist_ok=True)
    for stale in set(folder.glob("*.json")) - {folder / f"{name}.json" for name in registered}:
        stale.unlink()
    for name, arguments in registered.items():
        rows = ",\n".join(f"  {json.dumps(row, sort_keys=True)}" for row in draw_rows(arguments))
        (folder / f"{name}.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    # Run as a module this file is `__main__`; the cases register with the imported one.
    importlib.import_module("conformance.cases.properties").refresh_corpus()
