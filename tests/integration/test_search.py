"""The search with separate processes: it shrinks and repeats differences, and goes on after an adapter ends."""

import sys
from typing import Any

import pytest
from hypothesis.database import InMemoryExampleDatabase

from conformance.search.differential import IN_FLIGHT, MAX_FAULTS, DifferentialRunner
from conformance.search.discrepancy import Discrepancy, to_vector
from conformance.search.fuzz import KEY, Bounds, Search
from conformance.search.oracle import Oracle, flip_quirks
from conformance.search.sessions import decode
from conformance.search.source import stream
from conformance.targets.errors import GivenUp
from conformance.targets.resolve import Target, resolve
from conformance.vectors.model import VectorDocument
from conformance.wire.answers import Raised, Result
from reference_impl.adapter import CAPABILITIES

SEED = "tests"


def searched(word: str, **bounds: Any) -> tuple[Search, list[Discrepancy]]:
    target = resolve(f"python:tests.fakes.searched:{word}", [])
    with DifferentialRunner(target, Oracle(flip_quirks("recommended")), timeout_s=60) as runner:
        search = Search(runner, list(CAPABILITIES), SEED, Bounds(**{"calls": 20_000, "discrepancies": 1, **bounds}))
        return search, list(search.run())


def test_fault_is_shrunk_to_the_necessary_calls() -> None:
    _, (discrepancy,) = searched("OffsetAgain")
    methods = [call.method for call in discrepancy.scenario.calls]
    # A second open with another PID may stay: to drop it, the PID of the first would have to change at the same time.
    assert methods[-2:] == ["select", "select"]
    assert methods[:-2] in (["open"], ["open", "open"])
    assert all(call.params["pid_offset_enabled"] for call in discrepancy.scenario.calls[-2:])
    assert len(discrepancy.scenario.calls[0].params["pool"]["accounts"]) == 2
    assert discrepancy.is_repeatable
    assert discrepancy.quirks == ()
    assert discrepancy.reasons[-1] == "claude on 1, gemini on 0; cursor 0; PID offset of claude spent, pid mod 2 is 1"


def test_discrepancy_becomes_a_valid_vector() -> None:
    _, (discrepancy,) = searched("OffsetAgain")
    vector = to_vector(discrepancy, "a port")
    VectorDocument.model_validate(vector)
    assert (vector["requirements"], vector.keys() & {"since", "recommended"}) == (["PID-001"], set())
    assert vector["calls"][-1]["expect"] == {"label": "fig", "index": 1}
    assert to_vector(discrepancy, "a port") == vector


def test_leak_from_an_earlier_session_is_not_repeatable() -> None:
    _, (discrepancy,) = searched("WrongAfterManySessions")
    assert not discrepancy.is_repeatable
    assert isinstance(discrepancy.answered, Result)
    assert discrepancy.answered.value["label"] == "nobody"
    assert discrepancy.asked_again == discrepancy.expected


@pytest.mark.exhaustive
def test_search_restarts_an_adapter_that_ends() -> None:
    search, discrepancies = searched("EndsOnRemoval", calls=600, discrepancies=2)
    methods = [call.method for call in discrepancies[0].scenario.calls]
    assert methods[-2:] == ["remove", "snapshot"]
    assert len(methods) < 6
    assert discrepancies[0].expected is None
    assert isinstance(discrepancies[0].answered, Raised)
    assert "exited with code 7" in discrepancies[0].answered.message
    assert search.tally.calls >= 600


def test_stored_discrepancy_is_asked_first() -> None:
    database = InMemoryExampleDatabase()
    for word in ("OffsetAgain", "OffsetAgainToo"):
        target = resolve(f"python:tests.fakes.searched:{word}", [])
        with DifferentialRunner(target, Oracle(flip_quirks("recommended")), timeout_s=60) as runner:
            search = Search(runner, list(CAPABILITIES), SEED, Bounds(calls=20_000, discrepancies=1), database)
            assert len(list(search.run())) == 1
        assert len(list(database.fetch(KEY))) == 1
    assert search.tally.sessions <= 1 + IN_FLIGHT


@pytest.mark.exhaustive
def test_a_target_that_never_starts_ends_the_search() -> None:
    target = Target("gone", [sys.executable, "-c", "raise SystemExit(3)"])
    with DifferentialRunner(target, Oracle(flip_quirks("recommended")), timeout_s=60) as runner:
        session = decode(next(stream(SEED)), CAPABILITIES)
        found = runner.differences([(None, session)] * (MAX_FAULTS + 1))
        with pytest.raises(
            GivenUp, match=rf"failed {MAX_FAULTS} times and is not started again\. .* exited with code 3"
        ):
            list(found)
