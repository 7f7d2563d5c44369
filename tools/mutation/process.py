"""A process of the adapter with the instrumented bundle, in which the kit switches mutants."""

import contextlib
import json
import os
import select
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from conformance.json_type import Json
from conformance.targets.isolation import private_environment, temporary_root
from tools.mutation.instrumenting import VARIABLE

HOOK = Path(__file__).with_name("hook.mjs")
CPU_BOUND_S = 20.0  # of CPU time for one answer
POLL_S = 1.0
MAX_IDLE_POLLS = 30  # for one mutant: its process sleeps and waits for a lock, or for something that never comes
PIPE_BYTES = 60_000  # a pipe holds 64 KiB
HIT_LIMIT = 1_000_000  # how often one line may reach the active mutant; real sessions stay far below


class HangsError(Exception):
    """The process did not answer in time, or ended. It has been killed."""


class MutantProcess:
    """The adapter in a process of its own. `static` is a mutant that must be active while modules are loaded."""

    def __init__(self, argv: list[str], *, static: str | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=temporary_root(), prefix="mutation-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        environment = private_environment(self.folder, []) | ({VARIABLE: static} if static else {})
        self._process = subprocess.Popen(
            [argv[0], "--import", HOOK.as_uri(), *argv[1:]],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._rest = b""
        self.activate(static)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Closing it again does nothing."""
        if self._process.returncode is not None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._folder.cleanup()

    def activate(self, id_: str | None) -> None:
        """Switch to this mutant, or to the original code."""
        self._idle_polls = 0
        self._command({"mutation": "activate", "id": id_, "limit": HIT_LIMIT})

    def coverage(self) -> tuple[dict[str, int], dict[str, int]]:
        """The mutants reached while modules were loaded, and since the last call; each with its count."""
        found = json.loads(self._command({"mutation": "coverage"}))
        return found["static"], found["reached"]

    def exceeded(self) -> bool:
        """Whether a line since the last call reached the active mutant more often than the limit allows."""
        return self._command({"mutation": "exceeded"}) == "true"

    def _command(self, command: Json) -> str:
        answer = json.loads(self.ask((json.dumps(command, separators=(",", ":")) + "\n").encode()))
        message: str = answer["error"]["message"]
        return message.removesuffix(" is not supported")

    def ask(self, line: bytes) -> bytes:
        """Send one line and return the next one. Raises HangsError if there is none in time."""
        return self.ask_all([line])[0]

    def ask_all(self, lines: Sequence[bytes]) -> list[bytes]:
        """Send lines and return as many. Raises HangsError if they do not all come in time."""
        assert self._process.stdin is not None
        answers: list[bytes] = []
        try:
            for part in parts_of(lines):
                self._process.stdin.write(b"".join(part))
                self._process.stdin.flush()
                answers += [self._read_line() for _ in part]
        except (OSError, HangsError) as error:
            self.close()
            raise HangsError(str(error)) from error
        return answers

    def _read_line(self) -> bytes:
        assert self._process.stdout is not None
        output = self._process.stdout.fileno()
        began_s = self._cpu_s()
        while b"\n" not in self._rest:
            ready, _, _ = select.select([output], [], [], POLL_S)
            if ready:
                read = os.read(output, 1 << 20)
                if not read:
                    raise HangsError("the process ended")
                self._rest += read
                continue
            self._idle_polls += self._sleeps()
            if self._cpu_s() - began_s > CPU_BOUND_S or self._idle_polls > MAX_IDLE_POLLS:
                raise HangsError("there was no answer in time")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _sleeps(self) -> bool:
        """Whether the process waits. On a busy machine, one that computes is runnable, but does not sleep."""
        try:
            return psutil.Process(self._process.pid).status() == psutil.STATUS_SLEEPING
        except psutil.Error:
            return True

    def _cpu_s(self) -> float:
        """The CPU time of the process: on a busy machine, an endless loop looks like a slow answer otherwise."""
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)


def parts_of(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Parts that fit into a pipe. So writing never waits for a process that waits until its answers are read."""
    part: list[bytes] = []
    for line in lines:
        if part and sum(map(len, part)) + len(line) > PIPE_BYTES:
            yield part
            part = []
        part.append(line)
    if part:
        yield part
