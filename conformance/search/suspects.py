"""Ranks the lines of a checkout by how well they explain its failures: spectrum-based fault localization.

A line is suspect if the failing scenarios execute it and the passing ones do not. The score is that of Ochiai, which is
1 for a line that all failing and no passing scenarios execute.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.targets.resolve import Target
from conformance.wire.files import ask
from conformance.wire.scenario import Scenario

COVERAGE_VARIABLE = "ANTIGRAVITY_CONFORMANCE_COVERAGE"  # read by the Node adapter
RELEASE_VARIABLE = "ANTIGRAVITY_CONFORMANCE_RELEASE"
CHANGED_FROM = 0.4  # of the best score; such a function that the release lacks is listed first
Edit = tuple[str, str | None]  # a line of compiled code, and that of the release; None where lines were added
# file, number, function, number of its first line, whether the function was changed, how the line was edited
Line = tuple[str, int, str, int, bool, Edit | None]
Lines = frozenset[Line]


@dataclass(frozen=True)
class Suspect:
    """A function, and its lines with the highest score. `shared` of the failing scenarios execute them."""

    file: str
    function: str
    line: int  # where the function begins
    lines: tuple[int, ...]
    score: float
    shared: int
    changed: bool = False  # the release has no such function
    edits: tuple[tuple[int, Edit], ...] = ()  # of its lines that failing scenarios execute, by number


def executed_lines(
    target: Target,
    scenarios: Sequence[Scenario],
    folder: Path,
    *,
    timeout_s: float,
    release: Path | None = None,
    until_s: float = math.inf,
) -> list[Lines]:
    """The lines of the checkout that each scenario executes. Fewer items if the target fails or is slow.

    `release` is the bundle of the release that the checkout is compared with.
    """
    file = folder / "lines.jsonl"
    file.touch()
    variables = {COVERAGE_VARIABLE: str(file)} | ({RELEASE_VARIABLE: str(release)} if release else {})
    launch = Launch(target.argv, target.environment | variables, target.word)
    ends = []
    with suppress(AdapterFault), Group([launch], timeout_s=timeout_s) as group:
        for scenario in scenarios:
            if time.monotonic() >= until_s:
                break
            ask(scenario, group.connections[0].batch, group.folder)
            ends.append(file.stat().st_size)
    text = file.read_bytes()
    begin = text.find(b"\n") + 1  # what loading executes is of no scenario
    found = []
    for end in ends:
        parts = text[begin:end].splitlines()
        found.append(frozenset(_line(entry) for part in parts for entry in json.loads(part)))
        begin = end
    return found


def _line(entry: list[Any]) -> Line:
    file, number, function, start, changed, edit = entry
    return str(file), int(number), str(function), int(start), bool(changed), None if edit is None else tuple(edit)


def rank(failing: Sequence[Lines], passing: Sequence[Lines]) -> list[Suspect]:
    """The functions with suspect lines, the most suspect first. A changed function outranks one of the release."""
    in_failing = Counter(line for lines in failing for line in lines)
    in_passing = Counter(line for lines in passing for line in lines)
    scores = {
        line: shared / math.sqrt(len(failing) * (shared + in_passing[line])) for line, shared in in_failing.items()
    }
    suspects = sorted(_by_function(scores, in_failing), key=lambda each: (-each.score, each.file, each.line))
    least = CHANGED_FROM * suspects[0].score if suspects else 0
    return sorted(suspects, key=lambda each: not (each.changed and each.score >= least))


def runs(lines: Lines, suspect: Suspect) -> bool:
    """Whether a scenario executes one of the most suspect lines."""
    return any(file == suspect.file and number in suspect.lines for file, number, *_ in lines)


def _by_function(scores: dict[Line, float], in_failing: Counter[Line]) -> Iterator[Suspect]:
    for file, function, start in {(line[0], line[2], line[3]) for line in scores}:
        mine = [line for line in scores if (line[0], line[2], line[3]) == (file, function, start)]
        best = max(scores[line] for line in mine)
        lines = sorted((line for line in mine if scores[line] == best), key=lambda line: line[1])
        numbers = tuple(line[1] for line in lines)
        edits = tuple((line[1], line[5]) for line in sorted(mine, key=lambda line: line[1]) if line[5] is not None)
        yield Suspect(file, function, start, numbers, best, in_failing[lines[0]], lines[0][4], edits)
