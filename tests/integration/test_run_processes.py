"""Cases of the offset and of real processes, where a port answers nothing or its ids cannot be told apart."""

import pytest

from conformance.cases.processes_kit import fit_pool_for
from tests.support.kit_runs import Bench, breaking, verdicts

OFFSET_RULES = ("PID-003", "PID-004", "PID-005", "PROC-001", "PROC-004")


@pytest.mark.parametrize("mode", ["none-with-the-offset", "raises-with-the-offset"])
def test_no_account_twice_is_not_a_kept_account(bench: Bench, mode: str) -> None:
    """None twice, or in every process, is equal: no rule may take that for an account that was kept."""
    report = bench.report("--only", ",".join(OFFSET_RULES), *breaking(mode))
    assert verdicts(report) == dict.fromkeys(OFFSET_RULES, "fail")
    assert report["exit_code"] == 1


@pytest.mark.parametrize("pids", [(7, 7, 7, 7), (1, 1)])
def test_processes_with_one_pid_are_not_judged(pids: tuple[int, ...]) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"no pool of up to 1009 accounts .* for the ids \[") as skipped:
        fit_pool_for(pids)
    assert str(list(pids)) in str(skipped.value)
