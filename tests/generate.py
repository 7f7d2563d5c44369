"""Generated selection scenarios: pools with odd indices and stored limits, and calls that make things happen."""

from typing import Any

from hypothesis import strategies as st

from conformance.wire.calls import NOW_MS, advance, limit, open_pool, pool, select
from conformance.wire.scenario import Call

FAMILIES = st.sampled_from(["claude", "gemini"])
STYLES = st.sampled_from(["antigravity", "gemini-cli"])
MODELS = st.sampled_from([None, "m1", "m2"])
ODD_INDICES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-2, 9), st.floats(-2, 9), st.sampled_from([None, "1", True, [], 1e300])
)
QUOTAS = st.sampled_from(["claude", "gemini-antigravity", "gemini-cli", "gemini-cli:m1", "gemini-antigravity:m2"])
DURATIONS_MS = st.sampled_from([0, 1, 999, 1000, 60_000])


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    limits = st.dictionaries(QUOTAS, st.sampled_from([NOW_MS - 1, NOW_MS, NOW_MS + 1, NOW_MS + 1000]), max_size=2)
    account = st.fixed_dictionaries({}, optional={"rateLimitResetTimes": limits})
    stored = pool(draw(st.lists(account, max_size=6)))
    optional = {"activeIndex": ODD_INDICES, "activeIndexByFamily": st.dictionaries(FAMILIES, ODD_INDICES)}
    return stored | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def scenarios(draw: st.DrawFn) -> list[Call]:
    """One session: an `open`, up to 25 calls, and a snapshot at the end."""
    stored = draw(pools())
    count = len(stored["accounts"])
    calls = [open_pool(stored, pid=draw(st.integers(0, 2**22)))]
    for _ in range(draw(st.integers(1, 25))):
        kind = draw(st.integers(0, 9))
        request: dict[str, Any] = {"family": draw(FAMILIES), "model": draw(MODELS)}
        if kind < 6 or not count:
            strategy = draw(st.sampled_from(["sticky", "sticky", "round-robin"]))
            calls.append(select(strategy=strategy, offset=draw(st.booleans()), style=draw(STYLES), **request))
        elif kind < 9:
            account = draw(st.integers(0, count - 1))
            calls.append(limit(account, draw(DURATIONS_MS), header_style=draw(STYLES), **request))
        else:
            calls.append(advance(draw(DURATIONS_MS)))
    return [*calls, Call("snapshot")]
