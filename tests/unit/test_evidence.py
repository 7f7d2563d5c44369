"""The measurements support the statements of the evidence page."""

import re

import pytest

from conformance.processes.spread import spread
from tools.evidence import NUMBERS, PAGE, ROWS, RUNS, gaps_of, gaps_text, load_data

TEXT = PAGE.read_text(encoding="utf-8")
ROWS_FOUND = load_data()["rows"]


def test_every_row_has_as_many_runs_as_stated() -> None:
    assert set(ROWS_FOUND) == set(ROWS)
    assert {len(runs) for runs in ROWS_FOUND.values()} == {RUNS}
    for name, row in ROWS.items():
        assert {len(pids) for pids in ROWS_FOUND[name]} == {count_of(row.command)}
        assert f"# {row.title}\n{row.command}\n" in TEXT


def count_of(command: str) -> int:
    given = re.search(r"--processes (\d+)", command)
    return int(given[1]) if given else 64


@pytest.mark.parametrize(("name", "pid"), [("container", 1), ("container-sh", 2)])
def test_pids_in_containers_were_equal(name: str, pid: int) -> None:
    assert {each for pids in ROWS_FOUND[name] for each in pids} == {pid}
    assert gaps_text(ROWS_FOUND[name]) == "none: equal PIDs"


@pytest.mark.parametrize("name", ["node", "threads", "npm", "npx"])
def test_process_with_threads_took_several_pids(name: str) -> None:
    gaps = gaps_of(ROWS_FOUND[name])
    assert min(gaps) > 1
    assert len(gaps) > 1


def test_each_thread_took_one_pid() -> None:
    assert min(gaps_of(ROWS_FOUND["threads"])) == 9


@pytest.mark.parametrize("name", ["node-loop", "python-loop"])
def test_processes_of_one_shell_had_mostly_neighbouring_pids(name: str) -> None:
    gaps = gaps_of(ROWS_FOUND[name])
    assert gaps[1] > 0.9 * gaps.total()


@pytest.mark.parametrize("name", [name for name in ROWS if not name.startswith("container")])
def test_every_account_was_reachable_outside_containers(name: str) -> None:
    for pids in ROWS_FOUND[name]:
        for number in NUMBERS:
            assert "stride" not in [reason.kind for reason in spread(pids, number).reasons]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([[10, 17, 24], [50, 57, 60]], "3 or more, half 7 or more, most often 7 (75 %)"),
        ([[30, 10, 20]], "10"),
        ([[1, 1, 1]], "none: equal PIDs"),
    ],
)
def test_gaps_are_counted_over_all_runs(runs: list[list[int]], text: str) -> None:
    assert gaps_text(runs) == text
