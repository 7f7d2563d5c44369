"""docs/subtle-ports.md, which says what finds each port with a subtle fault, is true of `run` and complete."""

from collections.abc import Sequence

import pytest

from tests.fakes.blind.ports import all_ports
from tests.support.judging import Case, InProcessJudge, judge_cases
from tools.subtle_ports import PAGE, first_failure, in_this_process, read_table, render

PORTS, TABLE = all_ports(), read_table()
FOUND = {name: found for name, found in TABLE.items() if found.case is not None and in_this_process(PORTS[name])}
LEAST_SHARE = 0.95  # of the ports that `run` finds, as measured; raise it with every rule that finds more


@pytest.mark.parametrize("name", FOUND)
def test_run_finds_the_port(name: str, cases: Sequence[Case]) -> None:
    """A port that keeps something between sessions may fail only after other cases, as in a run."""
    found = FOUND[name]
    own = [case for case in cases if case.name == found.case]
    events = judge_cases(own, InProcessJudge(PORTS[name].create), [str(found.rule)])
    alone = any(event.outcome == "fail" for event in events)
    assert alone or first_failure(PORTS[name], cases) == found, f"run `make subtle ARGS={name}`"


def test_run_finds_most_ports() -> None:
    assert sum(found.rule is not None for found in TABLE.values()) >= LEAST_SHARE * len(PORTS)


def test_page_is_current() -> None:
    assert TABLE.keys() == PORTS.keys()
    assert PAGE.read_text(encoding="utf-8") == render(TABLE), "write docs/subtle-ports.md with `make docs`"
