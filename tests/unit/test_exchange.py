"""Calls become lines that a target can read, and reading stops at the maximum length of a line."""

import os

import pytest

from conformance.targets.exchange import MAX_CALLS_A_LINE, MethodCall, ask_batch
from conformance.targets.streams import READ_BYTES, Output
from conformance.wire import framing
from conformance.wire.framing import MAX_LINE_BYTES, FrameError

SNAPSHOT: MethodCall = ("snapshot", {})


def test_split_batch_has_lines_of_allowed_size(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed_bytes = 10_000
    monkeypatch.setattr(framing, "MAX_LINE_BYTES", allowed_bytes)
    for length in (allowed_bytes // 2 - 70 + step for step in range(40)):
        asked = list(ask_batch([("snapshot", {"p": "x" * length})] * 2, first_id=1))
        assert sum(len(line.methods) for line in asked) == 2
        assert all(len(line.line) <= allowed_bytes for line in asked)
    with pytest.raises(FrameError, match="smaller batches"):
        list(ask_batch([("snapshot", {"p": "x" * allowed_bytes})], first_id=1))


def test_line_has_a_limited_number_of_calls() -> None:
    many = list(ask_batch([SNAPSHOT] * (MAX_CALLS_A_LINE + 1), first_id=1))
    assert [(line.first_id, len(line.methods)) for line in many] == [
        (1, MAX_CALLS_A_LINE),
        (MAX_CALLS_A_LINE + 1, 1),
    ]


def test_reading_stops_at_the_longest_line() -> None:
    reader, writer = os.pipe()
    output = Output(reader)
    while output.wanted:
        os.write(writer, b"x" * READ_BYTES)
        assert output.read()
        assert output.received_bytes <= MAX_LINE_BYTES + READ_BYTES
    assert output.take_line() is None
    os.close(writer)
    output.close()
