"""The simulation agrees with closed forms, and its result depends only on the seed."""

import math
from dataclasses import replace
from statistics import fmean, stdev

import pytest

from conformance.simulation import measures, quota
from conformance.simulation.deciders import ReferenceProcesses
from conformance.simulation.experiment import Decider, Task, effective, run_alike, run_all, simulate
from conformance.simulation.measures import Measures
from conformance.simulation.model import Agents, Limits, Load, Pids, Situation, agents_of, setting
from conformance.simulation.run import Record, run
from conformance.targets.resolve import Target
from reference_impl.profiles import profile

RELEASE = "1.6.0"
DECIDER = Decider(Target(f"reference@{RELEASE}", []), RELEASE)
SHORT = Load(minutes=2)
PROCESSES = ReferenceProcesses(profile(RELEASE))


def first_accounts(pids: Pids, agents: int, accounts: int, seed: str) -> list[str | None]:
    """The first account of each process, with sticky and offset and without limits."""
    situation = Situation(Agents(agents, agents, pids), Limits(accounts), Load(minutes=0.1, latency_s=60))
    record = run(situation, DECIDER.config(setting("sticky+offset").config), seed, PROCESSES)
    return [selections[0][1] for selections in record.selections]


@pytest.mark.parametrize(("agents", "accounts"), [(4, 4), (8, 3), (8, 9)])
def test_random_pids_fall_like_balls_into_bins(agents: int, accounts: int) -> None:
    """The mean number of unused accounts is M (1 - 1/M)^N, within 4 standard errors over 60 seeds."""
    unused = [accounts - len(set(first_accounts(Pids("random"), agents, accounts, str(seed)))) for seed in range(60)]
    exact = accounts * (1 - 1 / accounts) ** agents
    assert abs(fmean(unused) - exact) < 4 * stdev(unused) / math.sqrt(len(unused))


@pytest.mark.parametrize("accounts", [1, 2, 5, 9])
def test_equal_pids_share_one_account(accounts: int) -> None:
    assert len(set(first_accounts(Pids("equal"), 8, accounts, "1"))) == 1


@pytest.mark.parametrize("accounts", [1, 2, 5, 9])
@pytest.mark.parametrize("stride", [1, 2])
def test_consecutive_pids_use_each_account_once(accounts: int, stride: int) -> None:
    """N processes with a stride use N / gcd(N, stride) of N accounts."""
    found = first_accounts(Pids("consecutive", stride), accounts, accounts, "7")
    assert len(set(found)) == accounts // math.gcd(accounts, stride)


def test_equal_pids_equal_no_offset() -> None:
    """All processes move by the same number, so the shares are the same, of other accounts."""
    situation = Situation(agents_of("containers", 8), Limits(4, per_minute=10), SHORT)
    plain, moved = simulate(DECIDER, situation, [setting("sticky"), setting("sticky+offset")], ["a", "b"])
    assert plain.runs == moved.runs


def test_one_account_answers_at_most_its_limit() -> None:
    """With 3 requests a minute, at most 3 in each of 10 minutes are accepted, and the agents want more."""
    situation = Situation(agents_of("terminals", 4), Limits(1, per_minute=3), Load(minutes=10))
    record = run(situation, DECIDER.config({}), "1", PROCESSES)
    times = sorted(each.answered_ms for each in record.requests if each.answered_ms is not None)
    assert all(later - earlier >= 60_000 for earlier, later in zip(times, times[3:], strict=False))
    assert 20 <= len(times) <= 30


def test_requests_at_once_never_exceed_limit() -> None:
    situation = Situation(agents_of("jobs", 12), Limits(2, at_once=2), Load(minutes=5))
    record = run(situation, DECIDER.config({"account_selection_strategy": "round-robin"}), "1", PROCESSES)
    for label in ("account-0", "account-1"):
        spans = [(each.answered_ms, each.ended_ms or math.inf) for each in record.requests if each.label == label]
        assert spans
        assert all(sum(start <= at < end for start, end in spans if start is not None) <= 2 for at, _ in spans if at)


def test_projects_share_limits() -> None:
    """Four accounts of one project answer as many requests as one account."""
    situation = Situation(agents_of("jobs", 8), Limits(4, projects=1, per_minute=5), Load(minutes=5))
    record = run(situation, DECIDER.config({"account_selection_strategy": "round-robin"}), "1", PROCESSES)
    assert sum(each.label is not None for each in record.requests) <= 25


def test_agents_of_one_server_share_selection() -> None:
    """One process selects for all agents, so the first selection applies the offset for all of them."""
    situation = Situation(agents_of("server", 8), Limits(5), SHORT)
    record = run(situation, DECIDER.config(setting("sticky+offset").config), "3", PROCESSES)
    assert len(record.selections) == 1
    assert len({label for _, label in record.selections[0]}) == 1


def test_saved_index_moves_later_starts() -> None:
    """A process that saves its account moves the start of the processes that load the pool afterwards (E-10)."""
    agents = Agents(6, 6, Pids("equal"), gap_s=10)
    situation = Situation(agents, Limits(5), replace(SHORT, pause_s=1000))
    config = DECIDER.config(setting("sticky+offset").config)
    shared = run(situation, config, "1", PROCESSES)
    own = run(replace(situation, agents=replace(agents, pool="own")), config, "1", PROCESSES)
    assert len({each[0][1] for each in own.selections}) == 1
    assert len({each[0][1] for each in shared.selections}) == 5


def test_restarted_process_gets_new_pid() -> None:
    situation = Situation(Agents(2, 2, Pids("consecutive"), restart_s=30), Limits(4), SHORT)
    record = run(situation, DECIDER.config(setting("sticky+offset").config), "1", PROCESSES)
    assert len(record.pids) == len(set(record.pids)) == 8


def selected(record: Record) -> list[list[tuple[float, str | None]]]:
    return record.selections


@pytest.mark.parametrize("word", ["round-robin", "sticky"])
def test_pids_have_no_effect(word: str) -> None:
    """`run_all` relies on this: it simulates round-robin with and without offset once."""
    config = DECIDER.config(setting(word).config)
    situation = Situation(agents_of("jobs", 6), Limits(4, per_minute=8), SHORT)
    others = replace(situation, agents=replace(situation.agents, pids=Pids("equal")))
    assert selected(run(situation, config, "1", PROCESSES)) == selected(run(others, config, "1", PROCESSES))


def test_offset_has_no_effect_under_round_robin() -> None:
    situation = Situation(agents_of("jobs", 6), Limits(4, per_minute=8), SHORT)
    plain, moved = (DECIDER.config(setting(word).config) for word in ("round-robin", "round-robin+offset"))
    assert selected(run(situation, plain, "1", PROCESSES)) == selected(run(situation, moved, "1", PROCESSES))
    tasks = [effective(Task(situation, setting(word), "1")) for word in ("round-robin", "round-robin+offset")]
    assert tasks[0] == tasks[1]


@pytest.mark.parametrize(("initial", "differ"), [(70, False), (40, True)])
def test_alike_runs_equal_own_runs(initial: int, differ: bool) -> None:
    """Hybrid applies the offset only without a candidate: here if accounts begin with less than 50 points of health."""
    changed = {"health_score.initial": initial}
    tasks = [
        Task(Situation(Agents(5, 5, Pids(pattern), pool="own"), Limits(3, at_once=1), SHORT), settings, "1")
        for pattern in ("apart", "equal")
        for settings in (setting("hybrid+offset", changed), setting("hybrid", changed))
    ]
    own = [run_all(DECIDER, [task])[0] for task in tasks]
    assert run_alike(DECIDER, tasks) == own
    assert (len(set(own)) > 1) is differ


def test_all_settings_get_equal_load() -> None:
    """Without limits, agents send at the same times whatever is selected."""
    situation = Situation(agents_of("jobs", 4), Limits(3), SHORT)
    times = [
        [each.began_ms for each in run(situation, DECIDER.config(setting(word).config), "1", PROCESSES).requests]
        for word in ("sticky", "round-robin", "hybrid")
    ]
    assert times[0] == times[1] == times[2]
    assert len(times[0]) > 20


def test_switch_sends_prompt_again() -> None:
    """A switched request re-sends the prompt; one that stays sends nothing again."""
    situation = Situation(agents_of("jobs", 1), Limits(2), Load(minutes=3, growth_tokens=10, prompt_tokens=1000))
    stays = run(situation, DECIDER.config(setting("sticky").config), "1", PROCESSES)
    moves = run(situation, DECIDER.config(setting("round-robin").config), "1", PROCESSES)
    assert {each.resent_tokens for each in stays.requests} == {0}
    assert [each.resent_tokens for each in moves.requests[:4]] == [0, 1000, 10, 10]


def test_no_retry_after_waits_a_minute() -> None:
    """Without a retry-after, release 1.6.0 waits 60 s with the same account, after one second."""
    situation = Situation(
        agents_of("jobs", 2), Limits(2, at_once=1), Load(minutes=3, pause_s=9999, latency_s=50, latency_sigma=0)
    )
    record = run(situation, DECIDER.config(setting("sticky").config), "1", PROCESSES)
    late = max(record.requests, key=lambda each: each.began_ms)
    assert late.rejections == 1
    assert late.answered_ms == late.began_ms + 300 + 1_000 + 60_000


def test_long_limit_makes_request_fail() -> None:
    """A limit that lasts longer than max_rate_limit_wait_seconds makes the plugin give up."""
    situation = Situation(agents_of("jobs", 2), Limits(2, per_window=2), Load(minutes=5))
    record = run(situation, DECIDER.config(setting("round-robin").config), "1", PROCESSES)
    assert sum(each.label is not None for each in record.requests) == 4
    assert any(each.ended_ms is not None and each.label is None for each in record.requests)


def test_soft_quota_spares_account() -> None:
    """With a threshold, no account is used up; without one, each is."""
    situation = Situation(agents_of("jobs", 1), Limits(1, per_window=20), Load(minutes=3, pause_s=1, latency_s=2))
    changed = {"quota_refresh_interval_minutes": 0.2, "soft_quota_threshold_percent": 50}
    answered = [
        sum(each.label is not None for each in run(situation, DECIDER.config(config), "1", PROCESSES).requests)
        for config in ({}, changed)
    ]
    assert answered[0] == 20
    assert 10 <= answered[1] < 20


def test_sliding_window_waits_for_oldest() -> None:
    limit = quota.Sliding(2, 1000, quota.RATE)
    limit.add(0, 1)
    limit.add(400, 1)
    assert [limit.wait_ms(at, 1) for at in (500, 999, 1000)] == [500, 1, 0]


@pytest.mark.parametrize(("degrees", "table"), [(9, 2.262), (29, 2.045), (99, 1.984)])
def test_t_quantile_equals_table(degrees: int, table: float) -> None:
    assert measures.t_quantile(degrees) == pytest.approx(table, abs=0.001)


def test_jain_and_percentile() -> None:
    assert measures.jain([5, 5, 5]) == 1
    assert measures.jain([9, 0, 0]) == pytest.approx(1 / 3)
    assert measures.jain([]) == 1
    assert measures.percentile(list(range(1, 101)), 0.95) == 95
    assert measures.percentile([], 0.95) == 0


def test_paired_difference_removes_common_noise() -> None:
    base = [float(value) for value in range(30)]
    found = measures.paired([value + 1 for value in base], base)
    assert (found.mean, found.half) == (1, 0)
    assert measures.estimate(base).half > 3


def test_measures_are_plain_numbers() -> None:
    (outcome,) = simulate(DECIDER, Situation(load=SHORT), [setting("sticky")], ["a"])
    assert isinstance(outcome.runs[0], Measures)
    assert all(isinstance(getattr(outcome.runs[0], name), float | int) for name in measures.NAMES)
