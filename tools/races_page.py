"""Writes docs/races.md: how races are judged, and what the releases lose.

`python -m tools.races_page [REPORT...]`: with reports of `races --json`, it stores them in docs/races.json first.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.generated import MARKDOWN_NOTE
from conformance.json_type import Json
from conformance.processes.races.catalogue import RULES
from tests.support.command import CHECKOUT
from tools.races_words import CAUSES, INTRO, STRESS

PAGE = CHECKOUT / "docs" / "races.md"
DATA = CHECKOUT / "docs" / "races.json"
MARKS = {"pass": "ok", "fail": "**fail**", "unknown": "?"}
COLUMN = 37


def store(paths: Sequence[Path]) -> None:
    """Store reports, without what depends on the machine and with one trace for each rule."""
    reports = []
    for path in paths:
        report = json.loads(path.read_text(encoding="utf-8"))
        report.pop("observed")
        seen: set[str] = set()
        for row in report["states"]:
            for failure in row["failures"]:
                if failure["rule"] in seen:
                    del failure["trace"]
                seen.add(failure["rule"])
        reports.append(report)
    DATA.write_text(json.dumps(reports, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def render(reports: Sequence[Json]) -> str:
    lines = [MARKDOWN_NOTE, INTRO.rstrip(), "", "## The rules", ""]
    lines += ["| rule | level | what must hold |", "|-|-|-|"]
    lines += [f"| {rule} | {about.level} | **{about.title}.** {about.text} |" for rule, about in RULES.items()]
    lines += ["", "## The releases", "", *_overview(reports), "", "## What is lost, and how", ""]
    for rule in RULES:
        lines += _failures(rule, reports)
    lines += [STRESS.rstrip(), "", "## Every state", "", "A dot: the rule does not apply.", ""]
    for report in reports:
        lines += [*_table(report), ""]
    return "\n".join(lines).rstrip() + "\n"


def _overview(reports: Sequence[Json]) -> Iterator[str]:
    yield "A number: in how many rows of the tables below the rule fails. Each failure was replayed once."
    yield ""
    yield "| target | schedules | " + " | ".join(rule[-3:] for rule in RULES) + " |"
    yield "|-" * (len(RULES) + 2) + "|"
    for report in reports:
        counts = []
        for rule in RULES:
            verdicts = [row["verdicts"].get(rule) for row in report["states"]]
            counts.append(str(verdicts.count("fail")) if "fail" in verdicts else MARKS[_worst(verdicts)])
        schedules = sum(row["schedules"] for row in report["states"])
        yield f"| {_shown(report)} | {schedules:,} | {' | '.join(counts)} |"


def _worst(verdicts: Sequence[str | None]) -> str:
    return "unknown" if "unknown" in verdicts else "pass"


def _shown(report: Json) -> str:
    return str(report["target"]).removeprefix("npm:opencode-antigravity-auth@")


def _failures(rule: str, reports: Sequence[Json]) -> Iterator[str]:
    """The newest target that breaks the rule, with its shortest schedule."""
    failing = [report for report in reports if report["rules"][rule]["verdict"] == "fail"]
    if not failing:
        return
    report = max(failing, key=lambda each: str(each["version"]))
    row, failure = next(
        (row, failure) for row in report["states"] for failure in row["failures"] if failure["rule"] == rule
    )
    yield f"### {rule}: {RULES[rule].title}"
    yield ""
    yield f"{CAUSES[rule]} Broken by {', '.join(_shown(each) for each in failing)}."
    yield ""
    yield f"{_shown(report)}, {row['state']}, {failure['schedules']} of {row['schedules']} {row['kind']}:"
    yield ""
    yield "```"
    yield failure["finding"]
    yield ""
    yield f"     {'process 1':<{COLUMN}} process 2"
    for number, line in enumerate(failure["trace"], 1):
        process, _, text = line.partition(" ")
        yield f"{number:>4} {'' if process == '1' else ' ' * (COLUMN + 1)}{text}"
    yield "```"
    yield ""


def _table(report: Json) -> Iterator[str]:
    yield f"**{_shown(report)}**"
    yield ""
    yield "| state | schedules | " + " | ".join(rule[-3:] for rule in RULES) + " |"
    yield "|-" * (len(RULES) + 2) + "|"
    for row in report["states"]:
        marks = [MARKS.get(row["verdicts"].get(rule, ""), ".") for rule in RULES]
        yield f"| {row['state']} | {row['schedules']} {row['kind']} | {' | '.join(marks)} |"


def main() -> None:
    if sys.argv[1:]:
        store([Path(word) for word in sys.argv[1:]])
    PAGE.write_text(render(json.loads(DATA.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
