"""Starts a group of processes, watches them, and ends all of them when the runner has ended.

`killpg` misses a grandchild that called `setsid`, PDEATHSIG fires when a single thread ends, and a killed runner cannot
clean up. So each group has this small parent process. It is a child subreaper, which adopts every orphan, and it exits
when its socket to the runner closes, for whatever reason.

The kit runs it as a file in isolated mode. It imports only psutil and the modules beside it, so that no folder,
variable or `.pth` file of the user can change its behaviour. It has one thread, because it forks.

It can also be PID 1 of a PID namespace. Then it starts processes with chosen PIDs, and all PIDs in messages are those
of the namespace.

Descriptor 0 is the socket. Messages are JSON objects, one per line. From the runner:
    {"start": i, "argv": [...], "env": {...}, "cwd": path}   sent with the descriptors for 0, 1 and 2
        "held": true                                         the process exists, but runs only after `let_go`
        "pid": p                                             its PID, in a namespace
    {"let_go": true}
    {"kill": i}
    {"stop": true}
To the runner:
    {"event": "ready", "folder": path}                       the temporary folder, removed at the end
    {"event": "started", "process": i, "pid": p}
    {"event": "failed", "process": i, "error": text,         for a held process: sent after `let_go`
     "no_pid": bool}                                         true: its PID is not available
    {"event": "let_go"}                                      every held process runs, or has failed
    {"event": "exited", "process": i, "returncode": c}       negative: the signal that ended it
    {"event": "memory", "process": i, "held_bytes": n}       its process tree is killed; i is null for other orphans
    {"event": "done", "left": [pids]}                        the last event, with processes that could not be killed
"""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from types import FrameType
from typing import Any

if __name__ == "__main__":  # site-packages are not on the path, so the runner passes the folder of psutil
    sys.path += [os.path.abspath(__file__).removesuffix("conformance/targets/supervisor/serve.py"), sys.argv[1]]
import psutil

from conformance.targets.supervisor.ending import KILL_BOUND_S, kill, of_sessions, remove_folder
from conformance.targets.supervisor.forking import become, fork, read_all, start_error

PR_SET_CHILD_SUBREAPER = 36
LOOK_INTERVAL_S = 0.5
LOOK_SHARE = 0.05  # checking many processes takes at most this share of one core


class Supervisor:
    """The processes of one group; see the docstring of the module."""

    def __init__(self, runner: socket.socket, runner_pid: int, memory_limit_bytes: int, folder: str) -> None:
        self.runner = runner
        self.runner_pid = runner_pid
        self.memory_limit_bytes = memory_limit_bytes
        self.folder = folder
        self.stopping = self.is_terminated = False
        self.running: dict[int, int] = {}  # PID of each started process that is not reaped -> its number
        self.owners: dict[int, int] = {}  # PID of each descendant, orphans too -> the number of its process
        self.sessions: list[int] = []
        self.strays: dict[int, psutil.Process] = {}  # without a subreaper, orphans are no longer descendants
        self.me = psutil.Process()
        self.received = bytearray()
        self.descriptors: list[int] = []
        self.gate: tuple[int, int] | None = None  # a pipe: each held process waits for a byte from it
        self.held: dict[int, int] = {}  # number of each held process -> the pipe for its start error

    def run(self, signals: socket.socket, runner_end: int | None) -> None:
        """Serve the runner until it sends `stop` or ends.

        `signals` becomes readable with each signal, `runner_end` (in a namespace) when the runner ends.
        """
        self.send(event="ready", folder=self.folder)
        next_look_s = time.monotonic() + LOOK_INTERVAL_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.runner, selectors.EVENT_READ, self.read_runner)
            selector.register(signals, selectors.EVENT_READ, lambda: self.read_signals(signals))
            if runner_end is not None:
                selector.register(runner_end, selectors.EVENT_READ, self.stop)
            while not self.stopping:
                for key, _ in selector.select(max(0.0, next_look_s - time.monotonic())):
                    key.data()
                self.reap()
                started_s = time.monotonic()
                if started_s >= next_look_s:
                    self.look()
                    ended_s = time.monotonic()
                    next_look_s = ended_s + max(LOOK_INTERVAL_S, (ended_s - started_s) / LOOK_SHARE)

    def stop(self) -> None:
        self.stopping = True

    def send(self, **event: Any) -> None:
        try:
            self.runner.sendall(json.dumps(event).encode() + b"\n")
        except OSError:
            self.stopping = True  # the runner has ended

    def read_runner(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self.runner, 1 << 16, 3)
        except OSError:
            data, descriptors = b"", []
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self.descriptors += descriptors
        self.received += data
        if not data:
            self.stopping = True
        while b"\n" in self.received:
            line, _, self.received = self.received.partition(b"\n")
            message = json.loads(line)
            if "start" in message:
                self.start(message)
            elif "kill" in message:
                self.kill(message["kill"])
            elif "let_go" in message:
                self.let_go()
            else:
                self.stop()

    def read_signals(self, signals: socket.socket) -> None:
        if signal.SIGTERM in signals.recv(4096):
            self.stopping = self.is_terminated = True

    def start(self, message: dict[str, Any]) -> None:
        """Fork a process that becomes the target, immediately or after `let_go`."""
        number, descriptors, self.descriptors = message["start"], self.descriptors, []
        held = message.get("held", False)
        if held and self.gate is None:
            self.gate = os.pipe()
        complaint, complain = os.pipe()  # closed by the exec
        try:
            pid = fork(message.get("pid"))
            if pid == 0:
                become(message, descriptors, complain, *self.held_by(held=held))
        except OSError as error:
            os.close(complaint)
            self.fail(number, start_error(error), no_pid=message.get("pid") is not None)
            return
        finally:
            for descriptor in (*descriptors, complain):
                os.close(descriptor)
        self.running[pid] = number
        self.sessions.append(pid)
        if held:
            self.held[number] = complaint
        elif said := read_all(complaint):
            del self.running[pid]  # it never became the target, so its exit is not reported
            self.fail(number, said)
            return
        self.send(event="started", process=number, pid=pid)

    def fail(self, number: int, error: str, *, no_pid: bool = False) -> None:
        self.send(event="failed", process=number, error=error, no_pid=no_pid)

    def held_by(self, *, held: bool) -> tuple[int | None, Sequence[int]]:
        """The gate that a held process reads, and the descriptors that it must close.

        While it kept those open, the runner and other processes would not notice that the supervisor has ended.
        """
        return (self.gate[0], (self.runner.fileno(), self.gate[1])) if held and self.gate else (None, ())

    def let_go(self) -> None:
        """Let all held processes run, at the same moment."""
        if self.gate is not None:
            os.write(self.gate[1], b"." * len(self.held))
        for number, complaint in self.held.items():
            if said := read_all(complaint):
                self.fail(number, said)
        self.held.clear()
        self.send(event="let_go")

    def kill(self, number: int) -> None:
        """Kill the process and its descendants. Its exit is reported when it is reaped."""
        for pid in [pid for pid, running in self.running.items() if running == number]:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                for member in [*process.children(recursive=True), process]:
                    kill(member)

    def reap(self) -> bool:
        """Reap all children that have ended. Returns False if there is no child left.

        Exits after `stop` are not reported, because the supervisor itself kills these processes.
        """
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            number = self.running.pop(pid, None)
            if number is not None and not self.stopping:
                self.send(event="exited", process=number, returncode=os.waitstatus_to_exitcode(status))

    def look(self) -> None:
        """Check that the runner still exists, and that no process with its descendants exceeds the memory limit."""
        if os.getppid() != self.runner_pid:  # a process that the runner forked may keep the socket open
            self.stopping = True
        resident_bytes: defaultdict[int | None, int] = defaultdict(int)
        members: defaultdict[int | None, list[psutil.Process]] = defaultdict(list)
        owners: dict[int, int] = dict(self.running)
        for process in self.descendants():  # parents come before their children
            with contextlib.suppress(psutil.Error):
                owner = owners.get(process.pid, owners.get(process.ppid(), self.owners.get(process.pid)))
                if owner is not None:
                    owners[process.pid] = owner
                resident_bytes[owner] += process.memory_info().rss
                members[owner].append(process)
        self.owners = owners
        for owner, sum_bytes in resident_bytes.items():
            if sum_bytes <= self.memory_limit_bytes:
                continue
            # The sum is cheap, but counts memory that forked processes share once for each of them.
            held_bytes = sum(map(memory_bytes, members[owner]))
            if held_bytes > self.memory_limit_bytes:
                self.send(event="memory", process=owner, held_bytes=held_bytes)
                for process in members[owner]:
                    kill(process)

    def descendants(self) -> list[psutil.Process]:
        found = self.me.children(recursive=True)
        if sys.platform != "linux":
            self.strays |= {process.pid: process for process in found}
        return found

    def end_all(self) -> list[int]:
        """Kill and reap every descendant. Returns the PIDs of those that still exist after `KILL_BOUND_S`."""
        self.stopping = True
        deadline_s = time.monotonic() + KILL_BOUND_S
        while True:
            processes = self.descendants()
            if sys.platform != "linux":
                processes = [*self.strays.values(), *of_sessions(self.sessions)]
                self.strays.clear()
            for process in processes:
                kill(process)
            # This process adopts orphans, so without a child there is no descendant either.
            if not self.reap():
                return []
            if time.monotonic() > deadline_s:
                return [process.pid for process in processes]
            time.sleep(0.002)  # a killed orphan needs a moment until this process can reap it


def memory_bytes(process: psutil.Process) -> int:
    """Memory of a process, with its share of what it shares with others where the system tells that (Linux)."""
    with contextlib.suppress(psutil.Error):
        with contextlib.suppress(psutil.AccessDenied):
            full = process.memory_full_info()
            return int(getattr(full, "pss", full.uss))
        return int(process.memory_info().rss)
    return 0  # it has ended


def _become_subreaper() -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def _signal_socket() -> socket.socket:
    """A socket that receives a byte for each signal. Unlike SIG_IGN, started processes do not inherit a handler."""

    def nothing(_number: int, _frame: FrameType | None) -> None:
        pass

    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, nothing)
    return reader


def main() -> None:
    runner_pid, memory_limit_bytes, temporary_root = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    runner_end = int(sys.argv[5]) if len(sys.argv) > 5 else None
    signals = _signal_socket()
    _become_subreaper()
    runner = socket.socket(fileno=os.dup(0))
    folder = tempfile.mkdtemp(prefix="antigravity-conformance-", dir=temporary_root)
    supervisor = Supervisor(runner, runner_pid, memory_limit_bytes, folder)
    left: list[int] = []
    try:
        supervisor.run(signals, runner_end)
    finally:
        try:
            left = supervisor.end_all()
        finally:
            remove_folder(folder)
            supervisor.send(event="done", left=left)
            if supervisor.is_terminated:  # exit by the same signal, so that the runner can report it
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
