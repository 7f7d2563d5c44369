"""A third round of faults: saves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import pool_file as reference_file
from reference_impl import saving
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES
from reference_impl.pool import NOWHERE, Account, load_account
from reference_impl.saving import SessionState, remember
from reference_impl.selection import Selector
from reference_impl.storage import parse
from tests.fakes.blind.calls import (
    POOL_PATH,
    account,
    advance,
    call,
    changed_by_another,
    limit,
    offset,
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

TWO = pool_file(pool("a", "b"))
READ = call("read_file", path=POOL_PATH)
LIMITED = pool(account("a", rateLimitResetTimes={"claude": 1000}), "b")


@section.port(
    opened_home(),
    changed_by_another(saved(), LIMITED),
    saved(),
    READ,
    files=TWO,
)
class RemembersTheFile(ReferenceAdapter):
    """Compares the next save with what the last one wrote, instead of with what the session had."""

    def save(self) -> None:
        selector, home = self._opened_folder()
        written: list[Json] = []

        def merge(content: bytes | None) -> Json:
            written.append(self.saved(selector, content))
            return written[-1]

        self.store(home, merge)
        self.before = remember(selector.pool.accounts)
        for entry in (written[-1] or {"accounts": []})["accounts"]:
            loaded = load_account(entry, 0, self.profile)
            if loaded is not None and loaded.label in self.before:
                self.before[loaded.label] = loaded


@section.port(opened_home(), changed_by_another(saved(), LIMITED), select(), files=TWO)
class AdoptsTheFile(ReferenceAdapter):
    """Takes the limits that other processes have stored over into the session when it saves."""

    def save(self) -> None:
        super().save()
        selector, home = self._opened_folder()
        document = parse(reference_file.load(home))
        for entry in document.get("accounts", []) if isinstance(document, dict) else []:
            loaded = load_account(entry, 0, self.profile)
            for each in selector.pool.accounts:
                if loaded is not None and each.label == loaded.label:
                    each.reset_times_ms = loaded.reset_times_ms
        self.before = remember(selector.pool.accounts)


@section.port(
    opened_home(),
    call("remove", label="b"),
    saved(),
    changed_by_another(saved(), pool("a", "b")),
    opened_home(),
    files=TWO,
)
class RemovedForTheWholeSession(ReferenceAdapter):
    """Removes an account from the file at every later save too, also if it was added again."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.removed: dict[str, Account] = {}
        return super().open(*args, **params)

    def remove(self, label: str) -> None:
        self.removed[label] = self._find(label)
        super().remove(label)

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        self.before = {**self.removed, **self.before}
        return super().saved(selector, content)


@section.patch(
    saving,
    "_place",
    opened_home(),
    changed_by_another(saved(), pool("a", "b")),
    READ,
    files=pool_file(pool("a", "b", "c", active=2)),
)
def last_instead_of_first(original: Original, session: SessionState, family: Any, labels: Any, *args: Any) -> Any:
    """Saves the index of the last account if the account in use and all after it were removed from the file."""
    left = (each.label for each in session.accounts[max(0, session.current[family]) :])
    if labels and not any(label in labels for label in left):
        return len(labels) - 1
    return original(session, family, labels, *args)


@section.patch(
    saving,
    "saved_document",
    opened_home(),
    changed_by_another(saved(), pool(account("renewed", email="e"), "b")),
    opened_home(),
    files=pool_file(pool(account("a", email="e"), "b")),
)
def accounts_found_by_email(original: Original, session: SessionState, content: bytes | None, *args: Any) -> Json:
    """Writes an account over the entry with its email, although another process has stored a new token there."""
    document = original(session, content, *args)
    emails = {each.stored.get("email"): each.label for each in session.accounts if each.stored.get("email")}
    if document is not None:
        labels = {entry["refreshToken"] for entry in document["accounts"]}
        for entry in document["accounts"]:
            label = emails.get(entry.get("email"))
            entry["refreshToken"] = label if label and label not in labels else entry["refreshToken"]
    return document


@section.patch(
    saving,
    "_place",
    opened_home(),
    call("remove", label="c"),
    saved(),
    opened_home(),
    select("gemini"),
    files=pool_file(pool("a", "b", "c", families={"claude": 1, "gemini": 2})),
)
def lost_family_is_saved_with_the_other(original: Original, session: SessionState, family: Any, *args: Any) -> Any:
    """Saves the index of the other family for a family without an account."""
    if session.current[family] == NOWHERE:
        family = next(other for other in FAMILIES if other != family)
    return original(session, family, *args)


@section.patch(
    saving,
    "_own",
    opened_home(),
    call("require_verification", label="a"),
    switch("a", True),
    saved(),
    READ,
    files=TWO,
)
def waiting_accounts_are_saved_disabled(original: Original, *args: Any) -> Any:
    """Saves an account that waits for verification as disabled, although its user has enabled it."""
    entry = original(*args)
    return {**entry, "enabled": False} if entry.get("verificationRequired") is True else entry


@section.patch(
    saving,
    "_own",
    opened_home(),
    limit("a", 1000.75),
    saved(),
    opened_home(),
    advance(1000.5),
    select(),
    files=TWO,
)
def times_are_saved_as_integers(original: Original, *args: Any) -> Any:
    """Saves the ends of limits and cooldowns as whole milliseconds."""
    entry = original(*args)
    if "coolingDownUntil" in entry:
        entry["coolingDownUntil"] = int(entry["coolingDownUntil"])
    return {**entry, "rateLimitResetTimes": {key: int(end) for key, end in entry["rateLimitResetTimes"].items()}}


@section.port(opened_home(pid=1), offset(), saved(), opened_home(), select(), files=TWO)
class OffsetIsNotSaved(ReferenceAdapter):
    """Saves the index without the PID offset, so that restarts do not add one offset to another."""

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        current, count = dict(selector.current), len(selector.pool.accounts)
        for family, index in current.items():
            if selector.moved[family] and index != NOWHERE:
                selector.current[family] = (index - self.process_id() % count) % count
        document = super().saved(selector, content)
        selector.current = current
        return document


@section.port(
    opened_home(),
    limit("a", 1000),
    replace(call("request_save"), files={POOL_PATH: {"removed": True}}),
    replace(call("flush_save"), files={POOL_PATH: {"link": "antigravity-accounts.json"}}),
    replace(call("min_wait", family="claude"), files={POOL_PATH: {"removed": True}}),
    changed_by_another(saved(), pool("a", "b")),
    READ,
    files=TWO,
)
class FailedSaveCountsAsSaved(ReferenceAdapter):
    """Notes the session's state as saved before it writes the file, also if that fails."""

    def store(self, home: str, merge: Callable[[bytes | None], Json]) -> None:
        earlier, self.before = self.before, remember(self._opened().pool.accounts)

        def merged(content: bytes | None) -> Json:
            noted, self.before = self.before, earlier
            document = merge(content)
            self.before = noted
            return document

        super().store(home, merged)


@section.port(opened_home(), rotate(), rotate(), saved(), READ, files=TWO)
class SavesOnlyChangedAccounts(ReferenceAdapter):
    """Skips a save if no account has changed since the last one, although a family has moved."""

    def save(self) -> None:
        selector, _ = self._opened_folder()
        if remember(selector.pool.accounts) != self.before:
            super().save()


@section.patch(
    saving,
    "_merged",
    opened_home(),
    call("require_verification", label="a", message="new"),
    saved(),
    READ,
    files=pool_file(pool(account("a", verificationRequired=True, verificationRequiredReason="old", enabled=False))),
)
def new_message_is_no_change(original: Original, mine: Account, session: SessionState, *args: Any) -> Any:
    """Saves a new message or link only if the account did not wait for verification before."""
    before = session.before[mine.label].verification
    if mine.verification.get("verificationRequired") == before.get("verificationRequired"):
        mine = replace(mine, verification=before)
    return original(mine, session, *args)
