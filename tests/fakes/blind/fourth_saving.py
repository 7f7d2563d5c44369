"""A fourth round of faults: saves that fail, saves of several sessions, and what a save merges."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import saving
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account
from reference_impl.saving import SessionState, remember
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    POOL_PATH,
    account,
    advance,
    call,
    changed_by_another,
    cool,
    fails,
    limit,
    offset,
    opened,
    opened_home,
    pool,
    pool_file,
    saved,
    select,
    switch,
)
from tests.fakes.blind.ports import Original, Section

section = Section("saving")
delayed = Section("delayed-saves")
readings = Section("readings")
sessions = Section("sessions")
wire = Section("wire")

TWO = pool_file(pool("a", "b"))
READ = call("read_file", path=POOL_PATH)
FLUSH = call("flush_save")
REQUEST = call("request_save")
USED = {"claude": {"remainingFraction": 0.05}}
FULL = {"claude": {"remainingFraction": 1}}


def failing(then: Any) -> tuple[Any, Any, Any]:
    """A delayed save that fails, because the file is a link to itself, and the call after it without the file."""
    return (
        replace(REQUEST, files={POOL_PATH: {"removed": True}}),
        replace(FLUSH, files={POOL_PATH: {"link": "antigravity-accounts.json"}}),
        replace(then, files={POOL_PATH: {"removed": True}}),
    )


def session(number: int) -> Any:
    return call("use_session", session=number)


def update(label: str, quota: Json) -> Any:
    return call("update_quota", label=label, quota=quota)


@delayed.port(opened_home(), limit("a", 1000), *failing(FLUSH), READ, files=TWO)
class FailedSaveIsTriedAgain(ReferenceAdapter):
    """Keeps the request if the save fails, so that the next flush without a request writes."""

    def flush_save(self) -> None:
        selector, _ = self._opened_folder()
        if selector.save_is_pending:
            with contextlib.suppress(OSError):
                self.save()
                selector.save_is_pending = False


@delayed.port(opened_home(), limit("a", 1000), *failing(REQUEST), FLUSH, READ, files=TWO)
class FailedSaveIsNeverOver(ReferenceAdapter):
    """Notes that a save is running, and does not take the note back if the save fails: later requests wait for it."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.is_saving = False
        return super().open(*args, **params)

    def flush_save(self) -> None:
        selector, home = self._opened_folder()
        if not selector.save_is_pending or self.is_saving:
            return
        self.is_saving, selector.save_is_pending = True, False
        with contextlib.suppress(OSError):
            self.store(home, lambda content: self.saved(selector, content))
            self.before = remember(selector.pool.accounts)
            self.is_saving = False


@delayed.port(opened_home(), REQUEST, FLUSH, limit("a", 1000), REQUEST, FLUSH, READ, files=TWO)
class OneSaveForAMoment(ReferenceAdapter):
    """Drops the request for a save if the last delayed save was less than a second ago."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.last_save_ms: float | None = None
        return super().open(*args, **params)

    def flush_save(self) -> None:
        selector, _ = self._opened_folder()
        if self.last_save_ms is not None and abs(self.now_ms - self.last_save_ms) < 1000:
            selector.save_is_pending = False
        if selector.save_is_pending:
            self.last_save_ms = self.now_ms
        super().flush_save()


@delayed.port(
    opened_home(), switch("a", False), *failing(REQUEST), changed_by_another(FLUSH, pool("a", "b")), READ, files=TWO
)
class FailedSaveForgetsTheOldState(ReferenceAdapter):
    """Compares later saves with the moment of the failed one, for `enabled` only."""

    def store(self, home: str, merge: Callable[[bytes | None], Json]) -> None:
        try:
            super().store(home, merge)
        except OSError:
            for each in self._opened().pool.accounts:
                if each.label in self.before:
                    self.before[each.label].enabled = each.enabled
            raise


@section.port(opened_home(), cool("a", 1000), saved(), advance(1000), select(), saved(), READ, files=TWO)
class ReasonOutlivesTheCooldown(ReferenceAdapter):
    """Clears the end of a cooldown that is over, and leaves its reason in the file."""

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        document = super().saved(selector, content)
        for entry in document["accounts"] if isinstance(document, dict) else []:
            found = next((each for each in selector.pool.accounts if each.label == entry["refreshToken"]), None)
            if found is not None and isinstance(found.cooldown_reason, str) and "coolingDownUntil" not in entry:
                entry["cooldownReason"] = found.cooldown_reason
        return document


@section.port(
    opened_home(),
    changed_by_another(saved(), pool(account("a", rateLimitResetTimes={"gemini": 5000}), "b", version=2)),
    READ,
    files=TWO,
)
class OldFileIsNotMigratedAtASave(ReferenceAdapter):
    """Merges with a file of version 2 as if its quota keys were those of today."""

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        for old in (b'"version": 1,', b'"version": 2,'):
            content = content and content.replace(old, b'"version": 3,')
        return super().saved(selector, content)


@section.patch(
    saving, "saved_document", opened_home(), advance(6000),
    changed_by_another(saved(), pool(account("a", rateLimitResetTimes={"claude": 5000}), "b", version=2)),
    READ, files=TWO,
)  # fmt: skip
def migrates_with_the_time_of_opening(
    original: Original, state: SessionState, content: bytes | None, profile: Any, _: float
) -> Json:
    """Migrates an old file at a save with the clock as it was when the session was opened."""
    return original(state, content, profile, state.read_ms)


@section.patch(
    saving, "_own", opened_home(), replace(saved(), files={POOL_PATH: {"removed": True}}), READ,
    files=pool_file(pool(account("a", projectId="p", color="red"), "b")),
)  # fmt: skip
def new_file_has_known_fields_only(original: Original, account_: Account, entry: Any, *args: Any) -> Any:
    """If the file was deleted meanwhile, writes a new one with only the fields that it knows."""
    known = ("email", "refreshToken", "projectId", "managedProjectId", "addedAt", "lastUsed", "lastSwitchReason")
    if entry is account_.stored:
        entry = {key: entry[key] for key in known if key in entry}
    return original(account_, entry, *args)


@section.port(
    opened_home(), call("remove", label="a"), replace(saved(), files={POOL_PATH: {"removed": True}}),
    changed_by_another(saved(), pool("a", "b")), READ, files=TWO,
)  # fmt: skip
class RemovalOutlivesANewFile(ReferenceAdapter):
    """Keeps a removal for the next save if this one has written a new file, in which there was nothing to remove."""

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        self.kept = {} if content is not None else {
            label: each for label, each in self.before.items() if label not in remember(selector.pool.accounts)
        }  # fmt: skip
        return super().saved(selector, content)

    def save(self) -> None:
        super().save()
        self.before = {**self.kept, **self.before}


@section.port(
    opened_home(),
    offset(),
    changed_by_another(saved(), pool("c", "a", "b")),
    select(),
    select("gemini"),
    saved(),
    READ,
    files=TWO,
)
class FamiliesFollowTheFile(ReferenceAdapter):
    """After a save, uses the saved indices in the session too, although the file has other accounts."""

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        document = super().saved(selector, content)
        if isinstance(document, dict):
            for family, index in document["activeIndexByFamily"].items():
                if selector.current[family] >= 0:
                    selector.current[family] = min(index, len(selector.pool.accounts) - 1)
        return document


@section.patch(
    saving, "_changed", opened_home(), advance(600), select(),
    changed_by_another(saved(), pool(account("a", rateLimitResetTimes={"claude": 1000}), "b")), READ,
    files=pool_file(pool(account("a", rateLimitResetTimes={"claude": 500}), "b")),
)  # fmt: skip
def forgotten_limit_removes_a_later_one(original: Original, mine: Any, before: Any, theirs: Any) -> Any:
    """Removes a limit or cooldown that the session has forgotten, although another process has set a later one."""
    return None if mine is None and before is not None else original(mine, before, theirs)


@readings.port(
    opened_home(), update("a", USED), saved(),
    changed_by_another(saved(), pool(account("a", cachedQuota=FULL, cachedQuotaUpdatedAt=-1), "b")), READ, files=TWO,
)  # fmt: skip
class SavedReadingIsNotNew(ReferenceAdapter):
    """Takes a reading for old once it is saved, so that an older one of another process stays."""

    def save(self) -> None:
        super().save()
        for each in self._opened().pool.accounts:
            each.has_new_reading = False


@readings.patch(
    saving, "_own", opened_home(), update("a", USED),
    changed_by_another(saved(), pool(account("a", cachedQuota=FULL, cachedQuotaUpdatedAt=0), "b")), READ, files=TWO,
)  # fmt: skip
def reading_of_the_same_moment_loses(original: Original, account_: Account, entry: Any, *args: Any) -> Any:
    """Stores a new reading only if it is later than that of the file, not at the same time."""
    if account_.has_new_reading and entry.get("cachedQuotaUpdatedAt") == account_.cached_quota_updated_ms:
        account_ = replace(account_, has_new_reading=False)
    return original(account_, entry, *args)


@readings.patch(
    saving, "_own", opened_home(), switch("a", False), update("a", USED), saved(), READ, files=TWO
)  # fmt: skip
def no_reading_of_disabled_accounts_is_saved(original: Original, account_: Account, *args: Any) -> Any:
    """Does not store a reading of an account that is disabled."""
    return original(account_ if account_.enabled else replace(account_, has_new_reading=False), *args)


@sessions.port(opened(*"abcd", random=[0.1, 0.9]), session(1), opened(*"abcd", random=[0.3, 0.4]), session(0),
    call("mark_rate_limited_with_reason", label="a", family="claude", reason="MODEL_CAPACITY_EXHAUSTED"))  # fmt: skip
class DrawsOfTheSession(ReferenceAdapter):
    """Keeps random numbers in each session, as it keeps the account manager."""

    def use_session(self, session: int) -> None:
        draws = self.__dict__.setdefault("draws_of", {})
        draws[self.session_number] = self.draws
        super().use_session(session)
        self.draws = draws.get(session, self.draws)


@sessions.port(session(1), opened(*"abc", pid=1), session(0), opened(*"abc", pid=2), session(1), offset())
class PidOfTheSession(ReferenceAdapter):
    """Keeps the PID with which a session was opened in the session."""

    def use_session(self, session: int) -> None:
        pids = self.__dict__.setdefault("pids", {})
        pids[self.session_number] = self.pid
        super().use_session(session)
        self.pid = pids.get(session, self.pid)


@sessions.port(
    session(1), opened("a", "b", health={"initial": 90}), session(0), opened("a", "b"), session(1),
    call("record_health", label="a", outcome="failure"),
)  # fmt: skip
class SettingsOfTheLastSession(ReferenceAdapter):
    """Keeps the settings of health and tokens in the process, so that those of the last `open` hold everywhere."""

    def open(self, *args: Any, **params: Any) -> Json:
        result = super().open(*args, **params)
        for selector in [other for other, *_ in self.other_sessions.values() if other]:
            selector.health.settings = self._opened().health.settings
            selector.tokens.settings = self._opened().tokens.settings
        return result


@sessions.port(opened_home(), limit("a", 1000), call("close"), opened_home(), saved(), READ, files=TWO)
class CloseSaves(ReferenceAdapter):
    """Saves a session with changes when it is closed, so that they are not lost."""

    def close(self) -> None:
        if self.selector is not None and self.home is not None and remember(self.selector.pool.accounts) != self.before:
            self.save()
        super().close()


@wire.port(opened("a", "b"), limit("a", 1000), session(1), advance(1000), session(0), select())
class RefusedAdvanceMovesTheClock(ReferenceAdapter):
    """Moves the clock before it looks whether a pool is open."""

    def advance(self, ms: float) -> Json:
        self.now_ms += ms
        self._opened()
        return {"now_ms": self.now_ms}


@wire.port(
    opened("a", "b", random=[0.1, 0.9]), *[fails("a", "MODEL_CAPACITY_EXHAUSTED")] * 3
)  # fmt: skip
class LastDrawRepeats(ReferenceAdapter):
    """Repeats the last random number when the list is used up, instead of the whole list."""

    def open(self, **params: Any) -> Json:  # type: ignore[override]
        random = params.pop("random", None)
        return super().open(random=[*random, *[random[-1]] * 1000] if random else None, **params)
