"""The values that steps of a session choose from."""

from conformance.search.pools import IN_MONTHS_MS
from conformance.search.source import Table, table

STRIDES = table(0, 1, 4, 1, 4, 8, 2**16)
STYLES: Table[str | None] = table(None, "antigravity", "gemini-cli", "gemini-cli")
MODELS: Table[str | None] = table(
    *[None, None, None, "m1", "m1", "flash-2", "claude-x", ""] * 3,
    *["M1", "m1-preview", "m1-high", "m 1", "m.1", "m1:x", "antigravity-m1", "Claude-Flash", "x-claude-flash-low", "m"],
)
SHORT_MS = (1000, 60_000, 1000, 60_000, 0, 0, 1, 999, 1999, 2000, 3_600_000, 3_600_001, 0.5, -1, 1e300, 1e300)
LONG_MS = (2**31 - 1, 2**31, IN_MONTHS_MS)
DURATIONS_MS = table(*SHORT_MS * 2, *LONG_MS)
REASONS = table(
    *["QUOTA_EXHAUSTED", "QUOTA_EXHAUSTED", "MODEL_CAPACITY_EXHAUSTED", "MODEL_CAPACITY_EXHAUSTED"] * 3,
    *["RATE_LIMIT_EXCEEDED", "SERVER_ERROR", "UNKNOWN", "?"] * 3, "quota_exhausted", "", "",
)  # fmt: skip
RETRY_AFTER_MS: Table[float | None] = table(
    *[None, None, None, None, 5000, 0, 1, -1] * 3, 2**31, 0.5, IN_MONTHS_MS, 1e300
)
CACHE_TTLS_MS: Table[float | None] = table(
    *[None, None, None, 60_000, 59_999, 600_000, 600_001, 0] * 3, -1, 0.5, 999, 2**31, 1e300
)
COOLDOWN_REASONS = table(*["auth-failure", "auth-failure", "network-error"] * 4, "project-error", "")
FAILURE_TTLS_MS: Table[float | None] = table(
    *[None, None, 1000, 0] * 3, -1, -1, 0.5, 0.5, 999, 999, 2**31, 2**31, 1e300, 1e300
)
STEPS_MS = table(
    *[1000, 60_000, 1, 999, 3_600_001, 1000, 60_000, 600_000, 600_001, 3_600_000, 15_000, 30_000, 36_000_000, -1] * 3,
    *[-60_000, -3_600_000] * 3, 0, 0, 0.5, 0.5, 2**31, IN_MONTHS_MS, 86_400_000, -IN_MONTHS_MS,
)  # fmt: skip
TO_AN_END_MS: Table[float | None] = table(None, 0, -1, 1)  # offset from the end of a limit, instead of a step
AMOUNTS = table(*[1, 1, 0.5, 3, 49, 60, 0] * 3, -1, -1, -1, 300, 0.1)
MANY_TIMES = 340  # more than 8 bits count
VERY_MANY_TIMES = 66_600  # more than 16 bits count
OPENS = 1200
UNKNOWN_LABELS = ("nobody", "Mango", "mango ", "man", "")
OUTCOMES = table("success", "rate_limit", "failure", "failure", "failure")
TIMES = table(2, 3, 4, 5, 8, 12)
HEADER_STYLES = ("antigravity", "gemini-cli")
