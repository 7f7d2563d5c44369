"""The reports: at most 80 columns with any text of a target, reproducible JSON, valid JUnit."""

import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.json_type import Json
from conformance.reports import terminal
from conformance.reports.describe import (
    ID_COLUMN,
    VERDICT_COLUMN,
    WIDTH,
    command,
    describe,
    describe_pool,
    describe_scenario,
    wrap,
)
from conformance.reports.documents import render_json
from conformance.reports.events import RunStarted, append_event
from conformance.reports.progress import Progress, Stage, columns_of, fitted, progress_line
from conformance.reports.report import report_of
from conformance.reports.run import Run
from conformance.reports.verdicts import WORDS
from conformance.requirements import load_catalogue
from conformance.texts import printable
from conformance.wire.scenario import ABSENT, Scenario
from tests.support.factories import (
    case,
    concluded,
    deviation,
    finding,
    finished_run,
    hello,
    machine,
    requirement,
)
from tests.support.mixed_runs import CONTROL, HOSTILE, hostile_run, mixed_outcome

STARTED = RunStarted(format=1, target="python:port:Port", hello=hello(), judged=["ONE-001"])


def lines(run: Run, *, verbose: bool = False) -> list[str]:
    return "\n".join(terminal.render(run, verbose=verbose)).split("\n")


@pytest.mark.parametrize("text", ["a word", *HOSTILE], ids=range(len(HOSTILE) + 1))
@pytest.mark.parametrize("verbose", [True, False])
def test_report_lines_are_narrow_and_escaped(text: str, verbose: bool) -> None:
    for line in lines(hostile_run(text), verbose=verbose):
        assert len(line) <= WIDTH, line
        assert line.isprintable(), line


def test_many_long_failures_stay_within_200_lines() -> None:
    ids = [f"ONE-{number:03}" for number in range(1, 400)]
    calls = [{"method": "select", "params": {"model": "m" * 5000}}] * 50
    found = finding({"label": "a"}, {"label": "b" * 5000}, scenario={"calls": calls})
    events = [case("fail", id_, findings=[found]) for id_ in ids[:200]]
    events += [case("unknown", id_, message=f"{id_} died\n" + "trace\n" * 50) for id_ in ids[200:]]
    events += [case("error", message="Traceback\n" * 1000) for _ in range(20)]
    shown = lines(finished_run(concluded(events, *map(requirement, ids))))
    assert len(shown) <= 200
    assert "and 190 more failures" in shown
    assert shown[-3] == "no verdict: a fault of the suite (exit code 4), 2 s"


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        ({"raised": "TypeError: no pool"}, 'an exception: "TypeError: no pool"'),
        ({"refusal": "not_open"}, "the refusal not_open"),
        ({"not supported": "select"}, "not supported: select"),
        (None, "null"),
    ],
)
def test_answers_without_result_are_named(actual: Json, said: str) -> None:
    shown = "\n".join(lines(finished_run(concluded([case("fail", findings=[finding({"label": "a"}, actual)])]))))
    assert f'expected {{"label": "a"}}, got {said}' in shown


def test_long_target_command_is_wrapped() -> None:
    run = finished_run(concluded([case("fail", findings=[finding()])]), target_word="-- " + "node adapter.mjs " * 10)
    assert [line for line in lines(run) if len(line) > WIDTH] == []


@given(st.text())
def test_wrapped_text_is_printable_and_narrow(text: str) -> None:
    for line in wrap(text, " " * 6).split("\n"):
        assert len(line) <= WIDTH
        assert line.isprintable()


def test_a_fault_of_the_suite_is_narrow_too() -> None:
    (fault,) = [case("error", message="Traceback\n    " + "long " * 50 + CONTROL)]
    shown = lines(finished_run(concluded([fault])))
    assert "FAULT OF THE SUITE" in shown
    assert all(len(line) <= WIDTH and line.isprintable() for line in shown)


def test_only_words_of_commands_may_be_wider() -> None:
    """Users copy them, so they are not broken."""
    word = "python:" + "package." * 20 + "port:Port"
    shown = list(command(f"repeat: antigravity-conformance run --only ONE-001 {word}", " " * 6))
    assert [line.strip() for line in shown if len(line) > WIDTH] == [word]
    joined = "".join(line.removesuffix("\\").strip() + " " for line in shown).strip()
    assert joined == f"repeat: antigravity-conformance run --only ONE-001 {word}"
    assert all(line.endswith(" \\") for line in shown[:-1])


def test_command_to_repeat_has_the_runs_options() -> None:
    outcome = concluded([case("fail", findings=[finding()])])
    assert finished_run(outcome).repeat_command("ONE-001") == (
        "antigravity-conformance run --only ONE-001 python:port:Port"
    )
    asked = finished_run(outcome, options=["--profile", "1.3.0"])
    assert asked.repeat_command("ONE-001").endswith("--only ONE-001 --profile 1.3.0 python:port:Port")


def test_last_line_counts_judged_claimed_and_all() -> None:
    *_, conclusion, counts, last = lines(finished_run(mixed_outcome()))
    assert counts == "1 pass, 1 fail, 1 waived, 1 unknown, 1 not run, 1 not claimed"
    assert conclusion == "not conformant (exit code 1), 2 s"
    assert last == "3 MUSTs judged / 5 claimed / 6 in all"


def test_only_musts_are_counted_in_the_last_line() -> None:
    outcome = concluded([case("pass")], requirement(), requirement("ONE-002", "SHOULD"))
    assert lines(finished_run(outcome))[-1] == "1 MUST judged / 1 claimed / 1 in all"


def test_failure_shows_rule_case_call_and_values() -> None:
    found = finding({"label": "a"}, {"label": "b", "index": 0})
    shown = lines(finished_run(concluded([case("fail", name="test_one.py::test_it_is_kept[7]", findings=[found])])))
    start = shown.index("  ONE-001   FAIL        The rule ONE-001")
    assert shown[start - 1] == "FAILED"
    assert shown[start + 1 : start + 6] == [
        "      What ONE-001 asks for.",
        "      case: it is kept [7], in test_one.py",
        "      > select family=claude strategy=sticky",
        "      select label: expected a, got b",
        "      repeat: antigravity-conformance run --only ONE-001 python:port:Port",
    ]


def test_failure_counts_its_other_cases() -> None:
    failed = [case("fail", name=f"test_one.py::test_{name}", findings=[finding()]) for name in "abc"]
    assert any("and 2 more cases of this requirement" in line for line in lines(finished_run(concluded(failed))))
    assert any("and 1 more case of this requirement" in line for line in lines(finished_run(concluded(failed[:2]))))


def test_waived_finding_is_not_shown_as_failure() -> None:
    found = [finding(actual="explained", by=deviation()), finding(actual="unexplained")]
    shown = "\n".join(lines(finished_run(concluded([case("fail", findings=found)]))))
    assert "got unexplained" in shown
    assert "got explained" not in shown


def test_stale_deviation_is_shown_with_the_edit() -> None:
    shown = lines(finished_run(concluded([case("pass")], deviations=[deviation()])))
    assert "stale deviation answers-b (ONE-001): no answer shows it any more, although" in shown
    assert '  remove the entry with "id": "answers-b" from the file of deviations' in shown


def test_unclaimed_neighbours_with_one_reason_are_joined() -> None:
    needs = {"ONE-001": ["fork"], "ONE-002": [], "ONE-003": ["fork"], "ONE-004": ["fork"], "TWO-001": ["fork"]}
    outcome = concluded([case("pass", "ONE-002")], *(requirement(id_, needs=need) for id_, need in needs.items()))
    shown = lines(finished_run(outcome))
    start = shown.index("NOT CLAIMED")
    assert shown[start + 1 : start + 3] == ["  ONE-001, ONE-003, ONE-004, TWO-001:", "    fork"]
    document = json.loads(render_json(report_of(finished_run(outcome))))
    assert [entry["id"] for entry in document["requirements"]] == list(needs)


@pytest.mark.parametrize("status", ["verified", "unverified", "false"])
def test_unverified_pid_is_shown(status: str) -> None:
    run = finished_run(mixed_outcome(), machine=machine(pid_status=status))
    assert any(f"PID in hello: 4711, {status}" in line for line in lines(run)) is (status != "verified")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_erased_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM", raising=False)
    events = tmp_path / "events"
    for event in (STARTED, case("pass"), case("fail"), case("pass")):
        append_event(events, event)
    assert progress_line(events.read_bytes()) == "3 cases judged, 1 failed ..."
    running = progress_line(events.read_bytes(), 8, ["test_30_pid.py::test_a_family_moves[fork]"])
    assert running == "3 of 8 cases, 1 failed: a family moves[fork] ..."
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        with Progress(lambda: progress_line(events.read_bytes()), stream):
            pass
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "\n" not in terminal.getvalue()
    assert file.getvalue() == ""


def test_a_run_cut_short_says_so() -> None:
    shown = lines(finished_run(concluded([case("pass")], complete=False)))
    assert any(line.startswith("THE RUN WAS CUT SHORT") for line in shown)
    assert "no verdict: the run was cut short (exit code 4), 2 s" in shown
    interrupted = lines(finished_run(concluded([case("pass")], complete=False, interrupted=True)))
    assert "no verdict: the run was cut short (exit code 130), 2 s" in interrupted


def test_last_words_of_adapter_are_shown_once() -> None:
    events = [case("unknown", id_, message="it exited with code 3") for id_ in ("ONE-001", "ONE-002")]
    shown = lines(finished_run(concluded(events, requirement("ONE-001"), requirement("ONE-002"))))
    assert shown.count("    it exited with code 3") == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", "a"),
        ("two words", '"two words"'),
        ("", '""'),
        ("a\x1b", '"a\\u001b"'),
        (None, "null"),
        ({"a": [1, True]}, '{"a": [1, true]}'),
        (ABSENT, "(absent)"),
    ],
)
def test_values_are_json_and_plain_words_unquoted(value: Json, shown: str) -> None:
    assert describe(value) == shown


@pytest.mark.parametrize("pool", [None, [], {"accounts": 3}, {"accounts": [None, 3, {"refreshToken": None}, {}]}])
def test_a_pool_of_any_shape_can_be_shown(pool: Json) -> None:
    assert describe_pool(pool)


def test_pool_is_described_by_accounts_and_oddities() -> None:
    accounts = [{"refreshToken": "a", "addedAt": 1, "lastUsed": 0}, {"refreshToken": "b", "enabled": False}]
    pool = {"version": 3, "accounts": accounts, "activeIndex": 1}
    assert describe_pool(pool) == '{2 accounts: a b{"enabled": false}, activeIndex=1}'


def test_scenario_marks_the_failing_call() -> None:
    scenario = {
        "files": {"home/a": {"text": "{}"}, "home/b": {"text": "1\n2"}, "home/c": {"folder": True}},
        "calls": [{"method": "open", "params": {"now_ms": 5, "pid": 7}}, {"method": "close"}],
    }
    assert list(describe_scenario(Scenario.from_json(scenario), 1)) == [
        "  file home/a: {}",
        '  file home/b: {"text": "1\\n2"}',
        '  file home/c: {"folder": true}',
        "  open pid=7",
        "> close",
    ]


@pytest.mark.parametrize("text", ["plain", "tab\tand\nnewline", "é\N{GRINNING FACE}"])
def test_ordinary_text_is_printable_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_dumb_terminal_gets_no_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    with Progress(Stage(), terminal) as progress:
        progress.note("one")
    assert terminal.getvalue() == "one\n"


def test_progress_line_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Erasing would leave the first part of a line that the terminal has broken."""
    monkeypatch.setattr("os.get_terminal_size", lambda _number: os.terminal_size((20, 24)))
    with open(os.devnull) as stream:
        assert columns_of(stream) == 19
        monkeypatch.setattr("os.get_terminal_size", lambda _number: os.terminal_size((0, 0)))
        assert columns_of(stream) == 79
    assert columns_of(Terminal()) == 79
    assert fitted("ab\x1b[31mcd", 5) == "ab\\x1"


def test_stage_shows_what_runs_now() -> None:
    stage = Stage("starting")
    assert stage() == "starting ..."
    stage.show(lambda: "5 of 9 calls")
    assert stage() == "5 of 9 calls ..."


def test_note_stays_above_the_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM", raising=False)
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        with Progress(Stage(), stream) as progress:
            progress.note("one \x1b[31m judged")
    assert terminal.getvalue() == "\r\x1b[Kone \\x1b[31m judged\n\r\x1b[K"
    assert file.getvalue() == "one \\x1b[31m judged\n"


def test_longest_id_leaves_a_gap() -> None:
    assert max(len(rule.id) for rule in load_catalogue()) < ID_COLUMN


def test_three_consecutive_ids_become_a_range() -> None:
    assert (
        terminal._ids(["ONE-003", "ONE-001", "ONE-002", "TWO-008", "TWO-009"]) == "ONE-001 to ONE-003, TWO-008, TWO-009"
    )


def test_columns_are_wider_than_what_stands_in_them() -> None:
    assert max(len(rule.id) for rule in load_catalogue()) < ID_COLUMN
    assert max(map(len, WORDS)) < VERDICT_COLUMN


def test_unclaimed_section_is_named_as_a_whole() -> None:
    needs = {"ONE-001": [], "ONE-002": ["fork"], **{f"TWO-00{number}": ["fork"] for number in (1, 2, 3)}}
    outcome = concluded([case("pass")], *(requirement(id_, needs=need) for id_, need in needs.items()))
    assert "  all of TWO; ONE-002:" in lines(finished_run(outcome))
