"""Processes of the target: each has an account manager, which selects. In this Python process, or over the wire."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from conformance.json_type import Json
from conformance.targets.connection import Connection
from conformance.targets.errors import UsageFault
from conformance.targets.exchange import MethodCall
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import Target
from conformance.wire.answers import Result, in_words
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Pool, load_pool
from reference_impl.pool_file import POOL_FILE
from reference_impl.profiles import Profile
from reference_impl.saving import remember
from reference_impl.storage import parse_pool_file

NEEDED = ("clock", "pid", "limits", "min-wait", "storage", "save", "sticky", "round-robin")
WITHOUT_RESULT = frozenset(  # whose result the request loop does not use
    (
        "mark_rate_limited",
        "mark_rate_limited_with_reason",
        "mark_success",
        "mark_used",
        "record_health",
        "refund_token",
        "update_quota",
    )
)
START_MS = 1_700_000_000_000


def pool_text(labels: Sequence[str]) -> bytes:
    """A stored pool with these accounts."""
    accounts = [
        {"email": f"{label}@example.com", "refreshToken": label, "addedAt": 0, "lastUsed": 0} for label in labels
    ]
    return json.dumps({"version": 3, "accounts": accounts, "activeIndex": 0}).encode()


class Process(Protocol):
    """One process of the target. Times are milliseconds since 1970."""

    def open(self, place: str, now_ms: float, pid: int, trackers: dict[str, Json]) -> None:
        """Start with this PID, and load the pool file at this place."""

    def call(self, now_ms: float, method: str, **params: Json) -> Any:
        """Call a method of the wire at this time; returns the result."""


class Processes(Protocol):
    """A number of processes of one target and the pool files that they share. A context manager.

    `capabilities` are those that the target claims.
    """

    capabilities: frozenset[str]

    def start(self, count: int, content: bytes) -> Sequence[Process]:
        """Return `count` processes that have loaded no pool. Every place has a pool file with this content."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class _Copies(ReferenceAdapter):
    """The reference, which copies a pool that was read before. Most processes of a run load the same content."""

    def load(self, stored: Json) -> Pool:
        return Pool([*remember(stored.accounts).values()], stored.active_index, dict(stored.active_index_by_family))


@functools.lru_cache(16)
def _pool_in(content: bytes, profile: Profile, now_ms: float) -> Pool:
    return load_pool(parse_pool_file(content, profile, now_ms), profile)


class ReferenceProcess:
    """The reference in this Python process. Pool files are kept in memory."""

    def __init__(self, profile: Profile, files: dict[str, bytes], content: bytes) -> None:
        self.adapter, self.profile, self.files, self.content = _Copies(profile), profile, files, content
        self.place = ""
        self.offset_of_earlier_start = False

    def open(self, place: str, now_ms: float, pid: int, trackers: dict[str, Json]) -> None:
        self.place, self.offset_of_earlier_start = place, self.applied_offset
        pool = _pool_in(self.files.get(place, self.content), self.profile, now_ms)
        self.adapter.open(pool=pool, now_ms=now_ms, pid=pid, **trackers)

    def call(self, now_ms: float, method: str, **params: Json) -> Any:
        self.adapter.now_ms = now_ms
        if method == "save":
            return self._save()
        return getattr(self.adapter, method)(**params)

    @property
    def applied_offset(self) -> bool:
        """Whether a PID offset was applied. If not, the PID and `pid_offset_enabled` had no effect so far."""
        selector = self.adapter.selector
        return self.offset_of_earlier_start or (selector is not None and any(selector.moved.values()))

    def _save(self) -> None:
        selector = self.adapter.selector
        assert selector is not None
        document = self.adapter.saved(selector, self.files.get(self.place, self.content))
        if document is not None:
            self.files[self.place] = json.dumps(document).encode()
        self.adapter.before = remember(selector.pool.accounts)


class ReferenceProcesses:
    """The reference at a profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.capabilities = frozenset(ReferenceAdapter(profile).hello(1)["capabilities"])
        self.started: list[ReferenceProcess] = []

    def start(self, count: int, content: bytes) -> Sequence[Process]:
        files: dict[str, bytes] = {}
        self.started = [ReferenceProcess(self.profile, files, content) for _ in range(count)]
        return self.started

    @property
    def applied_offset(self) -> bool:
        """Whether a process of the last run applied a PID offset."""
        return any(each.applied_offset for each in self.started)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class WireProcess:
    """A real process of a target, with the clock and the PID that it is given.

    Calls without a result are sent together with the next call that has one. Without `sets_pid`, the target uses the
    PID that the system gave it.
    """

    def __init__(self, connection: Connection, homes: "Homes", name: str, *, sets_pid: bool) -> None:
        self.connection, self.homes, self.name, self.sets_pid = connection, homes, name, sets_pid
        self.now_ms = 0.0
        self.waiting: list[MethodCall] = []

    def open(self, place: str, now_ms: float, pid: int, trackers: dict[str, Json]) -> None:
        self.now_ms = now_ms
        chosen: dict[str, Json] = {"pid": pid} if self.sets_pid else {}
        home = str(self.homes.home(place))
        self.waiting = [("open", {"home": home, "now_ms": now_ms, **chosen, **trackers})]
        self._send()

    def call(self, now_ms: float, method: str, **params: Json) -> Any:
        if now_ms != self.now_ms:
            self.waiting.append(("advance", {"ms": now_ms - self.now_ms}))
            self.now_ms = now_ms
        self.waiting.append((method, params))
        return None if method in WITHOUT_RESULT else self._send()

    def _send(self) -> Any:
        """Send all waiting calls; returns the result of the last one."""
        calls, self.waiting = self.waiting, []
        answers = self.connection.batch(calls)
        for (method, _), answer in zip(calls, answers, strict=True):
            if not isinstance(answer, Result):
                raise UsageFault(f"{self.name} cannot be simulated: it answered {method} with {in_words(answer)}")
        return answers[-1].value  # type: ignore[union-attr]


class Homes:
    """Home folders with pool files, by place."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.run, self.content = folder, 0, b""

    def begin(self, content: bytes) -> None:
        """Forget all places."""
        self.run, self.content = self.run + 1, content

    def home(self, place: str) -> Path:
        home = self.folder / f"{self.run}-{place}"
        if not home.exists():
            (home / POOL_FILE).parent.mkdir(parents=True)
            (home / POOL_FILE).write_bytes(self.content)
        return home


class WireProcesses:
    """Real processes of a target, which are started once and load a new pool for each run.

    With `pids`, they run in a PID namespace with these PIDs. Otherwise the PID is passed to the target.
    """

    def __init__(self, target: Target, *, timeout_s: float, pids: Sequence[int] = ()) -> None:
        self.target, self.timeout_s, self.pids = target, timeout_s, pids
        self.group: Group | None = None
        self.capabilities: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        launches = [self._launch] * max(1, len(self.pids))
        self.group = Group(launches, timeout_s=self.timeout_s, pids=self.pids)
        try:
            self.capabilities = frozenset(self.group.connections[0].hello().capabilities)
            if lacks := [word for word in NEEDED if word not in self.capabilities]:
                raise UsageFault(
                    f"{self.target.word} cannot be simulated: it does not claim {', '.join(lacks)}; a simulation needs "
                    f"{', '.join(NEEDED)}"
                )
            self.homes = Homes(self.group.folder / "homes")
        except BaseException:
            self.group.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self.group is not None
        self.group.close()

    @property
    def _launch(self) -> Launch:
        return Launch(self.target.argv, self.target.environment, self.target.word)

    def start(self, count: int, content: bytes) -> Sequence[Process]:
        assert self.group is not None
        while len(self.group.connections) < count:
            self.group.start(self._launch)
        self.homes.begin(content)
        connections = self.group.connections[:count]
        return [WireProcess(each, self.homes, self.target.word, sets_pid=not self.pids) for each in connections]
