"""A third round of faults: saves that are put off."""

from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Family
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    account,
    call,
    changed_by_another,
    opened_home,
    pool,
    pool_file,
    rotate,
)
from tests.fakes.blind.ports import Original, Section
from tests.fakes.blind.third_saving import LIMITED, READ, TWO

delays = Section("delayed-saves")
REQUEST, FLUSH = call("request_save"), call("flush_save")


@delays.port(opened_home(), REQUEST, changed_by_another(FLUSH, LIMITED), READ, files=TWO)
class DelayedSaveDoesNotRead(ReferenceAdapter):
    """Merges a delayed save with the file as the session has read it."""

    def flush_save(self) -> None:
        self.is_late = True
        super().flush_save()
        self.is_late = False

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        return super().saved(selector, self.opened if getattr(self, "is_late", False) else content)


@delays.patch(
    events,
    "require_verification",
    opened_home(),
    call("require_verification", label="a"),
    FLUSH,
    READ,
    files=pool_file(pool(account("a", enabled=False), "b")),
)
def disabled_account_waits_unsaved(original: Original, selector: Selector, *args: Any) -> None:
    """Requests a save for a verification only if it disables the account."""
    was_pending, was_enabled = selector.save_is_pending, args[0].enabled
    original(selector, *args)
    selector.save_is_pending = was_pending or was_enabled


@delays.patch(events, "remove", opened_home(), call("remove", label="a"), FLUSH, READ, files=TWO)
def removal_requests_a_save(original: Original, selector: Selector, *args: Any) -> None:
    """Requests a save when an account is removed."""
    original(selector, *args)
    selector.save_is_pending = True


@delays.port(opened_home(), REQUEST, rotate(), rotate(), FLUSH, READ, files=TWO)
class IndexOfTheRequest(ReferenceAdapter):
    """Saves the current accounts as they were at the request, with the other changes made after it."""

    requested: dict[Family, int] | None = None

    def request_save(self) -> None:
        super().request_save()
        self.requested = dict(self._opened().current)

    def flush_save(self) -> None:
        selector, _ = self._opened_folder()
        current = selector.current
        selector.current, self.requested = dict(self.requested or current), None
        super().flush_save()
        selector.current = current
