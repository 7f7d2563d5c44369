"""Parameters and results of the methods of wire version 1; `methods` assigns them to the methods.

Times are in milliseconds since 1970 (`now_ms`, `..._until_ms`); durations are in milliseconds (`..._ms`). The **label**
of an account is its `refreshToken` in the pool. The kit uses synthetic words.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Family = Literal["claude", "gemini"]
HeaderStyle = Literal["antigravity", "gemini-cli"]
Strategy = Literal["sticky", "round-robin", "hybrid"]
Platform = Literal["linux", "darwin", "win32"]
# In JSON, 1.0 and 1 are the same number.
Integer = Annotated[int, BeforeValidator(lambda v: int(v) if isinstance(v, float) and v.is_integer() else v)]
Milliseconds = Annotated[int | float, Field(description="milliseconds")]


class Strict(BaseModel):
    """A parameter object. Unknown names are refused, to catch typos.

    Models are built when they are first used: each process uses few of them, and all would take 50 ms.
    """

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Reply(BaseModel):
    """A result object. An adapter may add other fields."""

    model_config = ConfigDict(extra="allow", strict=True, defer_build=True)


class Nothing(Strict):
    """No parameters."""


class HelloParams(Strict):
    wire: Literal[1] = 1


class HelloResult(Reply):
    name: str = Field(description="name of the implementation under test")
    version: str
    language: str
    profile: str | None = Field(
        default=None, description="the release that the target claims to behave like; default: recommended"
    )
    capabilities: list[str] = Field(
        description="the capabilities that the target claims; see the list above",
        fail_fast=True,  # 200,000 wrong items would take 200 MiB of errors
    )
    pid: Integer = Field(description="the PID that the target itself reads")


class HealthSettings(Strict):
    initial: float = 70
    success_reward: float = 1
    rate_limit_penalty: float = -10
    failure_penalty: float = -20
    recovery_rate_per_hour: float = 2
    min_usable: float = 50
    max_score: float = 100


class TokenSettings(Strict):
    max_tokens: float = 50
    regeneration_rate_per_minute: float = 6
    initial_tokens: float = 50


class OpenParams(Strict):
    """Starts a session. The target discards all state. Exactly one of `pool` and `home` is given."""

    pool: Any = Field(default=None, description="content of a pool file, passed to the target unchanged")
    home: str | None = Field(
        default=None,
        description="home folder; the target reads `.config/opencode/antigravity-accounts.json` in it",
    )
    now_ms: Milliseconds = Field(default=0, description="the time that the clock shows until `advance`")
    pid: int | None = Field(
        default=None, description="the PID to use, from 0 to 2^32 - 1 (as on Windows); default: the real one"
    )
    random: list[float] = Field(
        default=[0.5], description="random numbers in [0, 1), used in order and then repeated", min_length=1
    )
    health: HealthSettings | None = None
    tokens: TokenSettings | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "OpenParams":
        if (self.pool is None) == (self.home is None):
            raise ValueError("exactly one of pool and home must be given")
        return self


class OpenResult(Reply):
    accounts: list[Any] = Field(description="labels of the loaded accounts, in the order of their indices")


class SelectParams(Strict):
    family: Family
    strategy: Strategy
    header_style: HeaderStyle = "antigravity"
    model: str | None = None
    pid_offset_enabled: bool = False
    soft_quota_threshold_percent: float | None = None
    soft_quota_cache_ttl_ms: Milliseconds | None = None


class Account(Reply):
    label: Any = Field(description="label of the account; not a string if the pool file stores another type")
    index: Integer = Field(description="current index of the account in the pool")


class LabelParams(Strict):
    label: str


class MarkRateLimitedParams(Strict):
    label: str
    retry_after_ms: Milliseconds
    family: Family
    header_style: HeaderStyle = "antigravity"
    model: str | None = None


class MarkRateLimitedWithReasonParams(Strict):
    label: str
    family: Family
    header_style: HeaderStyle = "antigravity"
    model: str | None = None
    reason: str
    retry_after_ms: Milliseconds | None = None
    failure_ttl_ms: Milliseconds | None = None


class BackoffResult(Reply):
    backoff_ms: Milliseconds


class MarkCoolingDownParams(Strict):
    label: str
    cooldown_ms: Milliseconds
    reason: str


class SetEnabledParams(Strict):
    label: str
    enabled: bool


class RecordHealthParams(Strict):
    label: str
    outcome: Literal["success", "rate_limit", "failure"]


class HealthResult(Reply):
    score: float


class TokenParams(Strict):
    label: str
    amount: float = 1


class ConsumeResult(Reply):
    consumed: bool
    tokens: float


class RefundResult(Reply):
    tokens: float


class MinWaitParams(Strict):
    family: Family
    model: str | None = None
    header_style: HeaderStyle | None = None
    strict: bool = False


class MinWaitResult(Reply):
    wait_ms: Milliseconds


class SoftQuotaWaitParams(Strict):
    family: Family
    model: str | None = None
    soft_quota_threshold_percent: float | None = None
    soft_quota_cache_ttl_ms: Milliseconds | None = None


class SoftQuotaWaitResult(Reply):
    wait_ms: Milliseconds | None = Field(description="null: unknown")


class FamilyParams(Strict):
    family: Family
    model: str | None = None


class HasOtherAccountParams(Strict):
    label: str
    family: Family
    model: str | None = None


class HasOtherAccountResult(Reply):
    available: bool


class AdvanceParams(Strict):
    ms: Milliseconds


class AdvanceResult(Reply):
    now_ms: Milliseconds


class AccountSnapshot(Reply):
    label: Any
    index: Integer
    enabled: bool | None = None
    last_used_ms: Milliseconds | None = None
    rate_limit_reset_times_ms: dict[str, Any] | None = None  # a pool file may contain a time that is not a number
    cooling_down_until_ms: Any = None


class SnapshotResult(Reply):
    """The state of the target. Every field is optional. The kit does not judge a field that is left out."""

    accounts: Annotated[list[AccountSnapshot], Field(fail_fast=True)] | None = None
    cursor: int | float | None = None
    active_index_by_family: dict[Family, Integer] | None = None


class PoolPathParams(Strict):
    home: str = Field(description="absolute path of the home folder")
    environment: dict[str, str] = Field(default={}, description="all environment variables of the target, except HOME")
    platform: Platform = "linux"


class PoolPathResult(Reply):
    path: str = Field(description="absolute path of the pool file, with `/` between folders on every platform")


class ReadReasonParams(Strict):
    reason: str | None = Field(default=None, description="the reason that the error names")
    message: str | None = Field(default=None, description="the text of the error")
    status: int | None = Field(default=None, description="the HTTP status of the response")


class ReadReasonResult(Reply):
    reason: str = Field(description="a reason for `mark_rate_limited_with_reason`")


class SoftQuotaTtlParams(Strict):
    soft_quota_cache_ttl_minutes: Literal["auto"] | float = Field(default="auto", description="the config key")
    quota_refresh_interval_minutes: float = Field(default=15, description="the config key")


class SoftQuotaTtlResult(Reply):
    ttl_ms: Milliseconds


class AvailableHeaderStyleParams(Strict):
    label: str
    family: Family
    model: str | None = None


class AvailableHeaderStyleResult(Reply):
    header_style: HeaderStyle | None = Field(description="null: the account is rate-limited for every header style")


class RequireVerificationParams(Strict):
    label: str
    message: str | None = Field(default=None, description="the text of the error that asks for the verification")
    url: str | None = Field(default=None, description="the page on which the user verifies the account")


class ClearVerificationParams(Strict):
    label: str
    enable: bool = Field(default=False, description="enable the account if it waits for verification")


class UpdateQuotaParams(Strict):
    label: str
    quota: dict[str, Any] = Field(description="`cachedQuota` of the pool file: a reading for each quota group")


class UseSessionParams(Strict):
    session: int = Field(description="number of a session, from 0; it has no pool until `open`", ge=0, le=15)


class LoadConfigParams(Strict):
    directory: str = Field(description="absolute path of the project folder")
    home: str = Field(description="absolute path of the home folder")
    environment: dict[str, str] = Field(default={}, description="all environment variables of the target, except HOME")
    platform: Platform = "linux"


class LoadConfigResult(Reply):
    config: dict[str, Any] = Field(description="every key that has a value")


class ForkCall(Strict):
    method: str
    params: dict[str, Any] = {}


class ForkParams(Strict):
    calls: list[ForkCall] = Field(description="calls for the child, on the state that it inherits")


class ForkResult(Reply):
    pid: Integer = Field(description="PID of the child")
    answers: list[dict[str, Any]] = Field(description="the child's JSON-RPC responses, with ids from 0", fail_fast=True)
