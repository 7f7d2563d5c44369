"""The geometry of two pictures: the accounts over a session's calls, and over processes. Templates draw them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.json_type import Json
from conformance.processes.record import Entry
from conformance.reports.events import Finding
from conformance.texts import printable, redact
from conformance.wire.scenario import Call

LABEL_CHARACTERS = 14
MAX_ROWS, MAX_COLUMNS = 16, 48
LEFT, TOP, ROW, COLUMN, FOOT = 118, 10, 24, 26, 26
EVENTS = {  # methods about one account, in a word for the picture's text
    "mark_rate_limited": "limited",
    "mark_rate_limited_with_reason": "limited",
    "mark_cooling_down": "cooldown",
    "set_enabled": "enabled or disabled",
    "remove": "removed",
    "record_health": "health",
    "mark_used": "used",
    "mark_success": "success",
    "consume_token": "token taken",
    "refund_token": "token returned",
}


@dataclass(frozen=True)
class Mark:
    """One mark: where it is, what it is (a class of the style sheet), and its text."""

    x: float
    y: float
    kind: str
    text: str


@dataclass(frozen=True)
class Line:
    """A labelled row or column, at its coordinate."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Rows are accounts. `text` is the alternative for readers who do not see the picture."""

    width: float
    height: float
    rows: Sequence[Line]
    columns: Sequence[Line]
    marks: Sequence[Mark]
    text: str


class SessionPicture(Picture):
    """Columns are calls."""


class ProcessPicture(Picture):
    """Columns are processes."""


def session_picture(finding: Finding) -> SessionPicture | None:
    """The accounts over the calls up to the wrong one. None where fewer than two calls name an account."""
    calls, accounts = finding.scenario.calls, _accounts(finding)
    last = len(calls) - 1 if finding.position is None else finding.position
    first = max(0, last + 1 - MAX_COLUMNS)
    placed = [mark for number in range(first, last + 1) for mark in _of_call(calls[number], number, finding)]
    names = _rows(accounts, [label for _, label, _, _ in placed])
    known = [mark for mark in placed if mark[1] in names]
    columns = sorted({number for number, *_ in known})
    if len(columns) < 2 or not any(kind in ("expected", "wrong") for *_, kind, _ in known):
        return None
    x_of = {number: _x(place) for place, number in enumerate(columns)}
    marks = [Mark(x_of[number], _y(names.index(label)), kind, text) for number, label, kind, text in known]
    return SessionPicture(
        **_size(len(columns), len(names)),
        rows=[Line(_y(place), name) for place, name in enumerate(names)],
        columns=[Line(x_of[number], str(number + 1)) for number in columns],
        marks=marks,
        text="; ".join(mark.text for mark in marks),
    )


def process_picture(finding: Finding) -> ProcessPicture | None:
    """The accounts that processes selected first, in the order of the processes. None without a record."""
    chosen: dict[int, tuple[Entry, str]] = {}
    killed = {entry.process for entry in finding.record if entry.did == "killed"}
    for entry in finding.record:
        if entry.did == "select" and entry.process not in chosen and (label := _label(entry.answer)):
            chosen[entry.process] = (entry, label)
    shown = dict(sorted(chosen.items())[:MAX_COLUMNS])
    names = _rows(_accounts(finding), [label for _, label in shown.values()])
    if len(shown) < 2 or not names:
        return None
    marks = []
    for place, (number, (entry, label)) in enumerate(shown.items()):
        if label in names:
            kind = "wrong" if number == finding.process else "chosen"
            text = f"process {number} (PID {entry.pid}): {label}" + (", killed later" if number in killed else "")
            marks.append(Mark(_x(place), _y(names.index(label)), kind, text))
    count = {name: sum(label == name for _, label in shown.values()) for name in names}
    return ProcessPicture(
        **_size(len(shown), len(names)),
        rows=[Line(_y(place), f"{name} ({count[name]})") for place, name in enumerate(names)],
        columns=[Line(_x(place), str(number)) for place, number in enumerate(shown)],
        marks=marks,
        text="; ".join(mark.text for mark in marks),
    )


def _of_call(call: Call, number: int, finding: Finding) -> Iterator[tuple[int, str, str, str]]:
    """The marks of one call: its number, the account, the kind and the text."""
    if call.method in EVENTS and isinstance(label := call.params.get("label"), str):
        yield number, _name(label), "event", f"call {number + 1}: {label} {EVENTS[call.method]}"
    if call.method != "select":
        return
    expected, is_wrong = _label(call.expected), number == finding.position
    if expected:
        yield number, expected, "expected" if not is_wrong else "missed", f"call {number + 1}: expected {expected}"
    if is_wrong and (given := _label(finding.actual)):
        yield number, given, "wrong", f"call {number + 1}: selected {given}"


def _accounts(finding: Finding) -> list[str]:
    """The labels of the pool that the scenario opens, in order."""
    for call in finding.scenario.calls:
        pool = call.params.get("pool") if call.method == "open" else None
        listed = pool.get("accounts") if isinstance(pool, dict) else None
        if isinstance(listed, list):
            tokens = [account.get("refreshToken") for account in listed if isinstance(account, dict)]
            return [_name(token) for token in tokens if isinstance(token, str) and token]
    return []


def _rows(accounts: Sequence[str], used: Sequence[str]) -> list[str]:
    """The accounts to show: all if they fit, else those that have a mark."""
    every = list(dict.fromkeys([*accounts, *used]))
    return (every if len(every) <= MAX_ROWS else [name for name in every if name in set(used)])[:MAX_ROWS]


def _label(answer: Json) -> str:
    label = answer.get("label") if isinstance(answer, dict) else None
    return _name(label) if isinstance(label, str) and label else ""


def _name(label: str) -> str:
    text = redact(printable(label))
    return text if len(text) <= LABEL_CHARACTERS else f"{text[: LABEL_CHARACTERS - 1]}…"


def _x(place: int) -> float:
    return LEFT + COLUMN * (place + 0.5)


def _y(place: int) -> float:
    return TOP + ROW * (place + 0.5)


def _size(columns: int, rows: int) -> dict[str, float]:
    return {"width": LEFT + COLUMN * columns + 10, "height": TOP + ROW * rows + FOOT}
