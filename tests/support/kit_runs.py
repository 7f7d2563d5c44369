"""Runs of the kit whose processes and temporary folders can all be found afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from jsonschema import Draft202012Validator

from conformance.json_type import Json
from tests.support.command import CHECKOUT

KIT = str(Path(sys.executable).with_name("antigravity-conformance"))
FAKES = CHECKOUT / "tests" / "fakes"
REPORT_SCHEMA = CHECKOUT / "docs" / "report.schema.json"
MARKER = "KIT_TEST_MARKER"
BOUND_S = 120.0  # generous: only a hang should reach it
PAUSE_S = 0.01  # between two polls


def misbehaving(mode: str) -> tuple[str, ...]:
    """The arguments for an adapter that fails from the start."""
    return ("--", sys.executable, "-I", str(FAKES / "misbehaving.py"), mode)


def breaking(mode: str) -> tuple[str, ...]:
    """The arguments for a port that may fail in the middle of a run."""
    return ("--", sys.executable, "-P", str(FAKES / "breaking.py"), mode)


class Bench:
    """Starts the kit with its own temporary folder, and marks all its processes and targets."""

    def __init__(self, folder: Path, command: str = "run") -> None:
        self.folder = folder
        self.command = command
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._mark = uuid.uuid4().hex
        self.environment = {**os.environ, "TMPDIR": str(self.temporary), MARKER: self._mark}

    def run(self, *arguments: str, cwd: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
        """Run `antigravity-conformance run --env MARKER ARGUMENTS` (or another command) to its end."""
        return subprocess.run(
            [KIT, self.command, "--env", MARKER, *arguments],
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_S * 4,
        )

    def report(self, *arguments: str) -> Json:
        """Run with --json. Returns the report, which includes the exit code."""
        file = self.folder / "report.json"
        run = self.run("--json", str(file), *arguments)
        report = json.loads(file.read_text(encoding="utf-8")) if file.exists() and file.stat().st_size else None
        assert report is not None, run.stdout + run.stderr
        assert report["exit_code"] == run.returncode
        return validated(report)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start the same as `run` in its own session, without waiting. SIGINT has its default handler."""
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
            signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # else ignored, if nohup started us
        }
        try:
            process = subprocess.Popen(
                [KIT, self.command, "--env", MARKER, *arguments],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        with process:
            try:
                yield process
            finally:
                process.kill()

    def processes(self) -> list[psutil.Process]:
        """All running processes with the mark."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(MARKER) == self._mark:
                    found.append(process)
        return found

    def targets(self) -> list[psutil.Process]:
        """The marked processes that run an adapter of the tests."""
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                command = process.cmdline()
                if len(command) > 2 and command[2].startswith(str(FAKES)):
                    found.append(process)
        return found

    def workers(self) -> list[psutil.Process]:
        """The marked processes that are workers of a search."""
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                if "multiprocess.spawn" in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def assert_no_process_left(self) -> None:
        try:
            wait_until(lambda: not self.processes(), "the end of every process")
        finally:
            for process in self.processes():
                with suppress(psutil.Error):
                    process.kill()

    def assert_nothing_left(self) -> None:
        """Wait until all processes and folders are gone, because ending a process takes a moment."""
        self.assert_no_process_left()
        assert list(self.temporary.iterdir()) == []


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < deadline_s, f"waited {BOUND_S:g} s for {what}"
        time.sleep(PAUSE_S)


def validated(report: Json) -> Json:
    """Check the report against the published schema, and return it."""
    Draft202012Validator(json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))).validate(report)
    return report


def verdicts(report: Json) -> dict[str, str]:
    return {entry["id"]: entry["verdict"] for entry in report["requirements"]}


def comparable(report: Json) -> Json:
    """The report without values that depend on the machine."""
    return {key: value for key, value in report.items() if key != "observed"}
