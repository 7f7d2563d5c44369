"""What cases of real processes share: the fitted pool, configs, and the comparison of what each process selects."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from conformance.cases.kit import Judge
from conformance.json_type import Json
from conformance.processes.fitting import BASE_INDEX, Fit, fit_pool
from conformance.processes.fleet import Fleet, Member, Transcript
from conformance.wire.calls import picks, pool

ON = {"account_selection_strategy": "sticky", "pid_offset_enabled": True}


def fit_pool_for(pids: Sequence[int], **how: Any) -> Fit:
    """The fitted pool; where no pool tells wrong ports apart, as with equal ids in containers, nothing is judged."""
    try:
        return fit_pool(pids, **how)
    except ValueError as error:
        pytest.skip(str(error))


def based(accounts: int | Sequence[Json]) -> Json:
    """A pool that does not start at its first account."""
    return pool(accounts, activeIndex=BASE_INDEX)


def check(
    judge: Judge, fleet: Fleet, transcripts: Sequence[Transcript], expected: Callable[[Member], Sequence[Json]]
) -> None:
    """What each process selects, one after another; what is left over is not judged."""
    judged = [transcript.expecting(*expected(transcript.member)) for transcript in transcripts]
    judge.check_transcripts(judged, fleet.record)


def check_first(judge: Judge, fleet: Fleet, fit: Fit, transcripts: Sequence[Transcript]) -> None:
    """The first account of each process is that of its own id."""
    check(judge, fleet, transcripts, lambda member: [picks(fit.start(member.pid))])


def answered(transcript: Transcript) -> Json:
    """The account that the transcript selected first; None where there is none."""
    return getattr(transcript.answers[1], "value", None)
