"""Hypothesis property tests with the same verdict in every run.

The examples that Hypothesis draws depend on its version and on imported modules. So `run` judges a stored corpus: the
rows of `fixtures/corpus/NAME.json`, smallest first. `--draw N` and the tests of this project also draw fresh examples,
and shrink those that fail. `python -m conformance.cases.properties` refreshes the corpus.
"""

import functools
import importlib
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conformance.cases.engine import VECTORS
from conformance.cases.findings import Mismatch
from conformance.cases.settings import DRAW_VARIABLE
from conformance.fixtures import fixtures_folder
from conformance.targets.errors import AdapterFault, GivenUp

Property = Callable[..., None]
Row = dict[str, Any]
ROWS_A_PROPERTY = 24
Skipped: type[BaseException] = pytest.skip.Exception


class CorpusError(Exception):
    """A property has no stored rows, so a run could not judge it."""


registered: dict[str, dict[str, st.SearchStrategy[Any]]] = {}


def property_case(**arguments: st.SearchStrategy[Any]) -> Callable[[Property], Property]:
    """Turn a function into a case that must pass for all values of its arguments. Its first parameter is `judge`."""

    def decorate(function: Property) -> Property:
        name = function.__name__
        registered[name] = arguments
        rows = stored_rows(name)
        fresh = int(os.environ.get(DRAW_VARIABLE, "0"))

        @functools.wraps(function)
        def case(**given_by_pytest: Any) -> None:
            if not rows:  # not checked at import, because `make corpus` imports properties without rows
                raise CorpusError(f"{name} has no rows in fixtures/corpus/{name}.json; run `make corpus`")
            _replay(function, rows, given_by_pytest)
            if fresh:
                _draw(function, arguments, fresh)(**given_by_pytest)

        signature = inspect.signature(function)
        of_pytest = [parameter for parameter in signature.parameters.values() if parameter.name not in arguments]
        case.__signature__ = signature.replace(parameters=of_pytest)  # type: ignore[attr-defined]
        return case

    return decorate


def _replay(function: Property, rows: Sequence[Row], given_by_pytest: Mapping[str, Any]) -> None:
    """Judge all rows, so that the report shows each deviation. A mismatch outranks a fault, and a fault a skip.

    This does not use Hypothesis, which would print each row.
    """
    ended: dict[type[BaseException], BaseException] = {}
    passed = False
    for row in rows:
        try:
            function(**given_by_pytest, **row)
            passed = True
        except GivenUp as fault:  # every further row would raise it, too
            ended.setdefault(AdapterFault, fault)
            break
        except AdapterFault as fault:
            ended.setdefault(AdapterFault, fault)
        except (Mismatch, Skipped) as ending:
            ended.setdefault(type(ending), ending)
    for kind in (Mismatch, AdapterFault, *([] if passed else [Skipped])):
        if kind in ended:
            raise ended[kind]


def _draw(function: Property, arguments: Mapping[str, st.SearchStrategy[Any]], count: int) -> Property:
    return settings(
        phases=[Phase.generate, Phase.shrink],
        max_examples=count,
        derandomize=True,
        database=None,
        report_multiple_bugs=False,  # one failure is enough; several would be raised as an exception group
        deadline=None,  # the speed of a target is not judged
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )(given(**arguments)(function))


def stored_rows(name: str) -> list[Row]:
    """The stored examples of a property; empty if the file does not exist."""
    path = fixtures_folder() / "corpus" / f"{name}.json"
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return rows


def draw_rows(arguments: Mapping[str, st.SearchStrategy[Any]]) -> list[Row]:
    """Draw distinct examples, smallest first."""
    found: dict[str, Row] = {}

    @settings(max_examples=400, derandomize=True, database=None, deadline=None)
    @given(st.fixed_dictionaries(dict(arguments)))
    def collect(row: Row) -> None:
        found.setdefault(json.dumps(row, sort_keys=True), row)

    collect()
    ordered = sorted(found.values(), key=lambda row: (len(json.dumps(row)), json.dumps(row, sort_keys=True)))
    step = max(1, len(ordered) // ROWS_A_PROPERTY)
    return ordered[::step][:ROWS_A_PROPERTY]


def refresh_corpus() -> None:
    """Draw a new corpus and write it: one file per property, one row per line."""
    for module in sorted({*Path(__file__).parent.glob("test_*.py")} - {VECTORS}):
        importlib.import_module(f"conformance.cases.{module.stem}")
    folder = fixtures_folder() / "corpus"
    folder.mkdir(exist_ok=True)
    for stale in set(folder.glob("*.json")) - {folder / f"{name}.json" for name in registered}:
        stale.unlink()
    for name, arguments in registered.items():
        rows = ",\n".join(f"  {json.dumps(row, sort_keys=True)}" for row in draw_rows(arguments))
        (folder / f"{name}.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    # This module runs as `__main__`, but the cases register with the imported module.
    importlib.import_module("conformance.cases.properties").refresh_corpus()
