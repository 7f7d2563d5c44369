"""Smoke before verdict: a broken adapter is told from an implementation that does not conform."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.json_type import Json
from conformance.targets.connection import Connection
from conformance.targets.errors import AdapterFault
from conformance.targets.group import Group, Launch
from conformance.targets.pids import PidStatus
from conformance.targets.resolve import Target
from conformance.targets.wire_log import WireLog
from conformance.texts import NAME_CHARACTERS, safe
from conformance.wire.answers import Answer, NotSupported, Raised, Result, in_words
from conformance.wire.messages import HelloResult
from conformance.wire.methods import CAPABILITIES

OTHER_KEYS_CHARACTERS = 2000


@dataclass(frozen=True)
class Greeting:
    """Who the target says it is, and whether the process id that it names can be its own.

    `config` is what it loads where there are no files; None where it was not asked, or gave none.
    """

    hello: HelloResult
    pid_status: PidStatus
    config: Json = None


def greet(
    target: Target,
    *,
    timeout_s: float,
    wire_log: Path | None = None,
    pass_environment: Sequence[str] = (),
    with_config: bool = False,
) -> Greeting:
    """Start the target, ask who it is, open a pool of one account and end it; `with_config`: load a config too.

    Raises AdapterFault with one message where any of that fails.
    """
    log = WireLog(wire_log) if wire_log else None
    launch = Launch(target.argv, target.environment, target.word)
    with Group([launch], timeout_s=timeout_s, wire_log=log, pass_environment=pass_environment) as group:
        connection = group.connections[0]
        hello = _bounded(connection.hello())
        greeting = Greeting(hello, connection.pid_status(hello.pid))
        if unknown := [word for word in hello.capabilities if word not in CAPABILITIES]:
            raise AdapterFault(
                f"{target.word} claims the capability {safe(unknown[0])!r}, which does not exist; "
                f"the capabilities are {', '.join(CAPABILITIES)}"
            )
        account = {"refreshToken": "a", "addedAt": 0, "lastUsed": 0}
        opened = connection.call("open", pool={"version": 3, "accounts": [account], "activeIndex": 0})
        selects = "sticky" in hello.capabilities or "round-robin" in hello.capabilities
        if selects and not _opened(opened, target):
            said = connection.standard_error()
            raise AdapterFault(
                f"{target.word} was asked to open a pool of one account `a` and answered {in_words(opened)}; "
                'expected the result {"accounts": ["a"]}' + (f"\n  Its standard error:\n{said}" if said else "")
            )
        closed = connection.call("close")
        if not isinstance(closed, Result | NotSupported):
            raise AdapterFault(f"{target.word} answered `close` with {in_words(closed)}; expected the result null")
        if with_config and "config" in hello.capabilities:
            greeting = replace(greeting, config=_config(connection, group.folder))
    return greeting


def _config(connection: Connection, folder: Path) -> Json:
    """A fault is no reason to end the run: the rules about the config meet it again."""
    places = {"directory": str(folder / "project"), "home": str(folder / "home")}
    with suppress(AdapterFault):
        answer = connection.call("load_config", **places)
        return answer.value["config"] if isinstance(answer, Result) else None
    return None


def _opened(answer: Answer, target: Target) -> bool:
    """Can the answer to `open` be judged? The adapter of a checkout is ours, so what fails there is the checkout.

    But labels that are no strings say that its mapping must name another place for them.
    """
    if isinstance(answer, Result):
        labels: list[Json] = answer.value["accounts"]
        return labels == ["a"] or (target.is_checkout and all(isinstance(label, str) for label in labels))
    return target.is_checkout and isinstance(answer, Raised)


def _bounded(hello: HelloResult) -> HelloResult:
    """What reports show of the target. Other keys of an adapter are kept while they are small."""
    own = hello.model_extra or {}
    kept = own if len(json.dumps(own)) <= OTHER_KEYS_CHARACTERS else {}
    texts = {name: safe(getattr(hello, name), NAME_CHARACTERS) for name in ("name", "version", "language")}
    return HelloResult.model_validate(hello.model_dump(exclude={*own}) | texts | kept)
