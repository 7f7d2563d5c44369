"""Preconditions of many rules, and the failures that follow if one does not hold."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance.json_type import Json
from conformance.reports import terminal
from conformance.reports.causes import attribute, worth_asking
from conformance.reports.report import report_of
from conformance.reports.run import Run
from conformance.requirements import load_catalogue
from conformance.requirements.preconditions import Precondition, PreconditionError, load_preconditions
from conformance.vectors.predict import answers_of
from conformance.wire.needs import needs_of_scenario
from reference_impl.adapter import ReferenceAdapter
from reference_impl.profiles import PROFILES
from tests.fakes import groundless, groundless_forks
from tests.support.factories import case, concluded, finding, finished_run, requirement
from tests.support.judging import Case, judge_in_process
from tests.support.tiers import sampled

CATALOGUE = load_catalogue()
PRECONDITIONS = load_preconditions(CATALOGUE)
# Each target, and the first precondition that it does not meet.
LACKING = {
    groundless.ConstructorThrows: "opens-a-pool",
    groundless.ConstructorLosesAccounts: "opens-a-pool",
    groundless.SelectionThrows: "selects-an-account",
    groundless.NothingSelected: "selects-an-account",
    groundless.StartsAtTheFirst: "starts-at-the-active-index",
    groundless.StartsOneFurther: "starts-at-the-active-index",
    groundless.PoolFileElsewhere: "reads-the-pool-file",
    groundless.SavesNothing: "saves-the-pool-file",
    groundless.LimitsWithoutEffect: "limits-an-account",
    groundless.PidIgnored: "applies-the-offset",
    groundless.ConfigThrows: "loads-a-config",
    groundless.ConfigFilesElsewhere: "reads-the-config-file",
    groundless_forks.QuotaGroupsUnknown: "reads-the-quota-of-claude",
    groundless_forks.GeminiGroupsUnknown: "knows-the-quota-groups",
    groundless_forks.GeminiGroupsJoined: "knows-the-quota-groups",
    groundless_forks.NewReadingsWithoutEffect: "takes-a-new-reading",
    groundless_forks.HeaderStylesAlike: "has-a-quota-for-each-header-style",
    groundless_forks.GeminiCliWithoutQuota: "has-a-quota-for-each-header-style",
    groundless_forks.GeminiCliNeverAvailable: "has-a-quota-for-each-header-style",
    groundless_forks.OtherAccountNeverFound: "finds-another-account",
    groundless_forks.CursorForEachFamily: "rotates-with-one-cursor",
    groundless_forks.MalformedEntriesRefused: "skips-a-malformed-entry",
    groundless_forks.UnusableFilesRefused: "opens-an-unusable-pool-file",
    groundless_forks.SavesWithoutReading: "saves-into-the-file-as-it-is",
    groundless_forks.NoKeyForTheOffset: "has-the-key-of-the-offset",
    groundless_forks.NoKeyForTheStrategy: "has-the-key-of-the-strategy",
    groundless_forks.NoKeyForTheWait: "has-the-key-of-the-wait",
}
JUDGED = (
    *("POOL-001", "POOL-005", "POOL-009", "STO-001", "STO-011", "STO-013", "STK-002"),
    *("PID-002", "PID-006", "RR-005", "REM-006", "PATH-001", "LAY-001", "LAY-014", "LAY-023"),
    *("SOFT-002", "SOFT-011", "SOFT-013", "READ-004", "READ-006", "STYLE-005", "WAIT-006", "LIM-010", "OTH-006"),
    *("STO-009", "STO-018", "STO-024", "STO-034", "STO-035", "STO-037", "STO-038", "WIRE-002", "LAY-002"),
    *("PID-001", "HYB-004", "HYB-007", "COOL-003", "ENA-011", "STYLE-001", "LIM-001"),
)


def is_met(precondition: Precondition, adapter: object) -> bool:
    scenario = precondition.asked
    return all(call.accepts(answer) for call, answer in zip(scenario.calls, answers_of(adapter, scenario), strict=True))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_release_meets_every_precondition(profile: str) -> None:
    release = ReferenceAdapter(profile)
    asked = [each for each in PRECONDITIONS if {*each.needs} <= {*release.hello(1)["capabilities"]}]
    assert [each.id for each in asked if not is_met(each, release)] == []


def test_precondition_asks_for_no_more_than_it_needs() -> None:
    assert [each.id for each in PRECONDITIONS if needs_of_scenario(each.asked) - set(each.needs)] == []


def test_every_precondition_is_lacked_by_some_target() -> None:
    assert {each.id for each in PRECONDITIONS} == set(LACKING.values())


@pytest.mark.parametrize("lacking", sampled(LACKING), ids=lambda lacking: lacking.__name__)
def test_failures_of_a_lacking_target_follow(lacking: type[ReferenceAdapter], cases: Sequence[Case]) -> None:
    unmet = [each for each in PRECONDITIONS if not is_met(each, lacking())]
    assert unmet[0].id == LACKING[lacking]
    outcome = judge_in_process(cases, lacking, [CATALOGUE.by_id[id_] for id_ in JUDGED])
    failed = {verdict.requirement.id for verdict in outcome.verdicts if verdict.word == "fail"}
    assert failed
    follow = {id_ for cause in attribute(outcome, [(unmet[0], finding())]) for id_ in cause.follow}
    assert failed - follow <= set(unmet[0].stated_by)


def broken(**changed: Json) -> list[Precondition]:
    """The preconditions loaded from one changed entry."""
    entry = PRECONDITIONS[0].model_dump() | changed
    path = Path("preconditions.json")
    path.write_text(json.dumps({"preconditions": [entry]}))
    return list(load_preconditions(CATALOGUE, path))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"supports": ["NONE"]}, "there is no NONE"),
        ({"stated_by": ["POOL-999"]}, "there is no POOL-999"),
        ({"needs": ["flight"]}, "there is no flight"),
        ({"builds_on": ["later"]}, "it builds on later, which is not listed before it"),
        ({"scenario": {"calls": 1}}, "a scenario is an object with a list `calls`"),
        ({"text": "short"}, "at least 10 characters"),
    ],
)
def test_mistaken_precondition_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Json], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PreconditionError, match=told):
        broken(**changed)


RULES = [requirement(id_) for id_ in ("ONE-001", "ONE-002", "TWO-001", "TWO-002")]
READS = PRECONDITIONS[0].model_copy(
    update={"id": "reads-it", "text": "It reads the file.", "stated_by": ["ONE-001"], "supports": ["ONE", "TWO-001"]}
)


def run_failing(*failing: str) -> Run:
    ended = [case("fail", id_, findings=[finding("a", "the offset is wrong")]) for id_ in failing]
    result = concluded([*ended, *[case("pass", rule.id) for rule in RULES if rule.id not in failing]], *RULES)
    causes = attribute(result, [(READS, finding(["a"], []))])
    return finished_run(result, causes=causes)


def test_follower_fails_and_names_its_cause() -> None:
    run = run_failing("ONE-001", "ONE-002", "TWO-001", "TWO-002")
    report = report_of(run)
    follows = {entry.id: entry.follows_from for entry in report.requirements}
    assert follows == {"ONE-001": None, "ONE-002": "reads-it", "TWO-001": "reads-it", "TWO-002": None}
    assert {entry.verdict for entry in report.requirements} == {"fail"}
    assert [(cause.id, cause.follow) for cause in report.causes] == [("reads-it", ["ONE-002", "TWO-001"])]
    assert report.exit_code == 1


def test_terminal_shows_the_cause_and_spares_followers() -> None:
    run = run_failing("ONE-002", "TWO-001")
    assert "\n".join(terminal.render(run, verbose=True)).count("follows from reads-it") == 2
    text = "\n".join(terminal.render(run))
    assert "the offset is wrong" not in text
    assert "CAUSE reads-it: It reads the file." in text
    assert "2 failures follow from it: ONE-002, TWO-001" in text
    assert text.splitlines()[-4] == "cause of 2 of 2 failures: It reads the file."


def test_passing_rules_ask_for_no_precondition() -> None:
    assert worth_asking(run_failing().outcome, [READS]) == []
    assert worth_asking(run_failing("TWO-002").outcome, [READS]) == []
    assert worth_asking(run_failing("ONE-002").outcome, [READS]) == [READS]


def test_unjudged_rule_that_was_required_has_no_cause() -> None:
    result = concluded([], requirement("ONE-002", needs=["fork"]), required=["ONE-002"])
    assert [verdict.word for verdict in result.verdicts] == ["fail"]
    assert attribute(result, [(READS, finding())]) == []
