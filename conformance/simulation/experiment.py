"""Many runs: every setting with every seed, on several cores. The result does not depend on the number of cores."""

import hashlib
import json
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from conformance.json_type import Json
from conformance.simulation.deciders import Processes, ReferenceProcesses, WireProcesses
from conformance.simulation.measures import NAMES, Measures
from conformance.simulation.model import Settings, Situation
from conformance.simulation.outcome import Outcome
from conformance.simulation.run import run_measures
from conformance.targets.resolve import Target
from reference_impl.config.keys import keys_of, nested
from reference_impl.profiles import profile

FEWEST_SEEDS = 30
TASKS_A_PART = 4  # tasks that a worker gets at once
REFERENCE = "reference"
ALL_CORES = 0  # as a number of workers


@dataclass(frozen=True)
class Decider:
    """The target that selects, and the release whose config defaults apply. The reference runs in this process."""

    target: Target
    profile: str
    timeout_s: float = 30

    @property
    def is_reference(self) -> bool:
        return self.target.word.partition("@")[0] == REFERENCE

    def processes(self) -> Processes:
        """Processes of the target, to use as a context manager."""
        if self.is_reference:
            return ReferenceProcesses(profile(self.profile))
        return WireProcesses(self.target, timeout_s=self.timeout_s)

    def config(self, changed: Mapping[str, Json]) -> dict[str, Json]:
        """The defaults of the release, and what is changed. Keys that the release does not have are left out."""
        keys = keys_of(profile(self.profile))
        values = {key.path: changed.get(key.path, key.default) for key in keys}
        return nested({path: value for path, value in values.items() if value is not None})


@dataclass(frozen=True)
class Task:
    """One run."""

    situation: Situation
    settings: Settings
    seed: str


def simulate(
    decider: Decider, situation: Situation, settings: Sequence[Settings], seeds: Sequence[str], workers: int = 1
) -> list[Outcome]:
    """Run every setting with every seed."""
    tasks = [Task(situation, each, seed) for each in settings for seed in seeds]
    measures = run_all(decider, tasks, workers)
    count = len(seeds)
    return [Outcome(each, tuple(measures[place * count : (place + 1) * count])) for place, each in enumerate(settings)]


def seeds_of(seed: str, count: int) -> list[str]:
    """Distinct seeds, derived from one."""
    return [f"{seed}/{number}" for number in range(count)]


def run_all(decider: Decider, tasks: Sequence[Task], workers: int = 1) -> list[Measures]:
    """The measures of all tasks, in order. Runs that must be equal are simulated once."""
    reduced = [effective(task) for task in tasks]
    keys = [key_of(task) for task in reduced]
    by_key = dict(zip(keys, reduced, strict=True))
    found = dict(zip(by_key, _run_distinct(decider, list(by_key.values()), workers), strict=True))
    return [found[key] for key in keys]


def run_alike(decider: Decider, tasks: Sequence[Task]) -> list[Measures]:
    """The measures of tasks that differ only in their PIDs and in the offset, in order. The first one has the offset.

    If the first run applies no offset, because hybrid always finds an account, then all runs are equal.
    """
    with decider.processes() as processes:
        first = _run_one(decider, processes, tasks[0])
        if isinstance(processes, ReferenceProcesses) and not processes.applied_offset:
            return [first] * len(tasks)
        return [first, *(_run_one(decider, processes, task) for task in tasks[1:])]


def effective(task: Task) -> Task:
    """The task without what cannot change it: round-robin never applies the offset (RR-003)."""
    config = dict(task.settings.config)
    if config.get("account_selection_strategy") == "round-robin":
        config["pid_offset_enabled"] = False
    return replace(task, settings=Settings("", config))


def key_of(task: Task) -> str:
    """A digest of everything that decides the run."""
    text = json.dumps([repr(task.situation), dict(task.settings.config), task.seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _run_distinct(decider: Decider, tasks: Sequence[Task], workers: int) -> list[Measures]:
    workers = max(1, min(workers or os.cpu_count() or 1, -(-len(tasks) // TASKS_A_PART)))
    if workers == 1:
        return _run_part(decider, tasks)
    parts = [tasks[at : at + TASKS_A_PART] for at in range(0, len(tasks), TASKS_A_PART)]
    with _pool(decider, workers) as pool:
        return [each for part in pool.imap(_work, parts) for each in part]


def _run_part(decider: Decider, tasks: Sequence[Task]) -> list[Measures]:
    with decider.processes() as processes:
        return [_run_one(decider, processes, task) for task in tasks]


def _run_one(decider: Decider, processes: Processes, task: Task) -> Measures:
    measures = run_measures(task.situation, decider.config(task.settings.config), task.seed, processes)
    return Measures(**{name: round(getattr(measures, name), 6) for name in NAMES})


@contextmanager
def _pool(decider: Decider, workers: int) -> Iterator[Any]:
    """Worker processes. Each one starts its own target processes.

    Ctrl-C in a terminal goes to all of them. Only this process obeys it, and ends the workers; otherwise each one
    would print a traceback.
    """
    import multiprocess
    from multiprocess import resource_tracker

    resource_tracker.ensure_running()  # otherwise the first worker starts it, which unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # the workers inherit this until `_begin`
    try:
        pool = multiprocess.get_context("spawn").Pool(workers, _begin, (decider,))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with pool:
        yield pool


_worker: dict[str, Any] = {}


def _begin(decider: Decider) -> None:
    signal.signal(signal.SIGINT, lambda *_: None)  # a target would inherit SIG_IGN
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    _worker["decider"] = decider


def _work(tasks: Sequence[Task]) -> list[Measures]:
    return _run_part(_worker["decider"], tasks)
