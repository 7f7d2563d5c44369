"""An adapter with one fault, chosen by its first argument. It uses only the standard library, not the kit."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

HELLO = {"name": "bad", "version": "1", "language": "python", "capabilities": [], "pid": os.getpid()}
RESULTS: dict[str, Any] = {"hello": HELLO, "snapshot": {"accounts": []}, "close": None}
RESULTS["select"] = {"label": "a", "index": 1}


def result_of(request: Any) -> Any:
    if request["method"] == "load_config":
        return {"config": {"padding": "x" * request["params"]["environment"].get("size", 0)}}
    return RESULTS[request["method"]]


def answer(request: Any) -> Any:
    return {"jsonrpc": "2.0", "id": request["id"], "result": result_of(request)}


def answers(message: Any) -> Any:
    return [answer(item) for item in message] if isinstance(message, list) else answer(message)


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def messages() -> Iterator[Any]:
    for line in sys.stdin:
        yield json.loads(line)


def serve(change: Callable[[Any], Any] = answers) -> None:
    for message in messages():
        write(json.dumps(change(message)) + "\n")


def good() -> None:
    serve()


def integral_floats() -> None:
    """Write integers as floats, as languages with one number type do."""
    HELLO["pid"] = float(os.getpid())
    RESULTS["select"]["index"] = 1.0
    serve()


def exits_at_once() -> None:
    print("no licence for this machine", file=sys.stderr)
    sys.exit(7)


def no_json() -> None:
    next(messages())
    write("hello there\n")
    serve()


def banner() -> None:
    write("Welcome to the port, version 1!\n")
    serve()


def wrong_order() -> None:
    serve(lambda message: answers(message)[::-1])


def wrong_count() -> None:
    serve(lambda message: answers(message)[1:])


def no_array() -> None:
    serve(lambda message: answer(message[0]))


def malformed() -> None:
    del HELLO["name"]
    serve()


def internal_error() -> None:
    print("Traceback: the port divided by zero", file=sys.stderr)
    serve(lambda message: {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32603, "message": "oops"}})


def never_answers() -> None:
    print("thinking", file=sys.stderr, flush=True)
    for _ in messages():
        pass


def ignores_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    serve()
    time.sleep(3600)  # and ignores the end of its input


def dies_in_mid_batch() -> None:
    for message in messages():
        text = json.dumps(answers(message))
        write(text[: len(text) // 2])
        os.kill(os.getpid(), signal.SIGKILL)


def closes_output() -> None:
    next(messages())
    os.close(1)
    for _ in messages():
        pass


def daemon() -> None:
    """Answer with the PID of a grandchild that has its own session and all pipes open; then exit."""
    for message in messages():
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                    signal.signal(number, signal.SIG_IGN)
                os.write(writer, str(os.getpid()).encode())
                time.sleep(3600)
            os._exit(0)
        HELLO["pid"] = int(os.read(reader, 100))
        os.wait()
        write(json.dumps(answers(message)) + "\n")
        os._exit(5)


def floods_errors() -> None:
    for message in messages():
        for number in range(64):
            print(f"{number} " + "e" * 65536, file=sys.stderr, flush=True)
        write(json.dumps(answers(message)) + "\n")


def floods_output() -> None:
    next(messages())
    while True:
        write("x" * 65536)


def floods_output_after_an_answer() -> None:
    write(json.dumps(answers(next(messages()))) + "\n" + "x" * 65536)
    while True:
        write("x" * 65536)


def eats_memory() -> None:
    next(messages())
    held = []
    while True:
        held.append(b"m" * 2**20)
        if len(held) > 300:  # enough to be noticed without exhausting a small machine
            time.sleep(3600)


def shares_memory() -> None:
    """Answer when four children exist, which share 64 MiB with this process."""
    fork_with_memory(copy=False)


def copies_memory() -> None:
    """Answer when each of four children has its own copy of 64 MiB."""
    fork_with_memory(copy=True)


def fork_with_memory(*, copy: bool) -> None:
    held = bytearray(b"m") * 2**26
    reader, writer = os.pipe()
    for _ in range(4):
        if os.fork() == 0:
            for start in range(0, len(held) if copy else 0, 4096):
                held[start] += 1
            os.write(writer, b".")
            time.sleep(3600)
        os.read(reader, 1)
    serve()


def answers_while_reading() -> None:
    """Write one space for each byte read, immediately: neither side may wait for the other to finish."""
    received = b""
    while piece := os.read(0, 65536):
        received += piece
        rest = b" " * len(piece)
        while rest:
            rest = rest[os.write(1, rest) :]
        if received.endswith(b"\n"):
            for line in received.splitlines():
                write(json.dumps(answers(json.loads(line))) + "\n")
            received = b""


if __name__ == "__main__":
    globals()[sys.argv[1]]()
