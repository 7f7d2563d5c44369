"""Help on the way: suggestions, versions, `doctor`, completion, and paths as targets."""

import subprocess
from pathlib import Path

import pytest

from conformance.requirements import load_catalogue
from conformance.targets import namespaces
from conformance.targets.errors import UsageFault
from conformance.targets.resolve import resolve
from tests.support.checkouts import own_cache, write_checkout
from tests.support.command import Kit, run_kit

__all__ = ["own_cache"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rum", "reference"], "there is no command 'rum'; did you mean run?"),
        (["reference"], "there is no command 'reference'; did you mean run reference?"),
        (["run", "--onyl", "PID", "reference"], "unrecognized arguments: --onyl reference; did you mean --only?"),
        (["identify", "--cals=5", "reference"], "unrecognized arguments: --cals=5; did you mean --calls?"),
        (["run", "reference", "--bogus"], "unrecognized arguments: --bogus; see `antigravity-conformance run --help`"),
        (["run", "no/such/folder"], "there is no folder 'no/such/folder'"),
        (["doctor", "--", "x"], "doctor takes no command after --"),
    ],
)
def test_misspelt_word_suggests_the_nearest(kit: Kit, arguments: list[str], said: str) -> None:
    done = kit(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_version_names_kit_catalogue_and_python(kit: Kit) -> None:
    shown = kit("--version").stdout
    assert shown.startswith("antigravity-conformance ")
    assert f"{len(load_catalogue())} requirements, Python 3." in shown


@pytest.mark.parametrize("command", ["run", "identify", "fuzz", "spread", "replay"])
def test_usage_shows_command_after_dashes(kit: Kit, command: str) -> None:
    first, second, *_ = kit(command, "--help").stdout.splitlines()
    assert first.endswith("--pids PIDS" if command == "spread" else "TARGET")
    assert second.endswith("-- COMMAND ...")


def test_doctor_says_what_is_missing(kit: Kit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(namespaces, "why_not", namespaces.why_not.__wrapped__)  # an earlier test may have its answer
    done = kit("doctor")
    assert done.returncode == 0
    for name in ("Node", "npm", "namespaces", "git"):
        assert f"\n{name:<12}missing  " in done.stdout
    assert "without it: no releases (npm:) and no checkouts (plugin:)" in done.stdout


def test_doctor_asks_for_seccomp_as_races_does(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox can refuse what the kernel offers."""
    monkeypatch.setattr("conformance.cli.doctor.why_not", lambda: "a filter refuses it")
    (line,) = (line for line in kit("doctor").stdout.splitlines() if line.startswith("seccomp"))
    assert line.split(maxsplit=2) == ["seccomp", "missing", "a filter refuses it"]


def test_completion_is_a_shell_script(kit: Kit) -> None:
    script = kit("completion", "bash").stdout
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert "--fail-fast" in script


@pytest.mark.needs_node
@pytest.mark.usefixtures("own_cache")
def test_path_is_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_checkout(tmp_path / "fork")
    monkeypatch.chdir(tmp_path)
    for word in ("fork", "./fork/", str(tmp_path / "fork")):
        assert resolve(word, []).checkout == tmp_path / "fork"


@pytest.mark.needs_node
@pytest.mark.usefixtures("own_cache")
def test_folder_inside_a_checkout_finds_its_root(tmp_path: Path) -> None:
    fork = write_checkout(tmp_path / "fork", {"docs/page.md": "text"})
    found = resolve(f"plugin:{fork}/docs", [])
    assert found.checkout == fork
    assert found.notes[0] == f"{fork}/docs is a part of the checkout {fork}, which is judged as a whole"


def test_folder_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageFault, match="there is no folder"):
        resolve("../nothing/here", [])


def test_colours_are_forced_by_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = run_kit("run", "reference", "--only", "PID-001").stdout
    assert "\x1b[1;32mconformant (exit code 0)" in shown
