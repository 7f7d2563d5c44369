"""The table of methods: parameters, result, refusals and capability of every method of wire version 1."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter

from conformance.wire.messages import (
    Account,
    AdvanceParams,
    AdvanceResult,
    AvailableHeaderStyleParams,
    AvailableHeaderStyleResult,
    BackoffResult,
    ClearVerificationParams,
    ConsumeResult,
    FamilyParams,
    ForkParams,
    ForkResult,
    HasOtherAccountParams,
    HasOtherAccountResult,
    HealthResult,
    HelloParams,
    HelloResult,
    LabelParams,
    LoadConfigParams,
    LoadConfigResult,
    MarkCoolingDownParams,
    MarkRateLimitedParams,
    MarkRateLimitedWithReasonParams,
    MinWaitParams,
    MinWaitResult,
    Nothing,
    OpenParams,
    OpenResult,
    PoolPathParams,
    PoolPathResult,
    ReadReasonParams,
    ReadReasonResult,
    RecordHealthParams,
    RefundResult,
    RequireVerificationParams,
    SelectParams,
    SetEnabledParams,
    SnapshotResult,
    SoftQuotaTtlParams,
    SoftQuotaTtlResult,
    SoftQuotaWaitParams,
    SoftQuotaWaitResult,
    TokenParams,
    UpdateQuotaParams,
    UseSessionParams,
)

WIRE_VERSION = 1


@dataclass(frozen=True)
class Method:
    """One method of the wire."""

    params: type[BaseModel]
    result: Any  # a type; None stands for JSON's null
    text: str
    refusals: tuple[str, ...] = ()
    needs: str = ""  # the kit calls the method only if the target claims this capability

    @property
    def result_adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.result)


REFUSALS = {
    "not_open": "no pool is open: `open` was not called, or `close` was called last",
    "unknown_account": "no loaded account has this label",
    "no_folder": "the pool was passed as JSON, so there is no folder to write to",
}
_OPENED = ("not_open",)
_LABELLED = ("not_open", "unknown_account")

METHODS: dict[str, Method] = {
    "hello": Method(HelloParams, HelloResult, "Returns the name, version and capabilities of the target."),
    "open": Method(
        OpenParams,
        OpenResult,
        "Discards all state and loads a pool. A target that reads the pool from a folder may write there.",
    ),
    "select": Method(
        SelectParams,
        Account | None,
        "Selects the account for the next request. The result is null if no account is available.",
        _OPENED,
    ),
    "mark_rate_limited": Method(
        MarkRateLimitedParams,
        None,
        "Marks the account as rate limited for `retry_after_ms`, for this quota.",
        _LABELLED,
        needs="limits",
    ),
    "mark_rate_limited_with_reason": Method(
        MarkRateLimitedWithReasonParams,
        BackoffResult,
        "Marks the account as rate limited; the backoff depends on the reason.",
        _LABELLED,
        needs="backoff",
    ),
    "mark_used": Method(
        LabelParams, None, "Records that a request with the account completed.", _LABELLED, needs="used"
    ),
    "mark_success": Method(
        LabelParams, None, "Resets the account's count of consecutive failures.", _LABELLED, needs="backoff"
    ),
    "mark_cooling_down": Method(
        MarkCoolingDownParams, None, "Puts the account into a cooldown of `cooldown_ms`.", _LABELLED, needs="cooldown"
    ),
    "set_enabled": Method(SetEnabledParams, None, "Enables or disables the account.", _LABELLED, needs="enabled"),
    "remove": Method(LabelParams, None, "Removes the account from the pool.", _LABELLED, needs="remove"),
    "record_health": Method(
        RecordHealthParams,
        HealthResult,
        "Records the outcome of a request in the account's health score.",
        _LABELLED,
        needs="health",
    ),
    "consume_token": Method(
        TokenParams, ConsumeResult, "Takes tokens from the account's bucket.", _LABELLED, needs="tokens"
    ),
    "refund_token": Method(
        TokenParams, RefundResult, "Returns tokens to the account's bucket.", _LABELLED, needs="tokens"
    ),
    "min_wait": Method(
        MinWaitParams, MinWaitResult, "Returns the time until an account is available.", _OPENED, needs="min-wait"
    ),
    "soft_quota_wait": Method(
        SoftQuotaWaitParams,
        SoftQuotaWaitResult,
        "Returns the time until the soft quota makes an account available.",
        _OPENED,
        needs="soft-quota",
    ),
    "reset_limits": Method(
        FamilyParams, None, "Clears the rate limits of the family on all accounts.", _OPENED, needs="reset-limits"
    ),
    "has_other_account": Method(
        HasOtherAccountParams,
        HasOtherAccountResult,
        "Returns whether another account can serve the request.",
        _LABELLED,
        needs="other-account",
    ),
    "available_header_style": Method(
        AvailableHeaderStyleParams,
        AvailableHeaderStyleResult,
        "Returns the header style with which the account can serve the request.",
        _LABELLED,
        needs="available-style",
    ),
    "update_quota": Method(
        UpdateQuotaParams,
        None,
        "Replaces the account's cached quota by a new reading.",
        _LABELLED,
        needs="update-quota",
    ),
    "require_verification": Method(
        RequireVerificationParams,
        None,
        "Disables the account until its user has verified it.",
        _LABELLED,
        needs="verification",
    ),
    "clear_verification": Method(
        ClearVerificationParams, None, "Records that the account is verified.", _LABELLED, needs="verification"
    ),
    "advance": Method(
        AdvanceParams, AdvanceResult, "Moves the clock forward, or back if `ms` is negative.", _OPENED, needs="clock"
    ),
    "snapshot": Method(Nothing, SnapshotResult, "Returns the state of the session.", _OPENED, needs="snapshot"),
    "save": Method(
        Nothing,
        None,
        "Writes the pool to the folder that it was read from.",
        ("not_open", "no_folder"),
        needs="save",
    ),
    "request_save": Method(
        Nothing,
        None,
        "Requests a save that the target may put off. The kit then calls `flush_save` or opens a pool.",
        ("not_open", "no_folder"),
        needs="delayed-save",
    ),
    "flush_save": Method(
        Nothing,
        None,
        "Ends the delay of a requested save: answers when the pool is written. Without a request, it writes nothing.",
        ("not_open", "no_folder"),
        needs="delayed-save",
    ),
    "use_session": Method(
        UseSessionParams,
        None,
        "Selects the session for later calls (at the start: session 0). Each session has its own account manager. "
        "`open` and `close` affect only the chosen one, but clock, PID and random numbers belong to the process.",
        needs="sessions",
    ),
    "pool_path": Method(
        PoolPathParams,
        PoolPathResult,
        "Returns the path of the pool file. On Windows, the target may first move a file from its old place.",
        needs="pool-path",
    ),
    "read_reason": Method(
        ReadReasonParams, ReadReasonResult, "Returns the reason of an error response.", needs="reason"
    ),
    "soft_quota_ttl": Method(
        SoftQuotaTtlParams,
        SoftQuotaTtlResult,
        "Returns how long a quota reading counts with these config keys: a value for `soft_quota_cache_ttl_ms`.",
        needs="soft-quota-ttl",
    ),
    "load_config": Method(LoadConfigParams, LoadConfigResult, "Loads the config of a project folder.", needs="config"),
    "fork": Method(
        ForkParams,
        ForkResult,
        "Forks; the child answers the calls. `serve` implements it for Python adapters.",
        needs="fork",
    ),
    "close": Method(Nothing, None, "Discards the pool. The next call may be `open`."),
}

CAPABILITIES = {
    "sticky": "the strategy `sticky`",
    "round-robin": "the strategy `round-robin`",
    "hybrid": "the strategy `hybrid`",
    "pid": "`open` takes a `pid`, which replaces the PID of the process",
    "offset": "the PID offset: `pid_offset_enabled` of `select`",
    "header-styles": "the header styles of Gemini have rate limits of their own",
    "clock": "the target uses the clock set by `now_ms` and `advance`",
    "random": "the target uses the random numbers passed to `open`",
    "limits": "`mark_rate_limited`, with quota keys by family and model",
    "stored-state": "rate limits, cooldowns and disabled accounts that the pool or its file already contains",
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
    "available-style": "`available_header_style`",
    "update-quota": "`update_quota`",
    "verification": "`require_verification`, `clear_verification`",
    "snapshot": "`snapshot`",
    "storage": "`open` with a home folder",
    "save": "`save`",
    "delayed-save": "`request_save`, `flush_save`",
    "sessions": "`use_session`",
    "pool-path": "`pool_path`",
    "reason": "`read_reason`",
    "soft-quota-ttl": "`soft_quota_ttl`",
    "config": "`load_config` with files",
    "environment": "`load_config` and `pool_path` with variables",
    "platform": "`load_config` and `pool_path` for another platform",
    "fork": "`fork`",
}
