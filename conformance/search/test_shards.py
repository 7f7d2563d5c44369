"""What pytest-xdist spreads over the cores: one search a worker. Started by `fuzz -n N`, not by pytest alone."""

import json
import os

import pytest

from conformance.search.workers import VARIABLE, State, read_plan, search

WORKERS = read_plan().workers if VARIABLE in os.environ else 0


@pytest.mark.parametrize("worker", range(WORKERS))
def test_search(worker: int) -> None:
    plan = read_plan()
    file = plan.progress_file(worker)

    def report(state: State) -> None:
        beside = file.with_suffix(".tmp")
        beside.write_text(json.dumps(vars(state)), encoding="utf-8")
        beside.replace(file)

    search(plan, worker, report)
