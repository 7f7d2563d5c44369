"""Building blocks of the gallery: a registry of adapters, and loops that answer requests."""

import functools
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.json_type import Json
from conformance.wire.serve import Wire, answer_line
from reference_impl.adapter import ReferenceAdapter

LIFE_S = 400  # of each process, so that none is left on the machine for long whatever the kit does

Main = Callable[[Wire], None]


@dataclass(frozen=True)
class Fake:
    """An adapter. `text` says in one line what is wrong with it."""

    name: str
    kind: str
    text: str
    main: Main


@dataclass
class Asked:
    """A line of the kit, and the line that the reference answers."""

    number: int  # 0 is `hello`
    line: bytes
    answer: bytes
    wire: Wire

    @property
    def is_batch(self) -> bool:
        return self.line.startswith(b"[")

    @property
    def calls(self) -> list[dict[str, Any]]:
        message = json.loads(self.line)
        return message if isinstance(message, list) else [message]

    @property
    def responses(self) -> list[dict[str, Any]]:
        message = json.loads(self.answer)
        return message if isinstance(message, list) else [message]


Lines = Callable[[Asked], bytes]
Change = Callable[[dict[str, Any], str], object]

FAKES: dict[str, Fake] = {}


def add(name: str, kind: str, text: str, main: Main) -> None:
    assert name not in FAKES, name
    FAKES[name] = Fake(name, kind, text, main)


def limit_life() -> None:
    """End this process after a while. A fork has to call it again: alarms are not inherited."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LIFE_S)


def fork() -> bool:
    """Fork. True in the child, whose life is bounded too."""
    if os.fork():
        return False
    limit_life()
    return True


def asked_lines(wire: Wire, adapter: object | None = None) -> Iterator[Asked]:
    adapter = adapter or ReferenceAdapter()
    for number, line in enumerate(wire.input):
        yield Asked(number, line, answer_line(adapter, line), wire)


def write(wire: Wire, data: bytes) -> None:
    wire.output.write(data)
    wire.output.flush()


def serve(wire: Wire, change: Lines, adapter: object | None = None) -> None:
    for asked in asked_lines(wire, adapter):
        write(wire, change(asked))


def process(function: Main) -> Main:
    """Register an adapter that does everything itself."""
    add(_name(function), _kind(function), _text(function), function)
    return function


def lines(function: Lines) -> Lines:
    """Register an adapter by what it writes in place of each answer."""
    add(_name(function), _kind(function), _text(function), lambda wire: serve(wire, function))
    return function


def in_batches(function: Lines) -> Lines:
    """Register an adapter by what it writes in place of each answer to a batch."""

    def change(asked: Asked) -> bytes:
        return function(asked) if asked.is_batch else asked.answer

    add(_name(function), _kind(function), _text(function), lambda wire: serve(wire, change))
    return function


def responses(function: Change) -> Change:
    """Register an adapter by what it does to each response in a batch, given the method that was called."""
    add(_name(function), _kind(function), _text(function), functools.partial(_serve_responses, function))
    return function


def port(kind: type[ReferenceAdapter]) -> type[ReferenceAdapter]:
    """Register a subclass of the reference."""
    name = "".join("-" + letter.lower() if letter.isupper() else letter for letter in kind.__name__).strip("-")
    add(name, _kind(kind), _text(kind), lambda wire: serve(wire, lambda asked: asked.answer, kind()))
    return kind


def encode(message: Json) -> bytes:
    """A line of JSON, with whatever Python can write in it."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", errors="surrogatepass") + b"\n"


def texts(values: Iterable[bytes]) -> bytes:
    return b"".join(values)


def _serve_responses(function: Change, wire: Wire) -> None:
    def change(asked: Asked) -> bytes:
        if not asked.is_batch:
            return asked.answer
        answers = asked.responses
        for response, call in zip(answers, asked.calls, strict=True):
            function(response, call["method"])
        return encode(answers)

    serve(wire, change)


def _name(function: Callable[..., object]) -> str:
    return function.__name__.replace("_", "-")


def _kind(function: Callable[..., object]) -> str:
    return function.__module__.rpartition(".")[2]


def _text(function: Callable[..., object]) -> str:
    assert function.__doc__, function
    return function.__doc__.splitlines()[0]
