"""The account on which each process starts: calculations, and processes of the releases."""

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.targets import npm
from conformance.targets.group import Group, Launch
from reference_impl.releases import NPM_VERSIONS
from tests.integration.errata.evidence import (
    NOW_MS,
    POOL_FILE,
    Release,
    put,
    shows,
)


@shows("E-01")
@pytest.mark.parametrize("n", range(2, 11))
def test_two_random_pids_meet_once_in_n(n: int) -> None:
    pairs = list(itertools.product(range(n), repeat=2))
    assert sum(a == b for a, b in pairs) / len(pairs) == 1 / n


@shows("E-07")
def test_the_pids_of_the_example_have_one_remainder() -> None:
    assert [pid % 3 for pid in (123, 456, 789)] == [0, 0, 0]


@shows("E-26")
def test_three_random_pids_meet_on_5_accounts() -> None:
    meeting = [pids for pids in itertools.product(range(5), repeat=3) if len(set(pids)) < 3]
    assert (len(meeting), len(meeting) / 5**3) == (65, 0.52)


@shows("E-01")
def test_equal_remainders_start_on_the_same_account(release: Release) -> None:
    assert release.first(1001, n=2) == release.first(1003, n=2)


@shows("E-02")
def test_processes_meet_when_their_accounts_are_limited(release: Release) -> None:
    places = []
    for pid in (1, 2):
        release.start(pid, n=4)
        start = release.select()
        release.limit(start)
        places.append((start, release.select()))
    assert places == [(1, 0), (2, 0)]


@shows("E-03")
@pytest.mark.needs_node
def test_pid_has_no_influence_in_the_summary(releases: dict[str, Release]) -> None:
    release = releases["1.3.0"]
    rows = [("sticky", False), ("round-robin", False), ("hybrid", False), ("hybrid", True), ("sticky", True)]
    starts = [{release.first(pid, strategy, offset=offset) for pid in range(3)} for strategy, offset in rows]
    assert starts == [{0}, {0}, {0}, {0}, {0, 1, 2}]
    readme = (release.package / "README.md").read_text(encoding="utf-8")
    assert '| **Parallel agents** | Add `"pid_offset_enabled": true` |' in readme


@shows("E-04")
def test_agents_in_one_process_share_an_account(release: Release) -> None:
    release.start(pid=1)
    agents: list[list[int]] = [[], []]
    for agent in agents * 5:
        agent.append(release.select())
    assert agents == [[1] * 5] * 2
    code = release.sources()["src/plugin/accounts.js"]
    (parameters,) = re.findall(r"^    getCurrentOrNextForFamily\((.*)\) \{$", code, re.MULTILINE)
    names = [parameter.split(" = ")[0] for parameter in parameters.split(", ")]
    assert names[:5] == ["family", "model", "strategy", "headerStyle", "pidOffsetEnabled"]
    assert names[5:] == (["softQuotaThresholdPercent", "softQuotaCacheTtlMs"] if release.is_from("1.4.5") else [])


@shows("E-05")
def test_processes_in_two_namespaces_have_equal_pids() -> None:
    namespace = ["unshare", "-U", "-r", "--pid", "--fork"]
    if not shutil.which("unshare") or subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no PID namespace can be made here")
    shell = [*namespace, "sh", "-c", "echo $$; read end"]
    with (
        subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one,
        subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
    ):
        assert one.stdout is not None
        assert other.stdout is not None
        pids = one.stdout.readline(), other.stdout.readline()
        assert (one.poll(), other.poll()) == (None, None)  # both are alive, because each waits for a signal
        one.communicate(b"\n")
        other.communicate(b"\n")
    assert pids == (b"1\n", b"1\n")


@shows("E-05")
def test_equal_pids_start_on_the_same_account(release: Release) -> None:
    assert release.first(7) == release.first(7) == 7 % 3


@shows("E-06")
@pytest.mark.parametrize(("n", "start_accounts"), [(2, 1), (4, 1), (8, 2), (3, 3), (5, 5)])
def test_multiples_of_4_reach_few_accounts(release: Release, n: int, start_accounts: int) -> None:
    assert len({release.first(pid, n=n) for pid in range(4, 204, 4)}) == start_accounts


@shows("E-07")
def test_processes_of_the_example_share_an_account(release: Release) -> None:
    assert [release.first(pid) for pid in (123, 456, 789)] == [0, 0, 0]
    assert [release.first(pid) for pid in (123, 124, 125)] == [0, 1, 2]


@shows("E-08")
def test_process_without_offset_starts_at_stored_index(release: Release) -> None:
    assert {release.first(pid, offset=False, index=2) for pid in range(6)} == {2}


@shows("E-09")
def test_the_offset_counts_from_the_stored_index(release: Release) -> None:
    assert [release.first(pid, index=1) for pid in (123, 124, 125)] == [1, 2, 0]


@shows("E-10")
@pytest.mark.parametrize(("pids", "accounts"), [((7, 7, 7), [1, 2, 0]), ((1, 3), [1, 1])])
def test_offsets_add_up_over_starts(release: Release, tmp_path: Path, pids: Sequence[int], accounts: list[int]) -> None:
    pool = {"version": 3, "accounts": [{"refreshToken": label} for label in "abc"], "activeIndex": 0}
    put(tmp_path / POOL_FILE, json.dumps(pool))
    starts = []
    for pid in pids:
        release.ask("open", home=str(tmp_path), pid=pid, now_ms=NOW_MS)
        starts.append(release.select())
        release.ask("save")
    assert starts == accounts


@shows("E-11")
def test_hybrid_without_candidate_applies_the_offset(release: Release) -> None:
    fresh, without = set(), set()
    for pid in range(3):
        release.start(pid)
        fresh.add(release.select("hybrid"))
        if release.version == "1.2.8":
            assert [release.select("hybrid") for _ in range(2)] == [1, 2]
        else:
            for label in "abc":
                release.ask("record_health", label=label, outcome="failure")
                assert release.ask("record_health", label=label, outcome="failure")["score"] < 50
        without.add(release.select("hybrid"))
    assert (fresh, without) == ({0}, {0, 1, 2})


@shows("E-12")
@pytest.mark.needs_node
@pytest.mark.parametrize("version", NPM_VERSIONS[1:])
@pytest.mark.parametrize(("consumed", "account"), [(0, 0), (40, 1)])
def test_tokens_outweigh_health(releases: dict[str, Release], version: str, consumed: int, account: int) -> None:
    release = releases[version]
    release.start(pid=0, n=2)
    scores = [release.ask("record_health", label="a", outcome="success")["score"] for _ in range(30)]
    assert scores[-1] == 100
    release.ask("consume_token", label="a", amount=consumed)
    assert release.select("hybrid") == account


@shows("E-12")
def test_1_2_8_keeps_no_health(release: Release) -> None:
    code = release.sources()["src/plugin/accounts.js"]
    assert ("getHealthTracker" in code) == (release.version != "1.2.8")


# Questions that the tutorial leaves open.


@shows("E-24")
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_a_process_keeps_its_account(release: Release, family: str) -> None:
    for pid in range(6):
        release.start(pid)
        assert {release.select(family=family) for _ in range(100)} == {pid % 3}


@shows("E-25")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin"])
def test_the_order_of_starts_has_no_influence(release: Release, strategy: str) -> None:
    with Group([Launch(npm.command(release.package))], timeout_s=60) as group:
        second = Release(release.version, release.package, group.connections[0])
        second.start(pid=2)  # before the first request of the other process ...
        release.start(pid=1)
        accounts = [release.select(strategy, offset=False), second.select(strategy, offset=False)]
        second.start(pid=2)  # ... and after it
        accounts.append(second.select(strategy, offset=False))
    assert accounts == [0, 0, 0]


@shows("E-26")
def test_three_processes_can_meet_on_5_accounts(release: Release) -> None:
    assert {release.first(pid, n=5) for pid in (5, 10, 15)} == {0}
    assert {release.first(pid, n=5, offset=False) for pid in range(15)} == {0}


@shows("E-27")
def test_disabled_and_limited_accounts_count(release: Release) -> None:
    starts = []
    for pid in (6, 1):
        release.start(pid, n=4, disabled="b")
        release.limit(3)
        starts.append(release.select())
    assert starts == [2, 0 if release.is_from("1.5.5") else 1]


@shows("E-28")
def test_a_limited_landing_place_is_left_for_good(release: Release) -> None:
    release.start(pid=1)
    release.limit(1)
    first = release.select()
    release.ask("advance", ms=1000)
    assert (first, release.select()) == (0, 0)


@shows("E-29")
def test_offset_is_applied_once_per_loaded_pool(release: Release) -> None:
    release.start(pid=1)
    assert release.select() == 1
    release.ask("remove", label="b")
    after = release.ask("select", family="claude", strategy="sticky", pid_offset_enabled=True)
    assert after == {"label": "c", "index": 1}
    assert release.first(1) == 1  # loaded again, in the same process
