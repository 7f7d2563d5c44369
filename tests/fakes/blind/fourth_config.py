"""A fourth round of faults: config, pool files and messages of errors."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import reasons, stateless, storage
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import environment as reference_environment
from reference_impl.config import json_text, loader, paths
from reference_impl.config import keys as reference_keys
from reference_impl.config.environment import PREFIX
from reference_impl.config.keys import Key
from tests.fakes.blind.calls import (
    USER_PATH,
    account,
    call,
    config,
    opened_home,
    pool,
    pool_file,
    project_file,
    rotate,
    select,
    user_file,
)
from tests.fakes.blind.ports import Original, Section

section = Section("config-keys")
layers = Section("layers")
environment = Section("environment")
places = Section("paths")
stored = Section("pool-file")
errors = Section("errors")
place = Section("place")


def renamed(document: Json, change: Any) -> Json:
    """The document with the keys of its top level and of its groups changed; a key in its own spelling wins."""
    if not isinstance(document, dict):
        return document
    inside = {name: renamed(value, change) if isinstance(value, dict) else value for name, value in document.items()}
    return {**{change(name): value for name, value in inside.items()}, **inside}


@section.patch(reference_keys, "check", config(), files=user_file({"quiet-mode": True}))
def dashes_are_underscores(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Accepts keys with dashes, as other tools of the team write them."""
    return original(renamed(document, lambda name: name.replace("-", "_")), keys)


@section.patch(reference_keys, "check", config(), files=user_file({"PID_OFFSET_ENABLED": True}))
def upper_case_keys(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Accepts keys in upper case, as the variables have them."""
    return original(renamed(document, lambda name: name.lower() if name.isupper() else name), keys)


@section.patch(reference_keys, "check", config(), files=user_file({"antigravity": {"debug": True}}))
def group_of_the_plugin(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Reads the object under `antigravity` too, as other tools keep the settings of several plugins in one file."""
    inner = document.get("antigravity") if isinstance(document, dict) else None
    return original({**inner, **document} if isinstance(inner, dict) else document, keys)


@section.patch(reference_keys, "check", config(), files=user_file({"max_tokens": 9}))
def group_keys_at_the_top(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Finds a key of a group also at the top level."""
    found = original(document, keys)
    for key in keys:
        name = key.path.rpartition(".")[2]
        if name != key.path and name in document and name != "enabled" and not key.kind.problem(document[name]):
            found.setdefault(key.path, document[name])
    return found


@section.patch(reference_keys, "check", config(), files=user_file({"debug": True, "debug ": False}))
def trailing_spaces_of_keys(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Removes white space behind the name of a key, so that a mistyped key overrides the right one."""
    if isinstance(document, dict):
        document = {name.rstrip(): value for name, value in document.items()}
    return original(document, keys)


@layers.port(config(), config(home="{root}/other"), files=user_file({"debug": True}))
class UserFileOfTheFirstHome(ReferenceAdapter):
    """Reads the user file once, although the next load names another home folder."""

    def load_config(self, directory: str, home: str, *args: Any, **params: Any) -> Json:
        self.first = getattr(self, "first", home)
        return super().load_config(directory, self.first, *args, **params)


@layers.patch(json_text, "decode", config(), files={USER_PATH: {"base64": "//57ACIAZABlAGIAdQBnACIAOgB0AHIAdQBlAH0A"}})
def utf_16_is_read(original: Original, content: bytes) -> str:
    """Decodes a file with the byte order mark of UTF-16, as editors on Windows write it."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    return str(original(content))


@layers.patch(
    loader,
    "load_config",
    config(),
    files={**user_file({"token_bucket": {"max_tokens": 9}}), **project_file({"token_bucket": {"max_tokens": "9"}})},
)
def broken_project_voids_the_user_file(original: Original, directory: str, home: str, *args: Any) -> Any:
    """Reads both files in one `try`, so that an invalid project file with a group also voids the user file."""
    loaded = original(directory, home, *args)
    project = loaded.files[1]
    if project.ignored and project.ignored.startswith("not valid") and "." in project.ignored.split(":")[1]:
        return original(directory, f"{home}/none", *args)
    return loaded


@environment.patch(
    loader,
    "load_config",
    config({PREFIX + "ACCOUNT_SELECTION_STRATEGY": "fastest"}),
    files=project_file({"account_selection_strategy": "round-robin"}),
)
def unknown_strategy_keeps_that_of_the_project(
    original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any
) -> Any:
    """Ignores an unknown strategy in the variable if a file names a valid one."""
    name = PREFIX + "ACCOUNT_SELECTION_STRATEGY"
    without = original(directory, home, {key: text for key, text in variables.items() if key != name}, *args)
    loaded = original(directory, home, variables, *args)
    text = variables.get(name)
    if (
        text
        and text not in reference_environment.STRATEGIES
        and "file" in without.origins["account_selection_strategy"]
    ):
        return without
    return loaded


@environment.patch(
    loader, "load_config", config({PREFIX + "SESSION_RECOVERY": "0"}), files=project_file({"session_recovery": True})
)
def project_switches_stay_on(
    original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any
) -> Any:
    """Switches nothing off by a variable that the project file has switched on."""
    loaded = original(directory, home, variables, *args)
    without = original(directory, home, {}, *args)
    for path in ("session_recovery", "auto_update"):
        if without.origins[path] == loader.PROJECT_FILE and without.config[path] is True:
            loaded.config[path] = True
    return loaded


@environment.patch(
    reference_environment, "set_by_variables", config({"opencode_antigravity_debug": "1"}, platform="win32")
)
def names_of_windows_ignore_case(original: Original, variables: Mapping[str, str], *args: Any) -> Any:
    """Reads variables in any case, as Windows does."""
    upper = {name.upper(): text for name, text in variables.items()}
    return original({**upper, **variables}, *args)


@places.patch(
    paths,
    "project_file",
    config(directory="{root}\\project"),
    files={"project/.opencode/antigravity.json": {"text": '{"debug": true}'}},
)
def backslashes_are_slashes(original: Original, directory: str) -> str:
    """Reads backslashes in the project folder as slashes on every platform."""
    return str(original(directory.replace("\\", "/")))


@stored.patch(
    storage,
    "newest_by_email",
    opened_home(),
    select(),
    rotate(),
    files=pool_file(
        pool(
            account("old", email="e", lastUsed=1, rateLimitResetTimes={"claude": 1000}),
            account("new", email="e", lastUsed=2),
            "b",
        )
    ),
)
def duplicates_share_their_limits(original: Original, accounts: list[Any], *args: Any) -> Any:
    """Merges the rate limits of a dropped duplicate into the account that is kept."""
    limits: dict[Any, dict[str, Json]] = {}
    for entry in accounts:
        times = entry.get("rateLimitResetTimes")
        if isinstance(entry.get("email"), str) and entry["email"] and isinstance(times, dict):
            limits[entry["email"]] = {**limits.get(entry["email"], {}), **times}
    kept = original(accounts, *args)
    return [
        {**entry, "rateLimitResetTimes": limits[entry["email"]]} if str(entry.get("email")) in limits else entry
        for entry in kept
    ]


@stored.patch(
    storage,
    "parse_pool_file",
    opened_home(),
    select(),
    files=pool_file(pool({"refreshToken": ""}, "b", "c", active=1, version=1)),
)
def index_of_an_old_file_does_not_follow(original: Original, content: bytes | None, *args: Any) -> Any:
    """Returns a file of version 1 or 2 after its migration, before the index is moved past skipped entries."""
    parsed, document = original(content, *args), storage.parse(content)
    if isinstance(parsed, dict) and isinstance(document, dict) and document.get("version") in (1, 2):
        parsed["activeIndex"] = storage._clamped(document.get("activeIndex"), len(parsed["accounts"]))
    return parsed


@errors.patch(
    reasons,
    "read_reason",
    call("read_reason", message="Request failed.\nYou have exceeded your quota."),
)
def first_line_of_the_message(original: Original, reason: Any, message: Any, *args: Any) -> str:
    """Looks only at the first line of a message."""
    return str(original(reason, message.partition("\n")[0] if message else message, *args))


@errors.patch(
    reasons,
    "read_reason",
    call("read_reason", reason="SOMETHING_NEW", message="quota exceeded"),
)
def unknown_name_ends_the_search(original: Original, reason: Any, message: Any, *args: Any) -> str:
    """Does not look at the message of an error that names a reason, known or not."""
    return str(original(reason, None if reason else message, *args))


@errors.patch(reasons, "read_reason", call("read_reason", reason="quota_exhausted", message="overloaded", status=429))
def named_reason_in_lower_case_is_weaker(original: Original, reason: Any, message: Any, *args: Any) -> str:
    """Prefers the message to a named reason that is not in upper case."""
    if reason and reason != reason.upper():
        found = original(None, message, *args)
        return str(original(reason, message, *args) if found == "UNKNOWN" else found)
    return str(original(reason, message, *args))


@place.patch(
    stateless,
    "pool_place",
    call(
        "pool_path",
        home="{root}/home",
        environment={"OPENCODE_CONFIG_DIR": "{root}/own", "APPDATA": "{root}/data"},
        platform="win32",
    ),
    files={
        "own/antigravity-accounts.json": {"text": ""},
        "data/opencode/antigravity-accounts.json": {"text": "{}"},
        "home/.config/opencode/antigravity-accounts.json": {"text": "{}"},
    },
)
def file_of_the_default_folder_first(original: Original, home: str, *args: Any) -> Any:
    """Keeps the pool file in the default folder if there is one, although OPENCODE_CONFIG_DIR names another."""
    found = original(home, *args)
    default = f"{home}/.config/opencode/antigravity-accounts.json"
    return replace(found, path=default, old=None) if os.path.exists(default) else found
