"""A session and its steps: one function for each kind of step, which turns a record into calls.

Byte 1 of a record chooses an account, 2 a family, 3 a header style, 4 a model. Each step uses the others as it needs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conformance.json_type import Json
from conformance.search.pool_files import Stored, change_of_others
from conformance.search.source import Table
from conformance.search.step_values import (
    AMOUNTS,
    CACHE_TTLS_MS,
    COOLDOWN_REASONS,
    DURATIONS_MS,
    FAILURE_TTLS_MS,
    HEADER_STYLES,
    MANY_TIMES,
    MODELS,
    OPENS,
    OUTCOMES,
    REASONS,
    RETRY_AFTER_MS,
    STEPS_MS,
    STRIDES,
    STYLES,
    TIMES,
    TO_AN_END_MS,
    VERY_MANY_TIMES,
)
from conformance.wire.calls import NOW_MS, POOL_FILE
from conformance.wire.needs import DRAWING_REASON
from conformance.wire.scenario import Call, Scenario

Params = dict[str, Json]


@dataclass
class GeneratedSession:
    """A scenario as the search sends it. `ends_ms` are the times at which limits and cooldowns end."""

    calls: list[tuple[str, Params]] = field(default_factory=list)
    files: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    writes: dict[int, Mapping[str, Mapping[str, Json]]] = field(default_factory=dict)  # before a call
    head: bytes = b""
    stored: Stored | None = None  # the accounts of the pool file, if the session saves over it
    labels: list[str] = field(default_factory=list)
    all_labels: tuple[str, ...] = ()  # of the pool, when it was opened
    ends_ms: list[float] = field(default_factory=list)
    now_ms: float = NOW_MS
    opened: Params = field(default_factory=dict)
    families: tuple[str, ...] = ("claude",)
    strategies: tuple[str, ...] = ("sticky",)
    offsets: tuple[bool, ...] = (False,)
    threshold: float | None = None
    styled_waits: bool = False
    styles: Table[str | None] = STYLES
    number: int = 0  # of the session, in the process
    labels_aside: list[str] | None = None  # those of the other session, if it is open
    opens_folders: bool = False  # a step may open a pool file
    draws: bool = True  # a step may use a random number
    delays_saves: bool = False  # a step may request a save that is put off
    save_is_requested: bool = False
    verifies: bool = False  # a step may require and clear verifications

    @property
    def saves(self) -> bool:
        """Does a call write or move the pool file, or do others write files between calls?"""
        moving = ("save", "flush_save", "pool_path")
        return bool(self.writes) or (bool(self.files) and any(method in moving for method, _ in self.calls))

    def to_scenario(self) -> Scenario:
        """The session as a scenario without expectations."""
        calls = [
            Call(method, params, files=self.writes.get(position, {}))
            for position, (method, params) in enumerate(self.calls)
        ]
        return Scenario(calls, self.files)


def label_of(session: GeneratedSession, record: bytes) -> str | None:
    return session.labels[record[1] % len(session.labels)] if session.labels else None


def asked_of(session: GeneratedSession, record: bytes) -> Params:
    family = session.families[record[2] % len(session.families)]
    model = MODELS[record[4]]
    return {"family": family} if model is None else {"family": family, "model": model}


def _styled(session: GeneratedSession, record: bytes) -> Params:
    params = asked_of(session, record)
    if (style := session.styles[record[3] % len(session.styles)]) is not None:
        params["header_style"] = style
    return params


def _select(session: GeneratedSession, record: bytes) -> None:
    params = _styled(session, record)
    params["strategy"] = session.strategies[record[5] % len(session.strategies)]
    if session.offsets[record[6] % len(session.offsets)]:
        params["pid_offset_enabled"] = True
    if session.threshold is not None and record[7] < 200:
        params |= _soft_quota(session.threshold, record)
    session.calls.append(("select", params))


def _soft_quota(threshold: float, record: bytes) -> Params:
    ttl_ms = CACHE_TTLS_MS[record[9]]
    params: Params = {"soft_quota_threshold_percent": threshold}
    return params if ttl_ms is None else {**params, "soft_quota_cache_ttl_ms": ttl_ms}


def _select_often(session: GeneratedSession, record: bytes) -> None:
    times = TIMES[record[8]]
    if record[15] >= 254:
        is_longest = record[14] >= 246 and record[13] >= 216
        times = VERY_MANY_TIMES if is_longest else MANY_TIMES
    _select(session, record)
    session.calls += session.calls[-1:] * (times - 1)


def _limit(session: GeneratedSession, record: bytes) -> None:
    label = label_of(session, record)
    if label is not None:
        _limit_one(session, record, label, _styled(session, record))


def _limit_one(session: GeneratedSession, record: bytes, label: str, asked: Params) -> None:
    duration_ms = DURATIONS_MS[record[5]]
    session.ends_ms.append(session.now_ms + duration_ms)
    session.calls.append(("mark_rate_limited", {"label": label, "retry_after_ms": duration_ms, **asked}))


def _limit_all(session: GeneratedSession, record: bytes) -> None:
    """Limit all accounts or all but one, for one header style or both."""
    asked = _styled(session, record)
    both = asked["family"] == "gemini" and record[6] < 128
    for place, label in enumerate(session.labels):
        if record[7] >= 128 and place == record[1] % len(session.labels):
            continue
        for style in HEADER_STYLES if both else (None,):
            _limit_one(session, record, label, asked if style is None else {**asked, "header_style": style})


def _limit_for_a_reason(session: GeneratedSession, record: bytes) -> None:
    label = label_of(session, record)
    if label is None:
        return
    reason = REASONS[record[5]]
    if reason == DRAWING_REASON and not session.draws:
        reason = "QUOTA_EXHAUSTED"
    params = {"label": label, **_styled(session, record), "reason": reason}
    if (retry_after_ms := RETRY_AFTER_MS[record[6]]) is not None:
        params["retry_after_ms"] = retry_after_ms
    if (ttl_ms := FAILURE_TTLS_MS[record[7]]) is not None:
        params["failure_ttl_ms"] = ttl_ms
    session.calls.append(("mark_rate_limited_with_reason", params))


def _fail_in_a_row(session: GeneratedSession, record: bytes) -> None:
    if record[15] >= 254:
        begun = len(session.calls)
        _limit_for_a_reason(session, record)
        session.calls += session.calls[begun:] * MANY_TIMES
        return
    for _ in range(TIMES[record[8]] // 2):
        _limit_for_a_reason(session, record)
        _advance(session, record)
    _limit_for_a_reason(session, record)


def _cool(session: GeneratedSession, record: bytes) -> None:
    label = label_of(session, record)
    if label is None:
        return
    for each in session.labels if record[6] >= 200 else [label]:
        duration_ms = DURATIONS_MS[record[5]]
        session.ends_ms.append(session.now_ms + duration_ms)
        params = {"label": each, "cooldown_ms": duration_ms, "reason": COOLDOWN_REASONS[record[7]]}
        session.calls.append(("mark_cooling_down", params))


def _switch(session: GeneratedSession, record: bytes) -> None:
    label = label_of(session, record)
    if label is None:
        return
    for each in session.labels if record[6] >= 200 else [label]:
        session.calls.append(("set_enabled", {"label": each, "enabled": record[5] >= 128}))


def remove(session: GeneratedSession, record: bytes) -> None:
    label = label_of(session, record)
    if label is None:
        return
    session.calls.append(("remove", {"label": label}))
    session.labels.remove(label)


def _remove_the_last(session: GeneratedSession, _record: bytes) -> None:
    """Remove the last account: a family whose current account it was then has none."""
    if session.labels:
        session.calls.append(("remove", {"label": session.labels.pop()}))


def _of_an_account(method: str) -> Callable[[GeneratedSession, bytes], None]:
    def add(session: GeneratedSession, record: bytes) -> None:
        if (label := label_of(session, record)) is not None:
            session.calls.append((method, {"label": label}))

    return add


def _record_health(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is not None:
        for _ in range(1 + record[6] // 86):
            session.calls.append(("record_health", {"label": label, "outcome": OUTCOMES[record[5]]}))


def _consume(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is not None:
        session.calls.append(("consume_token", {"label": label, "amount": AMOUNTS[record[5]]}))


def _refund(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is not None:
        session.calls.append(("refund_token", {"label": label, "amount": AMOUNTS[record[5]]}))


def _wait(session: GeneratedSession, record: bytes) -> None:
    params = asked_of(session, record)
    if session.styled_waits and (style := session.styles[record[3] % len(session.styles)]) is not None:
        params["header_style"] = style
        params["strict"] = record[5] >= 128
    session.calls.append(("min_wait", params))


def _soft_wait(session: GeneratedSession, record: bytes) -> None:
    params = asked_of(session, record)
    if session.threshold is not None:
        params |= _soft_quota(session.threshold, record)
    session.calls.append(("soft_quota_wait", params))


def _reset(session: GeneratedSession, record: bytes) -> None:
    session.calls.append(("reset_limits", asked_of(session, record)))


def _other(session: GeneratedSession, record: bytes) -> None:
    if (label := label_of(session, record)) is not None:
        session.calls.append(("has_other_account", {"label": label, **asked_of(session, record)}))


def _advance(session: GeneratedSession, record: bytes) -> None:
    """By a fixed step, or to just before, at or just after the end of a limit or cooldown."""
    ms: float = STEPS_MS[record[9]]
    from_end_ms = TO_AN_END_MS[record[10]]
    if from_end_ms is not None and session.ends_ms:
        ms = session.ends_ms[record[11] % len(session.ends_ms)] + from_end_ms - session.now_ms
        if not 0 < ms < 1e11:
            ms = STEPS_MS[record[9]]
    if session.now_ms + ms < 0:
        ms = -ms  # a clock before 1970 tells nothing
    session.now_ms += ms
    session.calls.append(("advance", {"ms": ms}))


def open_again(session: GeneratedSession, record: bytes) -> None:
    """Open the same pool with another PID. Never for a folder, because the target may have rewritten the file."""
    if "home" in session.opened:
        return
    pid = (session.opened["pid"] + STRIDES[record[5]]) % 2**32
    session.opened = {**session.opened, "pid": pid}
    session.calls.append(("open", session.opened))
    session.labels = list(session.all_labels)
    session.now_ms = session.opened["now_ms"]
    if record[15] >= 254 and record[14] >= 128 and len(session.labels) <= 8:
        _select(session, record)
        session.calls += session.calls[-2:] * OPENS


def _close(session: GeneratedSession, record: bytes) -> None:
    """Close, ask without a pool, and open again. Never for a folder, as in `open_again`."""
    if "home" in session.opened:
        return
    session.calls.append(("close", {}))
    (_select if record[5] < 128 else _advance)(session, record)
    session.opened = {**session.opened, "now_ms": session.now_ms}
    session.calls.append(("open", session.opened))
    session.labels = list(session.all_labels)


def save(session: GeneratedSession, record: bytes) -> None:
    """Save or flush a requested save, mostly after others have changed the file; then mostly open the new file."""
    flushes = session.delays_saves and record[14] >= 208
    if flushes and not session.save_is_requested:
        _request_save(session, record)
        return
    if record[1] >= 64 and session.stored is not None:
        text, session.stored = change_of_others(session.head, record, session.stored, session.now_ms)
        session.writes[len(session.calls)] = {POOL_FILE: {"text": text}}
    session.calls.append(("flush_save" if flushes else "save", {}))
    if flushes:
        session.save_is_requested = False
    if session.delays_saves and record[0] >= 224:
        return
    session.opened = {**session.opened, "now_ms": session.now_ms}
    session.calls.append(("open", session.opened))
    session.save_is_requested = False
    if session.verifies and record[10] >= 160:  # only this shows which accounts wait for verification in the file
        session.calls += [("clear_verification", {"label": each, "enable": True}) for each in session.labels]


def _request_save(session: GeneratedSession, record: bytes) -> None:
    """Request a save once or twice, or flush without a request. The file is not opened again afterwards.

    A release that migrated the file at the first `open` would load another pool.
    """
    session.save_is_requested = record[0] >= 32
    method = "request_save" if session.save_is_requested else "flush_save"
    session.calls += [(method, {})] * (1 + record[0] % 2)


Step = Callable[[GeneratedSession, bytes], None]
# How often each kind of step occurs, and the capability that it needs.
KINDS: tuple[tuple[Step, int, str], ...] = (
    (_select, 38, "sticky"),
    (_select_often, 9, "sticky"),
    (_limit, 14, "limits"),
    (_limit_all, 6, "limits"),
    (_limit_for_a_reason, 12, "backoff"),
    (_fail_in_a_row, 4, "backoff"),
    (_cool, 13, "cooldown"),
    (_switch, 8, "enabled"),
    (remove, 6, "remove"),
    (_remove_the_last, 7, "remove"),
    (_of_an_account("mark_used"), 8, "used"),
    (_of_an_account("mark_success"), 4, "backoff"),
    (_record_health, 9, "health"),
    (_consume, 8, "tokens"),
    (_refund, 4, "tokens"),
    (_wait, 11, "min-wait"),
    (_soft_wait, 6, "soft-quota"),
    (_reset, 5, "reset-limits"),
    (_other, 6, "other-account"),
    (_advance, 20, "clock"),
    (open_again, 3, "sticky"),
    (_close, 2, "sticky"),
)
