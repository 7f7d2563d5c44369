"""VER: accounts that wait until their user has verified them."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from conformance.cases.events_kit import other_events
from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, POOL_FILE, label, open_pool, picks, pool, select, text
from conformance.wire.scenario import ABSENT, READ_FILE, ROOT, Call, Scenario

OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "now_ms": NOW_MS})
URL = "https://example.com/verify"


def waits(index: int, **params: Json) -> Call:
    return Call("require_verification", {"label": label(index), **params})


def verified(index: int, **params: Json) -> Call:
    return Call("clear_verification", {"label": label(index), **params})


def rotates(*indices: int) -> Iterable[Call]:
    """Select by round-robin, and expect these accounts in order."""
    return [select(strategy="round-robin").gives(picks(index)) for index in indices]


@covers("VER-001")
def test_waiting_account_is_not_selected(judge: Judge) -> None:
    given: dict[str, Json] = {"message": "Verify your account", "url": URL}
    for call in (waits(1), waits(1, **given)):
        judge.check(Scenario([open_pool(pool(3, activeIndex=1)), call, select().gives(picks(0)), *rotates(2, 0, 2)]))


@covers("VER-001")
@pytest.mark.parametrize("strategy", ["sticky", "round-robin", "hybrid"])
@pytest.mark.parametrize("family", ["claude", "gemini"])
def test_no_strategy_selects_waiting_account(judge: Judge, family: str, strategy: str) -> None:
    asked = select(family, strategy)
    judge.check(Scenario([open_pool(pool(2)), waits(0), asked.gives(picks(1)), waits(1), asked.gives(None)]))


@covers("VER-001")
def test_verification_of_disabled_account_moves_no_family(judge: Judge) -> None:
    """The first selection is the next account in rotation (ENA-003), not the first that is enabled."""
    stored = pool([{}, {"enabled": False}, {}], activeIndex=1)
    judge.check(Scenario([open_pool(stored), waits(1), select().gives(picks(2))]))


@covers("VER-001")
def test_no_other_event_ends_the_wait(judge: Judge) -> None:
    for event in other_events(judge, "enabled", "disabled", "verified"):
        judge.check(Scenario([open_pool(pool(1)), waits(0), *event, select().gives(None)]))


@covers("VER-001")
def test_account_enabled_while_it_waits_waits_again(judge: Judge) -> None:
    enable = Call("set_enabled", {"label": label(0), "enabled": True})
    judge.check(Scenario([open_pool(pool(2)), waits(0), enable, waits(0), *rotates(1, 1)]))


@covers("VER-002")
def test_other_accounts_do_not_wait(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(3)), waits(0), *rotates(1, 2, 1)]))


@covers("VER-003")
def test_verified_account_stays_disabled(judge: Judge) -> None:
    for call in (verified(0), verified(0, enable=False)):
        judge.check(Scenario([open_pool(pool(2)), waits(0), call, *rotates(1, 1)]))


@covers("VER-004")
def test_verified_account_can_be_enabled(judge: Judge) -> None:
    judge.check(Scenario([open_pool(pool(2)), waits(0), verified(0, enable=True), *rotates(0, 1, 0)]))


@covers("VER-004")
def test_account_disabled_before_its_wait_is_enabled(judge: Judge) -> None:
    disable = Call("set_enabled", {"label": label(0), "enabled": False})
    judge.check(Scenario([open_pool(pool(2)), disable, waits(0), verified(0, enable=True), *rotates(0, 1)]))


@covers("VER-005")
def test_disabled_account_that_does_not_wait(judge: Judge) -> None:
    disable = Call("set_enabled", {"label": label(0), "enabled": False})
    judge.check(Scenario([open_pool(pool(2)), disable, verified(0, enable=True), *rotates(1, 1)]))
    again = [waits(0), verified(0), verified(0, enable=True)]
    judge.check(Scenario([open_pool(pool(2)), *again, *rotates(1, 1)]))


@covers("VER-006")
def test_stored_verification_takes_effect(judge: Judge) -> None:
    stored = pool([{"enabled": False, "verificationRequired": True}, {"enabled": False}, {}])
    calls = [verified(0, enable=True), verified(1, enable=True), *rotates(0, 2, 0)]
    judge.check(Scenario([open_pool(stored), *calls]))


@covers("VER-006")
@pytest.mark.parametrize("value", ["true", 1, "", None, [True]], ids=repr)
def test_only_true_means_waiting(judge: Judge, value: Json) -> None:
    stored = pool([{"enabled": False, "verificationRequired": value}, {}])
    judge.check(Scenario([open_pool(stored), verified(0, enable=True), *rotates(1, 1)]))


@covers("VER-007")
def test_verification_is_saved(judge: Judge) -> None:
    calls = [OPEN_FILE, waits(0), Call("save"), OPEN_FILE, verified(0, enable=True), *rotates(1, 0)]
    judge.check(Scenario(calls, files={POOL_FILE: text(pool(2))}))


def saves(*session: Call, message: Json, url: Json) -> Scenario:
    """Return a session that saves, and expect this message and link in the file."""
    fields = {"verificationRequiredReason": message, "verificationUrl": url}
    read = Call(READ_FILE, {"path": POOL_FILE}).gives({"json": {"accounts": [fields]}})
    return Scenario([OPEN_FILE, *session, Call("save"), read], files={POOL_FILE: text(pool(1))})


@covers("VER-008")
def test_message_and_link_are_saved(judge: Judge) -> None:
    judge.check(saves(waits(0, message=" Verify it\n", url=f"\t{URL} "), message="Verify it", url=URL))
    judge.check(saves(waits(0, message="Verify it"), message="Verify it", url=ABSENT))
    judge.check(saves(waits(0, message=" ", url=" "), message=ABSENT, url=ABSENT))


@covers("VER-008")
def test_new_verification_keeps_earlier_link(judge: Judge) -> None:
    again = [waits(0, message="Verify it", url=URL), waits(0)]
    judge.check(saves(*again, message=ABSENT, url=URL))


@covers("VER-008")
@pytest.mark.parametrize("before", [[], [Call("save")]], ids=["stored", "saved"])
def test_new_message_and_link_replace_earlier_ones(judge: Judge, before: list[Call]) -> None:
    """The account waits already, in the file that was opened or since an earlier save."""
    fields = {
        "enabled": False,
        "verificationRequired": True,
        "verificationRequiredReason": "Old",
        "verificationUrl": "old",
    }
    first = [waits(0, message="Old", url="old"), *before] if before else []
    scenario = saves(*first, waits(0, message="New", url=URL), message="New", url=URL)
    judge.check(scenario if before else replace(scenario, files={POOL_FILE: text(pool([fields]))}))


@covers("VER-008")
def test_message_and_link_end_with_verification(judge: Judge) -> None:
    judge.check(saves(waits(0, message="Verify it", url=URL), verified(0), message=ABSENT, url=ABSENT))
    judge.check(saves(waits(0, message="Verify it", url=URL), verified(0), waits(0), message=ABSENT, url=ABSENT))
