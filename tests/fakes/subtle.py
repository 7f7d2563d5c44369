"""Ports that are right for obvious pools, PIDs and sessions, and wrong for unusual ones."""

import zlib
from dataclasses import replace
from typing import Any

from conformance.json_type import Json
from conformance.wire.answers import Refusal
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config.files import read_file
from reference_impl.config.loader import load_config
from reference_impl.limits import Request
from reference_impl.pool import Account
from reference_impl.selection import Moment, Selector
from reference_impl.soft_quota import SoftQuota, reset_wait_ms
from tests.mutants.selection import selecting

SIGN_BIT = 2**31
BITS_27 = 2**27 - 1
FEW = 12


class SortsByLabel(ReferenceAdapter):
    def load(self, stored: Json) -> Any:
        pool = super().load(stored)
        pool.accounts.sort(key=lambda account: account.label)
        for index, account in enumerate(pool.accounts):
            account.index = index
        return pool


class PidIn27Bits(ReferenceAdapter):
    def process_id(self) -> int:
        return super().process_id() & BITS_27


class PidSigned(ReferenceAdapter):
    def process_id(self) -> int:
        pid = super().process_id()
        return pid if pid < SIGN_BIT else pid - 2 * SIGN_BIT


class OffsetInSmallPools(ReferenceAdapter):
    def process_id(self) -> int:
        return super().process_id() if len(self._opened().pool.accounts) <= FEW else 0


class OffsetFromTheActiveIndex(ReferenceAdapter):
    def select(self, family: Any, strategy: Any, *args: Any, **params: Any) -> Json:
        selector = self._opened()
        if params.get("pid_offset_enabled") and not selector.moved[family]:
            selector.current[family] = selector.pool.active_index
        return super().select(family, strategy, *args, **params)


class OffsetAgainOnceBothHaveMoved(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        selector = self._opened()
        if all(selector.moved.values()):
            selector.moved = dict.fromkeys(selector.moved, False)
        return super().select(*args, **params)


class WornOutAtTheSixthCall(ReferenceAdapter):
    selections = 0

    def open(self, *args: Any, **params: Any) -> Json:
        self.selections = 0
        return super().open(*args, **params)

    def select(self, *args: Any, **params: Any) -> Json:
        self.selections += 1
        if self.selections == 6:
            raise RuntimeError("worn out")
        return super().select(*args, **params)


class NothingForGeminiWithTheOffset(ReferenceAdapter):
    def select(self, family: Any, *args: Any, **params: Any) -> Json:
        if family == "gemini" and params.get("pid_offset_enabled"):
            return None
        return super().select(family, *args, **params)


class CursorOfItsOwnForStickySwitches(ReferenceAdapter):
    def select(self, family: Any, strategy: Any, *args: Any, **params: Any) -> Json:
        selector = self._opened()
        cursor = selector.cursor
        chosen = super().select(family, strategy, *args, **params)
        if strategy == "sticky":
            selector.cursor = cursor
        return chosen


class WrongOnceInAMillion(ReferenceAdapter):
    """Selects a wrong account for one in a million inputs. The same input always gives the same answer."""

    def select(self, *args: Any, **params: Any) -> Json:
        state = repr((args, params, self.now_ms, self.pid, self.selector))
        chosen = super().select(*args, **params)
        if zlib.crc32(state.encode()) % 1_000_000 == 0 and chosen is not None:
            return {**chosen, "label": "nobody"}
        return chosen


# Ports that a run passed before the rule was sharpened


@selecting
class ReadingCountsUntilItsReset(Selector):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        if reset_wait_ms(account.cached_quota, request.family, request.model, moment.now_ms):
            soft = replace(soft, cache_ttl_ms=float("inf"))
        return super()._is_over(account, request, moment, soft)


@selecting
class ReadingOfTheFutureIgnored(Selector):
    def _is_over(self, account: Account, request: Request, moment: Moment, soft: SoftQuota) -> bool:
        updated_ms = account.cached_quota_updated_ms
        ahead = isinstance(updated_ms, int | float) and updated_ms > moment.now_ms
        return not ahead and super()._is_over(account, request, moment, soft)


@selecting
class CursorInAByte(Selector):
    def select(self, *args: Any, **params: Any) -> Account | None:
        chosen = super().select(*args, **params)
        self.cursor %= 256
        return chosen


class ModelNamesTrimmed(ReferenceAdapter):
    def mark_rate_limited(self, *args: Any, **params: Any) -> None:
        params["model"] = (params.get("model") or "").strip()
        super().mark_rate_limited(*args, **params)


class ConfigFilesReadOnce(ReferenceAdapter):
    """Caches the content of each path, so that files of other paths are still read."""

    def __init__(self) -> None:
        super().__init__()
        self.contents: dict[str, bytes | None] = {}

    def load_config(
        self, directory: str, home: str, environment: dict[str, str] | None = None, platform: str = "linux"
    ) -> Json:
        def read(path: str) -> bytes | None:
            return self.contents.setdefault(path, read_file(path))

        return {"config": load_config(directory, home, environment or {}, platform, read, self.profile).config}


class KeyOfAForkChecked(ReferenceAdapter):
    def load_config(self, directory: str, home: str, *args: Any, **params: Any) -> Json:
        content = read_file(f"{home}/.config/opencode/antigravity.json") or b""
        is_wrong = b'"request_timeout_ms": "' in content
        return super().load_config(directory, f"{home}/nowhere" if is_wrong else home, *args, **params)


class IndexOfTheSessionIfAccountsWereAdded(ReferenceAdapter):
    def saved(self, selector: Selector, content: bytes | None) -> Json:
        document = super().saved(selector, content)
        if document is not None and len(document["accounts"]) > len(selector.pool.accounts):
            document["activeIndexByFamily"] = {family: max(0, index) for family, index in selector.current.items()}
            document["activeIndex"] = document["activeIndexByFamily"]["claude"]
        return document


class RefusedCallRotates(ReferenceAdapter):
    def _find(self, label: str) -> Account:
        try:
            return super()._find(label)
        except Refusal:
            if self.selector is not None:
                self.selector.cursor += 1
            raise


class ScoresOfAFolderOutliveOpen(ReferenceAdapter):
    scores: Any = None

    def open(self, *args: Any, **params: Any) -> Json:
        opened = super().open(*args, **params)
        if self.home is not None:
            self.scores = self.scores or self._opened().health.scores
            self._opened().health.scores = self.scores
        return opened


class SuccessImprovesHealthTwice(ReferenceAdapter):
    def mark_success(self, label: str) -> None:
        super().mark_success(label)
        self._opened().health.record(self._find(label).index, "success", self.now_ms)
