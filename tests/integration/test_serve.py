"""A Python port in a process: its prints stay off the wire, and a fork inherits its state."""

import json
import os
import subprocess
import sys

from conformance.json_type import Json
from conformance.wire import answers
from conformance.wire.answers import request
from conformance.wire.framing import encode
from tests.support.command import CHECKOUT

PRINTING_PORT = """
import os, sys
from conformance.wire.serve import claimed, serve_on
class Port:
    def __init__(self):
        self.input = sys.stdin.read()
    def hello(self, wire):
        print("printed")
        os.write(1, b"written to descriptor 1\\n")
        os.system("echo said by a child")
        return {"pid": os.getpid(), "input": self.input}
    def advance(self, ms):
        self.ms = getattr(self, "ms", 0) + ms
        return {"now_ms": self.ms}
with claimed() as wire:
    serve_on(wire, Port())
"""


def serve_in_a_process(*messages: Json) -> tuple[list[Json], subprocess.CompletedProcess[bytes]]:
    """The answers of a printing port, one for each message, and its process."""
    process = subprocess.run(
        [sys.executable, "-c", PRINTING_PORT],
        input=b"".join(encode(message) for message in messages),
        capture_output=True,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()], process


def test_printing_goes_to_standard_error() -> None:
    (response,), process = serve_in_a_process(request(1, "hello", {"wire": 1}))
    assert response["result"]["input"] == ""  # the port cannot read the calls
    for words in (b"printed", b"written to descriptor 1", b"said by a child"):
        assert words in process.stderr


def test_forked_child_leaves_the_parent_unchanged() -> None:
    calls = [
        {"method": "advance", "params": {"ms": 10}},
        {"method": "nothing"},
        {"method": "hello", "params": {"wire": 1}},
    ]
    responses, _ = serve_in_a_process(
        request(1, "advance", {"ms": 1}),
        request(2, "fork", {"calls": calls}),
        request(3, "advance", {"ms": 1}),
        request(4, "hello", {"wire": 1}),
    )
    forked = responses[1]["result"]
    advanced, unknown, hello = forked["answers"]
    assert advanced == {"jsonrpc": "2.0", "id": 0, "result": {"now_ms": 11}}
    assert (unknown["id"], unknown["error"]["code"]) == (1, answers.NOT_SUPPORTED)
    assert hello["result"]["pid"] == forked["pid"] != responses[3]["result"]["pid"]
    assert responses[2]["result"] == {"now_ms": 2}
