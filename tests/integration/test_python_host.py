"""A Python port in a separate process: found by name, isolated from its own prints, with clear error messages."""

import sys
import tempfile
from pathlib import Path

import pytest

from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import NotSupported, Result

BOUND_S = 120.0
PORT = """
import os, subprocess, sys, threading
print("printed while it is imported")
subprocess.run(["echo", "said by a child"])
assert sys.stdin.read() == "", "the calls are not for the port to read"

class Port:
    def hello(self, wire):
        print("printed in a call")
        return {"name": "port", "version": "1", "language": "python", "capabilities": [], "pid": os.getpid()}
    def snapshot(self):
        return {"cursor": threading.active_count()}

class Nested:
    create = Port

number = 7

def broken():
    raise LookupError("no such pool")
"""


def serve(target: str, folder: Path | None, cwd: Path | None = None) -> Group:
    argv = [sys.executable, "-P", "-m", "conformance.targets.python_host", target]
    if folder is not None:
        argv += ["--path", str(folder)]
    return Group([Launch(argv, name="the port", cwd=cwd)], timeout_s=BOUND_S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my_port.py").write_text(PORT)
    (tmp_path / "needs_more.py").write_text("import package_that_is_not_there\n")
    (tmp_path / "psutil.py").write_text(PORT)
    (tmp_path / "raises.py").write_text("1 / 0\n")
    return tmp_path


@pytest.mark.parametrize("attribute", ["Port", "Nested.create"])
def test_port_that_prints_is_served(folder: Path, attribute: str) -> None:
    with serve(f"my_port:{attribute}", folder) as group:
        connection = group.connections[0]
        assert connection.hello().pid == connection.pid
        assert connection.call("snapshot") == Result({"cursor": 1})  # a single thread, so that fork is safe
        assert connection.call("save") == NotSupported("save")


def test_fork_is_a_descendant(folder: Path) -> None:
    with serve("my_port:Port", folder) as group:
        connection = group.connections[0]
        forked = connection.call("fork", calls=[{"method": "hello", "params": {"wire": 1}}])
        assert isinstance(forked, Result)
        (hello,) = forked.value["answers"]
        assert hello["result"]["pid"] == forked.value["pid"] != connection.pid
        assert connection.hello().pid == connection.pid


def test_hostile_working_directory_is_not_imported(folder: Path) -> None:
    for name in ("conformance", "psutil", "pydantic", "json"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise SystemExit('mine instead')\n")
    for place in (None, folder):
        with serve("reference_missing:x", place, cwd=folder) as group:
            with pytest.raises(AdapterFault) as caught:
                group.connections[0].hello()
            assert "mine instead" not in str(caught.value)
    with serve("my_port:Port", folder, cwd=folder) as group:
        assert group.connections[0].hello().name == "port"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("my_port", "'my_port' names no factory; expected MODULE:ATTRIBUTE"),
        ("no_port:Port", "there is no module 'no_port' in the installed packages and "),
        ("my_port.sub:Port", "there is no module 'my_port.sub' in the installed packages and "),
        ("needs_more:Port", "importing needs_more failed, because it needs a module 'package_that_is_not_there'"),
        ("raises:Port", "importing raises raised ZeroDivisionError: division by zero"),
        ("my_port:Prot", "my_port:Prot: there is no 'Prot' in my_port ("),
        ("no_port:Port", "install it, or run in its folder"),
        ("random:Port", "'random' is a module of Python's own, which hides any other; give the port's module another"),
        ("test.port:Port", "'test' is a module of Python's own, which hides any other; give the port's module another"),
        ("psutil:Port", "/psutil/__init__.py hides "),
        ("my_port:number", "my_port:number is 7; expected a factory"),
        ("my_port:broken", "calling my_port:broken raised LookupError: no such pool"),
    ],
)
def test_wrong_target_is_reported(folder: Path, target: str, expected: str) -> None:
    with serve(target, folder) as group, pytest.raises(AdapterFault) as caught:
        group.connections[0].hello()
    assert "exited with code 3 before it answered `hello`" in str(caught.value)
    assert "python_host: " in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("word", ["reference@1.4.3", "python:tests.mutants.processes:PidReadWhenMade"])
def test_child_of_any_start_method_serves(word: str, method: str) -> None:
    target = resolve(word, [])
    with Group([Launch([*target.python_host, "--start", method])] * 2, timeout_s=60) as group:
        for connection in group.connections:
            hello = connection.hello()
            assert hello.pid != connection.pid
            assert connection.pid_status(hello.pid) == "verified"
            assert hello.profile == (word.partition("@")[2] or "recommended")
            opened = connection.call("open", pool={"accounts": [{"refreshToken": "a"}]})
            assert opened == Result({"accounts": ["a"]})


def test_forkserver_works_in_a_long_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of its socket would be longer than a socket address allows."""
    folder = tmp_path / ("a" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    target = resolve("reference", [])
    with Group([Launch([*target.python_host, "--start", "forkserver"])], timeout_s=BOUND_S) as group:
        assert group.folder.is_relative_to(folder)
        assert group.connections[0].hello().name == "reference"


def test_command_has_no_start_method() -> None:
    assert resolve(None, [sys.executable, "-m", "reference_impl"]).python_host == []
