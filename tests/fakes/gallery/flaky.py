"""Adapters that do not answer the same way twice."""

import os
import random
from typing import Any

from conformance.json_type import Json
from reference_impl.adapter import ReferenceAdapter
from tests.fakes.gallery.serving import Asked, in_batches, port

RARE = 0.02


def _other(chosen: Json) -> Json:
    return {**chosen, "label": "nobody"} if isinstance(chosen, dict) else {"label": "nobody", "index": 0}


@port
class WrongInEverySecondCall(ReferenceAdapter):
    """Every second `select` of a process names an account that does not exist."""

    selections = 0

    def select(self, *args: Any, **params: Any) -> Json:
        self.selections += 1
        chosen = super().select(*args, **params)
        return chosen if self.selections % 2 else _other(chosen)


@port
class WrongInEverySecondProcess(ReferenceAdapter):
    """Processes with an odd PID answer `select` with an account that does not exist."""

    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        return _other(chosen) if os.getpid() % 2 else chosen


@port
class RandomAccount(ReferenceAdapter):
    """Selects any account."""

    def select(self, *args: Any, **params: Any) -> Json:
        super().select(*args, **params)
        accounts = self._opened().pool.accounts
        if not accounts:
            return None
        chosen = random.choice(accounts)  # noqa: S311
        return {"label": chosen.label, "index": chosen.index}


@port
class RarelyRandom(ReferenceAdapter):
    """One `select` in fifty names an account that does not exist."""

    def select(self, *args: Any, **params: Any) -> Json:
        chosen = super().select(*args, **params)
        return _other(chosen) if random.random() < RARE else chosen  # noqa: S311


@in_batches
def dies_at_random(asked: Asked) -> bytes:
    """Exits with code 9 in one batch of fifty."""
    if random.random() < RARE:  # noqa: S311
        os._exit(9)
    return asked.answer


@port
class SaysAnotherNameEachTime(ReferenceAdapter):
    """Names itself by its PID in `hello`."""

    def hello(self, wire: int) -> Json:
        return super().hello(wire) | {"name": f"port-{os.getpid()}", "version": str(random.random())}  # noqa: S311


@port
class ClaimsLessTheSecondTime(ReferenceAdapter):
    """Claims fewer capabilities in processes with an odd PID, and has all of them."""

    def hello(self, wire: int) -> Json:
        hello = super().hello(wire)
        return hello | {"capabilities": hello["capabilities"][: 3 if os.getpid() % 2 else None]}
