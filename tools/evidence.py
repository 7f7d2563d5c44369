"""`python -m tools.evidence [measure]` fills the tables, runs and pictures of `docs/evidence.md`.

The tables come from `docs/evidence.json`. `measure` creates this file on this machine (Linux; about ten minutes).
"""

import datetime
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from conformance.json_type import Json
from conformance.processes.spread import Spread, chance_figures, even_figures, spread
from conformance.reports import spread_svg
from conformance.reports.spread_text import answer
from tests.support.command import CHECKOUT, run_kit
from tools.readme import fill as fill_runs

PAGE = CHECKOUT / "docs/evidence.md"
DATA = CHECKOUT / "docs/evidence.json"
PICTURES = CHECKOUT / "docs/pictures"
RUNS = 3
NUMBERS = (2, 3, 4, 5, 8)
KIT = "antigravity-conformance spread --accounts 2,3,4,5,8"
CONTAINER = "unshare -U -r --pid --fork --mount-proc"
AGENTS = {
    "agent.mjs": "setInterval(() => {}, 1e9)\n",
    "agent.py": "import sys\nsys.stdin.read()\n",
    "threads.py": (
        "import sys, threading\n"
        "for _ in range(8): threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "sys.stdin.read()\n"
    ),
    "package.json": '{"scripts": {"agent": "node agent.mjs"}}\n',
}


@dataclass(frozen=True)
class Row:
    """One way to start processes. The page shows the command; it runs in a folder with AGENTS."""

    title: str
    command: str


ROWS = {
    "node": Row("node, one after another", f"{KIT} -- node agent.mjs"),
    "node-at-once": Row("node, at once", f"{KIT} --at-once -- node agent.mjs"),
    "python": Row("python, one after another", f"{KIT} -- python3 agent.py"),
    "threads": Row("python with 8 more threads, one after another", f"{KIT} -- python3 threads.py"),
    "npm": Row("npm run, one after another", f"{KIT} --processes 8 -- npm run agent"),
    "npx": Row("npx, one after another", f"{KIT} --processes 8 -- npx -c 'node agent.mjs'"),
    "node-loop": Row(
        "node, by a shell loop", f"for i in $(seq 64); do node -e 0 & echo $!; done | {KIT} --pids -"
    ),
    "python-loop": Row(
        "python, by a shell loop", f"for i in $(seq 64); do python3 -c 0 & echo $!; done | {KIT} --pids -"
    ),
    "xargs": Row("node, by xargs -P 8", f"seq 64 | xargs -P 8 -I{{}} node -p process.pid | sort -n | {KIT} --pids -"),
    "container": Row("the first process of 8 PID namespaces", f"{KIT} --processes 8 -- {CONTAINER} node agent.mjs"),
    "container-sh": Row(
        "the same, behind a shell", f"{KIT} --processes 8 -- {CONTAINER} sh -c 'node agent.mjs; :'"
    ),
}  # fmt: skip


def measure() -> None:
    """Run each row RUNS times, and store the PIDs and the conditions."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in AGENTS.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        load = os.getloadavg()[0]
        rows: Json = {}
        for name, row in ROWS.items():
            print(row.command, flush=True)
            rows[name] = [_pids(row.command, folder) for _ in range(RUNS)]
            write_data({"conditions": _conditions((load, os.getloadavg()[0])), "rows": rows})


def _pids(command: str, folder: str) -> list[int]:
    bin_folder = Path(sys.executable).parent
    file = Path(folder, "pids.json")
    subprocess.run(
        ["sh", "-c", command.replace("spread ", f"spread --json {file} ")],
        cwd=folder,
        env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    document = json.loads(file.read_text(encoding="utf-8"))
    pids: list[int] = document.get("pids") or document["observed"]["pids"]
    return pids


def _conditions(load: tuple[float, float]) -> Json:
    def version(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().lstrip("v")

    return {
        "date": str(datetime.date.today()),
        "kernel": platform.release().partition("-")[0],
        "cores": os.cpu_count(),
        "load": [round(value) for value in load],
        "pid_max": int(Path("/proc/sys/kernel/pid_max").read_text()),
        "node": version("node", "--version"),
        "npm": version("npm", "--version"),
        "python": platform.python_version(),
    }


def load_data() -> Json:
    return json.loads(DATA.read_text(encoding="utf-8"))


def write_data(data: Json) -> None:
    """Write the data, with one run on each line."""
    text = json.dumps(data, indent=2)
    DATA.write_text(re.sub(r"\[[\d,\s]+\]", lambda run: json.dumps(json.loads(run[0])), text) + "\n", encoding="utf-8")


def render(page: str, data: Json) -> str:
    """The page with new tables, runs and pictures."""
    tables = {
        "conditions": lambda: conditions(data["conditions"]),
        "expected": expected,
        "starts": lambda: starts(data["rows"]),
        "commands": commands,
    }
    page = re.sub(
        r"(<!-- measured: (.*?) -->\n).*?(<!-- end -->)",
        lambda block: f"{block[1]}{tables[block[2]]()}\n{block[3]}",
        page,
        flags=re.DOTALL,
    )
    page = re.sub(
        r"(<!-- picture: (\S+) (.*?) -->\n).*",
        lambda block: f"{block[1]}![{answer(pictured(block[3]))}](pictures/{block[2]})",
        page,
    )
    return fill_runs(page)


def conditions(found: Json) -> str:
    return (
        f"Measured on {found['date']}: Linux {found['kernel']}, {found['cores']} cores (load {found['load'][0]} before "
        f"and {found['load'][1]} after),\npid_max {found['pid_max']}, Node {found['node']}, npm {found['npm']}, "
        f"Python {found['python']}. {RUNS} runs of each row."
    )


def expected() -> str:
    """The table of even spreads and of random choice."""
    lines = [_head("processes", "")]
    for processes in (64, 8):
        even = " | ".join(f"{even_figures(processes, number).fullest:.0f}" for number in NUMBERS)
        chance = " | ".join(f"{chance_figures(processes, number).fullest:.1f}" for number in NUMBERS)
        lines += [f"| {processes} | even | {even} |", f"| | random | {chance} |"]
    return "\n".join(lines)


def starts(rows: Json) -> str:
    """The table of the measured gaps, and of the processes on the fullest account."""
    lines = [_head("how started", "gaps between PIDs")]
    for name, row in ROWS.items():
        cells = []
        for number in NUMBERS:
            fullest = [spread(pids, number).found.fullest for pids in rows[name]]
            cells.append(f"{median(fullest):.0f} ({max(fullest):.0f})")
        title = row.title + ("" if len(rows[name][0]) == 64 else f" ({len(rows[name][0])} processes)")
        lines.append(f"| {title} | {gaps_text(rows[name])} | {' | '.join(cells)} |")
    return "\n".join(lines)


def gaps_text(runs: Sequence[Sequence[int]]) -> str:
    """The gaps of all runs. The maximum is left out: in a run in which PIDs wrap around, it says nothing."""
    gaps = gaps_of(runs)
    gap, times = gaps.most_common(1)[0]
    if len(gaps) == 1:
        return "none: equal PIDs" if gap == 0 else f"{gap}"
    share = 100 * times / gaps.total()
    return f"{min(gaps)} or more, half {median(gaps.elements()):.0f} or more, most often {gap} ({share:.0f} %)"


def gaps_of(runs: Sequence[Sequence[int]]) -> Counter[int]:
    return Counter(after - before for pids in runs for before, after in pairwise(sorted(pids)))


def commands() -> str:
    return "\n".join(["```", *(f"# {row.title}\n{row.command}" for row in ROWS.values()), "```"])


def _head(first: str, second: str) -> str:
    numbers = " | ".join(f"{number} accounts" for number in NUMBERS)
    return f"| {first} | {second} | {numbers} |\n|-|-|{'-:|' * len(NUMBERS)}"


def pictured(arguments: str) -> Spread:
    """The spread of a picture's arguments: `--accounts 8 --pids 1000-1252/4`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "a.json")
        run_kit("spread", *shlex.split(arguments), "--json", str(file))
        document = json.loads(file.read_text(encoding="utf-8"))
    (number,) = document["question"]["accounts"]
    return spread(document["pids"], number, document["question"]["base"])


def pictures(page: str) -> dict[str, str]:
    """All pictures of the page, by file name."""
    found = re.findall(r"<!-- picture: (\S+) (.*?) -->", page)
    return {name: spread_svg.render(pictured(arguments)) for name, arguments in found}


def main(arguments: Sequence[str]) -> None:
    if arguments == ["measure"]:
        measure()
    page = render(PAGE.read_text(encoding="utf-8"), load_data())
    PAGE.write_text(page, encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    for name, picture in pictures(page).items():
        (PICTURES / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
