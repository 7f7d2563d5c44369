"""STO, delayed saves: what a session writes that requests a save and goes on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from conformance.cases.generated import claimed
from conformance.cases.kit import Judge, covers, values
from conformance.json_type import Json
from conformance.wire.calls import NOW_MS, POOL_FILE, cool, label, limit, picks, pool, remove, select, text
from conformance.wire.scenario import READ_FILE, ROOT, Call, Scenario

OPEN_FILE = Call("open", {"home": f"{ROOT}/home", "pid": 0, "now_ms": NOW_MS})
REQUEST, FLUSH = Call("request_save"), Call("flush_save")
READ = Call(READ_FILE, {"path": POOL_FILE})
LIMIT = limit(0, 60_000)
UNUSED = Call("update_quota", {"label": label(0), "quota": {"claude": {"remainingFraction": 1}}})
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


SESSION = [
    limit(0, 60_000),
    cool(2, 60_000),
    *[select(strategy="round-robin")] * 2,
    select("gemini", "round-robin"),
    Call("update_quota", {"label": label(1), "quota": {"claude": {"remainingFraction": 0.5}}}),
    Call("require_verification", {"label": label(2), "message": "Verify it"}),
    Call("set_enabled", {"label": label(1), "enabled": False}),
    remove(3),
]
SAVED = (
    "refreshToken", "lastUsed", "enabled", "rateLimitResetTimes", "coolingDownUntil", "cooldownReason", "cachedQuota",
    "cachedQuotaUpdatedAt", "verificationRequired", "verificationRequiredAt", "verificationRequiredReason", "note",
)  # fmt: skip
OTHERS = {
    "nothing": None,
    "fields": pool([{"note": "other", "lastUsed": NOW_MS + 9}, {"rateLimitResetTimes": {"claude": NOW_MS + 9}}, {}]),
    "accounts": {**pool(0), "accounts": [pool(6)["accounts"][place] for place in (5, 3, 1, 0)]},
}


@pytest.mark.parametrize("written", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize(
    "first",
    [
        pytest.param([], marks=pytest.mark.covers("STO-034"), id="requested at the end"),
        pytest.param([REQUEST], marks=pytest.mark.covers("STO-035"), id="requested first"),
    ],
)
def test_delayed_save_writes_what_a_save_writes(judge: Judge, first: list[Call], written: Json) -> None:
    """It merges the same state with the same file."""
    files = {POOL_FILE: text(pool(5))}
    meanwhile = {} if written is None else {POOL_FILE: text(written)}
    changes = claimed(SESSION, judge.capabilities)
    late = [OPEN_FILE, *first, *changes, *([] if first else [REQUEST]), replace(FLUSH, files=meanwhile), READ]
    at_once = [OPEN_FILE, *changes, replace(Call("save"), files=meanwhile), READ]
    one, two = (shared_part(values(judge.ask(calls, files))[-1]) for calls in (at_once, late))
    judge.expect(one, two, Scenario(late, files), "the saved file")


def shared_part(file: Json) -> Json:
    """The content of the file without fields of the target's own, such as a random fingerprint of each account."""
    if not file or not isinstance(file.get("json"), dict):
        return file
    accounts = [{key: entry[key] for key in SAVED if key in entry} for entry in file["json"]["accounts"]]
    return {**file["json"], "accounts": accounts}


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


@covers("STO-037")
@pytest.mark.parametrize("change", [[LIMIT], [UNUSED], SESSION], ids=["limit", "reading", "all"])
def test_change_is_not_lost_by_a_failed_save(judge: Judge, change: list[Call]) -> None:
    """The pool file is a link to itself. If a target can save over it, nothing is judged.

    The next save writes what it would write if the first one had not been tried.
    """
    gone, loop = {POOL_FILE: {"removed": True}}, {POOL_FILE: {"link": "antigravity-accounts.json"}}
    fails = [replace(REQUEST, files=gone), replace(FLUSH, files=loop), READ, replace(REQUEST, files=gone)]
    files = {POOL_FILE: text(pool(5))}
    saved = [replace(FLUSH, files=files), READ]
    begun = [OPEN_FILE, *claimed(change, judge.capabilities)]
    calls = [*begun, *fails, *saved]
    expected = values(judge.ask([*begun, REQUEST, *saved], files))[-1]
    answers = values(judge.ask(calls, files))
    if answers[len(begun) + 2] is None:
        judge.expect(shared_part(expected), shared_part(answers[-1]), Scenario(calls, files), "the saved file")


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


@covers("STO-038")
def test_verification_of_disabled_account_requests_a_save(judge: Judge) -> None:
    """Neither call enables or disables it."""
    waits, clear = (Call(f"{word}_verification", {"label": label(0)}) for word in ("require", "clear"))
    read = [READ.gives({"json": {"accounts": [{"verificationRequired": required}]}}) for required in (True, False)]
    calls = [OPEN_FILE, waits, FLUSH, read[0], clear, FLUSH, read[1]]
    judge.check(Scenario(calls, {POOL_FILE: text(pool([{"enabled": False}]))}))
