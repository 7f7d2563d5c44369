"""Judges the published releases, and compares the reference with them on generated scenarios."""

import json
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.reports.discrepancy import describe_discrepancy
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import shipped_deviations
from conformance.search.differential import DifferentialRunner
from conformance.search.fuzz import Bounds, Search
from conformance.search.oracle import Oracle, flip_quirks
from conformance.search.pools import NO_LISTS
from conformance.targets.connection import Connection
from conformance.targets.resolve import resolve
from conformance.targets.smoke import greet
from conformance.wire.answers import Raised, Result
from conformance.wire.calls import NOW_MS
from reference_impl.releases import NPM_VERSIONS
from tests.support.command import run_kit
from tests.support.tiers import releases_on_npm

pytestmark = [pytest.mark.needs_node]

CATALOGUE = load_catalogue()


@pytest.mark.parametrize("version", releases_on_npm())
def test_a_release_conforms_but_for_its_deviations(version: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    count = () if version == NPM_VERSIONS[-1] else ("--processes", "4")  # the newest is judged by the usual number
    run = run_kit("run", f"npm:opencode-antigravity-auth@{version}", "--json", str(report), "--strict", *count)
    assert run.returncode == 0, run.stdout + run.stderr
    entries = json.loads(report.read_text())["requirements"]
    assert {entry["id"] for entry in entries if entry["verdict"] == "waived"} == {
        deviation.requirement for deviation in shipped_deviations(version, CATALOGUE)
    }
    assert {entry["id"] for entry in entries if entry["verdict"] == "not claimed"} == {
        "PID-010",
        "PROC-005",
        "PROC-016",
    }


@pytest.mark.parametrize("version", releases_on_npm())
def test_the_reference_answers_as_the_release_does(version: str) -> None:
    """A fixed sample; `make soak` uses a million calls."""
    target = resolve(f"npm:opencode-antigravity-auth@{version}", [])
    with DifferentialRunner(target, Oracle(flip_quirks(version)), timeout_s=60) as runner:
        capabilities = greet(target, timeout_s=60).hello.capabilities
        search = Search(runner, capabilities, "sample", Bounds(calls=30_000, discrepancies=1))
        found = [
            line for discrepancy in search.run() for line in describe_discrepancy(discrepancy.to_json(target.word))
        ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("version", releases_on_npm())
def test_pool_without_list_fails_as_in_release(releases: dict[str, Connection], version: str) -> None:
    pools: list[Json] = [{"version": 3, "accounts": accounts, "activeIndex": 0} for accounts in NO_LISTS]
    calls = [("open", {"pool": stored, "pid": 0, "now_ms": NOW_MS}) for stored in pools]
    released = releases[version].batch(calls)
    referred = Oracle(flip_quirks(version)).answers(calls)
    assert {type(answer) for answer in referred} == {Raised, Result}
    assert [type(answer) for answer in released] == [type(answer) for answer in referred]
