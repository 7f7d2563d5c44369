"""Mutants that are wrong with several processes: the reference with one change."""

import os
import zlib
from pathlib import Path
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.config.environment import PREFIX
from reference_impl.limits import Family
from reference_impl.selection import Selector
from tests.mutants.selection import MovesWrongly, count_of, selecting

FEW = 8


class PidReadWhenMade(ReferenceAdapter):
    def __init__(self) -> None:
        super().__init__()
        self.made_in = os.getpid()

    def process_id(self) -> int:
        return self.made_in if self.pid is None else self.pid


class InLine(ReferenceAdapter):
    """Counts the processes of its home: each adds a byte to a file when it first opens the pool."""

    number: int | None = None

    def open(self, *args: Any, **params: Any) -> Json:
        if self.number is None and params.get("home") is not None:
            line = Path(params["home"]) / "line"
            with line.open("ab") as file:
                file.write(b".")
            self.number = line.stat().st_size - 1
        return super().open(*args, **params)


class OneProcessAnAccount(InLine):
    def select(self, *args: Any, **params: Any) -> Json:
        if self.number is not None and self.number >= count_of(self._opened()):
            return None
        return super().select(*args, **params)


class NextInLine(InLine):
    def process_id(self) -> int:
        return super().process_id() if self.number is None else self.number


@selecting
class LargePoolsCut(MovesWrongly):
    def offset(self, family: Family, pid: int) -> int:
        return (self.current[family] + pid % min(FEW, count_of(self))) % count_of(self)


# The stored pool, and who wrote it


class SaveOverwrites(ReferenceAdapter):
    def saved(self, selector: Selector, content: bytes | None) -> Json:
        return super().saved(selector, None)


class MovedIndexNotStored(ReferenceAdapter):
    def saved(self, selector: Selector, content: bytes | None) -> Json:
        before = selector.pool.active_index_by_family
        active = {"activeIndex": before["claude"], "activeIndexByFamily": before}
        return super().saved(selector, content) | active


class TakesOverFromTheDead(ReferenceAdapter):
    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        if self.home is None or chosen is None:
            return chosen
        claims = Path(self.home) / "claims"
        with claims.open("a+", encoding="ascii") as file:
            file.write(f"{os.getpid()} {chosen['index']}\n")
        for line in claims.read_text(encoding="ascii").splitlines():
            pid, index = map(int, line.split())
            if not is_alive(pid):
                return {"label": self._opened().pool.accounts[index].label, "index": index}
        return chosen


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# The PID


@selecting
class PidHashed(MovesWrongly):
    def offset(self, family: Family, pid: int) -> int:
        return super().offset(family, zlib.crc32(str(pid).encode()))


@selecting
class PidQuotient(MovesWrongly):
    def offset(self, family: Family, pid: int) -> int:
        return super().offset(family, pid // count_of(self))


class PidInStepsOf4(ReferenceAdapter):
    def process_id(self) -> int:
        return super().process_id() // 4


class PidOneIsNoId(ReferenceAdapter):
    def process_id(self) -> int:
        pid = super().process_id()
        return 0 if pid == 1 else pid


class PidCutToFourDigits(ReferenceAdapter):
    def process_id(self) -> int:
        return super().process_id() % 10_000


class VariablesOfTheProcess(ReferenceAdapter):
    def load_config(self, *args: Any, **params: Any) -> Json:
        inherited = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
        return super().load_config(*args, **params | {"environment": inherited | (params.get("environment") or {})})
