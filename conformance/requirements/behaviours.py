"""How wrong implementations answer the vectors: `fixtures/behaviours.json`, measured by `tools/behaviours.py`.

Each behaviour is a mutant, a quirk or a subtly wrong port. The file has the rules that it fails and a digest of each
unexpected answer. A run compares its own failures with them: to order failed rules, and to say what the target does.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from conformance.fixtures import fixtures_folder
from conformance.json_type import Json


class Behaviour(BaseModel):
    """One wrong implementation. `rule` is the rule that a mutant is made for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    kind: Literal["mutant", "quirk", "port"]
    text: str
    rule: str | None
    fails: tuple[str, ...]
    answers: str  # digests with spaces between them

    @cached_property
    def wrong_answers(self) -> frozenset[str]:
        return frozenset(self.answers.split())


@dataclass(frozen=True)
class Likeness:
    """How alike the wrong answers of a target and of a behaviour are: 1 means that they are the same."""

    behaviour: Behaviour
    score: float


def digest(vector: str, position: int, actual: Json) -> str:
    """A short digest of the answer to one call of a vector. Messages of exceptions do not count."""
    shown = "raised" if isinstance(actual, dict) and set(actual) == {"raised"} else actual
    text = json.dumps([vector, position, shown], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:7]


def load_behaviours(path: Path | None = None) -> tuple[Behaviour, ...]:
    """All behaviours, in the order of the file."""
    document = json.loads((path or fixtures_folder() / "behaviours.json").read_text(encoding="utf-8"))
    return tuple(Behaviour.model_validate(entry, strict=False) for entry in document["behaviours"])


def most_alike(
    wrong_answers: frozenset[str],
    behaviours: Sequence[Behaviour],
    judged: Collection[str],
    failed: Collection[str] = (),
) -> Likeness | None:
    """The behaviour whose wrong answers are the most like these. None if none shares an answer.

    If a behaviour fails rules that were not judged, only the share of the target's wrong answers counts. Among equals,
    a behaviour that breaks one of the `failed` rules is preferred.
    """
    found: list[tuple[float, bool, float, Behaviour]] = []
    for behaviour in behaviours:
        shared = len(wrong_answers & behaviour.wrong_answers)
        if shared:
            of_both = shared / len(wrong_answers | behaviour.wrong_answers)
            score = of_both if set(behaviour.fails) <= set(judged) else shared / len(wrong_answers)
            found.append((score, behaviour.rule in failed, of_both, behaviour))
    score, _, _, best = max(found, key=lambda each: each[:3], default=(0.0, False, 0.0, None))
    return Likeness(best, score) if best is not None else None
