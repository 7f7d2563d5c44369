"""Cases of the offset and of real processes, with ports that answer nothing or whose PIDs are equal."""

import pytest

from conformance.cases.processes_kit import fit_pool_for
from tests.support.kit_runs import Bench, breaking, verdicts
from tests.support.tiers import sampled

OFFSET_RULES = ("PID-003", "PID-004", "PID-005", "PROC-001", "PROC-004")


@pytest.mark.parametrize("mode", sampled(["none-with-the-offset", "raises-with-the-offset"]))
def test_no_account_twice_is_not_a_kept_account(bench: Bench, mode: str) -> None:
    """Two answers without an account are equal, but no rule may take this for a kept account."""
    report = bench.report("--only", ",".join(OFFSET_RULES), *breaking(mode))
    assert verdicts(report) == dict.fromkeys(OFFSET_RULES, "fail")
    assert report["exit_code"] == 1


@pytest.mark.parametrize("pids", [(7, 7, 7, 7), (1, 1)])
def test_processes_with_one_pid_are_not_judged(pids: tuple[int, ...]) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"no pool of up to 1009 accounts .* with the PIDs \[") as skipped:
        fit_pool_for(pids)
    assert str(list(pids)) in str(skipped.value)
