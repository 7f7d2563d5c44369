"""The published releases, judged for real; and the reference held to them on generated scenarios."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.requirements.catalogue import RELEASES
from conformance.targets.connection import Connection, Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Answer, Raised, Result
from conformance.wire.calls import NOW_MS, POOL_FILE
from conformance.wire.files import ask
from conformance.wire.scenario import Call, Scenario, show_answer
from reference_impl.javascript import to_number
from tests.command import run_kit
from tests.generate import file_sessions, pool_files, scenarios

Json = Any
pytestmark = [pytest.mark.needs_node]

# Every requirement that a release breaks; each is a deviation of that release, with its evidence.
IN_EVERY_RELEASE = {
    *("POOL-007", "POOL-011", "POOL-012", "STO-008", "STO-009", "STO-010", "STO-012"),
    *("WAIT-008", "WAIT-009", "REM-010", "REM-012", "LAY-004"),
}
SINCE_1_3_0 = {"HYB-006", "HYB-008", "HEA-016", "HEA-017", "TOK-014", "TOK-015", "WAIT-015", "CFG-009", "LAY-005"}
BROKEN = {
    "1.2.8": {"POOL-009"},
    "1.3.0": {"POOL-009", "ENV-021", "ENV-024"} | SINCE_1_3_0,
    "1.4.3": {"POOL-009", "WAIT-011", "ENA-003", "ENA-005", "ENA-007", "ENV-021", "LAY-003", "LAY-024", "PROC-009"}
    | SINCE_1_3_0,
    "1.6.0": {"SOFT-014", "WAIT-011", "ENV-008", "ENV-026", "ENV-027", "LAY-003"} | SINCE_1_3_0,
}


@pytest.mark.parametrize("version", RELEASES)
def test_a_release_conforms_but_for_its_deviations(version: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = run_kit("run", f"npm:opencode-antigravity-auth@{version}", "--json", str(report), "--strict")
    assert run.returncode == 0, run.stdout + run.stderr
    entries = json.loads(report.read_text())["requirements"]
    assert {entry["id"] for entry in entries if entry["verdict"] == "waived"} == BROKEN[version] | IN_EVERY_RELEASE
    assert {entry["id"] for entry in entries if entry["verdict"] == "not claimed"} == {
        "PID-010",
        "PROC-005",
        "PROC-016",
    }


@dataclass(frozen=True)
class Pair:
    """A release, and the reference under its profile."""

    reference: Connection
    release: Connection

    @property
    def capabilities(self) -> set[str]:
        return set(self.reference.hello().capabilities) & set(self.release.hello().capabilities)

    def compare(self, calls: Sequence[Call], files: Mapping[str, Json] | None = None) -> None:
        """Ask both, each in a folder of its own: 1.6.0 writes the file that it has migrated."""
        reference, release = (self._ask(each, calls, files or {}) for each in (self.reference, self.release))
        assert reference == release

    def _ask(self, connection: Connection, calls: Sequence[Call], files: Mapping[str, Json]) -> list[Json]:
        return comparable(ask(Scenario(calls, files), connection.batch))


@pytest.fixture(scope="module", params=RELEASES)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    words = (f"reference@{request.param}", f"npm:opencode-antigravity-auth@{request.param}")
    launches = [Launch(target.argv, target.environment, target.word) for target in (resolve(w, []) for w in words)]
    with Group(launches, timeout_s=60) as group:
        yield Pair(*group.connections)


def test_the_reference_answers_as_the_release_does(pair: Pair) -> None:
    @settings(max_examples=400, derandomize=True, database=None, deadline=None)
    @given(calls=scenarios(pair.capabilities))
    def compare(calls: list[Call]) -> None:
        pair.compare(calls)

    compare()


def test_the_reference_reads_pool_files_as_the_release_does(pair: Pair) -> None:
    @settings(max_examples=150, derandomize=True, database=None, deadline=None)  # a folder and a file lock each
    @given(content=pool_files(), calls=file_sessions(pair.capabilities))
    def compare(content: str, calls: list[Call]) -> None:
        pair.compare(calls, {POOL_FILE: {"text": content}})

    compare()


def comparable(answers: Sequence[Answer]) -> list[Json]:
    """What both must agree on: results and refusals; that a call failed, not in which words; snapshots as shown."""
    now_ms, shown = NOW_MS, []
    for answer in answers:
        if not isinstance(answer, Result):
            shown.append("failed" if isinstance(answer, Raised) else show_answer(answer))
        elif isinstance(answer.value, dict) and "active_index_by_family" in answer.value:
            shown.append(show_snapshot(answer.value, now_ms))
        else:
            shown.append(answer.value)
            if isinstance(answer.value, dict) and "now_ms" in answer.value:
                now_ms = answer.value["now_ms"]
    return shown


def show_snapshot(snapshot: Json, now_ms: float) -> Json:
    """The state without what a release keeps and nothing can be seen of.

    Limits and cooldowns that have ended stay until an account is looked at; stored times stay as they were written;
    the cursor of an empty pool is whatever was stored. 1.2.8 and 1.3.0 do not load `enabled`.
    """
    accounts = []
    for account in snapshot["accounts"]:
        limits = {key: to_number(end) for key, end in account["rate_limit_reset_times_ms"].items()}
        rest_ms = to_number(account.get("cooling_down_until_ms"))
        accounts.append(
            {
                **{key: account[key] for key in ("label", "index", "last_used_ms")},
                "limits": {key: end for key, end in limits.items() if now_ms < end},
                "cooling_down_until_ms": rest_ms if now_ms < rest_ms else None,
            }
        )
    return {
        "accounts": accounts,
        "cursor": snapshot["cursor"] if accounts else None,
        "active_index_by_family": snapshot["active_index_by_family"],
    }
