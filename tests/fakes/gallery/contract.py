"""Adapters that break what `hello` promises, or whose texts are not what a terminal, a page or a log expects."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from conformance.json_type import Json
from conformance.wire.serve import Wire
from reference_impl.adapter import ReferenceAdapter
from tests.fakes.gallery.serving import add, asked_lines, port, process, serve, write

MIB = 1024**2
CONTROL = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b31m\r\b\u202eabc"
HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>"
MARKDOWN = "`|*_~~ [click](http://example.invalid) | a\n# Heading\n- item"
WORKFLOW = "a\n::error file=a.py,line=1::owned\n::add-mask::b\n##vso[task.complete result=Succeeded]"
TOKENS = "Bearer ya29.a0AfH6SMBx-0123456789abcdefghijklmnop refresh 1//0gAbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


class Without:
    """The reference without one method."""

    def __init__(self, method: str) -> None:
        self._adapter = ReferenceAdapter()
        self._method = method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            raise AttributeError(name)
        return getattr(self._adapter, name)


class Raising(Without):
    """The reference, of which one method raises."""

    def __init__(self, method: str, error: Callable[[], BaseException]) -> None:
        super().__init__(method)
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return self._raise if name == self._method else getattr(self._adapter, name)

    def _raise(self, **params: Any) -> Json:
        raise self._error()


def add_object(name: str, text: str, make: Callable[[], object]) -> None:
    add(name, "contract", text, lambda wire: serve(wire, lambda asked: asked.answer, make()))


METHODS = ("open", "select", "mark_rate_limited", "load_config", "save", "close")
for _method in METHODS:
    _name = _method.replace("_", "-")
    add_object(f"lacks-{_name}", f"Lacks `{_method}`, which it claims.", lambda method=_method: Without(method))  # type: ignore[misc]
    add_object(
        f"raises-in-{_name}",
        f"Raises in each `{_method}`.",
        lambda method=_method: Raising(method, lambda: ValueError("the port divided by zero")),  # type: ignore[misc]
    )

ERRORS: list[tuple[str, str, Callable[[], BaseException]]] = [
    ("tokens-in-an-error", "Raises an error that quotes tokens.", lambda: ValueError(TOKENS)),
    ("control-sequences-in-an-error", "Raises an error with control sequences.", lambda: ValueError(CONTROL)),
    ("workflow-commands-in-an-error", "Raises an error with commands of CI systems.", lambda: ValueError(WORKFLOW)),
    ("html-in-an-error", "Raises an error that is HTML.", lambda: ValueError(HTML)),
    ("error-of-100-lines", "Raises an error of 100 lines.", lambda: ValueError("\n".join(["line"] * 100))),
    ("error-of-nothing", "Raises an error without a text.", ValueError),
    ("exits-in-select", "Calls sys.exit in `select`.", lambda: SystemExit(3)),
    ("interrupts-itself", "Raises KeyboardInterrupt in `select`.", KeyboardInterrupt),
]  # fmt: skip
for _name, _text, _error in ERRORS:
    add_object(_name, _text, lambda error=_error: Raising("select", error))  # type: ignore[misc]


def add_hello(name: str, text: str, /, **members: Json) -> None:
    class Named(ReferenceAdapter):
        def hello(self, wire: int) -> Json:
            hello = super().hello(wire) | members
            return {key: value for key, value in hello.items() if value != "(left out)"}

    add_object(name, text, Named)


add_hello("claims-an-unknown-capability", "Claims the capability `teleport`.", capabilities=["sticky", "teleport"])
add_hello("claims-nothing", "Claims no capability.", capabilities=[])
add_hello("claims-a-capability-twice", "Claims `sticky` twice.", capabilities=["sticky", "sticky"])
add_hello("capabilities-are-null", "Claims null.", capabilities=None)
add_hello("a-capability-is-a-number", "Claims the number 1.", capabilities=[1])
add_hello("claims-100000-capabilities", "Claims 100,000 capabilities.", capabilities=[f"c{n}" for n in range(100_000)])
add_hello("claims-150000-numbers", "Claims 150,000 numbers.", capabilities=list(range(150_000)))
add_hello("claims-a-capability-150000-times", "Claims `limits` 150,000 times.", capabilities=["limits"] * 150_000)
add_hello("no-name", "Gives no name.", name="(left out)")
add_hello("name-of-5-mib", "Gives a name of 5 MiB.", name="n" * 5 * MIB)
add_hello("name-of-1000-lines", "Gives a name of 1,000 lines.", name="\n".join(["line"] * 1000))
add_hello("control-sequences-in-the-name", "Gives a name with control sequences of a terminal.", name=CONTROL)
add_hello("html-in-the-name", "Gives a name that is HTML.", name=HTML)
add_hello("markdown-in-the-name", "Gives a name that is Markdown.", name=MARKDOWN)
add_hello("workflow-commands-in-the-name", "Gives a name with commands of CI systems.", name=WORKFLOW)
add_hello("profile-from-the-future", "Claims to behave like release 99.0.0.", profile="99.0.0")
add_hello("profile-is-a-number", "Claims to behave like release 1.6, a number.", profile=1.6)
add_hello("pid-is-a-string", "Gives its PID as a string.", pid="4711")
add_hello("pid-of-another-process", "Gives the PID 1.", pid=1)


@port
class HelloIsNull(ReferenceAdapter):
    """Answers `hello` with null."""

    def hello(self, wire: int) -> Json:
        return None


@port
class RefusesVersionOne(ReferenceAdapter):
    """Knows only version 2 of the wire."""

    def hello(self, wire: int) -> Json:
        raise NotImplementedError


@port
class LabelsWithControlSequences(ReferenceAdapter):
    """Answers `select` with a label of control sequences."""

    def select(self, *args: Any, **params: Any) -> Json:
        return {"label": CONTROL + WORKFLOW + HTML, "index": 0}


@port
class ClaimsWhatItLacks(ReferenceAdapter):
    """Claims everything, and has only `hello`, `open` and `close`."""

    def __getattribute__(self, name: str) -> Any:
        from conformance.wire.answers import METHOD_NAMES

        if name in METHOD_NAMES - {"hello", "open", "close"}:
            raise AttributeError(name)
        return super().__getattribute__(name)


@port
class RefusesEverything(ReferenceAdapter):
    """Refuses `select` as if no pool were open."""

    def select(self, *args: Any, **params: Any) -> Json:
        from conformance.wire.answers import Refusal

        raise Refusal("not_open", "no pool is open")


@port
class WrongAndDies(ReferenceAdapter):
    """Selects the first account always, and dies when an account is marked as limited."""

    def select(self, *args: Any, **params: Any) -> Json:
        super().select(*args, **params)
        accounts = self._opened().pool.accounts
        return {"label": accounts[0].label, "index": 0} if accounts else None

    def mark_rate_limited(self, *args: Any, **params: Any) -> None:
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(9)


@port
class PrintsWhileItSelects(ReferenceAdapter):
    """Prints on standard output in `select`, which `serve` sends to standard error."""

    def select(self, *args: Any, **params: Any) -> Json:
        print("selecting", CONTROL)
        return super().select(*args, **params)


@process
def workflow_commands_on_standard_error(wire: Wire) -> None:
    """Writes commands of CI systems and control sequences to standard error, and dies in the first batch."""
    for asked in asked_lines(wire):
        if asked.is_batch:
            print(WORKFLOW, CONTROL, TOKENS, sep="\n", file=sys.stderr, flush=True)
            os._exit(3)
        write(wire, asked.answer)


@process
def hostile_texts_at_start(wire: Wire) -> None:
    """Writes control sequences, commands of CI systems and tokens to standard error, and dies at start."""
    print(CONTROL, WORKFLOW, TOKENS, sep="\n", file=sys.stderr, flush=True)
    time.sleep(0.05)
    os._exit(3)
