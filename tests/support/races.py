"""What races have found, for tests of reports."""

from conformance.processes.races.exploring import Explored
from conformance.processes.races.model import Access, Finding, Outcome, Schedule, Step
from conformance.processes.races.results import Found, Judged

NOTHING = Access(frozenset(), frozenset())


def failing_race() -> Judged:
    """One state in which RACE-001 fails at the second call, and RACE-002 passes."""
    made = Outcome(Schedule((0, 1)))
    made.steps = [Step(0, "rename POOL.<1>.tmp POOL", NOTHING), Step(1, "rename POOL.<2>.tmp POOL", NOTHING)]
    made.findings = [Finding("RACE-001", "the rate limit of <b>one</b> is not there", 1)]
    found = {"RACE-001": Found("RACE-001", 3, made, is_repeated=True)}
    return Judged("present", "the pool file is there", "orders", ["RACE-001", "RACE-002"], Explored(10), found)
