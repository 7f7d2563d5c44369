"""Mutants of header styles, quota readings and verification: the reference with one change."""

from typing import Literal

from conformance.json_type import Json
from reference_impl import events
from reference_impl.adapter import ReferenceAdapter
from reference_impl.limits import Family, HeaderStyle, Request, is_limited
from reference_impl.pool import Account, Pool
from reference_impl.selection import Selector, is_cooling

# Header styles


class StylesWrongly(ReferenceAdapter):
    """Changes the header style of a request."""

    def available_header_style(self, label: str, family: Family, model: str | None = None) -> Json:
        return {"header_style": self.style(self._find(label), Request(family, model=model))}

    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        return events.available_header_style(account, request, self.now_ms)

    def limits(self, account: Account, request: Request, style: HeaderStyle) -> bool:
        return is_limited(account.reset_times_ms, Request(request.family, style, request.model), self.now_ms)


class GeminiCliPreferred(StylesWrongly):
    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        is_free = request.family == "gemini" and not self.limits(account, request, "gemini-cli")
        return "gemini-cli" if is_free else super().style(account, request)


class NoFallbackToGeminiCli(StylesWrongly):
    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        found = super().style(account, request)
        return None if found == "gemini-cli" else found


class FallsBackUnchecked(StylesWrongly):
    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        found = super().style(account, request)
        return "gemini-cli" if found is None and request.family == "gemini" else found


class ClaudeFallsBack(StylesWrongly):
    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        found = super().style(account, request)
        return "gemini-cli" if found is None and request.family == "claude" else found


class StyleWithoutTheModel(StylesWrongly):
    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        return super().style(account, Request(request.family))


class StyleLimitedAtItsEnd(StylesWrongly):
    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        is_end = request.family == "gemini" and self.now_ms in account.reset_times_ms.values()
        return "gemini-cli" if is_end else super().style(account, request)


class NoStyleWhileCooling(StylesWrongly):
    def style(self, account: Account, request: Request) -> HeaderStyle | None:
        return None if is_cooling(account, self.now_ms) else super().style(account, request)


# Quota readings

Ttl = float | Literal["auto"]


class TtlOfOneInterval(ReferenceAdapter):
    def soft_quota_ttl(
        self, soft_quota_cache_ttl_minutes: Ttl = "auto", quota_refresh_interval_minutes: float = 15
    ) -> Json:
        return super().soft_quota_ttl(soft_quota_cache_ttl_minutes, quota_refresh_interval_minutes / 2)


class TtlWithoutAMinimum(ReferenceAdapter):
    def soft_quota_ttl(
        self, soft_quota_cache_ttl_minutes: Ttl = "auto", quota_refresh_interval_minutes: float = 15
    ) -> Json:
        minutes: Ttl = soft_quota_cache_ttl_minutes
        return super().soft_quota_ttl(2 * quota_refresh_interval_minutes if minutes == "auto" else minutes)


class TtlAtLeastTheDefault(ReferenceAdapter):
    def soft_quota_ttl(
        self, soft_quota_cache_ttl_minutes: Ttl = "auto", quota_refresh_interval_minutes: float = 15
    ) -> Json:
        given = super().soft_quota_ttl(soft_quota_cache_ttl_minutes, quota_refresh_interval_minutes)
        default = super().soft_quota_ttl("auto", quota_refresh_interval_minutes)
        return max((given, default), key=lambda result: result["ttl_ms"])


class NewReadingKeepsItsOldTime(ReferenceAdapter):
    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        before = self._find(label).cached_quota_updated_ms
        super().update_quota(label, quota)
        if before is not None:
            self._find(label).cached_quota_updated_ms = before


class ReadingsMerged(ReferenceAdapter):
    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        super().update_quota(label, {**(self._find(label).cached_quota or {}), **quota})


class ReadingForEveryAccount(ReferenceAdapter):
    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        super().update_quota(label, quota)
        for account in self._opened().pool.accounts:
            super().update_quota(account.label, quota)


# Verification


class WaitingAccountSelected(ReferenceAdapter):
    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        self._find(label).verification = {"verificationRequired": True}


class AllAccountsWait(ReferenceAdapter):
    def require_verification(self, label: str, message: str | None = None, url: str | None = None) -> None:
        self._find(label)
        for account in self._opened().pool.accounts:
            super().require_verification(account.label, message, url)


class VerifiedAccountEnabled(ReferenceAdapter):
    def clear_verification(self, label: str, enable: bool = False) -> None:
        super().clear_verification(label, True)


class VerifiedAccountStaysDisabled(ReferenceAdapter):
    def clear_verification(self, label: str, enable: bool = False) -> None:
        super().clear_verification(label, False)


class EnablesWithoutWaiting(ReferenceAdapter):
    def clear_verification(self, label: str, enable: bool = False) -> None:
        super().clear_verification(label, enable)
        if enable:
            events.set_enabled(self._opened(), self._find(label), True)


class StoredVerificationIgnored(ReferenceAdapter):
    def load(self, stored: Json) -> Pool:
        pool = super().load(stored)
        for account in pool.accounts:
            account.verification = {}
        return pool


# Saving


class NewReadingNotSaved(ReferenceAdapter):
    def update_quota(self, label: str, quota: dict[str, Json]) -> None:
        super().update_quota(label, quota)
        self._find(label).has_new_reading = False


class VerificationNotSaved(ReferenceAdapter):
    def saved(self, selector: Selector, content: bytes | None) -> Json:
        document = super().saved(selector, content)
        for entry in document["accounts"]:
            entry.pop("verificationRequired", None)
        return document


class VerificationLinkNotSaved(ReferenceAdapter):
    def saved(self, selector: Selector, content: bytes | None) -> Json:
        document = super().saved(selector, content)
        for entry in document["accounts"]:
            for key in ("verificationRequiredReason", "verificationUrl"):
                entry.pop(key, None)
        return document
