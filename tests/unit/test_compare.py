"""`compare`: which changes are regressions, and the exit code."""

import json
from pathlib import Path

import pytest

from conformance.reports.compare import Comparison, Kind
from conformance.reports.compare_text import render_comparison_markdown, render_terminal
from conformance.reports.documents import render_json
from conformance.reports.page.compare_page import render_compare_page
from conformance.reports.report import Report, read_report, report_of
from conformance.reports.report_reasons import reason_document
from conformance.reports.story import Edit, Place, Reason
from conformance.reports.verdicts import Word
from conformance.requirements.catalogue import Level
from tests.support.command import Kit
from tests.support.factories import case, catalogue, concluded, finding, finished_run, requirement
from tests.support.mixed_runs import HOSTILE


def report(*verdicts: Word | None, exit_code: int | None = None, level: Level = "MUST", **changed: object) -> Report:
    """A report with these verdicts of ONE-001, ONE-002 and so on. None leaves the rule out."""
    ids = [f"ONE-{number:03}" for number, word in enumerate(verdicts, 1) if word is not None]
    words = [word for word in verdicts if word is not None]
    events = [
        case("fail" if word == "fail" else "pass", id_, findings=[finding()] if word == "fail" else [])
        for id_, word in zip(ids, words, strict=True)
    ]
    made = report_of(finished_run(concluded(events, *(requirement(id_, level) for id_ in ids))))
    entries = [
        entry.model_copy(update={"verdict": word}) for entry, word in zip(made.requirements, words, strict=False)
    ]
    code = exit_code if exit_code is not None else int("fail" in words)
    return made.model_copy(update={"requirements": entries, "exit_code": code, **changed})


@pytest.mark.parametrize(
    ("old", "new", "kind", "code"),
    [
        ("pass", "fail", "broken", 1),
        ("waived", "fail", "broken", 1),
        ("not claimed", "fail", "broken", 1),
        ("pass", "not claimed", "lost", 1),
        ("not run", "fail", "new failure", 0),
        (None, "fail", "new failure", 0),
        ("fail", "fail", "failing", 0),
        ("fail", "pass", "repaired", 0),
        (None, "pass", "added", 0),
        ("not claimed", "pass", "added", 0),
        ("pass", "not run", "unjudged", 0),
        ("pass", "pass", None, 0),
        ("pass", "waived", None, 0),
    ],
)
def test_change_of_one_verdict(old: Word | None, new: Word, kind: Kind | None, code: int) -> None:
    comparison = Comparison(report("pass", old), report("pass", new))
    assert [change.kind for change in comparison.changes] == ([kind] if kind else [])
    assert comparison.exit_code == code
    assert comparison.unchanged == (1 if kind else 2)


def test_inherited_deviation_that_is_back_is_a_regression() -> None:
    old, new = report("pass"), report("waived", inherited_deviations=True)
    assert Comparison(old, new).exit_code == 1
    assert Comparison(old.model_copy(update={"profile": "1.3.0"}), new).exit_code == 0


def test_should_counts_only_with_strict() -> None:
    old, new = report("pass", level="SHOULD"), report("fail", level="SHOULD")
    assert Comparison(old, new).exit_code == 0
    assert Comparison(old, new, strict=True).exit_code == 1


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (report("pass"), report("fail", exit_code=130), 130),
        (report("pass", "pass"), report("fail", "unknown", exit_code=3), 1),
        (report("pass"), report("unknown", exit_code=3), 3),
        (report(exit_code=3), report("pass"), 3),
        (report("pass"), report(exit_code=5), 5),
        (report("fail", exit_code=1), report("pass", exit_code=6), 0),
    ],
)
def test_run_without_verdict_decides_the_exit_code(old: Report, new: Report, code: int) -> None:
    assert Comparison(old, new).exit_code == code


@pytest.mark.parametrize("text", HOSTILE)
def test_comparison_is_written_in_every_format(text: str) -> None:
    rules = [requirement("ONE-001")]
    old = report_of(finished_run(concluded([case("pass")], *rules), target_word=text))
    new = report_of(finished_run(concluded([case("fail", findings=[finding("a", text)])], *rules), target_word=text))
    comparison = Comparison(old, new)
    lines = "\n".join(render_terminal(comparison)).split("\n")
    assert all(len(line) <= 80 and line.isprintable() for line in lines)
    assert lines[-1] == "1 regression (exit code 1)"
    markdown, page = render_comparison_markdown(comparison), render_compare_page(comparison, catalogue(*rules))
    assert "## ❌ Conformance: 1 regression\n" in markdown
    assert "**ONE-001** The rule ONE-001: pass → fail" in markdown
    assert '<h1 id="answer">1 regression</h1>' in page
    assert "\x1b" not in markdown + page


def test_regression_of_a_checkout_names_the_changed_line() -> None:
    edit = Edit(line=905, now="if (a >= b)", before="if (a > b)")
    place = Place("src/a.ts", "removeAccount", 887, [905], 7, 0, changed=True, edits=[edit])
    new = report("fail", reasons=[reason_document(Reason("ONE-001", [], places=[place]))])
    comparison = Comparison(report("pass"), new)
    text, markdown = "\n".join(render_terminal(comparison)), render_comparison_markdown(comparison)
    assert "see removeAccount (src/a.ts:905)\n" in text
    assert "if (a >= b); was: if (a > b)\n" in text
    assert "  - see `removeAccount` in `src/a.ts:905`\n  - `if (a >= b)`; was `if (a > b)`\n" in markdown
    assert "see " not in "\n".join(render_terminal(Comparison(report("pass"), report("fail"))))


def test_compare_reads_reports(kit: Kit, tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(render_json(report("pass", "fail")), encoding="utf-8")
    new.write_text(render_json(report("fail", "pass")), encoding="utf-8")
    done = kit("compare", str(old), str(new), "--markdown", str(tmp_path / "a.md"), "--html", str(tmp_path / "a.html"))
    assert done.returncode == 1
    assert "Repaired: 1\n  ONE-002" in done.stdout
    assert done.stdout.endswith("1 regression (exit code 1)\n")
    assert "1 regression" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert "1 regression" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert kit("compare", str(new), str(new)).returncode == 0
    assert read_report(json.loads(old.read_text(encoding="utf-8"))).exit_code == 1


def test_compare_refuses_other_documents(kit: Kit, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}", encoding="utf-8")
    done = kit("compare", str(other), str(other))
    assert done.returncode == 2
    assert "not the JSON report of a run" in done.stderr


def test_compare_refuses_a_missing_path_first(kit: Kit, tmp_path: Path) -> None:
    """Before the other side is judged."""
    done = kit("compare", "reference", str(tmp_path / "reprot.json"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no file or folder" in done.stderr


def test_report_of_another_format_says_which(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"format": 2}', encoding="utf-8")
    for words in (["compare", "reference"], ["survey", "--from"]):
        done = kit(*words, str(tmp_path / "old.json"))
        assert done.returncode == 2
        assert "format 1: it has format 2; write it again with this version of the kit" in done.stderr


def test_option_of_runs_has_no_effect_on_reports(kit: Kit, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(render_json(report("pass")), encoding="utf-8")
    done = kit("compare", str(path), str(path), "--only", "PID", "--strict")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "note: --only has no effect: OLD and NEW are reports")
    done = kit("survey", "--from", str(path), "--only", "PID")
    assert done.returncode == 2
    assert "--only is for targets, and only reports were given" in done.stderr


def test_run_without_profile_is_not_compared_by_profile() -> None:
    comparison = Comparison(report("pass"), report(profile=None, exit_code=2))
    assert not any("None" in remark for remark in comparison.remarks)
    assert comparison.conclusion.startswith("no verdict, because the new run has none (")
