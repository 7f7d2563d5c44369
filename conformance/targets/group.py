"""A group of target processes that start and end together, and the connections to them."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import psutil

from conformance.targets.command_advice import advise
from conformance.targets.connection import Connection
from conformance.targets.errors import AdapterFault, SupervisorLostError, SupervisorSignalledError, UsageFault
from conformance.targets.isolation import private_environment, temporary_root
from conformance.targets.namespaces import UNSHARE
from conformance.targets.patience import Patience
from conformance.targets.streams import Loop, open_pipes
from conformance.targets.supervisor import serve
from conformance.targets.supervisor.ending import KILL_BOUND_S, remove_folder
from conformance.targets.wire_log import WireLog

MEMORY_LIMIT_BYTES = 2 * 1024**3
START_BOUND_S = 120.0
CORES = os.cpu_count() or 1
PROCESSES_A_CORE = 4  # as many processes per core start within the time limit of one
LOOK_INTERVAL_S = 1.0  # between checks of a supervisor that sends nothing
STOP_BOUND_S = KILL_BOUND_S + 30.0
SUPERVISOR_END_S = 5.0  # between the end of the supervisor's socket and its exit


@dataclass(frozen=True)
class Launch:
    """How to start one process. Messages use `name`. Without `cwd`, it starts in the working directory of the kit."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    name: str = "the target"
    cwd: Path | None = None

    def within(self, prefix: Sequence[str]) -> "Launch":
        """The same launch with a command such as `unshare` in front of `argv`."""
        return replace(self, argv=[*prefix, *self.argv])


class Group:
    """Processes under one supervisor, with a temporary home of their own. A context manager.

    The supervisor ends all processes and removes the folder, even if this process is killed. With `pids`, the
    processes run in a PID namespace and get these PIDs. With `held`, they start to run only when all of them exist.
    Raises AdapterFault if a command cannot be started, UsageFault if a PID is not available or too many files are open.

    `timeout_s` is for a few processes. It is extended if many start at once, because they share the cores.
    """

    def __init__(
        self,
        launches: Sequence[Launch],
        *,
        timeout_s: float,
        wire_log: WireLog | None = None,
        pass_environment: Sequence[str] = (),
        pids: Sequence[int] = (),
        held: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self.connections: list[Connection] = []
        self._launches: list[Launch] = []
        self.folder = Path()
        self._timeout_s, self._wire_log = timeout_s, wire_log
        self._pass_environment = pass_environment
        self._patience = Patience() if patience is None else patience
        self._events: deque[dict[str, Any]] = deque()
        self._received = b""
        self._lost = self._closed = False
        self._in_namespace = bool(pids)
        self._started: list[psutil.Process] = []
        self.loop = Loop()
        self._socket, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self._supervisor: subprocess.Popen[bytes] | None = None
        try:
            with theirs:
                self._supervisor = self._start_supervisor(theirs)
            self.loop.watch_socket(self._socket, self._on_supervisor)
            self.folder = Path(self._await("ready")["folder"])
            numbers: Sequence[int | None] = pids or [None] * len(launches)
            for launch, pid in zip(launches, numbers, strict=True):
                self.start(launch, len(launches), held=held or self._in_namespace, pid=pid)
            if held or self._in_namespace:
                self.let_go()
        except BaseException:
            self.close()
            raise

    def start(self, launch: Launch, count: int = 1, *, held: bool = False, pid: int | None = None) -> Connection:
        """Start one more process, which ends with the group. If `count` is above 1, messages number the processes.

        Raises AdapterFault if the command cannot be started, UsageFault if too many files are open.
        """
        number = len(self.connections)
        streams, descriptors = open_pipes(count)
        connection = Connection(
            launch.name if count == 1 else f"{launch.name} [{number + 1}/{count}]",
            streams,
            self.loop,
            timeout_s=self._timeout_s * max(1.0, count / (CORES * PROCESSES_A_CORE)),
            memory_limit_bytes=MEMORY_LIMIT_BYTES,
            wire_log=self._wire_log,
            patience=self._patience,
        )
        self.connections.append(connection)
        self._launches.append(launch)
        self._start(number, launch, descriptors, {"held": held, "pid": pid})
        return connection

    def kill(self, connection: Connection) -> None:
        """Kill one process and its descendants with SIGKILL, and wait for its exit."""
        self._tell({"kill": self.connections.index(connection)})
        deadline_s = time.monotonic() + START_BOUND_S
        while not connection.has_exited:
            self._wait(deadline_s)
        connection.give_up()

    def wait_for_exit(self, connection: Connection) -> int:
        """Wait until the supervisor reports the exit of a process; return its exit code."""
        deadline_s = time.monotonic() + START_BOUND_S
        while connection.returncode is None:
            self._wait(deadline_s)
        return connection.returncode

    @property
    def home(self) -> Path:
        """The home folder that the processes see."""
        return self.folder / "home"

    @property
    def supervisor_pid(self) -> int:
        """The PID of the supervisor."""
        assert self._supervisor is not None
        return self._supervisor.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process and remove the folder. Further calls have no effect."""
        if self._closed:
            return
        self._closed = True
        try:
            for connection in self.connections:
                connection.close()
            self._stop()
        finally:  # after an interrupt, the supervisor does the rest when its socket closes
            self._socket.close()
            self._errors.close()
            self.loop.close()

    # Starting.

    def _start_supervisor(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        psutil_folder = str(Path(psutil.__file__).parents[1])
        # Isolated and without site-packages, so that no file or variable of the user changes the supervisor.
        command = [sys.executable, "-I", "-S", "-B", serve.__file__, psutil_folder]
        limits = [str(MEMORY_LIMIT_BYTES), temporary_root()]
        with ExitStack() as opened:
            runner = [str(os.getpid()), *limits]
            descriptors: list[int] = []
            if self._in_namespace:  # our PID is not visible there, so the supervisor watches a pidfd of this process
                assert sys.platform == "linux"
                descriptors = [os.pidfd_open(os.getpid())]
                opened.callback(os.close, descriptors[0])
                command, runner = [*UNSHARE, *command], ["0", *limits, str(descriptors[0])]
            return subprocess.Popen(
                [*command, *runner],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._errors.fileno(),
                cwd="/",
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C must reach only this process, which then stops the supervisor
            )

    def _start(self, number: int, launch: Launch, descriptors: tuple[int, int, int], how: dict[str, Any]) -> None:
        environment = private_environment(self.folder, self._pass_environment)
        message = {
            "start": number,
            "argv": launch.argv,
            "env": environment | launch.environment,
            "cwd": str(launch.cwd or Path.cwd()),
            **how,
        }
        try:
            self._tell(message, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        # One at a time, because descriptors in the socket count as open files of this process.
        event = self._await("started", "failed")
        if event["event"] == "failed":
            self._raise_failed(event)
        assert self._supervisor is not None
        if self._in_namespace:  # outside the namespace, this PID belongs to another process
            self.connections[number].on_start(event["pid"], None)
            return
        with suppress(psutil.NoSuchProcess):
            self._started.append(psutil.Process(event["pid"]))
        self.connections[number].on_start(event["pid"], self._supervisor.pid)

    def let_go(self) -> None:
        """Let all `held` processes run. Raises AdapterFault if one of them cannot be started."""
        self._tell({"let_go": True})
        while (event := self._await("failed", "let_go"))["event"] == "failed":
            self._raise_failed(event)

    def _tell(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        line = json.dumps(message).encode() + b"\n"
        try:
            sent = socket.send_fds(self._socket, [line], descriptors) if descriptors else 0
            self._socket.sendall(line[sent:])
        except OSError:
            self._lost = True

    def _raise_failed(self, event: dict[str, Any]) -> NoReturn:
        launch = self._launches[event["process"]]
        if event["no_pid"]:
            raise UsageFault(f"{event['error']}; choose distinct PIDs from 2 to the largest of this system")
        advice = advise(launch.argv, launch.cwd or Path.cwd())
        raise AdapterFault(f"cannot start {self.connections[event['process']].name}: {event['error']}; {advice}")

    # Events of the supervisor.

    def _on_supervisor(self) -> None:
        data = self._receive()
        if not data and not self._closed:
            self._lost = True
            self._raise_lost()

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(1 << 16)
        except OSError:
            data = b""
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._dispatch(json.loads(line))
        return data

    def _dispatch(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "exited":
                self.connections[event["process"]].on_exit(event["returncode"])
            case "memory":
                if event["process"] is not None:
                    self.connections[event["process"]].on_memory(event["held_bytes"])
            case _:
                self._events.append(event)

    def _await(self, *kinds: str) -> dict[str, Any]:
        deadline_s = time.monotonic() + START_BOUND_S
        while not self._events:
            self._wait(deadline_s)
        if self._events[0]["event"] not in kinds:  # the supervisor is done already: something else ended it
            self._raise_lost()
        return self._events.popleft()

    def _wait(self, deadline_s: float) -> None:
        """Wait for an event of the supervisor. Raises SupervisorLostError or SupervisorSignalledError."""
        if self._lost or time.monotonic() > deadline_s or self._is_stopped():
            self._raise_lost()
        self.loop.pump(min(deadline_s - time.monotonic(), LOOK_INTERVAL_S))

    def _is_stopped(self) -> bool:
        with suppress(psutil.Error):
            return psutil.Process(self.supervisor_pid).status() == psutil.STATUS_STOPPED
        return False

    def _raise_lost(self) -> NoReturn:
        assert self._supervisor is not None
        if self._launches and self._is_stopped():
            self._raise_signalled("stopped")
        with suppress(subprocess.TimeoutExpired):
            if (code := self._supervisor.wait(SUPERVISOR_END_S)) < 0 and self._launches:
                self._raise_signalled(f"ended by {signal.Signals(-code).name}")
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        raise SupervisorLostError(
            "the supervisor of the target processes ended or hangs; was it killed?"
            + (f" Its standard error:\n{said}" if said else "")
        )

    def _raise_signalled(self, what: str) -> NoReturn:
        name = self._launches[0].name
        raise SupervisorSignalledError(
            f"the supervisor, which is the parent of {name}, was {what}. If nobody else sent that signal, {name} did: "
            "a target may only send signals to processes that it started"
        )

    # Stopping.

    def _stop(self) -> None:
        if self._supervisor is None:
            return
        with suppress(OSError):
            os.kill(self.supervisor_pid, signal.SIGCONT)  # a target may have stopped it
        try:
            self._socket.settimeout(STOP_BOUND_S)
            self._socket.sendall(b'{"stop": true}\n')
            while self._receive():
                pass
        except OSError:
            pass  # the supervisor has exited already
        try:
            self._supervisor.wait(STOP_BOUND_S)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        done = next((event for event in self._events if event["event"] == "done"), None)
        if done is None:
            self._clean_up_alone()
        elif done["left"]:
            warnings.warn(f"some processes could not be killed: {done['left']}", RuntimeWarning, stacklevel=3)

    def _clean_up_alone(self) -> None:
        """After the loss of the supervisor, kill the processes that can still be found, and remove the folder."""
        for process in self._started:
            with suppress(psutil.Error):
                for member in [*process.children(recursive=True), process]:
                    with suppress(psutil.Error):
                        member.kill()
        if self.folder != Path():
            remove_folder(str(self.folder))
