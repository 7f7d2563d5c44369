"""Builders for the pools, files and calls of a case, with the defaults that most cases need."""

import base64
import json
from collections.abc import Mapping, Sequence

from conformance.json_type import Json
from conformance.wire.scenario import ROOT, Call

NOW_MS = 1_700_000_000_000  # an arbitrary time: the caller passes the clock
# Unsorted, with various lengths and characters: a port must take the order from the pool, not from the labels.
LABELS = (
    "mango", "fig", "pear", "7", "Date-palm", "apple", "kiwi_2", "1//0gZ-x", "açaí", "lime", "Yuzu", "banana",
    "42", "quince.b", "plum", "Cherry", "10", "olive",
)  # fmt: skip
USER_FILE = "home/.config/opencode/antigravity.json"
PROJECT_FILE = "project/.opencode/antigravity.json"
POOL_FILE = "home/.config/opencode/antigravity-accounts.json"


def pool(accounts: int | Sequence[Mapping[str, Json]], **stored: Json) -> dict[str, Json]:
    """A stored pool with `accounts` accounts (a number, or the fields of each), version 3 and active index 0."""
    fields: Sequence[Mapping[str, Json]] = [{}] * accounts if isinstance(accounts, int) else accounts
    listed = [{"refreshToken": label(i), "addedAt": NOW_MS, "lastUsed": 0, **field} for i, field in enumerate(fields)]
    return {"version": 3, "accounts": listed, "activeIndex": 0, **stored}


def label(index: int) -> str:
    """The label of the account at an index of `pool`: the words in LABELS, then each with a number as suffix."""
    turn, place = divmod(index, len(LABELS))
    return f"{LABELS[place]}+{turn}" if turn else LABELS[place]


def labels(*indices: int) -> list[str]:
    """The labels of the accounts at these indices of `pool`."""
    return [label(index) for index in indices]


def open_pool(stored: Json, pid: int | None = 0, **params: Json) -> Call:
    """Open a parsed pool at NOW_MS with the PID `pid`."""
    return Call("open", {"pool": stored, "pid": pid, "now_ms": NOW_MS, **params})


def select(
    family: str = "claude",
    strategy: str = "sticky",
    *,
    offset: bool = False,
    style: str | None = None,
    **params: Json,
) -> Call:
    """Select the next account. Parameters with their default value are not sent, to keep reports short."""
    optional = ({"pid_offset_enabled": True} if offset else {}) | ({"header_style": style} if style else {})
    return Call("select", {"family": family, "strategy": strategy, **optional, **params})


def picks(index: int) -> dict[str, Json]:
    """The expectation of `select`: the account at this index of `pool`, not moved."""
    return {"label": label(index), "index": index}


def limit(index: int, retry_after_ms: float, family: str = "claude", **params: Json) -> Call:
    """Mark the account at this index as rate limited."""
    return Call(
        "mark_rate_limited",
        {"label": label(index), "retry_after_ms": retry_after_ms, "family": family, **params},
    )


def limit_family(index: int, retry_after_ms: int, family: str) -> list[Call]:
    """Limit the account for every header style of the family, so that no release can use it for this family."""
    styles = [None] if family == "claude" else ["antigravity", "gemini-cli"]
    return [limit(index, retry_after_ms, family, **({"header_style": s} if s else {})) for s in styles]


def cool(index: int, cooldown_ms: float = 60_000, reason: str = "network-error") -> Call:
    """Start a cooldown of the account at this index."""
    return Call("mark_cooling_down", {"label": label(index), "cooldown_ms": cooldown_ms, "reason": reason})


def remove(index: int) -> Call:
    """Remove the account that has this index in the stored pool."""
    return Call("remove", {"label": label(index)})


def advance(ms: float) -> Call:
    """Move the clock."""
    return Call("advance", {"ms": ms})


def text(content: Json) -> dict[str, Json]:
    """A file with this content. A string is written unchanged, any other value as JSON."""
    return {"text": content if isinstance(content, str) else json.dumps(content)}


def raw(content: bytes) -> dict[str, Json]:
    """A file with these bytes."""
    return {"base64": base64.b64encode(content).decode("ascii")}


def load_config(environment: Mapping[str, str] | None = None, platform: str = "linux") -> Call:
    """Load the config of the folder `project` for the user whose home is the folder `home`."""
    return Call(
        "load_config",
        {
            "directory": f"{ROOT}/project",
            "home": f"{ROOT}/home",
            "environment": dict(environment or {}),
            "platform": platform,
        },
    )


def config(**keys: Json) -> dict[str, Json]:
    """The expectation of `load_config`: these keys. Other keys are not judged."""
    return {"config": keys}
