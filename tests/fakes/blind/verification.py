"""Accounts that wait for verification."""

from typing import Any

from reference_impl import events
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.fakes.blind.calls import (
    account,
    call,
    opened,
    rotate,
    switch,
)
from tests.fakes.blind.ports import Original, Section

section = Section("verification")


@section.patch(
    events,
    "set_enabled",
    opened("a", "b"),
    call("require_verification", label="a"),
    switch("a", True),
    switch("a", False),
    call("clear_verification", label="a", enable=True),
    rotate(),
    rotate(),
)
def enabling_verifies(original: Original, selector: Selector, account: Account, enabled: bool) -> None:
    """Takes an account that its user enables for verified."""
    original(selector, account, enabled)
    if enabled:
        account.verification = {"verificationRequired": False}


_YES = account("a", enabled=False, verificationRequired="yes")


@section.patch(
    events,
    "clear_verification",
    opened(_YES, "b", active=1),
    call("clear_verification", label="a", enable=True),
    rotate(),
    rotate(),
)
def any_stored_verification_waits(original: Original, selector: Selector, account: Account, enable: bool) -> None:
    """Tests the stored verification for truth, not for true."""
    if account.verification.get("verificationRequired"):
        account.verification = {**account.verification, "verificationRequired": True}
    original(selector, account, enable)


@section.patch(
    events,
    "require_verification",
    opened("a", "b", "c"),
    switch("a", False),
    call("require_verification", label="a"),
    call("clear_verification", label="a", enable=True),
    rotate(),
    rotate(),
)
def disabled_account_does_not_wait(original: Original, selector: Selector, account: Account, *args: Any) -> None:
    """Returns early for an account that is disabled already, so that it does not wait for verification."""
    if account.enabled:
        original(selector, account, *args)


@section.patch(
    events,
    "clear_verification",
    opened("a", "b"),
    call("require_verification", label="a"),
    call("clear_verification", label="a"),
    call("clear_verification", label="a", enable=True),
    rotate(),
    rotate(),
)
def account_waits_until_it_is_enabled(original: Original, selector: Selector, account: Account, enable: bool) -> None:
    """Keeps the mark of an account that was verified and not enabled."""
    before = account.verification
    original(selector, account, enable)
    if not enable:
        account.verification = before
