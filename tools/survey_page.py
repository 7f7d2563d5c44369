"""`python -m tools.survey_page` writes docs/survey.md from the JSON of a survey and the findings about each failure.

It also removes unused parts from the JSON. Every failure needs a finding from the source of the implementation, and
every finding needs a failure.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from conformance.generated import MARKDOWN_NOTE
from conformance.reports.board import Board, Row, read_board, write_board
from conformance.reports.board_markdown import added_config_keys, implementations, sections
from conformance.reports.markdown_text import escape
from tests.support.command import CHECKOUT

PAGE = CHECKOUT / "docs" / "survey.md"
FOLDER = CHECKOUT / "docs" / "survey"
BOARD = FOLDER / "board.json"
INTRO = """\
# A survey

Public forks and ports of the plugin beside its releases. A folder `OWNER+NAME` is a checkout of the repository
OWNER/NAME at the commit in the table. The kit judges a checkout as the release that it behaves like and waives the
known deviations of that release, so a failure is a change in the fork. A failure is a departure from the plugin, not
always a fault: many changes are deliberate, and some are better than the rule.

**How each failure was checked.** The report of a run has a counterexample for each failed rule: the calls, the expected
result and the answer. The code that gives this answer was then looked up in the source of the implementation, at the
commit in the table. Below the tables, one line for each cause names the rules, what the source does, and the file and
line. This page cannot be made while a failure has no such line.

To make this page again, with the checkouts in a folder `forks`:

```
cd forks
antigravity-conformance survey TARGET... --mappings ../docs/examples/mappings --json ../docs/survey/board.json
make -C .. docs
```
"""


class Finding(BaseModel):
    """What the source shows: why rules fail or, without rules, why the target could not be judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: list[str] = Field(min_length=1)
    rules: list[str] = []
    what: str = Field(min_length=20)
    where: str = Field(min_length=5)


def load_board(path: Path = BOARD) -> Board:
    return read_board(json.loads(path.read_text(encoding="utf-8")))


def load_findings(path: Path = FOLDER / "findings.toml") -> list[Finding]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Finding.model_validate(entry) for entry in document["finding"]]


def shorten(board: Board) -> Board:
    """The board without what the page does not show: texts of rules and reasons of verdicts."""
    return board.model_copy(
        update={"rules": {}, "rows": [row.model_copy(update={"reasons": {}}) for row in board.rows]}
    )


def store(board: Board) -> str:
    """The JSON that `load_board` reads, with each list of words on one line."""
    text = json.dumps(write_board(board), indent=1, ensure_ascii=False)
    return (
        re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), text)
        + "\n"
    )


def render(board: Board, findings: Sequence[Finding]) -> str:
    """The whole page. Raises ValueError for a failure without a finding, or a finding without a failure."""
    check(board, findings)
    return "\n".join(_page(board, findings)) + "\n"


def check(board: Board, findings: Sequence[Finding]) -> None:
    failures = {(row.target, id_) for row in board.rows for id_ in row.ids("fail")}
    unjudged = {(row.target, "") for row in board.rows if not row.is_judged}
    found = [(target, rule) for each in findings for target in each.targets for rule in each.rules or [""]]
    if wrong := [pair for pair in found if found.count(pair) > 1]:
        raise ValueError(f"{wrong[0]} has two findings")
    if missing := sorted((failures | unjudged) - set(found)):
        raise ValueError(f"{missing[0]} has no finding; failures without a finding: {len(missing)}")
    if idle := sorted(set(found) - failures - unjudged):
        raise ValueError(f"{idle[0]} has a finding but is not a failure on the board")


def _page(board: Board, findings: Sequence[Finding]) -> Iterator[str]:
    yield MARKDOWN_NOTE + INTRO
    yield f"Judged by antigravity-conformance {board.kit}: {board.summary}.\n"
    yield from implementations(board)
    yield ""
    yield from sections(board)
    yield "\n## Failures and their causes\n"
    for number, row in enumerate(board.rows, 1):
        mine = [finding for finding in findings if row.target in finding.targets]
        if mine:
            yield f"### {number}. {escape(row.target.removeprefix('plugin:'))}\n"
            yield from (_entry(finding, row) for finding in mine)
            yield ""
    if any(row.added_config_keys for row in board.rows):
        yield "## Config keys that no release has\n"
        yield from added_config_keys(board)


def _entry(finding: Finding, row: Row) -> str:
    rules = [rule for rule in finding.rules if rule in row.ids("fail")]
    named = f"**{', '.join(rules)}**: " if rules else "Could not be judged: "
    return f"- {named}{finding.what} *{finding.where}*"


if __name__ == "__main__":
    surveyed = shorten(load_board())
    PAGE.write_text(render(surveyed, load_findings()), encoding="utf-8")
    BOARD.write_text(store(surveyed), encoding="utf-8")
