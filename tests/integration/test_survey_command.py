"""`survey` judges every target, whatever happens to the others, and leaves no process."""

import json
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from conformance.json_type import Json
from tests.support.command import CHECKOUT, Kit, run_kit
from tests.support.kit_runs import Bench, validated, wait_until

pytestmark = pytest.mark.exhaustive

COMMAND = "survey"  # of the fixture `bench`
FAST = ("--only", "POOL-001,PID-001")
RIGHT = "reference"
WRONG = "python:tests.mutants.selection:CountsFromOne"
RELEASE = "npm:opencode-antigravity-auth@1.3.0"
NEVER_ANSWERS, PRINTS_MARKUP, CANNOT_START, CLAIMS_NOTHING = (
    f"python:tests.fakes.surveyed:{name}" for name in ("NeverAnswers", "PrintsMarkup", "CannotStart", "ClaimsNothing")
)


def survey(bench: Bench, *arguments: str) -> tuple[subprocess.CompletedProcess[str], Json]:
    file = bench.folder / "board.json"
    ended = bench.run("--json", str(file), *arguments)
    return ended, json.loads(file.read_text(encoding="utf-8"))


def test_every_target_is_judged_despite_faults_of_others(bench: Bench) -> None:
    targets = [WRONG, CANNOT_START, "python:none.such:Port", "no/such/folder", RIGHT, CLAIMS_NOTHING]
    ended, board = survey(bench, *FAST, *targets)
    rows = board["implementations"]
    assert [row["target"] for row in rows] == [*targets[:3], "plugin:no/such/folder", *targets[4:]]
    assert [row["exit_code"] for row in rows] == [1, 3, 3, 2, 0, 5]
    assert rows[0]["verdicts"] == {"pass": ["POOL-001"], "fail": ["PID-001"]}
    assert (ended.returncode, board["exit_code"]) == (1, 1)
    faults = [seen.get("fault", "") for seen in board["observed"]["implementations"]]
    assert "no licence for <b>this</b> machine" in faults[1]
    assert [bool(fault) for fault in faults] == [False, True, True, True, False, False]


def test_row_agrees_with_run(bench: Bench) -> None:
    _, board = survey(bench, "--only", "PID", WRONG)
    (row,) = board["implementations"]
    alone = bench.folder / "alone.json"
    ended = run_kit("run", "--only", "PID", "--json", str(alone), WRONG)
    report = json.loads(alone.read_text(encoding="utf-8"))
    verdicts = {id_: word for word, ids in row["verdicts"].items() for id_ in ids}
    assert verdicts == {entry["id"]: entry["verdict"] for entry in report["requirements"]}
    assert (row["exit_code"], row["conclusion"]) == (ended.returncode, report["conclusion"])


def test_the_options_are_handed_to_every_run(bench: Bench) -> None:
    _, board = survey(bench, "--only", "PID-010", "--profile", "1.3.0", "--require", "all", CLAIMS_NOTHING)
    (row,) = board["implementations"]
    assert (row["profile"], row["verdicts"], row["exit_code"]) == ("1.3.0", {"fail": ["PID-010"]}, 1)
    _, board = survey(bench, "--only", "ENA-013", "--strict", "--today", "2026-01-01", WRONG)
    assert board["exit_code"] == 1


def test_progress_is_a_line_for_each_finished_target(bench: Bench) -> None:
    ended, _ = survey(bench, *FAST, "-n", "1", RIGHT, WRONG)
    first, second = ended.stderr.splitlines()
    assert first.startswith("1/2 reference: conformant (")
    assert second.startswith(f"2/2 {WRONG}: not conformant (")


def test_endless_target_is_given_up(bench: Bench) -> None:
    ended, board = survey(bench, *FAST, "--give-up", "2", "--timeout", "3600", NEVER_ANSWERS)
    (row,), (observed,) = board["implementations"], board["observed"]["implementations"]
    assert (ended.returncode, row["exit_code"], row["verdicts"]) == (3, 3, {})
    assert observed["fault"] == "it did not end within 2 seconds; --give-up sets the limit"
    bench.assert_no_process_left()


def test_silent_target_is_reported_as_by_run(bench: Bench) -> None:
    _, board = survey(bench, *FAST, "--timeout", "1", NEVER_ANSWERS, RIGHT)
    assert [row["exit_code"] for row in board["implementations"]] == [3, 0]
    assert "gave no answer to `hello` within 1 s" in board["observed"]["implementations"][0]["fault"]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_survey_shows_what_it_has(bench: Bench, sent: signal.Signals) -> None:
    file = bench.folder / "board.json"
    words = [*FAST, "-n", "1", "--json", str(file), RIGHT, NEVER_ANSWERS, WRONG]
    with bench.started(*words, "--timeout", "3600") as process:
        wait_until(lambda: hosts_of(bench, NEVER_ANSWERS), "the start of the second target")
        process.send_signal(sent)
        out, _ = process.communicate()
    assert process.returncode == 130
    board = json.loads(file.read_text(encoding="utf-8"))
    assert [row["exit_code"] for row in board["implementations"]] == [0, 130, 130]
    assert "interrupted before the target was judged" in out
    bench.assert_no_process_left()


def test_killed_survey_ends_its_runs(bench: Bench) -> None:
    reports = bench.folder / "reports"
    words = [*FAST, "-n", "2", "--reports", str(reports), NEVER_ANSWERS, NEVER_ANSWERS]
    with bench.started(*words, "--timeout", "3600") as process:
        wait_until(lambda: len(hosts_of(bench, NEVER_ANSWERS)) == 2, "the start of both targets")
        process.kill()
        process.communicate()
    wait_until(lambda: not hosts_of(bench, NEVER_ANSWERS), "the end of both targets")
    files = [reports / f"0{number}-{NEVER_ANSWERS.replace(':', '-')}.json" for number in (1, 2)]
    wait_until(lambda: all(file.exists() and file.stat().st_size for file in files), "the reports of both runs")
    assert [json.loads(file.read_text(encoding="utf-8"))["exit_code"] for file in files] == [130, 130]


def test_killed_survey_leaves_no_folder(bench: Bench) -> None:
    with bench.started(*FAST, NEVER_ANSWERS, "--timeout", "3600") as process:
        wait_until(lambda: hosts_of(bench, NEVER_ANSWERS), "the start of the target")
        process.kill()
        process.communicate()
    wait_until(lambda: not list(bench.temporary.iterdir()), "the end of every folder")


def hosts_of(bench: Bench, word: str) -> list[psutil.Process]:
    """The processes that serve this Python target."""
    found = []
    for process in bench.processes():
        with suppress(psutil.Error):
            command = process.cmdline()
            if "conformance.targets.python_host" in command and word.removeprefix("python:") in command:
                found.append(process)
    return found


def test_run_without_report_is_a_suite_fault(bench: Bench) -> None:
    file = bench.folder / "board.json"
    with bench.started(*FAST, "--json", str(file), NEVER_ANSWERS, "--timeout", "3600") as process:
        wait_until(lambda: hosts_of(bench, NEVER_ANSWERS), "the start of the target")
        children = psutil.Process(process.pid).children()
        (run,) = [child for child in children if "conformance.cli.ends_with_parent" in child.cmdline()]
        run.kill()
        process.communicate()
    (row,) = json.loads(file.read_text(encoding="utf-8"))["implementations"]
    assert (process.returncode, row["exit_code"]) == (4, 4)
    assert "its run ended with -9 and wrote no report" in file.read_text(encoding="utf-8")


def test_target_text_is_escaped_on_every_board(bench: Bench) -> None:
    page, markdown = bench.folder / "board.html", bench.folder / "board.md"
    ended, board = survey(bench, *FAST, "--html", str(page), "--markdown", str(markdown), PRINTS_MARKUP)
    assert ended.returncode == 0
    assert "<script>" in board["implementations"][0]["implementation"]
    assert "<script>alert" not in page.read_text(encoding="utf-8")
    assert "\\<script\\>" in markdown.read_text(encoding="utf-8")
    assert all(line.isprintable() and len(line) <= 80 for line in ended.stdout.splitlines())


def test_the_report_of_every_run_can_be_kept(bench: Bench) -> None:
    kept = bench.folder / "reports"
    survey(bench, *FAST, "--reports", str(kept), RIGHT, RIGHT, CANNOT_START)
    names = ["01-reference.json", "02-reference.json", "03-python-tests.fakes.surveyed-CannotStart.json"]
    assert sorted(path.name for path in kept.iterdir()) == names
    codes = [validated(json.loads((kept / name).read_text(encoding="utf-8")))["exit_code"] for name in names]
    assert codes == [0, 0, 3]


def test_from_shows_reports_of_runs_and_surveys(bench: Bench) -> None:
    kept = bench.folder / "reports"
    _, first = survey(bench, *FAST, "--reports", str(kept), WRONG)
    copy = bench.folder / "first.json"
    copy.write_text(json.dumps(first), encoding="utf-8")
    (report,) = kept.iterdir()
    ended, board = survey(bench, "--from", str(copy), "--from", str(report), *FAST, RIGHT)
    assert [row["target"] for row in board["implementations"]] == [RIGHT, WRONG, WRONG]
    assert board["implementations"][1] == board["implementations"][2] == first["implementations"][0]
    assert "PID-001   in 2, 3: " in ended.stdout
    assert board["rules"] == first["rules"]


@pytest.mark.parametrize("commits", [0, 1])
def test_a_checkout_has_its_commit_and_day(bench: Bench, commits: int) -> None:
    folder = bench.folder / "a-fork"
    folder.mkdir()
    (folder / "file").write_text("a", encoding="utf-8")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    if commits:
        git(folder, "init", "-q")
        git(folder, "add", "file")
        git(folder, *identity, "commit", "-q", "-m", "a", "--date", "2026-02-03T04:05:06Z")
    _, board = survey(bench, *FAST, str(folder), str(folder / "."))
    observed = board["observed"]["implementations"]
    if not commits:
        assert all("checkout" not in seen for seen in observed)
        return
    commit = git(folder, "rev-parse", "HEAD").strip()
    assert [seen["checkout"]["commit"] for seen in observed] == [commit] * 2
    assert observed[0]["checkout"]["date"] == git(folder, "log", "-1", "--format=%cs").strip()
    assert not observed[0]["checkout"]["changed"]
    (folder / "file").write_text("b", encoding="utf-8")
    ended, board = survey(bench, *FAST, str(folder))
    assert board["observed"]["implementations"][0]["checkout"]["changed"]
    assert f"commit {commit[:7]} of " in " ".join(ended.stdout.split())


def git(folder: Path, *words: str) -> str:
    environment = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no target was given"),
        (["--", "node", "adapter.mjs"], "judge it with `run --json FILE -- COMMAND`"),
        (["--from", "no-such-file", RIGHT], "cannot read no-such-file: No such file or directory"),
        (["--from", "README.md"], "README.md is not JSON"),
        (["--from", "conformance/wire/schema.json"], "not the JSON report of a run"),
        (["--json", "no/such/folder/file", RIGHT], "cannot write no/such/folder/file"),
        (["--json", "/tmp/same", "--html", "/tmp/same", RIGHT], "--json and --html both name /tmp/same"),
        (["--reports", "README.md", RIGHT], "cannot write README.md"),
        (["-n", "0", RIGHT], "expected a whole number from 1 to 64"),
    ],
)
def test_wrong_usage_is_reported_before_judging(arguments: list[str], message: str, kit: Kit) -> None:
    ended = kit("survey", *arguments)
    assert ended.returncode == 2, ended.stdout
    assert message in ended.stderr
    assert ended.stdout == ""
    assert not (CHECKOUT / "no").exists()


@pytest.mark.needs_node
def test_release_and_reference_have_a_row_each(bench: Bench) -> None:
    only = ("--only", "POOL,PID,PROC-001,PROC-005,PROC-016")
    ended, board = survey(bench, *only, RELEASE, "reference@1.3.0")
    release, reference = board["implementations"]
    assert ended.returncode == 0
    assert release["verdicts"]["waived"] == reference["verdicts"]["waived"] != []
    assert release["implementation"] == "opencode-antigravity-auth 1.3.0, javascript"
    assert release["verdicts"]["not claimed"] == ["PID-010", "PROC-005", "PROC-016"]
