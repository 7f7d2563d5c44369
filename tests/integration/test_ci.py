"""The shell code of the action and of docs/ci.md runs unchanged."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.action import STEPS, Runner, blocks
from tests.support.command import CHECKOUT

pytestmark = pytest.mark.exhaustive

RIGHT = "python:tests.fakes.surveyed:ClaimsConfig"
PORT = """\
from reference_impl.adapter import ReferenceAdapter


class ClaimsConfig(ReferenceAdapter):
    def hello(self, wire):
        return super().hello(wire) | {"capabilities": ["config"]}
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner before the step `judge`, with our kit instead of an installed one."""
    runner = Runner(tmp_path)
    kit = tmp_path / "kit" / "bin"
    kit.mkdir(parents=True)
    for name in ("python", "antigravity-conformance"):
        (kit / name).symlink_to(Path(sys.executable).with_name(name))
    runner.outputs["steps.install.outputs.folder"] = str(kit.parent)
    return runner


def test_action_finds_installed_python_and_node(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    assert runner.run("look").returncode == 0
    assert runner.outputs["steps.look.outputs.python"].startswith("python3")


def test_action_sets_up_missing_python_and_node(tmp_path: Path) -> None:
    runner, empty = Runner(tmp_path), tmp_path / "empty"
    empty.mkdir()
    done = runner.run("look", str(empty))
    assert (done.returncode, runner.outputs) == (0, {})
    conditions = {step["uses"].partition("@")[0]: step["if"] for step in STEPS if "uses" in step}
    assert conditions == {
        "actions/setup-python": "steps.look.outputs.python == ''",
        "actions/setup-node": "steps.look.outputs.node == ''",
    }


def test_old_python_and_node_do_not_count(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for name in ("python3", "node", "npm"):
        (old / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (old / name).chmod(0o755)
    runner = Runner(tmp_path)
    assert runner.run("look", str(old)).returncode == 0
    assert runner.outputs == {}


def test_installed_kit_judges(tmp_path: Path, installed_by_action: Path) -> None:
    runner = Runner(tmp_path, target=RIGHT, strict="true")
    runner.outputs["steps.install.outputs.folder"] = str(installed_by_action)
    done = runner.run("judge")
    assert done.returncode == 0, done.stdout + done.stderr
    assert runner.outputs["steps.judge.outputs.exit-code"] == "0"
    assert runner.outputs["steps.judge.outputs.verdict"] == "conformant"
    assert f"`{RIGHT}`, judged as recommended" in runner.summary.read_text(encoding="utf-8")


def test_non_conformant_target_fails_the_step(runner: Runner) -> None:
    runner.inputs["target"] = "python:tests.fakes.surveyed:ClaimsConfigAndTurnsTheOffsetOn"
    runner.summary.write_text("before\n", encoding="utf-8")
    done = runner.run("judge")
    assert done.returncode == 1, done.stderr
    assert "CFG-001   FAIL" in done.stdout
    assert runner.outputs["steps.judge.outputs.exit-code"] == "1"
    assert runner.outputs["steps.judge.outputs.verdict"] == "not conformant"
    summary = runner.summary.read_text(encoding="utf-8")
    assert summary.startswith("before\n## ❌ Conformance: not conformant\n")
    assert "<b>CFG-001</b>" in summary
    assert "\n::error title=CFG-001 " in done.stdout
    assert "CFG-001" in Path(runner.outputs["steps.judge.outputs.page"]).read_text(encoding="utf-8")
    report = json.loads(Path(runner.outputs["steps.judge.outputs.report"]).read_text(encoding="utf-8"))
    assert report["exit_code"] == 1


def test_inputs_reach_the_run(runner: Runner) -> None:
    runner.inputs |= {"target": "python:tests.fakes.surveyed:ClaimsNothing", "require": "PROC", "profile": "1.3.0"}
    done = runner.run("judge")
    assert done.returncode == 1
    assert re.search(r"PROC-001 +FAIL", done.stdout)
    assert not re.search(r"POOL-001 +FAIL", done.stdout)
    assert "profile  1.3.0" in done.stdout
    runner.inputs |= {"deviations": "no-such-file", "require": ""}
    done = runner.run("judge")
    assert (done.returncode, "no-such-file" in done.stderr) == (2, True)


def test_comparison_fails_for_regressions_only(runner: Runner) -> None:
    wrong = "python:tests.fakes.surveyed:ClaimsConfigAndTurnsTheOffsetOn"
    runner.inputs |= {"target": wrong, "compare": wrong}
    assert runner.run("judge").returncode == 0
    assert "no regression" in runner.summary.read_text(encoding="utf-8")
    runner.inputs |= {"compare": RIGHT}
    assert runner.run("judge").returncode == 1
    assert "**CFG-001**" in runner.summary.read_text(encoding="utf-8")


@pytest.mark.parametrize(("strict", "code"), [("true", 1), ("false", 0)])
def test_strict_makes_a_should_count(runner: Runner, strict: str, code: int) -> None:
    runner.inputs |= {"target": "python:tests.fakes.surveyed:ClaimsConfigAndReadsLatin1", "strict": strict}
    assert runner.run("judge").returncode == code


@pytest.mark.parametrize("changed", [{"profile": "9.9.9"}, {"strict": "yes"}, {"target": "$(touch injected)"}])
def test_wrong_input_is_wrong_usage(runner: Runner, changed: dict[str, str]) -> None:
    runner.inputs |= {"target": "reference"} | changed
    done = runner.run("judge")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "expected" in done.stderr or "invalid choice" in done.stderr or "unknown target" in done.stderr
    assert not (CHECKOUT / "injected").exists()


def test_run_that_never_began_has_a_summary(runner: Runner) -> None:
    runner.inputs |= {"target": "reference", "profile": "9.9.9"}
    runner.run("judge")
    assert runner.summary.read_text(encoding="utf-8").startswith("No verdict: the run ended with exit code 2 ")
    assert runner.outputs["steps.judge.outputs.verdict"] == "no verdict"


GH = """\
#!/bin/sh
echo "$*" >> "$0.log"
case "$*" in
  *--paginate*) {listing} ;;
  *) exit {code} ;;
esac
"""


@pytest.mark.parametrize(
    ("listing", "call"),
    [("true", "POST repos/o/r/issues/7/comments"), ("echo 5", "PATCH repos/o/r/issues/comments/5")],
    ids=["first", "later"],
)
def test_comment_is_written_once_and_then_updated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: str, call: str
) -> None:
    done, calls = commented(tmp_path, monkeypatch, GH.format(listing=listing, code=0))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert call in calls[-1]


@pytest.mark.parametrize("listing", ["true", "exit 1"])
def test_comment_that_is_refused_fails_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: str) -> None:
    """The token of a pull request from a fork may not write."""
    done, _ = commented(tmp_path, monkeypatch, GH.format(listing=listing, code=1))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("::warning::The comment was not written.")


def commented(
    folder: Path, monkeypatch: pytest.MonkeyPatch, gh: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The step `comment` with this program as gh, and the calls of it."""
    runner, program = Runner(folder), folder / "gh"
    program.write_text(gh, encoding="utf-8")
    program.chmod(0o755)
    (folder / "summary").write_text("## Conformance\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    runner.outputs |= {"github.token": "t", "github.event.number": "7"}
    runner.outputs["steps.judge.outputs.summary"] = str(folder / "summary")
    done = runner.run("comment", f"{folder}:{os.environ['PATH']}")
    return done, (folder / "gh.log").read_text(encoding="utf-8").splitlines()


def test_script_on_the_page_judges(tmp_path: Path, wheel: Path) -> None:
    script = blocks("sh")[0]
    (tmp_path / "conformance.sh").write_text(script, encoding="utf-8")
    (tmp_path / "port.py").write_text(PORT, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        ["sh", "conformance.sh", "python:port:ClaimsConfig"],
        cwd=tmp_path,
        env=environment | {"KIT": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "conformance.json").read_text(encoding="utf-8"))["conclusion"] == "conformant"
    assert (tmp_path / "conformance.xml").is_file()
