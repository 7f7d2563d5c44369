"""Targets that do not meet a precondition of many rules, as forks do not: the reference with one change."""

from collections.abc import Mapping
from typing import Any
from unittest import mock

from conformance.json_type import Json
from reference_impl import pool_file, storage
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config.environment import Variable, set_by_variables
from reference_impl.config.keys import Key, keys_of
from reference_impl.limits import FAMILIES, Request
from reference_impl.pool import Pool
from reference_impl.profiles import Profile
from reference_impl.selection import Selector


class _WithoutKey(ReferenceAdapter):
    """Has no such config key, and reads no variable for it."""

    key: str

    def load_config(self, *args: Any, **params: Any) -> Json:
        with (
            mock.patch("reference_impl.config.loader.keys_of", self._keys),
            mock.patch("reference_impl.config.loader.set_by_variables", self._set_by_variables),
        ):
            return super().load_config(*args, **params)

    def _keys(self, profile: Profile) -> tuple[Key, ...]:
        return tuple(key for key in keys_of(profile) if key.path != self.key)

    def _set_by_variables(self, environment: Mapping[str, str], profile: Profile) -> dict[Variable, Json]:
        return {v: value for v, value in set_by_variables(environment, profile).items() if v.path != self.key}


class NoKeyForTheOffset(_WithoutKey):
    key = "pid_offset_enabled"


class NoKeyForTheStrategy(_WithoutKey):
    key = "account_selection_strategy"


class NoKeyForTheWait(_WithoutKey):
    key = "max_rate_limit_wait_seconds"


class _QuotaRenamed(ReferenceAdapter):
    """Gives the quota groups of the plugin other names when it loads a pool."""

    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        for account in pool.accounts:
            if isinstance(account.cached_quota, dict):
                account.cached_quota = self.renamed(account.cached_quota)
        return pool

    def renamed(self, quota: dict[str, Json]) -> dict[str, Json]:
        raise NotImplementedError

    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        super().update_quota(label, self.renamed(quota))


class QuotaGroupsUnknown(_QuotaRenamed):
    """Knows no quota group of the plugin."""

    def renamed(self, quota: dict[str, Json]) -> dict[str, Json]:
        return {f"{group}-weekly": value for group, value in quota.items()}


class GeminiGroupsUnknown(_QuotaRenamed):
    """Knows one group for Gemini, which the plugin does not store."""

    def renamed(self, quota: dict[str, Json]) -> dict[str, Json]:
        return {group: value for group, value in quota.items() if group == "claude"}


def _left(group: dict[str, Json]) -> float:
    fraction = group.get("remainingFraction")
    return fraction if isinstance(fraction, int | float) else 1


class GeminiGroupsJoined(_QuotaRenamed):
    """Has one group for Gemini. Loading renames the groups of the plugin; a new reading keeps its names."""

    def renamed(self, quota: dict[str, Json]) -> dict[str, Json]:
        groups = [quota[group] for group in ("gemini-pro", "gemini-flash") if isinstance(quota.get(group), dict)]
        lowest = min(groups, key=_left, default=None)
        return {**quota, "gemini-pro": lowest, "gemini-flash": lowest} if lowest else quota

    def update_quota(self, label: str, *_args: Any, **_params: Any) -> None:
        ReferenceAdapter.update_quota(self, label, {})


class NewReadingsWithoutEffect(ReferenceAdapter):
    def update_quota(self, label: str, *_args: Any, **_params: Any) -> None:
        self._find(label)


class HeaderStylesAlike(ReferenceAdapter):
    """Treats gemini-cli as antigravity."""

    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        for account in pool.accounts:
            ends = account.reset_times_ms
            account.reset_times_ms = {key.replace("gemini-cli", "gemini-antigravity"): end for key, end in ends.items()}
        return pool

    def select(self, *args: Any, header_style: str = "antigravity", **params: Any) -> Json:  # noqa: ARG002
        return super().select(*args, **params)

    def mark_rate_limited(self, *args: Any, header_style: str = "antigravity", **params: Any) -> None:  # noqa: ARG002
        super().mark_rate_limited(*args, **params)

    def mark_rate_limited_with_reason(self, *args: Any, header_style: Any = None, **params: Any) -> Json:  # noqa: ARG002
        return super().mark_rate_limited_with_reason(*args, **params)

    def min_wait(self, *args: Any, header_style: Any = None, **params: Any) -> Json:  # noqa: ARG002
        return super().min_wait(*args, **params | {"header_style": "antigravity", "strict": True})


class GeminiCliWithoutQuota(HeaderStylesAlike):
    """The same, and gemini-cli always counts as available where one of both header styles is enough."""

    def select(self, *args: Any, **params: Any) -> Json:
        if (params.get("family"), params.get("strategy")) != ("gemini", "hybrid"):
            return super().select(*args, **params)
        accounts = self._opened().pool.accounts
        limits = [account.reset_times_ms for account in accounts]
        for account in accounts:
            account.reset_times_ms = {key: end for key, end in account.reset_times_ms.items() if key == "claude"}
        selected = super().select(*args, **params)
        for account, reset_times_ms in zip(accounts, limits, strict=True):
            account.reset_times_ms = reset_times_ms
        return selected

    def min_wait(self, *args: Any, **params: Any) -> Json:
        self._opened()
        return {"wait_ms": 0} if params.get("family") == "gemini" else super().min_wait(*args, **params)


class GeminiCliNeverAvailable(ReferenceAdapter):
    """No account can use gemini-cli, as in a fork that needs a project for it."""

    def select(self, *args: Any, header_style: Any = "antigravity", **params: Any) -> Json:
        return None if header_style == "gemini-cli" else super().select(*args, **params)

    def available_header_style(self, *args: Any, **params: Any) -> Json:
        available = super().available_header_style(*args, **params)
        return {"header_style": None} if available == {"header_style": "gemini-cli"} else available

    def min_wait(self, *args: Any, **params: Any) -> Json:
        only = {"header_style": "antigravity", "strict": True} if params.get("family") == "gemini" else {}
        return super().min_wait(*args, **params | only)


class OtherAccountNeverFound(ReferenceAdapter):
    def has_other_account(self, label: str, *_args: Any, **_params: Any) -> Json:
        self._find(label)
        return {"available": False}


class MalformedEntriesRefused(ReferenceAdapter):
    """Refuses a pool file with an entry that is no account."""

    def open(self, *args: Any, **params: Any) -> Json:
        home = params.get("home")
        document = storage.parse(pool_file.load(home)) if home is not None else None
        for entry in document.get("accounts") or [] if isinstance(document, dict) else []:
            times = [entry.get(key, 0) for key in ("addedAt", "lastUsed")] if isinstance(entry, dict) else [None]
            token = entry.get("refreshToken") if isinstance(entry, dict) else None
            if not isinstance(token, str) or not token or not all(type(time) in (int, float) for time in times):
                raise ValueError("the pool file is unreadable")
        return super().open(*args, **params)


class UnusableFilesRefused(ReferenceAdapter):
    """Neither reads nor replaces a pool file that it cannot use."""

    def open(self, *args: Any, **params: Any) -> Json:
        home = params.get("home")
        self._refuse(None if home is None else pool_file.load(home))
        return super().open(*args, **params)

    def saved(self, selector: Selector, content: bytes | None) -> Json:
        self._refuse(content)
        return super().saved(selector, content)

    def _refuse(self, content: bytes | None) -> None:
        if content is not None and storage.parse_pool_file(content, self.profile, 0) is None:
            raise ValueError("the pool file is unreadable")


class SavesWithoutReading(ReferenceAdapter):
    """Overwrites the pool file with what the session knows."""

    def saved(self, selector: Selector, _content: bytes | None) -> Json:
        return super().saved(selector, None)


class _CursorForEachFamily(Selector):
    cursors: dict[str, int]

    def _rotate(self, request: Request, *args: Any) -> Any:
        self.cursor = self.cursors[request.family]
        chosen = super()._rotate(request, *args)
        self.cursors[request.family] = self.cursor
        return chosen


class CursorForEachFamily(ReferenceAdapter):
    """Each family rotates on its own, from its own index."""

    def new_selector(self, pool: Pool) -> Selector:
        selector = _CursorForEachFamily(pool, self.profile)
        selector.cursors = {family: max(0, selector.current[family]) for family in FAMILIES}
        return selector
