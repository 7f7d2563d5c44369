"""Processes of a group behind gates. While a gate is open, every call goes on at once."""

import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.targets.connection import Connection
from conformance.targets.errors import AdapterFault, NoAnswer
from conformance.targets.gate import enter
from conformance.targets.gate.calls import FileCall, read_call
from conformance.targets.gate.listener import Held, Listener
from conformance.targets.gate.short_write import write_half
from conformance.targets.group import Group, Launch

START_BOUND_S = 120.0
LOOK_INTERVAL_S = 0.5
UMASK = 0o022


@dataclass(eq=False)
class Gated:
    """One process behind a gate. `waiting` has its held calls, in the order of their arrival."""

    connection: Connection
    listener: Listener
    is_open: bool = True
    waiting: list[tuple[Held, FileCall]] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        return self.connection.is_dead or self.connection.has_exited


class Gates:
    """Starts gated processes in a group, and holds their calls on files below `folder` while their gates are closed.

    `on_open` is called with each path outside `folder` that a process opens. Without it, open gates read no calls.
    """

    def __init__(
        self, group: Group, folder: Path, *, umask: int = UMASK, on_open: Callable[[str], object] | None = None
    ) -> None:
        self.group = group
        self.folder = str(folder)
        self.processes: list[Gated] = []
        self._umask, self._on_open = umask, on_open
        self._place = group.folder / "gate"
        self._socket = socket.socket(socket.AF_UNIX)
        descriptor = os.open(group.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._socket.bind(enter.short(descriptor, self._place.name))
        finally:
            os.close(descriptor)
        self._socket.listen()
        self._accepted: list[Listener] = []
        group.loop.watch_socket(self._socket, self._accept)

    def start(self, launch: Launch) -> Gated:
        """Start a process with an open gate. Raises AdapterFault if it does not reach its gate."""
        program = [sys.executable, "-I", "-S", "-B", enter.__file__, str(self._place), f"{self._umask:o}"]
        connection = self.group.start(replace(launch, argv=[*program, *launch.argv]))
        deadline_s = time.monotonic() + START_BOUND_S
        while not self._accepted:
            if connection.has_exited or time.monotonic() > deadline_s:
                raise AdapterFault(f"{launch.name} did not reach its gate.\n{connection.standard_error()}")
            self.group.loop.pump(LOOK_INTERVAL_S)
        gated = Gated(connection, self._accepted.pop())
        self.processes.append(gated)
        self.group.loop.watch_socket(gated.listener.descriptor, lambda: self._receive(gated))
        return gated

    def shut(self, gated: Gated) -> None:
        """From now on, hold the calls of the process."""
        gated.is_open = False

    def open(self, gated: Gated) -> None:
        """Let all held and later calls of the process go on."""
        gated.is_open = True
        while gated.waiting:
            gated.listener.let_go(gated.waiting.pop(0)[0])

    def let_go(self, gated: Gated) -> None:
        """Let the first held call go on."""
        gated.listener.let_go(gated.waiting.pop(0)[0])

    def refuse(self, gated: Gated, error: int) -> None:
        """Let the first held call fail with this error number."""
        gated.listener.refuse(gated.waiting.pop(0)[0], error)

    def write_half(self, gated: Gated) -> bool:
        """Let the first held call write only half. Returns False if it is no plain write; then it still waits."""
        held, _ = gated.waiting[0]
        written = write_half(held)
        if written is None:
            return False
        gated.waiting.pop(0)
        gated.listener.answer(held, written)
        return True

    def wait(self, gated: Gated, deadline_s: float) -> None:
        """Wait until the process is held, has answered or has ended. Raises NoAnswer after the deadline."""
        connection = gated.connection
        while not gated.waiting and not connection.has_line and not gated.has_ended:
            if time.monotonic() > deadline_s:
                raise NoAnswer(f"{connection.name} neither answered nor made a file call in time; try --timeout")
            self.group.loop.pump(min(LOOK_INTERVAL_S, deadline_s - time.monotonic()))

    def kill(self, gated: Gated) -> None:
        """Kill the process with SIGKILL."""
        self.group.kill(gated.connection)
        self._close(gated)
        self.processes.remove(gated)

    def close(self) -> None:
        for gated in self.processes:
            self._close(gated)
        self.group.loop.forget(self._socket)
        self._socket.close()

    def _accept(self) -> None:
        with self._socket.accept()[0] as process:
            _, descriptors, _, _ = socket.recv_fds(process, 1, 1)
            if descriptors:
                os.set_inheritable(descriptors[0], False)
                self._accepted.append(Listener(descriptors[0]))
                process.sendall(b".")

    def _receive(self, gated: Gated) -> None:
        held = gated.listener.receive()
        if held is None:
            if gated.has_ended:
                self._close(gated)
            return
        call = None if gated.is_open and self._on_open is None else read_call(held)
        if call is not None and not gated.listener.is_valid(held):
            return
        if call is not None and self._on_open is not None and call.verb == "open" and not self._is_inside(call.path):
            self._on_open(call.path)
        if call is None or gated.is_open or not any(self._is_inside(path) for path in call.paths):
            gated.listener.let_go(held)
        else:
            gated.waiting.append((held, call))

    def _is_inside(self, path: str) -> bool:
        return path == self.folder or path.startswith(self.folder + "/")

    def _close(self, gated: Gated) -> None:
        gated.waiting.clear()
        if not gated.listener.is_closed:
            with suppress(KeyError):
                self.group.loop.forget(gated.listener.descriptor)
            gated.listener.close()
