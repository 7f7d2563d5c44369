"""Real processes that hold the whole plugin, under one virtual clock.

The clock is a SimPy environment. Each process reports the timers that it starts, and the environment lets the earliest
one run. Only one process runs at any moment, and timers that are due together run in the order of their starts.
"""

import json
import subprocess
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import simpy

from conformance.json_type import Json
from conformance.simulation.deciders import START_MS, Process
from conformance.simulation.loop import Client, Sending
from conformance.simulation.quota import Rejection
from conformance.simulation.requests import Request
from conformance.targets import npm
from conformance.targets.isolation import private_environment
from conformance.targets.tools import node_path
from reference_impl.pool_file import POOL_FILE
from tools.lab.plugin.server import QuotaServer

HERE = Path(__file__).parent
HOOK = HERE.parents[2] / "conformance/targets/node/resolve.mjs"
PACKAGE = "opencode-antigravity-auth"


def package(release: str) -> Path:
    """The folder of the installed release."""
    folder = npm.install(PACKAGE, release)
    return next(each for each in (folder, *folder.glob("node_modules/*")) if (each / "dist/src/plugin.js").is_file())


def with_projects(pool: Json) -> Json:
    """The stored pool, with a project for each account, so that the plugin does not ask for one."""
    accounts = [{**account, "projectId": f"project-{place}"} for place, account in enumerate(pool["accounts"])]
    return {**pool, "accounts": accounts}


class Host:
    """One process of Node. Commands and reports are lines of JSON."""

    def __init__(self, package: Path, port: int, folder: Path) -> None:
        argv = [str(node_path()), "--import", str(HERE / "clock.mjs"), str(HERE / "host.mjs")]
        self.process = subprocess.Popen(
            [*argv, str(package), str(HOOK), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=private_environment(folder, ()),
            text=True,
        )

    def ask(self, command: Json) -> Json:
        """Send a command, and wait until the process has nothing to do."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of the plugin ended at {command['do']!r}, exit code {self.process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


class Hosts:
    """The processes, and the quota server. They are started once; each run loads the plugin anew."""

    capabilities: frozenset[str] = frozenset()  # the plugin makes its own calls

    def __init__(self, release: str, folder: Path) -> None:
        self.package, self.folder = package(release), folder
        self.hosts: list[Host] = []
        self.server = QuotaServer(self._decide)
        self.refused: set[str] = set()
        self.runs = 0

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            host.close()
        self.server.__exit__()

    def begin(self, env: simpy.Environment, config: Mapping[str, Json], labels: Sequence[str]) -> None:
        """Begin a run: the clock, the config that the user writes, and the accounts."""
        self.env, self.config, self.labels = env, config, labels
        self.runs += 1
        self.sent: dict[int, tuple[Request, Sending, simpy.Event]] = {}
        self.rejected: list[tuple[Request, float]] = []

    def start(self, count: int, content: bytes) -> Sequence[Process]:
        """`count` processes; they load no pool before `open`."""
        while len(self.hosts) < count:
            self.add()
        return [_Opened(self, host, content) for host in self.hosts[:count]]

    def add(self) -> Host:
        """Start one more process."""
        host = Host(self.package, self.server.port, self.folder / f"host-{len(self.hosts)}")
        self.hosts.append(host)
        return host

    def send(
        self, env: simpy.Environment, client: Client, request: Request, sending: Sending
    ) -> Generator[simpy.Event, Any, None]:
        """Send one request through the `fetch` of the plugin; a stand-in for `loop.send`."""
        number, event = len(self.sent), env.event()
        self.sent[number] = request, sending, event
        process = client.process
        assert isinstance(process, _Opened)
        process.run({"do": "send", "id": number})
        yield event

    def _decide(self, number: int, label: str) -> tuple[Rejection | None, float]:
        """Answer or reject. The main thread waits for a report while the server's thread is here."""
        request, sending, _ = self.sent[number]
        rejection = sending.project_of[label].ask(self.env.now, sending.tokens_for(label))
        if rejection is None:
            request.answered_ms, request.label = self.env.now, label
            return None, sending.first_byte_ms
        self.rejected.append((request, sending.rejection_ms))
        return rejection, sending.rejection_ms

    def after(self, report: Json) -> None:
        """Note what a report tells."""
        self.refused |= set(report["refused"])
        for request, delay_ms in self.rejected:
            self.env.process(self._count(request, delay_ms))
        self.rejected.clear()
        for number, answered in report["done"]:
            request, _, event = self.sent[number]
            if answered is not (request.label is not None):
                raise RuntimeError(f"request {number} was answered by the server but not by the plugin, or the reverse")
            event.succeed()

    def _count(self, request: Request, delay_ms: float) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(delay_ms)
        request.rejections += 1


class _Opened:
    """A process in one run."""

    def __init__(self, hosts: Hosts, host: Host, content: bytes) -> None:
        self.hosts, self.host, self.content = hosts, host, content

    def open(self, place: str, now_ms: float, pid: int, trackers: dict[str, Json]) -> None:  # noqa: ARG002
        hosts = self.hosts
        home = hosts.folder / f"run-{hosts.runs}-{place}"
        if not home.exists():
            (home / POOL_FILE).parent.mkdir(parents=True)
            (home / POOL_FILE).write_text(json.dumps(with_projects(json.loads(self.content))), encoding="utf-8")
        chosen = {"run": hosts.runs, "home": str(home), "pid": pid, "labels": hosts.labels, "config": hosts.config}
        self.run({"do": "open", **chosen})

    def call(self, now_ms: float, method: str, **params: Json) -> Any:  # noqa: ARG002
        raise AssertionError(f"{method} is the plugin's own business")

    def run(self, command: Json) -> None:
        """Run the process now, and again each time one of its timers fires."""
        env = self.hosts.env
        report = self.host.ask({**command, "now": START_MS + env.now})
        for number, time_ms in report["timers"]:
            due = env.timeout(max(0, time_ms - START_MS - env.now))
            due.callbacks.append(partial(self._wake, number))
        self.hosts.after(report)

    def _wake(self, number: int, _: simpy.Event) -> None:
        self.run({"do": "wake", "timer": number})
