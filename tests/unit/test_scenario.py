"""Scenarios: matching of expectations, descriptions of differences, and reading from JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.json_type import Json
from conformance.wire.answers import Answer, NotSupported, Raised, Refused, Result
from conformance.wire.files import ask
from conformance.wire.scenario import (
    ABSENT,
    READ_FILE,
    ROOT,
    UNJUDGED,
    Call,
    Scenario,
    ScenarioError,
    difference,
    matches,
    show_answer,
    unsupported,
)

KEYS = st.sampled_from(["a", "b", "c"])
LEAVES = st.sampled_from([None, True, False, 0, 1, -0.0, 1.5, "", "a"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner), max_leaves=8)
EXPECTATIONS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner | st.just(ABSENT)),
    max_leaves=8,
)
WORDS = st.text(min_size=1, max_size=5)
CONTENTS = st.one_of(
    st.fixed_dictionaries({"text": st.text()}),
    st.fixed_dictionaries({"base64": st.just("AP8=")}),
    st.fixed_dictionaries({"link": WORDS}),
    st.just({"folder": True}),
)
FILES = st.dictionaries(WORDS, CONTENTS, max_size=3)
CALLS = st.builds(
    lambda method, params, judged, files: Call(method, params, files=files, **judged),
    WORDS,
    st.dictionaries(WORDS, VALUES, max_size=3),
    st.one_of(st.just({}), st.fixed_dictionaries({"expect": VALUES}), st.fixed_dictionaries({"refusal": WORDS})),
    FILES,
)
SCENARIOS = st.builds(Scenario, st.lists(CALLS, max_size=4), FILES)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({}, {"label": "a"}),
        ({"label": "a"}, {"label": "a", "index": 0}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ([{"a": 1}], [{"a": 1, "b": 2}]),
        (0, -0.0),
        (1, 1.0),
        (None, None),
        ({"a": ABSENT}, {}),
        ({"a": ABSENT, "b": 1}, {"b": 1}),
    ],
)
def test_an_expectation_accepts_what_it_does_not_mention(expected: Json, actual: Json) -> None:
    assert matches(expected, actual)
    assert list(difference(expected, actual)) == []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"label": "a"}, {"index": 0}),
        ({"a": None}, {}),
        ({}, None),
        ({}, []),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ([], {}),
        (1, True),
        (True, 1),
        (0, False),
        (False, None),
        ([1], [True]),
        ("1", 1),
        ({"a": ABSENT}, {"a": None}),
        ({"a": ABSENT}, {"a": ABSENT}),
        ({"a": {"b": ABSENT}}, {}),
        (ABSENT, {}),
    ],
)
def test_an_expectation_refuses_what_differs(expected: Json, actual: Json) -> None:
    assert not matches(expected, actual)
    assert list(difference(expected, actual))


@given(VALUES)
def test_every_value_matches_itself_as_it_was_sent(value: Json) -> None:
    assert matches(value, json.loads(json.dumps(value)))


@given(EXPECTATIONS, VALUES)
def test_difference_exists_only_where_matching_fails(expected: Json, actual: Json) -> None:
    assert (list(difference(expected, actual)) == []) == matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual", "places"),
    [
        (1, 2, [("", 1, 2)]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("b", 2, 3)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 0, "c": 0}}, [("a.b", 1, 0), ("a.c", 2, 0)]),
        ({"a": {"b": 1}}, {}, [("a", {"b": 1}, ABSENT)]),
        ({"a": ABSENT}, {"a": 1}, [("a", ABSENT, 1)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("a", [1, 2], [1, 3])]),
    ],
)
def test_a_difference_names_its_place(expected: Json, actual: Json, places: Json) -> None:
    assert list(difference(expected, actual)) == places


@given(SCENARIOS)
def test_a_scenario_comes_back_the_same_from_json(scenario: Scenario) -> None:
    assert Scenario.from_json(json.loads(json.dumps(scenario.to_json()))) == scenario


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ([], "a scenario is an object with a list `calls`"),
        ({"calls": {}}, "a scenario is an object with a list `calls`"),
        ({"calls": [], "file": {}}, "unknown key 'file' in the scenario; known: files, calls"),
        ({"calls": [], "files": []}, "files must be an object"),
        (
            {"calls": [], "files": {"a": "text"}},
            "files['a'] must be an object with one of text, base64, link, hard_link, folder, removed",
        ),
        ({"calls": [], "files": {"a": {}}}, "files['a'] must be"),
        ({"calls": [], "files": {"a": {"text": "", "link": "b"}}}, "files['a'] must be"),
        ({"calls": [], "files": {"a": {"txt": ""}}}, "files['a'] must be"),
        ({"calls": [], "files": {"a": {"text": 1}}}, "files['a'] must be"),
        ({"calls": [{"method": "save", "files": []}]}, "files of calls[0] must be an object"),
        ({"calls": [{"method": "save", "files": {"a": {}}}]}, "files['a'] of calls[0] must be"),
        ({"calls": [{"method": "close"}, "close"]}, "calls[1] must be an object with a method"),
        ({"calls": [{"method": 1}]}, "calls[0] must be an object with a method"),
        (
            {"calls": [{"method": "select", "expects": 1}]},
            "unknown key 'expects' in calls[0]; known: expect, files, method, params, refusal",
        ),
        ({"calls": [{"method": "select", "params": []}]}, "params in calls[0] must be an object"),
        ({"calls": [{"method": "select", "refusal": 1}]}, "refusal in calls[0] must be a string"),
        ({"calls": [{"method": "select", "refusal": "not_open", "expect": 1}]}, "calls[0] has both expect and refusal"),
    ],
)
def test_invalid_scenario_is_refused_with_its_place(document: Json, problem: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_json(document)
    assert str(caught.value).startswith(problem)


ANSWERS: list[Answer] = [
    Result({"index": 0, "label": "a"}),
    Refused("not_open", "no"),
    NotSupported("select"),
    Raised("KeyError"),
]


@pytest.mark.parametrize(
    ("call", "accepted"),
    [
        (Call("select"), [True, False, False, False]),
        (Call("select").gives({"label": "a"}), [True, False, False, False]),
        (Call("select").gives({"label": "b"}), [False, False, False, False]),
        (Call("select").refuses("not_open"), [False, True, False, False]),
        (Call("select").refuses("unknown_account"), [False, False, False, False]),
    ],
)
def test_a_call_accepts_only_what_it_expects(call: Call, accepted: list[bool]) -> None:
    assert [call.accepts(answer) for answer in ANSWERS] == accepted


def test_null_can_be_expected() -> None:
    assert not Call("select").gives(None).accepts(Result({"label": "a"}))
    assert Scenario.from_json({"calls": [{"method": "select", "expect": None}]}).calls[0].expect is None
    assert Scenario.from_json({"calls": [{"method": "select"}]}).calls[0].expect is UNJUDGED


def test_answers_are_shown_in_the_terms_of_expectations() -> None:
    assert [show_answer(answer) for answer in ANSWERS] == [
        {"index": 0, "label": "a"},
        {"refusal": "not_open"},
        {"not supported": "select"},
        {"raised": "KeyError"},
    ]
    assert unsupported(ANSWERS) == "select"
    assert unsupported([ANSWERS[0]]) is None


def test_files_of_a_call_exist_before_it() -> None:
    seen: list[list[str]] = []

    def send(calls: Sequence[tuple[str, Json]]) -> list[Answer]:
        (folder,) = {params["home"] for _, params in calls}
        seen.append([method + (Path(folder) / "pool").read_text(encoding="utf-8") for method, _ in calls])
        return [Result(method) for method, _ in calls]

    home = {"home": f"{ROOT}/home"}
    calls = [
        Call("open", home, files={"home/pool": {"text": " b"}}),
        Call("select", home),
        Call("save", home, files={"home/pool": {"text": " c"}}),
        Call("close", home),
    ]
    answers = ask(Scenario(calls, {"home/pool": {"text": " a"}}), send)
    assert seen == [["open b", "select b"], ["save c", "close c"]]
    assert answers == [Result(call.method) for call in calls]


def test_scenario_removes_a_file_between_calls() -> None:
    gone = Call("save", files={"home/pool": {"removed": True}})
    read = Call(READ_FILE, {"path": "home/pool"})
    answers = ask(
        Scenario([read, gone, read], {"home/pool": {"text": "1"}}), lambda calls: [Result(None) for _ in calls]
    )
    values = [answer.value for answer in answers if isinstance(answer, Result)]
    assert [isinstance(value, dict) for value in values] == [True, False, False]


def test_kit_answers_read_file_between_calls() -> None:
    def send(calls: Sequence[tuple[str, Json]]) -> list[Answer]:
        for _, params in calls:
            path = Path(params["home"], "pool")
            path.unlink()
            path.write_text("[Infinity]", encoding="utf-8")
        return [Result(method) for method, _ in calls]

    files = {"home/pool": {"text": "[1]"}, "home/before": {"hard_link": "pool"}}
    read, before, none = (Call(READ_FILE, {"path": f"home/{name}"}) for name in ("pool", "before", "none"))
    answers = ask(Scenario([read, Call("save", {"home": f"{ROOT}/home"}), read, before, none], files), send)
    values = [answer.value for answer in answers if isinstance(answer, Result)]
    assert [value if not isinstance(value, dict) else {**value, "mode": ""} for value in values] == [
        {"mode": "", "json": [1]},
        "save",
        {"mode": "", "text": "[Infinity]"},
        {"mode": "", "json": [1]},
        None,
    ]
