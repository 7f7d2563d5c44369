"""The start states of races, and what the processes do in each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.json_type import Json
from conformance.processes.races.folder import CONFIG, POOL
from conformance.processes.races.model import Files, FileState
from conformance.processes.races.rules import TOKEN, Change
from conformance.targets.exchange import MethodCall

NOW_MS = 1_700_000_000_000
ACCOUNTS = tuple(f"{TOKEN}{word}" for word in ("one", "two", "three", "four"))  # one for each process
OTHER = f"{TOKEN}other"  # another process has added it since
LINKED = "antigravity-accounts-elsewhere.json"
PRIVATE = 0o600
MAX_OLD_VERSION = 9  # a target may store any number as the version
NAMES = (
    "present", "missing", "no-folder", "empty", "read-only", "link", "stale-lock", "temporary",
    "version-1", "version-2", "version-3", "removal",
)  # fmt: skip
Calls = Mapping[int, Sequence[MethodCall]]  # of each process


@dataclass(frozen=True)
class Learned:
    """What the kit has found out about a target by watching one save.

    `base` has the files beside the pool file. `lock` and `temporary` are None if the target has none.
    """

    version: int
    base: Files
    locks: frozenset[str] = frozenset()
    lock: tuple[str, FileState] | None = None
    temporary: tuple[str, FileState] | None = None
    can_remove: bool = True


@dataclass(frozen=True)
class State:
    """A start state. Each process first makes the calls in `prepared` with the files of `opened`, without a schedule.

    Then the folder has `files`, and the schedule decides the order of the file calls of `calls`.
    """

    name: str
    title: str
    files: Files
    opened: Files
    prepared: Calls
    calls: Calls
    changes: Mapping[int, Change]


def pool_file(version: int, labels: Sequence[str], *, mode: int = PRIVATE) -> FileState:
    accounts = [{"refreshToken": label, "addedAt": NOW_MS, "lastUsed": 0} for label in labels]
    if version >= 2 and OTHER in labels:
        accounts[-1]["rateLimitResetTimes"] = {"claude": NOW_MS + 3_600_000}
    document: Json = {"version": version, "accounts": accounts, "activeIndex": 0}
    return FileState("file", mode, json.dumps(document).encode())


def states(learned: Learned, home: str, count: int = 2) -> list[State]:
    """The start states that apply to the target, for this number of processes."""
    base, version, accounts = learned.base, learned.version, ACCOUNTS[:count]
    known = {**base, POOL: pool_file(version, accounts)}
    present = {**base, POOL: pool_file(version, [*accounts, OTHER])}
    content = present[POOL].content
    without_folder = {place: file for place, file in base.items() if not (place + "/").startswith(CONFIG + "/")}
    linked = {**base, POOL: FileState("link", 0o777, LINKED.encode()), f"{CONFIG}/{LINKED}": present[POOL]}
    found = [
        ("present", "the pool file is there", present),
        ("missing", "there is no pool file", base),
        ("no-folder", "there is no config folder", without_folder),
        ("empty", "the pool file is empty", {**base, POOL: FileState("file", PRIVATE)}),
        ("read-only", "the pool file is read-only", {**base, POOL: FileState("file", 0o400, content)}),
        ("link", "the pool file is a link", linked),
    ]
    if learned.lock is not None:
        place, file = learned.lock
        found.append(("stale-lock", "a lock of an hour ago is there", {**present, place: file}))
    if learned.temporary is not None:
        place, file = learned.temporary
        half = FileState("file", file.mode, content[: len(content) // 2])
        found.append(("temporary", "a temporary file is left", {**present, place: half}))
    made = [_savers(name, title, files, known, home, count) for name, title, files in found]
    for old in range(1, min(version, MAX_OLD_VERSION + 1)):
        files = {**base, POOL: pool_file(old, [*accounts, OTHER])}
        made.append(_loaders(f"version-{old}", f"the pool file has version {old}", files, home, count))
    if learned.can_remove:
        made.append(_remover(present, home, count))
    return made


def _savers(name: str, title: str, files: Files, known: Files, home: str, count: int) -> State:
    """The processes know the same accounts; each has limited one and saves."""
    calls: Calls = {process: [("save", {})] for process in range(count)}
    prepared = {process: [open_home(home), limit_by(process)] for process in range(count)}
    return State(name, title, files, known, prepared, calls, {process: change_of(process) for process in range(count)})


def _loaders(name: str, title: str, files: Files, home: str, count: int) -> State:
    """The processes load the file, limit an account and save."""
    calls = {process: [open_home(home), limit_by(process), ("save", {})] for process in range(count)}
    return State(name, title, files, files, {}, calls, {process: change_of(process) for process in range(count)})


def _remover(files: Files, home: str, count: int) -> State:
    """The first process removes an account, the others limit another one each."""
    prepared = {process: [open_home(home), limit_by(process)] for process in range(count)}
    prepared[0] = [open_home(home), ("remove", {"label": ACCOUNTS[0]})]
    calls: Calls = {process: [("save", {})] for process in range(count)}
    changes = {process: change_of(process) for process in range(count)} | {0: Change(ACCOUNTS[0], None)}
    return State("removal", "one process removes an account", files, files, prepared, calls, changes)


def open_home(home: str) -> MethodCall:
    return ("open", {"home": home, "now_ms": NOW_MS})


def limit_by(process: int) -> MethodCall:
    """The call by which a process limits its account."""
    return (
        "mark_rate_limited",
        {"label": ACCOUNTS[process], "retry_after_ms": _after_ms(process), "family": "claude"},
    )


def change_of(process: int) -> Change:
    """What that call leaves in the file."""
    return Change(ACCOUNTS[process], NOW_MS + _after_ms(process))


def _after_ms(process: int) -> int:
    return 60_000 * (process + 1)
