"""The full factorial on one release: every combination of strategy, offset, agents, accounts, PIDs, load and limit."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from conformance.simulation.measures import NAMES
from conformance.simulation.model import STRATEGIES, Agents, Load, Pids, Settings, Situation, setting
from tools.lab import plan
from tools.lab.results import Results

AGENTS = (1, 2, 4, 8, 16, 32, 64)
ACCOUNTS = tuple(range(1, 10))
PIDS = ("consecutive", "apart", "random", "equal")
LOADS = {"light": 30.0, "medium": 10.0, "heavy": 2.0}  # mean pause in seconds
LIMITS = ("a minute", "at once")
MINUTES = 3


def cells() -> Iterator[tuple[dict[str, Json], Situation, Settings]]:
    """Every cell: its factors, and what to simulate. Cells that must be equal have the same situation.

    PIDs have an effect only with the offset, and with one process or one account there is nothing to spread.
    """
    for strategy, offset, agents, accounts, pids, load, limit in product(
        STRATEGIES, (False, True), AGENTS, ACCOUNTS, PIDS, LOADS, LIMITS
    ):
        factors = {
            "strategy": strategy,
            "offset": offset,
            "agents": agents,
            "accounts": accounts,
            "pids": pids,
            "load": load,
            "limit": limit,
        }
        matters = offset and strategy != "round-robin" and accounts > 1
        shape = replace(Load(minutes=MINUTES), pause_s=LOADS[load])
        limits = plan.limits_of(limit, agents, accounts, shape)
        processes = Agents(agents, agents, Pids(pids if matters else "equal"), pool="own")
        yield factors, Situation(processes, limits, shape), setting(strategy + "+offset" * matters)


def run(cache: Path, file: Path, pool: Any) -> None:
    """Simulate all cells and write the mean and half the interval of each measure."""
    results = Results(cache, plan.RELEASE, plan.SEEDS)
    results.simulate(((situation, settings) for _, situation, settings in cells()), pool)
    rows = []
    for factors, situation, settings in cells():
        outcome = results.outcome(situation, settings)
        found = {name: outcome.estimate(name) for name in NAMES}
        rows.append({**factors, **{name: [round(each.mean, 3), round(each.half, 3)] for name, each in found.items()}})
    file.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="utf-8")
