"""Mutation testing of a small checkout: which mutants are killed, survive or are not reached."""

from pathlib import Path

import pytest

from tests.support.checkouts import write_checkout
from tools.mutation.assessing import Assessor
from tools.mutation.instrumenting import instrument
from tools.mutation.judging import load
from tools.mutation.process import MutantProcess

pytestmark = [pytest.mark.needs_node, pytest.mark.usefixtures("own_cache")]


def test_mutants_of_small_checkout(tmp_path: Path) -> None:
    """The fork always selects its first account, which POOL-004 expects of some pools."""
    instrumented = instrument(write_checkout(tmp_path / "fork"), ["src/plugin/accounts.ts"])
    cases = load(instrumented.checkout, "1.6.0", ["POOL-004"])
    with MutantProcess(cases.plan.subject.target.argv, timeout_s=60) as process:
        recording = cases.record(process)
    assert "test_10_pool.py::test_index_beyond_the_last_account_wraps_around[3-1]" in recording.failing
    assessor = Assessor(cases, recording)
    found = {mutant.replacement: assessor.assess(mutant) for mutant in instrumented.mutants if mutant.line > 8}
    assessor.close()
    assert {replacement: result.status for replacement, result in found.items()} == {
        "this.accounts[0] && null": "killed",
        "{}": "not reached",  # no case of POOL-004 asks for the minimum wait
    }
    assert found["this.accounts[0] && null"].requirements == ("POOL-004",)
