"""Ports that are right for obvious pools, PIDs and sessions, and wrong for unusual ones."""

import zlib
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter

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
