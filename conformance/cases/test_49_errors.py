"""ERR: the reason of an error response, from its status, its named reason and its message."""

import pytest

from conformance.cases.kit import Judge, covers
from conformance.json_type import Json
from conformance.wire.scenario import Call, Scenario

QUOTA, RATE, CAPACITY = "QUOTA_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "MODEL_CAPACITY_EXHAUSTED"


def reads(expected: str, **given: Json) -> Scenario:
    """Expect this reason of an error with these values."""
    return Scenario([Call("read_reason", given).gives({"reason": expected})])


@covers("ERR-001")
@pytest.mark.parametrize("reason", [QUOTA, RATE, CAPACITY])
def test_named_reason_is_taken_over(judge: Judge, reason: str) -> None:
    judge.check(reads(reason, reason=reason))
    for message in ("You exceeded your quota", "Too many requests per minute", "No capacity"):
        for spelled in (reason, reason.lower()):
            judge.check(reads(reason, reason=spelled, message=message, status=429))


@covers("ERR-002")
@pytest.mark.parametrize("reason", [QUOTA, RATE, CAPACITY])
def test_case_of_reason_has_no_effect(judge: Judge, reason: str) -> None:
    judge.check(reads(reason, reason=reason.lower()))
    judge.check(reads(reason, reason=reason.title()))


@covers("ERR-003")
@pytest.mark.parametrize(
    "reason",
    [
        "SERVER_ERROR", "UNKNOWN", "RESOURCE_EXHAUSTED", f" {QUOTA}", f"{QUOTA}\n", "QUOTA", "", "0", "1", "2", "+1",
        f"{QUOTA},{QUOTA}", f"{RATE}|{CAPACITY}", "QUOTA-EXHAUSTED", "quota exhausted", "QuotaExhausted", f"_{RATE}",
    ],
)  # fmt: skip
def test_other_reason_is_ignored(judge: Judge, reason: str) -> None:
    judge.check(reads("UNKNOWN", reason=reason))
    judge.check(reads(RATE, reason=reason, message="Rate limit reached"))


@covers("ERR-004")
@pytest.mark.parametrize("words", ["per minute", "rate limit", "too many requests"])
def test_message_about_rate(judge: Judge, words: str) -> None:
    judge.check(reads(RATE, message=f"Denied: {words}."))
    judge.check(reads(RATE, message=f"QUOTA OF {words.upper()} IS EXHAUSTED"))


@covers("ERR-004")
@pytest.mark.parametrize(
    "message", ["Your quota is exhausted: rate limit", "quotas per minute", "exhausted by too many requests"]
)
def test_rate_decides_wherever_it_is_named(judge: Judge, message: str) -> None:
    judge.check(reads(RATE, message=message))


@covers("ERR-005")
@pytest.mark.parametrize(
    "message", ["Failed.\nNo quota\n", "2 quotas", "inexhausted", "quota_exceeded", "(quota)", "my-quota"]
)
def test_word_is_found_inside_others(judge: Judge, message: str) -> None:
    judge.check(reads(QUOTA, message=message))


@covers("ERR-005")
@pytest.mark.parametrize(
    "message", ["You exceeded your current quota.", "Resource has been EXHAUSTED", "QuotaExceeded"]
)
def test_message_about_quota(judge: Judge, message: str) -> None:
    judge.check(reads(QUOTA, message=message))


@covers("ERR-006")
@pytest.mark.parametrize(
    "message",
    [
        None, "", "Something went wrong", "Requests per hour", "rate-limit", "ratelimit", "rate  limit", "rate\nlimit",
        "too many\trequests", "quo ta", "exhau\u017fted", "capacité",
    ],
)  # fmt: skip
def test_unknown_error(judge: Judge, message: str | None) -> None:
    given = {} if message is None else {"message": message}
    judge.check(reads("UNKNOWN", **given))
    judge.check(reads("UNKNOWN", status=429, **given))


@covers("ERR-007")
@pytest.mark.parametrize("words", ["capacity", "overloaded", "resource exhausted"])
def test_message_about_capacity(judge: Judge, words: str) -> None:
    judge.check(reads(CAPACITY, message=f"The model has {words}"))
    judge.check(reads(CAPACITY, message=f"QUOTA EXHAUSTED, TOO MANY REQUESTS: {words.upper()}"))


@covers("ERR-008")
@pytest.mark.parametrize("status", [503, 529])
def test_status_of_capacity(judge: Judge, status: int) -> None:
    judge.check(reads(CAPACITY, status=status))
    judge.check(reads(CAPACITY, status=status, reason=QUOTA, message="rate limit"))


@covers("ERR-009")
def test_status_of_server_error(judge: Judge) -> None:
    judge.check(reads("SERVER_ERROR", status=500))
    judge.check(reads("SERVER_ERROR", status=500, reason=QUOTA, message="rate limit"))
    for status in (400, 499, 501, 502, 504, 528, 530, 599):
        judge.check(reads("UNKNOWN", status=status))
        judge.check(reads(QUOTA, status=status, reason=QUOTA))


@covers("ERR-010")
def test_french_message_about_rate(judge: Judge) -> None:
    judge.check(reads(RATE, message="Vous y êtes PRESQUE"))
