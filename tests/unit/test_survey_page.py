"""docs/survey.md explains every failure and nothing else, and the mapping files beside it are valid."""

from pathlib import Path

import pytest

from conformance.reports.board import Board, Checkout, Observed
from conformance.targets.checkout.mapping import read_mapping
from tests.support.boards import board, row
from tests.support.command import CHECKOUT
from tools.survey_page import BOARD, PAGE, Finding, check, load_board, load_findings, render, shorten, store

MAPPINGS = sorted((CHECKOUT / "docs" / "examples" / "mappings").glob("*.toml"))
FORK = "plugin:one+fork"


def finding(*rules: str, target: str = FORK) -> Finding:
    return Finding(targets=[target], rules=list(rules), what="It was changed: it now answers b.", where="src/a.ts")


def two_rows() -> Board:
    return board(
        row({"pass": ["ONE-003"], "fail": ["ONE-001", "ONE-002"]}, 1, target=FORK, musts=(3, 3, 3)),
        row({}, 3, target="plugin:another+port", observed=Observed(fault="it cannot be loaded")),
    )


WHOLE = [finding("ONE-001", "ONE-002"), finding(target="plugin:another+port")]


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(load_board(), load_findings()), "run `make docs`"


def test_board_names_commit_and_date_of_checkouts() -> None:
    checkouts = [row.observed.checkout for row in load_board().rows if row.target.startswith("plugin:")]
    assert len(checkouts) > 8
    assert all(isinstance(found, Checkout) and not found.changed for found in checkouts)


def test_board_contains_no_local_path() -> None:
    text = BOARD.read_text(encoding="utf-8")
    assert not [word for word in ("/tmp", "/home", "/root", "/work") if word in text]


def test_stored_board_is_enough_for_the_page(tmp_path: Path) -> None:
    whole = two_rows().model_copy(
        update={"rows": [each.model_copy(update={"reasons": {"ONE-003": "x"}}) for each in two_rows().rows]}
    )
    kept = tmp_path / "board.json"
    kept.write_text(store(shorten(whole)), encoding="utf-8")
    assert load_board(kept) == shorten(whole) != whole
    assert '"fail": ["ONE-001", "ONE-002"]' in kept.read_text(encoding="utf-8")
    assert render(load_board(kept), WHOLE) == render(whole, WHOLE)


def test_stored_board_is_current() -> None:
    assert BOARD.read_text(encoding="utf-8") == store(shorten(load_board())), "run `make docs`"


def test_failure_is_shown_with_its_finding() -> None:
    text = render(two_rows(), WHOLE)
    assert "### 1. one+fork\n\n- **ONE-001, ONE-002**: It was changed: it now answers b. *src/a.ts*\n" in text
    assert "- Could not be judged: It was changed" in text


def test_page_lists_added_config_keys() -> None:
    rows = two_rows().rows
    added = [rows[0].model_copy(update={"added_config_keys": ["proxy", "limits.most"]}), *rows[1:]]
    assert "Config keys" not in render(two_rows(), WHOLE)
    text = render(two_rows().model_copy(update={"rows": added}), WHOLE)
    assert "\n## Config keys that no release has\n\n- 1: proxy, limits.most\n" in text


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        (WHOLE[1:], r"'plugin:one\+fork', 'ONE-001'\) has no finding; failures without a finding: 2"),
        (WHOLE[:1], r"'plugin:another\+port', ''\) has no finding"),
        ([*WHOLE, finding("ONE-003")], r"'ONE-003'\) has a finding but is not a failure"),
        ([*WHOLE, finding("ONE-001")], r"'ONE-001'\) has two findings"),
        ([*WHOLE, finding("ONE-001", target="plugin:no+such")], "is not a failure on the board"),
    ],
)
def test_findings_must_match_failures(findings: list[Finding], message: str) -> None:
    check(two_rows(), WHOLE)
    with pytest.raises(ValueError, match=message):
        check(two_rows(), findings)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_example_mapping_belongs_to_a_board_checkout(path: Path) -> None:
    mapping, read = read_mapping(path.parent, path)
    assert read == path
    assert (mapping.config, bool(mapping.selection)) == (False, True)
    assert f"plugin:{path.stem}" in [row.target for row in load_board().rows]
