"""The port. Fill it in: each run of the kit prints the next step."""

import os

from conformance.wire.answers import Refusal


class Port:
    """Has one method for each method of the wire that it answers. All others are answered "not supported"."""

    def __init__(self):
        self.accounts = None  # the labels; None while no pool is open

    def hello(self, wire=1):
        return {
            "name": "my-port",
            "version": "0.1.0",
            "language": "python",
            "capabilities": ["sticky"],  # the kit asks only for what is claimed here
            "pid": os.getpid(),
        }

    def open(self, pool, now_ms=0, pid=None):
        entries = pool.get("accounts") if isinstance(pool, dict) else None
        entries = entries if isinstance(entries, list) else []
        self.accounts = [entry.get("refreshToken") for entry in entries if isinstance(entry, dict)]
        return {"accounts": self.accounts}

    def select(self, family, strategy, header_style="antigravity", model=None, pid_offset_enabled=False):
        accounts = self._opened()
        if strategy != "sticky":
            raise NotImplementedError  # answered "not supported"
        if not accounts:
            return None
        return {"label": accounts[0], "index": 0}

    def close(self):
        self.accounts = None

    def _opened(self):
        if self.accounts is None:
            raise Refusal("not_open", "no pool is open")
        return self.accounts
