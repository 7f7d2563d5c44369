"""The reference as a target: the wire's methods over the pure core. The one place that reads pid and files."""

import os
from pathlib import PurePosixPath
from typing import Any, cast

from conformance.wire.answers import Refusal
from reference_impl.limits import Family, HeaderStyle
from reference_impl.pool import load_pool, parse_pool_file
from reference_impl.selection import Request, Selector, Strategy

Json = Any
POOL_FILE = ".config/opencode/antigravity-accounts.json"
CAPABILITIES = [
    "sticky", "round-robin", "pid", "clock", "limits", "snapshot", "storage",
    "config", "environment", "platform", "fork",
]  # fmt: skip


class ReferenceAdapter:
    """`reference`: parameters and results are those of the table of methods; times in milliseconds."""

    name = "reference"

    def __init__(self) -> None:
        self.selector: Selector | None = None
        self.now_ms: float = 0
        self.pid: int | None = None

    def hello(self, wire: int) -> Json:  # noqa: ARG002 - there is one version so far
        from conformance import __version__

        return {
            "name": self.name,
            "version": __version__,
            "language": "python",
            "capabilities": CAPABILITIES,
            "pid": os.getpid(),
        }

    def open(self, pool: Json = None, home: str | None = None, now_ms: float = 0, pid: int | None = None) -> Json:
        self.now_ms, self.pid = now_ms, pid
        self.selector = self.new_selector(pool if home is None else _read_pool(home))
        return {"accounts": [account.label for account in self.selector.pool.accounts]}

    def new_selector(self, stored: Json) -> Selector:
        """A new session on a parsed pool."""
        return Selector(load_pool(stored))

    def select(
        self,
        family: Family,
        strategy: str,
        header_style: HeaderStyle = "antigravity",
        model: str | None = None,
        pid_offset_enabled: bool = False,
    ) -> Json:
        selector = self._opened()
        if strategy not in ("sticky", "round-robin"):
            raise NotImplementedError(strategy)
        index = selector.select(
            Request(family, header_style, model),
            cast(Strategy, strategy),
            now_ms=self.now_ms,
            pid=self.process_id(),
            pid_offset_enabled=pid_offset_enabled,
        )
        return None if index is None else {"label": selector.pool.accounts[index].label, "index": index}

    def process_id(self) -> int:
        """The pid handed to `open`, or that of this very process: a forked child has its own (PID-010)."""
        return os.getpid() if self.pid is None else self.pid

    def mark_rate_limited(
        self,
        label: str,
        retry_after_ms: float,
        family: Family,
        header_style: HeaderStyle = "antigravity",
        model: str | None = None,
    ) -> None:
        request = Request(family, header_style, model)
        self._opened().mark_rate_limited(self._index(label), request, retry_after_ms, now_ms=self.now_ms)

    def advance(self, ms: float) -> Json:
        self._opened()
        self.now_ms += ms
        return {"now_ms": self.now_ms}

    def snapshot(self) -> Json:
        selector = self._opened()
        return {
            "accounts": [
                {
                    "label": account.label,
                    "index": index,
                    "enabled": account.enabled,
                    "rate_limit_reset_times_ms": account.reset_times_ms,
                }
                for index, account in enumerate(selector.pool.accounts)
            ],
            "cursor": selector.cursor,
            "active_index_by_family": selector.current,
        }

    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        # pydantic takes a while to import, and most processes are only asked to select
        from reference_impl.config.files import read_file
        from reference_impl.config.loader import load_config

        return {"config": load_config(directory, home, environment or {}, platform, read_file).config}

    def close(self) -> None:
        self.selector = None

    def _opened(self) -> Selector:
        if self.selector is None:
            raise Refusal("not_open", "no pool is open; call `open` first")
        return self.selector

    def _index(self, label: str) -> int:
        for index, account in enumerate(self._opened().pool.accounts):
            if account.label == label:
                return index
        raise Refusal("unknown_account", f"no account {label!r} is loaded")


def _read_pool(home: str) -> Json:
    from reference_impl.config.files import read_file

    return parse_pool_file(read_file(str(PurePosixPath(home) / POOL_FILE)))
