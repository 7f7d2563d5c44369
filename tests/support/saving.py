"""Hypothesis strategies for pool files, and for the events between reading and saving one."""

from hypothesis import strategies as st

from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, label, pool

Calls = list[tuple[str, dict[str, Json]]]
DAY_MS = 86_400_000
LABELS = st.integers(0, 3).map(label)
FAMILIES = st.sampled_from(["claude", "gemini"])
DURATIONS_MS = st.sampled_from([1, DAY_MS])
TIMES = st.sampled_from([NOW_MS - DAY_MS, NOW_MS + 1000, NOW_MS + DAY_MS])


@st.composite
def stored_pools(draw: st.DrawFn) -> Json:
    """Pools as releases write them, with state that processes leave in them."""
    fields = st.fixed_dictionaries(
        {},
        optional={
            "email": st.sampled_from(["one", "two"]),
            "enabled": st.booleans(),
            "lastUsed": TIMES,
            "rateLimitResetTimes": st.dictionaries(st.sampled_from(["claude", "gemini-cli"]), TIMES),
            "coolingDownUntil": TIMES,
        },
    )
    return pool(draw(st.lists(fields, min_size=1, max_size=4)), activeIndex=draw(st.integers(0, 4)))


@st.composite
def events(draw: st.DrawFn) -> Calls:
    """The events of one process between reading the file and writing it."""
    request = {"family": FAMILIES, "strategy": st.sampled_from(["sticky", "round-robin"])}
    kinds: list[st.SearchStrategy[tuple[str, Json]]] = [
        st.tuples(st.just("select"), st.fixed_dictionaries({**request, "pid_offset_enabled": st.booleans()})),
        st.tuples(
            st.just("mark_rate_limited"),
            st.fixed_dictionaries(
                {"label": LABELS, "family": FAMILIES, "retry_after_ms": st.sampled_from([1, DAY_MS])}
            ),
        ),
        st.tuples(
            st.just("mark_cooling_down"),
            st.fixed_dictionaries({"label": LABELS, "cooldown_ms": st.just(DAY_MS), "reason": st.just("auth-failure")}),
        ),
        st.tuples(st.just("remove"), st.fixed_dictionaries({"label": LABELS})),
        st.tuples(st.just("set_enabled"), st.fixed_dictionaries({"label": LABELS, "enabled": st.booleans()})),
        st.tuples(st.just("reset_limits"), st.fixed_dictionaries({"family": FAMILIES})),
    ]
    return draw(st.lists(st.one_of(kinds), max_size=6))
