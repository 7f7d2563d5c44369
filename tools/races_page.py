"""Writes docs/races.md: how races are judged, and what the releases lose.

`python -m tools.races_page [REPORT...]`: with reports of `races --json`, it stores them in docs/races.json first.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.generated import MARKDOWN_NOTE
from conformance.json_type import Json
from conformance.processes.races.rule_schedules import load_schedules
from conformance.reports.races_text import LEGEND
from conformance.requirements.races import RULES
from tests.support.command import CHECKOUT
from tools.races_words import CAUSES, INTRO, STRESS

PAGE = CHECKOUT / "docs" / "races.md"
DATA = CHECKOUT / "docs" / "races.json"
MARKS = {"pass": "ok", "fail": "**fail**", "unknown": "?"}
COLUMN = 37
_PAIR = re.compile(r"\[\s+(\d+),\s+(\d+)\s+\]")


def store(paths: Sequence[Path]) -> None:
    """Store reports, without what depends on the machine, and with the traces that the page shows."""
    reports = []
    for path in paths:
        report = json.loads(path.read_text(encoding="utf-8"))
        report.pop("observed")
        report["target"] = _name(report["target"])
        reports.append(report)
    shown = [id(_first(newest, rule)[1]) for rule in RULES if (newest := _newest(reports, rule)) is not None]
    for report in reports:
        for failure in (failure for row in report["states"] for failure in row["failures"]):
            if id(failure) not in shown:
                del failure["trace"]
    text = json.dumps(reports, indent=1, ensure_ascii=False)
    DATA.write_text(_PAIR.sub(r"[\1, \2]", text) + "\n", encoding="utf-8")


def _name(word: str) -> str:
    """The target without the paths of this machine: a release, or the repository of a fork."""
    name = Path(word).name.replace("+", "/")
    return f"{name.removeprefix('v')} (git tag)" if word.startswith("plugin:") and name.startswith("v") else name


def render(reports: Sequence[Json]) -> str:
    lines = [MARKDOWN_NOTE, INTRO.rstrip(), "", "## The rules", ""]
    lines += ["| rule | level | what must hold |", "|-|-|-|"]
    lines += [f"| {rule} | {about.level} | **{about.title}.** {about.text} |" for rule, about in RULES.items()]
    lines += ["", "## The schedules of a run", "", *_schedules()]
    lines += ["", "## The releases", "", *_overview(reports), "", "## What is lost, and how", "", f"{LEGEND}.", ""]
    for rule in RULES:
        lines += _failures(rule, reports)
    lines += [STRESS.rstrip(), "", "## Every state", "", "A dot: the rule does not apply.", ""]
    for report in reports:
        lines += [*_table(report), ""]
    return "\n".join(lines).rstrip() + "\n"


def _schedules() -> Iterator[str]:
    """The stored schedules, by which `run` judges."""
    yield "`fixtures/schedules.json` has them. In a report, the name of a schedule follows the word `race`."
    yield ""
    yield "| schedule | state | rules | what happens |"
    yield "|-|-|-|-|"
    for schedule in load_schedules():
        rules = ", ".join(schedule.rules)
        yield f"| `{schedule.id}` | `{schedule.state}` | {rules} | {schedule.why} |"


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
    return str(report["target"]).removeprefix("npm:").removeprefix("opencode-antigravity-auth@")


def _newest(reports: Sequence[Json], rule: str) -> Json:
    """The newest release that breaks the rule, or else the last fork; None if all keep it."""
    failing = [report for report in reports if report["rules"][rule]["verdict"] == "fail"]
    releases = [report for report in failing if "/" not in _shown(report)]
    return max(releases, key=lambda each: str(each["version"])) if releases else next(reversed(failing), None)


def _first(report: Json, rule: str) -> tuple[Json, Json]:
    """The first state in which the rule is broken, and how."""
    return next((row, each) for row in report["states"] for each in row["failures"] if each["rule"] == rule)


def _failures(rule: str, reports: Sequence[Json]) -> Iterator[str]:
    """Who breaks the rule, each with its shortest schedule; that of the newest release call by call."""
    newest = _newest(reports, rule)
    if newest is None:
        return
    yield f"### {rule}: {RULES[rule].title}"
    yield ""
    yield CAUSES[rule]
    yield ""
    yield "| target | state | schedules that fail | the shortest: calls by process |"
    yield "|-|-|-|-|"
    for report in reports:
        if report["rules"][rule]["verdict"] == "fail":
            row, failure = _first(report, rule)
            calls = ", ".join(f"{count} by {process}" for process, count in failure["schedule"])
            fault = failure.get("fault")
            met = f"; {fault['kind']} at call {fault['at'] + 1}" if fault else ""
            of_all = f"{failure['schedules']} of {row['schedules']} {row['kind']}"
            yield f"| {_shown(report)} | {row['state']} | {of_all} | {calls}{met} |"
    yield ""
    row, failure = _first(newest, rule)
    yield f"{_shown(newest)}, {row['state']}: {failure['finding']}."
    yield ""
    yield "```"
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
