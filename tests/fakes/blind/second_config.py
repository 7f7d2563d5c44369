"""A second round of faults: keys of the config, and variables."""

import os
import re
from collections.abc import Mapping
from typing import Any

from conformance.json_type import Json
from reference_impl.config import environment, keys, loader
from reference_impl.config.environment import PREFIX
from reference_impl.config.keys import Range
from tests.fakes.blind.calls import config, project_file, user_file
from tests.fakes.blind.ports import Original, Section

section = Section("config-keys")
variables = Section("environment")
QUIET = {"quiet_mode": True}


# Keys


@section.patch(Range, "problem", config(), files=user_file({"empty_response_max_attempts": 10.5}))
def maximum_truncated(original: Original, self: Range, value: Json) -> Any:
    """Compares the whole part of a number with its range."""
    whole = int(value) if isinstance(value, float) and abs(value) < 2**53 else value
    return original(self, whole)


@section.patch(keys, "check", config(), files=user_file({**QUIET, "signature_cache": {"x": None}}))
def null_in_unknown_key_is_invalid(original: Original, document: Json, *args: Any) -> Json:
    """Refuses null in a group before it knows whether the key is known."""
    groups = document.values() if isinstance(document, dict) else ()
    if any(None in group.values() for group in groups if isinstance(group, dict)):
        raise keys.NotValid("null")
    return original(document, *args)


@section.patch(loader, "file_layers", config(), files=project_file({"$schema": "x"}))
def schema_of_the_project_dropped(original: Original, name: str, *args: Any) -> Any:
    """Drops `$schema` of the project file, which is for editors."""
    found = original(name, *args)
    if name == loader.PROJECT_FILE:
        return [loader.Layer(each.name, {k: v for k, v in each.values.items() if k != "$schema"}) for each in found]
    return found


@section.patch(Range, "problem", config(), files=user_file({"soft_quota_cache_ttl_minutes": 0.5}))
def range_with_words_has_no_minimum(original: Original, self: Range, value: Json) -> Any:
    """Checks only the maximum of a range that has words as well."""
    if self.words and isinstance(value, float) and 0 < value < self.minimum:
        return None
    return original(self, value)


@section.patch(keys, "check", config(), files=user_file({"health_score": {"min_usable": 40, "initial": 30}}))
def initial_below_usable_invalid(original: Original, document: Json, *args: Any) -> Json:
    """Refuses an initial score below `min_usable`, with which no account could be used."""
    said = original(document, *args)
    if said.get("health_score.initial", 70) < said.get("health_score.min_usable", 50):
        raise keys.NotValid("initial")
    return said


@section.patch(keys, "check", config(), files=user_file({"debug_tui": True, "debug": False}))
def debug_tui_needs_debug(original: Original, document: Json, *args: Any) -> Json:
    """Ignores `debug_tui` where the file sets `debug` to false."""
    said = original(document, *args)
    if said.get("debug_tui") and said.get("debug") is False:
        said["debug_tui"] = False
    return said


_TEXT = {"resume_text": "e\u0301"}


@section.patch(keys, "check", config(), files=user_file(_TEXT))
def texts_normalized(original: Original, *args: Any) -> Json:
    """Normalizes texts to NFC."""
    import unicodedata

    said = original(*args)
    return {k: unicodedata.normalize("NFC", v) if isinstance(v, str) else v for k, v in said.items()}


@section.patch(keys, "check", config(), files=user_file({"log_dir": "a//b/"}))
def log_dir_normalized(original: Original, *args: Any) -> Json:
    """Normalizes the path of `log_dir`."""
    said = original(*args)
    if said.get("log_dir"):
        said["log_dir"] = os.path.normpath(said["log_dir"])
    return said


@section.patch(Range, "problem", config(), files=user_file({"proactive_refresh_buffer_seconds": 7200.0000001}))
def range_with_tolerance(original: Original, self: Range, value: Json) -> Any:
    """Compares numbers with a tolerance of a millionth."""
    if isinstance(value, float) and abs(value - round(value, 3)) < 1e-6:
        value = round(value, 3)
    return original(self, value)


# Variables


def _with(name: str, convert: Any) -> Any:
    """Converts one variable before it is read."""

    def wrapped(original: Original, given: Mapping[str, str], *args: Any) -> Json:
        key = PREFIX + name
        return original({**given, key: convert(given[key])} if key in given else given, *args)

    return wrapped


@variables.patch(environment, "set_by_variables", config({PREFIX + "RESUME_TEXT": "0"}))
def zero_unsets_the_text(original: Original, given: Mapping[str, str], *args: Any) -> Json:
    """Reads 0 and false as "no text"."""
    return _with("RESUME_TEXT", lambda text: "" if text in ("0", "false") else text)(original, given, *args)


@variables.patch(environment, "set_by_variables", config({PREFIX + "LOG_DIR": "a//b/"}))
def folder_of_the_log_normalized(original: Original, given: Mapping[str, str], *args: Any) -> Json:
    """Normalizes the path in LOG_DIR."""
    return _with("LOG_DIR", lambda text: os.path.normpath(text) if text else text)(original, given, *args)


@variables.patch(environment, "set_by_variables", config({PREFIX + "RESUME_TEXT": "a\\nb"}))
def escapes_in_the_text_replaced(original: Original, given: Mapping[str, str], *args: Any) -> Json:
    """Replaces the escape for a line end in RESUME_TEXT."""
    return _with("RESUME_TEXT", lambda text: text.replace("\\n", "\n"))(original, given, *args)


@variables.patch(environment, "set_by_variables", config({PREFIX + "PID_OFFSET_ENABLED": "01"}))
def switches_as_numbers(original: Original, given: Mapping[str, str], *args: Any) -> Json:
    """Converts the value of a switch to a number, so that 01 and 1.0 enable it."""

    def number(text: str) -> str:
        return "1" if re.fullmatch(r"0*1(\.0*)?", text) else text

    return _with("PID_OFFSET_ENABLED", number)(original, given, *args)


@variables.patch(
    environment,
    "set_by_variables",
    config({PREFIX + "DEBUG": "off"}),
)
def debug_off(original: Original, given: Mapping[str, str], *args: Any) -> Json:
    """Accepts `off` and `no` for DEBUG."""
    return _with("DEBUG", lambda text: "0" if text in ("off", "no") else text)(original, given, *args)


@variables.patch(
    environment,
    "set_by_variables",
    config({PREFIX + "ACCOUNT_SELECTION_STRATEGY": "round-robin "}),
)
def strategy_by_prefix(original: Original, given: Mapping[str, str], *args: Any) -> Json:
    """Compares the beginning of the strategy only."""

    def known(text: str) -> str:
        return next((word for word in environment.STRATEGIES if text.startswith(word)), text)

    return _with("ACCOUNT_SELECTION_STRATEGY", known)(original, given, *args)
