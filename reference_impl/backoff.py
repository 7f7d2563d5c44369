"""Backoff: how long an account is unavailable after a failure.

Sources: BACK-*; releases 1.3.0 to 1.6.0, `dist/src/plugin/accounts.js`, `calculateBackoffMs`.
"""

SHORTEST_RETRY_AFTER_MS = 2_000
QUOTA_EXHAUSTED_MS = (60_000, 300_000, 1_800_000, 7_200_000)  # by consecutive failures; the last value repeats
CAPACITY_MS = 45_000
CAPACITY_SPREAD_MS = 30_000  # 15 s in either direction, so that clients do not return all at once
CAPACITY_FIXED_MS = 15_000
BY_REASON_MS = {"RATE_LIMIT_EXCEEDED": 30_000, "SERVER_ERROR": 20_000}
UNKNOWN_MS = 60_000
FAILURE_TTL_MS = 3_600_000


def backoff_ms(reason: str, earlier_failures: int, retry_after_ms: float | None, draw: float | None) -> float:
    """Returns the backoff in milliseconds.

    `draw` is a random number in [0, 1) that spreads the backoff of MODEL_CAPACITY_EXHAUSTED; None means no spread.
    """
    if retry_after_ms is not None and retry_after_ms > 0:
        return max(retry_after_ms, SHORTEST_RETRY_AFTER_MS)
    if reason == "QUOTA_EXHAUSTED":
        return QUOTA_EXHAUSTED_MS[min(earlier_failures, len(QUOTA_EXHAUSTED_MS) - 1)]
    if reason == "MODEL_CAPACITY_EXHAUSTED":
        if draw is None:
            return CAPACITY_FIXED_MS
        return CAPACITY_MS + (draw * CAPACITY_SPREAD_MS - CAPACITY_SPREAD_MS / 2)
    return BY_REASON_MS.get(reason, UNKNOWN_MS)
