"""The kit asks only what a release claims: with fewer capabilities, it fails no rule that it keeps with all.

`EVERY_CAPABILITY=1` leaves out each capability, and takes each one alone, for every release on npm.
"""

import os
from collections.abc import Collection, Iterator, Sequence

import pytest

from conformance.requirements import load_catalogue
from conformance.requirements.deviations import shipped_deviations
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import resolve
from reference_impl.adapter import CAPABILITIES
from reference_impl.profiles import profile
from reference_impl.releases import NPM_VERSIONS
from tests.support.connected import ConnectedAdapter
from tests.support.judging import Case, judge_in_process, needs_processes
from tests.support.restricted import Restricted
from tests.support.tiers import sampled

EVERY = bool(os.environ.get("EVERY_CAPABILITY"))
CHECKED = CAPABILITIES if EVERY else ("clock", "offset", "stored-state")
RELEASES = NPM_VERSIONS if EVERY else NPM_VERSIONS[-1:]


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest) -> Iterator[tuple[str, ConnectedAdapter]]:
    target = resolve(f"npm:opencode-antigravity-auth@{request.param}", [])
    with Group([Launch(target.argv, target.environment, target.word)], timeout_s=60) as group:
        yield request.param, ConnectedAdapter(group.connections[0])


def wrong(
    cases: Sequence[Case], release: tuple[str, ConnectedAdapter], claimed: Collection[str]
) -> dict[str, list[str]]:
    """The rules that fail or stay unknown, with reasons."""
    version, adapter = release
    catalogue = load_catalogue()
    rules = [rule for rule in catalogue if not needs_processes(rule)]
    deviations = shipped_deviations(version, catalogue)
    outcome = judge_in_process(cases, lambda: Restricted(adapter, claimed), rules, version, deviations)
    return {
        verdict.requirement.id: [case.message for case in verdict.cases if case.message]
        for verdict in outcome.verdicts
        if verdict.word in ("fail", "unknown")
    }


@pytest.mark.parametrize("lacking", sampled(CHECKED))
def test_missing_capability_fails_no_rule(
    cases: Sequence[Case], release: tuple[str, ConnectedAdapter], lacking: str
) -> None:
    known = [word for word in CAPABILITIES if profile(release[0]).knows(word)]
    assert wrong(cases, release, [word for word in known if word != lacking]) == {}


@pytest.mark.exhaustive
@pytest.mark.parametrize("alone", CHECKED)
def test_capability_beside_sticky_fails_no_rule(
    cases: Sequence[Case], release: tuple[str, ConnectedAdapter], alone: str
) -> None:
    assert wrong(cases, release, ["sticky", alone]) == {}
