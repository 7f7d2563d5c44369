"""A second round of faults: saving the pool file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import saving
from reference_impl.limits import Family
from reference_impl.pool import Account
from reference_impl.profiles import Profile
from reference_impl.saving import SessionState
from reference_impl.storage import parse
from tests.fakes.blind.calls import (
    POOL_PATH,
    account,
    advance,
    call,
    changed_by_another,
    cool,
    limit,
    opened_home,
    pool,
    pool_file,
    rotate,
    saved,
    select,
    switch,
)
from tests.fakes.blind.ports import Original, Section

section = Section("saving")
ONE, TWO, THREE = (pool_file(pool(*"abc"[:count])) for count in (1, 2, 3))
READ = call("read_file", path=POOL_PATH)
_LIMITED = pool(account("a", rateLimitResetTimes={"claude": 9000}))


@section.patch(
    saving,
    "_changed",
    opened_home(),
    limit("a", 1000),
    saved(),
    opened_home(),
    advance(2000),
    select(),
    files=pool_file(_LIMITED),
)
def later_time_always(original: Original, mine: Any, before: Any, theirs: Any) -> Any:
    """Keeps the later of two times without asking which one has changed."""
    times = [time for time in (mine, theirs) if time is not None]
    return max(times) if len(times) == 2 else original(mine, before, theirs)


_COOLING = pool_file(pool(account("a", coolingDownUntil=1000, cooldownReason="x")))


@section.patch(saving, "_changed", opened_home(), advance(1000), select(), saved(), READ, files=_COOLING)
def ended_cooldown_stays_in_the_file(original: Original, mine: Any, before: Any, theirs: Any) -> Any:
    """Writes `mine ?? theirs` for the cooldown, so that one that has ended stays in the file."""
    return theirs if mine is None and isinstance(theirs, tuple) else original(mine, before, theirs)


@section.patch(
    saving,
    "_place",
    opened_home(),
    rotate(),
    rotate(),
    changed_by_another(saved(), pool("a", "c")),
    opened_home(),
    select(),
    files=THREE,
)
def lost_account_goes_back(
    original: Original, session: SessionState, family: Family, labels: Sequence[str], profile: Profile
) -> int:
    """Names the account before the one that is gone, not the one after it."""
    index = max(0, session.current[family])
    mine = [each.label for each in session.accounts]
    if index < len(mine) and mine[index] not in labels:
        return next((list(labels).index(label) for label in reversed(mine[:index]) if label in labels), 0)
    return int(original(session, family, labels, profile))


_WAITS = pool(account("a", verificationRequired=True, enabled=False), "b")


@section.patch(
    saving,
    "_merged",
    opened_home(),
    switch("a", False),
    changed_by_another(saved(), _WAITS),
    opened_home(),
    call("clear_verification", label="a", enable=True),
    rotate(),
    rotate(),
    files=TWO,
)
def enabled_and_verification_are_one(
    original: Original, account: Account, session: SessionState, entry: dict[str, Json], profile: Profile
) -> Json:
    """Stores its own verification too if the session has changed `enabled`."""
    before = session.before[account.label]
    if account.enabled != before.enabled and account.verification == before.verification:
        none = replace(before, verification={"changed": True})
        session = replace(session, before={**session.before, account.label: none})
    return original(account, session, entry, profile)


@section.patch(saving, "_accounts_in", opened_home(), changed_by_another(saved(), pool()), opened_home(), files=ONE)
def empty_list_is_no_file(original: Original, *args: Any) -> Json:
    """Writes `accounts or None`, so that an empty list counts as an unusable file."""
    return original(*args) or None


_BOTH = pool(account("a", rateLimitResetTimes={"claude": 9000}))


@section.patch(
    saving,
    "_merged",
    opened_home(),
    limit("a", 1000, "gemini"),
    changed_by_another(saved(), _BOTH),
    opened_home(),
    select(),
    files=ONE,
)
def limits_merged_as_a_whole(
    original: Original, account: Account, session: SessionState, entry: dict[str, Json], profile: Profile
) -> Json:
    """Stores its own table of limits if any of them has changed in the session."""
    merged = original(account, session, entry, profile)
    if account.reset_times_ms != session.before[account.label].reset_times_ms:
        return {**merged, "rateLimitResetTimes": dict(account.reset_times_ms)}
    return merged


@section.patch(
    saving, "saved_document", opened_home(), changed_by_another(saved(), pool("b", "a")), opened_home(), files=TWO
)
def order_of_the_session(original: Original, session: SessionState, *args: Any) -> Json:
    """Writes the accounts in the order of the session, and others behind them."""
    document = original(session, *args)
    if document is None:
        return None
    labels = [each.label for each in session.accounts]
    entries: list[Any] = document["accounts"]
    active = [entries[index] for index in document["activeIndexByFamily"].values()] if entries else []
    entries.sort(key=lambda each: labels.index(each["refreshToken"]) if each["refreshToken"] in labels else 99)
    indices = [entries.index(each) for each in active]
    families = dict(zip(document["activeIndexByFamily"], indices, strict=False)) or document["activeIndexByFamily"]
    return {**document, "activeIndex": families["claude"], "activeIndexByFamily": families}


_USED = pool(account("a", lastUsed=5), "b")


@section.patch(
    saving,
    "saved_document",
    opened_home(),
    call("remove", label="a"),
    changed_by_another(saved(), _USED),
    opened_home(),
    files=TWO,
)
def changed_account_is_not_removed(
    original: Original, session: SessionState, content: bytes | None, *args: Any
) -> Json:
    """Keeps a removed account whose entry another writer has changed since."""
    document = parse(content)
    entries = document.get("accounts") if isinstance(document, Mapping) else None
    changed = [
        label
        for label, known in session.before.items()
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and entry.get("refreshToken") == label and entry != known.stored
    ]
    before = {label: known for label, known in session.before.items() if label not in changed}
    present = {each.label for each in session.accounts}
    kept = {**before, **{label: known for label, known in session.before.items() if label in present}}
    return original(replace(session, before=kept), content, *args)


_COOLS = pool(account("a", coolingDownUntil=9000, cooldownReason="x"))


@section.patch(
    saving,
    "_merged",
    opened_home(),
    limit("a", 1000),
    changed_by_another(saved(), _COOLS),
    opened_home(),
    advance(1000),
    select(),
    files=ONE,
)
def limited_account_loses_the_cooldown_of_others(
    original: Original, account: Account, session: SessionState, entry: dict[str, Json], profile: Profile
) -> Json:
    """Replaces the whole entry if the session has limited the account."""
    merged = original(account, session, entry, profile)
    if account.reset_times_ms != session.before[account.label].reset_times_ms and not account.cooling_down_until_ms:
        return {key: value for key, value in merged.items() if key not in ("coolingDownUntil", "cooldownReason")}
    return merged


@section.patch(saving, "_own", opened_home(), limit("a", 1000, "gemini", model="Pro:1"), saved(), READ, files=ONE)
def keys_in_lower_case(original: Original, account: Account, *args: Any) -> Json:
    """Stores quota keys in lower case."""
    merged = original(account, *args)
    return {**merged, "rateLimitResetTimes": {key.lower(): end for key, end in account.reset_times_ms.items()}}


_NOTED = pool_file(pool(account("a", note={"x": None}, email="e", projectId="p")))


@section.patch(saving, "_own", opened_home(), saved(), READ, files=_NOTED)
def nulls_inside_fields_dropped(original: Original, *args: Any) -> Json:
    """Drops null from unknown fields, at every depth."""
    return {key: _without_null(value) for key, value in original(*args).items()}


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return value


_LAST = pool_file(pool(account("a", lastUsed=500)))


@section.patch(saving, "_own", opened_home(now_ms=100), saved(), READ, files=_LAST)
def last_use_of_at_most_now(original: Original, account: Account, entry: Any, read_ms: float, profile: Profile) -> Json:
    """Cuts a time of last use to the time at which it read the file."""
    return original(replace(account, last_used_ms=min(account.last_used_ms, read_ms)), entry, read_ms, profile)


@section.patch(
    saving,
    "_merged",
    opened_home(),
    cool("a", 5000, "mine"),
    changed_by_another(saved(), _COOLS),
    READ,
    files=ONE,
)
def reason_of_the_session(original: Original, account: Account, *args: Any) -> Json:
    """Keeps its own reason with the later cooldown of another writer."""
    merged = original(account, *args)
    if account.cooldown_reason and "coolingDownUntil" in merged:
        return {**merged, "cooldownReason": account.cooldown_reason}
    return merged


@section.patch(
    saving,
    "_merged",
    opened_home(),
    changed_by_another(saved(), pool(account("a", enabled=0))),
    READ,
    files=ONE,
)
def enabled_by_truth(original: Original, account: Account, session: Any, entry: dict[str, Json], *args: Any) -> Json:
    """Reads `enabled` of another writer for its truth, so that 0 disables the account."""
    merged = original(account, session, entry, *args)
    return {**merged, "enabled": False} if entry.get("enabled") in (0, "") and "enabled" in entry else merged


@section.patch(saving, "saved_document", opened_home(), rotate("gemini"), rotate("gemini"), saved(), READ, files=TWO)
def index_of_gemini_needs_claude(original: Original, session: SessionState, *args: Any) -> Json:
    """Stores the indices of the families only if that of Claude has changed."""
    document = original(session, *args)
    if document is not None and document["activeIndexByFamily"]["claude"] == 0:
        return {**document, "activeIndexByFamily": {"claude": 0, "gemini": 0}}
    return document
