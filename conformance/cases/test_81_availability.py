"""Properties of availability: selection never returns an unavailable account."""

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from conformance.cases.generated import (
    FAMILIES,
    FAMILY,
    QUOTAS,
    STRATEGIES,
    Row,
    count_of,
    events_of,
    opened,
    pools,
    sessions,
    usable_at,
)
from conformance.cases.kit import Judge, covers, values
from conformance.cases.properties import property_case
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, advance, label, limit, open_pool, select
from conformance.wire.scenario import Call, Scenario

STYLES = {"claude": ["antigravity"], "gemini": ["antigravity", "gemini-cli"]}


def by_strategy(*ids: str) -> pytest.MarkDecorator:
    """Parametrize a case by strategy, with one requirement for each."""
    pairs = zip(STRATEGIES, ids, strict=True)
    return pytest.mark.parametrize("strategy", [pytest.param(e, marks=pytest.mark.covers(id_)) for e, id_ in pairs])


def only_usable_accounts(judge: Judge, session: Row, strategy: str) -> None:
    """Expect that each selection by the strategy returns an available account, or none if there is none."""
    asked = [select(family, strategy) for family in FAMILIES]
    events = [*asked]
    for event in events_of(session, judge.capabilities):
        is_half_limited = event.params.get("header_style") == "antigravity"  # the other style comes next
        events += [event, *([] if is_half_limited else asked)]
    calls = [opened(session), *events]
    answers = values(judge.ask(calls))[1:]
    for event, answer, usable in zip(events, answers, usable_at(session, events), strict=False):
        if event.params.get("strategy") == strategy:
            family = event.params["family"]
            free = sorted(name.partition(" ")[2] for name in usable if name.startswith(family))
            is_right = answer["label"] in free if answer else not free
            judge.expect(True, is_right, Scenario(calls), f"{answer and answer['label']} is one of {free} ({strategy})")


@by_strategy("STK-002", "RR-005", "HYB-003")
@property_case(session=sessions(kinds=["select", "select", "select", "limit", "advance", "outcome"], blocked=True))
def test_limited_account_is_never_selected(judge: Judge, session: Row, strategy: str) -> None:
    only_usable_accounts(judge, _without_cooldowns(session), strategy)


@by_strategy("COOL-001", "COOL-002", "COOL-003")
@property_case(session=sessions(kinds=["select", "select", "select", "cool", "advance", "outcome"]))
def test_cooling_account_is_never_selected(judge: Judge, session: Row, strategy: str) -> None:
    only_usable_accounts(judge, session, strategy)


@by_strategy("ENA-004", "ENA-001", "ENA-002")
@property_case(session=sessions(disabled=True))
def test_disabled_account_is_never_selected(judge: Judge, session: Row, strategy: str) -> None:
    """Selection starts on an enabled account. ENA-003 judges whether sticky replaces a disabled one."""
    only_usable_accounts(judge, session, strategy)


def _without_cooldowns(session: Row) -> Row:
    accounts = [{k: v for k, v in each.items() if k != "coolingDownUntil"} for each in session["stored"]["accounts"]]
    return {**session, "stored": {**session["stored"], "accounts": accounts}}


@covers("RR-005")
@property_case(session=sessions(strategies=["sticky", "round-robin"]), added=st.integers(1, 3), base=st.integers(0, 6))
def test_limited_accounts_at_the_end_change_nothing(judge: Judge, session: Row, added: int, base: int) -> None:
    count = count_of(session)
    limited = {quota: NOW_MS + 10**9 for family in FAMILIES for quota in QUOTAS[family]}
    more = [{"refreshToken": f"more-{number}", "rateLimitResetTimes": limited} for number in range(added)]
    place: dict[str, Json] = {"activeIndex": base % count, "activeIndexByFamily": {}}
    events = [*events_of(session, judge.capabilities), *[select(strategy="round-robin")] * (2 * count + 4)]
    one = [opened(session, **place), *events]
    two = [opened(session, **place, accounts=[*session["stored"]["accounts"], *more]), *events]
    answers = values(judge.ask([*one, *two]))
    first, second = answers[1 : len(one)], answers[len(one) + 1 :]
    judge.expect(first, second, Scenario([*one, *two]), "answers with limited accounts at the end")


# Waiting


WAITING = sessions(
    kinds=["select", "limit", "limit", "advance"], strategies=["round-robin"], blocked=True, most=4, apart=True
)


@covers("WAIT-001")
@property_case(session=WAITING, family=FAMILY)
def test_wait_is_0_exactly_if_selection_succeeds(judge: Judge, session: Row, family: str) -> None:
    session = _without_cooldowns(session)
    asked = [Call("min_wait", {"family": family}), *[select(family, style=style) for style in STYLES[family]]]
    calls = [opened(session), *events_of(session, judge.capabilities), *asked]
    wait, *selected = values(judge.ask(calls))[-len(asked) :]
    found = any(account is not None for account in selected)
    judge.expect(found, wait is not None and wait["wait_ms"] == 0, Scenario(calls), "there is no wait")


@covers("WAIT-003")
@property_case(
    session=WAITING, family=FAMILY, waits=st.lists(st.integers(1, 100_000), min_size=1, max_size=8, unique=True)
)
def test_header_style_is_available_exactly_after_wait(
    judge: Judge, session: Row, family: str, waits: list[int]
) -> None:
    """Every account is limited for every header style, for different times."""
    session = _without_cooldowns(session)
    places = [(index, style) for index in range(count_of(session)) for style in STYLES[family]]
    limits = [limit(i, waits[n % len(waits)], family, header_style=style) for n, (i, style) in enumerate(places)]
    given = [opened(session), *events_of(session, judge.capabilities), *limits]
    wait = values(judge.ask([*given, Call("min_wait", {"family": family})]))[-1]
    wait_ms = wait["wait_ms"] if wait else 0
    if wait_ms <= 0:
        return  # WAIT-001 judges whether there is a wait
    asked = [select(family, style=style) for style in STYLES[family]]
    calls = [*given, advance(wait_ms - 1), *asked, advance(1), *asked]
    answers = values(judge.ask(calls))[len(given) :]
    found = [
        any(account is not None for account in part)
        for part in (answers[1 : 1 + len(asked)], answers[2 + len(asked) :])
    ]
    judge.expect([False, True], found, Scenario(calls), f"an account before, and after {wait_ms} ms")


@covers("WAIT-013")
@property_case(session=sessions(kinds=["limit", "limit", "select"], blocked=True), family=FAMILY)
def test_reset_limits_makes_every_account_available(judge: Judge, session: Row, family: str) -> None:
    session = _without_cooldowns(session)
    reset = Call("reset_limits", {"family": family})
    given = [opened(session), *events_of(session, judge.capabilities), reset]
    turns = [select(family, "round-robin", style=style) for style in STYLES[family][-1:] * count_of(session)]
    answers = values(judge.ask([*given, *turns]))[len(given) :]
    used = sorted(account["label"] for account in answers if account)
    every = sorted(label(index) for index in range(count_of(session)))
    judge.expect(every, used, Scenario([*given, *turns]), "accounts after the reset")


# Disabling, enabling and removing


SWITCHED = st.lists(st.integers(0, 6), min_size=1, max_size=4)


def off_and_on(index: int) -> list[Call]:
    return [Call("set_enabled", {"label": label(index), "enabled": on}) for on in (False, True)]


@covers("ENA-011")
@property_case(session=sessions(strategies=["round-robin"], kinds=["select", "limit", "advance"]), switched=SWITCHED)
def test_disabling_and_enabling_keeps_rotation(judge: Judge, session: Row, switched: list[int]) -> None:
    turns = [select(each, "round-robin") for each in (*FAMILIES, *FAMILIES)]
    events = events_of(session, judge.capabilities)
    pairs = [call for index in switched for call in off_and_on(index % count_of(session))]
    _as_without(judge, opened(session), events, pairs, turns)


@covers("ENA-012")
@property_case(stored=pools(), switched=SWITCHED, claude=st.integers(0, 6), gemini=st.integers(0, 6))
def test_disabling_and_enabling_keeps_other_families(
    judge: Judge, stored: Json, switched: list[int], claude: int, gemini: int
) -> None:
    count = len(stored["accounts"])
    stands = {"claude": claude % count, "gemini": gemini % count}
    others = [index % count for index in switched if index % count not in stands.values()]
    pairs = [call for index in others for call in off_and_on(index)]
    _as_without(judge, open_pool({**stored, "activeIndexByFamily": stands}), [], pairs, [select(f) for f in FAMILIES])


def _as_without(
    judge: Judge, start: Call, events: Sequence[Call], between: Sequence[Call], then: Sequence[Call]
) -> None:
    """Expect that the last calls have the same results with and without the calls between."""
    one, two = [start, *events, *then], [start, *events, *between, *then]
    answers = values(judge.ask([*one, *two]))
    expected, actual = answers[len(one) - len(then) : len(one)], answers[-len(then) :]
    judge.expect(expected, actual, Scenario([*one, *two]), "accounts after disabling and enabling")


@covers("REM-001")
@property_case(
    session=sessions(kinds=["select", "advance", "outcome"], least=3), removed=st.lists(st.integers(0, 6), max_size=5)
)
def test_only_remaining_accounts_are_selected(judge: Judge, session: Row, removed: list[int]) -> None:
    """Some accounts are removed in the middle of the session. All others are available."""
    events = events_of(session, judge.capabilities)
    half = len(events) // 2
    left = [label(index) for index in range(count_of(session))]
    gone = [left.pop(number % len(left)) for number in removed[: len(left) - 1]]
    calls = [opened(session), *events[:half], *[Call("remove", {"label": name}) for name in gone], *events[half:]]
    answers = values(judge.ask(calls))[1 + half + len(gone) :]
    pairs = zip(events[half:], answers, strict=True)
    selected = [answer and answer["label"] for event, answer in pairs if event.method == "select"]
    odd = [name for name in selected if name not in left]
    judge.expect([], odd, Scenario(calls), "selected accounts that were removed")


@covers("OTH-001")
@property_case(session=sessions(blocked=True, kinds=["limit", "cool", "advance"]), asked=st.integers(0, 6))
def test_other_account_exists_exactly_if_available(judge: Judge, session: Row, asked: int) -> None:
    events = events_of(session, judge.capabilities)
    named = label(asked % count_of(session))
    *_, usable = usable_at(session, events)
    others = {name for name in usable if name.startswith("gemini ")} - {f"gemini {named}"}
    call = Call("has_other_account", {"label": named, "family": "gemini"}).gives({"available": bool(others)})
    judge.check(Scenario([opened(session), *events, call]))
