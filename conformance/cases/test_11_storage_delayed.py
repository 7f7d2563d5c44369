"""STO, delayed saves: what a session writes that requests a save and goes on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.cases.kit import Judge, covers
from conformance.wire.calls import NOW_MS, POOL_FILE, label, limit, picks, pool, select, text
from conformance.wire.scenario import READ_FILE, ROOT, Call, Scenario

OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "pid": 0, "now_ms": NOW_MS})
REQUEST, FLUSH = Call("request_save"), Call("flush_save")
READ = Call(READ_FILE, {"path": POOL_FILE})
LIMIT = limit(0, 60_000)
OTHER = pool([{"note": "other"}])
NOT_LIMITED = [OPEN_FILE, select().gives(picks(0))]  # in the file, as the next session reads it
LIMITED = READ.gives({"json": {"accounts": [{"rateLimitResetTimes": {"claude": NOW_MS + 60_000}}]}})


def session(*calls: Call) -> Scenario:
    return Scenario([OPEN_FILE, *calls], {POOL_FILE: text(pool(1))})


@covers("STO-034")
@pytest.mark.parametrize("requests", [1, 3])
def test_requested_save_is_written(judge: Judge, requests: int) -> None:
    judge.check(session(LIMIT, *[REQUEST] * requests, FLUSH, LIMITED))


@covers("STO-034")
def test_second_request_is_written_too(judge: Judge) -> None:
    judge.check(session(REQUEST, FLUSH, LIMIT, REQUEST, FLUSH, LIMITED))


@covers("STO-035")
@pytest.mark.parametrize("then", [[], [REQUEST]], ids=["once", "requested again"])
def test_change_after_request_is_written(judge: Judge, then: Sequence[Call]) -> None:
    judge.check(session(REQUEST, LIMIT, *then, FLUSH, LIMITED))


@covers("STO-035")
def test_save_at_once_does_not_answer_request(judge: Judge) -> None:
    judge.check(session(REQUEST, Call("save"), LIMIT, FLUSH, LIMITED))


@covers("STO-036")
@pytest.mark.parametrize("requests", [2, 3])
def test_several_requests_make_one_save(judge: Judge, requests: int) -> None:
    """The second flush finds no request, so it must not merge the limit into what another writer has written."""
    again = replace(FLUSH, files={POOL_FILE: text(OTHER)})
    judge.check(session(LIMIT, *[REQUEST] * requests, FLUSH, again, READ.gives({"json": OTHER})))


@covers("STO-034")
def test_each_session_has_its_own_request(judge: Judge) -> None:
    other = [Call("use_session", {"session": 1}), OPEN_FILE, FLUSH, *NOT_LIMITED]
    judge.check(session(LIMIT, REQUEST, *other, Call("use_session", {"session": 0}), FLUSH, LIMITED))


@covers("STO-037")
def test_failed_delayed_save_is_not_reported(judge: Judge) -> None:
    """A folder with a file in it is in the place of the pool file. Nobody can replace it by a file."""
    flush = replace(FLUSH, files={POOL_FILE: {"removed": True}, f"{POOL_FILE}/file": text("")}).gives(None)
    judge.check(session(REQUEST, flush, select().gives(picks(0)), FLUSH.gives(None)))


@covers("STO-038")
@pytest.mark.parametrize("enabled", [False, True], ids=["disabled", "enabled"])
def test_enabling_requests_a_save(judge: Judge, enabled: bool) -> None:
    stored = text(pool([{"enabled": not enabled}, {}]))
    switch = Call("set_enabled", {"label": label(0), "enabled": enabled})
    then = [OPEN_FILE, select("claude", "round-robin").gives(picks(0 if enabled else 1))]
    judge.check(Scenario([OPEN_FILE, switch, FLUSH, *then], {POOL_FILE: stored}))


@covers("STO-038")
def test_verification_requests_a_save(judge: Judge) -> None:
    """It disables the account, and later enables it again."""
    waits = Call("require_verification", {"label": label(0)})
    clear = Call("clear_verification", {"label": label(0), "enable": True})
    stored = READ.gives({"json": {"accounts": [{"enabled": False}, {}]}})
    again = READ.gives({"json": {"accounts": [{"enabled": True}, {}]}})
    judge.check(Scenario([OPEN_FILE, waits, FLUSH, stored, clear, FLUSH, again], {POOL_FILE: text(pool(2))}))
