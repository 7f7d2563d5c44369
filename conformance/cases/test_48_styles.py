"""STYLE: the header style with which an account can serve a request."""

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import advance, cool, label, limit, limit_family, open_pool, pool
from conformance.wire.scenario import Call, Scenario


def style(expected: str | None, family: str = "gemini", **params: Json) -> Call:
    """Ask for the header style of the first account, and expect this one."""
    asked = {"label": label(0), "family": family, **params}
    return Call("available_header_style", asked).gives({"header_style": expected})


def limited(style_: str, retry_after_ms: int = 60_000, **params: Json) -> Call:
    return limit(0, retry_after_ms, "gemini", header_style=style_, **params)


@covers("STYLE-001")
def test_antigravity_is_preferred(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), style("antigravity"), style("antigravity", model="gemini-x")]))


@covers("STYLE-001")
@pytest.mark.parametrize("model", [{}, {"model": "gemini-x"}], ids=["no model", "a model"])
def test_antigravity_is_preferred_again_after_reset(judge: Judge, model: dict[str, Json]) -> None:
    reset = Call("reset_limits", {"family": "gemini", **model})
    asked = Call("available_header_style", {"label": label(0), "family": "gemini", **model})  # with any answer
    calls = [limited("antigravity", **model), asked, reset, style("antigravity", **model)]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("STYLE-002")
def test_gemini_falls_back(judge: Judge) -> None:
    calls = [limited("antigravity"), style("gemini-cli"), style("gemini-cli", model="gemini-x")]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("STYLE-003")
def test_no_header_style_is_null(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), *limit_family(0, 60_000, "gemini"), style(None)]))


@covers("STYLE-004")
@pytest.mark.parametrize("model", [None, "claude-x"])
def test_claude_has_no_fallback(judge: Judge, model: str | None) -> None:
    given: dict[str, Json] = {} if model is None else {"model": model}
    calls = [style("antigravity", "claude", **given), limit(0, 60_000, "claude", **given), style(None, "claude")]
    judge.check(Scenario([open_pool(pool(2)), *calls, style(None, "claude", model="claude-y")]))


@covers("STYLE-005")
def test_limit_of_model_decides(judge: Judge) -> None:
    model = limited("antigravity", model="gemini-x")
    calls = [model, style("gemini-cli", model="gemini-x"), style("antigravity", model="gemini-y"), style("antigravity")]
    judge.check(Scenario([open_pool(pool(2)), *calls]))
    base = [limited("antigravity"), style("gemini-cli", model="gemini-y"), limited("gemini-cli", model="gemini-y")]
    judge.check(Scenario([open_pool(pool(2)), *base, style(None, model="gemini-y"), style("gemini-cli")]))


@covers("STYLE-006")
def test_header_style_returns_when_limit_ends(judge: Judge) -> None:
    calls = [limited("antigravity", 1000), advance(999), style("gemini-cli"), advance(1), style("antigravity")]
    judge.check(Scenario([open_pool(pool(2)), *calls]))


@covers("STYLE-006")
@pytest.mark.parametrize("model", [{}, {"model": "gemini-x"}], ids=["no model", "a model"])
@pytest.mark.parametrize(("elapsed_ms", "expected"), [(999, None), (1000, "gemini-cli")])
def test_second_header_style_returns_when_its_limit_ends(
    judge: Judge, elapsed_ms: int, expected: str | None, model: dict[str, Json]
) -> None:
    calls = [limited("antigravity", **model), limited("gemini-cli", 1000, **model), advance(elapsed_ms)]
    judge.check(Scenario([open_pool(pool(2)), *calls, style(expected, **model)]))


@covers("STYLE-006")
@pytest.mark.parametrize(("elapsed_ms", "expected"), [(999, None), (1000, "antigravity")])
def test_claude_is_available_when_its_limit_ends(judge: Judge, elapsed_ms: int, expected: str | None) -> None:
    judge.check(Scenario([open_pool(pool(2)), limit(0, 1000), advance(elapsed_ms), style(expected, "claude")]))


@covers("STYLE-007")
def test_cooldown_does_not_change_header_style(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), cool(0), style("antigravity"), style("antigravity", "claude")]))


@covers("STYLE-007")
def test_disabled_account_has_a_header_style(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool([{"enabled": False}, {}])), style("antigravity")]))


@covers("STYLE-007")
@pytest.mark.parametrize(
    "event",
    [
        Call("set_enabled", {"label": label(0), "enabled": False}),
        Call("require_verification", {"label": label(0)}),
        Call("record_health", {"label": label(0), "outcome": "failure"}),
        Call("consume_token", {"label": label(0), "amount": 50}),
    ],
    ids=lambda event: event.method,
)
def test_other_events_leave_header_style(judge: Judge, event: Call) -> None:
    judge.check(Scenario([open_pool(pool(2)), event, style("antigravity"), style("antigravity", "claude")]))
