"""A target in races: learns how it saves, and runs one schedule in one state."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path
from types import TracebackType
from typing import Self

from conformance.json_type import Json
from conformance.processes.races import rules
from conformance.processes.races.folder import POOL, Names, lay_out, parse, pool_in, read_files
from conformance.processes.races.model import Files, FileState, Outcome, Schedule
from conformance.processes.races.racing import MAX_STEPS, Pick, Race
from conformance.processes.races.rules import Watcher, judge_order, judge_saves
from conformance.processes.races.states import (
    ACCOUNTS,
    NOW_MS,
    Calls,
    Learned,
    State,
    change_of,
    limit_by,
    pool_file,
    states,
)
from conformance.targets.errors import AdapterFault, NotPrepared
from conformance.targets.exchange import MethodCall
from conformance.targets.gate.calls import FileCall
from conformance.targets.gate.gated import Gates
from conformance.targets.group import Group, Launch
from conformance.targets.patience import Patience
from conformance.wire.answers import Result, in_words

NEEDS = ("storage", "save", "limits")
FIRST_VERSION = 3


class Subject:
    """Gated processes of one target, and what is known about it. A context manager."""

    def __init__(
        self,
        launch: Launch,
        *,
        timeout_s: float,
        count: int = 2,
        pass_environment: Sequence[str] = (),
        on_open: Callable[[str], object] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._stack = ExitStack()
        try:
            self.group = self._stack.enter_context(
                Group([], timeout_s=timeout_s, pass_environment=pass_environment, patience=patience)
            )
            gates = Gates(self.group, self.group.home, on_open=on_open)
            self._stack.callback(gates.close)
            self.race = Race(gates, launch, count, timeout_s)
            self.home = self.group.home
            self._saving = [("open", {"home": str(self.home), "now_ms": NOW_MS}), ("save", {})]
            self.results: dict[str, Mapping[frozenset[int], Sequence[Json]]] = {}
            self.learned = self._learn()
            self.states = {state.name: state for state in states(self.learned, str(self.home), count)}
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(
        self, state: State, schedule: Schedule, pick: Pick | None = None, *, compares_orders: bool = True
    ) -> Outcome:
        """Run one schedule without faults, and judge it. `compares_orders`: also by RACE-003."""
        outcome = self.observe(state, state.calls, schedule, pick)
        judge_saves(outcome, state.changes)
        if compares_orders:
            judge_order(outcome, self.results_of(state))
        return outcome

    def observe(self, state: State, calls: Calls, schedule: Schedule, pick: Pick | None = None) -> Outcome:
        """Run one schedule; judge only what can be seen while it runs."""
        self.prepare(state, calls)
        watcher = Watcher(state.files)
        outcome = self.race.run(state.files, calls, schedule, watcher, pick)
        outcome.findings += watcher.found(outcome)
        outcome.seen = watcher.seen
        return outcome

    def prepare(self, state: State, processes: Iterable[int]) -> None:
        """Let these processes load what they know before the schedule begins."""
        self._warm_up()
        for process in processes:
            if process in state.prepared:
                lay_out(self.home, state.opened)
                self._ask(process, state.prepared[process])

    def results_of(self, state: State) -> Mapping[frozenset[int], Sequence[Json]]:
        """The pools that the processes, or some of them, leave if they save one after another."""
        if state.name not in self.results:
            found: dict[frozenset[int], list[Json]] = {}
            for count in range(1, len(state.calls) + 1):
                for order in permutations(state.calls, count):
                    calls = {process: state.calls[process] for process in order}
                    outcome = self.observe(state, calls, Schedule(), in_turn(order))
                    found.setdefault(frozenset(order), []).append(rules.judged(pool_in(outcome.after)))
            self.results[state.name] = found
        return self.results[state.name]

    def _ask(self, process: int, calls: Sequence[MethodCall]) -> None:
        for (method, _), answer in zip(calls, self.race.ask(process, calls), strict=True):
            if not isinstance(answer, Result):
                raise NotPrepared(f"`{method}` was answered with {in_words(answer)}; expected a result")

    def _warm_up(self) -> None:
        """Let new processes save twice: at first, a process may load modules or probe the file system."""
        self.race.revive()
        for process in sorted(self.race.cold):
            for _ in range(2):
                lay_out(self.home, {POOL: pool_file(FIRST_VERSION, ACCOUNTS[:2])})
                self._ask(process, self._saving)
        self.race.cold.clear()

    def _check_saving(self, version: int) -> None:
        """Does a process read the pool file, and save what it has changed?"""
        lay_out(self.home, {POOL: pool_file(version, ACCOUNTS[:2])})
        opened, save = self._saving
        self._ask(0, [opened, limit_by(0), save])
        change = change_of(0)
        if not change.is_in(parse(pool_in(read_files(self.home)))):
            raise NotPrepared(f"`save` was answered with a result, but {change.what} is not in ~/{POOL}")

    def _learn(self) -> Learned:
        """Watch one save."""
        self._warm_up()
        document = parse(pool_in(read_files(self.home)))
        version = document.get("version") if isinstance(document, dict) else None
        if not isinstance(version, int):
            raise NotPrepared(f"`save` was answered with a result, but ~/{POOL} has no pool with a version afterwards")
        self._check_saving(version)
        left = read_files(self.home)
        base = {place: file for place, file in left.items() if rules.TOKEN.encode() not in file.content}
        lay_out(self.home, {**base, POOL: pool_file(version, ACCOUNTS[:2])})
        self._ask(0, self._saving[:1])
        watcher = Watcher(base)
        files = {**base, POOL: pool_file(version, ACCOUNTS[:2])}
        if self.race.run(files, {0: [("save", {})]}, Schedule(), watcher).is_endless:
            raise AdapterFault(f"one `save` makes more than {MAX_STEPS} file calls; the kit lets them go one by one")
        lock = _lock(self.race.calls, watcher, self.home)
        if lock:
            names = Names(str(self.home))
            self.race.locks = frozenset(names.place(str(self.home / place), 0) for place in lock)
        temporary = _temporary(self.race.calls, watcher.seen, self.home)
        return Learned(
            version,
            base,
            self.race.locks,
            next(iter(lock.items()), None),
            temporary,
            can_remove=rules.succeeded(self.race.ask(0, [("remove", {"label": ACCOUNTS[0]})])),
        )


def in_turn(order: Sequence[int]) -> Pick:
    """Lets the processes run one after another."""
    return lambda runnable, _: next(process for process in order if process in runnable)


def _lock(calls: Sequence[FileCall], watcher: Watcher, home: Path) -> dict[str, FileState]:
    """Files that the save creates if they do not exist, and removes before it ends."""
    found: dict[str, FileState] = {}
    for step, call in enumerate(calls):
        place = call.created.removeprefix(f"{home}/")
        removed = any(later.verb in ("unlink", "rmdir") and later.path == call.created for later in calls[step:])
        if place and removed and place not in watcher.before and place in watcher.seen[step]:
            # Another process writes into it after it was created, so take what it last was.
            found[place] = [files[place] for files in watcher.seen if place in files][-1]
    return found


def _temporary(calls: Sequence[FileCall], seen: Sequence[Files], home: Path) -> tuple[str, FileState] | None:
    """The file that the save renames to the pool file."""
    for step, call in enumerate(calls):
        place = call.path.removeprefix(f"{home}/")
        if call.verb == "rename" and call.goal == str(home / POOL) and step and place in seen[step - 1]:
            return place, seen[step - 1][place]
    return None
