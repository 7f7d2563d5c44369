"""Reports of searches: merging those of shards, and the text of an issue."""

from typing import Any

import pytest

from conformance.json_type import Json
from conformance.reports.fuzz_report import FuzzReport, FuzzReportError, merge, read_fuzz_report, render_issue
from tests.support.command import Kit


def discrepancy(kind: str, calls: int = 1, *, from_database: bool = False, **changed: Any) -> Json:
    listed = [{"method": "select", "params": {"family": "claude", "strategy": "sticky"}}] * calls
    return {
        "scenario": {"calls": listed},
        "position": calls - 1,
        "profile": "recommended",
        "failed": False,
        "expected": {"label": "mango", "index": 0},
        "answered": {"label": "fig", "index": 1},
        "reasons": [],
        "quirks": [],
        "asked_again": None,
        "kind": kind,
        "from_database": from_database,
        "vector": {"id": "found-1", "calls": listed},
        **changed,
    }


def report(seed: str, *discrepancies: Json, **changed: Any) -> FuzzReport:
    fields: dict[str, Any] = {
        "kit": "0.1.0",
        "target": "-- ./adapter",
        "profile": "recommended",
        "options": [],
        "seeds": [seed],
        "sessions": 10,
        "differences": len(discrepancies),
        "calls": {"select sticky": 30},
        "ended_early": [],
        "discrepancies": list(discrepancies),
    }
    return FuzzReport(**(fields | changed))


def test_merged_report_has_the_shortest_of_each_kind() -> None:
    first = report("a 1/2", discrepancy("one", 3), calls={"select sticky": 30, "open": 1})
    second = report("a 2/2", discrepancy("two"), discrepancy("one", 2))
    merged = merge([first, second])
    assert [(one["kind"], len(one["scenario"]["calls"])) for one in merged.discrepancies] == [("one", 2), ("two", 1)]
    assert (merged.seeds, merged.sessions, merged.differences) == (["a 1/2", "a 2/2"], 20, 3)
    assert merged.calls == {"select sticky": 60, "open": 1}


@pytest.mark.parametrize("changed", [{"target": "reference"}, {"profile": "1.6.0"}, {"kit": "0.2.0"}])
def test_reports_of_different_searches_are_not_merged(changed: dict[str, str]) -> None:
    with pytest.raises(FuzzReportError, match=f"different searches: {next(iter(changed))} is "):
        merge([report("a"), report("b", **changed)])


def test_find_that_another_shard_repeats_is_new() -> None:
    merged = merge([report("a", discrepancy("one", from_database=True)), report("b", discrepancy("one"))])
    assert [one["from_database"] for one in merged.discrepancies] == [False]


def test_issue_has_scenario_vector_and_command() -> None:
    text = render_issue(report("a", discrepancy("one"), discrepancy("two", from_database=True)))
    assert text.startswith("One answer differs from the reference for `-- ./adapter`, judged as `recommended`.")
    assert "## 1. `select sticky`\n\n```\n  > select family=claude strategy=sticky\n" in text
    assert '```json\n{"id": "found-1", ' in text
    assert "```sh\nantigravity-conformance replay found-1.json -- ./adapter\n```" in text
    assert "## 2." not in text


def test_texts_of_a_target_stay_code() -> None:
    text = render_issue(report("a", discrepancy("one", answered={"label": "```\n# heading", "index": 1})))
    assert "\n````\n" in text or "````" in text
    assert "\n# heading" not in text


def test_no_issue_without_a_new_find() -> None:
    assert render_issue(report("a", discrepancy("one", from_database=True))) == ""
    assert render_issue(report("a")) == ""


def test_merge_writes_report_vectors_and_issue(kit: Kit, tmp_path: Any) -> None:
    files = []
    for seed in ("a 1/2", "a 2/2"):
        file = tmp_path / f"{seed[-3]}.json"
        file.write_text(report(seed, discrepancy("one")).model_dump_json(), encoding="utf-8")
        files.append(str(file))
    done = kit("fuzz", "--out", str(tmp_path / "found"), "--json", str(tmp_path / "all.json"), "--merge", *files)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("-- ./adapter as recommended, 2 reports\n\n1. select sticky\n")
    assert "60 calls in 20 sessions, differences in 2 sessions, 1 shown above" in done.stdout
    assert (tmp_path / "found" / "found-1.json").is_file()
    assert read_fuzz_report((tmp_path / "all.json").read_text(encoding="utf-8")).seeds == ["a 1/2", "a 2/2"]


def test_wrong_report_is_named(kit: Kit, tmp_path: Any) -> None:
    file = tmp_path / "report.json"
    file.write_text("{}", encoding="utf-8")
    for name, why in ((str(file), "not the JSON report of `fuzz`"), (f"{file}s", "No such file or directory")):
        done = kit("fuzz", "--merge", name)
        assert (done.returncode, done.stderr) == (2, f"antigravity-conformance: cannot merge {name}: {why}\n")
    assert kit("fuzz", "reference", "--merge", str(file)).returncode == 2
