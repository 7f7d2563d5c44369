"""Executes evidence: releases answer over the wire as targets, and printed texts come from their published files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from conformance.targets.connection import Connection
from conformance.wire.answers import Result
from reference_impl.releases import versions_between

SHOWN: set[str] = set()
LABELS = "abcdefgh"
POOL_FILE = Path(".config/opencode/antigravity-accounts.json")
USER_FILE = Path(".config/opencode/antigravity.json")
WINDOWS_FILE = Path("AppData/Roaming/opencode/antigravity.json")
VARIABLE = "OPENCODE_ANTIGRAVITY_PID_OFFSET_ENABLED"
ON = '{"pid_offset_enabled": true}'
OFF = '{"pid_offset_enabled": false}'
NOW_MS = 1_000_000

Test = TypeVar("Test", bound=Callable[..., None])


def shows(id_: str) -> Callable[[Test], Test]:
    """Marks the test that executes the evidence of this erratum."""

    def register(test: Test) -> Test:
        SHOWN.add(id_)
        return test

    return register


class Release:
    """A running release. Accounts are numbered from 0. `start` loads the pool as a new process does."""

    def __init__(self, version: str, package: Path, connection: Connection) -> None:
        self.version, self.package, self._connection = version, package, connection

    def is_from(self, since: str) -> bool:
        """Is it this release or a newer one?"""
        return self.version in versions_between(since)

    def ask(self, method: str, /, **params: Any) -> Any:
        answer = self._connection.call(method, **params)
        assert isinstance(answer, Result), answer
        return answer.value

    def start(self, pid: int, n: int = 3, index: int = 0, disabled: str = "") -> None:
        accounts = [{"refreshToken": label, "enabled": label not in disabled} for label in LABELS[:n]]
        pool = {"version": 3, "accounts": accounts, "activeIndex": index}
        self.ask("open", pool=pool, pid=pid, now_ms=NOW_MS)

    def select(self, strategy: str = "sticky", *, offset: bool = True, family: str = "claude") -> int:
        """The index of the account that is selected for one request."""
        answer = self.ask("select", family=family, strategy=strategy, pid_offset_enabled=offset)
        return int(answer["index"])

    def first(self, pid: int, strategy: str = "sticky", *, offset: bool = True, n: int = 3, index: int = 0) -> int:
        """The index of the account on which a process with this PID starts."""
        self.start(pid, n, index)
        return self.select(strategy, offset=offset)

    def limit(self, index: int) -> None:
        self.ask("mark_rate_limited", label=LABELS[index], retry_after_ms=1000, family="claude")

    def config(self, home: Path, environment: dict[str, str] | None = None, platform: str = "linux") -> dict[str, Any]:
        """The config of the project `home/project`."""
        asked = {"directory": str(home / "project"), "home": str(home), "environment": environment or {}}
        return dict(self.ask("load_config", **asked, platform=platform)["config"])

    def is_on(self, home: Path, environment: dict[str, str] | None = None, platform: str = "linux") -> bool:
        return bool(self.config(home, environment, platform)["pid_offset_enabled"])

    def sources(self) -> dict[str, str]:
        """The compiled modules of the release, by path."""
        folder = self.package / "dist"
        return {str(file.relative_to(folder)): file.read_text("utf-8") for file in sorted(folder.rglob("*.js"))}

    def original_line(self, module: str, code: str) -> int:
        """The line number in the TypeScript source, from 1, of the only compiled line that contains `code`."""
        file = self.package / "dist" / module
        (compiled,) = [at for at, line in enumerate(file.read_text("utf-8").splitlines()) if code in line]
        mapping = json.loads(file.with_name(file.name + ".map").read_text("utf-8"))["mappings"]
        rows = mapping.split(";")
        moves = [_decode(segment)[2] for row in rows[:compiled] for segment in row.split(",") if segment]
        return 1 + sum(moves) + _decode(rows[compiled].split(",")[0])[2]


def _decode(segment: str) -> list[int]:
    """The numbers of a source map segment (base64 VLQ). The third one is the step in source lines."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    numbers, value, shift = [], 0, 0
    for digit in map(digits.index, segment):
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
