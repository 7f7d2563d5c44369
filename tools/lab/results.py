"""Simulates what the plan needs, and keeps what was simulated, so that an interrupted lab goes on where it was.

What another version of the model or of the reference simulated is not used again.
"""

import functools
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from conformance.simulation.experiment import Decider, Task, effective, key_of, run_all, seeds_of
from conformance.simulation.measures import Measures
from conformance.simulation.model import Settings, Situation
from conformance.simulation.outcome import Outcome
from conformance.targets.resolve import resolve

ROOT = Path(__file__).parents[2]
CODE = ("conformance/simulation", "reference_impl")  # what decides a result
Pair = tuple[Situation, Settings]


@functools.cache
def code_digest() -> str:
    """A digest of the model and of the reference."""
    files = sorted(file for folder in CODE for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".toml"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


class Results:
    """The outcomes of pairs of situation and settings. `seeds` runs each, with the same loads."""

    def __init__(self, file: Path, release: str, seeds: int) -> None:
        self.file, self.seeds = file, seeds_of("lab", seeds)
        self.decider = Decider(resolve(f"reference@{release}", []), release)
        self.known: dict[str, list[Measures]] = {}
        if file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                self._remember(line)

    def _remember(self, line: str) -> None:
        try:
            row: Json = json.loads(line)
            self.known[row["key"]] = [Measures(**run) for run in row["runs"]]
        except (ValueError, KeyError, TypeError):
            return  # the end of a line that was being written when the lab was ended

    def simulate(self, pairs: Iterable[Pair], pool: Any = None) -> None:
        """Simulate every pair that is not known yet. Each is stored when it is done."""
        distinct = {self.key(pair): pair for pair in pairs}
        wanted = [(key, pair) for key, pair in distinct.items() if key not in self.known]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        began_s = time.monotonic()
        with self.file.open("a", encoding="utf-8") as file:
            file.write("\n" if wanted and self.file.stat().st_size else "")
            work = [(self.decider, pair, self.seeds, key) for key, pair in wanted]
            found = pool.imap_unordered(simulate_pair, work) if pool else map(simulate_pair, work)
            for number, (key, runs) in enumerate(found, 1):
                self.known[key] = runs
                file.write(json.dumps({"key": key, "runs": [asdict(run) for run in runs]}) + "\n")
                file.flush()
                print(f"\r{number} of {len(wanted)}, {time.monotonic() - began_s:.0f} s", end="", file=sys.stderr)

    def outcome(self, situation: Situation, settings: Settings) -> Outcome:
        """The outcome of a pair that was simulated."""
        return Outcome(settings, tuple(self.known[self.key((situation, settings))]))

    def key(self, pair: Pair) -> str:
        return key_of(effective(Task(*pair, f"{len(self.seeds)} seeds, {code_digest()}")))


def simulate_pair(work: tuple[Decider, Pair, Sequence[str], str]) -> tuple[str, list[Measures]]:
    """Simulate one pair, in a worker."""
    decider, (situation, settings), seeds, key = work
    return key, run_all(decider, [Task(situation, settings, seed) for seed in seeds])
