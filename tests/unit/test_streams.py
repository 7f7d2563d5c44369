"""The streams of a target: how much of its output the kit holds."""

import os
import threading

from conformance.targets.streams import AHEAD_BYTES, READ_BYTES, Output


def test_only_an_awaited_line_is_read_whole() -> None:
    reader, writer = os.pipe()
    line = b"x" * (2 * AHEAD_BYTES) + b"\n"
    target = threading.Thread(
        target=lambda: [os.write(writer, line[at : at + 4096]) for at in range(0, len(line), 4096)]
    )
    target.start()
    output = Output(reader)
    read(output)
    assert AHEAD_BYTES <= output.received_bytes <= AHEAD_BYTES + READ_BYTES
    output.is_awaited = True
    read(output)
    target.join()
    os.close(writer)
    output.close()
    assert output.take_line() == line


def read(output: Output) -> None:
    while output.wanted and b"\n" not in output._data:
        output.read()
