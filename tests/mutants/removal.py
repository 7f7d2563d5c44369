"""Mutants of disabling and removing accounts: the reference with one change."""

from collections.abc import Callable
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import FAMILIES, Family, Request
from reference_impl.pool import NOWHERE, Account, Pool
from reference_impl.selection import Moment, Selector
from tests.mutants.events import with_quirk
from tests.mutants.selection import count_of, selecting


class UsesDisabledAccounts(Selector):
    """A selector that uses disabled accounts if `uses` returns true."""

    def uses(self, strategy: str, offset: bool) -> bool:
        raise NotImplementedError

    def select(self, request: Request, strategy: Any, moment: Moment, **params: Any) -> Account | None:
        disabled = [account for account in self.pool.accounts if not account.enabled]
        used = self.uses(strategy, params["pid_offset_enabled"])
        for account in disabled:
            account.enabled = used
        try:
            return super().select(request, strategy, moment, **params)
        finally:
            for account in disabled:
                account.enabled = False


# Disabled accounts


@selecting
class RotationHandsOutDisabledAccounts(UsesDisabledAccounts):
    def uses(self, strategy: str, offset: bool) -> bool:
        return strategy == "round-robin"


@selecting
class HybridWeighsDisabledAccounts(UsesDisabledAccounts):
    def uses(self, strategy: str, offset: bool) -> bool:
        return strategy == "hybrid"


class StickyKeepsADisabledAccount(with_quirk("disabled-account-kept")):  # type: ignore[misc]
    """As in 1.4.3."""


@selecting
class MovesOnToADisabledAccount(UsesDisabledAccounts):
    def uses(self, strategy: str, offset: bool) -> bool:
        return strategy == "sticky"


@selecting
class DisabledRatherThanNone(UsesDisabledAccounts):
    def uses(self, strategy: str, offset: bool) -> bool:
        return not any(account.enabled for account in self.pool.accounts)


class FalsyIsDisabled(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        entries = [{**entry, "enabled": bool(entry.get("enabled", True))} for entry in stored["accounts"]]
        return super().load({**stored, "accounts": entries})


@selecting
class StuckOnADisabledLandingPlace(UsesDisabledAccounts):
    def uses(self, strategy: str, offset: bool) -> bool:
        return strategy == "sticky" and offset


class SwitchesWrongly(ReferenceAdapter):
    """Does more or less than needed when an account is enabled or disabled. `instead` receives the original action."""

    def set_enabled(self, label: str, enabled: bool) -> None:
        self.instead(
            self._opened(), self._find(label), enabled, lambda: super(SwitchesWrongly, self).set_enabled(label, enabled)
        )

    def instead(self, selector: Selector, account: Account, on: bool, switch: Callable[[], None]) -> None:
        raise NotImplementedError


class SwitchingOffDoesNothing(SwitchesWrongly):
    def instead(self, selector: Selector, account: Account, on: bool, switch: Callable[[], None]) -> None:
        if on:
            switch()


class MovesToTheNextInRotation(SwitchesWrongly):
    def instead(self, selector: Selector, account: Account, on: bool, switch: Callable[[], None]) -> None:
        stood = dict(selector.current)
        switch()
        selector.current = stood  # a family on a disabled account moves at its next selection


class SwitchingOffMovesEveryFamily(SwitchesWrongly):
    def instead(self, selector: Selector, account: Account, on: bool, switch: Callable[[], None]) -> None:
        if not on:
            selector.current = dict.fromkeys(FAMILIES, account.index)
        switch()


class SwitchedOffForGood(SwitchesWrongly):
    def instead(self, selector: Selector, account: Account, on: bool, switch: Callable[[], None]) -> None:
        if not on:
            switch()


class SwitchingOnMovesFamilies(SwitchesWrongly):
    def instead(self, selector: Selector, account: Account, on: bool, switch: Callable[[], None]) -> None:
        switch()
        if on:
            selector.current = dict.fromkeys(FAMILIES, account.index)


class SwitchingOffSpendsTheOffset(SwitchesWrongly):
    def instead(self, selector: Selector, account: Account, on: bool, switch: Callable[[], None]) -> None:
        for family in FAMILIES:
            if not on and selector.current[family] == account.index:
                selector.moved[family] = True
        switch()


# Removing accounts


class RemovesWrongly(ReferenceAdapter):
    """Changes the state after a removal. `after` receives the former indices of the families and the removed index."""

    def remove(self, label: str) -> None:
        selector, gone = self._opened(), self._find(label).index
        stood, cursor = dict(selector.current), selector.cursor
        super().remove(label)
        if selector.pool.accounts:
            self.after(selector, gone, stood, cursor)

    def after(self, selector: Selector, gone: int, stood: dict[Family, int], cursor: int) -> None:
        raise NotImplementedError


class RemovedAccountSelected(ReferenceAdapter):
    def remove(self, label: str) -> None:
        self._find(label)


class RemovalLeavesAGap(RemovesWrongly):
    def after(self, selector: Selector, gone: int, stood: dict[Family, int], cursor: int) -> None:
        for account in selector.pool.accounts[gone:]:
            account.index += 1


class TurnNotMovedUp(RemovesWrongly):
    def after(self, selector: Selector, gone: int, stood: dict[Family, int], cursor: int) -> None:
        selector.cursor = cursor


class FamilyKeepsItsIndex(RemovesWrongly):
    def after(self, selector: Selector, gone: int, stood: dict[Family, int], cursor: int) -> None:
        selector.current = {family: index % count_of(selector) for family, index in stood.items()}


class FamilyTakesTheOneBefore(RemovesWrongly):
    def after(self, selector: Selector, gone: int, stood: dict[Family, int], cursor: int) -> None:
        for family, index in stood.items():
            if index == gone:
                selector.current[family] = max(0, index - 1)


class FamilyTakesTheLastOneLeft(RemovesWrongly):
    def after(self, selector: Selector, gone: int, stood: dict[Family, int], cursor: int) -> None:
        for family in FAMILIES:
            if selector.current[family] == NOWHERE:
                selector.current[family] = count_of(selector) - 1


class LastAccountStays(ReferenceAdapter):
    def remove(self, label: str) -> None:
        if len(self._opened().pool.accounts) > 1:
            super().remove(label)


class OffsetAgainAfterRemoval(RemovesWrongly):
    def after(self, selector: Selector, gone: int, stood: dict[Family, int], cursor: int) -> None:
        selector.moved = dict.fromkeys(FAMILIES, False)


@selecting
class OffsetCountsRemovedAccounts(Selector):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.loaded = count_of(self)

    def _offset(self, family: Family, pid: int) -> int:
        return super()._offset(family, pid % max(1, self.loaded))


class OffsetFromNowhere(with_quirk("offset-counts-from-minus-one")):  # type: ignore[misc]
    """As in every release."""


class LimitsStayAtTheIndex(ReferenceAdapter):
    def remove(self, label: str) -> None:
        limits = [account.reset_times_ms for account in self._opened().pool.accounts]
        super().remove(label)
        for account, of_index in zip(self._opened().pool.accounts, limits, strict=False):
            account.reset_times_ms = of_index


class TurnLostAfterTheFirstRound(with_quirk("cursor-not-wrapped-on-removal")):  # type: ignore[misc]
    """As in the releases."""
