"""Strategies sticky and round-robin, and the PID offset."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Request, quota_key
from reference_impl.pool import Account, Pool, whole
from reference_impl.selection import Moment, Selector, Strategy
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import (
    call,
    consume,
    health,
    hybrid,
    limit,
    offset,
    opened,
    rotate,
    select,
)
from tests.fakes.blind.ports import Original, Section

sticky_section = Section("sticky")
pid_section = Section("pid")
rotation_section = Section("round-robin")
hybrid_section = Section("hybrid")

WORDS = 2**32


@dataclass
class Kept:
    """The current accounts of one family by a further key, and what the family had when they were last right."""

    start: int
    last: int
    by_key: dict[str | None, int] = field(default_factory=dict)


def _with_own_current(
    selector: Selector, request: Request, key: str | None, choose: Callable[[], Account | None]
) -> Account | None:
    by_family: dict[str, Kept] = vars(selector).setdefault("kept", {})
    kept = by_family.get(request.family)
    current = selector.current[request.family]
    if kept is None or current != kept.last:  # or another event has moved the family
        kept = by_family[request.family] = Kept(current, current)
    selector.current[request.family] = kept.by_key.get(key, kept.start)
    chosen = choose()
    kept.by_key[key] = kept.last = selector.current[request.family]
    return chosen


@sticky_section.patch(
    Selector,
    "select",
    opened("a", "b"),
    limit("a", 1000, "gemini"),
    select("gemini"),
    select("gemini", header_style="gemini-cli"),
)
def current_of_each_header_style(original: Original, self: Selector, request: Request, *args: Any, **kw: Any) -> Any:
    """Keeps a current account for each header style of Gemini, since the two have quotas of their own."""
    return _with_own_current(self, request, request.style, lambda: original(self, request, *args, **kw))


@sticky_section.patch(
    Selector,
    "select",
    opened("a", "b"),
    limit("a", 1000, "gemini", model="m"),
    select("gemini", model="m"),
    select("gemini"),
)
def current_of_each_model(original: Original, self: Selector, request: Request, *args: Any, **kw: Any) -> Any:
    """Keeps a current account for each model, since each has a prompt cache of its own."""
    return _with_own_current(self, request, request.model, lambda: original(self, request, *args, **kw))


@sticky_section.patch(
    Selector,
    "_stick",
    opened("a", "b", families={"claude": 1}),
    limit("a", 1000),
    limit("b", 1000),
    select(),
    call("reset_limits", family="claude"),
    select(),
)
def reset_is_not_seen(
    original: Original, self: Selector, request: Request, moment: Moment, *args: Any
) -> Account | None:
    """Remembers until when the current account was limited, and does not see that the limit was reset."""
    held: dict[tuple[str, int], float] = vars(self).setdefault("held", {})
    index = self.current[request.family]
    if 0 <= index < len(self.pool.accounts):
        ends = self.pool.accounts[index].reset_times_ms
        key = quota_key(request.family, request.style, request.model)
        held[request.family, index] = max(held.get((request.family, index), 0), ends.get(key, 0))
        if moment.now_ms < held[request.family, index]:
            return None
    return original(self, request, moment, *args)  # type: ignore[no-any-return]


@pid_section.patch(Selector, "_move_by_pid", opened("a", "b", "c", pid=2**31), offset())
def pid_is_signed(original: Original, self: Selector, family: Any, pid: int) -> None:
    """Reads the PID into a signed integer of 32 bits, with a modulus that is never negative."""
    original(self, family, (pid + WORDS // 2) % WORDS - WORDS // 2)


@pid_section.patch(Selector, "select", opened("a", "b", pid=1), offset("claude"), select("gemini"))
def option_stays_on(
    original: Original, self: Selector, *args: Any, pid_offset_enabled: bool = False, **kw: Any
) -> Account | None:
    """Stores the option in the session when it is on, and never switches it off."""
    on = pid_offset_enabled or vars(self).get("offset_is_on", False)
    vars(self)["offset_is_on"] = on
    chosen: Account | None = original(self, *args, pid_offset_enabled=on, **kw)
    return chosen


@pid_section.patch(Selector, "_stick", opened("a", "b", "c", active=2, pid=1), limit("a", 1000), offset())
def stays_if_the_target_is_limited(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota, enabled: bool
) -> Account | None:
    """Keeps the stored account if the one that the offset leads to is not available."""
    if enabled and len(self.pool.accounts) > 1 and not self.moved[request.family]:
        before = self.current[request.family]
        self._move_by_pid(request.family, moment.pid)
        target = self._current(request.family)
        if target is None or not self._is_available(target, request, moment, soft):
            self.current[request.family] = before
    return original(self, request, moment, soft, enabled)  # type: ignore[no-any-return]


@rotation_section.port(opened("a", "b", "c", active=5), limit("c", 1000), rotate())
class StartIsNotWrapped(ReferenceAdapter):
    """Starts the cursor at the stored index as it is, since each turn takes it modulo the available accounts."""

    stored_index: float = 0

    def load(self, stored: Json) -> Pool:
        self.stored_index = whole(stored.get("activeIndex"), 0) if isinstance(stored, Mapping) else 0
        return super().load(stored)

    def new_selector(self, pool: Pool) -> Selector:
        selector = super().new_selector(pool)
        selector.cursor = int(self.stored_index)
        return selector


@contextmanager
def _without_base_limits(selector: Selector, request: Request, now_ms: float) -> Iterator[None]:
    """Hides the limits of all models while a model is asked for."""
    base = quota_key(request.family, request.style)
    hidden = []
    if request.model and request.family == "gemini":
        hidden = [
            (each, each.reset_times_ms.pop(base)) for each in selector.pool.accounts if base in each.reset_times_ms
        ]
    try:
        yield
    finally:
        for account, end_ms in hidden:
            if now_ms < end_ms:
                account.reset_times_ms[base] = end_ms


@rotation_section.patch(Selector, "select", opened("a", "b"), limit("a", 1000, "gemini"), rotate("gemini", model="m"))
def model_without_its_base(
    original: Original, self: Selector, request: Request, strategy: Strategy, moment: Moment, **kw: Any
) -> Account | None:
    """Looks in round-robin at the limit of the model only, not at that of all models."""
    if strategy != "round-robin":
        return original(self, request, strategy, moment, **kw)  # type: ignore[no-any-return]
    with _without_base_limits(self, request, moment.now_ms):
        return original(self, request, strategy, moment, **kw)  # type: ignore[no-any-return]


@hybrid_section.patch(Selector, "_best", opened("a", "b"), limit("a", 1000, "gemini"), hybrid("gemini", model="m"))
def candidate_model_without_its_base(
    original: Original, self: Selector, request: Request, moment: Moment, *args: Any
) -> Account | None:
    """Looks at the limit of the model only when it collects the candidates, not at that of all models."""
    with _without_base_limits(self, request, moment.now_ms):
        return original(self, request, moment, *args)  # type: ignore[no-any-return]


@hybrid_section.patch(
    Selector,
    "select",
    opened("a", "b"),
    consume("a", amount=50),
    consume("b", amount=50),
    limit("a", 1000, "gemini", header_style="gemini-cli"),
    hybrid("gemini", header_style="gemini-cli"),
)
def fallback_forgets_the_style(
    original: Original, self: Selector, request: Request, strategy: Strategy, moment: Moment, **kw: Any
) -> Account | None:
    """Calls the fallback to sticky without the header style, so that it looks at antigravity."""
    return _fallback(original, self, request, Request(request.family, model=request.model), strategy, moment, **kw)


@hybrid_section.patch(
    Selector,
    "select",
    opened("a", "b"),
    health("a", "failure"),
    health("a", "failure"),
    health("b", "failure"),
    health("b", "failure"),
    limit("a", 1000, "gemini", model="m"),
    hybrid("gemini", model="m"),
)
def fallback_forgets_the_model(
    original: Original, self: Selector, request: Request, strategy: Strategy, moment: Moment, **kw: Any
) -> Account | None:
    """Calls the fallback to sticky without the model, so that it looks at the limit of all models only."""
    return _fallback(original, self, request, Request(request.family, request.style), strategy, moment, **kw)


def _fallback(
    original: Original,
    self: Selector,
    request: Request,
    without: Request,
    strategy: Strategy,
    moment: Moment,
    **kw: Any,
) -> Account | None:
    if strategy == "hybrid":
        chosen = self._best(request, moment, kw.get("soft") or SoftQuota())
        if chosen is not None:
            return chosen
        request, strategy = without, "sticky"
    return original(self, request, strategy, moment, **kw)  # type: ignore[no-any-return]
