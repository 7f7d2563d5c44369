"""Decodes bytes into sessions: the pool or config files, and the calls.

Weighted towards interesting cases: limits that are about to end, ties, blocked accounts, removals after the PID
offset, interleaved families, changing strategies, and the same pool in processes with other PIDs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from conformance.search.configs import decode_config
from conformance.search.focus import FOCUSES, Focus, kinds_of
from conformance.search.further_steps import return_to_first
from conformance.search.pool_files import pool_file, saved_file, stored_of, tokens_of
from conformance.search.pools import clock_of, pool_of
from conformance.search.source import MAX_CALLS, PLAIN, Draft, Table, table
from conformance.search.steps import GeneratedSession, Step, save
from conformance.wire.calls import POOL_FILE
from conformance.wire.needs import accounts_in, without_unclaimed
from conformance.wire.scenario import ROOT

SOURCES = table(*["pool"] * 32, *["pool file"] * 46, *["saved file"] * 15, *["config"] * 40)
# Calls of a session with a pool file, by the low bits of byte 0: a file decides what is loaded, not what follows.
CALLS_AFTER_A_FILE = (MAX_CALLS, *[4] * 7)
FAMILIES_ASKED: Table[tuple[str, ...]] = table(("claude", "gemini"), ("claude", "gemini"), ("claude",), ("gemini",))
STRATEGIES_ASKED: Table[tuple[str, ...]] = table(
    ("sticky", "hybrid", "round-robin"),
    ("sticky",),
    ("hybrid",),
    ("sticky", "round-robin"),
    ("hybrid",),
    ("round-robin",),
)
OFFSETS: Table[tuple[bool, ...]] = table(
    (False, True), (True,), (False,), (True,), *[(*[False] * 9, True)] * 2
)  # in the last two, the offset is on in one selection of ten
PIDS = table(0, 1, 2, 3, 5, 7, 1000, 4, 8, 12, 2**15, 2**22, 2**31 - 1, 2**32 - 1, 123, 456, 789)
DRAWS: Table[list[float]] = table([], [0], [0.5, 0.25], [0.999, 0], [0.25])
INITIAL_HEALTH = table(70, 40, 50, 49.5, 100)
MIN_HEALTH = table(50, 0, 60, 45, 50)
HEALTH_BEYOND: Table[dict[str, float]] = table(
    {},
    {},
    {},
    {"success_reward": 5, "max_score": 75},
    {"rate_limit_penalty": -30, "failure_penalty": 0},
    {"recovery_rate_per_hour": 10},
    {"recovery_rate_per_hour": 0, "min_usable": -1},
    {"initial": 0, "min_usable": 0},
    {"initial": 300, "max_score": 1000, "success_reward": 0.5},
    {"success_reward": -5, "failure_penalty": 20},
)
INITIAL_TOKENS = table(50, 0.5, 1, 3, 50)
MAX_TOKENS = table(50, 10, 1, 50)
TOKENS_BEYOND: Table[dict[str, float]] = table(
    *([{}, {}, {"regeneration_rate_per_minute": 60.0}] * 2),
    {"max_tokens": 0},
    {"initial_tokens": 0},
    {"initial_tokens": -1, "regeneration_rate_per_minute": 0},
    {"initial_tokens": 1000, "max_tokens": 1000, "regeneration_rate_per_minute": 0.1},
)
SAVES_FROM = table(192, 32, 32)  # of 256: a record of a saved-file session becomes a save
THRESHOLDS: Table[float | None] = table(*[None, 10, 10, 10, 20, 90, 10, 50, 100, 1] * 2, 0, -5, 33.3, 150, 300)


def decode(draft: Draft, capabilities: Collection[str]) -> GeneratedSession:
    """Decode a draft for a target with these capabilities. Every draft is valid."""
    head = draft.head
    can = _abilities(frozenset(capabilities))
    source = SOURCES[head[0]]
    if can.config and (source == "config" or not can.selection):
        files, calls, writes = decode_config(draft)
        return GeneratedSession(calls, {**files}, writes)
    session = GeneratedSession(head=head)
    if not can.selection:
        return session
    if source == "pool file" and can.storage:
        text, session.labels = pool_file(head, draft.given)
        session.files[POOL_FILE] = {"text": text}
        session.opened = {"home": f"{ROOT}/home"}
    elif source == "saved file" and can.save:
        session.stored = stored_of(draft.given)
        session.labels = tokens_of(head, session.stored)
        text = saved_file(head, head, session.stored, now_ms=clock_of(head))
        session.files[POOL_FILE] = {"text": text}
        session.opened = {"home": f"{ROOT}/home"}
    else:
        given = (PLAIN,) * len(draft.given) if FOCUSES[head[4]].plain else draft.given
        session.opened = {"pool": without_unclaimed(pool_of(head, given), can.capabilities)}
        tokens = [entry.get("refreshToken") for entry in accounts_in(session.opened["pool"])]
        session.labels = [token for token in tokens if isinstance(token, str) and token]
    session.all_labels = tuple(session.labels)
    _set_up(session, head, can)
    session.calls.append(("open", session.opened))
    kinds, saves_from, most = can.kinds, 256, MAX_CALLS
    if session.stored is not None:
        saves_from = SAVES_FROM[head[6]]
    elif session.files:
        most = CALLS_AFTER_A_FILE[head[0] % len(CALLS_AFTER_A_FILE)]
    else:
        focus = FOCUSES[head[4]]
        kinds = can.focused[focus] or kinds
        session.strategies = tuple(word for word in focus.strategies if word in can.strategies) or session.strategies
        session.offsets = (focus.offsets if can.offset else ()) or session.offsets
    for record in draft.calls[:most]:
        (save if record[15] >= saves_from else kinds[record[0]])(session, record)
    if can.snapshot:
        session.calls.append(("snapshot", {}))
    return_to_first(session)
    return session


@dataclass(frozen=True)
class _Abilities:
    capabilities: frozenset[str]
    kinds: Table[Step]
    focused: Mapping[Focus, Table[Step]]
    strategies: frozenset[str]
    selection: bool
    config: bool
    storage: bool
    save: bool
    delayed_save: bool
    snapshot: bool
    offset: bool
    header_styles: bool
    health: bool
    tokens: bool
    soft_quota: bool
    styled_waits: bool
    random: bool


def _set_up(session: GeneratedSession, head: bytes, can: _Abilities) -> None:
    opened = session.opened
    opened["now_ms"] = session.now_ms = clock_of(head)
    opened["pid"] = PIDS[head[8]]
    if can.random and (draws := DRAWS[head[9]]):
        opened["random"] = draws
    health = {"initial": INITIAL_HEALTH[head[10]], "min_usable": MIN_HEALTH[head[11]], **HEALTH_BEYOND[head[14]]}
    if can.health and health != {"initial": 70, "min_usable": 50}:  # the defaults
        opened["health"] = health
    tokens = {
        "initial_tokens": INITIAL_TOKENS[head[12]],
        "max_tokens": MAX_TOKENS[head[10]],
        **TOKENS_BEYOND[head[14]],
    }
    if can.tokens and tokens != {"initial_tokens": 50, "max_tokens": 50}:
        opened["tokens"] = tokens
    session.families = FAMILIES_ASKED[head[13]]
    session.strategies = tuple(word for word in STRATEGIES_ASKED[head[12]] if word in can.strategies) or ("sticky",)
    session.offsets = OFFSETS[head[9]] if can.offset else (False,)
    session.threshold = THRESHOLDS[head[11]] if can.soft_quota else None
    session.styled_waits = can.styled_waits
    session.opens_folders = can.storage
    session.draws = can.random
    session.delays_saves = can.delayed_save
    session.verifies = "verification" in can.capabilities
    if not can.header_styles:
        session.families, session.styles = ("claude",), (None,)


@cache
def _abilities(capabilities: frozenset[str]) -> _Abilities:
    return _Abilities(
        capabilities=capabilities,
        kinds=kinds_of(capabilities),
        focused={focus: kinds_of(capabilities & focus.capabilities, focus.most) for focus in FOCUSES},
        strategies=capabilities & {"sticky", "round-robin", "hybrid"},
        selection=bool(kinds_of(capabilities)) and "clock" in capabilities,
        config={"config", "environment", "platform"} <= capabilities,
        storage={"storage", "stored-state", "header-styles"} <= capabilities,
        save={"storage", "save", "stored-state", "header-styles"} <= capabilities,
        delayed_save="delayed-save" in capabilities,
        snapshot="snapshot" in capabilities,
        offset={"pid", "offset"} <= capabilities,
        header_styles="header-styles" in capabilities,
        health="health" in capabilities,
        tokens="tokens" in capabilities,
        soft_quota="soft-quota" in capabilities,
        styled_waits="strict-wait" in capabilities,
        random="random" in capabilities,
    )
