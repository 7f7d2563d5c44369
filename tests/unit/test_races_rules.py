"""What one schedule did, judged by the rules of races, and shown."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pytest

from conformance.processes.races.exploring import Explored
from conformance.processes.races.folder import CONFIG, POOL, Names, parse
from conformance.processes.races.model import Access, Files, FileState, Finding, Line, Outcome, Schedule, Step
from conformance.processes.races.results import Found, Judged, verdict
from conformance.processes.races.rules import (
    Change,
    is_exposed,
    judge_crash,
    judge_left,
    judge_next,
    judge_order,
    judge_saves,
    judged,
)
from conformance.reports import races_svg
from conformance.reports.races_text import nearest, render_lines, render_table, side_by_side
from conformance.wire.answers import Raised, Result

HOME = "/home/somebody"
NOTHING = Access(frozenset(), frozenset())
LIMIT_MS = 60_000
CHANGES = {0: Change("token-one", LIMIT_MS), 1: Change("token-two", LIMIT_MS)}


def pool(*limited: str, mode: int = 0o600) -> FileState:
    """A pool file in which these accounts are limited."""
    accounts = [
        {"refreshToken": label, "rateLimitResetTimes": {"claude": LIMIT_MS} if label in limited else {}}
        for label in ("token-one", "token-two")
    ]
    return FileState("file", mode, json.dumps({"version": 3, "accounts": accounts, "activeIndex": 0}).encode())


def files(**others: FileState) -> dict[str, FileState]:
    return {".config": FileState("folder", 0o755), CONFIG: FileState("folder", 0o755), **others}


def outcome(*seen: Files, answers: Sequence[object] = (None, None)) -> Outcome:
    """Both processes have made one call each; `seen` is the folder after each."""
    made = Outcome(Schedule((0, 1)), before=files(**{POOL: pool()}), seen=list(seen), after=seen[-1])
    made.steps = [Step(process, "rename POOL.new POOL", NOTHING) for process in range(len(seen))]
    for process, answer in enumerate(answers):
        made.answers[process] = [Result(None) if answer is None else Raised("Error: no")]
    return made


def found(judged_outcome: Outcome) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.step) for finding in judged_outcome.findings]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("antigravity-accounts.json", "POOL"),
        ("antigravity-accounts.json.lock", "POOL.lock"),
        ("antigravity-accounts.lock", "POOL-.lock"),
        ("antigravity-accounts.json.62d1a3630e81.tmp", "POOL.<1>.tmp"),
        ("antigravity-accounts.json.12345.tmp", "POOL.<1>.tmp"),
        ("antigravity-accounts.json.12345.9f8e7d.tmp", "POOL.<1-2>.<1>.tmp"),
        ("tmpq_x81zab", "tmp<1>"),
        (".gitignore", ".gitignore"),
        ("antigravity-signature-cache.json", "antigravity-signature-cache.json"),
    ],
)
def test_random_names_are_replaced(name: str, short: str) -> None:
    assert Names(HOME).short(f"{HOME}/{CONFIG}/{name}", 0) == short


def test_drawn_name_belongs_to_who_used_it_first() -> None:
    names = Names(HOME)
    paths = [f"{HOME}/{CONFIG}/x.{word}.tmp" for word in ("a1b2c3", "d4e5f6")]
    assert [names.short(path, process) for path, process in zip(paths, (1, 0), strict=True)] == [
        "x.<2>.tmp",
        "x.<1>.tmp",
    ]
    assert names.short(paths[0], 0) == "x.<2>.tmp"
    assert (names.short(HOME, 0), names.short(f"{HOME}/.config", 0)) == ("~", "~/.config")


def test_lost_save_names_the_call_that_undid_it() -> None:
    made = outcome(files(**{POOL: pool("token-one")}), files(**{POOL: pool("token-two")}))
    judge_saves(made, CHANGES)
    assert found(made) == [("RACE-001", 1)]
    assert "this call of process 2 has undone it" in made.findings[0].text


def test_refused_save_is_not_lost() -> None:
    made = outcome(files(**{POOL: pool()}), files(**{POOL: pool("token-two")}), answers=["no", None])
    judge_saves(made, CHANGES)
    assert found(made) == []


def test_machine_paths_are_left_out_of_texts() -> None:
    """They differ from run to run, so a replay would not be alike."""
    made = outcome(files(**{POOL: pool()}))
    path = "/tmp/run-x7/home/.config/opencode/antigravity-accounts.json"
    judge_next(made, CHANGES[1], [Raised(f"OSError: '{path}.9f8e7d.tmp' -> '{path}'")], made.after)
    assert made.findings[0].text == "the next save answered with an exception: OSError: 'POOL.<1>.tmp' -> 'POOL'"


@pytest.mark.parametrize(
    "stored",
    [
        b"[" * 100_000,
        b'{"accounts": [{"refreshToken": ["token-one"]}]}',
        b'{"accounts": [{"refreshToken": "token-one", "rateLimitResetTimes": [1]}]}',
    ],
    ids=["deep", "token is no text", "limits are a list"],
)
def test_odd_pool_file_is_judged(stored: bytes) -> None:
    """A wrong target is not a fault of the kit."""
    made = outcome(files(**{POOL: FileState("file", 0o600, stored)}))
    judge_crash(made, parse(stored))
    judge_next(made, CHANGES[1], [Result(None)], made.after)
    assert found(made) == [("RACE-006", None)]


def test_removed_account_that_returns_is_found() -> None:
    made = outcome(files(**{POOL: FileState("file", 0o600, b'{"accounts": []}')}), files(**{POOL: pool("token-two")}))
    judge_saves(made, {0: Change("token-one", None)})
    assert found(made) == [("RACE-007", 1)]


@pytest.mark.parametrize(("acknowledged", "rules"), [((None, None), ["RACE-003"]), (("no", None), [])])
def test_result_must_equal_an_order(acknowledged: Sequence[object], rules: list[str]) -> None:
    """If only the second save succeeded, its result alone is right."""
    both, second = pool("token-one", "token-two").content, pool("token-two").content
    made = outcome(files(), files(**{POOL: pool("token-two")}), answers=acknowledged)
    judge_order(made, {frozenset({0, 1}): [judged(both)], frozenset({1}): [judged(second)]})
    assert [rule for rule, _ in found(made)] == rules


@pytest.mark.parametrize(
    ("file", "folder", "exposed"),
    [
        (pool(mode=0o644), 0o755, True),
        (pool(mode=0o640), 0o755, True),
        (pool(mode=0o600), 0o755, False),
        (pool(mode=0o644), 0o700, False),
        (FileState("file", 0o644, b"nothing secret"), 0o755, False),
    ],
    ids=["everybody", "group", "user", "private folder", "no token"],
)
def test_file_that_others_can_read_is_exposed(file: FileState, folder: int, exposed: bool) -> None:
    assert is_exposed(files(**{POOL: file, CONFIG: FileState("folder", folder)}), POOL) is exposed


def test_only_new_files_with_tokens_are_left() -> None:
    made = outcome(
        files(**{POOL: pool(), "a-old.tmp": pool(), "new.tmp": pool(), "empty.tmp": FileState("file", 0o600)})
    )
    judge_left(made, files(**{"a-old.tmp": pool()}))
    assert [finding.text for finding in made.findings] == ["~/new.tmp has tokens and was left behind"]


def row(*, repeated: bool = True, exhausted: bool = True, unsteady: str = "", broken: bool = True) -> Judged:
    failing = outcome(files(**{POOL: pool()}), files(**{POOL: pool()}))
    failing.findings = [Finding("RACE-001", "lost", 1)]
    each = {"RACE-001": Found("RACE-001", 1, failing, repeated)} if broken else {}
    return Judged("present", "it is there", "orders", ["RACE-001"], Explored(is_exhausted=exhausted), each, unsteady)


@pytest.mark.parametrize(
    ("judged_row", "expected"),
    [
        (row(), "fail"),
        (row(repeated=False), "unknown"),
        (row(exhausted=False), "fail"),
        (row(broken=False), "pass"),
        (row(broken=False, exhausted=False), "unknown"),
        (row(broken=False, unsteady="it differs"), "unknown"),
    ],
    ids=["repeated", "not repeated", "repeated, not all", "nothing", "nothing, not all", "unsteady"],
)
def test_only_what_repeats_is_a_failure(judged_row: Judged, expected: str) -> None:
    assert judged_row.verdict("RACE-001") == verdict([judged_row], "RACE-001") == expected
    assert judged_row.verdict("RACE-002") == "-"
    assert verdict([judged_row], "RACE-002") == "not run"


def test_table_has_eighty_columns() -> None:
    lines = list(render_table([row(exhausted=False)]))
    assert {len(line) for line in lines[:1]} == {80}
    assert lines[-2] == "columns: RACE-001 to RACE-011; ok: no schedule fails; .: not judged here"
    assert lines[-1] == "* not all: the time limit, Ctrl-C or a fault of the target ended them"


def test_processes_are_shown_side_by_side() -> None:
    made = row().found["RACE-001"].outcome
    lines = list(side_by_side(made, "RACE-001"))
    assert lines[0].split("process") == [" " * 6, " 1" + " " * 28, " 2"]
    assert lines[1].startswith("    1 rename POOL.new POOL")
    assert lines[2].startswith(">   2 ")
    assert lines[2].index("rename") == lines[0].index("process 2")


@pytest.mark.parametrize(
    ("processes", "wrong", "kept"),
    [
        ([1] * 9 + [2] * 9, (), {0, 1, 7, 8, 9, 10, 16, 17}),
        ([1] * 18, (8,), {0, 1, 6, 7, 8, 9, 16, 17}),
        ([1, 2], (1,), {0, 1}),
        ([], (), set()),
    ],
    ids=["a change of process", "a wrong call", "short", "no calls"],
)
def test_nearest_calls_are_kept(processes: list[int], wrong: tuple[int, ...], kept: set[int]) -> None:
    lines = [Line(process, f"call {number}", number in wrong) for number, process in enumerate(processes)]
    assert nearest(lines) & set(range(len(lines))) == kept


def test_calls_left_out_have_a_mark() -> None:
    lines = [Line(1, f"call {number}", is_wrong=False) for number in range(6)]
    assert list(render_lines(lines, {0, 5}, 80))[1:] == ["    1 call 0", "   [...]", "    6 call 5"]


def test_picture_has_every_call() -> None:
    made = row().found["RACE-001"].outcome
    svg = ET.fromstring(races_svg.render(made, "RACE-001"))  # noqa: S314 - our own document
    texts = [(element.get("class"), element.text) for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert ("call", "rename POOL.new POOL") in texts
    assert ("call wrong-call", "rename POOL.new POOL") in texts
