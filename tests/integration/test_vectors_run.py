"""Vectors that `run` and `vectors check` ask of a target."""

import json
from pathlib import Path

import pytest

from tests.support.command import Kit
from tests.support.tiers import releases_on_npm
from tests.support.vectors import ANSWERED, DOCUMENT, OPEN, SELECT, store


def test_failing_vector_is_named_with_its_command(kit: Kit, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    target = "python:tests.mutants.selection:ReturnsToTheOldAccount"
    done = kit("run", target, "--only", "SOFT-001", "--json", str(file))
    assert done.returncode == 1
    (rule,) = json.loads(file.read_text(encoding="utf-8"))["requirements"]
    failed = [case["case"] for case in rule["cases"] if case["outcome"] == "fail"]
    assert "test_90_vectors.py::test_vector[soft-sticky-moves-on]" in failed
    assert "repeat: antigravity-conformance run --only SOFT-001" in done.stdout


@pytest.mark.parametrize(
    ("target", "code", "shown"),
    [
        ("reference", 0, "1 vectors asked, 0 differ"),
        ("reference@1.4.3", 5, "0 vectors asked"),
        ("python:tests.mutants.selection:PoolInReverse", 0, "1 vectors asked"),
        ("python:tests.mutants.selection:PhantomAccount", 1, "stk/stk-one.json: calls.1: select answered"),
        ("pyton:x", 2, ""),
    ],
)
def test_check_asks_a_target(tmp_path: Path, target: str, code: int, shown: str, kit: Kit) -> None:
    empty = OPEN | {"params": {"pool": {"accounts": []}}}
    calls = [empty, SELECT | {"expect": None}] if "Phantom" in target else [OPEN, ANSWERED]
    store(tmp_path, DOCUMENT | {"calls": calls})
    done = kit("vectors", "check", "--folder", str(tmp_path), "--target", target)
    assert done.returncode == code, done.stdout + done.stderr
    assert shown in done.stdout


def test_check_skips_a_vector_whose_given_fails(tmp_path: Path, kit: Kit) -> None:
    pool = {"accounts": [{"refreshToken": "fig"}, {"refreshToken": "plum"}]}
    opened = {"method": "open", "params": {"pid": 0, "pool": pool}}
    params = {"family": "claude", "strategy": "sticky", "pid_offset_enabled": True}
    shifted = ANSWERED | {"params": params}
    first = DOCUMENT | {"id": "pid-one", "requirements": ["PID-001"], "needs": ["offset", "pid", "sticky"]}
    store(tmp_path, first | {"calls": [opened, shifted]}, "pid/pid-one.json")
    then = {"id": "pid-two", "given": "pid-one", "calls": [opened, shifted, shifted]}
    store(tmp_path, first | then, "pid/pid-two.json")
    target = "python:tests.mutants.selection:CountsFromOne"
    done = kit("vectors", "check", "--folder", str(tmp_path), "--target", target)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "pid/pid-two.json: not asked, because pid-one, which has the same first calls, fails" in done.stdout
    assert "1 vectors asked, 1 differ, 1 not asked" in done.stdout


@pytest.mark.needs_node
@pytest.mark.parametrize("version", releases_on_npm())
def test_release_answers_as_its_vectors_expect(version: str, kit: Kit) -> None:
    done = kit("vectors", "check", "--target", f"npm:opencode-antigravity-auth@{version}")
    assert done.returncode == 0, done.stdout
    assert "0 differ, 0 not asked" in done.stdout
