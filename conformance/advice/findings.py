"""What is in force in a folder, and what has no effect and why: for `advise` and `config explain`."""

import codecs
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.json_type import Json
from reference_impl.config import json_text
from reference_impl.config.environment import PREFIX, VARIABLES, variables_of
from reference_impl.config.keys import KEYS, Key, keys_of
from reference_impl.config.loader import PROJECT_FILE, ConfigFile, LoadedConfig, ReadFile, load_config
from reference_impl.config.paths import OWN_FOLDER
from reference_impl.profiles import Profile

STRATEGY, OFFSET = "account_selection_strategy", "pid_offset_enabled"
MISSING = "no such file, or it cannot be read"
_TRAILING_COMMA = re.compile(r",\s*[}\]]")
_COMMENT = re.compile(r"(^|[\s,{\[])(//|/\*)")


@dataclass(frozen=True)
class Place:
    """Where and for whom a config is loaded."""

    directory: str
    home: str
    environment: Mapping[str, str]
    platform: str

    def load(self, read: ReadFile, profile: Profile) -> LoadedConfig:
        return load_config(self.directory, self.home, self.environment, self.platform, read, profile)


def findings(place: Place, read: ReadFile, profile: Profile) -> list[str]:
    """One sentence or two for each thing that has no effect."""
    loaded = place.load(read, profile)
    found = [text for file in loaded.files for text in _void_file(file, read)]
    found += [text for file in loaded.files if file.ignored is None for text in _dropped_keys(file, read, profile)]
    found += _reset_keys(place, loaded, read, profile)
    found += _unread_variables(place.environment, profile)
    return [*found, *_offset(loaded, profile)]


def _void_file(file: ConfigFile, read: ReadFile) -> Iterator[str]:
    if file.ignored is None:
        return
    content = read(file.path)
    if content is None:
        if why := unreadable(file.path):
            yield f"The {file.layer} {file.path} has no effect at all: it cannot be read ({why})."
        return
    text = json_text.decode(content)
    why = file.ignored
    if why.startswith("not JSON"):
        if not text.strip():
            why = "the file is empty; it needs at least {}"
        elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or "\0" in text:
            why = "not JSON: the file seems to be UTF-16; save it as UTF-8"
        elif _TRAILING_COMMA.search(text):
            why += "; the file has a trailing comma, which JSON does not allow"
        elif _COMMENT.search(text):
            why += "; the file has a comment, which JSON does not allow"
        elif text.startswith("\ufeff"):
            why += "; the file begins with a byte order mark; save it as UTF-8 without one"
    yield f"The {file.layer} {file.path} has no effect at all: {why}."


def unreadable(path: str) -> str:
    """Why a file that exists cannot be read; empty if there is no such file or it can be read."""
    if os.path.lexists(path):
        try:
            Path(path).read_bytes()
        except OSError as error:
            return error.strerror or "unknown reason"
    return ""


def _dropped_keys(file: ConfigFile, read: ReadFile, profile: Profile) -> Iterator[str]:
    """Keys that the release does not know. It drops them without a message."""
    document = json_text.parse(json_text.decode(read(file.path) or b"{}"))
    known = {key.path for key in keys_of(profile)}
    groups = {path.partition(".")[0] for path in known}
    for path in _paths(document):
        top = path.partition(".")[0]
        if path in known or (path in groups and "." not in path) or (top in known and path != top):
            continue
        rows = [key for key in KEYS if key.path == path or key.path.startswith(f"{path}.")]
        yield f"{path} in the {file.layer} has no effect: {_which_releases(rows, profile)}."


def _paths(document: Json) -> Iterator[str]:
    for name, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, dict) and any(key.path.startswith(f"{name}.") for key in KEYS):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield str(name)


def _which_releases(rows: Sequence[Key], profile: Profile) -> str:
    if not rows:
        return "no release has such a key"
    if last := rows[-1].until:
        return f"release {profile.name} does not have it, the last one with it is {last}"
    return f"release {profile.name} does not have it, the first one with it is {rows[-1].since}"


def _reset_keys(place: Place, loaded: LoadedConfig, read: ReadFile, profile: Profile) -> Iterator[str]:
    """Values that the project file replaces by defaults, although it does not name the keys."""
    project = next(file for file in loaded.files if file.layer == PROJECT_FILE)
    if project.ignored is not None:
        return
    alone = place.load(lambda path: None if path == project.path else read(path), profile)
    reset = [
        f"{path} ({json.dumps(_value(alone.config, path))} becomes {json.dumps(_value(loaded.config, path))})"
        for path, origin in loaded.origins.items()
        if origin.startswith(f"{PROJECT_FILE}: ") and _value(alone.config, path) != _value(loaded.config, path)
    ]
    if reset:
        yield (
            f"The project file changes keys that it does not name, because release {profile.name} fills in the "
            f"default of every key that a file leaves out: {', '.join(reset)}. Set them in the project file too."
        )


def _value(config: Json, path: str) -> Json:
    for name in path.split("."):
        config = config.get(name) if isinstance(config, dict) else None
    return config


def _unread_variables(environment: Mapping[str, str], profile: Profile) -> Iterator[str]:
    read = {PREFIX + variable.name for variable in variables_of(profile)}
    known = {PREFIX + variable.name for variable in VARIABLES}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name in known and environment[name] and name not in read:
            yield f"The variable {name} has no effect: the config of release {profile.name} does not read it."
    if environment.get(OWN_FOLDER) and not profile.is_in("1.4.5"):
        yield f"The variable {OWN_FOLDER} has no effect: release {profile.name} does not read it; 1.4.5 does."


def _offset(loaded: LoadedConfig, profile: Profile) -> Iterator[str]:
    strategy = loaded.config.get(STRATEGY)
    if not loaded.config.get(OFFSET) or strategy == "sticky":
        return
    whence = " (the default)" if "default" in loaded.origins.get(STRATEGY, "") else ""
    if strategy == "round-robin":
        yield f"{OFFSET} has no effect: the strategy is round-robin{whence}, which ignores it (RR-003)."
    elif profile.has("fresh-account-first"):
        yield f"{OFFSET} has no effect while an account is fresh: the strategy is hybrid{whence}."
    else:
        yield (
            f"{OFFSET} has almost no effect: the strategy is hybrid{whence}, which applies it only when no account is "
            "a candidate (HYB-016). It has its effect with the strategy sticky."
        )
