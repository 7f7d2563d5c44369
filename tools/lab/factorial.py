"""The full factorial on one release: every combination of strategy, offset, agents, accounts, PIDs, load and limit.

When every combination is simulated, docs/lab-factorial.json gets a summary.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, product
from operator import itemgetter
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from conformance.simulation.measures import NAMES
from conformance.simulation.model import STRATEGIES, Agents, Load, Pids, Situation, setting
from tools.lab import plan
from tools.lab.results import Pair, Results

ALL_AGENTS = tuple(range(1, 65))
SOME_AGENTS = (1, 2, 4, 8, 16, 32, 64)
ACCOUNTS = tuple(range(1, 10))
PIDS = ("consecutive", "apart", "random", "equal")
LOADS = {"light": 30.0, "medium": 10.0, "heavy": 2.0}  # mean pause in seconds
LIMITS = ("a minute", "at once")
MINUTES = 3
SHOWN = ("sticky", "sticky+offset", "round-robin", "hybrid")
DATA = Path(__file__).parents[2] / "docs" / "lab-factorial.json"
NO_OFFSET = {"offset": False, "pids": "equal"}
FEWEST_SEEDS = 10  # the interval of fewer is not exact
SEEDS = FEWEST_SEEDS  # so that all take about half an hour on two cores; 30 would take three times as long


def cells(agents: Sequence[int] = ALL_AGENTS) -> Iterator[dict[str, Json]]:
    """The factors of every cell."""
    names = ("strategy", "offset", "agents", "accounts", "pids", "load", "limit")
    for values in product(STRATEGIES, (False, True), agents, ACCOUNTS, PIDS, LOADS, LIMITS):
        yield dict(zip(names, values, strict=True))


def pair(cell: Json) -> Pair:
    """What to simulate for a cell, as it is."""
    shape = Load(minutes=MINUTES, pause_s=LOADS[cell["load"]])
    limits = plan.limits_of(cell["limit"], cell["agents"], cell["accounts"], shape)
    processes = Agents(cell["agents"], cell["agents"], Pids(cell["pids"]), pool="own")
    return Situation(processes, limits, shape), setting(cell["strategy"] + "+offset" * cell["offset"])


def reduced(cell: Json) -> Pair:
    """What to simulate for a cell; the same for cells that have equal results.

    With one account, every strategy selects it. PIDs have an effect only with the offset, and it has none under
    round-robin.
    """
    if cell["accounts"] == 1:
        return pair({**cell, "strategy": "sticky", **NO_OFFSET})
    return pair(cell if cell["offset"] and cell["strategy"] != "round-robin" else {**cell, **NO_OFFSET})


def groups(results: Results, agents: Sequence[int]) -> list[dict[str, Pair]]:
    """All that is to be simulated. Keys are digests, so every slice of this order is a fair sample.

    Under hybrid, a process applies the offset only when no account is a candidate. So the cells that differ only in
    PIDs and offset are one group, and its runs without such a process are simulated once.
    """
    found: dict[str, dict[str, Pair]] = {}
    for cell in sorted(cells(agents), key=lambda cell: not cell["offset"]):
        one = reduced(cell)
        key = results.key(one)
        alike = results.key(reduced({**cell, **NO_OFFSET})) if cell["strategy"] == "hybrid" else key
        found.setdefault(alike, {})[key] = one
    return [found[key] for key in sorted(found)]


def rows(results: Results, agents: Sequence[int]) -> Iterator[Json]:
    """The row of each cell that is simulated: its factors, and the mean and half the interval of each measure."""
    shown: dict[str, Json] = {}  # by key
    for cell in cells(agents):
        found = reduced(cell)
        key = results.key(found)
        if key in results.known and key not in shown:
            outcome = results.outcome(*found)
            estimates = {name: outcome.estimate(name) for name in NAMES}
            shown[key] = {name: [round(each.mean, 3), round(each.half, 3)] for name, each in estimates.items()}
        if key in shown:
            yield {**cell, **shown[key]}


def summary(rows: Iterable[Json]) -> list[Json]:
    """For each limit, load and pattern of PIDs, and each setting: in what part of the pools of agents and accounts it
    is among the best, and the mean of its 429s per 100 requests.

    Among the best is a setting with at least 95 % of the most answered requests and, of those, at most one 429 per 100
    requests more than the fewest. Left out: one agent, one account, and the offset without an effect.
    """
    by_kind = itemgetter("limit", "load", "pids")
    by_pool = itemgetter("agents", "accounts")
    chosen = [row for row in rows if min(by_pool(row)) > 1 and (row["strategy"] == "sticky" or not row["offset"])]
    found = []
    for kind in product(LIMITS, LOADS, PIDS):
        of_kind = sorted((row for row in chosen if by_kind(row) == kind), key=by_pool)
        if not of_kind:
            continue
        pools = [{_name(row): row for row in pool} for _, pool in groupby(of_kind, key=by_pool)]
        best = [_best(pool) for pool in pools]
        settings = {
            name: {
                "best": round(sum(name in names for names in best) / len(pools), 3),
                "rejections": round(sum(pool[name]["rejections"][0] for pool in pools) / len(pools), 1),
            }
            for name in SHOWN
        }
        found.append(dict(zip(("limit", "load", "pids"), kind, strict=True)) | {"settings": settings})
    return found


def _name(row: Json) -> str:
    return f"{row['strategy']}{'+offset' if row['offset'] else ''}"


def _best(pool: dict[str, Json]) -> set[str]:
    most = max(row["goodput"][0] for row in pool.values())
    answering = {name: row["rejections"][0] for name, row in pool.items() if row["goodput"][0] >= 0.95 * most}
    return {name for name, rejections in answering.items() if rejections <= min(answering.values()) + 1}


def run(arguments: Sequence[str], folder: Path, pool: Any) -> None:
    """Simulate what is not simulated yet, and write a row for each cell, a line of JSON."""
    options = _options(arguments)
    agents = SOME_AGENTS if options.agents == "some" else ALL_AGENTS
    results = Results(folder / "factorial.jsonl", plan.RELEASE, options.seeds)
    wanted = groups(results, agents)
    part = wanted[:: options.every]
    new = sum(not group.keys() <= results.known.keys() for group in part)
    began_s = time.monotonic()
    results.simulate_groups(part, pool)
    minutes = (time.monotonic() - began_s) / max(1, new) * len(wanted) / 60
    file = folder / "factorial-rows.jsonl"
    found = list(rows(results, agents))
    file.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    total = sum(1 for _ in cells(agents))
    if len(found) == total and agents == ALL_AGENTS:
        document = {"release": plan.RELEASE, "seeds": options.seeds, "minutes": MINUTES, "rows": summary(found)}
        DATA.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"\n{new} groups simulated anew on {os.cpu_count()} cores, {options.seeds} runs each", file=sys.stderr)
    if new and options.every > 1:
        print(f"all {len(wanted)} groups would take {minutes:.0f} minutes at this speed", file=sys.stderr)
    print(f"{file}: {len(found)} of {total} cells")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.lab --factorial", description=__doc__)
    add = parser.add_argument
    add("--agents", choices=("some", "all"), default="all", help="1, 2, 4 ... 64 agents, or every number up to 64")
    add("--seeds", type=int, default=SEEDS, help="Runs of each cell (default: %(default)s)")
    add("--every", type=int, default=1, metavar="K", help="Simulate only each Kth group, and estimate the time of all")
    options = parser.parse_args(arguments)
    if options.seeds < FEWEST_SEEDS or options.every < 1:
        parser.error(f"--seeds needs at least {FEWEST_SEEDS}, and --every at least 1")
    return options
