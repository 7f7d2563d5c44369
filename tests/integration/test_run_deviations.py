"""Known deviations of a port, given as a file, waive exactly the known failures."""

import json
import re

import pytest

from conformance.json_type import Json
from tests.support.kit_runs import Bench, breaking, verdicts

ONLY_PID_001 = ("--only", "PID-001")


def deviations(bench: Bench, **changed: Json) -> tuple[str, str]:
    """The options for a file with one deviation: with two accounts, the port uses the PID plus one."""
    two_accounts = {"properties": {"accounts": {"minItems": 2, "maxItems": 2}}}
    first_call = {"properties": {"params": {"properties": {"pool": two_accounts}}}}
    entry = {
        "id": "off-by-one-of-two",
        "requirement": "PID-001",
        "reason": "With two accounts, the port counts from one.",
        "evidence": "its issue tracker",
        "when": {
            "properties": {
                "scenario": {"properties": {"calls": {"prefixItems": [first_call]}}},
                "call": {"properties": {"method": {"const": "select"}}},
            }
        },
        "counterexample": {"calls": [{"method": "select", "params": {"family": "claude", "strategy": "sticky"}}]},
    }
    file = bench.folder / "deviations.json"
    file.write_text(json.dumps({"deviations": [entry | changed]}), encoding="utf-8")
    return "--deviations", str(file)


def test_a_known_deviation_is_waived(bench: Bench) -> None:
    target = breaking("off-by-one-of-two")
    assert bench.report(*ONLY_PID_001, *target)["exit_code"] == 1
    report = bench.report(*deviations(bench), *ONLY_PID_001, *target)
    assert report["exit_code"] == 0
    assert verdicts(report) == {"PID-001": "waived"}


def test_waived_requirement_is_shown_with_reason_and_evidence(bench: Bench) -> None:
    run = bench.run("-v", *deviations(bench), *ONLY_PID_001, *breaking("off-by-one-of-two"))
    assert "PID-001   waived" in run.stdout
    assert "With two accounts, the port counts from one." in run.stdout
    assert "evidence: its issue tracker" in run.stdout


def test_a_new_fault_behind_a_deviation_is_seen(bench: Bench) -> None:
    run = bench.run(*deviations(bench), *ONLY_PID_001, *breaking("off-by-one"))
    assert run.returncode == 1
    assert "PID-001   FAIL" in run.stdout
    assert re.search(r"open .*pool=\{(?!2 )\d+ accounts: ", run.stdout), "the shown case must be the new one"


def test_deviation_without_evidence_is_stale(bench: Bench) -> None:
    run = bench.run(*deviations(bench), *ONLY_PID_001, "reference")
    assert run.returncode == 6
    assert "stale deviation off-by-one-of-two (PID-001)" in run.stdout
    assert 'remove the entry with "id": "off-by-one-of-two"' in run.stdout
    assert "conformant, but a deviation is stale (exit code 6)" in run.stdout


@pytest.mark.exhaustive
def test_deviation_holds_through_its_last_day(bench: Bench) -> None:
    options = (*deviations(bench, expires="2026-03-01"), *ONLY_PID_001)
    target = breaking("off-by-one-of-two")
    assert bench.report("--today", "2026-03-01", *options, *target)["exit_code"] == 0
    expired = bench.report("--today", "2026-03-02", *options, *target)
    assert expired["exit_code"] == 1
    assert expired["stale_deviations"] == [{"id": "off-by-one-of-two", "why": "it expired on 2026-03-01"}]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("expires", "code"), [("9999-12-31", 0), ("2000-01-01", 1)])
def test_expiry_is_judged_against_today_by_default(bench: Bench, expires: str, code: int) -> None:
    options = (*deviations(bench, expires=expires), *ONLY_PID_001)
    report = bench.report(*options, *breaking("off-by-one-of-two"))
    assert report["exit_code"] == code
    assert report["today"] is None
    assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", report["observed"]["today"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"requirement": "PID-999"}, "deviations[0]: there is no requirement PID-999"),
        ({"reason": "because"}, "deviations[0]: reason: String should have at least 10 characters, got 'because'"),
        ({"when": {}}, "deviations[0]: `when` covers every mismatch"),
        ({"when": {"properties": 1}}, "deviations[0]: `when` is not a valid JSON Schema"),
        ({"expires": "soon"}, "deviations[0]: expires: "),
        ({"surprise": 1}, "deviations[0]: surprise: "),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_file_is_refused_with_its_place(bench: Bench, changed: Json, message: str) -> None:
    run = bench.run(*deviations(bench, **changed), *ONLY_PID_001, "reference")
    assert run.returncode == 2, run.stdout + run.stderr
    assert message in run.stderr
    assert "Traceback" not in run.stderr


def test_invalid_json_file_is_refused(bench: Bench) -> None:
    file = bench.folder / "deviations.json"
    file.write_text("{deviations: []}", encoding="utf-8")
    run = bench.run("--deviations", str(file), "reference")
    assert run.returncode == 2
    assert "deviations.json is not JSON in UTF-8" in run.stderr
