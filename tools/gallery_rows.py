"""The rows of the gallery: which command judges which adapter, and what is compared."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from conformance.json_type import Json
from tests.fakes.gallery.catalogue import load
from tools.gallery_run import MOST_SECONDS, Measured

RULES = "PID-001,CFG-001"  # some sessions and a load of config: few seconds a row
RULES_OF = {  # where the misbehaviour shows in no session of those
    "lacks-mark-rate-limited": "LIM-001,PID-001",
    "raises-in-mark-rate-limited": "LIM-001,PID-001",
    "hangs-in-one-method": "LIM-001,PID-001",
    "wrong-and-dies": "LIM-001,PID-001",
    "lacks-advance": "STK-003,CFG-001",
    "raises-in-advance": "STK-003,CFG-001",
    "lacks-snapshot": "POOL-008,WIRE-001",
    "raises-in-snapshot": "POOL-008,WIRE-001",
    "takes-memory-without-end": "POOL-008,WIRE-001",
    "lacks-save": "STO-013,CFG-001",
    "raises-in-save": "STO-013,CFG-001",
    "writes-the-pool-file-in-place": "STO-013,CFG-001",
    "saves-nothing": "STO-013,CFG-001",
    "saves-garbage": "STO-013,CFG-001",
    "saves-a-folder": "STO-013,CFG-001",
    "lacks-close": "WIRE-001,CFG-001",
    "raises-in-close": "WIRE-001,CFG-001",
    "hangs-on-close": "WIRE-001,CFG-001",
    "close-answers-true": "WIRE-001,CFG-001",
}
MOST_MIB, MOST_REPORT_BYTES, MOST_LINES = 200, 5_000_000, 200
CAUSE_CHARACTERS = 160
ALL_RULES = (
    "dies-in-every-ninth-call", "wrong-order", "closes-all-pipes", "hangs-in-one-method", "sleeps-just-below-the-limit",
    "fills-lines-to-the-limit", "long-internal-error", "batch-as-single-lines", "random-account", "wrong-and-dies",
    "lacks-select", "raises-in-load-config",
)  # fmt: skip
MORE_OPTIONS = {"sleeps-just-below-the-limit": ("--timeout", "5")}
OTHER_COMMANDS = ("wrong-order", "hangs-in-one-method", "dies-in-every-ninth-call", "fills-lines-to-the-limit")
ALIKE: frozenset[str] = frozenset()  # as others of their kind: only `make gallery` compares them
UNSTEADY = (  # what they answer is chance, so only the limits are compared
    "random-account", "rarely-random", "raises-at-random", "dies-at-random", "wrong-in-every-second-process",
    "claims-less-the-second-time", "prints-beside", "late-second-answer",
)  # fmt: skip


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
        return self.fake not in UNSTEADY


class Outcome(BaseModel):
    """What a row shows, without anything that depends on the machine."""

    model_config = ConfigDict(extra="forbid")

    exit_code: int
    verdicts: dict[str, int]
    cause: str
    within: dict[str, bool]
    left: list[str]
    unsafe: list[str]


def rows() -> Iterator[Row]:
    fakes = load()
    for name in fakes:
        yield Row(name, "run", ("--only", RULES_OF.get(name, RULES), *MORE_OPTIONS.get(name, ())), name not in ALIKE)
    for name in ALL_RULES:
        yield Row(name)
    for name in OTHER_COMMANDS:
        yield Row(name, "identify", ("--calls", "2000"))
        yield Row(name, "fuzz", ("--calls", "2000", "--seed", "gallery", "--no-database"))


def outcome(row: Row, measured: Measured) -> Outcome:
    return Outcome(
        exit_code=measured.exit_code,
        verdicts=verdicts(measured.report) if row.is_steady else {},
        cause=cause(measured) if row.is_steady else "",
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
    """One line of at most 160 characters, with `the target` for its command."""
    line = next(iter(message.splitlines()), "").removeprefix("antigravity-conformance: ")
    line = re.sub(r"-- \S*python\S* -P -m tests\.fakes\.gallery \S+( mark-\w+)?", "the target", line)
    line = re.sub(r"/\S*/(antigravity-conformance-\w+|gallery-\w+)", "FOLDER", line)
    return line if len(line) <= CAUSE_CHARACTERS else line[:CAUSE_CHARACTERS] + "..."
