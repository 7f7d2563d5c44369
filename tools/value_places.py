"""The places of the wire that hold a value: parameters, fields of pool files and config files, variables, sessions.

`values_of` walks through a scenario and yields each value with the name of its place. `value_kinds` has the kinds.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.json_type import Json
from conformance.wire.calls import POOL_FILE, PROJECT_FILE, USER_FILE
from conformance.wire.scenario import Call, Scenario

Placed = tuple[str, Any]  # name of the place, value

OTHERS_ACCOUNTS = "account in a file that others wrote"
SETTINGS = ("health", "tokens")
COUNTED = {
    "open": "number of an open in its process",
    "select": "number of a selection since open",
    "mark_rate_limited_with_reason": "number of a failure since open",
}
TIMES_BY_KEY = ("rateLimitResetTimes", "cachedQuota")


@dataclass(frozen=True)
class Accounts:
    """All accounts of one pool."""

    entries: tuple[Json, ...]

    def texts(self, key: str) -> list[str]:
        """The strings at this key."""
        found = [entry.get(key) for entry in self.entries if isinstance(entry, dict)]
        return [text for text in found if isinstance(text, str)]


@dataclass(frozen=True)
class Change:
    """A pool file that others wrote, and the file before."""

    before: Mapping[str, Json]  # entries by token
    after: Mapping[str, Json]
    text: str

    def changed(self, key: str) -> bool:
        """Does an account that both files have differ in this key?"""
        return any(
            self.before[token].get(key) != self.after[token].get(key) for token in self.before.keys() & self.after
        )

    @property
    def reordered(self) -> bool:
        """Are the accounts that both files have in another order?"""
        both = self.before.keys() & self.after.keys()
        one, other = ([token for token in keys if token in both] for keys in (self.before, self.after))
        return one != other


@dataclass(frozen=True)
class Layers:
    """The members of the user's file and of the project's file, by path."""

    user: Mapping[str, Json]
    project: Mapping[str, Json]

    def overrides(self, value: Json) -> bool:
        """Does the project set a key to this value, and the user to another one?"""
        return any(
            type(given) is type(value) and given == value and path in self.user and self.user[path] != value
            for path, given in self.project.items()
        )


def values_of(scenario: Scenario) -> Iterator[Placed]:
    """Each value of a scenario, with its place."""
    yield "whole session", scenario
    before: Mapping[str, Json] = {}
    for name, content in scenario.files.items():
        yield from _file(name, content)
        if name == POOL_FILE:
            before = _by_token(_parsed(content))
    documents = {name: _parsed(content) for name, content in scenario.files.items()}
    users, projects = (_members(documents.get(name)) for name in (USER_FILE, PROJECT_FILE))
    if users and projects:
        yield "layers of config files", Layers(users, projects)
    counts: Counter[str] = Counter()
    for call in scenario.calls:
        if call.method == "open":
            counts = Counter(open=counts["open"])
        counts[call.method] += 1
        if (place := COUNTED.get(call.method)) is not None:
            yield place, counts[call.method]
        for name, content in call.files.items():
            if name == POOL_FILE:
                text = content.get("text", "")
                after = _by_token(_parsed(content))
                yield "pool file that others wrote", Change(before, after, text)
                yield from _accounts(_parsed(content))
                before = after
            else:
                yield from _file(name, content)
        yield from _call(call)


def _call(call: Call) -> Iterator[Placed]:
    yield "call", call
    for name, value in call.params.items():
        if name == "pool":
            yield from _pool(value)
        elif name == "environment":
            for variable, text in value.items():
                yield "name of a variable", variable
                yield f"variable {variable}" if variable in FOLDERS else "value of a variable", text
        elif name in SETTINGS and value is not None:
            yield from ((f"setting of {name}", setting) for setting in value.values())
        else:
            yield name if (call.method, name) != ("mark_cooling_down", "reason") else "reason of a cooldown", value


FOLDERS = ("XDG_CONFIG_HOME", "APPDATA", "OPENCODE_CONFIG_DIR")


def _file(name: str, content: Mapping[str, Json]) -> Iterator[Placed]:
    if name == POOL_FILE:
        yield "text of a pool file", content.get("text", "")
        yield from _pool(_parsed(content))
        return
    yield "place of a config file", name
    document = _parsed(content)
    yield "text of a config file", content
    for path, value in _members(document).items():
        yield "key in a config file", path
        yield "value in a config file", value


def _pool(document: Json) -> Iterator[Placed]:
    if not isinstance(document, dict):
        return
    yield "version of a pool", document.get("version")
    yield "activeIndex", document.get("activeIndex")
    families = document.get("activeIndexByFamily")
    if isinstance(families, dict):
        yield from (("activeIndexByFamily", index) for index in families.values())
    yield from _accounts(document)


def _accounts(document: Json) -> Iterator[Placed]:
    entries = document.get("accounts") if isinstance(document, dict) else None
    yield "accounts of a pool", Accounts(tuple(entries) if isinstance(entries, list) else ())
    for entry in entries if isinstance(entries, list) else []:
        yield "account", entry
        for key, value in entry.items() if isinstance(entry, dict) else ():
            if key in TIMES_BY_KEY and isinstance(value, dict):
                for name, item in value.items():
                    yield f"key in {key}", name
                    if key == "rateLimitResetTimes":
                        yield "time in rateLimitResetTimes", item
                    elif isinstance(item, dict):
                        yield from item.items()
            else:
                yield key, value


def _parsed(content: Mapping[str, Json]) -> Json:
    text = content.get("text")
    if text is None and "base64" in content:
        text = base64.b64decode(content["base64"]).decode("utf-8", "replace")
    try:
        return json.loads(text) if text is not None else None
    except (ValueError, RecursionError):
        return None


def _by_token(document: Json) -> dict[str, Json]:
    entries = document.get("accounts") if isinstance(document, dict) else None
    listed = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return {entry["refreshToken"]: entry for entry in listed if isinstance(entry.get("refreshToken"), str)}


def _members(document: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, dict):
            found |= {f"{key}.{name}": item for name, item in value.items()}
        else:
            found[key] = value
    return found
