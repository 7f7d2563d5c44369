"""Steps of several calls in a row, which single steps rarely draw in this order."""

from conformance.search.source import RECORD_BYTES
from conformance.search.step_values import COOLDOWN_REASONS, DURATIONS_MS, HEADER_STYLES, MODELS
from conformance.search.steps import GeneratedSession, Params, Step, asked_of, label_of, open_again, remove

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


def _look_then_set_back(session: GeneratedSession, record: bytes) -> None:
    """Limit or cool an account, look at it when that has ended, set the clock back, and select.

    A target may delete what has ended only where it looks for an account.
    """
    if (label := label_of(session, record)) is None:
        return
    asked, duration_ms = asked_of(session, record), 1000 + record[5]
    if record[6] >= 128:
        limit = {"label": label, "retry_after_ms": duration_ms, **asked}
        session.calls.append(("mark_rate_limited", limit))
    else:
        cooldown = {"label": label, "cooldown_ms": duration_ms, "reason": COOLDOWN_REASONS[record[7]]}
        session.calls.append(("mark_cooling_down", cooldown))
    after_ms = 1 + record[8] % 2
    looks: tuple[tuple[str, Params], ...] = (
        ("snapshot", {}),
        ("min_wait", asked),
        ("has_other_account", {"label": label, **asked}),
        ("select", {**asked, "strategy": session.strategies[0]}),
    )
    session.calls += [("advance", {"ms": duration_ms + after_ms - 1}), looks[record[9] % len(looks)]]
    session.calls += [("advance", {"ms": -after_ms}), ("select", {**asked, "strategy": session.strategies[-1]})]
    session.now_ms += duration_ms - 1


def _verify_in_turns(session: GeneratedSession, record: bytes) -> None:
    """Let an account wait, change it three times, and rotate through the accounts."""
    if (label := label_of(session, record)) is None:
        return
    changes: tuple[tuple[str, Params], ...] = (
        ("set_enabled", {"label": label, "enabled": True}),
        ("set_enabled", {"label": label, "enabled": False}),
        ("clear_verification", {"label": label, "enable": True}),
        ("clear_verification", {"label": label}),
    )
    session.calls.append(("require_verification", {"label": label}))
    session.calls += [changes[byte % len(changes)] for byte in record[5:8]]
    rotate = ("select", {**asked_of(session, record), "strategy": "round-robin"})
    session.calls += [rotate] * min(len(session.labels), MOST_ACCOUNTS)


# As KINDS in `steps`, but each needs several capabilities.
SEQUENCES: tuple[tuple[Step, int, str], ...] = (
    (_wait_for_base_limits, 2, "limits header-styles min-wait"),
    (_remove_after_rotation, 1, "sticky round-robin remove"),
    (_look_then_set_back, 4, "snapshot min-wait other-account limits cooldown clock"),
    (_verify_in_turns, 3, "verification enabled round-robin"),
    (_offset_without_current, 4, "sticky round-robin remove pid offset"),
)
