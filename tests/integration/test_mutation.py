"""Mutation testing: a process that hangs is killed, and the mutants of a small checkout are judged."""

import sys
from pathlib import Path

import pytest

from tests.support.checkouts import write_checkout
from tools.mutation import process
from tools.mutation.assessing import Assessor
from tools.mutation.instrumenting import instrument
from tools.mutation.judging import load

FAKE = """\
#!{python} -S
import sys
sys.stdin.readline()
print('{{"error": {{"message": "x is not supported"}}}}', flush=True)
sys.stdin.readline()
{then}
"""


HANGS = [("while True: pass", "in time"), ("sys.stdin.readline()", "in time"), ("", "the process ended")]


@pytest.mark.parametrize(("then", "why"), HANGS, ids=["computes", "waits", "ends"])
def test_hanging_process_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, then: str, why: str) -> None:
    program = tmp_path / "fake"
    program.write_text(FAKE.format(python=sys.executable, then=then), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(process, "CPU_BOUND_S", 0.05)
    monkeypatch.setattr(process, "POLL_S", 0.05)
    monkeypatch.setattr(process, "MAX_IDLE_POLLS", 2)
    with process.MutantProcess([str(program)]) as started, pytest.raises(process.HangsError, match=why):
        started.ask(b"{}\n")
    assert not started.folder.exists()


@pytest.mark.needs_node
@pytest.mark.usefixtures("own_cache")
def test_mutants_of_small_checkout(tmp_path: Path) -> None:
    """The fork always selects its first account, which POOL-004 expects of some pools."""
    instrumented = instrument(write_checkout(tmp_path / "fork"), ["src/plugin/accounts.ts"])
    cases = load(instrumented.checkout, "1.6.0", ["POOL-004"])
    with process.MutantProcess(cases.argv) as original:
        recording = cases.record(original)
    assert "test_10_pool.py::test_index_beyond_the_last_account_wraps_around[4-1]" in recording.failing
    assessor = Assessor(cases, recording)
    found = {mutant.replacement: assessor.assess(mutant) for mutant in instrumented.mutants if mutant.line > 8}
    assessor.close()
    assert {replacement: result.status for replacement, result in found.items()} == {
        "this.accounts[0] && null": "killed",
        "{}": "not reached",  # no case of POOL-004 asks for the minimum wait
    }
    assert found["this.accounts[0] && null"].requirements == ("POOL-004",)
