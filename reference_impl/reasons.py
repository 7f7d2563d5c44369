"""Reads the reason of an error response, which decides its backoff.

Sources: ERR-*; releases 1.3.0 to 1.6.0, `dist/src/plugin/accounts.js`, `parseRateLimitReason`.
"""

from reference_impl.profiles import Profile

CAPACITY, RATE, QUOTA = "MODEL_CAPACITY_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "QUOTA_EXHAUSTED"
BY_STATUS = {503: CAPACITY, 529: CAPACITY, 500: "SERVER_ERROR"}
# What a message contains, in lower case, in the order in which the reasons are tried. `presque` is French for "almost".
CAPACITY_WORDS = ("capacity", "overloaded", "resource exhausted")
RATE_WORDS = ("per minute", "rate limit", "too many requests", "presque")
QUOTA_WORDS = ("exhausted", "quota")
LATER_WORDS = (*CAPACITY_WORDS, "presque")  # release 1.3.0 does not know these


def read_reason(reason: str | None, message: str | None, status: float | None, profile: Profile) -> str:
    """Returns the reason: by the status, else by the named reason, else by the message (ERR-001 to ERR-008)."""
    if status in BY_STATUS and not profile.has("status-unread"):
        return BY_STATUS[int(status)]
    if reason and reason.upper() in (QUOTA, RATE, CAPACITY):
        return reason.upper()
    text = (message or "").lower()
    for found, words in ((CAPACITY, CAPACITY_WORDS), (RATE, RATE_WORDS), (QUOTA, QUOTA_WORDS)):
        for word in words:
            if word in text and not (word in LATER_WORDS and profile.has("fewer-words-in-messages")):
                return found
    return "UNKNOWN"
