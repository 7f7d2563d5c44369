"""The order in which to build a port: each step adds capabilities, and needs only those of the steps before it."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step. `sections` has the rules to read; `text` says what to write."""

    title: str
    capabilities: tuple[str, ...]
    sections: tuple[str, ...]
    text: str


STEPS = (
    Step("the pool", ("sticky",), ("POOL",), "`open` loads the accounts and the stored indices of the pool."),
    Step(
        "the PID offset",
        ("pid", "offset"),
        ("PID",),
        "With `pid_offset_enabled`, the first sticky `select` of a family adds the PID to its stored index.",
    ),
    Step("round-robin", ("round-robin",), ("RR",), "`select` rotates over the accounts with one cursor."),
    Step(
        "rate limits",
        ("limits", "header-styles", "clock"),
        ("LIM", "STK"),
        "`mark_rate_limited` blocks an account for one quota, and `advance` moves the clock.",
    ),
    Step("cooldowns", ("cooldown",), ("COOL",), "`mark_cooling_down` blocks an account for every request."),
    Step(
        "stored state",
        ("stored-state",),
        ("ENA",),
        "`open` reads `rateLimitResetTimes`, `coolingDownUntil` and `enabled` of each account.",
    ),
    Step(
        "changes of the pool",
        ("enabled", "remove"),
        ("ENA", "REM"),
        "`set_enabled` and `remove` change accounts while families use them.",
    ),
    Step(
        "waiting",
        ("min-wait", "strict-wait", "reset-limits"),
        ("WAIT",),
        "`min_wait` returns the time until an account is available; `reset_limits` clears limits.",
    ),
    Step(
        "header styles",
        ("available-style", "other-account"),
        ("STYLE", "OTH"),
        "`available_header_style` and `has_other_account` say how a Gemini request can go on.",
    ),
    Step(
        "backoff",
        ("reason", "backoff", "random"),
        ("ERR", "BACK"),
        "`read_reason` classifies an error; `mark_rate_limited_with_reason` waits longer after each failure.",
    ),
    Step(
        "health and tokens",
        ("health", "tokens"),
        ("HEA", "TOK"),
        "Each account has a health score and a token bucket.",
    ),
    Step("hybrid", ("used", "hybrid"), ("HYB",), "`select` takes the account with the best score."),
    Step(
        "soft quota",
        ("soft-quota", "soft-quota-ttl", "update-quota"),
        ("SOFT", "READ"),
        "`select` skips accounts that have used more than a share of their quota.",
    ),
    Step(
        "sessions and verification",
        ("sessions", "verification", "snapshot"),
        ("SES", "VER"),
        "One process has several sessions, and an account can wait until its user verifies it.",
    ),
    Step(
        "the pool file",
        ("storage", "save", "delayed-save"),
        ("STO",),
        "`open` reads the file of a home folder, and `save` merges changes into it.",
    ),
    Step(
        "the config",
        ("config", "environment", "platform", "pool-path"),
        ("CFG", "ENV", "PATH", "LAY", "PLACE"),
        "`load_config` merges defaults, files and variables; `pool_path` names the pool file.",
    ),
)


def step_of(needs: Collection[str]) -> int | None:
    """The position of the first step after which a port has these capabilities; None if no step adds one of them."""
    reached: set[str] = set()
    for position, step in enumerate(STEPS):
        reached.update(step.capabilities)
        if reached.issuperset(needs):
            return position
    return None
