"""Properties of `load_config`: it never fails and changes no file, whatever the files contain."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.search.configs import decode_config
from conformance.search.source import RECORD_BYTES, Draft
from conformance.wire.calls import PROJECT_FILE, USER_FILE, load_config
from conformance.wire.files import MAX_FILE_BYTES, replace_text, write_files
from conformance.wire.scenario import ROOT, Call, Scenario

_RECORD = st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES)
LOADS: st.SearchStrategy[list[Any]] = st.builds(
    lambda head, given, calls: list(decode_config(Draft(head, tuple(given), tuple(calls)))),
    _RECORD,
    st.lists(_RECORD, min_size=1, max_size=6),
    st.lists(_RECORD, min_size=1, max_size=4),
).filter(lambda loads: len(str(loads)) < 6_000)  # rows are stored as files
DOCUMENTS = LOADS.map(lambda loads: [each["text"] for each in loads[0].values() if each.get("text", "")[:1] == "{"])


def placed(calls: Json, judge: Judge) -> list[Call]:
    """Return the loads without parameters that the target does not claim."""
    without: dict[str, Json] = {
        name: value
        for word, name, value in (("environment", "environment", {}), ("platform", "platform", "linux"))
        if word not in judge.capabilities
    }
    return [Call(method, {**params, **without}) for method, params in calls]


@covers("LAY-022")
@property_case(loads=LOADS)
def test_load_config_never_fails_on_malformed_files(judge: Judge, loads: Json) -> None:
    """Each load is repeated after the others. Both results are configs, and equal."""
    files, calls = loads
    once = placed(calls, judge)
    answers = values(judge.ask([*once, *once], files))
    scenario = Scenario([*once, *once], files)
    judge.expect(len(answers), sum(isinstance(answer, dict) for answer in answers), scenario, "loads that succeed")
    judge.expect(answers[: len(once)], answers[len(once) :], scenario, "configs of the repeated loads")


@covers("LAY-022")
@property_case(loads=LOADS)
def test_load_config_changes_no_file(judge: Judge, loads: Json) -> None:
    files, calls = loads
    asked = placed(calls, judge)
    with tempfile.TemporaryDirectory() as root:
        write_files(Path(root), files)
        before = _contents(Path(root))
        judge.ask([Call(call.method, replace_text(dict(call.params), ROOT, root)) for call in asked])
        after = _contents(Path(root))
    judge.expect(
        before, {path: after.get(path, "gone") for path in before}, Scenario(asked, files), "files after loading"
    )


def _contents(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): _start(path).hex() if path.is_file() else "no file"
        for path in sorted(root.rglob("*"))
    }


def _start(path: Path) -> bytes:
    with path.open("rb") as file:  # a target may have made it larger than the memory
        return file.read(MAX_FILE_BYTES)


@covers("LAY-011")
@property_case(
    documents=DOCUMENTS.filter(lambda documents: len(documents) > 0),
    cut=st.integers(0, 1000),
    is_beside=st.booleans(),
    place=st.sampled_from([USER_FILE, PROJECT_FILE]),
)
def test_truncated_file_equals_missing_file(
    judge: Judge, documents: list[str], cut: int, is_beside: bool, place: str
) -> None:
    """The file is truncated anywhere, alone or beside a valid file."""
    other = PROJECT_FILE if place == USER_FILE else USER_FILE
    beside = {other: {"text": '{"debug": true, "signature_cache": {"enabled": false}}'}} if is_beside else {}
    files = {**beside, place: {"text": documents[0][: cut * len(documents[0]) // 1001]}}
    without, broken = (values(judge.ask([load_config()], each)) for each in (beside, files))
    judge.expect(without, broken, Scenario([load_config()], files), "config with the truncated file")
