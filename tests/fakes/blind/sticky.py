"""Strategy sticky."""

from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request
from reference_impl.pool import NOWHERE, Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import advance, call, limit, opened, rotate, select
from tests.fakes.blind.ports import Original, Section

section = Section("sticky")


@section.patch(
    Selector,
    "select",
    opened("a", "b", families={"claude": 1}),
    limit("a", 1000),
    limit("b", 1000),
    select(),
    advance(1000),
    select(),
)
def no_account_forgets_the_current(original: Original, self: Selector, request: Request, *args: Any, **kw: Any) -> Any:
    """Clears the current account of a family when no account is available."""
    chosen = original(self, request, *args, **kw)
    if chosen is None:
        self.current[request.family] = NOWHERE
    return chosen


@section.patch(Selector, "_stick", opened("a", "b", "c", families={"claude": 1}), limit("b", 1000), select())
def next_after_the_current(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota, *args: Any
) -> Account | None:
    """Replaces an account by the one after it, not by the next one in rotation."""
    chosen: Account | None = original(self, request, moment, soft, *args)
    if chosen is None:
        free = [each for each in self._usable() if self._is_available(each, request, moment, soft)]
        self.cursor = sum(each.index <= self.current[request.family] for each in free)
    return chosen


@section.patch(
    Selector,
    "_rotate",
    opened("a", "b", "c", families={"claude": 2, "gemini": 0}),
    call("remove", label="c"),
    rotate("gemini"),
    rotate("gemini"),
    rotate("gemini"),
    select("claude"),
)
def lost_family_follows_the_other(original: Original, self: Selector, request: Request, *args: Any) -> Account | None:
    """Gives a family without an account that of the other family."""
    chosen: Account | None = original(self, request, *args)
    for family, index in self.current.items():
        if chosen is not None and index == NOWHERE:
            self.current[family] = chosen.index
    return chosen


@section.patch(
    Selector,
    "_stick",
    opened("a", "b"),
    limit("a", 1000, "gemini", model="m"),
    select("gemini", model="m"),
)
def current_ignores_the_model(original: Original, self: Selector, request: Request, *args: Any) -> Account | None:
    """Checks the current account without the model, which only the rotation looks at."""
    chosen: Account | None = original(self, replace(request, model=None), *args)
    return chosen


@section.port(opened("a", "a", active=1), select())
class AccountsFoundByToken(ReferenceAdapter):
    """Looks the index up by token, which finds the first of two accounts with one token."""

    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        return chosen and {"label": chosen["label"], "index": self._find(chosen["label"]).index}
