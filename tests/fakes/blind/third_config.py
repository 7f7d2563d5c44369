"""A third round of faults: config keys, numbers, texts, variables and paths."""

import os
from collections.abc import Mapping
from posixpath import normpath
from typing import Any

from conformance.json_type import Json
from reference_impl import stateless
from reference_impl.config import keys as reference_keys
from reference_impl.config import loader, paths
from reference_impl.config.environment import PREFIX
from reference_impl.config.keys import Key, Range, Text
from tests.fakes.blind.calls import USER_PATH, config, project_file, user_file
from tests.fakes.blind.ports import Original, Section

section = Section("config-keys")
environment = Section("environment")
places = Section("paths")


def groups(keys: tuple[Key, ...]) -> set[str]:
    return {key.path.partition(".")[0] for key in keys if "." in key.path}


def each_key(document: Json, change: Any) -> Json:
    """The document with the keys of its top level and of its groups changed."""
    if not isinstance(document, dict):
        return document
    return {
        change(name): {change(inner): item for inner, item in value.items()} if isinstance(value, dict) else value
        for name, value in document.items()
    }


@section.patch(reference_keys, "check", config(), files=user_file({"health_score.initial": 80}))
def dots_lead_into_groups(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Reads a key such as `health_score.initial` as that of the group."""
    found = original(document, keys)
    for key in keys:
        if "." in key.path and isinstance(document, dict) and key.path in document:
            if key.kind.problem(document[key.path]):
                raise reference_keys.NotValid(key.path)
            found.setdefault(key.path, document[key.path])
    return found


@section.patch(reference_keys, "check", config(), files=user_file({"signature_cache": {"memoryTtlSeconds": 60}}))
def camel_case_in_groups(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Accepts keys of groups in camel case, as another part of the program writes them."""

    def snake(name: str) -> str:
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)

    if isinstance(document, dict):
        document = {
            name: {snake(inner): item for inner, item in value.items()}
            if name in groups(keys) and isinstance(value, dict)
            else value
            for name, value in document.items()
        }
    return original(document, keys)


@section.patch(reference_keys, "check", config(), files=user_file({" debug": True}))
def keys_are_trimmed(original: Original, document: Json, keys: tuple[Key, ...]) -> Any:
    """Ignores white space around the name of a key."""
    return original(each_key(document, str.strip), keys)


@section.patch(
    loader, "load_config", config(), files=user_file({"session_recovery": False, "auto_resume": True})
)  # fmt: skip
def resumes_only_what_recovers(original: Original, *args: Any) -> Any:
    """Switches `auto_resume` off if `session_recovery` is off."""
    loaded = original(*args)
    if not loaded.config["session_recovery"]:
        loaded.config["auto_resume"] = False
    return loaded


@section.patch(Range, "problem", config(), files=user_file({"soft_quota_cache_ttl_minutes": "15", "debug": True}))
def times_as_text(original: Original, self: Range, value: Json) -> str | None:
    """Accepts a text with a whole number for a key that also has a word."""
    if self.words and isinstance(value, str) and value.isdecimal():
        value = int(value)
    problem: str | None = original(self, value)
    return problem


@section.patch(
    loader, "load_config", config(), files=user_file({"token_bucket": {"regeneration_rate_per_minute": 0.12345}})
)
def three_digits(original: Original, *args: Any) -> Any:
    """Keeps three decimals of each number."""
    loaded = original(*args)
    for part in (loaded.config, *(each for each in loaded.config.values() if isinstance(each, dict))):
        for name, value in part.items():
            part[name] = round(value, 3) if isinstance(value, float) else value
    return loaded


@section.patch(loader, "load_config", config(), files=user_file({"token_bucket": {"max_tokens": 10}}))
def no_more_tokens_than_fit(original: Original, *args: Any) -> Any:
    """Lowers `initial_tokens` to `max_tokens`."""
    loaded = original(*args)
    bucket = loaded.config["token_bucket"]
    bucket["initial_tokens"] = min(bucket["initial_tokens"], bucket["max_tokens"])
    return loaded


@section.patch(Text, "problem", config(), files=user_file({"log_dir": "x" * 5000, "debug": True}))
def texts_have_an_end(original: Original, self: Text, value: Json) -> str | None:
    """Accepts texts of at most 4096 characters, as long as a path may be."""
    return "too long" if isinstance(value, str) and len(value) > 4096 else original(self, value)


@environment.patch(loader, "load_config", config({PREFIX + "DEBUG_TUI": "1"}))
def panel_needs_debug(original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any) -> Any:
    """Switches `debug` on too if the variable DEBUG_TUI switches the log panel on."""
    loaded = original(directory, home, variables, *args)
    if variables.get(PREFIX + "DEBUG_TUI") in ("1", "true"):
        loaded.config["debug"] = True
    return loaded


@environment.patch(loader, "load_config", config({PREFIX + "LOG_DIR": "logs"}))
def folder_means_debug(original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any) -> Any:
    """Switches `debug` on if only the variable LOG_DIR is set."""
    loaded = original(directory, home, variables, *args)
    if variables.get(PREFIX + "LOG_DIR") and PREFIX + "DEBUG" not in variables:
        loaded.config["debug"] = True
    return loaded


@environment.patch(
    loader,
    "load_config",
    config({PREFIX + "RESUME_TEXT": "go", PREFIX + "AUTO_RESUME": "0"}),
)
def text_needs_resuming(original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any) -> Any:
    """Ignores the variable RESUME_TEXT if AUTO_RESUME switches resuming off."""
    if variables.get(PREFIX + "AUTO_RESUME") in ("0", "false"):
        variables = {name: value for name, value in variables.items() if name != PREFIX + "RESUME_TEXT"}
    return original(directory, home, variables, *args)


@environment.patch(
    loader,
    "load_config",
    config({PREFIX + "QUIET": "1", PREFIX + "DEBUG": "1"}),
)
def quiet_wins(original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any) -> Any:
    """Ignores the variable DEBUG if QUIET is on."""
    if variables.get(PREFIX + "QUIET") in ("1", "true"):
        variables = {name: value for name, value in variables.items() if name != PREFIX + "DEBUG"}
    return original(directory, home, variables, *args)


@places.patch(
    loader,
    "load_config",
    config({"XDG_CONFIG_HOME": "{root}/xdg"}),
    files={**user_file({"debug": True}), "xdg/opencode/antigravity.json": {"text": "{"}},
)
def home_replaces_a_broken_file(
    original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any
) -> Any:
    """Reads the user file in the home folder if that in XDG_CONFIG_HOME is ignored."""
    loaded = original(directory, home, variables, *args)
    user = loaded.files[0]
    if variables.get("XDG_CONFIG_HOME") and user.ignored and os.path.exists(user.path):
        return original(directory, home, {**variables, "XDG_CONFIG_HOME": ""}, *args)
    return loaded


@places.patch(
    paths,
    "user_file",
    config({"XDG_CONFIG_HOME": "{root}/xdg"}),
    files={"xdg/antigravity.json": {"text": '{"debug": true}'}},
)
def also_without_the_folder(original: Original, home: str, variables: Mapping[str, str], *args: Any) -> str:
    """Reads the user file directly in XDG_CONFIG_HOME if it has no folder `opencode`."""
    path = str(original(home, variables, *args))
    direct = f"{variables.get('XDG_CONFIG_HOME')}/{paths.FILE_NAME}"
    return direct if not os.path.exists(path) and os.path.exists(direct) else path


@places.patch(paths, "project_file", config(directory="{root}/project/.opencode"), files=project_file({"debug": True}))
def folder_of_the_file(original: Original, directory: str) -> str:
    """Reads the file in the given folder itself if that is called `.opencode`."""
    if normpath(directory).endswith(f"/{paths.PROJECT_FOLDER}"):
        return normpath(f"{directory}/{paths.FILE_NAME}")
    return str(original(directory))


@places.patch(
    loader,
    "load_config",
    config({"OPENCODE_CONFIG_DIR": "~/own"}),
    files={"home/own/antigravity.json": {"text": '{"debug": true}'}},
)
def tilde_is_home(original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any) -> Any:
    """Replaces `~` at the start of OPENCODE_CONFIG_DIR by the home folder."""
    own = variables.get("OPENCODE_CONFIG_DIR", "")
    if own.startswith("~/"):
        variables = {**variables, "OPENCODE_CONFIG_DIR": home + own[1:]}
    return original(directory, home, variables, *args)


@places.patch(
    loader,
    "load_config",
    config({"OPENCODE_CONFIG_DIR": "{root}/own"}),
    files=project_file({"debug": True}),
)
def own_folder_replaces_the_project(
    original: Original, directory: str, home: str, variables: Mapping[str, str], *args: Any
) -> Any:
    """Reads no project file if OPENCODE_CONFIG_DIR is set."""
    only = variables.get("OPENCODE_CONFIG_DIR")
    return original(f"{directory}/no-project" if only else directory, home, variables, *args)


@places.patch(
    stateless,
    "read_file",
    config(),
    files={USER_PATH: {"link": "other.json"}, USER_PATH.replace("antigravity", "other"): {"text": '{"debug": true}'}},
)
def only_files_of_this_name(original: Original, path: str) -> bytes | None:
    """Follows no link to a file with another name."""
    content: bytes | None = original(path)
    return content if os.path.basename(os.path.realpath(path)) == os.path.basename(path) else None
