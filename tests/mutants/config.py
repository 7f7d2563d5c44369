"""Wrong config loading: the reference's with one thing changed."""

from collections.abc import Mapping
from typing import ClassVar

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config import json_text, paths
from reference_impl.config.environment import PREFIX, STRATEGIES, VARIABLES, set_by_variables
from reference_impl.config.files import read_file
from reference_impl.config.keys import KEYS, NotValid, check, keys_of, nested
from reference_impl.profiles import profile
from reference_impl.releases import RECOMMENDED

Layer = dict[str, Json]
KNOWN = keys_of(profile(RECOMMENDED))
DEFAULTS: Layer = nested({key.path: key.default for key in KNOWN if key.default is not None})
NOT_VALID: Layer = {"quiet_mode": None}
TEXTS = ("resume_text", "log_dir", "$schema")


def merge(below: Mapping[str, Json], above: Mapping[str, Json]) -> Layer:
    """Both layers; where both set a key the upper one wins, and groups are merged in the same way."""
    merged = dict(below)
    for key, value in above.items():
        merged[key] = merge(merged.get(key, {}), value) if isinstance(value, Mapping) else value
    return merged


def valid(document: Json) -> Layer:
    """What a document sets. Raises NotValid."""
    return nested(check(document, KNOWN))


class WrongConfig(ReferenceAdapter):
    """The loader in steps, each of which a wrong one replaces."""

    defaults: ClassVar[Layer] = {}
    unread: ClassVar[str | None] = None  # a variable, without its prefix
    unchecked: ClassVar[str | None] = None  # the beginning of keys whose values are not checked

    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        variables = environment or {}
        user = self.layer(self.read(self.user_file(home, variables, platform)))
        project = self.layer(self.read(self.project_file(directory)))
        merged = self.combine(user, project, self.set_by(variables))
        return {"config": self.finish(merge(self.defaults, merged))}

    def user_file(self, home: str, variables: Mapping[str, str], platform: str) -> str:
        return paths.user_file(home, variables, platform, self.profile)

    def project_file(self, directory: str) -> str:
        return paths.project_file(directory)

    def read(self, path: str) -> bytes | None:
        return read_file(path)

    def layer(self, content: bytes | None) -> Layer | None:
        """What a file sets; None where it is ignored."""
        if content is None:
            return None
        try:
            document = self.parse(content)
            document = self.document(document) if isinstance(document, dict) else document
            passed = self.passed(document) if isinstance(document, dict) else {}
            checked = {k: v for k, v in document.items() if k not in passed} if passed else document
            return {**valid(checked), **passed}
        except (json_text.JsonError, NotValid):
            return None

    def parse(self, content: bytes) -> Json:
        return json_text.parse(json_text.decode(content))

    def document(self, document: Layer) -> Layer:
        """What is checked instead of what the file says."""
        return document

    def passed(self, document: Layer) -> Layer:
        """What is handed on unchecked."""
        return {k: v for k, v in document.items() if self.unchecked and k.startswith(self.unchecked)}

    def set_by(self, variables: Mapping[str, str]) -> Layer:
        words = {
            variable.name: self.word(variable.name, variables[PREFIX + variable.name])
            for variable in VARIABLES
            if PREFIX + variable.name in variables and variable.name != self.unread
        }
        read = {PREFIX + name: word for name, word in words.items() if word is not None}
        return nested({variable.path: value for variable, value in set_by_variables(read, self.profile).items()})

    def word(self, name: str, word: str) -> str | None:
        """What a variable is taken to hold; None: it is not read."""
        return word

    def combine(self, user: Layer | None, project: Layer | None, variables: Layer) -> Layer:
        return merge(merge(user or {}, project or {}), variables)

    def finish(self, merged: Layer) -> Layer:
        return merge(DEFAULTS, merged)


# Keys, defaults and ranges


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
    """A key is part of the config only if it is set."""

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


class WholeNumbersOnly(WrongConfig):
    def document(self, document: Layer) -> Layer:
        groups = [value if isinstance(value, dict) else {"": value} for value in document.values()]
        values = [value for group in groups for value in group.values()]
        return NOT_VALID if any(isinstance(value, float) and value % 1 for value in values) else document


class Coerces(WrongConfig):
    """Takes other types of value than the key has."""

    def document(self, document: Layer) -> Layer:
        return {k: self.coerce(DEFAULTS.get(k, ""), v) for k, v in document.items()}

    def coerce(self, default: Json, value: Json) -> Json:
        """`default` shows which type the key has."""
        raise NotImplementedError


class NumbersAsSwitches(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return bool(value) if isinstance(default, bool) and value in (0, 1) else value


class TextAsSwitches(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return value == "true" if isinstance(default, bool) and value in ("true", "false") else value


class SwitchesAsNumbers(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return int(value) if type(default) is int and isinstance(value, bool) else value


class NumbersAsText(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return str(value) if isinstance(default, str) and type(value) is int else value


class EmptyListAsEmptyGroup(Coerces):
    def coerce(self, default: Json, value: Json) -> Json:
        return {} if isinstance(default, dict) and value == [] else value


class NullCountsAsUnset(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k: v for k, v in document.items() if v is not None}


def unknown(document: Layer) -> Layer:
    known = {key.path.partition(".")[0] for key in KEYS}
    return {k: v for k, v in document.items() if k not in known}


class UnknownKeysRefused(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return NOT_VALID if unknown(document) else document


class UnknownKeysKept(WrongConfig):
    def passed(self, document: Layer) -> Layer:
        return unknown(document)


class KeysInAnyCase(WrongConfig):
    def document(self, document: Layer) -> Layer:
        return {k.lower(): v for k, v in document.items()}


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


class PrototypeInherited(WrongConfig):
    def document(self, document: Layer) -> Layer:
        inherited = document.get("__proto__")
        return {**inherited, **document} if isinstance(inherited, dict) else document
