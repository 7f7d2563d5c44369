"""Calls and files of the proofs."""

import json
from typing import Any

from conformance.json_type import Json
from conformance.wire.scenario import Call
from tests.fakes.blind.ports import Files

HOME = "{root}/home"
POOL_PATH = "home/.config/opencode/antigravity-accounts.json"
USER_PATH = "home/.config/opencode/antigravity.json"
PROJECT_PATH = "project/.opencode/antigravity.json"


def call(method: str, **params: Json) -> Call:
    return Call(method, params)


def account(label: str, **fields: Json) -> Json:
    """An entry of a pool."""
    return {"refreshToken": label, **fields}


def pool(*accounts: Json, active: Json = 0, families: Json = None, version: Json = 3) -> dict[str, Json]:
    """A pool; a word is an account with this label."""
    entries = [account(entry) if isinstance(entry, str) else entry for entry in accounts]
    document = {"version": version, "accounts": entries, "activeIndex": active}
    return document if families is None else {**document, "activeIndexByFamily": families}


def opened(*accounts: Json, active: Json = 0, families: Json = None, **params: Json) -> Call:
    return Call("open", {"pool": pool(*accounts, active=active, families=families), **params})


def opened_home(home: str = HOME, **params: Json) -> Call:
    return Call("open", {"home": home, **params})


def pool_file(document: Json, path: str = POOL_PATH) -> Files:
    return {path: {"text": document if isinstance(document, str) else json.dumps(document)}}


def changed_by_another(then: Call, document: Json) -> Call:
    """The call, after another process has written the pool file."""
    return Call(then.method, then.params, files=pool_file(document))


def saved() -> Call:
    return call("save")


def select(family: str = "claude", strategy: str = "sticky", **params: Json) -> Call:
    return call("select", family=family, strategy=strategy, **params)


def offset(family: str = "claude", strategy: str = "sticky", **params: Json) -> Call:
    return select(family, strategy, pid_offset_enabled=True, **params)


def rotate(family: str = "claude", **params: Json) -> Call:
    return select(family, "round-robin", **params)


def hybrid(family: str = "claude", **params: Json) -> Call:
    return select(family, "hybrid", **params)


def limit(label: str, ms: float, family: str = "claude", **params: Json) -> Call:
    return call("mark_rate_limited", label=label, retry_after_ms=ms, family=family, **params)


def fails(label: str, reason: str = "QUOTA_EXHAUSTED", **params: Json) -> Call:
    return call("mark_rate_limited_with_reason", label=label, family="claude", reason=reason, **params)


def cool(label: str, ms: float, reason: str = "auth-failure") -> Call:
    return call("mark_cooling_down", label=label, cooldown_ms=ms, reason=reason)


def switch(label: str, enabled: bool) -> Call:
    return call("set_enabled", label=label, enabled=enabled)


def advance(ms: float) -> Call:
    return call("advance", ms=ms)


def wait(family: str = "claude", **params: Json) -> Call:
    return call("min_wait", family=family, **params)


def health(label: str, outcome: str) -> Call:
    return call("record_health", label=label, outcome=outcome)


def consume(label: str, **params: Json) -> Call:
    return call("consume_token", label=label, **params)


def config(environment: Any = None, directory: str = "{root}/project", home: str = HOME, **params: Json) -> Call:
    return call("load_config", directory=directory, home=home, environment=environment or {}, **params)


def user_file(text: Json, path: str = USER_PATH) -> Files:
    return {path: {"text": text if isinstance(text, str) else json.dumps(text)}}


def project_file(text: Json) -> Files:
    return user_file(text, PROJECT_PATH)
