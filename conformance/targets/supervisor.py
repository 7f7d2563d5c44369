"""Start a group of processes, watch them, and end every one of them when the runner is gone.

`killpg` misses a grandchild that called `setsid`, PDEATHSIG fires when a mere thread ends, and a runner that
is killed cannot clean up at all. So each group has this small parent: a child subreaper, to which every
orphan returns, and which ends when its socket to the runner does, however the runner came to its end.

It is run as a file in isolated mode and imports nothing of this project, so that no folder, variable or
`.pth` file of the user's can change what it does. It has one thread, because it forks.

Descriptor 0 is the socket. Messages are JSON objects, one a line. From the runner:
    {"start": i, "argv": [...], "env": {...}, "cwd": path}   and, beside it, the descriptors for 0, 1 and 2
    {"stop": true}
To the runner:
    {"event": "ready", "folder": path}                       the temporary folder, removed at the end
    {"event": "started", "process": i, "pid": p}
    {"event": "failed", "process": i, "error": text}
    {"event": "exited", "process": i, "returncode": c}       negative: the signal that ended it
    {"event": "memory", "process": i, "resident_bytes": n}   its tree is killed; i is null for a stray orphan
    {"event": "done", "left": [pids]}                        the last one; whatever could not be ended
"""

import contextlib
import ctypes
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from types import FrameType
from typing import Any

if __name__ == "__main__":  # isolated from all site-packages: the runner says where this one package is
    sys.path.append(sys.argv[1])
import psutil

PR_SET_CHILD_SUBREAPER = 36
LOOK_INTERVAL_S = 0.5
LOOK_SHARE = 0.05  # looking at many processes takes at most this share of one core
KILL_BOUND_S = 60.0
REMOVAL_ATTEMPTS = 20
REMOVAL_PAUSE_S = 0.05


class Supervisor:
    """The processes of one group; see the top of the file."""

    def __init__(self, runner: socket.socket, runner_pid: int, memory_limit_bytes: int, folder: str) -> None:
        self.runner = runner
        self.runner_pid = runner_pid
        self.memory_limit_bytes = memory_limit_bytes
        self.folder = folder
        self.stopping = False
        self.running: dict[int, int] = {}  # pid of each started process that is not reaped -> its number
        self.owners: dict[int, int] = {}  # pid of each descendant -> the process it came from, orphans too
        self.sessions: list[int] = []
        self.strays: dict[int, psutil.Process] = {}  # without a subreaper, orphans vanish from sight
        self.me = psutil.Process()
        self.received = bytearray()
        self.descriptors: list[int] = []

    def run(self, signals: socket.socket) -> None:
        """Serve the runner until it stops us or is gone. `signals` becomes readable with each signal."""
        self.send(event="ready", folder=self.folder)
        next_look_s = time.monotonic() + LOOK_INTERVAL_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.runner, selectors.EVENT_READ, self.read_runner)
            selector.register(signals, selectors.EVENT_READ, lambda: self.read_signals(signals))
            while not self.stopping:
                for key, _ in selector.select(max(0.0, next_look_s - time.monotonic())):
                    key.data()
                self.reap()
                started_s = time.monotonic()
                if started_s >= next_look_s:
                    self.look()
                    ended_s = time.monotonic()
                    next_look_s = ended_s + max(LOOK_INTERVAL_S, (ended_s - started_s) / LOOK_SHARE)

    def send(self, **event: Any) -> None:
        try:
            self.runner.sendall(json.dumps(event).encode() + b"\n")
        except OSError:
            self.stopping = True  # nobody is left to tell

    def read_runner(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self.runner, 1 << 16, 3)
        except OSError:
            data, descriptors = b"", []
        self.descriptors += descriptors
        self.received += data
        if not data:
            self.stopping = True
        while b"\n" in self.received:
            line, _, self.received = self.received.partition(b"\n")
            message = json.loads(line)
            if "stop" in message:
                self.stopping = True
            else:
                self.start(message)

    def read_signals(self, signals: socket.socket) -> None:
        if signal.SIGTERM in signals.recv(4096):
            self.stopping = True

    def start(self, message: dict[str, Any]) -> None:
        stdin, stdout, stderr = self.descriptors
        self.descriptors = []
        try:
            process = subprocess.Popen(
                message["argv"],
                env=message["env"],
                cwd=message["cwd"],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self.send(event="failed", process=message["start"], error=_start_error(error))
            return
        finally:
            for descriptor in (stdin, stdout, stderr):
                os.close(descriptor)
        process.returncode = 0  # it is reaped by `reap`; Popen must not wait for it as well
        self.running[process.pid] = message["start"]
        self.sessions.append(process.pid)
        self.send(event="started", process=message["start"], pid=process.pid)

    def reap(self) -> bool:
        """Take the exit codes of all that has ended. False: there is no child at all any more.

        What we end ourselves, at the end, is not told: it is no doing of the target's.
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
        """Is the runner there? Has any process, with its descendants, become too large?"""
        if os.getppid() != self.runner_pid:  # its end of the socket may live on in a process that it forked
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
        for owner, size_bytes in resident_bytes.items():
            if size_bytes > self.memory_limit_bytes:
                self.send(event="memory", process=owner, resident_bytes=size_bytes)
                for process in members[owner]:
                    _kill(process)

    def descendants(self) -> list[psutil.Process]:
        found = self.me.children(recursive=True)
        if sys.platform != "linux":
            self.strays |= {process.pid: process for process in found}
        return found

    def end_all(self) -> list[int]:
        """Kill and reap every descendant; the pids of any that resist longer than `KILL_BOUND_S`."""
        self.stopping = True
        deadline_s = time.monotonic() + KILL_BOUND_S
        while True:
            processes = self.descendants()
            if sys.platform != "linux":
                processes = [*self.strays.values(), *_of_sessions(self.sessions)]
                self.strays.clear()
            for process in processes:
                _kill(process)
            # Orphans return to this process, so that without a child there is no descendant either.
            if not self.reap():
                return []
            if time.monotonic() > deadline_s:
                return [process.pid for process in processes]
            time.sleep(0.002)  # what was killed needs a moment to become a child that can be reaped


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.kill()


def _of_sessions(sessions: list[int]) -> list[psutil.Process]:
    """Where orphans go to launchd (macOS), those that stayed in their session can still be told by it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) in sessions:
                found.append(process)
    return found


def _start_error(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {error.filename}" if error.filename else "")
    return str(error)


def _become_subreaper() -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def _signal_socket() -> socket.socket:
    """Turn signals into bytes on a socket. A handler, unlike SIG_IGN, is not inherited by what is started."""

    def nothing(_number: int, _frame: FrameType | None) -> None:
        pass

    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, nothing)
    return reader


def remove_folder(folder: str) -> None:
    """Remove the folder, also where a process took away the permissions to do so."""
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with contextlib.suppress(OSError):
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
    for _ in range(REMOVAL_ATTEMPTS):  # the engine of a runner that was killed may still be writing there
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(REMOVAL_PAUSE_S)


def main() -> None:
    runner_pid, memory_limit_bytes, temporary_root = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    signals = _signal_socket()
    _become_subreaper()
    runner = socket.socket(fileno=os.dup(0))
    folder = tempfile.mkdtemp(prefix="antigravity-conformance-", dir=temporary_root)
    supervisor = Supervisor(runner, runner_pid, memory_limit_bytes, folder)
    left: list[int] = []
    try:
        supervisor.run(signals)
    finally:
        try:
            left = supervisor.end_all()
        finally:
            remove_folder(folder)
            supervisor.send(event="done", left=left)


if __name__ == "__main__":
    main()
