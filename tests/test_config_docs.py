"""The page of documented config statements: its rules exist, and what it calls false is false."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.requirements import load_catalogue
from conformance.requirements.catalogue import RELEASES
from conformance.targets.connection import Connection, Group, Launch
from conformance.targets.resolve import resolve
from conformance.wire.answers import Result
from conformance.wire.calls import USER_FILE, load_config, text
from conformance.wire.files import ask
from conformance.wire.scenario import ROOT, Scenario

Json = Any
PAGE = Path(__file__).parent.parent / "docs" / "config-docs.md"
ROWS = [line.strip("|\n ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
STATEMENTS = [row for row in ROWS if row[0] != "statement"]
IDS = re.compile(r"\b[A-Z]{2,5}-[0-9]{3}\b")
CONFIG = {"CFG", "ENV", "PATH", "LAY"}
# No document states these: they say how what is stated is read, and what becomes of what is not allowed.
UNSTATED = re.compile(
    r"CFG-03[1-9]|CFG-051|ENV-00[234679]|ENV-011|ENV-016|ENV-019|ENV-02[0-5]|PATH-00[3-69]|PATH-01[0-7]|PATH-020|LAY-.*"
)
APPDATA_FILE = "appdata/opencode/antigravity.json"
APPDATA = {"APPDATA": f"{ROOT}/appdata"}


def test_every_statement_names_rules_that_exist() -> None:
    known = load_catalogue().by_id
    for statement, _, covered_by in STATEMENTS:
        ids = IDS.findall(covered_by)
        assert ids, statement
        assert [id_ for id_ in ids if id_ not in known] == [], statement


def test_every_rule_of_a_key_or_a_variable_is_stated_or_says_how_statements_are_read() -> None:
    stated = {id_ for row in STATEMENTS for id_ in IDS.findall(row[2])}
    rules = [rule.id for rule in load_catalogue() if rule.id.partition("-")[0] in CONFIG]
    assert [id_ for id_ in rules if id_ not in stated and not UNSTATED.fullmatch(id_)] == []


@pytest.fixture(scope="module")
def releases() -> Iterator[dict[str, Connection]]:
    targets = [resolve(f"npm:opencode-antigravity-auth@{version}", []) for version in RELEASES]
    with Group([Launch(t.argv, t.environment, t.word) for t in targets], timeout_s=60) as group:
        yield dict(zip(RELEASES, group.connections, strict=True))


# release, files, variables, platform, and the part of the config that the statement denies
FALSE: list[tuple[str, str, Mapping[str, Json], Mapping[str, str], str, Json]] = [
    ("windows", "1.3.0", {USER_FILE: {"debug": True}}, {}, "win32", {"debug": False}),
    ("windows", "1.4.3", {APPDATA_FILE: {"debug": True}}, APPDATA, "win32", {"debug": True}),
    ("migration", "1.6.0", {APPDATA_FILE: {"debug": True}}, APPDATA, "win32", {"debug": False}),
    ("other keys", "1.4.3", {USER_FILE: {"more": 1, "debug": True}}, {}, "linux", {"debug": True}),
    ("other keys", "1.6.0", {USER_FILE: {"more": 1, "debug": True}}, {}, "linux", {"debug": True}),
    ("in a group", "1.2.8", {USER_FILE: {"signature_cache": {"more": 1}, "debug": True}}, {}, "linux", {"debug": True}),
    ("required", "1.6.0", {USER_FILE: {"signature_cache": {}, "debug": True}}, {}, "linux", {"debug": True}),
    ("strategy", "1.3.0", {}, {}, "linux", {"account_selection_strategy": "hybrid"}),
    ("web_search", "1.4.3", {USER_FILE: {"web_search": {"default_mode": "auto"}}}, {}, "linux", {"web_search": None}),
    (
        "recovery",
        "1.4.3",
        {USER_FILE: {"session_recovery": False}},
        {"OPENCODE_ANTIGRAVITY_SESSION_RECOVERY": "1"},
        "linux",
        {"session_recovery": False},
    ),
    (
        "updates",
        "1.4.3",
        {USER_FILE: {"auto_update": False}},
        {"OPENCODE_ANTIGRAVITY_AUTO_UPDATE": "1"},
        "linux",
        {"auto_update": False},
    ),
    (
        "all options",
        "1.4.3",
        {},
        {"OPENCODE_ANTIGRAVITY_SCHEDULING_MODE": "balance"},
        "linux",
        {"scheduling_mode": "cache_first"},
    ),
    (
        "all options",
        "1.3.0",
        {},
        {"OPENCODE_ANTIGRAVITY_QUOTA_FALLBACK": "1"},
        "linux",
        {"quota_fallback": False},
    ),
]


@pytest.mark.needs_node
@pytest.mark.parametrize(
    ("version", "files", "variables", "platform", "expected"),
    [row[1:] for row in FALSE],
    ids=[f"{row[0]} {row[1]}" for row in FALSE],
)
def test_what_is_called_false_is_false(
    releases: dict[str, Connection],
    version: str,
    files: Mapping[str, Json],
    variables: Mapping[str, str],
    platform: str,
    expected: Json,
) -> None:
    laid_out = {path: text(json.dumps(document)) for path, document in files.items()}
    (answer,) = ask(Scenario([load_config(variables, platform)], laid_out), releases[version].batch)
    assert isinstance(answer, Result)
    assert {key: answer.value["config"].get(key) for key in expected} == expected
