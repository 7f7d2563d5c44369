"""CFG: defaults and ranges of numbers. An invalid value leaves its key at the default."""

import math

import pytest

from conformance.cases.config_kit import accepted, check_without_effect, in_group, unset
from conformance.cases.kit import Judge, covers
from conformance.json_type import Json

SIGNATURE_CACHE = {
    "enabled": True, "memory_ttl_seconds": 3600, "disk_ttl_seconds": 172800, "write_interval_seconds": 60,
}  # fmt: skip
HEALTH_SCORE = {
    "initial": 70, "success_reward": 1, "rate_limit_penalty": -10, "failure_penalty": -20,
    "recovery_rate_per_hour": 2, "min_usable": 50, "max_score": 100,
}  # fmt: skip
TOKEN_BUCKET = {"max_tokens": 50, "regeneration_rate_per_minute": 6, "initial_tokens": 50}


DEFAULTS: dict[str, dict[str, Json]] = {
    "CFG-016": {"empty_response_max_attempts": 4, "empty_response_retry_delay_ms": 2000},
    "CFG-018": {"proactive_refresh_buffer_seconds": 1800, "proactive_refresh_check_interval_seconds": 300},
    "CFG-020": {"max_rate_limit_wait_seconds": 300},
    "CFG-022": {"signature_cache": SIGNATURE_CACHE},
    "CFG-024": {"health_score": HEALTH_SCORE},
    "CFG-026": {"token_bucket": TOKEN_BUCKET},
    "CFG-042": {
        "max_cache_first_wait_seconds": 60,
        "failure_ttl_seconds": 3600,
        "default_retry_after_seconds": 60,
        "max_backoff_seconds": 60,
        "request_jitter_max_ms": 0,
    },
    "CFG-048": {
        "soft_quota_threshold_percent": 90,
        "quota_refresh_interval_minutes": 15,
        "soft_quota_cache_ttl_minutes": "auto",
    },
    "CFG-028": {"web_search": {"default_mode": "off", "grounding_threshold": 0.3}},
}


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(keys, id=requirement, marks=pytest.mark.covers(requirement))
        for requirement, keys in DEFAULTS.items()
    ],
)
def test_default_numbers(judge: Judge, keys: dict[str, Json]) -> None:
    for scenario in unset(**keys):
        judge.check(scenario)


# requirement, group, key, minimum, maximum
RANGES: list[tuple[str, str | None, str, float, float]] = [
    ("CFG-017", None, "empty_response_max_attempts", 1, 10),
    ("CFG-017", None, "empty_response_retry_delay_ms", 500, 10_000),
    ("CFG-019", None, "proactive_refresh_buffer_seconds", 60, 7_200),
    ("CFG-019", None, "proactive_refresh_check_interval_seconds", 30, 1_800),
    ("CFG-021", None, "max_rate_limit_wait_seconds", 0, 3_600),
    ("CFG-023", "signature_cache", "memory_ttl_seconds", 60, 86_400),
    ("CFG-023", "signature_cache", "disk_ttl_seconds", 3_600, 604_800),
    ("CFG-023", "signature_cache", "write_interval_seconds", 10, 600),
    ("CFG-025", "health_score", "initial", 0, 100),
    ("CFG-025", "health_score", "success_reward", 0, 10),
    ("CFG-025", "health_score", "rate_limit_penalty", -50, 0),
    ("CFG-025", "health_score", "failure_penalty", -100, 0),
    ("CFG-025", "health_score", "recovery_rate_per_hour", 0, 20),
    ("CFG-025", "health_score", "min_usable", 0, 100),
    ("CFG-025", "health_score", "max_score", 50, 100),
    ("CFG-027", "token_bucket", "max_tokens", 1, 1_000),
    ("CFG-027", "token_bucket", "regeneration_rate_per_minute", 0.1, 60),
    ("CFG-027", "token_bucket", "initial_tokens", 1, 1_000),
    ("CFG-029", "web_search", "grounding_threshold", 0, 1),
    ("CFG-043", None, "max_cache_first_wait_seconds", 5, 300),
    ("CFG-043", None, "failure_ttl_seconds", 60, 7_200),
    ("CFG-043", None, "default_retry_after_seconds", 1, 300),
    ("CFG-043", None, "max_backoff_seconds", 5, 300),
    ("CFG-043", None, "request_jitter_max_ms", 0, 5_000),
    ("CFG-049", None, "soft_quota_threshold_percent", 1, 100),
    ("CFG-049", None, "quota_refresh_interval_minutes", 0, 60),
]
INSIDE = [
    pytest.param(in_group(group, key, limit), id=f"{key} {limit}", marks=pytest.mark.covers(requirement))
    for requirement, group, key, minimum, maximum in RANGES
    for limit in (minimum, maximum)
]
OUTSIDE = [
    pytest.param(in_group(group, key, value), id=f"{key} {value}", marks=pytest.mark.covers(requirement))
    for requirement, group, key, minimum, maximum in RANGES
    for value in (
        *(round(minimum - 0.001, 3), minimum - 1, math.nextafter(minimum, -math.inf)),
        *(round(maximum + 0.001, 3), maximum + 0.5, maximum + 1, math.nextafter(maximum, math.inf), 1e30),
    )
]


@pytest.mark.parametrize("document", INSIDE)
def test_ends_of_range_are_valid(judge: Judge, document: dict[str, Json]) -> None:
    judge.check(accepted(document))


@pytest.mark.parametrize("document", OUTSIDE)
def test_value_outside_range_is_invalid(judge: Judge, document: dict[str, Json]) -> None:
    check_without_effect(judge, document)


@covers("CFG-050")
@pytest.mark.parametrize("value", ["auto", 1, 30.5, 120])
def test_quota_cache_ttl_is_valid(judge: Judge, value: Json) -> None:
    judge.check(accepted({"soft_quota_cache_ttl_minutes": value, "quiet_mode": True}))


@covers("CFG-050")
@pytest.mark.parametrize("value", [0, 0.999, 120.5, 121, 1e30, "Auto", "10", "", True, None])
def test_unknown_quota_cache_ttl_is_invalid(judge: Judge, value: Json) -> None:
    check_without_effect(judge, {"soft_quota_cache_ttl_minutes": value})


@covers("CFG-030")
@pytest.mark.parametrize(
    ("group", "key", "value"),
    [
        (None, "empty_response_max_attempts", 1.5),
        (None, "empty_response_retry_delay_ms", 500.25),
        (None, "proactive_refresh_buffer_seconds", 60.125),
        (None, "proactive_refresh_check_interval_seconds", 30.5),
        (None, "max_rate_limit_wait_seconds", 0.1),
        ("signature_cache", "memory_ttl_seconds", 60.5),
        ("signature_cache", "disk_ttl_seconds", 3600.000001),
        ("signature_cache", "write_interval_seconds", 599.999),
    ],
)
def test_fraction_is_valid(judge: Judge, group: str | None, key: str, value: float) -> None:
    judge.check(accepted(in_group(group, key, value)))
