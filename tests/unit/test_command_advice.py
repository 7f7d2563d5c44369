"""A command that cannot be started gets the advice that fits it."""

from pathlib import Path

import pytest

from conformance.targets.command_advice import advise
from tests.support.command import Kit

PROGRAMS = {
    "from-windows": b"#!/bin/sh\r\necho\r\n",
    "no-first-line": b"echo\n",
    "empty": b"",
    "of-another-system": b"\x7fELF\x02\x01\x01\x00\x00",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "adapter").write_text("#!/no/such/interpreter\n", encoding="utf-8")
    (tmp_path / "adapter").chmod(0o755)
    for name, content in PROGRAMS.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "port.go").write_text("package main\n", encoding="utf-8")
    (tmp_path / "port.go").chmod(0o644)
    (tmp_path / "build").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("adapter", "write ./adapter"),
        ("no-such-program-here", "on the PATH"),
        ("build/adapter", "build it first"),
        ("./build", "name the program in it"),
        ("./port.go", "is not a program"),
        ("./adapter", "interpreter in its first line, #!/no/such/interpreter, may be missing"),
        ("./from-windows", "ends with a carriage return"),
        ("./no-first-line", "begin the file with a line such as #!"),
        ("./empty", "begin the file with a line such as #!"),
        ("./of-another-system", "the program may be for another system"),
    ],
)
def test_advice_fits_the_command(folder: Path, word: str, advice: str) -> None:
    assert advice in advise([word], folder)


def test_file_without_dashes_gets_the_whole_command(kit: Kit, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    run = kit("run", "adapter")
    assert run.returncode == 2
    assert "antigravity-conformance run -- ./adapter" in run.stderr
