"""Writes `index.json`: the requirements that each case module judges, as collected by pytest. Part of `make docs`.

`run` reads the index to import only the modules that it needs. The module of vectors is not in the index, because it
can judge any requirement.
"""

import json
import os
from unittest.mock import patch

import pytest

from conformance.cases.engine import CASES, INDEX, VECTORS
from conformance.generated import json_note


class _Collector:
    """A pytest plugin that collects the requirements of each case."""

    def __init__(self) -> None:
        self.cases: dict[str, list[str]] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        for mark in ("covers(*ids)", "holds_for(*profiles)"):
            config.addinivalue_line("markers", mark)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            covered = [id_ for mark in item.iter_markers("covers") for id_ in mark.args]
            self.cases[f"{item.path.stem}::{item.name}"] = covered


def collect_cases() -> dict[str, list[str]]:
    """The requirements of every case except the vectors, by `module::name`."""
    collector = _Collector()
    modules = [str(path) for path in sorted(CASES.glob("test_*.py")) if path != VECTORS]
    places = ["-c", "/dev/null", "--rootdir", str(CASES), "--confcutdir", str(CASES), "--import-mode", "importlib"]
    plugins = ["-p", "no:cacheprovider", "-p", "no:terminal"]
    with patch.dict(os.environ):
        os.environ.pop("PYTEST_ADDOPTS", None)  # a user's options, such as `-v`, are not for this collection
        code = pytest.main(["--collect-only", *places, *plugins, *modules], [collector])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(
            f"pytest could not collect the cases (exit code {code}); run `pytest --collect-only` on them"
        )
    return collector.cases


def render(cases: dict[str, list[str]]) -> str:
    """The index of these cases as text."""
    index: dict[str, set[str]] = {}
    for case, ids in cases.items():
        index.setdefault(case.partition("::")[0], set()).update(ids)
    return (
        json.dumps({**json_note(), **{module: sorted(ids) for module, ids in sorted(index.items())}}, indent=2) + "\n"
    )


if __name__ == "__main__":
    INDEX.write_text(render(collect_cases()), encoding="utf-8")
