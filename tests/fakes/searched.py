"""Ports for the search, each with one fault."""

import os
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import Profile, profile

MANY = 40  # sessions


class OffsetAgain(ReferenceAdapter):
    """Applies the PID offset in every call."""

    def select(self, family: Any, *args: Any, **params: Any) -> Json:
        self._opened().moved[family] = False
        return super().select(family, *args, **params)


class OffsetAgainToo(OffsetAgain):
    """Another port with the same fault as OffsetAgain."""


class WrongAfterManySessions(ReferenceAdapter):
    """Keeps state from one session to the next."""

    sessions = 0

    def open(self, *args: Any, **params: Any) -> Json:
        self.sessions += 1
        return super().open(*args, **params)

    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        return chosen if chosen is None or self.sessions < MANY else {**chosen, "label": "nobody"}


class EndsOnRemoval(ReferenceAdapter):
    def remove(self, label: str) -> None:  # noqa: ARG002
        os._exit(7)


class NearlyTheLatest(OffsetAgain):
    """Release 1.6.0 without one of its quirks and with one fault."""

    def __init__(self) -> None:
        latest = profile("1.6.0")
        super().__init__(Profile("1.6.0", latest.quirks - {"wait-counts-disabled-accounts"}))

    def hello(self, wire: int) -> Json:
        return {**super().hello(wire), "profile": None}
