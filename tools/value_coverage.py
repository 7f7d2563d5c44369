"""Writes docs/value-coverage.md: how many values of each kind `run` and `fuzz` send.

`python -m tools.value_coverage measure` counts them and stores the counts in docs/value-coverage.json. Without
`measure`, only the page is written.
"""

import contextlib
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.wire.answers import Answer
from conformance.wire.scenario import Scenario
from reference_impl.adapter import CAPABILITIES, ReferenceAdapter
from tests.support.command import CHECKOUT
from tests.support.judging import Case, InProcessJudge, judge_cases, load_cases
from tools.value_kinds import KINDS, count_kinds

DATA, PAGE = CHECKOUT / "docs/value-coverage.json", CHECKOUT / "docs/value-coverage.md"
CALLS, SEED = 1_000_000, "values"
OFTEN = 1_000  # values of each kind, in CALLS
COLUMNS = ("run", "fuzz", "run before", "fuzz before")
Counts = Counter[tuple[str, str]]

HEAD = """\
# Value coverage

`make docs` generates this page from docs/value-coverage.json. It shows how many values of each kind `run` and `fuzz`
send, for each place of the wire. The kinds are in `tools/value_kinds.py`.
`python -m tools.value_coverage measure` counts them again, in a minute.

- **run**: the vectors, the stored examples of properties and all other cases that need no real processes.
- **fuzz**: {calls:,} generated calls.
- **number of a call**: its place in a row of such calls. Numbers past 8 and 16 bits show counters that are too narrow.
- **before**: the same counts before the generator drew values by kind.
"""


class CaseLoader:
    """A plugin of pytest that loads the cases, because only pytest can collect them."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.cases = load_cases(session, Path(folder))


class RecordingJudge(InProcessJudge):
    """Judges the reference and keeps each scenario."""

    def __init__(self) -> None:
        super().__init__(ReferenceAdapter)
        self.scenarios: list[Scenario] = []

    def answers_to(self, scenario: Scenario) -> list[Answer]:
        self.scenarios.append(scenario)
        return super().answers_to(scenario)


def sent_by_run() -> list[Scenario]:
    """The scenarios of a run of the reference, without those of real processes."""
    loader = CaseLoader()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-W", "ignore", "--rootdir", folder, folder], plugins=[loader])
    assert loader.cases, "pytest collected no case"
    judge = RecordingJudge()
    every = {id_ for case in loader.cases for id_ in case.requirements}
    for _ in judge_cases(loader.cases, judge, every):
        pass
    return judge.scenarios


def generated(calls: int, seed: str = SEED) -> Iterator[Scenario]:
    """Generated sessions with this number of calls, for a target that claims everything."""
    asked = 0
    for draft in stream(seed):
        if asked >= calls:
            return
        session = decode(draft, CAPABILITIES)
        asked += len(session.calls)
        yield session.to_scenario()


def counted(counts: Counts) -> dict[str, dict[str, int]]:
    """The counts of each kind, by place."""
    return {place: {kind: counts[place, kind] for kind in kinds} for place, kinds in KINDS.items()}


def measure() -> None:
    """Count again the values of each kind, and store the counts. Those of `before` stay."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    data["calls"] = CALLS
    data["run"] = counted(count_kinds(iter(sent_by_run())))
    data["fuzz"] = counted(count_kinds(generated(CALLS)))
    DATA.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def render(data: Json) -> str:
    """The page."""
    lines = [HEAD.format(calls=data["calls"])]
    for place, kinds in KINDS.items():
        lines += [f"## {place}", "", "| kind | run | fuzz | run before | fuzz before |", "|-|-:|-:|-:|-:|"]
        columns = [data[name].get(place, {}) for name in COLUMNS]
        for kind in kinds:
            cells = [f"{column[kind]:,}" if kind in column else "" for column in columns]
            lines.append(f"| {kind} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def load() -> Json:
    """The stored counts."""
    return json.loads(DATA.read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> None:
    if list(arguments) == ["measure"]:
        measure()
    PAGE.write_text(render(load()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
