"""The table of methods: parameters, result and refusals of every call of wire version 1.

Times are milliseconds since 1970 (`now_ms`, `..._until_ms`) or durations (`..._ms`). An account is named by its
**label**: the `refreshToken` it has in the pool, which here is always a synthetic word.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

WIRE_VERSION = 1

Family = Literal["claude", "gemini"]
HeaderStyle = Literal["antigravity", "gemini-cli"]
Strategy = Literal["sticky", "round-robin", "hybrid"]
Platform = Literal["linux", "darwin", "win32"]
# In JSON, 1.0 and 1 are the same number.
Integer = Annotated[int, BeforeValidator(lambda v: int(v) if isinstance(v, float) and v.is_integer() else v)]
Milliseconds = Annotated[int | float, Field(description="milliseconds")]


class Strict(BaseModel):
    """A parameter object: unknown names are refused, so that a misspelt one is seen."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Reply(BaseModel):
    """A result object: an adapter may add fields of its own."""

    model_config = ConfigDict(extra="allow", strict=True)


class Nothing(Strict):
    """No parameters."""


class HelloParams(Strict):
    wire: Literal[1] = 1


class HelloResult(Reply):
    name: str = Field(description="what is under test, as its users call it")
    version: str
    language: str
    profile: str | None = Field(default=None, description="the release it claims to behave like; none: recommended")
    capabilities: list[str] = Field(description="what it claims; see the list of capabilities")
    pid: Integer = Field(description="the process id that the target itself reads")


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
    """Start afresh: all process-wide state is discarded. Exactly one of `pool` and `home` is given."""

    pool: Any = Field(default=None, description="a parsed pool file, handed to the target as it is")
    home: str | None = Field(
        default=None,
        description="a home folder whose `.config/opencode/antigravity-accounts.json` the target reads",
    )
    now_ms: Milliseconds = Field(default=0, description="the clock, until `advance`")
    pid: int | None = Field(
        default=None, description="the process id to see, from 0 to 2^32 - 1 (as on Windows); none: the real one"
    )
    random: list[float] = Field(default=[], description="random draws in [0, 1), used in order, then from the start")
    health: HealthSettings | None = None
    tokens: TokenSettings | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "OpenParams":
        if (self.pool is None) == (self.home is None):
            raise ValueError("exactly one of pool and home must be given")
        return self


class OpenResult(Reply):
    accounts: list[Any] = Field(description="labels of the accounts loaded, in the order of their indices")


class SelectParams(Strict):
    family: Family
    strategy: Strategy
    header_style: HeaderStyle = "antigravity"
    model: str | None = None
    pid_offset_enabled: bool = False
    soft_quota_threshold_percent: float | None = None
    soft_quota_cache_ttl_ms: Milliseconds | None = None


class Account(Reply):
    label: str
    index: Integer = Field(description="its index in the pool as it is now")


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
    wait_ms: Milliseconds | None = Field(description="null: nobody knows")


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
    label: str
    index: Integer
    enabled: bool | None = None
    last_used_ms: Milliseconds | None = None
    rate_limit_reset_times_ms: dict[str, Any] | None = None  # a stored time may be no number
    cooling_down_until_ms: Any = None


class SnapshotResult(Reply):
    """What the target holds. Every field is optional: what is left out is not judged."""

    accounts: list[AccountSnapshot] | None = None
    cursor: int | float | None = None
    active_index_by_family: dict[Family, Integer] | None = None


class LoadConfigParams(Strict):
    directory: str = Field(description="the project's folder, absolute")
    home: str = Field(description="the user's home folder, absolute")
    environment: dict[str, str] = Field(default={}, description="all variables that the target may see, beside HOME")
    platform: Platform = "linux"


class LoadConfigResult(Reply):
    config: dict[str, Any] = Field(description="every key that has a value; a key without one is left out")


class Call(Strict):
    method: str
    params: dict[str, Any] = {}


class ForkParams(Strict):
    calls: list[Call] = Field(description="what the child is asked, on the state it inherits")


class ForkResult(Reply):
    pid: Integer = Field(description="the child's process id")
    answers: list[dict[str, Any]] = Field(description="the child's JSON-RPC responses, ids counted from 0")


@dataclass(frozen=True)
class Method:
    """One row of the table."""

    params: type[BaseModel]
    result: Any  # a type; None stands for JSON's null
    text: str
    refusals: tuple[str, ...] = ()
    needs: str = ""  # the capability that a target claims who answers it

    @property
    def result_adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.result)


REFUSALS = {
    "not_open": "there is no pool: `open` has not been called, or `close` was the last call",
    "unknown_account": "no account of that label is loaded",
    "no_folder": "the pool was handed over parsed, so there is no folder to write to",
}
_OPENED = ("not_open",)
_LABELLED = ("not_open", "unknown_account")

METHODS: dict[str, Method] = {
    "hello": Method(HelloParams, HelloResult, "Who are you, and what do you claim to do?"),
    "open": Method(
        OpenParams, OpenResult, "Discard all state and load a pool; a target that reads a folder may write there."
    ),
    "select": Method(
        SelectParams,
        Account | None,
        "Choose the account for the next request; null: none can be used.",
        _OPENED,
    ),
    "mark_rate_limited": Method(
        MarkRateLimitedParams,
        None,
        "The account is limited for so long, for this quota.",
        _LABELLED,
        needs="limits",
    ),
    "mark_rate_limited_with_reason": Method(
        MarkRateLimitedWithReasonParams,
        BackoffResult,
        "The same, for as long as the reason implies.",
        _LABELLED,
        needs="backoff",
    ),
    "mark_used": Method(LabelParams, None, "A request with the account was completed.", _LABELLED, needs="used"),
    "mark_success": Method(LabelParams, None, "Its failures in a row are over.", _LABELLED, needs="backoff"),
    "mark_cooling_down": Method(
        MarkCoolingDownParams, None, "Leave the account alone for so long.", _LABELLED, needs="cooldown"
    ),
    "set_enabled": Method(SetEnabledParams, None, "Enable or disable the account.", _LABELLED, needs="enabled"),
    "remove": Method(LabelParams, None, "Take the account out of the pool.", _LABELLED, needs="remove"),
    "record_health": Method(
        RecordHealthParams, HealthResult, "A request's outcome, for its health.", _LABELLED, needs="health"
    ),
    "consume_token": Method(
        TokenParams, ConsumeResult, "Take tokens from the account's bucket.", _LABELLED, needs="tokens"
    ),
    "refund_token": Method(TokenParams, RefundResult, "Give tokens back.", _LABELLED, needs="tokens"),
    "min_wait": Method(
        MinWaitParams, MinWaitResult, "How long until any account can be used?", _OPENED, needs="min-wait"
    ),
    "soft_quota_wait": Method(
        SoftQuotaWaitParams,
        SoftQuotaWaitResult,
        "How long until the soft quota lets any account be used?",
        _OPENED,
        needs="soft-quota",
    ),
    "reset_limits": Method(FamilyParams, None, "Forget the family's limits.", _OPENED, needs="reset-limits"),
    "has_other_account": Method(
        HasOtherAccountParams,
        HasOtherAccountResult,
        "Can any other account serve this?",
        _LABELLED,
        needs="other-account",
    ),
    "advance": Method(
        AdvanceParams, AdvanceResult, "Move the clock; with a negative number, back.", _OPENED, needs="clock"
    ),
    "snapshot": Method(Nothing, SnapshotResult, "Show the state.", _OPENED, needs="snapshot"),
    "save": Method(
        Nothing,
        None,
        "Write the pool to the folder it was read from.",
        ("not_open", "no_folder"),
        needs="save",
    ),
    "load_config": Method(LoadConfigParams, LoadConfigResult, "Load the config for a project folder.", needs="config"),
    "fork": Method(
        ForkParams, ForkResult, "Fork; the child answers the calls (Python adapters: provided).", needs="fork"
    ),
    "close": Method(Nothing, None, "Discard the pool. The next call may be `open`."),
}

CAPABILITIES = {
    "sticky": "strategy sticky",
    "round-robin": "strategy round-robin",
    "hybrid": "strategy hybrid",
    "pid": "a process id handed to `open` is used in place of the real one",
    "clock": "`now_ms` and `advance` set the clock",
    "random": "the draws handed to `open` are used",
    "limits": "`mark_rate_limited`, with quota keys by family, header style and model",
    "backoff": "`mark_rate_limited_with_reason`, `mark_success`",
    "used": "`mark_used`",
    "cooldown": "`mark_cooling_down`",
    "enabled": "`set_enabled`",
    "remove": "`remove`",
    "health": "`record_health`",
    "tokens": "`consume_token`, `refund_token`",
    "soft-quota": "`soft_quota_wait`, and the soft quota parameters of `select`",
    "min-wait": "`min_wait`",
    "strict-wait": "the header style and `strict` of `min_wait`",
    "reset-limits": "`reset_limits`",
    "other-account": "`has_other_account`",
    "snapshot": "`snapshot`",
    "storage": "`open` with a home folder",
    "save": "`save`",
    "config": "`load_config` with files",
    "environment": "`load_config` with variables",
    "platform": "`load_config` as another platform",
    "fork": "`fork`",
}
