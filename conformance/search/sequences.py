"""Steps of several calls in a row, which single steps rarely draw in this order."""

from conformance.search.source import RECORD_BYTES
from conformance.search.step_values import DURATIONS_MS, HEADER_STYLES, MODELS
from conformance.search.steps import GeneratedSession, Step, asked_of, open_again, remove

MOST_ACCOUNTS = 8  # more would cost more calls than the behaviour is worth


def _wait_for_base_limits(session: GeneratedSession, record: bytes) -> None:
    """Limit the base quotas of all accounts for Gemini, then ask for the minimum wait of a model."""
    if not 1 <= len(session.labels) <= MOST_ACCOUNTS:
        return
    duration_ms = DURATIONS_MS[record[5]]
    session.ends_ms.append(session.now_ms + duration_ms)
    for label in session.labels:
        for style in HEADER_STYLES:
            params = {"label": label, "retry_after_ms": duration_ms, "family": "gemini", "header_style": style}
            session.calls.append(("mark_rate_limited", params))
    session.calls.append(("min_wait", {"family": "gemini", "model": MODELS[record[4]] or "m1"}))


def _offset_without_current(session: GeneratedSession, record: bytes) -> None:
    """Open again, rotate to the last account, remove it, and select with the PID offset. Never for a folder.

    The family then has no current account when the offset is applied. The PID is one that moves the family.
    """
    count = len(session.all_labels)
    if "home" in session.opened or not 3 <= count <= MOST_ACCOUNTS:
        return
    pid = session.opened["pid"]
    session.opened = {**session.opened, "pid": pid if pid % (count - 1) else pid ^ 1}
    open_again(session, bytes(RECORD_BYTES))
    asked = asked_of(session, record)
    session.calls += [("select", {**asked, "strategy": "round-robin"})] * count
    session.calls.append(("remove", {"label": session.labels.pop()}))
    session.calls.append(("select", {**asked, "strategy": "sticky", "pid_offset_enabled": True}))


def _remove_after_rotation(session: GeneratedSession, record: bytes) -> None:
    """Rotate until the cursor is past the number of accounts, remove one, and rotate on."""
    if not 2 <= len(session.labels) <= MOST_ACCOUNTS:
        return
    rotate = ("select", {**asked_of(session, record), "strategy": "round-robin"})
    session.calls += [rotate] * (len(session.labels) + 1)
    remove(session, record)
    session.calls.append(rotate)


# As KINDS in `steps`, but each needs several capabilities.
SEQUENCES: tuple[tuple[Step, int, str], ...] = (
    (_wait_for_base_limits, 2, "limits header-styles min-wait"),
    (_remove_after_rotation, 1, "sticky round-robin remove"),
    (_offset_without_current, 4, "sticky round-robin remove pid offset"),
)
