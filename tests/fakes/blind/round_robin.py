"""Strategy round-robin."""

from typing import Any

from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import advance, limit, opened, rotate, switch
from tests.fakes.blind.ports import Original, Section

section = Section("round-robin")


def _free(self: Selector, request: Request, moment: Moment, soft: SoftQuota) -> list[Account]:
    return [each for each in self._usable() if self._is_available(each, request, moment, soft)]


@section.patch(Selector, "_rotate", opened("a", "b", "c"), *[rotate()] * 257)
def cursor_of_8_bits(original: Original, self: Selector, *args: Any) -> Account | None:
    """Counts in a byte. 256 is no multiple of 3, so the sequence jumps there."""
    chosen: Account | None = original(self, *args)
    self.cursor &= 0xFF
    return chosen


@section.patch(Selector, "_rotate", opened("a", "b", "c"), *[rotate()] * 65_537)
def cursor_of_16_bits(original: Original, self: Selector, *args: Any) -> Account | None:
    """Counts in 16 bits."""
    chosen: Account | None = original(self, *args)
    self.cursor &= 0xFFFF
    return chosen


@section.patch(
    Selector, "_rotate", opened("a", "b", "c"), limit("c", 1000), rotate(), rotate(), advance(1000), rotate()
)
def cursor_wraps_at_the_available(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota
) -> Account | None:
    """Keeps the cursor below the number of available accounts, which changes."""
    count = len(_free(self, request, moment, soft))
    chosen: Account | None = original(self, request, moment, soft)
    self.cursor %= count or 1
    return chosen


@section.patch(Selector, "_rotate", opened("a", "b", "c"), *[rotate()] * 3, limit("c", 1000), rotate())
def cursor_wraps_at_the_count(original: Original, self: Selector, *args: Any) -> Account | None:
    """Keeps the cursor below the number of accounts, which matters when fewer are available."""
    chosen: Account | None = original(self, *args)
    self.cursor %= len(self.pool.accounts)
    return chosen


@section.patch(Selector, "_rotate", opened("a", "b", "c", active=2), limit("a", 1000), rotate())
def next_index_that_is_free(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota
) -> Account | None:
    """Tries the accounts from the cursor on, instead of taking the c-th of those available."""
    free, count = _free(self, request, moment, soft), len(self.pool.accounts)
    start = self.cursor % count if count else 0
    ranked = sorted(free, key=lambda each: (each.index - start) % count)
    cursor, self.cursor = self.cursor, free.index(ranked[0]) if ranked else self.cursor
    chosen: Account | None = original(self, request, moment, soft)
    self.cursor = cursor + (chosen is not None)
    return chosen


@section.patch(Selector, "__post_init__", opened("a", "b", families={"claude": 1}), rotate())
def cursor_starts_at_the_family(original: Original, self: Selector) -> None:
    """Starts the cursor at the index of Claude, the family of most requests."""
    original(self)
    self.cursor = max(0, self.current["claude"])


@section.patch(
    Selector, "_rotate", opened("a", "b"), limit("a", 1000), limit("b", 1000), rotate(), advance(1000), rotate()
)
def no_account_takes_a_turn(original: Original, self: Selector, *args: Any) -> Account | None:
    """Increments the cursor before it knows whether an account is available."""
    cursor = self.cursor
    chosen: Account | None = original(self, *args)
    self.cursor = cursor + 1
    return chosen


@section.patch(Selector, "_rotate", opened("a", "b"), limit("b", 1000), rotate(), advance(1000), rotate())
def only_account_takes_no_turn(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota
) -> Account | None:
    """Returns the only available account at once, without a turn of the cursor."""
    alone = len(_free(self, request, moment, soft)) == 1
    cursor = self.cursor
    chosen: Account | None = original(self, request, moment, soft)
    if alone:
        self.cursor = cursor
    return chosen


@section.port(opened("a", "b", "c"), rotate(), switch("c", False), rotate())
class EnablingRestartsTheRotation(ReferenceAdapter):
    """Builds a new list of accounts to rotate over when one is switched, and starts at its first."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        changed = self._find(label).enabled != enabled
        super().set_enabled(label, enabled)
        if changed:
            self._opened().cursor = 0
