"""A second round of faults: loading the pool, and reading its file."""

from collections.abc import Mapping
from typing import Any

from conformance.json_type import Json
from reference_impl import pool, storage
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import forget_ended
from reference_impl.pool import Account, Pool
from reference_impl.profiles import Profile
from tests.fakes.blind.calls import (
    account,
    advance,
    call,
    limit,
    opened,
    opened_home,
    pool_file,
    rotate,
    saved,
    select,
)
from tests.fakes.blind.calls import pool as stored_pool
from tests.fakes.blind.ports import Original, Section

section = Section("pool")
files = Section("pool-file")


def _families(stored: Json) -> Mapping[str, Json]:
    found = stored.get("activeIndexByFamily") if isinstance(stored, Mapping) else None
    return found if isinstance(found, Mapping) else {}


@section.port(opened("a", "b", "c", active=2, families={"claude": "1"}), select())
class MalformedFamilyIndexIsZero(ReferenceAdapter):
    """Reads an index with one function, whose fallback is 0, where a family falls back to the active index."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for family, index in _families(stored).items():
            if family in loaded.active_index_by_family and not isinstance(index, int | float):
                loaded.active_index_by_family[family] = 0
        return loaded


@section.port(opened("a", "b", "c", active=2, families={"gemini": -1}), select("gemini"))
class NegativeFamilyIndexIsMissing(ReferenceAdapter):
    """Reads -1 as "no index", so that the family starts at the active index."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for family, index in _families(stored).items():
            if isinstance(index, int | float) and index < 0 and family in loaded.active_index_by_family:
                loaded.active_index_by_family[family] = loaded.active_index
        return loaded


@section.port(opened("a", {}, "b", active=4), select())
class IndexWrapsAtAllEntries(ReferenceAdapter):
    """Wraps the active index around at the number of entries, before it skips those without a token."""

    def load(self, stored: Json) -> Pool:
        entries = stored.get("accounts") if isinstance(stored, Mapping) else None
        active = stored.get("activeIndex") if isinstance(stored, Mapping) else None
        if isinstance(entries, list) and isinstance(active, int) and active >= len(entries) > 0:
            stored = {**stored, "activeIndex": active % len(entries)}
        return super().load(stored)


@section.port(opened("a", "b", active=5), select())
class IndexWrapsOnce(ReferenceAdapter):
    """Subtracts the number of accounts once from an index that is too high, and gives up at account 0."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        active = stored.get("activeIndex") if isinstance(stored, Mapping) else None
        if isinstance(active, int | float) and active >= 2 * len(loaded.accounts) > 0:
            for family, index in loaded.active_index_by_family.items():
                if index == loaded.active_index and family not in _families(stored):
                    loaded.active_index_by_family[family] = 0
            loaded.active_index = 0
        return loaded


@section.port(opened(account("a", enabled="false"), "b"), rotate())
class TextFalseDisables(ReferenceAdapter):
    """Reads the text `false` as false."""

    def load(self, stored: Json) -> Pool:
        loaded = super().load(stored)
        for each in loaded.accounts:
            each.enabled = each.enabled and each.stored.get("enabled") != "false"
        return loaded


@section.port(opened(" ", "b"))
class BlankTokensSkipped(ReferenceAdapter):
    """Skips tokens of white space, as it skips empty ones."""

    def load(self, stored: Json) -> Pool:
        if isinstance(stored, Mapping) and isinstance(stored.get("accounts"), list):
            kept = [each for each in stored["accounts"] if not _is_blank(each)]
            stored = {**stored, "accounts": kept}
        return super().load(stored)


def _is_blank(entry: Json) -> bool:
    token = entry.get("refreshToken") if isinstance(entry, Mapping) else None
    return isinstance(token, str) and not token.strip()


_OF_A_MODEL = account("a", rateLimitResetTimes={"gemini-antigravity:pro": 9000})


@section.patch(pool, "load_account", opened(_OF_A_MODEL, "b"), select("gemini", model="pro"))
def stored_limits_of_models_dropped(original: Original, *args: Any) -> Account | None:
    """Drops stored limits of any quota other than the three in its own list."""
    loaded: Account | None = original(*args)
    if loaded is not None:
        known = ("claude", "gemini-antigravity", "gemini-cli")
        loaded.reset_times_ms = {key: end for key, end in loaded.reset_times_ms.items() if key in known}
    return loaded


@section.port(opened("a", "b", families=[1, 1]), select())
class FamiliesAsAList(ReferenceAdapter):
    """Accepts a list for `activeIndexByFamily`, in the order of its families."""

    def load(self, stored: Json) -> Pool:
        families = stored.get("activeIndexByFamily") if isinstance(stored, Mapping) else None
        if isinstance(families, list):
            named = dict(zip(("claude", "gemini"), families, strict=False))
            stored = {**stored, "activeIndexByFamily": named}
        return super().load(stored)


@section.port(opened("a", "b"), limit("a", 1000), advance(999.5), select())
class ClockInWholeMs(ReferenceAdapter):
    """Rounds the clock to whole milliseconds."""

    def advance(self, ms: float) -> Json:
        super().advance(ms)
        self.now_ms = round(self.now_ms)
        return {"now_ms": self.now_ms}


@section.port(opened("a"), limit("a", 1000), advance(1000), call("snapshot"), advance(-1), select())
class SnapshotForgets(ReferenceAdapter):
    """Deletes limits that have ended when it shows the state of the session."""

    def snapshot(self) -> Json:
        for each in self._opened().pool.accounts:
            forget_ended(each.reset_times_ms, self.now_ms)
        return super().snapshot()


_SAME_USE = stored_pool(account("a", email="x", lastUsed=5, addedAt=1), account("b", email="x", lastUsed=5, addedAt=2))
_LATER_ADDED = stored_pool(
    account("a", email="x", lastUsed=5, addedAt=1), account("b", email="x", lastUsed=4, addedAt=2)
)


@files.patch(storage, "_is_newer", opened_home(), files=pool_file(_SAME_USE))
def ties_ignore_the_time_of_adding(original: Original, one: Any, other: Any, profile: Profile) -> bool:
    """Compares times of last use only, so that a tie goes to the first entry."""
    return storage.time_of(one, "lastUsed") > storage.time_of(other, "lastUsed")


@files.patch(storage, "_is_newer", opened_home(), files=pool_file(_LATER_ADDED))
def added_last_before_used_last(original: Original, one: Any, other: Any, profile: Profile) -> bool:
    """Compares the times of adding first."""
    names = ("addedAt", "lastUsed")
    times = [tuple(storage.time_of(each, name) for name in names) for each in (one, other)]
    return times[0] > times[1]


_BROKEN_FIRST = stored_pool({}, "b", "c", families={"claude": 2, "gemini": 1})


@files.patch(storage, "parse_pool_file", opened_home(), select(), files=pool_file(_BROKEN_FIRST))
def only_the_active_index_follows(original: Original, content: bytes | None, *args: Any) -> Json:
    """Moves the active index past skipped entries, and leaves the indices of the families."""
    loaded, document = original(content, *args), storage.parse(content)
    if isinstance(loaded, Mapping) and document["version"] not in (1, 2):
        return {**loaded, "activeIndexByFamily": document.get("activeIndexByFamily")}
    return loaded


_ACTIVE_DUPLICATE = stored_pool(
    account("a", email="x", lastUsed=9), "b", account("c", email="x", lastUsed=1), "d", active=2
)


@files.patch(storage, "_follow", opened_home(), select(), files=pool_file(_ACTIVE_DUPLICATE))
def duplicate_gives_way_to_the_next(original: Original, index: Json, entries: list[Json], left: list[Json]) -> Json:
    """Continues after a dropped duplicate at the account behind it, not at the kept one with its email."""
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(entries):
        ids = {id(each) for each in left}
        return sum(id(each) in ids for each in entries[:index])
    return original(index, entries, left)


_VERSION = '{"version": 3.0, "accounts": [{"refreshToken": "a"}], "activeIndex": 0}'


@files.patch(storage, "parse_pool_file", opened_home(), files=pool_file(_VERSION))
def version_with_a_point_unknown(original: Original, content: bytes | None, *args: Any) -> Json:
    """Reads the version with a type for integers, which refuses 3.0."""
    document = storage.parse(content)
    is_float = isinstance(document, Mapping) and isinstance(document.get("version"), float)
    return None if is_float else original(content, *args)


_OLD = stored_pool(account("a", managedProjectId="m", projectId="p"), version=2)


@files.patch(
    storage,
    "migrate",
    opened_home(),
    saved(),
    call("read_file", path="home/.config/opencode/antigravity-accounts.json"),
    files=pool_file(_OLD),
)
def migration_loses_the_managed_project(original: Original, *args: Any) -> Json:
    """Has no field for the managed project in its type of old accounts."""
    return {key: value for key, value in original(*args).items() if key != "managedProjectId"}


_AT_ITS_END = stored_pool(account("a", rateLimitResetTimes={"claude": 1000}), version=2)


@files.patch(storage, "migrate", opened_home(now_ms=1000), advance(-1), select(), files=pool_file(_AT_ITS_END))
def migration_keeps_a_limit_that_ends_now(original: Original, entry: Any, version: float, now_ms: float) -> Json:
    """Writes `>=` where the migration drops limits that have ended."""
    return original(entry, version, now_ms - 0.5)
