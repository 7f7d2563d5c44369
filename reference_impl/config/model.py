"""Every key of the config: its kind, default and range (CFG-001 to CFG-039).

Source: release 1.3.0, `dist/src/plugin/config/schema.js`. Values are taken as they are: text is no number, a
number is no switch and null is no value. Fractions are accepted wherever there is a range; unknown keys are
dropped.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Number = int | float
Strategy = Literal["sticky", "round-robin", "hybrid"]
WebSearchMode = Literal["auto", "off"]


def between(minimum: float, maximum: float, *, default: float) -> Any:
    """A number with a range; both limits belong to it."""
    return Field(default=default, ge=minimum, le=maximum)


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("null is no text; leave the key out instead")
    return value


# A default is not validated, so None can only stand for "the file does not say".
OptionalText = Annotated[str | None, BeforeValidator(_refuse_null)]


class Group(BaseModel):
    """An object with config keys."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class SignatureCache(Group):
    enabled: bool = True
    memory_ttl_seconds: Number = between(60, 86_400, default=3_600)
    disk_ttl_seconds: Number = between(3_600, 604_800, default=172_800)
    write_interval_seconds: Number = between(10, 600, default=60)


class HealthScore(Group):
    initial: Number = between(0, 100, default=70)
    success_reward: Number = between(0, 10, default=1)
    rate_limit_penalty: Number = between(-50, 0, default=-10)
    failure_penalty: Number = between(-100, 0, default=-20)
    recovery_rate_per_hour: Number = between(0, 20, default=2)
    min_usable: Number = between(0, 100, default=50)
    max_score: Number = between(50, 100, default=100)


class TokenBucket(Group):
    max_tokens: Number = between(1, 1_000, default=50)
    regeneration_rate_per_minute: Number = between(0.1, 60, default=6)
    initial_tokens: Number = between(1, 1_000, default=50)


class WebSearch(Group):
    default_mode: WebSearchMode = "off"
    grounding_threshold: Number = between(0, 1, default=0.3)


class Config(Group):
    """The whole config. Keys whose value is None have no value and are no part of a result."""

    json_schema: OptionalText = Field(default=None, alias="$schema")
    quiet_mode: bool = False
    debug: bool = False
    log_dir: OptionalText = None
    keep_thinking: bool = False
    session_recovery: bool = True
    auto_resume: bool = False  # 1.3.0 says so in its schema and its documents, and does otherwise (CFG-009)
    resume_text: str = "continue"
    signature_cache: SignatureCache = SignatureCache()
    empty_response_max_attempts: Number = between(1, 10, default=4)
    empty_response_retry_delay_ms: Number = between(500, 10_000, default=2_000)
    tool_id_recovery: bool = True
    claude_tool_hardening: bool = True
    proactive_token_refresh: bool = True
    proactive_refresh_buffer_seconds: Number = between(60, 7_200, default=1_800)
    proactive_refresh_check_interval_seconds: Number = between(30, 1_800, default=300)
    max_rate_limit_wait_seconds: Number = between(0, 3_600, default=300)
    quota_fallback: bool = False
    account_selection_strategy: Strategy = "hybrid"
    pid_offset_enabled: bool = False
    switch_on_first_rate_limit: bool = True
    health_score: HealthScore = HealthScore()
    token_bucket: TokenBucket = TokenBucket()
    auto_update: bool = True
    web_search: WebSearch = WebSearch()
