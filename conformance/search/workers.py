"""The plan and the state of a search worker, as plain data, because a worker may run in another process."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis.database import ExampleDatabase, MultiplexedDatabase

from conformance.json_type import Json
from conformance.search.databases import open_database, open_to_read
from conformance.search.differential import DifferentialRunner
from conformance.search.fuzz import Bounds, Search
from conformance.search.oracle import Oracle, flip_quirks
from conformance.targets.resolve import Target


@dataclass(frozen=True)
class Plan:
    """The parameters of one search."""

    word: str
    argv: list[str]
    environment: dict[str, str]
    pass_environment: list[str]
    capabilities: list[str]
    profile: str
    seed: str
    calls: int | None
    seconds: float | None
    discrepancies: int
    timeout_s: float
    database: str | None  # a folder, or the URL of a database
    shared: list[str]
    workers: int
    cache: str = ""  # folder for what is read from artifacts, and for sessions beside them


@dataclass
class State:
    """The progress of a worker, and its discrepancies as plain data."""

    calls: int = 0
    sessions: int = 0
    differences: int = 0
    given_up: str = ""  # why the search ended early
    by_kind: dict[str, int] = dataclasses.field(default_factory=dict)
    discrepancies: list[Json] = dataclasses.field(default_factory=list)


def search(plan: Plan, worker: int, report: Callable[[State], None]) -> None:
    """Search as one worker of the plan. Reports regularly, after each discrepancy, and at the end."""
    calls = None if plan.calls is None else -(-plan.calls // max(1, plan.workers))
    target = Target(plan.word, plan.argv, plan.environment)
    oracle = Oracle(flip_quirks(plan.profile))
    with DifferentialRunner(target, oracle, timeout_s=plan.timeout_s, pass_environment=plan.pass_environment) as runner:
        bounds = Bounds(calls, plan.seconds, plan.discrepancies)
        running = Search(runner, plan.capabilities, f"{plan.seed}/{worker}", bounds, open_databases(plan))
        running.on_progress = lambda: report(_state(running, plan))
        for _ in running.run():
            running.on_progress()
        running.on_progress()


def _state(running: Search, plan: Plan) -> State:
    tally = running.tally
    discrepancies = [discrepancy.to_json(plan.word) for discrepancy in running.discrepancies]
    return State(
        calls=tally.calls,
        sessions=tally.sessions,
        differences=running.differences,
        given_up=running.given_up,
        by_kind=dict(tally.by_kind),
        discrepancies=discrepancies,
    )


def open_databases(plan: Plan) -> ExampleDatabase | None:
    """The databases of a search as one. Raises UsageFault if one cannot be used."""
    if plan.database is None:
        return None
    cache = Path(plan.cache)
    return MultiplexedDatabase(
        open_database(plan.database, cache), *(open_to_read(word, cache) for word in plan.shared)
    )
