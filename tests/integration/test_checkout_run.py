"""`run plugin:PATH`: a checkout is judged as the nearest release, and only its own changes fail."""

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from conformance.json_type import Json
from tests.support.checkouts import ACCOUNTS, MANAGER_TEXT, copy_release, write_checkout
from tests.support.command import run_kit

pytestmark = [pytest.mark.needs_node, pytest.mark.usefixtures("own_cache")]

Finished = CompletedProcess[str]
OFFSET = "dist/src/plugin/accounts.js"


def judge(checkout: Path, *options: str) -> tuple[Json, Finished]:
    report = checkout.parent / "report.json"
    finished = run_kit("run", f"plugin:{checkout}", "--json", str(report), *options)
    return json.loads(report.read_text()), finished


def verdicts(report: Json) -> dict[str, str]:
    return {entry["id"]: entry["verdict"] for entry in report["requirements"]}


@pytest.fixture
def fork(tmp_path: Path, own_cache: Path) -> Path:
    """Release 1.6.0 with another name and version."""
    fork = copy_release(tmp_path / "fork", "1.6.0")
    manifest = json.loads((fork / "package.json").read_text())
    (fork / "package.json").write_text(json.dumps(manifest | {"name": "a-fork", "version": "0.1.0"}))
    return fork


@pytest.mark.exhaustive
def test_fork_inherits_deviations_of_its_release(fork: Path) -> None:
    report, finished = judge(fork, "--only", "POOL,PID,PROC-001,STK,CFG")
    assert finished.returncode == 0, finished.stdout
    assert (report["hello"]["name"], report["profile"], report["inherited_deviations"]) == ("a-fork", "1.6.0", True)
    assert report["profile_reason"].startswith("nearest: 43 of 43 distinguishing scenarios, ")
    assert "selection: dist/src/plugin/accounts.js" in report["notes"]
    found = verdicts(report)
    assert (found["POOL-007"], found["PID-001"], found["PROC-001"]) == ("waived", "pass", "pass")
    text = "Known deviations of release 1.6.0 are waived. Every failure comes from a change in this checkout."
    assert text in " ".join(finished.stdout.split())
    assert "deviations inherited from release 1.6.0 (exit code 0)" in finished.stdout


def test_a_changed_line_fails_at_its_requirement(fork: Path) -> None:
    file = fork / OFFSET
    text = file.read_text()
    changed = text.replace("process.pid % this.accounts.length", "(process.pid + 1) % this.accounts.length")
    assert changed != text
    file.write_text(changed)
    report, finished = judge(fork, "--only", "POOL,PID,STK")
    assert finished.returncode == 1
    failed = {id_ for id_, verdict in verdicts(report).items() if verdict == "fail"}
    assert "PID-001" in failed
    assert {id_.partition("-")[0] for id_ in failed} == {"PID"}


@pytest.mark.exhaustive
def test_changed_line_is_shown_by_its_effect(fork: Path) -> None:
    file = fork / OFFSET
    text = file.read_text()
    changed = text.replace("this.cursor++;", "this.cursor += 2;")
    assert changed != text
    file.write_text(changed)
    text = run_kit("identify", f"plugin:{fork}", "--calls", "1500").stdout
    assert "behaves like 1.6.0, except" in " ".join(text.split())
    assert "expected" in text
    assert "cursor" in text


def test_mended_deviation_of_a_fork_is_not_stale(fork: Path) -> None:
    file = fork / "dist/src/plugin/config/schema.js"
    text = file.read_text()
    changed = text.replace("auto_resume: true", "auto_resume: false")
    assert changed != text
    file.write_text(changed)
    report, finished = judge(fork, "--only", "CFG-009")
    assert (finished.returncode, verdicts(report)) == (0, {"CFG-009": "pass"})
    assert (report["stale_deviations"], report["mended_deviations"]) == ([], ["auto-resume-on-by-default"])
    text = "deviations of release 1.6.0 that this checkout does not have: auto-resume-on-by-default (CFG-009)"
    assert text in " ".join(finished.stdout.split())


@pytest.mark.exhaustive
def test_options_override_profile_and_deviations(fork: Path) -> None:
    none = fork.parent / "none.json"
    none.write_text('{"deviations": []}')
    report, finished = judge(fork, "--only", "POOL-007", "--deviations", str(none))
    assert (finished.returncode, report["inherited_deviations"]) == (1, False)
    report, finished = judge(fork, "--only", "POOL-007", "--profile", "recommended")
    assert (finished.returncode, report["profile_reason"]) == (1, "chosen with --profile")


def test_broken_fork_is_an_adapter_fault(tmp_path: Path) -> None:
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: f"throw new Error('not today');\n{MANAGER_TEXT}"})
    report, finished = judge(checkout)
    assert finished.returncode == report["exit_code"] == 3
    assert "could not be imported: Error: not today, at src/plugin/accounts.ts:1" in finished.stderr
    assert finished.stdout == ""


def test_mapping_option_is_for_checkouts_only(tmp_path: Path) -> None:
    checkout = write_checkout(tmp_path / "a fork")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[plugin]\nconfig = false\n")
    _, finished = judge(checkout, "--mapping", str(mapping), "--only", "POOL-002", "--profile", "1.6.0")
    options = f"--profile 1.6.0 --mapping {mapping}"
    repeated = f"repeat: antigravity-conformance run --only POOL-002 {options} 'plugin:{checkout}'"
    assert repeated in " ".join(finished.stdout.replace("\\", "").split())
    finished = run_kit("run", "reference", "--mapping", str(mapping))
    assert finished.returncode == 2
    assert "--mapping is only for a target plugin:PATH" in finished.stderr
