"""The reference as a target: the methods of the wire over the pure core.

Only this module, `pool_file`, `release_storage` and `stateless` read the machine: the PID and files.
"""

import itertools
import os
from collections.abc import Callable, Iterator

from conformance.json_type import Json
from conformance.wire.answers import Refusal
from reference_impl import events, pool_file, release_storage
from reference_impl.limits import Family, HeaderStyle, Request
from reference_impl.pool import Account, Pool, load_pool
from reference_impl.profiles import Profile, profile
from reference_impl.releases import RECOMMENDED, VERSIONS
from reference_impl.saving import SessionState, remember, saved_document
from reference_impl.selection import Moment, Selector, Strategy
from reference_impl.soft_quota import SoftQuota
from reference_impl.stateless import StatelessMethods
from reference_impl.storage import parse_pool_file
from reference_impl.trackers import Health, HealthSettings, Outcome, Tokens, TokenSettings

CAPABILITIES = (
    "sticky", "round-robin", "hybrid", "pid", "offset", "clock", "random", "limits", "header-styles", "stored-state",
    "backoff", "used", "cooldown", "enabled", "remove", "health", "tokens", "soft-quota", "min-wait", "strict-wait",
    "reset-limits", "other-account", "available-style", "update-quota", "verification", "snapshot", "storage", "save",
    "sessions", "pool-path", "reason", "soft-quota-ttl", "config", "environment", "platform", "fork",
)  # fmt: skip


class ReferenceAdapter(StatelessMethods):
    """The target `reference` at a profile. `conformance.wire.methods` lists parameters and results. Times are in
    milliseconds.
    """

    name = "reference"

    def __init__(self, profile_or_name: Profile | str = RECOMMENDED) -> None:
        self.profile = profile(profile_or_name) if isinstance(profile_or_name, str) else profile_or_name
        self.selector: Selector | None = None
        self.now_ms: float = 0
        self.pid: int | None = None
        self.home: str | None = None
        self.draws: Iterator[float] = itertools.repeat(0.5)
        self.read_ms: float = 0  # when the pool was opened
        self.before: dict[str, Account] = {}  # as they were in the file when it was last read or written, by label
        self.session_number = 0  # number of the chosen session; `other_sessions` holds the others
        self.other_sessions: dict[int, tuple[Selector | None, str | None, dict[str, Account]]] = {}

    def hello(self, wire: int) -> Json:  # noqa: ARG002 - there is one version so far
        from conformance import __version__

        return {
            "name": self.name,
            "version": __version__,
            "language": "python",
            "profile": self.profile.name,
            "capabilities": [word for word in CAPABILITIES if self.profile.knows(word)],
            "pid": os.getpid(),
        }

    def open(
        self,
        pool: Json = None,
        home: str | None = None,
        now_ms: float = 0,
        pid: int | None = None,
        random: list[float] | None = None,
        health: dict[str, float] | None = None,
        tokens: dict[str, float] | None = None,
    ) -> Json:
        self.selector, self.now_ms, self.read_ms, self.pid, self.home = None, now_ms, now_ms, pid, home
        self.draws = itertools.cycle(random or [0.5])
        self.opened = None if home is None else pool_file.load(home)
        stored = pool if home is None else parse_pool_file(self.opened, self.profile, now_ms)
        self.selector = self.new_selector(self.load(stored))
        self.before = remember(self.selector.pool.accounts)
        tracked = Health(HealthSettings(**(health or {})), self.profile)
        buckets = Tokens(TokenSettings(**(tokens or {})), self.profile)
        others = (
            [other for other, *_ in self.other_sessions.values() if other]
            if self.profile.has("trackers-shared")
            else []
        )
        for selector in (self.selector, *others):
            selector.health, selector.tokens = tracked, buckets
        return {"accounts": [account.label for account in self.selector.pool.accounts]}

    def use_session(self, session: int) -> None:
        self.other_sessions[self.session_number] = (self.selector, self.home, self.before)
        self.session_number = session
        self.selector, self.home, self.before = self.other_sessions.pop(session, (None, None, {}))

    def load(self, stored: Json) -> Pool:
        """Builds the pool; mutants override it."""
        return load_pool(stored, self.profile)

    def new_selector(self, pool: Pool) -> Selector:
        """Starts a session; mutants override it."""
        return Selector(pool, self.profile)

    def select(
        self,
        family: Family,
        strategy: Strategy,
        header_style: HeaderStyle = "antigravity",
        model: str | None = None,
        pid_offset_enabled: bool = False,
        soft_quota_threshold_percent: float | None = None,
        soft_quota_cache_ttl_ms: float | None = None,
    ) -> Json:
        account = self._opened().select(
            Request(family, header_style, model),
            strategy,
            Moment(self.now_ms, self.process_id()),
            pid_offset_enabled=pid_offset_enabled,
            soft=self._soft_quota(soft_quota_threshold_percent, soft_quota_cache_ttl_ms),
        )
        return None if account is None else {"label": account.label, "index": account.index}

    def soft_quota_wait(
        self,
        family: Family,
        model: str | None = None,
        soft_quota_threshold_percent: float | None = None,
        soft_quota_cache_ttl_ms: float | None = None,
    ) -> Json:
        self._claims("soft-quota")
        soft = self._soft_quota(soft_quota_threshold_percent, soft_quota_cache_ttl_ms)
        request, moment = Request(family, model=model), Moment(self.now_ms, self.process_id())
        return {"wait_ms": self._opened().soft_quota_wait_ms(request, moment, soft)}

    def process_id(self) -> int:
        """The PID passed to `open`, or else that of this process. A forked child has its own (PID-010)."""
        return os.getpid() if self.pid is None else self.pid

    def mark_rate_limited(
        self,
        label: str,
        retry_after_ms: float,
        family: Family,
        header_style: HeaderStyle = "antigravity",
        model: str | None = None,
    ) -> None:
        events.mark_rate_limited(self._find(label), Request(family, header_style, model), retry_after_ms, self.now_ms)

    def mark_rate_limited_with_reason(
        self,
        label: str,
        family: Family,
        reason: str,
        header_style: HeaderStyle = "antigravity",
        model: str | None = None,
        retry_after_ms: float | None = None,
        failure_ttl_ms: float | None = None,
    ) -> Json:
        self._claims("backoff")
        wait_ms = events.mark_rate_limited_with_reason(
            self._opened(),
            self._find(label),
            Request(family, header_style, model),
            reason,
            self.now_ms,
            lambda: next(self.draws),
            retry_after_ms,
            failure_ttl_ms,
        )
        return {"backoff_ms": wait_ms}

    def mark_success(self, label: str) -> None:
        self._claims("backoff")
        self._find(label).failures = 0

    def mark_used(self, label: str) -> None:
        self._claims("used")
        self._find(label).last_used_ms = self.now_ms

    def mark_cooling_down(self, label: str, cooldown_ms: float, reason: str) -> None:
        account = self._find(label)
        account.cooling_down_until_ms, account.cooldown_reason = self.now_ms + cooldown_ms, reason

    def set_enabled(self, label: str, enabled: bool) -> None:
        self._claims("enabled")
        events.set_enabled(self._opened(), self._find(label), enabled)

    def remove(self, label: str) -> None:
        events.remove(self._opened(), self._find(label))

    def record_health(self, label: str, outcome: Outcome) -> Json:
        self._claims("health")
        health, index = self._opened().health, self._find(label).index
        health.record(index, outcome, self.now_ms)
        return {"score": health.score(index, self.now_ms)}

    def consume_token(self, label: str, amount: float = 1) -> Json:
        self._claims("tokens")
        tokens, index = self._opened().tokens, self._find(label).index
        consumed = tokens.consume(index, amount, self.now_ms)
        return {"consumed": consumed, "tokens": tokens.tokens(index, self.now_ms)}

    def refund_token(self, label: str, amount: float = 1) -> Json:
        self._claims("tokens")
        tokens, index = self._opened().tokens, self._find(label).index
        tokens.refund(index, amount, self.now_ms)
        return {"tokens": tokens.tokens(index, self.now_ms)}

    def min_wait(
        self, family: Family, model: str | None = None, header_style: HeaderStyle | None = None, strict: bool = False
    ) -> Json:
        if strict or header_style is not None:
            self._claims("strict-wait")
        request = Request(family, header_style or "antigravity", model)
        strictly = strict and header_style is not None
        return {"wait_ms": events.min_wait_ms(self._opened(), request, self.now_ms, strict=strictly)}

    def reset_limits(self, family: Family, model: str | None = None) -> None:
        self._claims("reset-limits")
        events.reset_limits(self._opened(), Request(family, model=model))

    def has_other_account(self, label: str, family: Family, model: str | None = None) -> Json:
        self._claims("other-account")
        account, request = self._find(label), Request(family, model=model)
        return {"available": events.has_other_account(self._opened(), account, request, self.now_ms)}

    def available_header_style(self, label: str, family: Family, model: str | None = None) -> Json:
        account, request = self._find(label), Request(family, model=model)
        return {"header_style": events.available_header_style(account, request, self.now_ms)}

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        self._claims("update-quota")
        account = self._find(label)
        account.cached_quota, account.cached_quota_updated_ms, account.has_new_reading = quota, self.now_ms, True

    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        self._claims("verification")
        events.require_verification(self._opened(), self._find(label), message, url, self.now_ms)

    def clear_verification(self, label: str, enable: bool = False) -> None:
        self._claims("verification")
        events.clear_verification(self._opened(), self._find(label), enable)

    def advance(self, ms: float) -> Json:
        self._opened()
        self.now_ms += ms
        return {"now_ms": self.now_ms}

    def snapshot(self) -> Json:
        selector = self._opened()
        return {
            "accounts": [_show(account, self.now_ms) for account in selector.pool.accounts],
            "cursor": selector.cursor,
            "active_index_by_family": dict(selector.current),
        }

    def save(self) -> None:
        selector = self._opened()
        if self.home is None:
            raise Refusal("no_folder", "the pool was passed as JSON, so there is no folder")
        self.store(self.home, lambda content: self.saved(selector, content))
        self.before = remember(selector.pool.accounts)

    def store(self, home: str, merge: Callable[[bytes | None], Json]) -> None:
        """Replaces the pool file by what `merge` makes of its content, unless that is None; mutants override it."""
        if self.profile.name in VERSIONS:
            release_storage.store(home, merge, self.profile)
            return
        with pool_file.locked(home):
            document = merge(pool_file.read(home))
            if document is not None:
                pool_file.replace(home, document)

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        """Content of the pool file after a save. None means that the file stays as it is."""
        session = SessionState(selector.pool.accounts, self.before, selector.current, self.read_ms, self.opened)
        return saved_document(session, content, self.profile, self.now_ms)

    def close(self) -> None:
        self.selector = None

    def _soft_quota(self, threshold_percent: float | None, cache_ttl_ms: float | None) -> SoftQuota:
        if threshold_percent is None and cache_ttl_ms is None:
            return SoftQuota()
        self._claims("soft-quota")
        return SoftQuota(
            SoftQuota.threshold_percent if threshold_percent is None else threshold_percent,
            SoftQuota.cache_ttl_ms if cache_ttl_ms is None else cache_ttl_ms,
        )

    def _opened(self) -> Selector:
        if self.selector is None:
            raise Refusal("not_open", "no pool is open; call `open` first")
        return self.selector

    def _find(self, label: str) -> Account:
        for account in self._opened().pool.accounts:
            if account.label == label:
                return account
        raise Refusal("unknown_account", f"no account {label!r} is loaded")


def _show(account: Account, now_ms: float) -> Json:
    """One account of a snapshot. Limits and cooldowns that have ended are left out."""
    rest_ms = account.cooling_down_until_ms
    return {
        "label": account.label,
        "index": account.index,
        "enabled": account.enabled,
        "last_used_ms": account.last_used_ms,
        "rate_limit_reset_times_ms": {key: end for key, end in account.reset_times_ms.items() if now_ms < end},
        **({"cooling_down_until_ms": rest_ms} if rest_ms is not None and now_ms < rest_ms else {}),
    }
