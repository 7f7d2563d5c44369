"""Delayed saves."""

from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    POOL_PATH,
    advance,
    call,
    limit,
    opened_home,
    pool,
    pool_file,
    saved,
    select,
    switch,
)
from tests.fakes.blind.ports import Original, Section

section = Section("delayed-saves")
ONE, TWO = (pool_file(pool(*"ab"[:count])) for count in (1, 2))
REQUEST, FLUSH = call("request_save"), call("flush_save")


def use(number: int) -> Any:
    return call("use_session", session=number)


_READ = call("read_file", path=POOL_PATH)


@section.port(
    opened_home(),
    limit("a", 5000),
    REQUEST,
    opened_home(),
    limit("a", 9000),
    FLUSH,
    opened_home(),
    advance(5000),
    select(),
    files=ONE,
)
class RequestOutlivesItsSession(ReferenceAdapter):
    """Keeps the request beside the session, so that the next session inherits it."""

    def open(self, **params: Any) -> Json:  # type: ignore[override]
        pending = self.selector is not None and self.selector.save_is_pending
        result = super().open(**params)
        self._opened().save_is_pending = pending and self.home is not None
        return result


@section.port(opened_home(), REQUEST, saved(), limit("a", 5000), FLUSH, opened_home(), select(), files=ONE)
class SaveAnswersTheRequest(ReferenceAdapter):
    """Forgets the request when the caller saves at once."""

    def save(self) -> None:
        super().save()
        self._opened().save_is_pending = False


@section.patch(
    events,
    "set_enabled",
    opened_home(),
    limit("a", 5000),
    switch("a", True),
    FLUSH,
    opened_home(),
    select(),
    files=ONE,
)
def unchanged_switch_requests_nothing(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Requests a save only if the account was not as it should be already."""
    pending, before = selector.save_is_pending, account.enabled
    original(selector, account, enabled)
    selector.save_is_pending = pending or before != enabled


@section.port(
    opened_home(),
    limit("a", 5000),
    call("set_enabled", label="?", enabled=False),
    FLUSH,
    opened_home(),
    select(),
    files=ONE,
)
class RefusedSwitchRequestsASave(ReferenceAdapter):
    """Requests the save before it looks for the account."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        self._opened().save_is_pending = True
        super().set_enabled(label, enabled)


@section.port(
    opened_home(),
    limit("a", 5000),
    REQUEST,
    use(1),
    opened_home(),
    FLUSH,
    use(0),
    FLUSH,
    opened_home(),
    select(),
    files=ONE,
)
class OneRequestForAllSessions(ReferenceAdapter):
    """Keeps one timer for the process: whichever session is chosen at its end saves."""

    def flush_save(self) -> None:
        self._opened_folder()
        others = [other for other, *_ in self.other_sessions.values() if other is not None]
        if any(other.save_is_pending for other in others):
            for other in others:
                other.save_is_pending = False
            self._opened().save_is_pending = True
        super().flush_save()


@section.port(opened_home(), REQUEST, limit("a", 5000), FLUSH, limit("a", 9000), FLUSH, _READ, files=ONE)
class FlushLeavesTheRequest(ReferenceAdapter):
    """Leaves the request pending, so that each later flush writes again."""

    def flush_save(self) -> None:
        pending = self._opened().save_is_pending
        super().flush_save()
        self._opened().save_is_pending = pending


@section.port(
    opened_home(), limit("a", 5000), call("require_verification", label="a"), FLUSH, opened_home(), _READ, files=TWO
)
class VerificationRequestsNothing(ReferenceAdapter):
    """Requests no save where an account has to be verified."""

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        pending = self._opened().save_is_pending
        super().require_verification(label, message, url)
        self._opened().save_is_pending = pending
