"""Processes of one target that are asked together, on one shared home with its pool and config files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conformance.targets.connection import Group
from conformance.targets.errors import AdapterFault
from conformance.wire.answers import Answer, Result
from conformance.wire.calls import POOL_FILE, PROJECT_FILE, USER_FILE, label

Json = Any


@dataclass(frozen=True)
class Fleet:
    """A started group, its capabilities, and the real process id of each process."""

    group: Group
    capabilities: Sequence[str]
    pids: tuple[int, ...]

    @staticmethod
    def greet(group: Group) -> "Fleet":
        """Say hello to every process. Raises AdapterFault where one gives an id that is not its own."""
        pids = []
        for connection in group.connections:
            pid = connection.hello().pid
            if connection.pid_status(pid) == "false":
                raise AdapterFault(
                    f"the process id in hello is {pid}, which is another process; expected {connection.pid} or a "
                    "descendant of it: answer the id that the port itself uses"
                )
            pids.append(pid)
        return Fleet(group, group.connections[0].hello().capabilities, tuple(pids))

    def ask_all(self, calls: Sequence[tuple[str, Json]]) -> list[list[Answer]]:
        """Send the same calls to every process before reading any answer: they work at the same moment."""
        for connection in self.group.connections:
            connection.send(calls)
        return [connection.receive() for connection in self.group.connections]

    def select_all(self, pool: Json, config: dict[str, Json], families: Sequence[str]) -> list[list[int | None]]:
        """What each process selects, by index, on one shared pool and config.

        A target that claims `config` takes strategy and offset from the config that it loads itself; one that claims
        `storage` reads the pool file itself.
        """
        self._write(pool, config)
        home, project = str(self.group.folder / "shared/home"), str(self.group.folder / "shared/project")
        settings: list[dict[str, Json]] = [config] * len(self.pids)
        if "config" in self.capabilities:
            loading = ("load_config", {"directory": project, "home": home})
            settings = [_value(answers[0])["config"] for answers in self.ask_all([loading])]
        source = {"home": home} if "storage" in self.capabilities else {"pool": pool}
        for connection, loaded in zip(self.group.connections, settings, strict=True):
            connection.send([("open", source), *[("select", _parameters(family, loaded)) for family in families]])
        return [[_index(answer) for answer in connection.receive()[1:]] for connection in self.group.connections]

    def _write(self, pool: Json, config: dict[str, Json]) -> None:
        shared = self.group.folder / "shared"
        for name, content in ((POOL_FILE, pool), (USER_FILE, config), (PROJECT_FILE, None)):
            path = shared / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                path.write_text(json.dumps(content), encoding="utf-8")


def _parameters(family: str, config: dict[str, Json]) -> dict[str, Json]:
    return {
        "family": family,
        "strategy": config.get("account_selection_strategy", "hybrid"),
        "pid_offset_enabled": config.get("pid_offset_enabled", False),
    }


def _value(answer: Answer) -> Json:
    if not isinstance(answer, Result):
        raise AdapterFault(f"expected a result, got {answer}")
    return answer.value


def _index(answer: Answer) -> int | None:
    """The account's place in the pool; None where there is none, or none of that label."""
    account = answer.value if isinstance(answer, Result) else None
    return None if account is None else next((i for i in range(2000) if label(i) == account["label"]), None)
