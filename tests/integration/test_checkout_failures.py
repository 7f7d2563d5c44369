"""A fault in the code of a checkout fails the checkout, because the adapter belongs to the kit."""

import json
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.wire.answers import Raised
from tests.support.checkouts import (
    ACCOUNTS,
    LOADER,
    MANAGER_TEXT,
    MIN_WAIT,
    OPEN,
    SELECT,
    ask_checkout,
    own_cache,
    write_checkout,
)
from tests.support.command import run_kit
from tests.support.tiers import sampled_rows

__all__ = ["own_cache"]
pytestmark = [pytest.mark.needs_node, pytest.mark.usefixtures("own_cache")]

LOAD = ("load_config", {"directory": "/p", "home": "/h"})
SELECTS = "return this.accounts[0] ?? null;"
WAITS = "return Date.now();"
STYLE = ("available_header_style", {"label": "a", "family": "claude"})
OTHER_STYLE = "return 1;\n  }\n  getAvailableHeaderStyle(account: Account, family: string): string {\n    return 'cli';"


@pytest.mark.parametrize(
    ("old", "new", "call", "told"),
    sampled_rows(
        [
            (WAITS, "return 'soon' as never;", MIN_WAIT, 'wait_ms is "soon"; expected a number'),
            (WAITS, "return undefined as never;", MIN_WAIT, "wait_ms is undefined; expected a number"),
            (WAITS, "return { then: 1, at: 2 } as never;", MIN_WAIT, "wait_ms is an object; expected a number"),
            (WAITS, "return { then() {} } as never;", MIN_WAIT, "wait_ms is a promise; expected a number"),
            (WAITS, "return NaN;", MIN_WAIT, "wait_ms is NaN; expected a number"),
            (WAITS, "return 5n as never;", MIN_WAIT, "wait_ms is 5; expected a number"),
            (WAITS, "return (this as any).gone();", MIN_WAIT, "TypeError: this.gone is not a function"),
            (WAITS, "throw Object.create(null);", MIN_WAIT, "the thrown object cannot be converted to a string"),
            (
                SELECTS,
                "return { ...this.accounts[0], index: '0' } as never;",
                SELECT,
                'index is "0"; expected a whole number',
            ),
            (
                WAITS,
                OTHER_STYLE,
                STYLE,
                'header_style is "cli"; expected "antigravity" or "gemini-cli" or null',
            ),
            (SELECTS, "return 7 as never;", SELECT, "label is undefined; expected a string"),
            (SELECTS, "return Promise.reject(new Error('late')) as never;", SELECT, "Error: late"),
        ]
    ),
)
def test_wrong_answer_of_plugin_code_is_raised(tmp_path: Path, old: str, new: str, call: Json, told: str) -> None:
    assert old in MANAGER_TEXT
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: MANAGER_TEXT.replace(old, new)})
    answer = ask_checkout(checkout, [OPEN, call])[1]
    assert isinstance(answer, Raised)
    assert told in answer.message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return null", "loadConfig gave a result of the wrong type: config is null; expected an object"),
        ("return []", "config is an array; expected an object"),
        ("return { debug: Promise.resolve(true) }", "config.debug is a promise; expected a value"),
        ("return { size: 5n }", "the result contains a number that is not finite, or a bigint"),
        ("const a: any = {}; a.a = a; return a", "RangeError: Maximum call stack size exceeded"),
        ("throw new Error('x'.repeat(9_000_000))", "Error: xxx"),
    ],
)
def test_wrong_config_is_raised(tmp_path: Path, body: str, told: str) -> None:
    text = f"export async function loadConfig() {{\n  {body};\n}}\n"
    answer = ask_checkout(write_checkout(tmp_path / "fork", {LOADER: text}), [LOAD])[0]
    assert isinstance(answer, Raised)
    assert told in answer.message
    assert len(answer.message) < 5000


def test_constructor_that_throws_fails_the_checkout(tmp_path: Path) -> None:
    text = MANAGER_TEXT.replace("    this.accounts =", "    throw new Error('no pool today');\n    this.accounts =")
    checkout = write_checkout(tmp_path / "fork", {ACCOUNTS: text})
    report = tmp_path / "report.json"
    finished = run_kit("run", f"plugin:{checkout}", "--only", "POOL", "--json", str(report), "--profile", "1.6.0")
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "Error: no pool today" in finished.stdout
    verdicts = {entry["id"]: entry["verdict"] for entry in json.loads(report.read_text())["requirements"]}
    assert verdicts["POOL-001"] == "fail"
    assert "unknown" not in verdicts.values()


def test_config_that_throws_fails_rules_of_processes(tmp_path: Path) -> None:
    """The adapter does not fail: the report shows the exception at the `load_config` of the processes."""
    checkout = write_checkout(
        tmp_path / "fork", {LOADER: "export function loadConfig() { throw new Error('none'); }\n"}
    )
    report = tmp_path / "report.json"
    options = ("--profile", "1.6.0", "--processes", "2", "--json", str(report))
    finished = run_kit("run", f"plugin:{checkout}", "--only", "PROC-002,PROC-006,LAY-001", *options)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    results = json.loads(report.read_text())["requirements"]
    assert {entry["verdict"] for entry in results} == {"fail"}
    for entry in results:
        (case,) = [case for case in entry["cases"] if case["outcome"] == "fail"][:1]
        (finding,) = case["findings"]
        assert (finding["what"], finding["actual"]) == ("load_config", {"raised": "Error: none"})
