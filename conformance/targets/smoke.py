"""The smoke test before a run: it tells a broken adapter from an implementation that does not conform."""

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
    """The target's answer to `hello`, and whether the PID in it is its own.

    `config` is the config that the target loads without files; None if it was not asked or did not return one.
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
    """Start the target, call `hello`, open a pool with one account and stop the target.

    `with_config` also loads a config. Raises AdapterFault if any of these steps fails.
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
    """The loaded config. A fault does not end the run here, because the rules about config report it."""
    places = {"directory": str(folder / "project"), "home": str(folder / "home")}
    with suppress(AdapterFault):
        answer = connection.call("load_config", **places)
        return answer.value["config"] if isinstance(answer, Result) else None
    return None


def _opened(answer: Answer, target: Target) -> bool:
    """Whether the answer to `open` lets the run go on.

    The kit's own adapter runs a checkout, so an exception is a failure of the checkout, not of the adapter. Labels
    that are not strings mean that the mapping needs another `label`.
    """
    if isinstance(answer, Result):
        labels: list[Json] = answer.value["accounts"]
        return labels == ["a"] or (target.is_checkout and all(isinstance(label, str) for label in labels))
    return target.is_checkout and isinstance(answer, Raised)


def _bounded(hello: HelloResult) -> HelloResult:
    """The answer to `hello`, made safe for reports: short texts, each capability once, additional keys if small."""
    own = hello.model_extra or {}
    kept = own if len(json.dumps(own)) <= OTHER_KEYS_CHARACTERS else {}
    texts = {name: safe(getattr(hello, name), NAME_CHARACTERS) for name in ("name", "version", "language")}
    once = {"capabilities": list(dict.fromkeys(hello.capabilities))}
    return HelloResult.model_validate(hello.model_dump(exclude={*own}) | texts | once | kept)
