"""After Ctrl-C, `races` and `fuzz` show and write what was found before, and exit with 130."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.cli import fuzz, races
from conformance.cli.main import main
from conformance.processes.races.exploring import Explored
from conformance.processes.races.judging import _judged
from conformance.processes.races.model import Outcome, Schedule
from conformance.processes.races.results import Judged, verdict
from conformance.processes.races.subject import NEEDS
from conformance.search.workers import Plan, State
from tests.support.races import failing_race

INTERRUPTED = 130
PASSED = replace(failing_race(), found={})
PLAN = Plan(
    word="reference",
    argv=[],
    environment={},
    pass_environment=[],
    capabilities=[],
    profile="1.6.0",
    seed="1",
    calls=None,
    seconds=None,
    discrepancies=1,
    timeout_s=1,
    database=None,
    shared=[],
    workers=1,
    cache="",
)


class Started:
    """Stands for the two processes of a target."""

    def __init__(self, *_: object, **__: object) -> None:
        self.states = {"present": None}

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[Judged]:
    """What `races` judges before it is interrupted, without processes."""
    judged: list[Judged] = []

    def judge(*_: object) -> Iterator[Judged]:
        yield from judged
        raise KeyboardInterrupt

    hello = SimpleNamespace(capabilities=NEEDS, version="1")
    monkeypatch.setattr(races, "why_not", lambda: "")
    monkeypatch.setattr(races, "greet", lambda *_, **__: SimpleNamespace(hello=hello))
    monkeypatch.setattr(races, "Subject", Started)
    monkeypatch.setattr(races, "judge_races", judge)
    return judged


def test_interrupted_races_show_and_write_failures(
    rows: list[Judged], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows.append(failing_race())
    files = {option: tmp_path / option[2:] for option in ("--json", "--html", "--svg", "--out")}
    words = [word for option, path in files.items() for word in (option, str(path))]
    assert main(["races", "reference", *words]) == INTERRUPTED
    said = capsys.readouterr()
    assert "RACE-001  MUST" in said.out
    assert said.err.splitlines()[-1] == "antigravity-conformance: interrupted"
    assert json.loads(files["--json"].read_text(encoding="utf-8"))["interrupted"] is True
    assert "interrupted" in files["--html"].read_text(encoding="utf-8")
    assert files["--svg"].stat().st_size > 0
    assert len(list(files["--out"].iterdir())) == 1


def test_interrupted_races_pass_no_rule(rows: list[Judged], tmp_path: Path) -> None:
    """A state that was not judged may break it."""
    rows.append(replace(PASSED))
    assert main(["races", "reference", "--json", str(tmp_path / "json")]) == INTERRUPTED
    rules = json.loads((tmp_path / "json").read_text(encoding="utf-8"))["rules"]
    assert {rule["verdict"] for rule in rules.values()} == {"unknown", "not run"}


def test_races_interrupted_in_a_state_keep_its_failures() -> None:
    def outcomes() -> Iterator[Outcome]:
        yield failing_race().found["RACE-001"].outcome
        raise KeyboardInterrupt

    def no_run(_: Schedule) -> Outcome:
        raise AssertionError("the processes are in an unknown state")

    row = _judged(Judged("present", "", "orders", ["RACE-001", "RACE-002"], Explored()), outcomes(), no_run)
    assert row.is_interrupted
    assert set(row.found) == {"RACE-001"}
    assert {verdict([row, PASSED], rule) for rule in row.rules} == {"unknown"}


@pytest.mark.parametrize("found", [[], ["one"]], ids=["nothing", "one discrepancy"])
def test_interrupted_fuzz_shows_what_was_found(
    found: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def search(_plan: Plan, _worker: int, report: Callable[[State], None]) -> None:
        report(State(calls=7, sessions=2, differences=len(found), by_kind={"open": 7}))
        raise KeyboardInterrupt

    monkeypatch.setattr(fuzz, "_plan", lambda *_: PLAN)
    monkeypatch.setattr(fuzz, "search", search)
    assert main(["fuzz", "reference"]) == INTERRUPTED
    said = capsys.readouterr()
    assert "the search ended early: interrupted" in said.out
    result = "differences in 1 session" if found else "none differs"
    assert f"7 calls in 2 sessions, {result}" in said.out
    assert said.err.splitlines()[-1] == "antigravity-conformance: interrupted"
