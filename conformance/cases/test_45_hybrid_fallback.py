"""HYB-015 to HYB-018: hybrid without a candidate, which behaves like sticky."""

import pytest
from hypothesis import strategies as st

from conformance.cases.generated import ANY_SESSION, claimed, comparable
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import advance, limit, open_pool, picks, pool, select
from conformance.wire.scenario import Call, Scenario

COUNTS = st.integers(2, 8)
PIDS = st.integers(1, 2**22)
# A snapshot may still show a limit that has ended.
NOT_COMPARED = ("open", "use_session", "record_health", "snapshot")
NO_CANDIDATE: dict[str, Json] = {"health": {"initial": 40}}


def best(**params: Json) -> Call:
    """Return a hybrid selection for Claude."""
    return select(strategy="hybrid", **params)


@covers("HYB-015")
def test_without_candidate_current_account_is_kept(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3, activeIndex=1), **NO_CANDIDATE), *[best().gives(picks(1))] * 3]))


@covers("HYB-015")
def test_without_candidate_limited_account_is_replaced(judge: Judge) -> None:
    calls = [limit(0, 60_000), *[best().gives(picks(1))] * 2, limit(1, 60_000), *[best().gives(picks(2))] * 2]
    judge.check(Scenario([open_pool(pool(3), **NO_CANDIDATE), *calls, limit(2, 60_000), best().gives(None)]))


@covers("HYB-015")
def test_replacement_without_candidate_takes_its_turn(judge: Judge) -> None:
    """The fallback is that of sticky, which takes the next account of the rotation and advances it (RR-006)."""
    turns = [select(strategy="round-robin").gives(picks(index)) for index in (1, 2)]
    opened = open_pool(pool(3), **NO_CANDIDATE)
    calls = [limit(0, 1000), best().gives(picks(1)), advance(1000), *turns]
    judge.check(Scenario([opened, *calls]))


@covers("HYB-015")
@pytest.mark.parametrize("style", ["antigravity", "gemini-cli"])
@pytest.mark.parametrize(("limited", "asked"), [(None, None), (None, "m"), ("m", "m"), ("m", None), ("m", "n")])
def test_fallback_looks_at_style_and_model(judge: Judge, style: str, limited: str | None, asked: str | None) -> None:
    """Account 0 is limited in one style for one model or for all. Hybrid does as sticky does."""
    calls = [open_pool(pool(3), **NO_CANDIDATE), limit(0, 60_000, "gemini", header_style=style, model=limited)]
    other = "antigravity" if style == "gemini-cli" else "gemini-cli"
    for each in (style, other):
        moved = [[*calls, select("gemini", strategy, style=each, model=asked)] for strategy in ("sticky", "hybrid")]
        one, two = (values(judge.ask(session))[-1] for session in moved)
        judge.expect(one, two, Scenario(moved[1]), "account without a candidate")


@covers("HYB-015")
@property_case(calls=ANY_SESSION)
def test_session_without_candidates_is_one_of_sticky(judge: Judge, calls: Json) -> None:
    """Hybrid in place of sticky changes no answer. No outcome raises health, and no clock is set back (LIM-010)."""
    opening = {key: value for key, value in calls[0][1].items() if key not in ("health", "tokens")}
    given = [Call("open", {**opening, **NO_CANDIDATE})]
    for method, params in calls[1:]:
        if method not in (*NOT_COMPARED, "advance"):
            given.append(Call(method, params))
        elif method == "advance":
            given.append(advance(abs(params["ms"])))
    asked = claimed(given, judge.capabilities)
    one, two = ([_by(call, strategy) for call in asked] for strategy in ("sticky", "hybrid"))
    answers = comparable(judge.ask([*one, *two]))
    judge.expect(answers[: len(one)], answers[len(one) :], Scenario([*one, *two]), "answers of hybrid")


def _by(call: Call, strategy: str) -> Call:
    is_other = call.method == "select" and call.params["strategy"] != "round-robin"
    return Call(call.method, {**call.params, "strategy": strategy}) if is_other else call


@covers("HYB-016")
@property_case(count=COUNTS, pid=PIDS, base=st.integers(0, 7))
def test_without_candidate_offset_applies(judge: Judge, count: int, pid: int, base: int) -> None:
    start = base % count
    moved = [best(offset=True).gives(picks((start + pid) % count))] * 2
    judge.check(Scenario([open_pool(pool(count, activeIndex=start), pid=pid, **NO_CANDIDATE), *moved]))


@covers("HYB-018")
@property_case(count=COUNTS, pid=PIDS)
def test_hybrid_and_sticky_share_one_offset(judge: Judge, count: int, pid: int) -> None:
    opened = open_pool(pool(count), pid=pid, **NO_CANDIDATE)
    both = [best(offset=True), select(offset=True)]
    for calls in (both, both[::-1]):
        judge.check(Scenario([opened, *[call.gives(picks(pid % count)) for call in calls]]))
