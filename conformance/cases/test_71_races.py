"""RACE: two processes that save one pool file, in the orders and with the faults of the stored schedules."""

from collections.abc import Iterator

import pytest

from conformance.cases.judge import TargetJudge
from conformance.cases.races_kit import RaceJudge
from conformance.processes.races.rule_schedules import RuleSchedule, load_schedules


@pytest.fixture(scope="module")
def races() -> Iterator[RaceJudge]:
    judge = RaceJudge()
    yield judge
    judge.close()


@pytest.mark.parametrize(
    ("rule", "schedule"),
    [
        pytest.param(rule, schedule, marks=pytest.mark.covers(rule), id=f"{rule}-{schedule.id}")
        for schedule in load_schedules()
        for rule in schedule.rules
    ],
)
def test_stored_schedule_breaks_no_rule(
    judge: TargetJudge, races: RaceJudge, rule: str, schedule: RuleSchedule
) -> None:
    races.check(judge, rule, schedule)
