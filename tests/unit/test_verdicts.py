"""From events to verdicts, and from verdicts to the exit code."""

from typing import Any

import pytest

from conformance.json_type import Json
from conformance.reports.events import Event, RunEnded
from conformance.reports.verdicts import (
    ADAPTER_FAULT,
    CONFORMANT,
    NOT_CONFORMANT,
    NOTHING_JUDGED,
    STALE,
    SUITE_FAULT,
    conclude,
)
from tests.support.factories import TODAY, case, concluded, criteria, deviation, finding, requirement

KNOWN = deviation("ONE-001")
WAIVED = case("pass", findings=[finding(by=KNOWN)])
FAILED = case("fail", findings=[finding()])


def word(*events: Event, **options: Any) -> str:
    return concluded(events, **options).verdicts[0].word


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([case("pass")], "pass"),
        ([FAILED], "fail"),
        ([WAIVED], "waived"),
        ([case("unknown")], "unknown"),
        ([case("error")], "unknown"),
        ([case("not run")], "not run"),
        ([], "not run"),
        ([case("pass"), case("not run")], "pass"),
        ([case("pass"), FAILED], "fail"),
        ([case("pass"), WAIVED], "waived"),
        ([WAIVED, FAILED], "fail"),
        ([WAIVED, case("unknown")], "unknown"),
        ([case("pass"), case("unknown")], "unknown"),
        ([case("unknown"), FAILED], "fail"),
        ([case("pass", "ONE-002")], "not run"),
    ],
)
def test_verdict_is_the_gravest_of_the_cases(events: list[Event], expected: str) -> None:
    assert word(*events) == expected
    assert word(*reversed(events)) == expected


def test_unclaimed_capability_is_not_claimed() -> None:
    needy = requirement(needs=["sticky", "pid", "fork"])
    (verdict,) = concluded([case("pass")], needy, capabilities=["pid"]).verdicts
    assert (verdict.word, verdict.reason) == ("not claimed", "the target does not claim: sticky, fork")
    assert concluded([case("pass")], needy, capabilities=["fork", "pid", "sticky"]).verdicts[0].word == "pass"


def test_verdicts_have_reasons() -> None:
    known = deviation("ONE-001", id="another")
    reasons = {
        outcome: concluded(events).verdicts[0].reason
        for outcome, events in {
            "waived": [WAIVED, case("pass", name="other", findings=[finding(by=known)])],
            "unknown": [case("unknown", message="it exited with code 3")],
            "error": [case("error", message="Traceback")],
            "not run": [case("not run", message="permissions as root")],
            "nothing": [],
        }.items()
    }
    assert reasons == {
        "waived": "another, answers-b",
        "unknown": "the adapter failed",
        "error": "the suite failed",
        "not run": "permissions as root",
        "nothing": "no case was run",
    }


def test_last_words_of_an_adapter_are_observed() -> None:
    (verdict,) = concluded([case("unknown", message="pid 4711 was killed")]).verdicts
    assert verdict.observed_reason == "pid 4711 was killed"
    assert "4711" not in verdict.reason


def test_cases_are_ordered_by_name() -> None:
    events = [case("pass", name=name) for name in ("c", "a", "b")]
    assert [c.name for c in concluded(events).verdicts[0].cases] == ["a", "b", "c"]


def test_a_deviation_waives_its_own_requirement_only() -> None:
    both = case("pass", "ONE-001", "ONE-002", findings=[finding(by=KNOWN)])
    outcome = concluded([both], requirement("ONE-001"), requirement("ONE-002"), deviations=[KNOWN])
    assert [verdict.word for verdict in outcome.verdicts] == ["waived", "pass"]
    assert outcome.exit_code == CONFORMANT


@pytest.mark.parametrize(
    ("level", "strict", "code"),
    [
        ("MUST", False, NOT_CONFORMANT),
        ("MUST", True, NOT_CONFORMANT),
        ("SHOULD", False, CONFORMANT),
        ("SHOULD", True, NOT_CONFORMANT),
        ("MAY", True, CONFORMANT),
    ],
)
def test_a_failed_should_decides_only_when_strict(level: Json, strict: bool, code: int) -> None:
    assert concluded([FAILED], requirement(level=level), strict=strict).exit_code == code


ONE, TWO = requirement("ONE-001"), requirement("ONE-002")
FAILS, UNKNOWN = case("fail", "ONE-001"), case("unknown", "ONE-002")
OLD = deviation("ONE-002", id="old", expires="2026-02-28")


@pytest.mark.parametrize(
    ("events", "options", "code"),
    [
        ([case("pass", "ONE-001")], {}, 0),
        ([FAILS], {}, 1),
        ([case("pass", "ONE-001"), UNKNOWN], {}, 3),
        ([case("error", "ONE-001")], {}, 4),
        ([case("not run", "ONE-001")], {}, 5),
        ([case("pass", "ONE-001")], {"deviations": [OLD]}, 6),
        # 4, 1, 3, 6, 5: each takes precedence over the next one
        ([FAILS, case("error", "ONE-002")], {}, 4),
        ([FAILS, UNKNOWN], {"deviations": [OLD]}, 1),
        ([UNKNOWN], {"deviations": [OLD]}, 3),
        ([], {"deviations": [OLD]}, 6),
        ([], {}, 5),
    ],
)
def test_exit_codes_have_their_precedence(events: list[Event], options: dict[str, Any], code: int) -> None:
    """The precedence is 4, 1, 3, 6, 5, 0."""
    assert concluded(events, ONE, TWO, **options).exit_code == code


def test_exit_codes_are_as_documented() -> None:
    codes = (CONFORMANT, NOT_CONFORMANT, ADAPTER_FAULT, SUITE_FAULT, NOTHING_JUDGED, STALE)
    assert codes == (0, 1, 3, 4, 5, 6)


@pytest.mark.parametrize("events", [[], [case("not run", message="as root")]])
def test_required_but_not_run_fails(events: list[Event]) -> None:
    outcome = concluded(events, ONE, TWO, required=["ONE-001"])
    assert [verdict.word for verdict in outcome.verdicts] == ["fail", "not run"]
    assert outcome.verdicts[0].reason.startswith("required, but not run: ")
    assert outcome.exit_code == NOT_CONFORMANT


def test_required_but_not_claimed_fails() -> None:
    outcome = concluded([], requirement(needs=["fork"]), required=["ONE-001"])
    assert outcome.verdicts[0].word == "fail"
    assert outcome.verdicts[0].reason == "required, but not claimed: the target does not claim: fork"


@pytest.mark.parametrize("event", [case("pass"), WAIVED, case("unknown")])
def test_required_leaves_other_verdicts_unchanged(event: Event) -> None:
    assert word(event, required=["ONE-001"]) == word(event)


@pytest.mark.parametrize("events", [[case("pass")], [FAILED]])
def test_unseen_deviation_is_stale(events: list[Event]) -> None:
    (stale,) = concluded(events, deviations=[KNOWN]).stale
    assert (stale.deviation.id, stale.why) == (
        "answers-b",
        "no answer shows it any more, although ONE-001 was judged",
    )


def test_deviation_is_stale_after_its_expiry_day() -> None:
    today = deviation(expires=str(TODAY))
    assert concluded([WAIVED], deviations=[today]).stale == []
    (stale,) = concluded([WAIVED], deviations=[deviation(expires="2026-02-28")]).stale
    assert stale.why == "it expired on 2026-02-28"


def test_deviation_from_unclaimed_requirement_is_stale() -> None:
    (stale,) = concluded([], requirement(needs=["fork"]), deviations=[KNOWN]).stale
    assert stale.why == "ONE-001 is not claimed: the target does not claim: fork"


@pytest.mark.parametrize("events", [[WAIVED], [WAIVED, FAILED], [case("unknown")], [case("not run")], []])
def test_shown_or_unjudged_deviation_is_kept(events: list[Event]) -> None:
    assert concluded(events, deviations=[KNOWN]).stale == []


def test_deviation_of_an_unchosen_requirement_is_ignored() -> None:
    assert concluded([case("pass")], deviations=[deviation("ONE-002", expires="2020-01-01")]).stale == []


def test_run_cut_short_keeps_its_verdicts() -> None:
    outcome = concluded([case("pass")], complete=False)
    assert (outcome.complete, outcome.exit_code) == (False, SUITE_FAULT)
    assert outcome.verdicts[0].word == "pass"


@pytest.mark.parametrize(
    ("pytest_exit", "is_fault"), [(0, False), (1, False), (5, False), (2, True), (3, True), (4, True)]
)
def test_odd_engine_exit_is_a_suite_fault(pytest_exit: int, is_fault: bool) -> None:
    outcome = conclude(criteria(), [case("pass"), RunEnded(pytest_exit=pytest_exit)])
    assert (outcome.exit_code == SUITE_FAULT) is is_fault
    assert outcome.suite_faults == ([f"the engine ended with pytest's exit code {pytest_exit}"] if is_fault else [])


def test_failing_case_is_a_named_suite_fault() -> None:
    outcome = concluded([case("error", name="test_one.py::test_a", message="KeyError: 'b'")])
    assert outcome.suite_faults == ["test_one.py::test_a: KeyError: 'b'"]


@pytest.mark.parametrize("events", [[], [case("not run")]])
def test_a_required_should_that_is_not_judged_decides(events: list[Event]) -> None:
    outcome = concluded(events, requirement(level="SHOULD"), required=["ONE-001"])
    assert (outcome.verdicts[0].word, outcome.exit_code) == ("fail", NOT_CONFORMANT)


def test_early_stop_blames_no_required_rule() -> None:
    rules = [requirement("ONE-001"), requirement("ONE-002")]
    outcome = concluded([FAILED], *rules, required=["ONE-002"], fail_fast=True)
    assert [verdict.word for verdict in outcome.verdicts] == ["fail", "not run"]
    assert outcome.verdicts[1].reason == "the run stopped at the first failure (--fail-fast)"
