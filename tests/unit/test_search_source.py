"""Sessions as bytes: every draft is valid, decoding is deterministic, and Hypothesis can shrink stored drafts."""

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings

from conformance.search.pools import shifted
from conformance.search.sessions import decode
from conformance.search.shrink import shrink
from conformance.search.source import (
    MAX_CALLS,
    MAX_GIVEN,
    PLAIN,
    RECORD_BYTES,
    Draft,
    drafts,
    from_choices,
    stream,
    table,
    to_choices,
)
from conformance.wire import framing
from conformance.wire.calls import NOW_MS
from conformance.wire.methods import METHODS
from conformance.wire.needs import needs
from reference_impl.adapter import CAPABILITIES, ReferenceAdapter
from reference_impl.releases import VERSIONS


def drafted(given_count: int, calls_count: int) -> Draft:
    records = [bytes([number + 1]) * RECORD_BYTES for number in range(given_count + calls_count)]
    return Draft(b"h" * RECORD_BYTES, tuple(records[:given_count]), tuple(records[given_count:]))


@pytest.mark.parametrize("given_count", [0, 1, MAX_GIVEN])
@pytest.mark.parametrize("calls_count", [0, 1, MAX_CALLS])
def test_shrinking_begins_with_the_given_draft(given_count: int, calls_count: int) -> None:
    draft = drafted(given_count, calls_count)
    asked: list[Draft] = []

    def shows(tried: Draft) -> bool:
        asked.append(tried)
        return tried == draft

    shrink(draft, shows)
    assert asked[0] == draft
    assert from_choices(to_choices(draft)) == draft


def test_draft_is_shrunk_to_the_smallest() -> None:
    smallest = shrink(drafted(5, 40), lambda draft: len(draft.given) >= 2 and any(r[3] > 20 for r in draft.calls))
    assert (smallest.head, smallest.given) == (PLAIN, (PLAIN, PLAIN))
    assert smallest.calls == (bytes([0, 0, 0, 21, *bytes(12)]),)


def test_draft_that_shows_nothing_is_not_shrunk() -> None:
    assert shrink(drafted(2, 2), lambda _: False) == drafted(2, 2)


@pytest.mark.parametrize("kept", [b"", b"other", to_choices(drafted(1, 1))[:-25]])
def test_foreign_database_entry_is_no_draft(kept: bytes) -> None:
    assert from_choices(kept) is None


def test_seed_determines_the_sessions() -> None:
    first, again, other = ([*islice(stream(seed), 20)] for seed in ("a", "a", "b"))
    assert first == again
    assert not set(first) & set(other)


def test_table_gives_each_choice_its_share() -> None:
    assert table("a", "b", "b", "c")[0] == "a"
    assert Counter(table("a", "b", "b", "c")) == {"a": 64, "b": 128, "c": 64}


@pytest.mark.parametrize("profile", VERSIONS)
def test_every_draft_is_a_session_to_ask(profile: str) -> None:
    capabilities = [word for word in CAPABILITIES if ReferenceAdapter(profile).profile.knows(word)]

    @settings(max_examples=150, derandomize=True, database=None, deadline=None)
    @given(draft=drafts)
    def check(draft: Draft) -> None:
        scenario = decode(draft, capabilities).to_scenario()
        assert needs(scenario.calls) <= set(capabilities)
        for call in scenario.calls:
            METHODS[call.method].params.model_validate(call.params)
            framing.encode(dict(call.params))

    check()


@pytest.mark.parametrize("only", [["config", "environment", "platform"], ["sticky", "clock"], []])
def test_only_claimed_capabilities_are_asked(only: list[str]) -> None:
    calls = [call for draft in islice(stream("few"), 300) for call in decode(draft, only).to_scenario().calls]
    assert needs(calls) <= set(only)
    assert bool(calls) == bool(only)


def test_interesting_events_are_frequent() -> None:
    """In two hundred sessions: every method of the reference, changing strategies and families, reopened pools."""
    sessions = [decode(draft, CAPABILITIES) for draft in islice(stream("often"), 200)]
    methods = Counter(method for session in sessions for method, _ in session.calls)
    assert set(METHODS) - set(methods) == {"hello", "fork"}
    strategies = [{p["strategy"] for m, p in session.calls if m == "select"} for session in sessions]
    families = [{p["family"] for m, p in session.calls if m == "select"} for session in sessions]
    assert sum(len(each) > 1 for each in strategies) > 10
    assert sum(len(each) > 1 for each in families) > 25
    assert sum(bool(session.files) for session in sessions) > 5


def test_times_move_with_the_clock_but_no_date() -> None:
    stored = {"lastUsed": NOW_MS + 5, "cachedQuota": {"claude": {"resetTime": NOW_MS + 5}}}
    moved = {"lastUsed": 6, "cachedQuota": {"claude": {"resetTime": NOW_MS + 5}}}
    assert shifted(stored, 1 - NOW_MS) == moved
