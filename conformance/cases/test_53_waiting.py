"""WAIT: the time until any account is available, and the effects of `reset_limits`."""

import pytest
from hypothesis import strategies as st

from conformance.cases.events_kit import rests
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, advance, cool, label, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

STYLES = ("antigravity", "gemini-cli")
FAMILIES = ("claude", "gemini")
ANY: Json = {}  # the expected result of `select`: any account
LIMITS = st.lists(st.integers(1, 100_000), min_size=1, max_size=6)


def min_wait(family: str = "claude", **params: Json) -> Call:
    return Call("min_wait", {"family": family, **params})


def wait_of(wait_ms: float) -> Json:
    """Return the expected result of `min_wait`."""
    return {"wait_ms": wait_ms}


def reset(family: str = "claude", model: str | None = None) -> Call:
    return Call("reset_limits", {"family": family, **({"model": model} if model else {})})


def limit_both(index: int, ms: int, **params: Json) -> list[Call]:
    """Return calls that limit the account for Gemini with both header styles."""
    return [limit(index, ms, "gemini", header_style=style, **params) for style in STYLES]


@covers("WAIT-001")
@property_case(waits=LIMITS)
def test_wait_is_0_while_account_is_available(judge: Judge, waits: list[int]) -> None:
    limits = [limit(index, ms) for index, ms in enumerate(waits)]
    judge.check(Scenario([open_pool(pool(len(waits) + 1)), *limits, min_wait().gives(wait_of(0))]))


@covers("WAIT-002")
@property_case(waits=LIMITS)
def test_wait_lasts_until_first_reset(judge: Judge, waits: list[int]) -> None:
    limits = [limit(index, ms) for index, ms in enumerate(waits)]
    judge.check(Scenario([open_pool(pool(len(waits))), *limits, min_wait().gives(wait_of(min(waits)))]))


@covers("WAIT-003")
@property_case(waits=LIMITS)
def test_account_is_available_exactly_after_wait(judge: Judge, waits: list[int]) -> None:
    given = [open_pool(pool(len(waits))), *[limit(index, ms) for index, ms in enumerate(waits)]]
    answer = values(judge.ask([*given, min_wait()]))[-1]
    wait_ms = 1 if answer is None else max(1, answer["wait_ms"])  # a wait of 0 is wrong, and fails below
    judge.check(Scenario([*given, advance(wait_ms - 1), select().gives(None), advance(1), select().gives(ANY)]))


@covers("WAIT-003")
@pytest.mark.parametrize("limit_ms", [0.4, 999.5, 1000.4, 1000.6])
def test_wait_in_fractions_is_long_enough(judge: Judge, limit_ms: float) -> None:
    """A target may count in whole milliseconds, and then in all places."""
    given = [open_pool(pool(1)), limit(0, limit_ms)]
    wait = values(judge.ask([*given, min_wait()]))[-1]
    calls = [*given, advance(wait["wait_ms"] if wait else 0), select().gives(picks(0))]
    judge.check(Scenario(calls))


@covers("WAIT-002")
def test_each_question_is_answered_anew(judge: Judge) -> None:
    """The clock stands still, and the limits change."""
    given = [limit(0, 5000), min_wait().gives(wait_of(5000)), limit(0, 9000), min_wait().gives(wait_of(9000))]
    then = [limit(0, 7000), min_wait().gives(wait_of(7000)), min_wait("gemini").gives(wait_of(0))]
    judge.check(Scenario([open_pool(pool(1)), *given, *then]))


@covers("WAIT-004")
@pytest.mark.parametrize(("elapsed_ms", "wait_ms"), [(0, 1000), (1, 999), (999, 1), (1000, 0), (5000, 0)])
def test_wait_decreases_with_time(judge: Judge, elapsed_ms: int, wait_ms: int) -> None:
    judge.check(Scenario([open_pool(pool(1)), limit(0, 1000), advance(elapsed_ms), min_wait().gives(wait_of(wait_ms))]))


@covers("WAIT-005")
def test_limits_of_other_family_do_not_count(judge: Judge) -> None:
    limits = [limit(0, 5000), *limit_both(0, 9000)]
    judge.check(Scenario([open_pool(pool(1)), limits[0], min_wait("gemini").gives(wait_of(0))]))
    judge.check(Scenario([open_pool(pool(1)), *limits[1:], min_wait().gives(wait_of(0))]))
    apart = [min_wait().gives(wait_of(5000)), min_wait("gemini").gives(wait_of(9000))]
    judge.check(Scenario([open_pool(pool(1)), *limits, *apart]))


@covers("WAIT-006")
@pytest.mark.parametrize("style", STYLES)
def test_gemini_wait_is_0_with_available_style(judge: Judge, style: str) -> None:
    limited = limit(0, 5000, "gemini", header_style=style)
    judge.check(Scenario([open_pool(pool(1)), limited, min_wait("gemini").gives(wait_of(0))]))


@covers("WAIT-006")
@property_case(waits=st.lists(st.lists(st.integers(1, 99_999), min_size=2, max_size=2), min_size=1, max_size=4))
def test_gemini_waits_for_first_available_style(judge: Judge, waits: list[list[int]]) -> None:
    limits = [
        limit(index, ms, "gemini", header_style=style)
        for index, both in enumerate(waits)
        for style, ms in zip(STYLES, both, strict=True)
    ]
    shortest = min(ms for both in waits for ms in both)
    judge.check(Scenario([open_pool(pool(len(waits))), *limits, min_wait("gemini").gives(wait_of(shortest))]))


@covers("WAIT-007")
@pytest.mark.parametrize(("style", "wait_ms"), [("antigravity", 5000), ("gemini-cli", 9000)])
def test_strict_wait_counts_requested_style(judge: Judge, style: str, wait_ms: int) -> None:
    limits = [limit(0, 5000, "gemini"), limit(0, 9000, "gemini", header_style="gemini-cli")]
    calls = [
        min_wait("gemini", header_style=style, strict=True).gives(wait_of(wait_ms)),
        min_wait("gemini", header_style=style).gives(wait_of(5000)),
    ]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("WAIT-007")
@pytest.mark.parametrize(("limited", "other"), [STYLES, STYLES[::-1]])
def test_strict_wait_ignores_other_style(judge: Judge, limited: str, other: str) -> None:
    calls = [
        limit(0, 5000, "gemini", header_style=limited),
        min_wait("gemini", header_style=limited, strict=True).gives(wait_of(5000)),
        min_wait("gemini", header_style=other, strict=True).gives(wait_of(0)),
        min_wait("gemini", header_style=limited).gives(wait_of(0)),
    ]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("WAIT-007")
@pytest.mark.parametrize("style", STYLES)
def test_strict_wait_of_claude_ignores_the_style(judge: Judge, style: str) -> None:
    asked = min_wait(header_style=style, strict=True).gives(wait_of(5000))
    judge.check(Scenario([open_pool(pool(1)), limit(0, 5000), asked]))


@covers("WAIT-007")
@pytest.mark.parametrize("style", STYLES)
def test_disabled_account_does_not_end_strict_wait(judge: Judge, style: str) -> None:
    calls = [limit(1, 9000, "gemini", header_style=style), min_wait("gemini", header_style=style, strict=True)]
    judge.check(Scenario([open_pool(pool([{"enabled": False}, {}])), calls[0], calls[1].gives(wait_of(9000))]))


WHOSE_WAIT = pytest.mark.parametrize("style", [None, *STYLES], ids=["any style", *STYLES])


def wait_for_model(style: str | None, wait_ms: float) -> Call:
    """Ask for the wait of a model with this header style only, or with any."""
    strictly = {"header_style": style, "strict": True} if style else {}
    return min_wait("gemini", model="gemini-x", **strictly).gives(wait_of(wait_ms))


@covers("WAIT-008")
@WHOSE_WAIT
def test_wait_for_model_includes_base_limit(judge: Judge, style: str | None) -> None:
    judge.check(Scenario([open_pool(pool(1)), *limit_both(0, 9000), wait_for_model(style, 9000)]))


@covers("WAIT-008")
@WHOSE_WAIT
@pytest.mark.parametrize(("model_ms", "base_ms"), [(5000, 9000), (9000, 5000)])
def test_wait_for_model_uses_later_limit(judge: Judge, model_ms: int, base_ms: int, style: str | None) -> None:
    limits = [*limit_both(0, model_ms, model="gemini-x"), *limit_both(0, base_ms)]
    judge.check(Scenario([open_pool(pool(1)), *limits, wait_for_model(style, 9000)]))


@covers("WAIT-009")
@pytest.mark.parametrize("family", FAMILIES)
def test_wait_includes_cooldown(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool(2)), cool(0, 9000), cool(1, 5000), min_wait(family).gives(wait_of(5000))]))


@covers("WAIT-009")
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("family", FAMILIES)
def test_strict_wait_includes_cooldown(judge: Judge, family: str, style: str) -> None:
    asked = min_wait(family, header_style=style, strict=True).gives(wait_of(5000))
    judge.check(Scenario([open_pool(pool(2)), cool(0, 9000), cool(1, 5000), asked]))


@covers("WAIT-009")
@pytest.mark.parametrize(("cooldown_ms", "limit_ms"), [(5000, 9000), (9000, 5000)])
def test_wait_uses_later_of_cooldown_and_limit(judge: Judge, cooldown_ms: int, limit_ms: int) -> None:
    calls = [cool(0, cooldown_ms), limit(0, limit_ms), min_wait().gives(wait_of(9000))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("WAIT-009")
@pytest.mark.parametrize(("elapsed_ms", "wait_ms"), [(4000, 5000), (9000, 0)])
def test_wait_decreases_until_cooldown_ends(judge: Judge, elapsed_ms: int, wait_ms: int) -> None:
    calls = [cool(0, 9000), advance(elapsed_ms), min_wait().gives(wait_of(wait_ms))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("WAIT-010")
@pytest.mark.parametrize("family", FAMILIES)
def test_disabled_account_does_not_end_wait(judge: Judge, family: str) -> None:
    limits = [limit(1, 9000), *limit_both(1, 9000)]
    judge.check(Scenario([open_pool(pool([{"enabled": False}, {}])), *limits, min_wait(family).gives(wait_of(9000))]))


@covers("WAIT-011")
@pytest.mark.parametrize("family", FAMILIES)
def test_limit_of_disabled_account_does_not_count(judge: Judge, family: str) -> None:
    limits = [limit(index, ms) for index, ms in enumerate((1000, 9000))]
    gemini = [call for index, ms in enumerate((1000, 9000)) for call in limit_both(index, ms)]
    calls = [*limits, *gemini, min_wait(family).gives(wait_of(9000))]
    judge.check(Scenario([open_pool(pool([{"enabled": False}, {}])), *calls]))


@covers("WAIT-011")
def test_cooldown_of_disabled_account_does_not_count(judge: Judge) -> None:
    calls = [cool(0, 1000), limit(1, 9000), min_wait().gives(wait_of(9000))]
    judge.check(Scenario([open_pool(pool([{"enabled": False}, {}])), *calls]))


@covers("WAIT-012")
@pytest.mark.parametrize("family", FAMILIES)
def test_wait_is_0_without_accounts(judge: Judge, family: str) -> None:
    judge.check(Scenario([open_pool(pool(0)), min_wait(family).gives(wait_of(0))]))


@covers("WAIT-013")
def test_reset_limits_makes_claude_available(judge: Judge) -> None:
    calls = [limit(0, 9000), limit(1, 9000), select().gives(None), reset(), select().gives(picks(0)), limit(0, 9000)]
    judge.check(Scenario([open_pool(pool(2)), *calls, select().gives(picks(1))]))


@covers("WAIT-013")
@pytest.mark.parametrize("style", STYLES)
def test_reset_limits_makes_both_gemini_styles_available(judge: Judge, style: str) -> None:
    asked = select("gemini", style=style)
    calls = [*limit_both(0, 9000), asked.gives(None), reset("gemini"), asked.gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@covers("WAIT-013")
def test_reset_limits_clears_stored_limits(judge: Judge) -> None:
    stored = pool([{"rateLimitResetTimes": {"claude": NOW_MS + 9000}}])
    judge.check(Scenario([open_pool(stored), select().gives(None), reset(), select().gives(picks(0))]))


@covers("WAIT-013")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
@pytest.mark.parametrize("family", FAMILIES)
def test_each_strategy_uses_accounts_after_reset(judge: Judge, family: str, strategy: str) -> None:
    limits = [limit(0, 9000)] if family == "claude" else limit_both(0, 9000)
    asked = select(family, strategy)
    judge.check(Scenario([open_pool(pool(1)), *limits, asked.gives(None), reset(family), asked.gives(picks(0))]))


@covers("WAIT-013")
def test_wait_is_0_after_reset(judge: Judge) -> None:
    calls = [limit(0, 9000), min_wait().gives(wait_of(9000)), reset(), min_wait().gives(wait_of(0))]
    judge.check(Scenario([open_pool(pool(1)), *calls]))


@pytest.mark.parametrize(
    ("family", "model"),
    [
        pytest.param("claude", None, marks=pytest.mark.covers("WAIT-013")),
        pytest.param("gemini", None, marks=pytest.mark.covers("WAIT-013")),
        pytest.param("gemini", "gemini-x", marks=pytest.mark.covers("WAIT-015")),
    ],
)
def test_reset_limits_includes_accounts_not_in_use(judge: Judge, family: str, model: str | None) -> None:
    of_model: dict[str, Json] = {"model": model} if model else {}
    limits = [limit(0, 9000)] if family == "claude" else limit_both(0, 9000, **of_model)
    asked = [select(family, "round-robin", style=style, model=model).gives(picks(0)) for style in STYLES]
    for begins, ends in rests(judge, 0):
        judge.check(Scenario([open_pool(pool(1)), *limits, *begins, reset(family, model), *ends, *asked]))


@covers("WAIT-014")
@pytest.mark.parametrize(("forgotten", "other"), [FAMILIES, FAMILIES[::-1]])
def test_reset_limits_leaves_other_family(judge: Judge, forgotten: str, other: str) -> None:
    limits = [limit(0, 9000), *limit_both(0, 9000)]
    calls = [reset(forgotten), select(forgotten).gives(picks(0)), select(other).gives(None)]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("WAIT-015")
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("limited", [["gemini-x"], [None], ["gemini-x", None]], ids=["model", "above", "both"])
def test_reset_limits_makes_model_available(judge: Judge, style: str, limited: list[str | None]) -> None:
    limits = [call for model in limited for call in limit_both(0, 9000, **({"model": model} if model else {}))]
    asked = select("gemini", style=style, model="gemini-x")
    calls = [asked.gives(None), reset("gemini", "gemini-x"), asked.gives(picks(0))]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls]))


@covers("WAIT-016")
def test_reset_limits_leaves_other_models(judge: Judge) -> None:
    limits = [call for model in ("gemini-x", "gemini-y") for call in limit_both(0, 9000, model=model)]
    calls = [reset("gemini", "gemini-x"), select("gemini", model="gemini-y").gives(None)]
    judge.check(Scenario([open_pool(pool(1)), *limits, *calls, select("gemini", model="gemini-x").gives(picks(0))]))


@covers("WAIT-017")
@pytest.mark.parametrize("family", FAMILIES)
def test_reset_limits_resets_consecutive_failures(judge: Judge, family: str) -> None:
    failures = [
        Call("mark_rate_limited_with_reason", {"label": label(index), "family": family, "reason": "QUOTA_EXHAUSTED"})
        for index in range(2)
    ]
    anew = [failure.gives({"backoff_ms": 60_000}) for failure in failures]
    judge.check(Scenario([open_pool(pool(2)), *failures * 2, reset(family), *anew]))
    judge.check(Scenario([open_pool(pool(2)), *failures * 2, reset(family, "m"), *anew]))
    for begins, ends in rests(judge, 0):
        judge.check(Scenario([open_pool(pool(2)), *failures * 2, *begins, reset(family), *ends, *anew]))
