"""Keys of the config."""

from collections.abc import Mapping
from typing import Any

from conformance.json_type import Json
from reference_impl.config import keys
from reference_impl.config.keys import OneOf, Range
from tests.fakes.blind.calls import config, user_file
from tests.fakes.blind.ports import Original, Section

section = Section("config-keys")


@section.patch(keys, "check", config(), files=user_file({"request_jitter_max_ms": 0.5}))
def one_key_is_an_integer(original: Original, *args: Any) -> Json:
    """Has the type of an integer for a key in milliseconds, and truncates fractions."""
    said = original(*args)
    if "request_jitter_max_ms" in said:
        said["request_jitter_max_ms"] = int(said["request_jitter_max_ms"])
    return said


@section.patch(Range, "problem", config(), files=user_file({"token_bucket": {"regeneration_rate_per_minute": 0.1}}))
def minimum_of_32_bits(original: Original, self: Range, value: Json) -> Any:
    """Has the range as 32-bit floats. The float next to 0.1 is above 0.1."""
    return "too small" if self.minimum == 0.1 and value == 0.1 else original(self, value)


@section.patch(Range, "problem", config(), files=user_file({"max_rate_limit_wait_seconds": True}))
def true_is_one(original: Original, self: Range, value: Json) -> Any:
    """Accepts true as the number 1, because `isinstance(True, int)` holds in Python."""
    return original(self, int(value) if isinstance(value, bool) else value)


@section.patch(Range, "problem", config(), files=user_file({"soft_quota_cache_ttl_minutes": "Auto"}))
def auto_ignores_case(original: Original, self: Range, value: Json) -> Any:
    """Compares the word `auto` in lower case."""
    return original(self, value.lower() if isinstance(value, str) else value)


@section.patch(keys, "_check", config(), files=user_file({"debug": True, "health_score": {"initial": None}}))
def null_in_a_group_is_missing(
    original: Original, document: Json, tree: Any, place: str, set_by: dict[str, Json]
) -> None:
    """Drops null from groups before it validates them, as a deserializer of optional fields does."""
    if place and isinstance(document, dict):
        document = {key: value for key, value in document.items() if value is not None}
    original(document, tree, place, set_by)


@section.patch(keys, "check", config(), files=user_file({"resume_text": ""}))
def empty_text_is_missing(original: Original, *args: Any) -> Json:
    """Ignores an empty string, as for environment variables."""
    return {path: value for path, value in original(*args).items() if value != ""}


@section.patch(keys, "_check", config(), files=user_file({"debug": True, "signature_cache": []}))
def empty_list_is_an_empty_group(
    original: Original, document: Json, tree: Any, place: str, set_by: dict[str, Json]
) -> None:
    """Accepts an empty list for a group, because languages such as PHP and Lua write an empty map so."""
    original({} if document == [] and place else document, tree, place, set_by)


@section.patch(keys, "check", config(), files=user_file({"pidOffsetEnabled": True}))
def camel_case_accepted(original: Original, document: Json, *args: Any) -> Json:
    """Accepts `pidOffsetEnabled`, the name in its own code, in addition to the key in the file."""
    if isinstance(document, dict) and "pidOffsetEnabled" in document:
        document = {"pid_offset_enabled": document["pidOffsetEnabled"], **document}
    return original(document, *args)


@section.patch(
    OneOf, "problem", config(), files=user_file({"debug": True, "account_selection_strategy": "round_robin"})
)
def underscore_in_a_strategy(original: Original, self: OneOf, value: Json) -> Any:
    """Accepts the constant of its own enumeration, `round_robin`."""
    return None if value == "round_robin" and "round-robin" in self.words else original(self, value)


@section.patch(
    keys, "check", config(), files=user_file({"signature_cache": {"enabled": False, "memory_ttl_seconds": 90}})
)
def group_that_is_off_is_empty(original: Original, *args: Any) -> Json:
    """Ignores the other keys of a group that is not enabled."""
    said = original(*args)
    off = said.get("signature_cache.enabled") is False
    return {
        path: value
        for path, value in said.items()
        if not (off and path.startswith("signature_cache.") and not path.endswith(".enabled"))
    }


@section.patch(keys, "check", config(), files=user_file({"health_score": {"max_score": 60, "initial": 80}}))
def initial_of_at_most_the_maximum(original: Original, *args: Any) -> Json:
    """Clamps `initial` to `max_score`, a rule between two keys that the schema does not have."""
    said = original(*args)
    if "health_score.initial" in said and "health_score.max_score" in said:
        said["health_score.initial"] = min(said["health_score.initial"], said["health_score.max_score"])
    return said


@section.patch(keys, "_check", config(), files=user_file({"debug": True, "token_bucket": {"max_tokens": "many"}}))
def invalid_group_is_dropped_alone(
    original: Original, document: Json, tree: Any, place: str, set_by: dict[str, Json]
) -> None:
    """Drops a group with an invalid value, and keeps the rest of the file."""
    if not place:
        original(document, tree, place, set_by)
        return
    inner: dict[str, Json] = {}
    try:
        original(document, tree, place, inner)
    except keys.NotValid:
        if not isinstance(document, Mapping):
            raise
        return
    set_by.update(inner)
