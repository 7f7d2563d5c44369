"""Events between selections: limits, backoff, enabling, removal, and the minimum wait.

Sources: LIM-*, BACK-*, COOL-*, ENA-*, REM-*, WAIT-*; releases 1.2.8 to 1.6.0, `dist/src/plugin/accounts.js`.
"""

import math
from collections.abc import Callable

from reference_impl.backoff import FAILURE_TTL_MS, backoff_ms
from reference_impl.javascript import least
from reference_impl.limits import (
    FAMILIES,
    HeaderStyle,
    Request,
    forget_ended,
    in_both_styles,
    is_limited,
    is_limited_in_both_styles,
    quota_key,
)
from reference_impl.pool import NOWHERE, Account
from reference_impl.selection import Selector, is_cooling


def mark_rate_limited(account: Account, request: Request, retry_after_ms: float, now_ms: float) -> None:
    """Limits the quota of the request until `retry_after_ms` from now (LIM-001)."""
    key = quota_key(request.family, request.style, request.model)
    account.reset_times_ms[key] = now_ms + retry_after_ms


def mark_rate_limited_with_reason(
    selector: Selector,
    account: Account,
    request: Request,
    reason: str,
    now_ms: float,
    draw: Callable[[], float],
    retry_after_ms: float | None = None,
    failure_ttl_ms: float | None = None,
) -> float:
    """Limits the quota by the reason and the number of consecutive failures (BACK-*).

    Returns the backoff in milliseconds. `draw` returns a random number in [0, 1).
    """
    ttl_ms = FAILURE_TTL_MS if failure_ttl_ms is None else failure_ttl_ms
    last_ms = account.last_failure_ms
    if last_ms is not None and now_ms - last_ms > ttl_ms and not selector.profile.has("failures-never-expire"):
        account.failures = 0
    asked = retry_after_ms is not None and retry_after_ms > 0
    jittered = reason == "MODEL_CAPACITY_EXHAUSTED" and not asked
    fixed = selector.profile.has("capacity-backoff-fixed")
    wait_ms = backoff_ms(reason, account.failures, retry_after_ms, draw() if jittered and not fixed else None)
    account.failures += 1
    account.last_failure_ms = now_ms
    mark_rate_limited(account, request, wait_ms, now_ms)
    return wait_ms


def set_enabled(selector: Selector, account: Account, enabled: bool) -> None:
    """Enables or disables an account, and requests a save (STO-038).

    Families on a disabled account move to the first enabled one (ENA-002).
    """
    account.enabled, selector.save_is_pending = enabled, True
    if enabled:
        return
    accounts = selector.pool.accounts
    place = next(i for i, other in enumerate(accounts) if other is account)
    first = next((other.index for other in accounts if other is not account and other.enabled), NOWHERE)
    for family in FAMILIES:
        if selector.current[family] == place:
            selector.current[family] = first


def require_verification(
    selector: Selector, account: Account, message: str | None, url: str | None, now_ms: float
) -> None:
    """Disables an account until its user has verified it (VER-001). Requests a save."""
    texts = {"verificationRequiredReason": message, "verificationUrl": url}
    given = {key: text.strip() for key, text in texts.items() if text and text.strip()}
    kept = {key: account.verification[key] for key in ("verificationUrl",) if key in account.verification}
    account.verification = {"verificationRequired": True, "verificationRequiredAt": now_ms, **kept, **given}
    selector.save_is_pending = True
    if account.enabled:
        set_enabled(selector, account, False)


def clear_verification(selector: Selector, account: Account, enable: bool) -> None:
    """Records that an account is verified. With `enable`, enables it if it waited (VER-003 to VER-005)."""
    waited = account.verification.get("verificationRequired") is True
    if waited or account.verification.keys() - {"verificationRequired"}:
        selector.save_is_pending = True
    account.verification = {"verificationRequired": False}
    if enable and waited:
        set_enabled(selector, account, True)


def available_header_style(account: Account, request: Request, now_ms: float) -> HeaderStyle | None:
    """Returns the first header style for which the account is not rate-limited (STYLE-001 to STYLE-003)."""
    forget_ended(account.reset_times_ms, now_ms)
    free = (each.style for each in in_both_styles(request) if not is_limited(account.reset_times_ms, each, now_ms))
    return next(free, None)


def remove(selector: Selector, account: Account) -> None:
    """Removes an account. Later accounts move up by one; cursor and families follow them (REM-*)."""
    accounts = selector.pool.accounts
    place = next(i for i, other in enumerate(accounts) if other is account)
    del accounts[place]
    for index, other in enumerate(accounts):
        other.index = index
    if not selector.profile.has("trackers-by-index"):
        selector.health.scores = _without(selector.health.scores, place)
        selector.tokens.buckets = _without(selector.tokens.buckets, place)
    if not accounts:
        selector.cursor = 0
        selector.current = dict.fromkeys(FAMILIES, NOWHERE)
        return
    if not selector.profile.has("cursor-not-wrapped-on-removal"):
        selector.cursor %= len(accounts) + 1  # the place of the next account, before the removal
    if selector.cursor > place:
        selector.cursor -= 1
    selector.cursor %= len(accounts)
    for family in FAMILIES:
        if selector.current[family] > place:
            selector.current[family] -= 1
        if selector.current[family] >= len(accounts):
            selector.current[family] = NOWHERE


def _without(tracked: dict[int, tuple[float, float]], place: int) -> dict[int, tuple[float, float]]:
    return {index - (index > place): state for index, state in tracked.items() if index != place}


def reset_limits(selector: Selector, request: Request) -> None:
    """Clears the limits that apply to the request, and all counts of consecutive failures (WAIT-005)."""
    for account in selector.pool.accounts:
        for each in in_both_styles(request):
            keys = {quota_key(each.family, each.style, each.model)}
            if not selector.profile.has("reset-leaves-base-limit"):
                keys.add(quota_key(each.family, each.style))
            for key in keys:
                account.reset_times_ms.pop(key, None)
        account.failures = 0


def has_other_account(selector: Selector, account: Account, request: Request, now_ms: float) -> bool:
    """Returns whether another account can serve a Gemini request with the style `antigravity`.

    Always False for Claude (OTH-*).
    """
    if request.family == "claude":
        return False
    asked = Request(request.family, "antigravity", request.model)
    for other in selector.pool.accounts:
        if other.index == account.index or not other.enabled or is_cooling(other, now_ms):
            continue
        forget_ended(other.reset_times_ms, now_ms)
        if not is_limited(other.reset_times_ms, asked, now_ms):
            return True
    return False


def min_wait_ms(selector: Selector, request: Request, now_ms: float, *, strict: bool) -> float:
    """Returns the time in milliseconds until an account is available (WAIT-*).

    0 means that one is available now, or that none ever will be. With `strict`, only the header style of the request
    counts.
    """
    has = selector.profile.has
    waits = []
    for account in selector.pool.accounts:
        forget_ended(account.reset_times_ms, now_ms)
    for account in selector.pool.accounts:
        is_out = not account.enabled and not has("disabled-accounts-selected")
        limited = is_limited if strict else is_limited_in_both_styles
        rests = not has("wait-ignores-cooldown") and is_cooling(account, now_ms)
        if not is_out and not rests and not limited(account.reset_times_ms, request, now_ms):
            return 0
        if not is_out or has("wait-counts-disabled-accounts"):
            waits.append(_wait_ms(selector, account, request, now_ms, strict=strict))
    return least([wait for wait in waits if wait is not None], default=0)


def _wait_ms(selector: Selector, account: Account, request: Request, now_ms: float, *, strict: bool) -> float | None:
    """The time in milliseconds until this account is available with any of the allowed header styles; None if never."""
    has = selector.profile.has
    styles = []
    allowed = [request] if strict else list(in_both_styles(request))
    for each in allowed:
        keys = {quota_key(each.family, each.style, each.model)}
        if not has("wait-ignores-base-limit"):
            keys.add(quota_key(each.family, each.style))
        ends = [account.reset_times_ms[key] for key in keys if key in account.reset_times_ms]
        if ends:
            styles.append(max(ends) - now_ms)
        elif not has("wait-ignores-base-limit"):
            styles.append(0)
    wait = least(styles, default=math.inf) if styles else None
    if wait == math.inf and len(allowed) > 1:
        wait = None
    if not has("wait-ignores-cooldown") and account.cooling_down_until_ms is not None:
        rest = max(0, account.cooling_down_until_ms - now_ms)
        return max(rest, wait or 0)
    return wait
