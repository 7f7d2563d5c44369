"""Sessions as bytes: random drafts for the search, and a Hypothesis strategy that shrinks them.

A `Draft` has a head, records of what is given (accounts, or members of config files) and one record for each call. To
drop a record drops an account or a call, and byte 0 is the simplest choice. So a shrunk draft is a simple session.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.database import choices_from_bytes, choices_to_bytes

RECORD_BYTES = 16
MAX_GIVEN, MAX_CALLS = 12, 60
PLAIN = bytes(RECORD_BYTES)

Choice = TypeVar("Choice")
Table = tuple[Choice, ...]  # indexed by byte


@dataclass(frozen=True)
class Draft:
    """One session before it is decoded; records have RECORD_BYTES bytes each."""

    head: bytes
    given: tuple[bytes, ...]
    calls: tuple[bytes, ...]


def table(*choices: Choice) -> Table[Choice]:
    """A table of equally likely choices. The first must be the simplest. Repeat a choice to give it more weight."""
    return tuple(choices[byte * len(choices) // 256] for byte in range(256))


_GIVEN = table(*[2, 3, 4, 5, 1, 2, 3, 6, 7, 8, 0] * 2, 12)


def stream(seed: str) -> Iterator[Draft]:
    """Endless random drafts; the same seed gives the same drafts."""
    rng = random.Random(seed)  # noqa: S311 - must be repeatable
    while True:
        yield draw(rng)


def draw(rng: random.Random) -> Draft:
    """A random draft. Sizes vary: short sessions reach few states, and in long ones rare states disappear."""
    head = rng.randbytes(RECORD_BYTES)
    given, calls = _GIVEN[head[-1]], 8 + head[-2] % (MAX_CALLS - 7)
    drawn = rng.randbytes(RECORD_BYTES * (given + calls))
    records = [drawn[at : at + RECORD_BYTES] for at in range(0, len(drawn), RECORD_BYTES)]
    return Draft(head, tuple(records[:given]), tuple(records[given:]))


_RECORD = st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES)
drafts: st.SearchStrategy[Draft] = st.builds(
    Draft,
    _RECORD,
    st.lists(_RECORD, max_size=MAX_GIVEN).map(tuple),
    st.lists(_RECORD, max_size=MAX_CALLS).map(tuple),
)


def to_choices(draft: Draft) -> bytes:
    """The bytes that a Hypothesis database stores for a draft: the choices that `drafts` makes for it."""
    choices: list[Any] = [draft.head]
    for records in (draft.given, draft.calls):
        for record in records:
            choices += [True, record]
        choices.append(False)
    # One extra choice: Hypothesis takes an entry that it reproduces byte for byte as shrunk already.
    return choices_to_bytes([*choices, False])


def from_choices(stored: bytes) -> Draft | None:
    """The stored draft, or None if the bytes are not a draft."""
    choices: Sequence[Any] | None = choices_from_bytes(stored)
    if not choices or not all(isinstance(choice, bool | bytes) for choice in choices):
        return None
    head, *rest = choices
    parts: list[tuple[bytes, ...]] = []
    for most in (MAX_GIVEN, MAX_CALLS):
        records: list[bytes] = []
        while len(records) < most and len(rest) >= 2 and rest[0] is True:
            records.append(rest[1])
            rest = rest[2:]
        rest = rest[1:]
        parts.append(tuple(records))
    draft = Draft(head, *parts)
    is_whole = all(isinstance(record, bytes) and len(record) == RECORD_BYTES for record in (head, *parts[0], *parts[1]))
    return draft if is_whole else None
