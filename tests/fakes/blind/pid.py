"""The PID offset."""

import struct
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Family, Request
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota
from tests.fakes.blind.calls import advance, limit, offset, opened, rotate, select, switch
from tests.fakes.blind.ports import Original, Section

section = Section("pid")


@section.port(opened("a", "b", "c", pid=2**31), offset())
class PidOf31Bits(ReferenceAdapter):
    """Reads the PID as a signed 32-bit integer, so that those of Windows above 2^31 are negative."""

    def process_id(self) -> int:
        pid = super().process_id()
        return pid - 2**32 if pid >= 2**31 else pid


@section.port(opened("a", "b", "c", pid=2**15), offset())
class PidOf15Bits(ReferenceAdapter):
    """Keeps 15 bits of the PID, the limit of old kernels."""

    def process_id(self) -> int:
        return super().process_id() & 0x7FFF


@section.port(opened("a", "b", "c", pid=2**22), offset())
class PidOf22Bits(ReferenceAdapter):
    """Keeps 22 bits of the PID, the limit of Linux."""

    def process_id(self) -> int:
        return super().process_id() & 0x3FFFFF


@section.port(opened("a", "b", "c", pid=2**24 + 1), offset())
class PidAsFloat(ReferenceAdapter):
    """Passes the PID through a 32-bit float, which has 24 bits."""

    def process_id(self) -> int:
        return int(struct.unpack("f", struct.pack("f", super().process_id()))[0])


@section.port(opened("a", "b", pid=0), offset())
class PidZeroIsMissing(ReferenceAdapter):
    """Writes `pid or os.getpid()`, which ignores a given PID of 0."""

    def process_id(self) -> int:
        return self.pid or 1_000_003  # for os.getpid(): a prime, so that it is never 0 modulo a count of accounts


@section.port(opened("a", "b", pid=1), offset(), opened("a", "b", pid=2), offset())
class FirstPidIsKept(ReferenceAdapter):
    """Reads the PID once, at the first selection."""

    kept: int | None = None

    def process_id(self) -> int:
        if self.kept is None:
            self.kept = super().process_id()
        return self.kept


@section.patch(Selector, "_move_by_pid", opened("a", "b", "c", pid=1), offset(), rotate())
def offset_moves_the_cursor(original: Original, self: Selector, family: Family, pid: int) -> None:
    """Moves the cursor to the account of the offset, so that rotation continues there."""
    had = self.moved[family]
    original(self, family, pid)
    if self.moved[family] and not had:
        self.cursor = self.current[family]


@section.patch(Selector, "_offset", opened("a", "b", "c", pid=1), rotate(), rotate(), offset())
def offset_from_the_active_index(original: Original, self: Selector, family: Family, pid: int) -> int:
    """Counts from the active index as loaded, not from the account that the family has now."""
    return (self.pool.active_index + pid) % len(self.pool.accounts)


@section.patch(
    Selector,
    "_stick",
    opened("a", "b", "c", pid=1),
    limit("a", 1000),
    limit("b", 1000),
    limit("c", 1000),
    offset(),
    switch("b", False),
    switch("b", True),
    advance(1000),
    offset(),
)
def offset_waits_for_an_account(
    original: Original, self: Selector, request: Request, moment: Moment, soft: SoftQuota, enabled: bool
) -> Account | None:
    """Postpones the offset while no account is available."""
    free = [each for each in self._usable() if self._is_available(each, request, moment, soft)]
    chosen: Account | None = original(self, request, moment, soft, enabled and bool(free))
    return chosen


@section.port(opened("a", "b", pid=1), offset(), opened("a", "b", pid=1), offset())
class OffsetRemembersThePool(ReferenceAdapter):
    """Remembers for which accounts it has applied the offset, also for the next session."""

    moved_for: Json = None

    def open(self, *args: Any, **params: Any) -> Json:
        before = self.selector
        answer = super().open(*args, **params)
        if before is not None and self.moved_for == answer["accounts"]:
            self._opened().moved = dict(before.moved)
        self.moved_for = answer["accounts"]
        return answer


_POOR = {"min_usable": 90}


@section.patch(Selector, "select", opened("a", "b", "c", pid=1, health=_POOR), offset(strategy="hybrid"), offset())
def hybrid_has_its_own_offset(
    original: Original, self: Selector, request: Request, strategy: str, *args: Any, **params: Any
) -> Account | None:
    """Keeps a flag per strategy: the offset that the fallback of hybrid has applied, sticky applies again."""
    flags = vars(self).setdefault("flags", {"hybrid": dict(self.moved), "sticky": dict(self.moved)})
    self.moved = flags["hybrid" if strategy == "hybrid" else "sticky"]
    chosen: Account | None = original(self, request, strategy, *args, **params)
    return chosen


@section.patch(Selector, "_offset", opened("a", "b", "b", pid=2), offset())
def modulus_counts_tokens(original: Original, self: Selector, family: Family, pid: int) -> int:
    """Counts different tokens in the modulus, not accounts."""
    tokens = len({each.label for each in self.pool.accounts})
    return int(original(self, family, pid % tokens))


@section.patch(Selector, "select", opened("a", "b", "c", pid=1), offset(), select(), offset())
def switching_off_renews_the_offset(
    original: Original, self: Selector, request: Request, strategy: str, *args: Any, **params: Any
) -> Account | None:
    """Resets its flag when a selection has the offset off, so that the offset is applied again."""
    if strategy == "sticky" and not params.get("pid_offset_enabled"):
        self.moved[request.family] = False
    chosen: Account | None = original(self, request, strategy, *args, **params)
    return chosen


@section.patch(
    Selector,
    "_move_by_pid",
    opened("a", "b", "c", families={"claude": 0, "gemini": 1}, pid=1),
    offset("claude"),
    offset("gemini"),
    offset("claude"),
)
def second_family_restarts_the_first(original: Original, self: Selector, family: Family, pid: int) -> None:
    """Remembers only the last family that it moved."""
    last = vars(self).get("last")
    self.moved[family] = last == family
    original(self, family, pid)
    vars(self)["last"] = family


@section.patch(Selector, "_offset", opened("a", "b", "c", families={"claude": 2}, pid=4_294_967_295), offset())
def sum_of_32_bits(original: Original, self: Selector, family: Family, pid: int) -> int:
    """Adds index and PID in 32 bits before it takes the remainder."""
    return (max(0, self.current[family]) + pid) % 2**32 % len(self.pool.accounts)
