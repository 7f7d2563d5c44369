"""`run` as users see it: verdicts, exit codes, reports and error messages."""

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.requirements import load_catalogue
from tests.mutants import target_word
from tests.support.command import CHECKOUT, run_kit
from tests.support.factories import deviation_entry
from tests.support.kit_runs import KIT, Bench, breaking, comparable, verdicts
from tests.support.tiers import sampled, sampled_rows

WRONG = target_word("counts-from-one")


def test_the_reference_passes_everything(bench: Bench) -> None:
    run = bench.run("reference", "--require", "all")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""
    musts = sum(r.level == "MUST" and r.superseded_by is None for r in load_catalogue())
    assert run.stdout.endswith(f"\n{musts} MUSTs judged / {musts} claimed / {musts} in all\n")
    assert max(map(len, run.stdout.splitlines())) <= 80


def test_failure_shows_rule_call_and_both_answers(bench: Bench) -> None:
    run = bench.run(WRONG, "--only", "PID-001")
    assert run.returncode == 1, run.stdout + run.stderr
    for part in (
        r"PID-001   FAIL        The first sticky account is \(b \+ p mod n\) mod n",
        r"open pool=\{2 accounts: mango fig, activeIndex=0\} pid=0",
        r"> select family=claude strategy=sticky pid_offset_enabled=true",
        r"it selects fig \(index 1\) instead of mango \(index 0\)",
        r"not conformant \(exit code 1\)",
    ):
        assert re.search(part, run.stdout), part


@pytest.mark.exhaustive
@pytest.mark.parametrize("options", sampled([[], ["--profile", "1.3.0"]]), ids=["recommended", "1.3.0"])
def test_command_to_repeat_fails_again(bench: Bench, options: list[str]) -> None:
    shown = bench.run(*options, "--only", "PID", WRONG).stdout
    again = typed(repeat_command(shown), bench)
    assert again.returncode == 1, again.stdout + again.stderr
    assert [line for line in again.stdout.splitlines() if line.startswith("profile")] == [
        line for line in shown.splitlines() if line.startswith("profile")
    ]
    assert "1 fail" in again.stdout
    assert "PID-001   FAIL" in again.stdout


@pytest.mark.exhaustive
def test_command_to_repeat_quotes_odd_words(bench: Bench) -> None:
    *command, mode = breaking("off-by-one")
    shown = bench.run("--only", "PID-001", *command, mode, "a 'quoted' word", "and $HOME, " * 9).stdout
    again = typed(repeat_command(shown), bench)
    assert again.returncode == 1, again.stdout + again.stderr
    assert without_seconds(again.stdout) == without_seconds(shown)


def without_seconds(shown: str) -> str:
    return re.sub(r"(?<=\), )\d+ s$", "1 s", shown, flags=re.MULTILINE)


def repeat_command(shown: str) -> str:
    """The command after `repeat:`, over all lines that end in a backslash."""
    found = re.search(r"^ *repeat: ((?:.*\\\n)*.*)$", shown, re.MULTILINE)
    assert found is not None, shown
    return found[1]


def typed(text: str, bench: Bench) -> subprocess.CompletedProcess[str]:
    path = f"{Path(KIT).parent}:{bench.environment['PATH']}"
    return subprocess.run(
        ["sh", "-c", text],
        cwd=CHECKOUT,
        env=bench.environment | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    sampled_rows(
        [
            (["run"], "no target was given. A target is one of\n  reference, "),
            (
                ["run", "refrence"],
                "unknown target 'refrence'; did you mean reference? A target is one of\n  reference, ",
            ),
            (["run", "reference", "--", "true"], "both a target, 'reference', and a command after --"),
            (["run", "--"], "a command is expected after --"),
            (["run", "python:port"], "expected python:package.module:attribute"),
            (["run", "npm:opencode-antigravity-auth"], "expected npm:NAME@VERSION with an exact version"),
            (["run", "reference", "--only", "PID-999"], "or section; PID has PID-001 to PID-013. `run"),
            (["run", "reference", "--require", "XYZ"], "--require 'XYZ': there is no such requirement"),
            (["run", "reference", "--only", "PID", "--require", "LIM"], "--require LIM: --only excludes it"),
            (["run", "reference", "--bogus"], "unrecognized arguments: --bogus"),
            (["run", "reference", "--time", "9"], "unrecognized arguments: --time 9"),
            (["run", "reference", "twice"], "unrecognized arguments: twice"),
            (["run", "node", "adapter.mjs", "--x"], "put -- before the command: antigravity-conformance run -- node "),
            (["run", "sh"], "put -- before the command: antigravity-conformance run -- sh"),
            (["run", "reference", "--json", "a", "--junit", "./a"], "--json and --junit both name a; give each"),
            (
                ["run", "reference", "--events", "a", "--wire-log", "a"],
                "--events and --wire-log both name a; give each",
            ),
            (
                ["run", "reference", "--json", "a", "--deviations", "a"],
                "--json and --deviations both name a; give each",
            ),
            (["run", "reference", "--json", "pipe"], "cannot write pipe: it is a pipe"),
            (["run", "reference", "--deviations", "deep.json"], "deep.json: it is nested too deeply"),
            (["run", "reference", "--deviations", "deeper.json"], "deeper.json: it is nested too deeply"),
            (["run", "reference", "--timeout", "0"], "expected a number of seconds above 0, up to a day, got '0'"),
            (["run", "reference", "--timeout", "1e9"], "expected a number of seconds above 0, up to a day, got '1e9'"),
            (
                ["run", "reference", "--timeout", "soon"],
                "expected a number of seconds above 0, up to a day, got 'soon'",
            ),
            (["run", "reference", "-n", "all"], "expected a whole number from 0 to 64, got 'all'"),
            (["run", "reference", "-n", "99"], "expected a whole number from 0 to 64, got '99'"),
            (["run", "reference", "--processes", "1"], "expected a whole number from 2 to 1009 "),
            (["run", "reference", "--processes", "1010"], "(no pool fits more processes), got '1010'"),
            (["run", "reference", "--draw", "-1"], "expected a whole number of 0 or more, got '-1'"),
            (["run", "reference", "--today", "tomorrow"], "expected a date such as 2026-12-31, got 'tomorrow'"),
            (["run", "reference", "--profile", "9.9.9"], "invalid choice: '9.9.9' (choose from "),
            (["run", "reference", "--json", "missing/report.json"], "cannot write missing/report.json: No such file"),
            (["run", "reference", "--junit", "."], "cannot write .: Is a directory"),
            (["run", "reference", "--deviations", "none.json"], "cannot read none.json: No such file or directory"),
            (["run", "reference", "--fail-fast", "-n", "2"], "--fail-fast needs one core"),
            (["requirements", "show", "PID-999"], "there is no requirement or section 'PID-999'"),
            ([], "the following arguments are required: COMMAND"),
        ]
    ),
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_refused_with_one_clear_message(tmp_path: Path, arguments: list[str], message: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "deep.json").write_text(json.dumps({"deviations": [deviation_entry(when=nested(300))]}))
    (tmp_path / "deeper.json").write_text("[" * 100_000)
    run = run_kit(*arguments, folder=tmp_path)
    assert run.returncode == 2, run.stdout + run.stderr
    assert run.stdout == ""
    assert message in run.stderr
    assert len(re.findall(r"^antigravity-conformance( run)?:", run.stderr, re.MULTILINE)) == 1
    assert "Traceback" not in run.stderr


def nested(depth: int) -> Json:
    return {"properties": {"actual": nested(depth - 1)}} if depth else {}


def test_target_without_capabilities_has_no_verdict(bench: Bench) -> None:
    report = bench.report("--only", "PID,CFG", *breaking("nothing"))
    assert report["exit_code"] == 5
    assert report["conclusion"] == "no verdict: nothing was judged"
    assert set(verdicts(report).values()) == {"not claimed"}


def test_unclaimed_requirement_is_never_shown_as_passed(bench: Bench) -> None:
    run = bench.run("--only", "STK,LIM", *breaking("sticky-only"))
    assert run.returncode == 0
    assert re.search(r"Sticky strategy \.+ 1 pass, 4 not claimed", run.stdout)
    assert re.search(r"Rate limits \.+ 9 not claimed", run.stdout)
    verbose = bench.run("-v", "--only", "STK,LIM", *breaking("sticky-only")).stdout
    assert re.search(r"STK-001 +pass", verbose)
    assert set(re.findall(r"^  LIM-\d+ +(not claimed|\w+)", verbose, re.MULTILINE)) == {"not claimed"}


def test_required_but_not_claimed_fails(bench: Bench) -> None:
    target = breaking("sticky-only")
    report = bench.report("--only", "STK", "--require", "all", *target)
    assert report["exit_code"] == 1
    assert verdicts(report) == {
        "STK-001": "pass",
        "STK-002": "fail",
        "STK-003": "fail",
        "STK-004": "fail",
        "STK-005": "fail",
    }
    assert report["requirements"][1]["reason"] == "required, but not claimed: the target does not claim: limits"
    assert bench.report("--only", "STK,PID", "--require", "PID,STK-001", *target)["exit_code"] == 1


@pytest.mark.exhaustive
def test_a_should_that_fails_counts_only_when_strict(bench: Bench) -> None:
    arguments = ["--only", "RR-004", target_word("rotation-per-family")]
    assert verdicts(bench.report(*arguments)) == {"RR-004": "fail"}
    assert bench.report(*arguments)["exit_code"] == 0
    assert bench.report("--strict", *arguments)["exit_code"] == 1


@pytest.mark.exhaustive
def test_fail_fast_judges_nothing_after_the_first_failure(bench: Bench) -> None:
    report = bench.report("--fail-fast", "--only", "PID", WRONG)
    words = list(verdicts(report).values())
    assert report["exit_code"] == 1
    assert words.count("fail") == 1
    assert "not run" in words


@pytest.mark.exhaustive
def test_fail_fast_goes_on_after_a_should(bench: Bench) -> None:
    report = bench.report("--fail-fast", "--only", "RR", target_word("rotation-per-family"))
    assert (verdicts(report)["RR-004"], set(verdicts(report).values())) == ("fail", {"fail", "pass"})
    assert report["exit_code"] == 0
    strict = bench.report("--fail-fast", "--strict", "--only", "RR", target_word("rotation-per-family"))
    assert "not run" in verdicts(strict).values()
    assert strict["exit_code"] == 1


def test_list_says_why_a_rule_is_not_judged(bench: Bench) -> None:
    events = bench.folder / "events"
    run = bench.run("--list", "--only", "STK", "--events", str(events), *breaking("sticky-only"))
    assert run.returncode == 0
    assert re.findall(r"^(\S+) ", run.stdout, re.MULTILINE) == [f"STK-00{number}" for number in range(1, 6)]
    assert run.stdout.count("not judged: the target does not claim: limits") == 4
    assert events.read_text() == ""


@pytest.mark.exhaustive
def test_report_is_equal_every_time_on_any_cores(bench: Bench) -> None:
    options = ["--only", "PID,PROC,LIM", "--processes", "4", "--today", "2026-03-01", WRONG]
    first = bench.report(*options)
    assert first["exit_code"] == 1
    assert json.dumps(comparable(bench.report(*options))) == json.dumps(comparable(first))
    assert json.dumps(comparable(bench.report("-n", "2", *options))) == json.dumps(comparable(first))


def test_junit_and_json_agree(bench: Bench) -> None:
    junit = bench.folder / "junit.xml"
    report = bench.report("--junit", str(junit), "--only", "PID,LIM,RR", WRONG)
    root = ET.parse(junit).getroot()  # noqa: S314 - written by the kit
    cases = {str(case.get("name")).split()[0]: case for case in root.iter("testcase")}
    assert {id_: "fail" if case.find("failure") is not None else "pass" for id_, case in cases.items()} == verdicts(
        report
    )
    assert sum(int(suite.get("failures", "")) for suite in root) == list(verdicts(report).values()).count("fail") > 0
    assert "expected" in str(cases["PID-001"].findtext("failure"))


def test_the_wire_log_shows_both_directions(bench: Bench) -> None:
    log = bench.folder / "wire.log"
    bench.run("--wire-log", str(log), "--only", "PID-001", "reference")
    lines = log.read_text(encoding="utf-8").splitlines()
    assert {line[:3] for line in lines} == {"-->", "<--", "!! "}
    assert any(line.startswith("--> reference ") and '"method":"select"' in line for line in lines)
    assert any(line.startswith("<-- reference ") and '"result":{"label":"mango","index":0}' in line for line in lines)


def test_drawn_examples_are_judged_beside_the_stored_ones(bench: Bench) -> None:
    def asked(*options: str) -> int:
        log = bench.folder / "wire.log"
        assert bench.run("--wire-log", str(log), "--only", "PID-001", "reference", *options).returncode == 0
        return log.read_text(encoding="utf-8").count("-->")

    assert asked("--draw", "20") > asked() + 10


@pytest.mark.exhaustive
def test_event_file_of_an_earlier_run_is_replaced(bench: Bench) -> None:
    events = bench.folder / "events.jsonl"
    assert bench.run("--events", str(events), "--only", "PID-001", WRONG).returncode == 1
    assert bench.run("--events", str(events), "--only", "PID-001", "reference").returncode == 0
    kinds = [json.loads(line)["event"] for line in events.read_text(encoding="utf-8").splitlines()]
    assert kinds == ["run", *["case"] * (len(kinds) - 2), "end"]


@pytest.mark.parametrize("shell", [(), ("sh", "-c", '"$@"; exit', "sh")], ids=["started directly", "behind a shell"])
@pytest.mark.parametrize(("mode", "status"), [("made-up-pid", "unverified"), ("sticky-only", "verified")])
def test_invented_pid_is_shown(bench: Bench, shell: tuple[str, ...], mode: str, status: str) -> None:
    _, *command = breaking(mode)
    report = bench.folder / "report.json"
    run = bench.run("--only", "STK-001", "--json", str(report), "--", *shell, *command)
    assert json.loads(report.read_text(encoding="utf-8"))["observed"]["pid_status"] == status
    assert ("PID in hello: 2147483647, unverified" in run.stdout) is (status == "unverified")


def test_closed_pipe_of_a_reader_is_no_fault(bench: Bench) -> None:
    run = subprocess.run(
        ["sh", "-c", f"'{KIT}' requirements show | :"],
        cwd=bench.folder,
        env=bench.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
