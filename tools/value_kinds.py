"""The kinds of value in every place of the wire, each with a predicate. `value_coverage` counts them.

A kind belongs here if a port could get it wrong while it handles the other kinds correctly.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter, methodcaller

from conformance.wire.calls import NOW_MS, PROJECT_FILE, USER_FILE
from conformance.wire.scenario import ROOT, Scenario
from reference_impl.config.environment import PREFIX
from tools.value_places import values_of
from tools.value_predicates import (
    BASE_QUOTAS,
    DURATIONS,
    FOLDER,
    FOLDER_OF_A_VARIABLE,
    INDICES,
    KEY_PATHS,
    LABELLED,
    LOWER,
    LOWER_PATHS,
    MONTH_MS,
    NAMES,
    REASONS,
    SETTINGS,
    TIMES,
    UNKNOWN_LABELS,
    VARIABLE_NAMES,
    YEAR_2038_MS,
    Kinds,
    _parses,
    alike,
    before_open,
    has_two,
    has_zone,
    is_,
    no_number,
    number,
    opens,
    prefixed,
    text,
    unknown_label,
)

KEYS_OF_ACCOUNTS = (
    "rateLimitResetTimes", "coolingDownUntil", "cooldownReason", "lastUsed", "addedAt", "email", "enabled",
    "verificationRequired", "cachedQuota", "cachedQuotaUpdatedAt", "projectId", "managedProjectId", "fingerprint",
    "mine",
)  # fmt: skip

KINDS: Mapping[str, Kinds] = {
    "whole session": {
        "two pools in one process": lambda s: opens(s) > 1,
        "several families": lambda s: has_two(s, "family"),
        "several strategies": lambda s: has_two(s, "strategy"),
        "several clocks at the start": lambda s: has_two(s, "now_ms"),
        "unknown label, then the state": unknown_label,
        "call without a pool": before_open,
        "close": lambda s: any(call.method == "close" for call in s.calls),
        "save without a folder": lambda s: not s.files and any(call.method == "save" for call in s.calls),
        "save over a changed file": lambda s: any(call.files for call in s.calls),
        "config loaded again after a change": lambda s: any(
            call.method == "load_config" and call.files for call in s.calls
        ),
    },
    "number of an open in its process": {
        "past 8 bits": number(lambda count: count > 256),
        "a thousand": number(lambda count: count >= 1000),
    },
    "number of a selection since open": {
        "past 8 bits": number(lambda count: count > 256),
        "past 16 bits": number(lambda count: count > 65_536),
    },
    "number of a failure since open": {"past 8 bits": number(lambda count: count > 256)},
    "session": {"0": is_(0), "another": number(lambda number_: number_ > 0)},
    "status": {
        "429": is_(429),
        "a fault of the server": number(lambda status: status >= 500),
        "another": number(lambda status: status not in (429,) and status < 500),
    },
    "message": {
        "empty": is_(""),
        "words": text(lambda message: " " in message),
        "upper case": text(str.isupper),
    },
    "now_ms": {
        "the usual time": is_(NOW_MS),
        "another time of day": number(lambda ms: ms != NOW_MS and ms % 86_400_000 != NOW_MS % 86_400_000),
        "another date": number(lambda ms: ms // 86_400_000 != NOW_MS // 86_400_000),
        "0": is_(0),
        "below 31 bits": number(lambda ms: 0 < ms < 2**31),
        "past 2038": number(lambda ms: ms > YEAR_2038_MS),
        "a fraction": number(lambda ms: ms != int(ms)),
    },
    "pid": {
        "0": is_(0),
        "1": is_(1),
        "up to 32,768": number(lambda pid: 1 < pid <= 2**15),
        "past 16 bits": number(lambda pid: 2**16 <= pid < 2**31 - 1),
        "past 31 bits": number(lambda pid: pid >= 2**31),
    },
    "random": {
        "one number": lambda draws: len(draws) == 1,
        "several": lambda draws: len(draws) > 1,
        "0": lambda draws: 0 in draws,
        "nearly 1": lambda draws: max(draws) > 0.99,
    },
    "setting of health": SETTINGS,
    "setting of tokens": SETTINGS,
    "family": {"claude": is_("claude"), "gemini": is_("gemini")},
    "strategy": {word: is_(word) for word in ("sticky", "round-robin", "hybrid")},
    "header_style": {"antigravity": is_("antigravity"), "gemini-cli": is_("gemini-cli")},
    "pid_offset_enabled": {"true": is_(True)},
    "model": {
        **NAMES,
        "a tier as suffix": text(lambda word: word.endswith(("-high", "-low", "-medium"))),
        "-preview as suffix": text(lambda word: "-preview" in word),
        "antigravity- as prefix": text(lambda word: word.startswith("antigravity-")),
        "flash": text(lambda word: "flash" in word.lower()),
        "claude": text(lambda word: "claude" in word.lower()),
        "both words": text(lambda word: {"flash", "claude"} <= set(word.lower().split("-"))),
    },
    "label": {
        "known": text(lambda word: word in LABELLED),
        "another case": text(lambda word: word not in LABELLED and word.lower() in LOWER),
        "a space": NAMES["a space"],
        "a colon": NAMES["a colon"],
        "not ASCII": text(lambda word: not word.isascii()),
        "unknown": text(lambda word: word in UNKNOWN_LABELS),
        "empty": is_(""),
    },
    "soft_quota_threshold_percent": {**SETTINGS, "100": is_(100), "above 100": number(lambda percent: percent > 100)},
    "soft_quota_cache_ttl_ms": DURATIONS,
    "retry_after_ms": DURATIONS,
    "cooldown_ms": DURATIONS,
    "failure_ttl_ms": DURATIONS,
    "ms": {**{name: DURATIONS[name] for name in list(DURATIONS)[:-1]}, "months": number(lambda ms: abs(ms) > MONTH_MS)},
    "reason": {
        **{word: is_(word) for word in REASONS},
        "another case": text(lambda word: word not in REASONS and word.upper() in REASONS),
        "unknown": text(lambda word: word.upper() not in REASONS),
        "empty": is_(""),
    },
    "reason of a cooldown": {word: is_(word) for word in ("auth-failure", "network-error", "project-error", "")},
    "outcome": {word: is_(word) for word in ("success", "rate_limit", "failure")},
    "amount": {
        "1": is_(1),
        "a fraction": SETTINGS["a fraction"],
        "0": is_(0),
        "negative": SETTINGS["negative"],
        "above 50": number(lambda amount: amount > 50),
    },
    "enabled": {"true": is_(True), "false": is_(False), "null": is_(None), "0": is_(0), "empty": is_("")},
    "verificationRequired": {
        "true": is_(True),
        "false": is_(False),
        "null": is_(None),
        "another": lambda value: value is not None and not isinstance(value, bool),
    },
    "strict": {"true": is_(True), "false": is_(False)},
    "accounts of a pool": {
        "none": lambda pool: not pool.entries,
        "one": lambda pool: len(pool.entries) == 1,
        "more than 8": lambda pool: len(pool.entries) > 8,
        "the same token twice": lambda pool: len(set(pool.texts("refreshToken"))) < len(pool.texts("refreshToken")),
        "tokens that differ in case": lambda pool: alike(pool, "refreshToken", str.lower),
        "tokens that differ in spaces": lambda pool: alike(pool, "refreshToken", str.strip),
        "a token that is a prefix of another": lambda pool: prefixed(pool, "refreshToken"),
        "the same email twice": lambda pool: len(set(pool.texts("email"))) < len(pool.texts("email")),
        "emails that differ in case": lambda pool: alike(pool, "email", str.lower),
        "emails that differ in spaces": lambda pool: alike(pool, "email", str.strip),
        "emails that differ in dots": lambda pool: alike(pool, "email", lambda word: word.replace(".", "")),
        "emails that differ in a suffix": lambda pool: alike(pool, "email", lambda word: re.sub(r"\+\w+@", "@", word)),
    },
    "account": {
        "not an object": lambda entry: not isinstance(entry, dict),
        "no token": lambda entry: isinstance(entry, dict) and "refreshToken" not in entry,
        "unknown fields": lambda entry: isinstance(entry, dict) and "mine" in entry,
        "projectId": lambda entry: isinstance(entry, dict) and "projectId" in entry,
        "managedProjectId": lambda entry: isinstance(entry, dict) and "managedProjectId" in entry,
        "fingerprint": lambda entry: isinstance(entry, dict) and "fingerprint" in entry,
    },
    "refreshToken": {
        "a string": text(lambda word: word != ""),
        "empty": is_(""),
        "null": is_(None),
        "not a string": lambda value: value is not None and not isinstance(value, str),
    },
    "email": {
        "a string": text(lambda word: word != ""),
        "empty": is_(""),
        "not a string": lambda value: not isinstance(value, str),
    },
    "addedAt": TIMES,
    "lastUsed": TIMES,
    "coolingDownUntil": TIMES,
    "time in rateLimitResetTimes": TIMES,
    "cachedQuotaUpdatedAt": {
        **TIMES,
        "at the end of the usual TTL": number(lambda ms: NOW_MS - ms in (600_000, 600_001)),
        "in the future": number(lambda ms: NOW_MS < ms < math.inf),
    },
    "key in rateLimitResetTimes": {
        **{word: is_(word) for word in BASE_QUOTAS},
        "with a model": text(lambda word: word.partition(":")[0] in BASE_QUOTAS and ":" in word),
        "another case": text(lambda word: word.lower() != word),
        "a space": NAMES["a space"],
        "a prefix only": text(lambda word: word in ("gemini", "gemini-", "claude:")),
    },
    "key in cachedQuota": {
        **{word: is_(word) for word in ("claude", "gemini-pro", "gemini-flash")},
        "another case": text(lambda word: word.lower() != word),
        "unknown": text(lambda word: word.lower() not in ("claude", "gemini-pro", "gemini-flash")),
    },
    "remainingFraction": {
        "0": is_(0),
        "1": is_(1),
        "between": number(lambda left: 0 < left < 1),
        "negative": number(lambda left: left < 0),
        "above 1": number(lambda left: left > 1),
        "beyond binary64": number(math.isinf),
        "not a number": no_number,
        "null": is_(None),
    },
    "resetTime": {
        "UTC": text(lambda moment: has_zone(moment) is True and moment.endswith("Z")),
        "another time zone": text(lambda moment: has_zone(moment) is True and not moment.endswith("Z")),
        "no time zone": text(lambda moment: has_zone(moment) is False and len(moment) > 10),
        "only a date": text(lambda moment: has_zone(moment) is False and len(moment) == 10),
        "past 2038": text(lambda moment: has_zone(moment) is not None and moment[:4] > "2038"),
        "not a time": text(lambda moment: has_zone(moment) is None),
        "not a string": lambda value: not isinstance(value, str),
    },
    "cooldownReason": {"a word": text(lambda word: word != ""), "empty": is_(""), "not a string": no_number},
    "version of a pool": {
        **{str(version): is_(version) for version in (1, 2, 3, 4)},
        "from the future": number(lambda version: version > 4),
        "not a number": no_number,
        "missing": is_(None),
    },
    "activeIndex": INDICES,
    "activeIndexByFamily": INDICES,
    "text of a pool file": {
        "JSON": text(_parses),
        "not JSON": text(lambda content: not _parses(content)),
        "a number beyond binary64": text(lambda content: "1e999" in content),
    },
    "pool file that others wrote": {
        **{
            f"{key} changed": methodcaller("changed", key)
            for key in KEYS_OF_ACCOUNTS
        },
        "account added": lambda change: bool(change.after.keys() - change.before),
        "account removed": lambda change: bool(change.before.keys() - change.after),
        "all accounts gone": lambda change: bool(change.before) and not change.after,
        "order changed": attrgetter("reordered"),
        "not JSON": lambda change: not _parses(change.text),
        "version 1 or 2": lambda change: '"version": 1' in change.text or '"version": 2' in change.text,
        "version from the future": lambda change: '"version": 5' in change.text,
        "a number beyond binary64": lambda change: "1e999" in change.text,
    },
    "directory": {
        **FOLDER,
        "the home folder": text(lambda path: path.rstrip("/") == f"{ROOT}/home"),
        "no such folder": text(lambda path: path.endswith("sub")),
    },
    "home": FOLDER,
    "platform": {word: is_(word) for word in ("linux", "darwin", "win32")},
    "name of a variable": {
        "of the plugin": text(lambda name: name in VARIABLE_NAMES),
        "another case": text(lambda name: name not in VARIABLE_NAMES and name.upper() in VARIABLE_NAMES),
        "without the prefix": text(lambda name: PREFIX + name in VARIABLE_NAMES),
    },
    "value of a variable": {
        **NAMES,
        "spaces around": text(lambda word: word != "" and word.strip() != word),
        "0": is_("0"),
        "false": is_("false"),
        "a number beyond binary64": text(lambda word: word in ("1e400", "Infinity", "-Infinity")),
    },
    **{f"variable {name}": FOLDER_OF_A_VARIABLE for name in ("XDG_CONFIG_HOME", "OPENCODE_CONFIG_DIR")},
    "variable APPDATA": {name: FOLDER_OF_A_VARIABLE[name] for name in ("absolute", "a slash at the end", "empty")},
    "place of a config file": {
        "the user's": is_(USER_FILE),
        "the project's": is_(PROJECT_FILE),
        "of a project that is the home folder": is_("home/.opencode/antigravity.json"),
        "where ~ of a variable would lead": is_("home/xdg/opencode/antigravity.json"),
        "another": text(lambda name: name.startswith(("xdg", "appdata", "own"))),
    },
    "text of a config file": {
        "JSON": lambda content: _parses(content.get("text", "")),
        "not JSON": lambda content: not _parses(content.get("text", "")),
        "not UTF-8 or with a BOM": lambda content: "base64" in content,
        "a folder or link": lambda content: "folder" in content or "link" in content,
    },
    "key in a config file": {
        "known": text(lambda path: path in KEY_PATHS),
        "another case": text(lambda path: path not in KEY_PATHS and path.lower() in LOWER_PATHS),
        "unknown": text(lambda path: path.lower() not in LOWER_PATHS),
        "__proto__": text(lambda path: "__proto__" in path),
    },
    "value in a config file": {
        "true": is_(True),
        "false": is_(False),
        "null": is_(None),
        "0": is_(0),
        "empty": is_(""),
        "negative": number(lambda value: value < 0),
        "a fraction": number(lambda value: math.isfinite(value) and value != int(value)),
        "past 32 bits": number(lambda value: 2**32 < value < math.inf),
        "beyond binary64": number(math.isinf),
        "a list": lambda value: isinstance(value, list),
        "an object": lambda value: isinstance(value, dict),
        "a text": text(lambda word: word != ""),
    },
    "layers of config files": {
        "false of the project over another value": lambda layers: layers.overrides(False),
        "0 of the project over another value": lambda layers: layers.overrides(0),
        "an empty text of the project over another value": lambda layers: layers.overrides(""),
        "null of the project over a value": lambda layers: layers.overrides(None),
    },
}  # fmt: skip


def kinds_in(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """The place and the kind of each value in a scenario."""
    for place, value in values_of(scenario):
        for kind, holds in KINDS.get(place, {}).items():
            if holds(value):
                yield place, kind


def count_kinds(scenarios: Iterator[Scenario]) -> Counter[tuple[str, str]]:
    """How many values of each kind the scenarios have."""
    counts: Counter[tuple[str, str]] = Counter()
    for scenario in scenarios:
        counts.update(kinds_in(scenario))
    return counts
