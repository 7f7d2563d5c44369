"""One run of the kit on an adapter of the gallery, measured from outside: time, memory, output and what is left."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from conformance.json_type import Json
from tests.fakes.gallery.catalogue import load

KIT = str(Path(sys.executable).with_name("antigravity-conformance"))
MODULE = "tests.fakes.gallery"
MARKER = "ANTIGRAVITY_GALLERY_MARK"
TIMEOUT_S = 10  # of one answer
LOOK_S = 0.5
SPIN_S = 0.05
MOST_SECONDS = 60.0  # of a run on an idle machine
MOST_STRETCH = 10.0
PATIENCE_S = 60.0  # after SIGTERM
MOMENT_S = 10.0  # processes that were killed need it to be gone
TOKEN = re.compile(r"ya29\.[\w-]{20}|1//0[\w-]{20}")
UNSAFE = {  # what the terminal must not get
    "a control sequence": re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"),
    "a command of a CI system": re.compile(r"^(::\w|##vso\[)", re.MULTILINE),
    "a token": TOKEN,
    "a traceback of the kit": re.compile(r"File \S*/(_pytest|conformance/(cases|cli|reports|search|targets))/"),
}


@dataclass
class Measured:
    """What a run took and left. `report` is None where the kit wrote none."""

    exit_code: int
    seconds: float = 0.0
    memory_mib: float = 0.0
    report_bytes: int = 0
    terminal_lines: int = 0
    terminal_bytes: int = 0
    left: list[str] = field(default_factory=list)
    in_time: bool = True  # if not, it was stopped
    unsafe: list[str] = field(default_factory=list)  # what no output of the kit may hold
    stdout: str = ""
    stderr: str = ""
    report: Json = None


def target(name: str, mark: str = "") -> list[str]:
    """The command that serves an adapter; the mark, which it ignores, makes it possible to find its processes."""
    return [sys.executable, "-P", "-m", MODULE, f"{load()[name].kind}/{name}", mark]


def measure(name: str, options: Sequence[str] = (), command: str = "run") -> Measured:
    """Run the kit once on the adapter, in a folder of its own, and clean up behind both."""
    mark = f"run{uuid.uuid4().hex}"
    with scratch() as folder:
        temporary, working = folder / "temporary", folder / "working"
        for made in (temporary, working):
            made.mkdir()
        (working / "made-by-the-gallery").touch()
        report = folder / "report.json"
        files = ["--json", str(report)] if command == "run" else []
        passed = [] if command == "identify" else ["--env", MARKER]
        started_s = time.monotonic()
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            kit = subprocess.Popen(
                [KIT, command, "--timeout", str(TIMEOUT_S), *passed, *files, *options, "--", *target(name, mark)],
                cwd=working,
                env={**os.environ, "TMPDIR": str(temporary), MARKER: mark, "COLUMNS": "120"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            with Sampler(kit.pid) as sampler:
                in_time = ended_within(kit, MOST_SECONDS * stretch())
        measured = Measured(kit.returncode, time.monotonic() - started_s, sampler.peak_mib, in_time=in_time)
        measured.left = left_processes(mark) + sorted(f"folder {path.name}" for path in temporary.iterdir())
        read_output(measured, folder)
        measured.unsafe = [
            what for what, pattern in UNSAFE.items() if pattern.search(measured.stdout + measured.stderr)
        ]
        if report.exists():
            measured.report_bytes = report.stat().st_size
            with suppress(ValueError):
                measured.report = json.loads(report.read_bytes())
            if TOKEN.search(report.read_text(encoding="utf-8")):
                measured.unsafe.append("a token in the report")
        return measured


def stretch() -> float:
    """How much longer a second of computing takes now than on an idle machine, which has a core for us."""
    started_s, used_s = time.monotonic(), time.thread_time()
    while time.thread_time() < used_s + SPIN_S:
        pass
    return min(MOST_STRETCH, max(1.0, (time.monotonic() - started_s) / SPIN_S))


def ended_within(kit: subprocess.Popen[bytes], most_s: float) -> bool:
    """Wait for the kit; stop it where it needs longer. It may tidy up then, for a while."""
    with suppress(subprocess.TimeoutExpired):
        kit.wait(most_s)
        return True
    kit.send_signal(signal.SIGTERM)
    try:
        kit.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        kit.kill()
        kit.wait()
    return False


def read_output(measured: Measured, folder: Path) -> None:
    out, err = (folder / "stdout").read_bytes(), (folder / "stderr").read_bytes()
    measured.stdout, measured.stderr = out.decode(errors="replace"), err.decode(errors="replace")
    measured.terminal_lines = len(measured.stdout.splitlines()) + len(measured.stderr.splitlines())
    measured.terminal_bytes = len(out) + len(err)


class Sampler(threading.Thread):
    """Looks at the memory of all processes of the kit, without those of the adapter, while it runs."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.kit = psutil.Process(pid)
        self.peak_mib = 0.0
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(LOOK_S):
            with suppress(psutil.Error):
                processes = [self.kit, *self.kit.children(recursive=True)]
                self.peak_mib = max(self.peak_mib, sum(map(resident_mib, processes)))

    def __enter__(self) -> "Sampler":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.join()


def resident_mib(process: psutil.Process) -> float:
    """0 for a process of the adapter."""
    with suppress(psutil.Error, OSError):
        command = process.cmdline()
        if MODULE in command and KIT not in command:
            return 0.0
        return float(process.memory_full_info().pss) / 1024**2  # pages that processes share count once
    return 0.0


def left_processes(mark: str) -> list[str]:
    """Name and end those that are still there."""
    deadline_s = time.monotonic() + MOMENT_S
    while (found := marked(mark)) and time.monotonic() < deadline_s:
        time.sleep(0.1)
    names = []
    for process in found:
        with suppress(psutil.Error):
            names.append("process " + ("of the adapter" if MODULE in process.cmdline() else "of the kit"))
            process.kill()
    return sorted(names)


def marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and (mark in process.cmdline() or process.environ().get(MARKER) == mark):
                found.append(process)
    return found


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder, in memory where the machine has such a place, that is removed however deep it has become."""
    memory = Path("/dev/shm")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="gallery-", dir=memory if memory.is_dir() else None))
    try:
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)
