"""Mutants of keys, defaults and ranges: the config loading of the reference with one change."""

from typing import ClassVar

from reference_impl.config.environment import STRATEGIES
from tests.mutants.config import NOT_VALID, Layer, WrongConfig

TEXTS = ("resume_text", "log_dir", "$schema")


class PidOffsetOnByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"pid_offset_enabled": True}


class PidOffsetKeyUnknown(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k: v for k, v in document.items() if k != "pid_offset_enabled"}


class StickyByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"account_selection_strategy": "sticky"}


class RoundRobinByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"account_selection_strategy": "round-robin"}


class RoundRobinUnknown(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return NOT_VALID if document.get("account_selection_strategy") == "round-robin" else document


class StrategyInFileFallsBackToSticky(WrongConfig):
    def document(self, document: Layer) -> Layer:
        strategy = document.get("account_selection_strategy", "sticky")
        return document if strategy in STRATEGIES else {**document, "account_selection_strategy": "sticky"}


class KeepThinkingByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"keep_thinking": True}


class AutoUpdateOffByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"auto_update": False}


class AutoResumeByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"auto_resume": True}


class LeavesOut(WrongConfig):
    """Contains a key only if some layer sets it."""

    key: ClassVar[str]

    def finish(self, merged: Layer) -> Layer:
        config = super().finish(merged)
        return config if self.key in merged else {k: v for k, v in config.items() if k != self.key}


class AutoResumeLeftOut(LeavesOut):
    key = "auto_resume"


class SwitchOnFirstRateLimitFixed(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k: v for k, v in document.items() if k != "switch_on_first_rate_limit"}


class SwitchesOnlyOn(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k: v for k, v in document.items() if v is not False}


class ResumeTextEmptyByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"resume_text": ""}


class LogDirByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"log_dir": "antigravity-logs"}


class EmptyTextCountsAsUnset(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k: v for k, v in document.items() if k not in TEXTS or v != ""}


class EmptyResponseDelayInSeconds(WrongConfig):
    defaults: ClassVar[Layer] = {"empty_response_retry_delay_ms": 2}


class EmptyResponseUnchecked(WrongConfig):
    unchecked = "empty_response_"


class ProactiveRefreshLate(WrongConfig):
    defaults: ClassVar[Layer] = {"proactive_refresh_buffer_seconds": 60}


class ProactiveRefreshUnchecked(WrongConfig):
    unchecked = "proactive_refresh_"


class RateLimitWaitUnlimitedByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"max_rate_limit_wait_seconds": 0}


class RateLimitWaitOfZeroRefused(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return NOT_VALID if document.get("max_rate_limit_wait_seconds") == 0 else document


class SignatureCacheLeftOut(LeavesOut):
    key = "signature_cache"


class SignatureCacheUnchecked(WrongConfig):
    unchecked = "signature_cache"


class HealthPenaltiesPositive(WrongConfig):
    defaults: ClassVar[Layer] = {"health_score": {"rate_limit_penalty": 10, "failure_penalty": 20}}


class HealthScoreUnchecked(WrongConfig):
    unchecked = "health_score"


class TokenBucketEmptyByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"token_bucket": {"initial_tokens": 1}}


class TokenBucketUnchecked(WrongConfig):
    unchecked = "token_bucket"


class WebSearchLeftOut(LeavesOut):
    key = "web_search"


class WebSearchUnchecked(WrongConfig):
    unchecked = "web_search"


class SchedulingModeBalanceByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"scheduling_mode": "balance"}


class SchedulingModeUnchecked(WrongConfig):
    unchecked = "scheduling_mode"


class JitterByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"request_jitter_max_ms": 500}


class BackoffUnchecked(WrongConfig):
    unchecked = "max_backoff_seconds"


class ToastsEverywhereByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"toast_scope": "all"}


class ToastScopeUnchecked(WrongConfig):
    unchecked = "toast_scope"


class CliFirstByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"cli_first": True}


class CliFirstUnread(WrongConfig):
    def finish(self, merged: Layer) -> Layer:
        return {**super().finish(merged), "cli_first": False}


class PromptCachingByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"claude_prompt_auto_caching": True}


class DebugTuiFollowsDebug(WrongConfig):
    def finish(self, merged: Layer) -> Layer:
        config = super().finish(merged)
        return {**config, "debug_tui": config["debug"]}


class SoftQuotaOffByDefault(WrongConfig):
    defaults: ClassVar[Layer] = {"soft_quota_threshold_percent": 100}


class SoftQuotaUnchecked(WrongConfig):
    unchecked = "soft_quota_threshold"


class CacheTtlInNumbersOnly(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return NOT_VALID if document.get("soft_quota_cache_ttl_minutes") == "auto" else document
