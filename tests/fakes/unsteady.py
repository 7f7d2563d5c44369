"""Ports that are right in every obvious hand-written session, and wrong in a generated one."""

import contextlib
import json
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.pool import Account
from reference_impl.selection import Selector
from tests.mutants.selection import selecting

PRIME = 97


class ProcessIdsSkipOneInAHundred(ReferenceAdapter):
    def process_id(self) -> int:
        pid = super().process_id()
        return pid + pid // PRIME


class OffsetAgainAfterRoundRobin(ReferenceAdapter):
    def select(self, family: Any, strategy: Any, *args: Any, **params: Any) -> Json:
        if strategy == "round-robin":
            self._opened().moved[family] = False
        return super().select(family, strategy, *args, **params)


class OffsetOnWhereHybridHasNoCandidate(ReferenceAdapter):
    def select(self, family: Any, strategy: Any, *args: Any, **params: Any) -> Json:
        on = {"pid_offset_enabled": True} if strategy == "hybrid" else {}
        return super().select(family, strategy, *args, **params | on)


@selecting
class StumblesAtEverySixthTurn(Selector):
    turns = 0

    def _rotate(self, *args: Any, **params: Any) -> Account | None:
        self.turns += 1
        self.cursor += self.turns % 6 == 0
        return super()._rotate(*args, **params)


@selecting
class TurnsCountedOverTheWholePool(Selector):
    def _rotate(self, *args: Any, **params: Any) -> Account | None:
        self.cursor %= max(1, len(self.pool.accounts))
        return super()._rotate(*args, **params)


class HealthKeptByTheProcess(ReferenceAdapter):
    kept: Any = None

    def open(self, *args: Any, **params: Any) -> Json:
        answer = super().open(*args, **params)
        selector = self._opened()
        selector.health = self.kept = self.kept or selector.health
        return answer


class RotationGoesOnInTheNextPool(ReferenceAdapter):
    def open(self, *args: Any, **params: Any) -> Json:
        cursor = self.selector.cursor if self.selector else None
        answer = super().open(*args, **params)
        self._opened().cursor = self._opened().cursor if cursor is None else cursor
        return answer


class LimitsEndOnTheSecond(ReferenceAdapter):
    def mark_rate_limited(self, *args: Any, **params: Any) -> Json:
        answer = super().mark_rate_limited(*args, **params)
        for account in self._opened().pool.accounts:
            account.reset_times_ms = {key: ms // 1000 * 1000 for key, ms in account.reset_times_ms.items()}
        return answer


class TidiesConfigFilesUp(ReferenceAdapter):
    def load_config(self, directory: str, *args: Any, **params: Any) -> Json:
        path = Path(directory) / ".opencode/antigravity.json"
        if path.is_file():
            with contextlib.suppress(ValueError):
                path.write_text(json.dumps(json.loads(path.read_bytes()), indent=2))
        return super().load_config(directory, *args, **params)


class SwitchesStayOn(ReferenceAdapter):
    on: set[str] = set()  # noqa: RUF012 - of all sessions, by mistake

    def load_config(self, *args: Any, **params: Any) -> Json:
        config = super().load_config(*args, **params)["config"]
        self.on |= {key for key, value in config.items() if value is True}
        return {"config": config | dict.fromkeys(self.on & set(config), True)}


class HundredIsAThreshold(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        name = "soft_quota_threshold_percent"
        return super().select(*args, **params | ({name: 99.9} if params.get(name) == 100 else {}))
