"""The table of methods: parameters, result, refusals and capability of every call of wire version 1."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter

from conformance.wire.messages import (
    Account,
    AdvanceParams,
    AdvanceResult,
    BackoffResult,
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
    RecordHealthParams,
    RefundResult,
    SelectParams,
    SetEnabledParams,
    SnapshotResult,
    SoftQuotaWaitParams,
    SoftQuotaWaitResult,
    TokenParams,
)

WIRE_VERSION = 1


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
