"""A fourth round of faults: limits, cooldowns, waiting, enabling, removal and verification of the same account."""

from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Request, forget_ended, is_limited, is_limited_in_both_styles
from reference_impl.pool import NOWHERE, Account
from reference_impl.selection import Selector, is_cooling
from tests.fakes.blind.calls import (
    POOL_PATH,
    account,
    advance,
    call,
    cool,
    fails,
    limit,
    opened,
    opened_home,
    pool,
    rotate,
    saved,
    select,
    switch,
    wait,
)
from tests.fakes.blind.calls import pool_file as file_of
from tests.fakes.blind.ports import Original, Section

limits = Section("limits")
cooldown = Section("cooldown")
backoff = Section("backoff")
waiting = Section("waiting")
others = Section("other-account")
styles = Section("styles")
removal = Section("removal")
verification = Section("verification")

READ = call("read_file", path=POOL_PATH)
TWO = file_of(pool("a", "b"))


def requires(label: str, **params: Json) -> Any:
    return call("require_verification", label=label, **params)


def clears(label: str, enable: bool = False) -> Any:
    return call("clear_verification", label=label, enable=enable)


def waits(account_: Account) -> bool:
    return account_.verification.get("verificationRequired") is True


@limits.port(opened("a", "b"), switch("a", False), limit("a", 1000), switch("a", True), rotate())
class DisabledAccountTakesNoLimit(ReferenceAdapter):
    """Returns early if an account that is disabled is marked as rate-limited."""

    def mark_rate_limited(self, label: str, *args: Any, **params: Any) -> None:
        if self._find(label).enabled:
            super().mark_rate_limited(label, *args, **params)


@cooldown.port(opened("a", "b"), switch("a", False), cool("a", 1000), switch("a", True), rotate())
class DisabledAccountTakesNoCooldown(ReferenceAdapter):
    """Returns early if a cooldown is set for an account that is disabled."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        if self._find(label).enabled:
            super().mark_cooling_down(label, cooldown_ms, reason)


@cooldown.port(opened_home(), cool("a", 1000), cool("a", 500, "network-error"), saved(), READ, files=TWO)
class ShorterCooldownKeepsTheReason(ReferenceAdapter):
    """Replaces the reason of a cooldown only if the new one ends later."""

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        found = self._find(label)
        until, before = found.cooling_down_until_ms, found.cooldown_reason
        super().mark_cooling_down(label, cooldown_ms, reason)
        if until is not None and until > self.now_ms + cooldown_ms:
            found.cooldown_reason = before


@backoff.port(opened("a", "b"), switch("a", False), fails("a"), switch("a", True), fails("a"))
class DisabledAccountDoesNotFail(ReferenceAdapter):
    """Counts no failure of an account that is disabled, of which a request may still be on its way."""

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        found = self._find(label)
        before = found.failures, found.last_failure_ms
        result = super().mark_rate_limited_with_reason(label, *args, **params)
        if not found.enabled:
            found.failures, found.last_failure_ms = before
        return result


@backoff.port(opened("a", "b"), fails("a"), cool("a", 1000), fails("a"), fails("a"))
class CoolingAccountDoesNotFail(ReferenceAdapter):
    """Counts no failure of an account that is cooling down, whose other requests fail for the same cause."""

    def mark_rate_limited_with_reason(self, label: str, *args: Any, **params: Any) -> Json:
        found, before = self._find(label), self._find(label).failures
        result = super().mark_rate_limited_with_reason(label, *args, **params)
        if found.cooling_down_until_ms is not None and self.now_ms < found.cooling_down_until_ms:
            found.failures = before
        return result


@waiting.port(opened("a", "b"), fails("a"), call("reset_limits", family="gemini", model="gemini-3-pro"), fails("a"))
class ResetOfModelKeepsFailures(ReferenceAdapter):
    """Resets the consecutive failures only if no model is named."""

    def reset_limits(self, family: Any, model: str | None = None) -> None:
        failures = [each.failures for each in self._opened().pool.accounts]
        super().reset_limits(family, model)
        for each, count in zip(self._opened().pool.accounts, failures, strict=True):
            each.failures = count if model else each.failures


@waiting.port(
    opened("a", "b"), fails("a"), switch("a", False), call("reset_limits", family="claude"), switch("a", True),
    fails("a"),
)  # fmt: skip
class ResetKeepsFailuresOfDisabled(ReferenceAdapter):
    """Clears the limits of all accounts, and the consecutive failures of those that are enabled."""

    def reset_limits(self, family: Any, model: str | None = None) -> None:
        failures = [each.failures for each in self._opened().pool.accounts]
        super().reset_limits(family, model)
        for each, count in zip(self._opened().pool.accounts, failures, strict=True):
            each.failures = 0 if each.enabled else count


@waiting.patch(events, "min_wait_ms", opened("a", "b"), requires("a"), switch("a", True), limit("b", 1000), wait())
def waiting_account_is_disabled(original: Original, selector: Selector, *args: Any, **params: Any) -> float:
    """Leaves out accounts that wait for verification, although their user has enabled them."""
    every = selector.pool.accounts
    selector.pool.accounts = [each for each in every if not waits(each)]
    result: float = original(selector, *args, **params)
    selector.pool.accounts = every
    return result


@waiting.patch(
    events, "min_wait_ms", opened("a", "b"), limit("b", 1000), advance(1000), wait(), advance(-1), rotate(), rotate()
)
def limits_behind_a_free_account_stay(
    original: Original, selector: Selector, request: Request, now_ms: float, *, strict: bool
) -> float:
    """Returns at the first account that is available, before it forgets the ended limits of those behind it."""
    limited = is_limited if strict else is_limited_in_both_styles
    for each in selector.pool.accounts:
        forget_ended(each.reset_times_ms, now_ms)
        if each.enabled and not is_cooling(each, now_ms) and not limited(each.reset_times_ms, request, now_ms):
            return 0
    return float(original(selector, request, now_ms, strict=strict))


@others.port(
    opened("a", "b"), requires("b"), switch("b", True), call("has_other_account", label="a", family="gemini")
)  # fmt: skip
class WaitingAccountIsNoOther(ReferenceAdapter):
    """Does not offer an account that waits for verification, although its user has enabled it."""

    def has_other_account(self, label: str, family: Any, model: str | None = None) -> Json:
        waiting_ = [each for each in self._opened().pool.accounts if each.enabled and waits(each)]
        for each in waiting_:
            each.enabled = False
        result = super().has_other_account(label, family, model)
        for each in waiting_:
            each.enabled = True
        return result


@styles.port(
    opened("a", "b"),
    limit("a", 1000),
    advance(1000),
    call("available_header_style", label="a", family="claude"),
    advance(-1),
    select(),
)
class AskingForAStyleForgetsNothing(ReferenceAdapter):
    """Looks for a header style in a copy of the limits, so that those that have ended are not forgotten."""

    def available_header_style(self, label: str, family: Any, model: str | None = None) -> Json:
        found, request = self._find(label), Request(family, model=model)
        copy = replace(found, reset_times_ms=dict(found.reset_times_ms))
        return {"header_style": events.available_header_style(copy, request, self.now_ms)}


@removal.patch(
    events,
    "remove",
    opened("a", "b", "c", families={"claude": 2, "gemini": 1}),
    call("remove", label="a"),
    select(),
)
def last_family_is_lost_with_an_earlier_account(original: Original, selector: Selector, account_: Account) -> None:
    """Tests whether an index is too high before it moves the index, so that a family on the last account is lost."""
    last = len(selector.pool.accounts) - 1
    lost = [family for family in FAMILIES if selector.current[family] == last]
    original(selector, account_)
    for family in lost:
        selector.current[family] = NOWHERE


@removal.patch(
    events, "remove", opened("a", "b", "c", "d"), rotate(), rotate(), switch("a", False), call("remove", label="a"),
    rotate("gemini"),
)  # fmt: skip
def disabled_account_leaves_the_cursor(original: Original, selector: Selector, account_: Account) -> None:
    """Moves the cursor back only if the removed account was enabled, since others are not in the rotation."""
    count = len(selector.pool.accounts)
    before, place = selector.cursor % count, account_.index
    original(selector, account_)
    if not account_.enabled and before > place and count > 1:
        selector.cursor = before % (count - 1)


@removal.port(opened("a", "b", "c", active=1), cool("b", 1000), call("remove", label="a"), advance(1000), select())
class CoolingFamilyMovesOnRemoval(ReferenceAdapter):
    """Moves families to the first available account when the pool changes, if their own is cooling down."""

    def remove(self, label: str) -> None:
        super().remove(label)
        selector = self._opened()
        free = [each for each in selector.pool.accounts if each.enabled and not is_cooling(each, self.now_ms)]
        for family in FAMILIES:
            found = selector._current(family)
            if found is not None and is_cooling(found, self.now_ms) and free:
                selector.current[family] = free[0].index


@verification.port(opened_home(), requires("a", message="old"), requires("a"), saved(), READ, files=TWO)
class OldMessageIsKept(ReferenceAdapter):
    """Keeps the message of the verification before if a new one has none, as it keeps the link."""

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        kept = self._find(label).verification.get("verificationRequiredReason")
        super().require_verification(label, message or (kept if isinstance(kept, str) else None), url)


@verification.port(
    opened_home(), requires("a", url="https://x"), clears("a"), requires("a"), saved(), READ, files=TWO
)  # fmt: skip
class LinkOutlivesTheVerification(ReferenceAdapter):
    """Remembers the link of an account after its verification, and uses it for the next one without a link."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.links: dict[str, str] = {}
        return super().open(*args, **params)

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        self._find(label)
        self.links[label] = url or self.links.get(label, "")
        super().require_verification(label, message, self.links[label] or None)


@verification.patch(
    events, "require_verification", opened("a", "b", "c", active=1), requires("b"), select("gemini"), select()
)
def required_account_keeps_its_families(original: Original, selector: Selector, account_: Account, *args: Any) -> None:
    """Sets `enabled` of an account that has to be verified, without the function that also moves its families."""
    current = dict(selector.current)
    original(selector, account_, *args)
    selector.current = current


@verification.port(opened_home(), requires("a"), advance(1000), requires("a"), saved(), READ, files=TWO)
class SecondRequirementKeepsTheTime(ReferenceAdapter):
    """Keeps the time since which an account waits if verification is required again."""

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        found = self._find(label)
        since = found.verification.get("verificationRequiredAt") if waits(found) else None
        super().require_verification(label, message, url)
        if since is not None:
            found.verification = {**found.verification, "verificationRequiredAt": since}


@verification.port(opened("a", "b"), requires("a"), switch("a", True), requires("a"), rotate(), rotate())
class SecondRequirementDisablesNothing(ReferenceAdapter):
    """Disables an account only if it did not wait for verification before, although its user has enabled it since."""

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        found = self._find(label)
        on = found.enabled and waits(found)
        current = dict(self._opened().current)
        super().require_verification(label, message, url)
        if on:
            found.enabled, self._opened().current = True, current


@verification.port(
    opened(account("a", verificationRequired=True), "b"),
    clears("a", True),
    switch("a", False),
    clears("a", True),
    rotate(),
)
class VerifiedOnceIsEnabled(ReferenceAdapter):
    """Enables with `enable` also an account that was verified before and that its user has disabled since."""

    def open(self, *args: Any, **params: Any) -> Json:
        self.verified: set[str] = set()
        return super().open(*args, **params)

    def clear_verification(self, label: str, enable: bool = False) -> None:
        if waits(self._find(label)):
            self.verified.add(label)
        super().clear_verification(label, enable)
        if enable and label in self.verified:
            self.set_enabled(label, True)
