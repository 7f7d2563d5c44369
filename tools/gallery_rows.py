"""The rows of the gallery: which command judges which adapter, and what is compared."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from conformance.json_type import Json
from tests.fakes.gallery.catalogue import load
from tools.gallery_run import MOST_SECONDS, Measured

DATA = tomllib.loads(Path(__file__).with_name("gallery.toml").read_text(encoding="utf-8"))
MOST_MIB, MOST_REPORT_BYTES, MOST_LINES = 200, 5_000_000, 200
CAUSE_CHARACTERS = 160
FAIR = (0, 1, 3, 5)  # exit codes


class Row(NamedTuple):
    """One adapter and one command. `tested`: the tests compare it too, not only `make gallery`."""

    fake: str
    command: str = "run"
    options: tuple[str, ...] = ()
    tested: bool = False

    @property
    def name(self) -> str:
        return " ".join((self.fake, self.command, *self.options))

    @property
    def is_steady(self) -> bool:
        return self.fake not in DATA["unsteady"]


class Outcome(BaseModel):
    """What a row shows, without anything that depends on the machine."""

    model_config = ConfigDict(extra="forbid")

    exit_code: int | None  # null where it is chance
    verdicts: dict[str, int]
    cause: str
    within: dict[str, bool]
    left: list[str]
    unsafe: list[str]


def rows() -> Iterator[Row]:
    for name in load():
        rules = DATA["rules_of"].get(name, DATA["rules"])
        waiting = ("--timeout", "5") if name in DATA["hanging"] else ()
        yield Row(name, "run", ("--only", rules, *waiting), name not in DATA["alike"])
    for name in DATA["all_rules"]:
        yield Row(name, "run", ("--timeout", "5"))
    for name in DATA["other_commands"]:
        yield Row(name, "identify", ("--calls", "2000", "--timeout", "5"))
        yield Row(name, "fuzz", ("--calls", "2000", "--timeout", "5", "--seed", "gallery", "--no-database"))


def outcome(row: Row, measured: Measured) -> Outcome:
    return Outcome(
        exit_code=measured.exit_code if row.is_steady or measured.exit_code not in FAIR else None,
        verdicts=verdicts(measured.report) if row.is_steady else {},
        cause=cause(measured) if row.is_steady and row.fake not in DATA["unsteady_causes"] else "",
        within={
            f"{MOST_SECONDS:g} s": measured.in_time,
            f"{MOST_MIB} MiB": measured.memory_mib <= MOST_MIB,
            f"{MOST_REPORT_BYTES // 1_000_000} MB": measured.report_bytes <= MOST_REPORT_BYTES,
            f"{MOST_LINES} lines": measured.terminal_lines <= MOST_LINES,
        },
        left=measured.left,
        unsafe=measured.unsafe,
    )


def verdicts(report: Json) -> dict[str, int]:
    """How many requirements have each verdict."""
    words = [entry["verdict"] for entry in (report or {}).get("requirements", [])]
    return {word: words.count(word) for word in sorted(set(words))}


def cause(measured: Measured) -> str:
    """The first line of the message that says why, without what depends on the machine."""
    report = measured.report or {}
    observed = report.get("observed", {})
    messages = [
        observed.get("fault"),
        *observed.get("suite_faults", []),
        *observed.get("reasons", {}).values(),
        *_failures(report),
        measured.stderr,
    ]
    return plain(next(filter(None, messages), ""))


def _failures(report: Json) -> Iterator[str]:
    for entry in report.get("requirements", []):
        for case in entry["cases"]:
            for finding in case["findings"]:
                yield f"{entry['id']}: {finding['what']}: expected {finding['expected']}, got {finding['actual']}"
        if entry["verdict"] == "fail":
            yield f"{entry['id']}: {entry['reason']}"


def plain(message: str) -> str:
    """One line of at most 160 characters, with `the target` for its command, without how often it was tried."""
    line = next(iter(message.splitlines()), "").removeprefix("antigravity-conformance: ")
    line = re.sub(r"-- \S*python\S* -P -m tests\.fakes\.gallery \S+( run\w+)?", "the target", line)
    line = re.sub(r"^the target failed \d+ times and is not started again\. The last time: (it )?", "", line)
    line = re.sub(r"/\S*/(antigravity-conformance-\w+|gallery-\w+)", "FOLDER", line)
    return line if len(line) <= CAUSE_CHARACTERS else line[:CAUSE_CHARACTERS] + "..."
