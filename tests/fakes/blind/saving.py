"""Saving the pool file."""

from collections.abc import Sequence
from typing import Any

from conformance.json_type import Json
from reference_impl import saving
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account
from reference_impl.saving import SessionState
from tests.fakes.blind.calls import (
    account,
    advance,
    call,
    changed_by_another,
    limit,
    opened_home,
    pool,
    pool_file,
    rotate,
    saved,
    select,
    switch,
    wait,
)
from tests.fakes.blind.ports import Original, Section

section = Section("saving")
Entry = dict[str, Json]
ONE, TWO, THREE = (pool_file(pool(*"abc"[:count])) for count in (1, 2, 3))


@section.patch(saving, "_own", opened_home(), limit("a", 1500), saved(), opened_home(), wait(), files=ONE)
def limits_in_seconds(original: Original, account: Account, *args: Any) -> Json:
    """Stores reset times in whole seconds."""
    entry = original(account, *args)
    return {**entry, "rateLimitResetTimes": {key: end // 1000 * 1000 for key, end in account.reset_times_ms.items()}}


@section.patch(saving, "_own", opened_home(), switch("a", False), saved(), opened_home(), call("snapshot"), files=TWO)
def false_is_left_out(original: Original, *args: Any) -> Json:
    """Omits empty values with `if value`, which also omits `enabled: false`."""
    return {key: value for key, value in original(*args).items() if value}


_APART = pool_file(pool("a", "b", families={"claude": 0, "gemini": 1}))


@section.patch(saving, "saved_document", opened_home(), saved(), opened_home(), rotate(), files=_APART)
def active_index_of_gemini(original: Original, *args: Any) -> Json:
    """Stores as active index that of the last family in its loop."""
    document = original(*args)
    return {**document, "activeIndex": document["activeIndexByFamily"]["gemini"]}


_USED = pool(account("a", lastUsed=9000))


@section.patch(
    saving,
    "_merged",
    opened_home(),
    changed_by_another(saved(), _USED),
    opened_home(now_ms=9500),
    call("snapshot"),
    files=ONE,
)
def last_use_overwritten(original: Original, account: Account, *args: Any) -> Json:
    """Stores its own time of last use, even if another process has used the account since."""
    return {**original(account, *args), "lastUsed": account.last_used_ms}


_CASES = pool_file(pool(account("a", email="Me"), account("b", email="me")))


@section.patch(saving, "_accounts_in", opened_home(), saved(), opened_home(), files=_CASES)
def accounts_merged_by_email(original: Original, *args: Any) -> Json:
    """Merges by email in lower case when it saves, where reading compares emails exactly."""
    accounts = original(*args)
    if accounts is None:
        return None
    unique = {str(entry.get("email") or token).lower(): token for token, entry in accounts.items()}
    return {token: accounts[token] for token in accounts if token in unique.values()}


_FULL = {"claude": {"remainingFraction": 0}}
_READ = pool_file(pool(account("a", cachedQuota=_FULL, cachedQuotaUpdatedAt=0), "b"))


@section.patch(
    saving, "_own", opened_home(), saved(), opened_home(), select(soft_quota_threshold_percent=90), files=_READ
)
def quota_readings_left_out(original: Original, *args: Any) -> Json:
    """Stores only the fields of its own type, which has no quota readings."""
    entry = original(*args)
    return {key: value for key, value in entry.items() if not key.startswith("cachedQuota")}


@section.port(
    opened_home(), limit("a", 5000), saved(), changed_by_another(saved(), pool("a")), opened_home(), wait(), files=ONE
)
class FirstReadingIsTheBase(ReferenceAdapter):
    """Merges each save with the file as it was opened, so that a second save repeats the first one."""

    def save(self) -> None:
        before = self.before
        super().save()
        self.before = before


_LATER = pool(account("a", rateLimitResetTimes={"claude": 5000}))


@section.patch(
    saving,
    "_changed",
    opened_home(),
    limit("a", 3000),
    changed_by_another(saved(), _LATER),
    opened_home(),
    wait(),
    files=ONE,
)
def earlier_of_two_times(original: Original, mine: Any, before: Any, theirs: Any) -> Any:
    """Keeps the earlier end if both have changed one."""
    if None in (mine, theirs) or before in (mine, theirs):
        return original(mine, before, theirs)
    return min(mine, theirs)


@section.patch(
    saving,
    "_is_later",
    opened_home(),
    changed_by_another(saved(), pool("a", "new", version=5)),
    opened_home(),
    files=ONE,
)
def newer_file_replaced(*_: Any) -> bool:
    """Writes its own version over a file of a newer version."""
    return False


_OTHER = "other/.config/opencode/antigravity-accounts.json"


@section.port(
    opened_home(),
    opened_home("{root}/other"),
    limit("b", 5000),
    saved(),
    opened_home("{root}/other"),
    wait(),
    files={**ONE, **pool_file(pool("b"), _OTHER)},
)
class FirstPathIsKept(ReferenceAdapter):
    """Computes the path of the pool file once."""

    first: str | None = None

    def save(self) -> None:
        home = self.home
        self.home = self.first or home
        try:
            super().save()
        finally:
            self.home = home

    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        self.first = self.first or self.home
        return answer


_AT_THE_END = pool_file(pool("a", "b", "c", active=2))


@section.patch(
    saving,
    "_place",
    opened_home(),
    changed_by_another(saved(), pool("a", "b")),
    opened_home(),
    select(),
    files=_AT_THE_END,
)
def index_of_a_lost_account_is_the_last(
    original: Original, session: SessionState, family: Any, labels: Sequence[str], *args: Any
) -> int:
    """Clamps the index of an account that is gone, where the first account follows the last one."""
    following = [each.label for each in session.accounts[max(0, session.current[family]) :]]
    if labels and not set(following) & set(labels):
        return len(labels) - 1
    return int(original(session, family, labels, *args))


_OFF = pool_file(pool(account("a", enabled=False), "b"))


@section.patch(saving, "_merged", opened_home(), switch("a", True), saved(), opened_home(), select(), files=_OFF)
def enabled_needs_both(original: Original, account: Account, before: Account, entry: Entry, *args: Any) -> Json:
    """Combines both values of `enabled` with `and`, so that an account cannot be enabled again."""
    merged = original(account, before, entry, *args)
    return {**merged, "enabled": merged["enabled"] and entry.get("enabled") is not False}


@section.patch(
    saving,
    "_merged",
    opened_home(),
    limit("a", 5000),
    saved(),
    call("reset_limits", family="claude"),
    saved(),
    opened_home(),
    wait(),
    files=ONE,
)
def no_limits_change_nothing(original: Original, account: Account, before: Any, entry: Entry, *args: Any) -> Json:
    """Merges limits only if the session has some, so that clearing the last one has no effect."""
    merged = original(account, before, entry, *args)
    return merged if account.reset_times_ms else {**merged, "rateLimitResetTimes": entry.get("rateLimitResetTimes")}


@section.patch(
    saving, "saved_document", opened_home(), changed_by_another(saved(), pool("a", "new")), opened_home(), files=ONE
)
def accounts_of_others_dropped(original: Original, session: SessionState, *args: Any) -> Json:
    """Writes only the accounts that it has read, so that an account added since is lost."""
    document = original(session, *args)
    return {**document, "accounts": [each for each in document["accounts"] if each["refreshToken"] in session.before]}


@section.patch(
    saving,
    "saved_document",
    opened_home(),
    limit("a", 1000),
    advance(1000),
    saved(),
    opened_home(now_ms=500),
    wait(),
    files=ONE,
)
def ended_limits_dropped(
    original: Original, session: SessionState, content: bytes | None, profile: Any, now_ms: float
) -> Json:
    """Drops limits that have ended when it saves, so that they do not return when the clock is set back."""
    document = original(session, content, profile, now_ms)
    for each in document["accounts"]:
        limits = each.get("rateLimitResetTimes") or {}
        each["rateLimitResetTimes"] = {key: end for key, end in limits.items() if end > now_ms}
    return document


@section.patch(
    saving,
    "_merged",
    opened_home(),
    saved(),
    opened_home(),
    select("gemini"),
    files=pool_file(pool(account("a", rateLimitResetTimes={"gemini-antigravity": 5000}), "b")),
)
def limits_of_unused_quotas_dropped(
    original: Original, account: Account, before: Account, entry: Entry, *args: Any
) -> Json:
    """Stores the limits of the quotas that the session has used, and takes the others for rubbish."""
    merged = original(account, before, entry, *args)
    limits = {key: end for key, end in merged["rateLimitResetTimes"].items() if key in account.touched_ms}
    return {**merged, "rateLimitResetTimes": limits}
