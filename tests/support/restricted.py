"""A target without some capabilities: a complete adapter behind a filter that hides unclaimed capabilities.

It represents correct ports with fewer capabilities. They use the machine's clock, their own PID and their own random
numbers, ignore some parameters and stored values, and do not support some calls.
"""

import copy
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from conformance.json_type import Json
from conformance.wire.answers import Refusal
from conformance.wire.methods import METHODS
from conformance.wire.needs import need_of_parameter, without_unclaimed
from reference_impl.limits import HeaderStyle

OWN_PID = 4712
OWN_DRAW = 0.125
HEADER_STYLES: tuple[HeaderStyle, ...] = ("antigravity", "gemini-cli")


class Restricted:
    """An adapter with only these capabilities."""

    def __init__(self, adapter: Any, claimed: Collection[str]) -> None:
        self._adapter = adapter
        self._now_ms = 0.0
        self._claimed = [word for word in adapter.hello(wire=1)["capabilities"] if word in claimed]

    def hello(self, wire: int) -> Json:
        return {**self._adapter.hello(wire=wire), "capabilities": self._claimed}

    def __getattr__(self, method: str) -> Callable[..., Json]:
        if method not in METHODS:
            raise AttributeError(method)
        return lambda **params: self._answer(method, params)

    def _answer(self, method: str, params: dict[str, Any]) -> Json:
        if not self._can(METHODS[method].needs) or not self._can(params.get("strategy", "")):
            raise NotImplementedError
        if not self._can("clock") and method not in ("open", "close", "load_config"):
            self._advance()
        asked = {name: value for name, value in params.items() if self._can(need_of_parameter(method, name))}
        if method == "open":
            asked |= self._own_machine()
            if "pool" in asked:
                asked["pool"] = without_unclaimed(copy.deepcopy(asked["pool"]), self._claimed)
        if method == "load_config":
            asked |= {} if self._can("environment") else {"environment": {}}
            asked |= {} if self._can("platform") else {"platform": "linux"}
        if method == "mark_rate_limited" and params["family"] == "gemini" and not self._can("header-styles"):
            for style in HEADER_STYLES:
                self._adapter.mark_rate_limited(**asked, header_style=style)
            return None
        result: Json = getattr(self._adapter, method)(**asked)
        return result

    def _advance(self) -> None:
        """Advance the adapter's clock to the time of the machine."""
        now_ms = time.time() * 1000
        with suppress(Refusal):  # no pool is open
            self._adapter.advance(ms=now_ms - self._now_ms)
        self._now_ms = now_ms

    def _own_machine(self) -> dict[str, Json]:
        self._now_ms = time.time() * 1000
        own: dict[str, Json] = {} if self._can("clock") else {"now_ms": self._now_ms}
        own |= {} if self._can("pid") else {"pid": OWN_PID}
        return own if self._can("random") else {**own, "random": [OWN_DRAW]}

    def _can(self, capability: str) -> bool:
        return not capability or capability in self._claimed
