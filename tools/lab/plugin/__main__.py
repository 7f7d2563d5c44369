"""`python -m tools.lab.plugin [POINT...]`: compares the whole plugin with the model, and writes docs/lab-plugin.json.

Takes about five minutes on two idle cores. With points, only prints their rows.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from conformance.json_type import Json
from conformance.simulation.experiment import seeds_of
from conformance.simulation.measures import Measures, paired
from conformance.simulation.model import Settings
from conformance.simulation.outcome import Outcome
from tools.lab.plugin.compare import ACCOUNTS, AGENTS, MINUTES, POINTS, RELEASE, model
from tools.lab.plugin.inside import recorded, why_not

FILE = Path(__file__).parents[3] / "docs" / "lab-plugin.json"
SEEDS = seeds_of("plugin", 10)
COMPARED = ("rejections", "wait_p95_s", "given_up", "goodput")


def row(point: str) -> Json:
    """The comparison at one point."""
    runs = recorded(point, SEEDS)["runs"]
    expected = [asdict(model(POINTS[point], seed)) for seed in SEEDS]
    sides = {
        name: [Measures(**run["measures"]) for run in side] for name, side in (("plugin", runs), ("model", expected))
    }
    plugin, simulated = (Outcome(Settings(name), tuple(side)) for name, side in sides.items())
    found: dict[str, Json] = {
        "point": point,
        "processes": POINTS[point].situation.agents.processes,
        "requests": sum(len(run["asked"]) for run in runs),
        "equal_runs": sum(run["asked"] == other["asked"] for run, other in zip(runs, expected, strict=True)),
    }
    for name in COMPARED:
        difference = paired(plugin.values(name), simulated.values(name))
        found[name] = {
            "plugin": round(plugin.estimate(name).mean, 3),
            "model": round(simulated.estimate(name).mean, 3),
            "difference": [round(each, 3) for each in (difference.mean, difference.low, difference.high)],
        }
    return found


def main(points: list[str]) -> None:
    if why_not() and not points:
        sys.exit(f"{FILE.name} is written where nothing but the loopback interface can be reached: {why_not()}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = []
        for found in pool.map(row, points or POINTS):
            rows.append(found)
            print(f"{found['point']}: {found['equal_runs']} of {len(SEEDS)} runs are equal", file=sys.stderr)
    document = {
        "release": RELEASE,
        "runs": len(SEEDS),
        "agents": AGENTS,
        "accounts": ACCOUNTS,
        "minutes": MINUTES,
        "rows": rows,
    }
    text = json.dumps(document, indent=1) + "\n"
    if points:
        print(text, end="")
    else:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
