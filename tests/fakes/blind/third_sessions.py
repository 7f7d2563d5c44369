"""Sessions of one process that share what each should have of its own."""

from collections.abc import Iterator
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    call,
    cool,
    fails,
    hybrid,
    limit,
    opened,
    opened_home,
    pool,
    pool_file,
    select,
    switch,
)
from tests.fakes.blind.ports import Section

section = Section("sessions")

FIRST, SECOND = call("use_session", session=0), call("use_session", session=1)
MOST_SESSIONS = 3


class _SharesEvents(ReferenceAdapter):
    """Gives accounts of the other sessions, by label."""

    def elsewhere(self, label: str) -> Iterator[Account]:
        for other, *_ in self.other_sessions.values():
            yield from (each for each in (other.pool.accounts if other else ()) if each.label == label)


@section.port(opened("a"), fails("a"), SECOND, opened("a"), fails("a"))
class FailuresByTokenInTheProcess(_SharesEvents):
    """Counts consecutive failures in a static map by refresh token, which all sessions share."""

    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        for account in self._opened().pool.accounts:
            for other in self.elsewhere(account.label):
                account.failures, account.last_failure_ms = other.failures, other.last_failure_ms
        return answer

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        answer = super().mark_rate_limited_with_reason(label, *args, **params)
        self._share(label)
        return answer

    def mark_success(self, label: str) -> None:
        super().mark_success(label)
        self._share(label)

    def _share(self, label: str) -> None:
        own = self._find(label)
        for other in self.elsewhere(label):
            other.failures, other.last_failure_ms = own.failures, own.last_failure_ms


@section.port(opened("a"), SECOND, opened("a"), cool("a", 1000), FIRST, select())
class CooldownInTheProcess(_SharesEvents):
    """Keeps cooldowns in a static map by refresh token, which all sessions share."""

    def mark_cooling_down(self, label: str, *args: Any, **params: Any) -> None:
        super().mark_cooling_down(label, *args, **params)
        for other in self.elsewhere(label):
            other.cooling_down_until_ms = self._find(label).cooling_down_until_ms


@section.port(
    opened("a", "b", now_ms=400_000),
    SECOND,
    opened("a", "b", now_ms=400_000),
    hybrid(),
    FIRST,
    call("snapshot"),
)
class LastUseInTheProcess(_SharesEvents):
    """Keeps the time of last use in a static map by refresh token, which all sessions share."""

    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        if chosen:
            for other in self.elsewhere(chosen["label"]):
                other.last_used_ms = self._opened().pool.accounts[chosen["index"]].last_used_ms
        return chosen


@section.port(opened("a", "b"), SECOND, opened("a", "b"), switch("a", False), FIRST, select())
class DisabledInTheProcess(_SharesEvents):
    """Keeps the set of disabled accounts for the process, not for the session."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        super().set_enabled(label, enabled)
        for other in self.elsewhere(label):
            other.enabled = enabled


@section.port(opened("a", "b"), SECOND, opened("a", "b"), call("remove", label="a"), FIRST, call("snapshot"))
class RemovedInTheProcess(_SharesEvents):
    """Skips in every session an account that was removed in one."""

    def remove(self, label: str) -> None:
        account = self._find(label)
        super().remove(label)
        for other in self.elsewhere(account.label):
            other.enabled = False


@section.port(
    *(each for number in range(4) for each in (call("use_session", session=number), opened("a"))),
    FIRST,
    select(),
)
class FourthSessionEndsTheFirst(ReferenceAdapter):
    """Keeps sessions in a cache of three: the fourth one discards the one that was left first."""

    def use_session(self, session: int) -> None:
        super().use_session(session)
        others = [number for number, (selector, *_) in self.other_sessions.items() if selector]
        for number in others[: len(others) - MOST_SESSIONS]:
            del self.other_sessions[number]

    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        others = [number for number, (selector, *_) in self.other_sessions.items() if selector]
        for number in others[: len(others) - MOST_SESSIONS + 1]:
            del self.other_sessions[number]
        return answer


@section.port(
    opened_home(),
    limit("a", 1000),
    call("request_save"),
    SECOND,
    opened_home(),
    call("flush_save"),
    FIRST,
    call("flush_save"),
    opened_home(),
    select(),
    files=pool_file(pool("a", "b")),
)
class OneDelayForTheProcess(ReferenceAdapter):
    """Has one timer of delayed saves: the session that ends the delay saves, and the request of another is lost."""

    def flush_save(self) -> None:
        self._opened_folder()
        others = [other for other, *_ in self.other_sessions.values() if other]
        own: Selector = self._opened()
        own.save_is_pending = own.save_is_pending or any(other.save_is_pending for other in others)
        super().flush_save()
        for other in others:
            other.save_is_pending = False
