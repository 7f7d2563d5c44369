"""`run --watch` judges again after a change, and judges the rules that failed first."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.cli.init import TEMPLATES
from tests.support.kit_runs import BOUND_S, KIT


class Output:
    """The lines that a process prints, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.lines.put(line)

    def until(self, text: str) -> str:
        """All lines up to the first with this text."""
        seen = ""
        while text not in seen:
            seen += self.lines.get(timeout=BOUND_S)
        return seen


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[Output]:
    command = [KIT, "run", "--watch", *arguments, "python:port:Port"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield Output(process)
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(BOUND_S) == 130
        finally:
            process.kill()


def edit(folder: Path, old: str, new: str) -> None:
    port = folder / "port.py"
    text = port.read_text(encoding="utf-8")
    assert text.count(old) == 1
    port.write_text(text.replace(old, new), encoding="utf-8")


def test_failed_rules_are_judged_first(tmp_path: Path) -> None:
    """A port that cannot be started is explained; the rules that failed before come first again after that."""
    folder = tmp_path / "port"
    folder.mkdir()
    (folder / "port.py").write_text((TEMPLATES / "python" / "port.py").read_text(encoding="utf-8"), encoding="utf-8")
    with watching(folder, "--only", "POOL-002,ENA-006", "--json", str(folder / "report.json")) as output:
        first = output.until("waiting for a change in")
        assert "1 pass, 1 fail\n" in first
        edit(folder, "import os\n", "import no_such_module\n")
        assert "needs a module 'no_such_module'" in output.until("waiting for a change in")
        edit(folder, "import no_such_module\n", "import os\n")
        again = output.until("waiting for a change in")
        assert again.index("first, the rule that failed: POOL-002") < again.index("\n1 fail\n") < again.index("now all")


LOST = """\
import signal
from pathlib import Path
from conformance.cli import watch

def judge(rules):
    try:
        signal.raise_signal(signal.{signal})
    except KeyboardInterrupt:
        pass  # as in a finalizer
    return []

try:
    watch.watch(Path(), judge, [])
except KeyboardInterrupt:
    print("ended")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupt_that_is_lost_ends_the_watch(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-c", LOST.format(signal=name)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=BOUND_S)
    assert done.stdout.endswith("ended\n"), done.stderr
