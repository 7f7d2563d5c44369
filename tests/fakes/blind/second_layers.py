"""A second round of faults: paths, layers and the text of config files."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import json_text, keys, loader, paths
from tests.fakes.blind.calls import config, project_file, user_file
from tests.fakes.blind.ports import Original, Section

places = Section("paths")
section = Section("layers")
QUIET = {"quiet_mode": True}


# Paths


@places.patch(
    paths,
    "user_file",
    config({"OPENCODE_CONFIG_DIR": "{root}/own"}),
    files=user_file(QUIET, "own/opencode/antigravity.json"),
)
def subfolder_of_the_own_folder(original: Original, home: str, given: Mapping[str, str], *args: Any) -> str:
    """Reads `opencode/antigravity.json` in OPENCODE_CONFIG_DIR if the folder itself has no file."""
    found, own = str(original(home, given, *args)), given.get("OPENCODE_CONFIG_DIR")
    below = f"{own}/opencode/antigravity.json"
    return below if own and not Path(found).exists() and Path(below).exists() else found


@places.patch(
    paths,
    "user_file",
    config({"XDG_CONFIG_DIRS": "{root}/etc"}),
    files=user_file(QUIET, "etc/opencode/antigravity.json"),
)
def system_folders_searched(original: Original, home: str, given: Mapping[str, str], *args: Any) -> str:
    """Searches XDG_CONFIG_DIRS for the user file, as the XDG specification says."""
    found = str(original(home, given, *args))
    folders = [each for each in given.get("XDG_CONFIG_DIRS", "").split(":") if each]
    others = [f"{each}/opencode/antigravity.json" for each in folders]
    return next((each for each in others if Path(each).exists()), found) if not Path(found).exists() else found


@places.patch(paths, "project_file", config(), files=user_file(QUIET, "project/.opencode/Antigravity.json"))
def file_name_ignores_case(original: Original, directory: str) -> str:
    """Finds the project file whatever the case of its name."""
    found = Path(original(directory))
    if not found.exists() and found.parent.is_dir():
        for each in found.parent.iterdir():
            if each.name.lower() == found.name:
                return str(each)
    return str(found)


@places.patch(paths, "project_file", config(), files=user_file(QUIET, ".opencode/antigravity.json"))
def folder_without_a_file_defers(original: Original, directory: str) -> str:
    """Reads the file of the parent folder if the project has no folder `.opencode`."""
    found, above = str(original(directory)), str(original(os.path.dirname(directory.rstrip("/"))))
    return above if not Path(found).parent.exists() else found


@places.patch(
    paths,
    "project_file",
    config(directory="{root}/pro%20ject"),
    files=user_file(QUIET, "pro ject/.opencode/antigravity.json"),
)
def folder_decoded_as_a_url(original: Original, directory: str) -> str:
    """Decodes the path of the project as a part of a URL."""
    from urllib.parse import unquote

    return str(original(unquote(directory)))


# Layers and text


_FIRST = '{"quiet_mode": true, "signature_cache": {"enabled": false, "enabled": true}}'


@section.patch(json_text._Reader, "_add", config(), files=user_file(_FIRST))
def first_duplicate_in_groups(original: Original, self: Any, value: Json) -> Json:
    """Keeps the first of equal keys in a group, and the last one at the top."""
    container, key = self.open[-1]
    if len(self.open) > 1 and isinstance(container, dict) and key in container:
        value = container[key]
    return original(self, value)


@section.patch(json_text._Reader, "_key", config(), files=user_file('{"quiet\\u005fmode": true}'))
def escapes_in_keys_kept(original: Original, self: Any) -> str:
    """Compares keys as they are written, without reading their escapes."""
    self._skip_space()
    begin = self.at
    key = original(self)
    raw = self.text[begin : self.at].rstrip(": \t\r\n")[1:-1]
    return raw if "\\" in raw else str(key)


@section.patch(json_text, "parse", config(), files=user_file('{"max_rate_limit_wait_seconds": 1E2}'))
def upper_case_exponent_refused(original: Original, text: str) -> Json:
    """Knows exponents with a lower case letter only."""
    if re.search(r"[0-9]E[+-]?[0-9]", re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)):
        raise json_text.JsonError("E")
    return original(text)


_CUT = {"home/.config/opencode/antigravity.json": {"base64": "eyJyZXN1bWVfdGV4dCI6ICJh4oJiIn0="}}


@section.patch(json_text, "decode", config(), files=_CUT)
def one_mark_for_each_byte(original: Original, content: bytes) -> str:
    """Reads each invalid byte as U+FFFD, not each invalid sequence."""
    text = content.decode("utf-8", errors="surrogateescape")
    return "".join("\ufffd" if "\udc80" <= each <= "\udcff" else each for each in text)


_HALF = {"home/.config/opencode/antigravity.json": {"base64": "eyJyZXN1bWVfdGV4dCI6ICLtoIAifQ=="}}


@section.patch(json_text, "decode", config(), files=_HALF)
def half_pair_is_one_sequence(original: Original, content: bytes) -> str:
    """Reads half of a surrogate pair as one invalid sequence, although UTF-8 does not have it."""
    return str(original(re.sub(rb"\xed[\xa0-\xbf][\x80-\xbf]", b"\xff", content)))


@section.patch(json_text, "parse", config(), files=user_file('{"quiet_mode": true, "resume_text": "a\tb"}'))
def tabs_in_texts(original: Original, text: str) -> Json:
    """Accepts tabs in texts, as parsers do that are not strict."""
    return original(re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: found[0].replace("\t", "\\t"), text))


@section.patch(json_text, "parse", config(), files=user_file('{"quiet_mode": true, "resume_text": "\\/"}'))
def escaped_slash_refused(original: Original, text: str) -> Json:
    """Does not know the escape of a slash."""
    if re.search(r"(?<!\\)(\\\\)*\\/", text):
        raise json_text.JsonError("slash")
    return original(text)


@section.patch(json_text, "parse", config(), files=user_file('{"max_rate_limit_wait_seconds": -0.0}'))
def negative_zero_refused(original: Original, text: str) -> Json:
    """Refuses a minus sign before 0."""
    if re.search(r"[:\s]-0(\.0+)?[\s,}]", text):
        raise json_text.JsonError("-0")
    return original(text)


_DEFAULTS: Json = {"signature_cache": {}}


@section.port(config(), files={**user_file({"signature_cache": {"enabled": False}}), **project_file(_DEFAULTS)})
class EmptyGroupResetsTheGroup(ReferenceAdapter):
    """Takes an empty group of the project file for a reset of the group."""

    def load_config(self, directory: str, home: str, *args: Any, **params: Any) -> Json:
        loaded = super().load_config(directory, home, *args, **params)
        try:
            document = json.loads(Path(paths.project_file(directory)).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return loaded
        if isinstance(document, dict) and document.get("signature_cache") == {}:
            values = loader.defaults(keys.keys_of(self.profile), self.profile)
            loaded["config"]["signature_cache"] = keys.nested(values)["signature_cache"]
        return loaded


@section.patch(loader, "file_layers", config(), files={**user_file({"log_dir": "a"}), **project_file({"log_dir": ""})})
def empty_text_keeps_the_lower_layer(original: Original, name: str, *args: Any) -> Any:
    """Merges texts with `or`, so that an empty text of the project leaves that of the user."""
    found = original(name, *args)
    if name != loader.PROJECT_FILE:
        return found
    return [loader.Layer(each.name, {k: v for k, v in each.values.items() if v != ""}) for each in found]


@section.patch(
    loader,
    "file_layers",
    config(),
    files={
        **user_file({"signature_cache": {"memory_ttl_seconds": 90}}),
        **project_file({"signature_cache": {"enabled": True}}),
    },
)
def group_equal_to_its_default_resets(original: Original, name: str, content: Any, known: Any, profile: Any) -> Any:
    """Resets a group whose keys in the project file all have their defaults."""
    found = original(name, content, known, profile)
    values = {key.path: key.default for key in known}
    said = {k: v for each in found for k, v in each.values.items() if "." in k}
    groups = {keys.group_of(k) for k in said}
    if name == loader.PROJECT_FILE:
        for group in groups:
            own = {k: v for k, v in said.items() if keys.group_of(k) == group}
            if all(values[k] == v for k, v in own.items()):
                reset = {k: v for k, v in values.items() if keys.group_of(k) == group}
                found = [loader.Layer("reset", reset), *found]
    return found
