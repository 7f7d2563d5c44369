"""The reference passes every case; as a release it fails exactly the known deviations. Judged in this process.

`tests/integration` has the cases of real processes and forks.
"""

from collections.abc import Sequence
from functools import partial

import pytest

from conformance.reports.verdicts import CONFORMANT
from conformance.requirements import load_catalogue
from conformance.requirements.deviations import shipped_deviations
from conformance.vectors import load_vectors
from reference_impl.adapter import ReferenceAdapter
from reference_impl.releases import RECOMMENDED, VERSIONS
from tests.mutants import factory
from tests.support.judging import Case, InProcessJudge, judge_cases, judge_in_process, needs_processes, words
from tests.support.tiers import sampled

CATALOGUE = load_catalogue()
VECTOR = "test_90_vectors.py::test_vector["  # prefix of the names of vector cases
REQUIREMENTS = [requirement for requirement in CATALOGUE if not needs_processes(requirement)]


@pytest.mark.parametrize("profile", sampled([RECOMMENDED, *reversed(VERSIONS)], every=8))
def test_reference_fails_only_where_its_release_does(profile: str, cases: Sequence[Case]) -> None:
    """No deviation may explain a failed property of whole sessions: modules 80 to 83 apply to all releases."""
    deviations = shipped_deviations(profile, CATALOGUE)
    outcome = judge_in_process(cases, partial(ReferenceAdapter, profile), REQUIREMENTS, profile, deviations)
    assert (outcome.exit_code, outcome.failures, outcome.stale) == (CONFORMANT, [], [])
    assert set(words(outcome).values()) <= ({"pass"} if profile == RECOMMENDED else {"pass", "waived", "not claimed"})
    waived = {id_ for id_, word in words(outcome).items() if word == "waived"}
    assert waived == {deviation.requirement for deviation in deviations} & {entry.id for entry in REQUIREMENTS}
    judged = {case.name: case for verdict in outcome.verdicts for case in verdict.cases}
    assert [name for name, case in judged.items() if name.startswith("test_8") and case.findings] == []
    vectors = {name: case.outcome for name, case in judged.items() if name.startswith(VECTOR)}
    held = [vector.id for vector in load_vectors() if vector.shows_a_rule and profile in vector.profiles]
    assert vectors == {f"{VECTOR}{id_}]": "pass" for id_ in held}


def test_vector_is_skipped_when_its_given_fails(cases: Sequence[Case]) -> None:
    judge = InProcessJudge(factory("counts-from-one"))
    events = judge_cases(cases, judge, ["PID-001", "PID-006"])
    outcomes = {event.name: event.outcome for event in events}
    assert outcomes[f"{VECTOR}pid-offset-of-n-plus-1]"] == "fail"
    assert outcomes[f"{VECTOR}pid-base-1]"] == "not run"
