"""The JSON reports of real runs match the published schema, and the kit reads them back without loss."""

import json

import pytest

from conformance.reports.documents import render_json
from conformance.reports.report import read_report
from tests.mutants import target_word
from tests.support.factories import deviation_entry
from tests.support.kit_runs import Bench, breaking, misbehaving
from tests.support.tiers import sampled_rows

MUTANT = target_word("counts-from-one")


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    sampled_rows(
        [
            (["--only", "PID-001", "reference"], 0),
            (["--only", "POOL,ENV", "reference@1.3.0"], 0),
            (["--only", "PID-001,PROC-001", MUTANT], 1),
            (["--only", "POOL", "--today", "2026-03-01", "python:none.such:Port"], 3),
            (["--only", "POOL", *misbehaving("exits_at_once")], 3),
            (["--only", "STK-003,PID-008", *breaking("dies")], 3),
            (["--only", "PID,CFG", *breaking("nothing")], 5),
        ],
        every=3,
    ),
    ids=["reference", "release", "mutant", "no target", "no hello", "fault", "nothing claimed"],
)
def test_report_meets_schema(bench: Bench, arguments: list[str], exit_code: int) -> None:
    assert bench.report(*arguments)["exit_code"] == exit_code  # `report` validates
    text = (bench.folder / "report.json").read_text(encoding="utf-8")
    assert render_json(read_report(json.loads(text))) == text


def test_report_with_stale_deviation_meets_schema(bench: Bench) -> None:
    file = bench.folder / "deviations.json"
    file.write_text(json.dumps({"deviations": [deviation_entry(requirement="PID-001")]}), encoding="utf-8")
    report = bench.report("--deviations", str(file), "--only", "PID-001", "reference")
    assert [entry["id"] for entry in report["stale_deviations"]] == ["answers-b"]


@pytest.mark.exhaustive
def test_findings_of_processes_have_their_record(bench: Bench) -> None:
    report = bench.report("--only", "PROC-001", MUTANT)
    ((first, *others),) = report["observed"]["findings"].values()
    assert {entry["did"] for entry in first["record"]} >= {"load_config", "select"}
    assert first["process"] in {entry["process"] for entry in first["record"]}
    assert not any("record" in finding for finding in others)
