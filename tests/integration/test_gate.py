"""The gate holds file calls of any program, and lets them go, refuses or halves them."""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.targets.gate import support
from conformance.targets.gate.gated import Gated, Gates
from conformance.targets.group import Group, Launch
from tests.support.command import CHECKOUT, Kit

BOUND_S = 120.0
pytestmark = pytest.mark.skipif(support.why_not() != "", reason=support.why_not())

STATIC = r"""
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char line[8];
  puts("ready"); fflush(stdout); read(0, line, 8);
  chdir(argv[1]);
  mkdir("lock", 0700);
  int file = open("lock/file", O_CREAT | O_WRONLY, 0600);
  write(file, "four", 4);
  rename("lock/file", "file");
  rmdir("lock");
  puts("done"); fflush(stdout); read(0, line, 8);
}
"""


@contextmanager
def gated(code: str) -> Iterator[tuple[Gates, Gated, Path]]:
    """A Python process that runs `code` in the home folder when its gate is shut, and then answers with a line."""
    program = f"import os, sys; print('ready', flush=True); input()\nos.chdir(sys.argv[1])\n{code}\n"
    with started([sys.executable, "-I", "-c", f"{program}print(said, flush=True); input()"]) as process:
        yield process


@contextmanager
def started(argv: list[str]) -> Iterator[tuple[Gates, Gated, Path]]:
    with Group([], timeout_s=BOUND_S) as group:
        gates = Gates(group, group.home)
        process = gates.start(Launch([*argv, str(group.home)], name="gated"))
        gates.wait(process, time.monotonic() + BOUND_S)
        assert line_of(process) == "ready"
        gates.shut(process)
        process.connection._input.put(b"go\n")
        process.connection.on_input()
        yield gates, process, group.home
        gates.close()


def line_of(process: Gated) -> str:
    return (process.connection._output.take_line() or b"").decode().strip()


def held(gates: Gates, process: Gated) -> Iterator[str]:
    """Each held call, as text. It goes on afterwards, unless the test has answered it."""
    while True:
        gates.wait(process, time.monotonic() + BOUND_S)
        if not process.waiting:
            return
        first, call = process.waiting[0]
        names = [Path(path).name for path in call.paths]
        yield " ".join([call.verb, *names])
        if process.waiting and process.waiting[0][0] is first:
            gates.let_go(process)


def test_call_runs_only_when_it_is_let_go() -> None:
    code = "os.mkdir('a'); os.rename('a', 'b'); os.rmdir('b'); said = 'done'"
    with gated(code) as (gates, process, home):
        seen = [(text, sorted(os.listdir(home))) for text in held(gates, process) if text.split()[-1] in "ab"]
        before = sorted(os.listdir(home))
        assert line_of(process) == "done"
    assert [text for text, _ in seen] == ["mkdir a", "rename a b", "rmdir b"]
    assert [sorted(set(files) - set(before)) for _, files in seen] == [[], ["a"], ["b"]]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_refused_call_fails_with_the_error(error: int) -> None:
    code = "said = 0\ntry: os.mkdir('a')\nexcept OSError as error: said = error.errno"
    with gated(code) as (gates, process, home):
        for text in held(gates, process):
            if text == "mkdir a":
                gates.refuse(process, error)
        assert line_of(process) == str(error)
        assert not (home / "a").exists()


def test_half_of_a_write_moves_the_position() -> None:
    code = "file = os.open('a', os.O_CREAT | os.O_WRONLY); said = os.write(file, b'abcd'), os.write(file, b'ef')"
    halved = 0
    with gated(code) as (gates, process, home):
        for text in held(gates, process):
            if text == "write a" and not halved:
                halved += gates.write_half(process)
        assert line_of(process) == "(2, 2)"
        assert (home / "a").read_bytes() == b"abef"


@pytest.mark.parametrize(
    "code",
    [
        "file = os.open('file', os.O_CREAT | os.O_RDWR); said = os.write(file, b'')",
        "import ctypes; os.mkfifo('file'); file = os.open('file', os.O_RDWR); said = os.write(file, b'four')",
        "import ctypes; file = os.open('file', os.O_CREAT | os.O_RDWR); "
        "said = ctypes.CDLL(None).write(file, ctypes.c_void_p(-1), ctypes.c_size_t(2**40))",
    ],
    ids=["nothing", "a pipe", "from nowhere"],
)
def test_write_that_cannot_be_halved_goes_on(code: str) -> None:
    with gated(code) as (gates, process, _):
        for text in held(gates, process):
            if text.startswith("write"):
                assert not gates.write_half(process)
        assert line_of(process) in ("0", "4", "-1")


def test_call_with_a_wrong_address_is_not_held() -> None:
    code = "import ctypes; said = ctypes.CDLL(None).open(ctypes.c_void_p(-1), 0)"
    with gated(code) as (gates, process, _):
        assert list(held(gates, process))[-1:] != ["open"]
        assert line_of(process) == "-1"


def test_long_path_of_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of a socket has at most 107 bytes."""
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with gated("os.mkdir('a'); said = 'done'") as (gates, process, home):
        assert len(str(home)) > 107
        assert "mkdir a" in list(held(gates, process))
        assert line_of(process) == "done"


def test_files_elsewhere_are_not_held() -> None:
    with gated("said = len(os.listdir('/')) > 0 and os.path.exists('/etc')") as (gates, process, _):
        assert all("etc" not in text for text in held(gates, process))
        assert line_of(process) == "True"


def test_rings_are_refused() -> None:
    """A file call through io_uring could not be held."""
    code = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); libc.syscall(425, 8, 0); said = ctypes.get_errno()"
    with gated(code) as (gates, process, _):
        assert list(held(gates, process)) in ([], ["stat home"])
        assert line_of(process) == str(errno.ENOSYS)


def test_killed_process_frees_its_gate() -> None:
    with gated("os.mkdir('a'); said = ''") as (gates, process, home):
        assert "mkdir a" in (text for text in held(gates, process))
        gates.kill(process)
        assert not (home / "a").exists()
        assert gates.processes == []


def test_static_program_is_held(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    (tmp_path / "program.c").write_text(STATIC)
    program = str(tmp_path / "program")
    subprocess.run([compiler, "-static", "-w", "-o", program, str(tmp_path / "program.c")], check=True)
    with started([program]) as (gates, process, home):
        calls = list(held(gates, process))
        assert line_of(process) == "done"
        assert (home / "file").read_text() == "four"
    assert calls == ["mkdir lock", "open file", "write file", "rename file file", "rmdir lock"]


def test_gate_needs_no_privilege() -> None:
    """Without a capability, as in a container with Docker's default profile."""
    if shutil.which("setpriv") is None:
        pytest.skip("there is no `setpriv` on the PATH (package util-linux)")
    code = "from conformance.targets.gate.support import why_not; print(repr(why_not()))"
    bare = ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    done = subprocess.run([*bare, sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "''"


def test_other_machines_are_not_run(monkeypatch: pytest.MonkeyPatch, kit: Kit) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    monkeypatch.setattr(support, "why_not", support.why_not.__wrapped__)
    monkeypatch.setattr("conformance.cli.races.why_not", support.why_not)
    done = kit("races", "reference")
    assert done.returncode == 5
    assert done.stdout.startswith("not run: the gate supports x86_64 and aarch64, not riscv64")
