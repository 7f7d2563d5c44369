"""Lists of PIDs or numbers of accounts on the command line: `100-163,200`, `1000-1252/4`."""

import re
from collections.abc import Sequence

MAX_PID = 2**32 - 1  # the 32 bits of Windows; other systems have fewer
_RANGE = re.compile(r"(\d{1,10})(?:-(\d{1,10})(?:/(\d{1,10}))?)?", re.ASCII)
SHOWN_WORD = 40


def parse(text: str, *, what: str, minimum: int, maximum: int, count: int) -> list[int]:
    """Numbers and ranges, separated by commas or white space; `a-b/s` is every s-th number from a to b.

    `what` names one of the numbers in messages. Raises ValueError for a malformed number or range, a number outside the
    limits, an empty list, and more than `count` numbers.
    """
    numbers: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        for word in re.split(r"[,\s]+", line.strip(" \t,")):
            if not word:
                continue
            place = f" in line {number}" if "\n" in text.strip() else ""
            numbers += _range(word, place, what, minimum, maximum, count, len(numbers))
    if not numbers:
        raise ValueError(f"there is no {what}; expected numbers such as 123,456 or 100-163")
    return numbers


def _range(word: str, place: str, what: str, minimum: int, maximum: int, count: int, before: int) -> range:
    shown = repr(word if len(word) <= SHOWN_WORD else word[:SHOWN_WORD] + "...") + place
    match = _RANGE.fullmatch(word)
    if match is None:
        if word.isascii() and word.isdigit():
            raise ValueError(f"{shown} is not a valid {what}; expected {minimum} to {maximum}")
        raise ValueError(f"{shown} is not a valid {what}; expected a number, or a range such as 100-163 or 100-160/4")
    first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
    if last < first or step == 0:
        raise ValueError(f"{shown} is an empty range; expected LOW-HIGH, and a step of 1 or more after the /")
    if first < minimum or last > maximum:
        raise ValueError(f"{shown} is not a valid {what}; expected {minimum} to {maximum}")
    numbers = range(first, last + 1, step)
    if before + len(numbers) > count:
        raise ValueError(f"{shown} exceeds the maximum of {count} numbers; give fewer")
    return numbers


def written(numbers: Sequence[int]) -> str:
    """Text that `parse` reads back. Three consecutive numbers, or four with another equal distance, become a range."""
    words: list[str] = []
    for run in _runs(numbers):
        step = run[1] - run[0] if len(run) > 1 else 1
        if len(run) < (3 if step == 1 else 4):
            words += map(str, run)
        else:
            words.append(f"{run[0]}-{run[-1]}" + (f"/{step}" if step > 1 else ""))
    return ",".join(words)


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Split where the distance changes or is not positive."""
    runs: list[list[int]] = []
    for number in numbers:
        run = runs[-1] if runs else []
        step = number - run[-1] if run else 0
        if step > 0 and (len(run) == 1 or step == run[1] - run[0]):
            run.append(number)
        else:
            runs.append([number])
    return runs
