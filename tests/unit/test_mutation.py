"""Mutation testing of the plugin: keys of mutants, results that are continued, reasons and scores."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.generated import MARKDOWN_NOTE
from conformance.json_type import Json
from conformance.wire.answers import Result as Answered
from conformance.wire.scenario import READ_FILE, Call, Scenario
from tools.mutate_plugin import PAGE, TABLE
from tools.mutation import confirming, results
from tools.mutation.assessing import Assessor, chunks_of
from tools.mutation.instrumenting import Mutant, as_mutant
from tools.mutation.page import Table, render, scores, unexplained_lines
from tools.mutation.process import PIPE_BYTES, parts_of
from tools.mutation.reasons import Reason, Unreached, load, load_unreached, reason_of, unused
from tools.mutation.recording import Lines, Recorded, Recording
from tools.mutation.results import Result, Status

SOURCE = "one\n  if (a < b) {\n    return 1;\n  }\n"
ENTRY: Json = {
    "id": "7",
    "fileName": "src/plugin/accounts.ts",
    "location": {"start": {"line": 1, "column": 6}, "end": {"line": 1, "column": 11}},
    "mutatorName": "EqualityOperator",
    "replacement": "a <= b",
}
MUTANT = as_mutant(ENTRY, SOURCE)


def result(status: Status = "survived", **changed: Json) -> Result:
    return replace(Result.of(MUTANT, status), **changed)


def reason(**given: Json) -> Reason:
    fields: dict[str, Json] = {"kind": "equivalent", "why": "w", "file": "accounts.ts", "lines": [MUTANT.text]}
    return Reason.model_validate(fields | given)


def test_mutant_has_the_text_of_its_line() -> None:
    assert (
        Mutant("7", "src/plugin/accounts.ts", 2, "EqualityOperator", "a < b", "a <= b", "if (a < b) {", column=4)
        == MUTANT
    )


def test_original_of_several_lines_is_cut() -> None:
    location = {"start": {"line": 1, "column": 13}, "end": {"line": 3, "column": 3}}
    assert as_mutant(ENTRY | {"location": location}, SOURCE).original == "{\n    return 1;\n  }"


@pytest.mark.parametrize(
    "source", [f"another\n{SOURCE}", SOURCE.replace("  ", "\t\t"), SOURCE.replace("return 1", "return 2")]
)
def test_key_outlives_edits_elsewhere(source: str) -> None:
    line = source.split("\n").index(next(text for text in source.split("\n") if "a < b" in text))
    column = source.split("\n")[line].index("a < b")
    location = {"start": {"line": line, "column": column}, "end": {"line": line, "column": column + 5}}
    assert as_mutant(ENTRY | {"location": location}, source).key == MUTANT.key


@pytest.mark.parametrize("changed", [{"mutatorName": "X"}, {"replacement": "a > b"}, {"fileName": "x.ts"}])
def test_key_names_file_and_mutation(changed: dict[str, Json]) -> None:
    assert as_mutant(ENTRY | changed, SOURCE).key != MUTANT.key


def test_results_are_continued_after_a_cut_line(tmp_path: Path) -> None:
    store = tmp_path / "results.jsonl"
    results.append(store, result("killed", case="c", requirements=("PID-001",)))
    store.write_text(store.read_text(encoding="utf-8") + '{"id": "8", "sta', encoding="utf-8")
    found = results.read(store)
    assert found == {"7": result("killed", case="c", requirements=("PID-001",))}
    other = replace(MUTANT, id="8")
    assert results.missing([MUTANT, other], found) == [other]


def test_result_of_another_mutant_does_not_count(tmp_path: Path) -> None:
    store = tmp_path / "results.jsonl"
    results.append(store, result("killed"))
    changed = replace(MUTANT, replacement="a > b")
    assert results.missing([changed], results.read(store)) == [changed]


@pytest.mark.parametrize(
    ("given", "matches"),
    [
        ({}, True),
        ({"lines": ["if (a > b) {"]}, False),
        ({"file": "rotation.ts"}, False),
        ({"lines": [], "pattern": r"^if \(a"}, True),
        ({"lines": [], "pattern": "^return"}, False),
        ({"original": "a < b", "replacement": "a <= b", "mutator": "EqualityOperator"}, True),
        ({"original": "b"}, False),
        ({"code": "< b$"}, True),
        ({"code": "> b$"}, False),
        ({"replacement": "true"}, False),
        ({"mutator": "StringLiteral"}, False),
    ],
)
def test_reason_matches_all_that_it_names(given: dict[str, Json], matches: bool) -> None:
    assert reason(**given).matches(result()) is matches


def test_first_reason_counts_and_others_are_unused() -> None:
    first, second = reason(why="first"), reason(why="second")
    assert reason_of(result(), [first, second]) == first
    assert unused([result()], [first, second]) == [second]


@pytest.mark.parametrize("lines", ["", 'lines = ["a"]\npattern = "b"'])
def test_reason_names_lines_or_a_pattern(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(f'[[reason]]\nkind = "equivalent"\nwhy = "w"\nfile = "f"\n{lines}', encoding="utf-8")
    with pytest.raises(ValueError, match="expected either"):
        load(file)


def table() -> Table:
    found = [
        result("killed", id="1"),
        result("not reached", id="2"),
        result(id="3"),
        result(id="4", text="other"),
        result(id="5", text="log"),
        result("no verdict", id="6", text="loop", note="it loops"),
    ]
    return Table.of("v1", found, 7, {MUTANT.file: [3, 1]})


REASONS = [reason(), reason(kind="outside the wire", lines=["log"], why="messages on screen | a")]


UNREACHED = [Unreached(file="accounts.ts", lines=((2, 3), (9, 9)), why="another method")]


def test_page_has_lines_that_are_not_reached() -> None:
    assert "| accounts.ts: 2 to 3, 9 | 1 | another method |" in render(table(), REASONS, UNREACHED)
    assert unexplained_lines(table(), UNREACHED) == []
    elsewhere = [UNREACHED[0].model_copy(update={"lines": ((3, 9),)}), Unreached(file="x.ts", lines=((1, 9),), why="w")]
    assert unexplained_lines(table(), elsewhere) == [f"{MUTANT.file}:2"]


def test_score_leaves_out_what_cannot_be_noticed() -> None:
    (score,) = scores(table(), REASONS).values()
    assert (score.killed, score.no_verdict, score.not_reached) == (1, 1, 1)
    assert score.kinds == {"equivalent": 1, "outside the wire": 1, "missing rule": 0, None: 1}
    assert (score.judged, score.percent) == (3, "33.3 %")


def test_page_lists_survivors_by_reason() -> None:
    page = render(table(), REASONS, UNREACHED)
    assert page.startswith(MARKDOWN_NOTE)
    assert "| messages on screen \\| a | accounts.ts:2 `a < b` → `a <= b` |" in page
    headings = ["### Without a verdict (1)", "### Not explained (1)", "### Outside the wire (1)"]
    assert sorted(headings, key=page.index) == headings
    assert "- accounts.ts:2 `a < b` → `a <= b` (it loops)" in page


def test_page_says_what_is_not_judged_yet() -> None:
    page = render(table(), REASONS, UNREACHED)
    assert "7 mutants are not judged yet" in page
    assert "own tests notice 3 of a sample of 4 mutants that `run` reaches: accounts.ts 3 of 4." in page
    assert "not judged yet" not in render(replace(table(), left=0), REASONS, UNREACHED)


def test_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_text(table().text(), encoding="utf-8")
    assert Table.read(file) == table()


def test_lines_of_scenario_follow_its_files() -> None:
    calls = [Call("select", {"a": "{root}/x"}), Call("save"), Call("select", files={"home/f": {"text": "t"}})]
    lines = Lines.of(Scenario(calls, {"home/g": {"text": "u"}}))
    assert [(sorted(files), [getattr(line, "methods", None) for line in sent]) for files, sent in lines.steps] == [
        (["home/g"], []),
        ([], [("select", "save")]),
        (["home/f"], [("select",)]),
    ]
    assert lines.needs_folder
    assert not Lines.of(Scenario([Call("save")])).needs_folder


def test_kit_reads_files_of_scenario(tmp_path: Path) -> None:
    """`read_file` is not sent: the answer is the file after the calls before it."""
    calls = [Call("save"), Call(READ_FILE, {"path": "home/f"}), Call("save")]
    lines = Lines.of(Scenario(calls, {"home/f": {"text": '{"in": "{root}"}'}}))
    sent: list[bytes] = []

    def answer(asked: Sequence[bytes]) -> list[bytes]:
        sent.extend(asked)
        ids = [json.loads(line)[0]["id"] for line in asked]
        return [json.dumps([{"jsonrpc": "2.0", "id": id_, "result": None}]).encode() for id_ in ids]

    process: Any = SimpleNamespace(folder=tmp_path, ask_all=answer)
    answers = lines.read(lines.ask(process))
    assert [json.loads(line)[0]["method"] for line in sent] == ["save", "save"]
    assert answers[0] == answers[2] == Answered(None)
    assert isinstance(answers[1], Answered)
    assert answers[1].value["json"] == {"in": "{root}"}


def test_ids_of_processes_and_devices_make_no_difference() -> None:
    recorded = Recorded(Lines.of(Scenario([])), [b'{"pid":7,"n":1}', b'{"deviceId": "a", "mode": "600"}'], {})
    assert recorded.has_answers([b'{"pid":8,"n":1}', b'{"deviceId": "b", "mode": "600"}'])
    assert not recorded.has_answers([b'{"pid":7,"n":2}', b'{"deviceId": "a", "mode": "600"}'])
    assert not recorded.has_answers([b'{"pid":7,"n":1}', b'{"deviceId": "a", "mode": "644"}'])


@pytest.mark.parametrize(
    ("outcome", "status", "note"),
    [
        ("fail", "killed", ""),
        ("unknown", "no verdict", "a wrong shape"),
        ("pass", "survived", "1 of 1 scenarios have other answers"),
    ],
)
def test_case_of_differing_answer_decides(tmp_path: Path, outcome: str, status: Status, note: str) -> None:
    event = SimpleNamespace(outcome=outcome, requirements=["PID-001"], message="a wrong\nshape")
    cases: Any = SimpleNamespace(items={"c": None}, judge=lambda *_: event, fails=lambda e: e.outcome == "fail")
    line = b'[{"jsonrpc": "2.0", "id": 1, "result": 2}]'
    process: Any = SimpleNamespace(
        folder=tmp_path, ask_all=lambda asked: [line] * len(asked), activate=lambda _: None, exceeded=lambda: False
    )
    recorded = Recorded(Lines.of(Scenario([Call("save")])), [b"other"], {MUTANT.id: 1})
    judged, first = Assessor(cases, Recording({"c": [recorded]}), process)._replay(MUTANT, [("c", recorded)])
    assert (judged.status, judged.note, first) == (status, note, recorded)


def test_static_mutant_is_replayed_in_every_scenario() -> None:
    short, long = (Recorded(Lines.of(Scenario([Call("save")] * n)), [], {"1": 1}) for n in (1, 9))
    other = Recorded(Lines.of(Scenario([Call("save")] * 3)), [], {"2": 1})
    recording = Recording({"a": [long, other], "b": [short]}, static={"9"})
    assert recording.asked_of("1") == [("b", short), ("a", long)]
    assert recording.asked_of("9") == [("b", short), ("a", other), ("a", long)]
    assert recording.asked_of("3") == []
    assert recording.scenarios_by_mutant() == {"1": 2, "2": 1, "9": 3}


def test_chunks_and_parts_lose_nothing() -> None:
    recorded = Recorded(Lines.of(Scenario([Call("save")])), [], {})
    asked = [(str(number), recorded) for number in range(99)]
    assert [entry for chunk in chunks_of(asked) for entry in chunk] == asked
    lines = [b"x" * size for size in (PIPE_BYTES - 1, 1, 1, PIPE_BYTES + 5, 3)]
    parts = list(parts_of(lines))
    assert [line for part in parts for line in part] == lines
    assert [len(part) for part in parts] == [2, 1, 1, 1]


@pytest.mark.parametrize(("code", "status"), [(1, "killed"), (3, "no verdict"), (0, "no verdict")])
def test_run_decides_about_hanging_mutant(monkeypatch: pytest.MonkeyPatch, code: int, status: Status) -> None:
    monkeypatch.setattr(confirming, "exit_code", lambda *_: code)
    judged = confirming.by_run(Path("x"), None, result("no verdict", note="it loops"))
    assert (judged.status, judged.note) == (status, f"`run` ends with {code}; it loops")


@pytest.mark.parametrize(
    ("status", "code", "confirmed"),
    [
        ("killed", 1, True),
        ("killed", 0, False),
        ("killed", 3, False),
        ("survived", 0, True),
        ("survived", 1, False),
        ("no verdict", 3, True),
        ("no verdict", 0, False),
    ],
)
def test_sample_is_confirmed_by_exit_code(
    monkeypatch: pytest.MonkeyPatch, status: Status, code: int, confirmed: bool
) -> None:
    monkeypatch.setattr(confirming, "exit_code", lambda *_: code)
    assert confirming.confirm(Path("x"), None, [result(status)]) is confirmed


def test_every_stored_survivor_has_a_reason() -> None:
    alive = Table.read(TABLE).alive
    explained = load()
    survivors = [each for each in alive if each.status == "survived"]
    assert [each.place for each in survivors if reason_of(each, explained) is None] == []
    assert unused(alive, explained) == []


def test_every_unreached_line_has_a_reason() -> None:
    stored, explained = Table.read(TABLE), load_unreached()
    assert unexplained_lines(stored, explained) == []
    for reason in explained:
        assert any(reason.matches(file, int(line)) for file, lines in stored.unreached.items() for line in lines)


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(Table.read(TABLE), load(), load_unreached())


def test_score_of_the_stored_run() -> None:
    """At least 95 % of the mutants that are reached, not equivalent and not outside the wire are killed."""
    found = scores(Table.read(TABLE), load()).values()
    assert sum(score.killed for score in found) >= 0.95 * sum(score.judged for score in found)
    assert json.loads(TABLE.read_text(encoding="utf-8"))["checkout"]
