"""Reading pool files."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.json_type import Json
from reference_impl import storage
from tests.fakes.blind.calls import account, opened_home, pool, pool_file, select
from tests.fakes.blind.ports import Original, Section

section = Section("pool-file")
Entry = dict[str, Json]


def twins(first: Json, second: Json, **fields: Json) -> Mapping[str, Mapping[str, Json]]:
    """A file with two accounts that differ in their emails."""
    return pool_file(pool(account("a", email=first, lastUsed=1), account("b", email=second, lastUsed=2), **fields))


@section.patch(storage, "_email", opened_home(), files=twins("Me@x.org", "me@x.org"))
def emails_ignore_case(original: Original, entry: Entry) -> Json:
    """Compares emails in lower case, because mail servers do."""
    key = original(entry)
    return (key[0], key[1].lower()) if key is not None and isinstance(key[1], str) else key


@section.patch(storage, "_email", opened_home(), files=twins("me@x.org ", "me@x.org"))
def emails_trimmed(original: Original, entry: Entry) -> Json:
    """Trims emails before it compares them."""
    key = original(entry)
    return (key[0], key[1].strip()) if key is not None and isinstance(key[1], str) else key


@section.patch(storage, "_email", opened_home(), files=twins(1, "1"))
def emails_as_text(original: Original, entry: Entry) -> Json:
    """Uses emails as keys of an object, whose keys are always strings."""
    key = original(entry)
    return key if key is None else (False, str(key[1]))


@section.patch(storage, "_email", opened_home(), files=twins("", ""))
def empty_emails_are_equal(original: Original, entry: Entry) -> Json:
    """Tests `email is not None`, so that two empty emails are the same email."""
    return (False, "") if entry.get("email") == "" else original(entry)


_TIE = pool_file(pool(account("a", email="me", lastUsed=1), account("b", email="me", lastUsed=1)))


@section.patch(storage, "_is_newer", opened_home(), files=_TIE)
def last_of_equal_entries_wins(original: Original, entry: Entry, other: Entry, profile: Any) -> bool:
    """Writes `>=` where the newest entry is kept, so that a tie goes to the last one."""
    return bool(original(entry, other, profile)) or not original(other, entry, profile)


_MOVED = pool(account("a", email="me", lastUsed=1), "b", account("c", email="me", lastUsed=2))


@section.patch(storage, "newest_by_email", opened_home(), files=pool_file(_MOVED))
def kept_at_the_first_place(original: Original, entries: Sequence[Entry], profile: Any) -> list[Entry]:
    """Replaces values of an ordered map, so that the newest entry gets the place of the first one."""
    kept = original(entries, profile)
    emails = [entry.get("email") or id(entry) for entry in entries]
    return sorted(kept, key=lambda entry: emails.index(entry.get("email") or id(entry)))


@section.patch(storage, "parse", opened_home(), files=pool_file(pool("a", version="3")))
def version_as_text(original: Original, content: bytes | None) -> Json:
    """Converts the version with `Number(version)`, which accepts a string."""
    document = original(content)
    if isinstance(document, dict) and str(document.get("version")).isdigit():
        document["version"] = int(document["version"])
    return document


_OLD = pool(account("a", isRateLimited=False, rateLimitResetTime=1000), "b", version=1)


@section.patch(storage, "migrate", opened_home(), select(), files=pool_file(_OLD))
def old_limit_without_its_flag(original: Original, entry: Entry, version: float, now_ms: float) -> Json:
    """Reads `rateLimitResetTime` of version 1 without `isRateLimited`, which looks redundant."""
    return original({**entry, "isRateLimited": True}, version, now_ms)


_SECOND = pool(account("a", rateLimitResetTimes={"gemini": 1000}), "b", version=2)


@section.patch(storage, "migrate", opened_home(), select("gemini", header_style="gemini-cli"), files=pool_file(_SECOND))
def old_gemini_limit_in_both_styles(original: Original, entry: Entry, version: float, now_ms: float) -> Json:
    """Copies the Gemini limit of version 2 to both header styles."""
    migrated = original(entry, version, now_ms)
    limits = migrated["rateLimitResetTimes"]
    if version == 2 and "gemini-antigravity" in limits:
        limits["gemini-cli"] = limits["gemini-antigravity"]
    return migrated


@section.patch(
    storage, "migrate", opened_home(), select(), files=pool_file(pool(account("a", enabled=False), "b", version=2))
)
def migration_keeps_enabled(original: Original, entry: Entry, version: float, now_ms: float) -> Json:
    """Migrates an entry by copying it whole, so that a key that version 2 did not have takes effect."""
    return {**entry, **original(entry, version, now_ms)}


_SOON = pool(account("a", isRateLimited=True, rateLimitResetTime=1000), "b", version=1)


@section.patch(storage, "migrate", opened_home(), select(), files=pool_file(_SOON))
def migration_reads_the_clock(original: Original, entry: Entry, version: float, now_ms: float) -> Json:
    """Reads the clock of the machine in the migration, where the time was not passed in."""
    return original(entry, version, time.time() * 1000)


_MARKED_FULL = pool_file('\ufeff{"version":3,"accounts":[{"refreshToken":"a"}]}')


@section.patch(storage, "parse", opened_home(), files=_MARKED_FULL)
def byte_order_mark_accepted(original: Original, content: bytes | None) -> Json:
    """Decodes with `utf-8-sig`, which removes a byte order mark."""
    return original(content and content.removeprefix(b"\xef\xbb\xbf"))


@section.patch(
    storage, "_refuse", opened_home(), files=pool_file('{"version":3,"accounts":[{"refreshToken":"a","x":NaN}]}')
)
def not_a_number_accepted(original: Original, word: str) -> float:
    """Parses with the defaults of Python, which accept NaN and Infinity."""
    return float(word)


_LONG = pool(
    account("a", email="me", lastUsed=90_071_992_547_409_930),
    account("b", email="me", lastUsed=90_071_992_547_409_931),
)


@section.patch(storage, "_number", opened_home(), files=pool_file(_LONG))
def long_integers_exact(original: Original, digits: str) -> int:
    """Compares times as integers of any size, where JavaScript rounds to 53 bits."""
    return int(digits)


_BROKEN = {"base64": "eyJ2ZXJzaW9uIjozLCJhY2NvdW50cyI6W3sicmVmcmVzaFRva2VuIjoiYSIsIm5vdGUiOiL/In1dfQ=="}


@section.patch(storage, "parse", opened_home(), files={"home/.config/opencode/antigravity-accounts.json": _BROKEN})
def invalid_text_voids_the_file(original: Original, content: bytes | None) -> Json:
    """Decodes UTF-8 strictly, so that one invalid byte makes the pool empty."""
    try:
        (content or b"").decode()
    except UnicodeDecodeError:
        return None
    return original(content)


@section.patch(storage, "_follow", opened_home(), select(), files=pool_file(pool("a", {"x": 1}, "b", active=1)))
def malformed_active_entry_goes_back(original: Original, index: Json, entries: Any, accounts: Any) -> Json:
    """Continues with the account before a malformed active entry, not with the one after it."""
    place = original(index, entries, accounts)
    is_place = isinstance(index, int) and 0 <= index < len(entries)
    entry = entries[index] if is_place else {}
    malformed = is_place and not (isinstance(entry, Mapping) and entry.get("refreshToken"))
    return max(0, place - 1) if malformed else place


@section.patch(storage, "_clamped", opened_home(), select(), files=pool_file(pool("a", "b", active=2)))
def index_wraps_around_in_a_file(original: Original, index: Json, count: int) -> float:
    """Wraps an index around in a file too, as in a parsed pool."""
    is_beyond = isinstance(index, int) and not isinstance(index, bool) and index >= count > 0
    return index % count if is_beyond else float(original(index, count))
