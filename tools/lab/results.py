"""Simulates what the plan needs, and keeps what was simulated, so that an interrupted lab goes on where it was.

What another version of the model or of the reference simulated is not used again.
"""

import functools
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from conformance.simulation.experiment import Decider, Task, effective, key_of, run_alike, seeds_of
from conformance.simulation.measures import Measures
from conformance.simulation.model import Settings, Situation
from conformance.simulation.outcome import Outcome
from conformance.targets.resolve import resolve

ROOT = Path(__file__).parents[2]
CODE = ("conformance/simulation", "reference_impl")  # what decides a result
Pair = tuple[Situation, Settings]
Group = Mapping[str, Pair]  # pairs by key that differ only in PIDs and offset; the first one has the offset


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
        self.simulate_groups([{self.key(pair): pair} for pair in pairs], pool)

    def simulate_groups(self, groups: Iterable[Group], pool: Any = None) -> None:
        """Simulate every group of which a pair is not known yet. Each is stored when it is done."""
        distinct = {next(iter(group)): group for group in groups}.values()
        wanted = [group for group in distinct if not group.keys() <= self.known.keys()]
        self.file.parent.mkdir(parents=True, exist_ok=True)
        began_s = time.monotonic()
        with self.file.open("a", encoding="utf-8") as file:
            file.write("\n" if wanted and self.file.stat().st_size else "")
            work = [(self.decider, group, self.seeds) for group in wanted]
            found = pool.imap_unordered(simulate_group, work) if pool else map(simulate_group, work)
            for number, runs_by_key in enumerate(found, 1):
                self.known |= runs_by_key
                for key, runs in runs_by_key.items():
                    file.write(json.dumps({"key": key, "runs": [asdict(run) for run in runs]}) + "\n")
                file.flush()
                print(f"\r{number} of {len(wanted)}, {time.monotonic() - began_s:.0f} s", end="", file=sys.stderr)

    def outcome(self, situation: Situation, settings: Settings) -> Outcome:
        """The outcome of a pair that was simulated."""
        return Outcome(settings, tuple(self.known[self.key((situation, settings))]))

    def key(self, pair: Pair) -> str:
        return key_of(effective(Task(*pair, f"{len(self.seeds)} seeds, {code_digest()}")))


def simulate_group(work: tuple[Decider, Group, Sequence[str]]) -> dict[str, list[Measures]]:
    """Simulate one group, in a worker."""
    decider, group, seeds = work
    by_seed = [run_alike(decider, [Task(*pair, seed) for pair in group.values()]) for seed in seeds]
    return {key: list(runs) for key, runs in zip(group, zip(*by_seed, strict=True), strict=True)}
