"""A third round of faults: cooldowns, enabling, removal and verification."""

import math
from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES
from reference_impl.pool import NOWHERE, Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    account,
    advance,
    call,
    consume,
    cool,
    fails,
    limit,
    offset,
    opened,
    rotate,
    select,
    switch,
)
from tests.fakes.blind.ports import Original, Section

cooldown = Section("cooldown")
enabling = Section("enabling")
removal = Section("removal")
verification = Section("verification")


def session(number: int) -> Any:
    return call("use_session", session=number)


def requires(label: str) -> Any:
    return call("require_verification", label=label)


def clears(label: str, enable: bool = True) -> Any:
    return call("clear_verification", label=label, enable=enable)


class Together(ReferenceAdapter):
    """Finds the same account in all open sessions of the process."""

    def namesakes(self, label: str) -> list[tuple[Selector, Account]]:
        selectors = [selector for selector, *_ in self.other_sessions.values() if selector]
        return [(each, same) for each in selectors for same in each.pool.accounts if same.label == label]


@cooldown.port(session(1), opened("a", "b"), session(0), opened("a", "b"), cool("a", 1000), session(1), select())
class CooldownInEverySession(Together):
    """Puts an account into a cooldown in all sessions of the process."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms, reason)
        for _, same in self.namesakes(label):
            same.cooling_down_until_ms, same.cooldown_reason = self.now_ms + cooldown_ms, reason


@cooldown.port(opened("a", "b"), cool("a", 1000.75), advance(1000.5), select())
class CooldownInWholeMilliseconds(ReferenceAdapter):
    """Rounds the end of a cooldown down to a millisecond."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, math.floor(self.now_ms + cooldown_ms) - self.now_ms, reason)


@cooldown.port(opened("a", "b"), cool("a", 1000), advance(1000), select())
class CooldownMovesItsFamilies(ReferenceAdapter):
    """Moves families from an account when its cooldown begins, as when it is disabled, and not when they need one."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        super().mark_cooling_down(label, cooldown_ms, reason)
        selector, place = self._opened(), self._find(label).index
        first = next((each.index for each in selector.pool.accounts if each.index != place and each.enabled), NOWHERE)
        for family in FAMILIES:
            if selector.current[family] == place:
                selector.current[family] = first


@cooldown.port(opened(account("a", coolingDownUntil=8 * 86_400_000), "b"), select())
class LongCooldownIsAnError(ReferenceAdapter):
    """Ignores a stored cooldown that would last more than a week, as a wrong clock would write it."""

    def load(self, stored: Json) -> Any:
        loaded = super().load(stored)
        for each in loaded.accounts:
            if each.cooling_down_until_ms is not None and each.cooling_down_until_ms - self.now_ms > 7 * 86_400_000:
                each.cooling_down_until_ms = None
        return loaded


@cooldown.port(opened("a", "b"), cool("a", 1000), call("mark_used", label="a"), select())
class UseEndsTheCooldown(ReferenceAdapter):
    """Ends the cooldown of an account when a request with it has completed."""

    def mark_used(self, label: str) -> None:
        super().mark_used(label)
        self._find(label).cooling_down_until_ms = None


@enabling.patch(
    events,
    "set_enabled",
    opened("a", "b", "c", "d", active=3),
    call("remove", label="d"),
    rotate("gemini"),
    switch("c", False),
    select(),
)
def homeless_families_settle(original: Original, selector: Selector, account_: Account, enabled: bool) -> None:
    """Gives families that have no account the first enabled one when any account is disabled."""
    homeless = [family for family in FAMILIES if selector.current[family] == NOWHERE]
    original(selector, account_, enabled)
    for family in homeless if not enabled else []:
        selector.current[family] = next((each.index for each in selector.pool.accounts if each.enabled), NOWHERE)


@enabling.patch(
    events,
    "set_enabled",
    opened("a", "b"),
    consume("a", amount=40),
    switch("a", False),
    switch("a", True),
    consume("a", amount=20),
)
def disabled_account_loses_its_tokens(original: Original, selector: Selector, account_: Account, enabled: bool) -> None:
    """Forgets the tokens and the health of an account that is disabled."""
    original(selector, account_, enabled)
    if not enabled:
        selector.tokens.buckets.pop(account_.index, None)
        selector.health.scores.pop(account_.index, None)


@enabling.patch(
    events, "set_enabled", opened("a", "b", "c"), rotate(), rotate(), switch("a", False), rotate("gemini")
)  # fmt: skip
def disabling_moves_the_cursor(original: Original, selector: Selector, account_: Account, enabled: bool) -> None:
    """Moves the cursor back when an account before it is disabled, as when one is removed."""
    was_enabled = account_.enabled
    original(selector, account_, enabled)
    if was_enabled and not enabled and selector.cursor > account_.index:
        selector.cursor -= 1


@enabling.patch(
    events,
    "set_enabled",
    opened("a", "b", "c", pid=1),
    offset(),
    switch("c", False),
    switch("c", True),
    offset(),
)
def enabling_offsets_again(original: Original, selector: Selector, account_: Account, enabled: bool) -> None:
    """Applies the PID offset again after an account was enabled, since the processes have more accounts."""
    was_enabled = account_.enabled
    original(selector, account_, enabled)
    if enabled and not was_enabled:
        selector.moved = dict.fromkeys(FAMILIES, False)


@enabling.port(session(1), opened("a", "b"), session(0), opened("a", "b"), switch("a", False), session(1), rotate())
class DisabledInEverySession(Together):
    """Enables and disables an account in all sessions of the process."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        super().set_enabled(label, enabled)
        for selector, same in self.namesakes(label):
            events.set_enabled(selector, same, enabled)


@removal.port(
    session(1), opened("a", "b"), session(0), opened("a", "b"), call("remove", label="a"), session(1), rotate()
)
class RemovedInEverySession(Together):
    """Removes an account from all sessions of the process."""

    def remove(self, label: str) -> None:
        super().remove(label)
        for selector, same in self.namesakes(label):
            events.remove(selector, same)


@removal.patch(
    events,
    "remove",
    opened("a", "b", "c", active=2, pid=1),
    offset(),
    rotate(),
    call("remove", label="c"),
    offset(),
)
def lost_account_offsets_again(original: Original, selector: Selector, account_: Account) -> None:
    """Applies the PID offset again to a family whose account was the last one and is removed."""
    original(selector, account_)
    for family in FAMILIES:
        selector.moved[family] = selector.moved[family] and selector.current[family] != NOWHERE


@removal.patch(
    events, "remove", opened("a", "b", "c"), consume("a", amount=40), call("remove", label="c"), consume("a", amount=20)
)
def trackers_start_anew(original: Original, selector: Selector, account_: Account) -> None:
    """Forgets the tokens and the health of all accounts when one is removed, since their indices change."""
    original(selector, account_)
    selector.tokens.buckets, selector.health.scores = {}, {}


@removal.patch(
    events, "remove", opened("a", "b", "c"), fails("c"), call("remove", label="a"), fails("c")
)  # fmt: skip
def failures_start_anew(original: Original, selector: Selector, account_: Account) -> None:
    """Forgets the consecutive failures of accounts that get a new index."""
    place = account_.index
    original(selector, account_)
    for each in selector.pool.accounts[place:]:
        each.failures = 0


@verification.port(opened("a", "b"), requires("a"), clears("a", enable=False), clears("a"), rotate())
class EnablesAfterVerification(ReferenceAdapter):
    """Remembers that a verification has disabled the account, and enables it with a later `enable`."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.disabled: set[str] = set()
        return super().open(*args, **params)

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        if self._find(label).enabled:
            self.disabled.add(label)
        super().require_verification(label, message, url)

    def clear_verification(self, label: str, enable: bool = False) -> None:
        super().clear_verification(label, enable)
        if enable and label in self.disabled:
            self.disabled.discard(label)
            if not self._find(label).enabled:
                self.set_enabled(label, True)


@verification.port(opened("a", "b"), switch("a", False), requires("a"), clears("a"), rotate())
class UserHasTheLastWord(ReferenceAdapter):
    """Does not enable a verified account that was disabled before it had to wait."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.disabled: set[str] = set()
        return super().open(*args, **params)

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        found = self._find(label)
        if not found.enabled and found.verification.get("verificationRequired") is not True:
            self.disabled.add(label)
        super().require_verification(label, message, url)

    def clear_verification(self, label: str, enable: bool = False) -> None:
        super().clear_verification(label, enable and label not in self.disabled)
        self.disabled.discard(label)


@verification.port(opened("a", "b"), requires("a"), switch("a", True), rotate())
class WaitingAccountCannotBeEnabled(ReferenceAdapter):
    """Does not enable an account while it waits for verification."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        waits = self._find(label).verification.get("verificationRequired") is True
        super().set_enabled(label, enabled and not waits)


@verification.port(opened("a", "b"), limit("a", 1000), requires("a"), clears("a"), rotate())
class VerifiedAccountStartsAnew(ReferenceAdapter):
    """Clears the rate limits and the cooldown of an account that is enabled after its verification."""

    def clear_verification(self, label: str, enable: bool = False) -> None:
        found = self._find(label)
        waited = found.verification.get("verificationRequired") is True
        super().clear_verification(label, enable)
        if enable and waited:
            found.reset_times_ms, found.cooling_down_until_ms = {}, None
