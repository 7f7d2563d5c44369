"""A failing run of a checkout names the faulty function, fits on a screen, and ends with the verdict."""

import json
from pathlib import Path

import pytest

from conformance.json_type import Json
from tests.support.checkouts import copy_release, own_cache
from tests.support.command import run_kit

__all__ = ["own_cache"]
pytestmark = [pytest.mark.needs_node, pytest.mark.usefixtures("own_cache")]
ROTATION = "dist/src/plugin/rotation.js"
SOURCE = "src/plugin/rotation.ts"  # from the source map of the release
RIGHT, WRONG = "current + this.config.successReward", "current - this.config.successReward"


def judge(folder: Path, *options: str) -> tuple[Json, str]:
    """Lower health by each success, and judge the rules of health."""
    fork = copy_release(folder / "fork", "1.6.0")
    source = (fork / ROTATION).read_text(encoding="utf-8")
    assert source.count(RIGHT) == 1
    (fork / ROTATION).write_text(source.replace(RIGHT, WRONG), encoding="utf-8")
    report = folder / "report.json"
    done = run_kit("run", str(fork), "--only", "HEA,HYB,TOK", "--json", str(report), *options)
    assert done.returncode == 1, done.stdout + done.stderr
    return json.loads(report.read_text(encoding="utf-8")), done.stdout


def test_one_line_fault_is_named_by_function(tmp_path: Path) -> None:
    report, shown = judge(tmp_path)
    lines = shown.splitlines()
    assert len(lines) <= 60
    assert max(map(len, (line for line in lines if "fork" not in line))) <= 80
    assert any(line.startswith("not conformant (exit code 1)") for line in lines[-3:])
    (reason,) = report["reasons"]
    assert reason["rule"] == "HEA-001"
    assert reason["shortest"]["difference"] == "score is 69 instead of 71"
    assert [call["method"] for call in reason["shortest"]["scenario"]["calls"]] == ["open", "record_health"]
    place = reason["places"][0]
    assert (place["function"], place["file"], place["changed"]) == ("recordSuccess", SOURCE, True)
    (edit,) = place["edits"]
    assert WRONG in edit["now"]
    assert edit["before"] == edit["now"].replace(WRONG, RIGHT)
    assert f"line {edit['line']}: " in " ".join(shown.split())
    failed = {entry["id"] for entry in report["requirements"] if entry["verdict"] == "fail"}
    assert {reason["rule"], *reason["further"], *reason["also"]} == failed
    assert "see recordSuccess" in shown


def test_quiet_run_prints_the_verdict_alone(tmp_path: Path) -> None:
    _, shown = judge(tmp_path, "--quiet")
    verdict, counts, musts = shown.splitlines()
    assert verdict.startswith("not conformant (exit code 1)")
    assert " fail" in counts
    assert musts.endswith("in all")
